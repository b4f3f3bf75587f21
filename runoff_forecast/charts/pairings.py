"""Pairings: how likely each runoff is, as a matrix of candidates."""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ..outcome import Forecast
from .rows import beside, shortened
from .sheet import ACROSS, EDGE, Sheet, drawn, left_out, source, standing
from .style import THEMES, Theme, ThemeName, fitting, text_width
from .subject import of
from .words import Words, words

SHOWN = 5
"""Candidates at most: those likeliest to advance."""
TALLEST = 40.0
"""Points of a row at most."""
PALEST, STRONGEST = 0.06, 0.62


@of(Forecast)
def draw_pairings(forecast: Forecast, *, ax: Axes | None = None, lang: str = "en", theme: ThemeName = "light") -> Axes:
    """Draw the chances in 100 of each runoff of two; raises ValueError where not just two go on."""
    drawing = _Drawing(forecast, words(lang), THEMES[theme])
    with drawn(drawing.sheet, ax, drawing.theme) as ax:
        drawing.cells(ax)
    return ax


@of(Forecast)
def describe_pairings(forecast: Forecast, lang: str = "en") -> str:
    """What the chart shows, in words for those who cannot see it."""
    says, drawing = words(lang), _Drawing(forecast, words(lang), THEMES["light"])
    told = "; ".join(
        f"{' – '.join(drawing.names[name] for name in pair)}: {drawing.said(chance)}"
        for pair, chance in forecast.pairings.head(SHOWN).items()
    )
    return says.pairings_described.format(
        title=forecast.election.title,
        time=says.moment(forecast.count),
        pairings=told,
        outright=drawing.said(float(forecast.outright_probability.sum())),
    )


@dataclass(frozen=True)
class _Drawing:
    """One matrix while it is drawn: rows and columns are candidates, the likeliest first."""

    forecast: Forecast
    says: Words
    theme: Theme

    def __post_init__(self) -> None:
        first_round = self.forecast.election.first_round
        if first_round is None or first_round.advance != 2:
            raise ValueError(f"{self.forecast.election.id} is not a first round from which two go on")

    @property
    def names(self) -> dict[str, str]:
        return self.forecast.election.names

    @cached_property
    def shown(self) -> list[str]:
        chance = self.forecast.advance_probability[self.forecast.election.standing]
        return list(chance.sort_values(ascending=False, kind="stable").index[:SHOWN])

    @property
    def left(self) -> float:
        """Points that the names of the rows take."""
        return beside([self.names[name] for name in self.shown[1:]])

    @property
    def across(self) -> float:
        """Points of a column, less a little between its name and the next."""
        return (EDGE + ACROSS - self.left) / max(len(self.shown) - 1, 1) - 4

    def said(self, chance: float) -> str:
        return self.says.in_hundred(chance, certain=self.forecast.finished)

    @property
    def sheet(self) -> Sheet:
        says, election = self.says, self.forecast.election
        rows, columns = self.shown[1:], self.shown[:-1]
        outright = self.said(float(self.forecast.outright_probability.sum()))
        others = left_out(says.others_less_likely, election, len(self.shown))
        return Sheet(
            title=says.pairings_title,
            lines=standing(says, election, self.forecast.count),
            sentences=(says.pairings_note.format(outright=outright), *others, *source(says, election)),
            height=TALLEST * len(rows),
            over=14.0 + 13.0 * max(len(self._lines(name)) for name in columns),
            under=12,
            left=self.left,
            right=EDGE,
        )

    def cells(self, ax: Axes) -> None:
        rows, columns = self.shown[1:], self.shown[:-1]
        chances = {frozenset(pair): chance for pair, chance in self.forecast.pairings.items()}
        ax.set_xlim(0, len(columns))
        ax.set_ylim(len(rows), 0)
        ax.axis("off")
        for one, other in combinations(self.shown, 2):
            chance = float(chances.get(frozenset((one, other)), 0.0))
            x, y = columns.index(one), rows.index(other)
            strength = PALEST + (STRONGEST - PALEST) * chance
            ax.add_patch(Rectangle((x + 0.02, y + 0.03), 0.96, 0.94, color=self.theme.ink, alpha=strength, linewidth=0))
            ink = self.theme.ground if strength > 0.42 else self.theme.ink
            ax.text(x + 0.5, y + 0.5, self._number(chance), ha="center", va="center_baseline", color=ink, fontsize=10.5,
                    fontweight="bold")  # fmt: skip
        look = {"textcoords": "offset points", "color": self.theme.ink, "fontsize": 8.5, "annotation_clip": False}
        for row, name in enumerate(rows):
            ax.annotate(shortened(self.names[name]), (0, row + 0.5), (-7, 0), ha="right", va="center_baseline", **look)
        heads = [self._lines(name) for name in columns]
        look["fontsize"] = min((fitting(line, self.across, 8.5) for lines in heads for line in lines), default=8.5)
        for place, lines in enumerate(heads):
            ax.annotate("\n".join(lines), (place + 0.5, 0), (0, 5), ha="center", va="bottom", linespacing=1.1, **look)

    def _number(self, chance: float) -> str:
        text = self.said(chance)
        return text.split(" ")[0]

    def _lines(self, name: str) -> list[str]:
        """A name in lines that fit a column of the matrix."""
        lines: list[str] = []
        for word in self.names[name].split(" "):
            if lines and text_width(f"{lines[-1]} {word}") <= self.across:
                lines[-1] = f"{lines[-1]} {word}"
            else:
                lines.append(word)
        return lines
