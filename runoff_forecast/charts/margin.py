"""The final margin: a hundred equally likely results on both sides of a tie."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..outcome import Forecast
from .style import (
    LINE,
    POINTS_PER_INCH,
    SIZE,
    THEMES,
    Theme,
    ThemeName,
    candidate_colors,
    caption,
    heading,
    in_two,
    note,
    page,
    publishers,
    size_in_points,
    text_width,
    wrapped,
)
from .subject import of
from .words import Words, words

DOTS = 100
LEFT, WIDTH, HEIGHT, ABOVE, BELOW_DOTS = 0.06, 0.88, 143.0, 104.0, 106.0
"""Where the dots stand in a figure of their own: shares of its width, and points; below them is more for more lines."""
DEPTH = 36.0
"""Points from the dots down to the caption, for the scale."""
NAME, LEAST_NAME = 10.5, 9.0
"""Points; names that do not fit on one line in the smaller size are broken into two."""
BESIDE_NAME = 13.0
"""Points that the dot before a name takes."""
MARK = 13.0
"""Points across the one mark of results that are as good as one."""
FILLED = 0.74
"""Share of the height that the tallest column may take; the rest is for what is said above it."""
MOST_COLUMNS = 400
BELOW = 0.9
"""Room below the dots, for the interval, in diameters of a dot."""
NEAR = 1.2
"""The tie and the margin so far are shown where they are no more than this many widths of the dots away from them."""
LEAST_SPREAD = 0.0005
"""In shares: results nearer to each other than this are drawn as one, where the same side wins them all."""


@of(Forecast)
def draw_margin(forecast: Forecast, *, ax: Axes | None = None, lang: str = "en", theme: ThemeName = "light") -> Axes:
    """Draw the final margin as dots in the colour of who wins, with the tie and the margin so far."""
    telling = _Telling(forecast, words(lang))
    with page(ax, THEMES[theme], *_page(telling.sentences)) as ax:
        drawing = _Drawing(ax, telling, THEMES[theme])
        if telling.settled:
            drawing.mark()
        else:
            drawing.dots()
            drawing.interval()
        drawing.scale()
        drawing.tie()
        if not forecast.finished:
            drawing.count_so_far()
        drawing.sides()
        drawing.frame()
    return ax


@of(Forecast)
def describe_margin(forecast: Forecast, lang: str = "en") -> str:
    """What the chart shows, in words for those who cannot see it."""
    says = words(lang)
    telling = _Telling(forecast, says)
    count = forecast.count
    if forecast.finished:
        return says.final_described.format(
            title=forecast.election.title,
            time=says.moment(count),
            counted=says.stations(count.counted_share),
            final=telling.final,
            shares="; ".join(f"{name} {share} {says.of_valid_votes}" for name, share in telling.shares.items()),
        )
    so_far = says.nothing_counted if np.isnan(count.margin) else says.so_far.format(leader=telling.leader(count.margin))
    return says.margin_described.format(
        title=forecast.election.title,
        time=says.moment(count),
        counted=says.stations(count.counted_share),
        chances="; ".join(f"{name}: {chance} {telling.aim}" for name, chance in telling.chances.items()),
        leader=telling.leader(telling.expected),
        interval=telling.interval,
        so_far=so_far[:1].upper() + so_far[1:].replace("\n", " "),
    )


@dataclass(frozen=True)
class _Telling:
    """The numbers of a forecast in the words of a language."""

    forecast: Forecast
    says: Words

    @property
    def names(self) -> tuple[str, str]:
        first, second = self.forecast.election.candidates[:2]
        return first.name, second.name

    @property
    def expected(self) -> float:
        """The final margin, its mean as everywhere else."""
        return float(self.forecast.mean(self.forecast.margin))

    @property
    def chances(self) -> dict[str, str]:
        chances = zip(self.names, self.forecast.ahead_probability, strict=True)
        return {name: self.says.in_hundred(chance, certain=self.forecast.finished) for name, chance in chances}

    @property
    def aim(self) -> str:
        return self.says.to_win if len(self.forecast.candidates) == 2 else self.says.to_lead

    @property
    def interval(self) -> str:
        return self.says.leaders(*self.forecast.interval(0.9), self.forecast.election)

    @cached_property
    def results(self) -> np.ndarray:
        """Of the margin, equally likely, in ascending order."""
        return self.forecast.outcomes(DOTS)

    @property
    def settled(self) -> bool:
        """Whether the results are as good as one."""
        low, high = self.results[0], self.results[-1]
        return self.forecast.finished or (low * high > 0 and high - low < LEAST_SPREAD)

    @property
    def bars(self) -> list[float]:
        """Leads that win a first round at once, of either of the two."""
        first_round = self.forecast.election.first_round
        leads = [rule.lead for rule in first_round.outright if rule.lead > 0] if first_round is not None else []
        return [side * lead for lead in leads for side in (1, -1)]

    @cached_property
    def span(self) -> tuple[float, float]:
        """The margins to show, of settled results always with the tie."""
        ends = [0.0, self.results[0], self.results[-1]] if self.settled else [self.results[0], self.results[-1]]
        return _span(min(ends), max(ends), [0.0, self.forecast.count.margin, *self.bars])

    @property
    def shares(self) -> dict[str, str]:
        """Of the valid votes at the end."""
        shares = self.forecast.mean(self.forecast.shares).to_numpy()
        return {name: self.says.percent(share, 2) for name, share in zip(self.names, shares, strict=False)}

    @property
    def final(self) -> str:
        return self.says.final.format(leader=self.leader(self.expected))

    @property
    def sentences(self) -> list[str]:
        """Below the drawing: the forecast in numbers, and whose figures they are."""
        election = self.forecast.election
        expected = self.says.expected.format(leader=self.says.leader(self.expected, election))
        interval = self.says.interval.format(interval=self.interval)
        told = [expected, interval, *self._bar_told, self._one]
        if self.forecast.finished:
            told = [self.final, *self._bar_told]
        return [*told, *([self.says.source.format(publisher=publishers(election))] if election.sources else [])]

    @property
    def _one(self) -> str:
        """What a dot stands for."""
        if not self.settled:
            return self.says.one_dot
        width = 100 * float(self.results[-1] - self.results[0])
        return self.says.one_mark.format(width=f"{width:.2f}" if width >= 0.005 else "<0.01")

    @property
    def _bar_told(self) -> list[str]:
        """The rule behind a bar that is seen, in words."""
        low, high = self.span
        if self.forecast.election.first_round is None or not any(low < bar < high for bar in self.bars):
            return []
        rule = next(rule for rule in self.forecast.election.first_round.outright if rule.lead > 0)
        return [self.says.outright_bar.format(lead=f"{100 * rule.lead:g}", share=f"{100 * rule.share:g}")]

    def leader(self, margin: float) -> str:
        return self.says.leader_in_points(margin, self.forecast.election)


@dataclass(frozen=True)
class _Columns:
    """How dots are stacked: the width of a column in shares, and where each dot stands (share, row from 0)."""

    width: float
    x: np.ndarray
    row: np.ndarray


def _page(sentences: Sequence[str]) -> tuple[tuple[float, float, float, float], tuple[float, float]]:
    """Where the dots stand in a figure (shares of it) that has room for the caption, and its size in inches."""
    below = max(BELOW_DOTS, DEPTH + LINE * len(wrapped(sentences)) + 10.0)
    height = ABOVE + HEIGHT + below
    return (LEFT, below / height, WIDTH, HEIGHT / height), (SIZE[0], height / POINTS_PER_INCH)


def _fitted(names: Sequence[str], room: float) -> tuple[list[str], float]:
    """Two names that stand side by side, each in a line or two, and the size in which they fit."""
    size = NAME * room / sum(text_width(name, NAME, bold=True) for name in names)
    if size >= LEAST_NAME:
        return list(names), min(size, NAME)
    broken = [in_two(name) for name in names]
    widths = [max(text_width(line, LEAST_NAME, bold=True) for line in lines) for lines in broken]
    return ["\n".join(lines) for lines in broken], LEAST_NAME * min(1.0, room / sum(widths))


def _span(low: float, high: float, marks: Sequence[float]) -> tuple[float, float]:
    """The margins to show: all from low to high, and the marks that are not far off, as may be the tie."""
    reach = NEAR * max(high - low, LEAST_SPREAD)
    marks = [mark for mark in marks if low - reach <= mark <= high + reach]
    low, high = min([low, *marks]), max([high, *marks])
    room = 0.12 * max(high - low, LEAST_SPREAD)
    return low - room, high + room


def _columns(results: np.ndarray, span: tuple[float, float], shape: tuple[float, float]) -> _Columns:
    """The widest columns whose tallest stack of round dots fits; the tie always lies between two of them."""
    width, height = shape
    for number in range(12, MOST_COLUMNS):
        step = (span[1] - span[0]) / number
        column = np.floor(results / step).astype(int)
        tallest = np.bincount(column - column.min()).max()
        if tallest * width / number <= FILLED * height:
            break
    row = np.concatenate([np.arange(size) for size in np.unique(column, return_counts=True)[1]])
    return _Columns(step, (column + 0.5) * step, row)


@dataclass(frozen=True)
class _Drawing:
    """One chart while it is drawn; x is the margin in shares, y is in diameters of a dot."""

    ax: Axes
    telling: _Telling
    theme: Theme

    @property
    def forecast(self) -> Forecast:
        return self.telling.forecast

    @property
    def says(self) -> Words:
        return self.telling.says

    @property
    def colors(self) -> tuple[str, str]:
        """Of the first two candidates."""
        return tuple(
            candidate_colors(self.forecast.election, self.theme)[name] for name in self.forecast.candidates[:2]
        )

    def mark(self) -> None:
        """The results as one: a dot, a bar from the tie to it, and its lead in words."""
        margin, (low, high), height = self.telling.expected, self.telling.span, size_in_points(self.ax)[1]
        color = self.theme.faint if margin == 0 else self.colors[0] if margin > 0 else self.colors[1]
        self.ax.set_xlim(low, high)
        self.ax.set_ylim(-BELOW, height / MARK - BELOW)
        row = FILLED * self.ax.get_ylim()[1] / 2
        self.ax.hlines(row, 0, margin, color=color, linewidth=5, alpha=0.45, zorder=3)
        self.ax.scatter([margin], [row], s=MARK**2, color=color, linewidths=0, zorder=4)
        place, right = (margin - low) / (high - low), margin > (low + high) / 2
        align, offset = ("right", MARK / 2) if right else ("left", -MARK / 2)
        height_of = (row + BELOW) * MARK / height
        text = self.telling.leader(margin)
        note(self.ax, text, (place, height_of), (offset, MARK), color=self.theme.ink, bold=True, align=align)

    def dots(self) -> None:
        results, (width, height), span = self.telling.results, size_in_points(self.ax), self.telling.span
        columns = _columns(results, span, (width, height))
        diameter = width * columns.width / (span[1] - span[0])
        self.ax.set_xlim(*span)
        self.ax.set_ylim(-BELOW, height / diameter - BELOW)
        first, second = self.colors
        tints = [self.theme.faint if result == 0 else first if result > 0 else second for result in results]
        self.ax.scatter(columns.x, columns.row + 0.5, s=(0.9 * diameter) ** 2, c=tints, linewidths=0, zorder=3)

    def scale(self) -> None:
        def lead(margin: float, _: int) -> str:
            return self.says.tie if abs(margin) < 1e-9 else f"+{100 * abs(margin):.4g}"

        self.ax.set_yticks([])
        self.ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        self.ax.xaxis.set_major_formatter(FuncFormatter(lead))
        self.ax.set_xlabel(self.says.lead_axis, color=self.theme.faint, fontsize=8.5, labelpad=3)

    def tie(self) -> None:
        low, high = self.ax.get_xlim()
        if low < 0 < high:
            top = FILLED * self.ax.get_ylim()[1] + 0.6
            self.ax.vlines(0, -BELOW, top, color=self.theme.ink, linewidth=1.0, zorder=2)
        for bar in self.telling.bars:
            if low < bar < high:
                top = FILLED * self.ax.get_ylim()[1] + 0.6
                self.ax.vlines(bar, -BELOW, top, color=self.theme.ink, linewidth=1.2, linestyle=(0, (1, 1)), zorder=2)

    def count_so_far(self) -> None:
        """A line at the margin so far, or an arrow towards it where it lies outside."""
        margin, (low, high) = self.forecast.count.margin, self.ax.get_xlim()
        if np.isnan(margin):
            return
        right = margin > (low + high) / 2
        text = self.says.so_far.format(leader=self.telling.leader(margin))
        if low < margin < high:
            top = 0.97 * self.ax.get_ylim()[1]
            self.ax.vlines(margin, -BELOW, top, color=self.theme.faint, linewidth=1.0, linestyle=(0, (3, 2)), zorder=1)
        else:
            text = text + " ▶" if right else text.replace("\n", "\n◀ ")
        place = (min(max(margin, low), high) - low) / (high - low)
        align, offset = ("right", -5) if right else ("left", 5)
        note(self.ax, text, (place, 1), (offset, -1), color=self.theme.faint, align=align, from_top=True)

    def interval(self) -> None:
        low, high = self.forecast.interval(0.9)
        self.ax.hlines(-BELOW / 2, low, high, color=self.theme.ink, linewidth=2.2, zorder=3)
        middle = [self.telling.expected]
        look = {"color": self.theme.ground, "markeredgecolor": self.theme.ink, "markeredgewidth": 1.6}
        self.ax.plot(middle, [-BELOW / 2], "o", markersize=5.5, zorder=4, **look)

    def sides(self) -> None:
        """Each candidate's name and chance above its side of the tie: the first listed is the right one.

        Once all is counted there are no chances, and the share of the votes stands in their place.
        """
        told, aim = self.telling.chances, self.telling.aim
        if self.forecast.finished:
            told, aim = self.telling.shares, self.says.of_valid_votes
        names, size = _fitted(list(told), size_in_points(self.ax)[0] - 2 * BESIDE_NAME - 12)
        ink, line = self.theme.ink, 44
        for place, name, number, color in zip((1, 0), names, told.values(), self.colors, strict=True):
            inward, align = (-1, "right") if place else (1, "left")
            note(self.ax, "●", (place, 1), (0, line), color=color, size=NAME, align=align)
            note(self.ax, name, (place, 1), (BESIDE_NAME * inward, line), color=ink, size=size, bold=True, align=align)
            note(self.ax, number, (place, 1), (0, 24.5), color=ink, size=14, bold=True, align=align)
            note(self.ax, aim, (place, 1), (0, 10), color=self.theme.faint, align=align)

    def frame(self) -> None:
        """What stands above and below: which election and when, the forecast in numbers, whose figures."""
        election, count = self.forecast.election, self.forecast.count
        time = self.says.moment(count)
        heading(self.ax, self.theme, election.title, f"{time} · {self.says.stations(count.counted_share)}", height=71)
        caption(self.ax, self.theme, self.telling.sentences, depth=DEPTH)
