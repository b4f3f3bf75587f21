"""The batches: how each bulletin's own votes split, against the split that all the rest must have for a tie."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..evaluate import Bulletins
from .sheet import Mark, Sheet, drawn, source, standing
from .style import THEMES, Theme, ThemeName, candidate_colors, note
from .subject import of
from .words import Words, words

HEIGHT = 210.0
FIRST = 0.15
"""What is shown of the first bulletin, as a share of what came and comes after it: it has most of the votes."""
LEAST_LEFT = 0.01
"""Where less than this share came and comes after the first bulletin, all of that is shown."""
HIGHEST = 1.5
"""The scale ends at this many times the widest split, so that a hurdle that nobody can take leaves the picture."""


@of(Bulletins)
def draw_bulletins(
    bulletins: Bulletins, *, ax: Axes | None = None, lang: str = "en", theme: ThemeName = "light"
) -> Axes:
    """Draw each bulletin's own margin as a bar as wide as its stations, the hurdle as a line, and what is expected."""
    drawing = _Drawing(bulletins, words(lang), THEMES[theme])
    with drawn(drawing.sheet, ax, drawing.theme) as ax:
        drawing.bars(ax)
        drawing.rest(ax)
        drawing.hurdle(ax)
        drawing.scale(ax)
    return ax


@of(Bulletins)
def describe_bulletins(bulletins: Bulletins, lang: str = "en") -> str:
    """What the chart shows, in words for those who cannot see it."""
    says, election, table = words(lang), bulletins.forecast.election, bulletins.table
    first, second = election.candidates[:2]
    later = table.iloc[1:]
    rest = says.bulletins_finished
    if np.isfinite(bulletins.expected):
        rest = (says.bulletins_rest if abs(bulletins.needed) <= 1 else says.bulletins_rest_cannot).format(
            needed=says.leader(bulletins.needed, election),
            expected=says.leader(bulletins.expected, election),
            interval=says.leaders(bulletins.low, bulletins.high, election),
        )
    return says.bulletins_described.format(
        title=election.title,
        share=says.percent(table["stop"].iloc[0]),
        start=says.leader(table["margin"].iloc[0], election),
        number=len(later),
        first=first.name,
        second=second.name,
        won=int((later["margin"] > 0).sum()),
        lost=int((later["margin"] < 0).sum()),
        rest=rest,
    )


@dataclass(frozen=True)
class _Drawing:
    """One chart while it is drawn; x is the share of stations counted, y the margin in shares."""

    bulletins: Bulletins
    says: Words
    theme: Theme

    @property
    def colors(self) -> tuple[str, str]:
        chosen = candidate_colors(self.bulletins.forecast.election, self.theme)
        first, second = self.bulletins.forecast.candidates[:2]
        return chosen[first], chosen[second]

    @property
    def sheet(self) -> Sheet:
        says, election = self.says, self.bulletins.forecast.election
        named = [Mark("dot", color, who.name) for who, color in zip(election.candidates, self.colors, strict=False)]
        return Sheet(
            title=says.bulletins_title,
            lines=standing(says, election, self.bulletins.forecast.count),
            sentences=(says.bulletins_note, *source(says, election)),
            height=HEIGHT,
            key=(*named, *self.lines_key),
            over=20,
            under=38,
            left=46,
            right=18,
        )

    @property
    def lines_key(self) -> list[Mark]:
        """What stands beside the bars, as far as there is any."""
        key = []
        if len(self.bulletins.table) > 1 or np.isfinite(self.bulletins.needed):
            key.append(Mark("line", self.theme.ink, self.says.tie_key))
        if np.isfinite(self.bulletins.expected):
            key.append(Mark("ring", self.theme.ink, self.says.rest_key))
        return key

    def bars(self, ax: Axes) -> None:
        table, (first, second) = self.bulletins.table, self.colors
        tints = [first if margin > 0 else second for margin in table["margin"]]
        widths = table["stop"] - table["start"]
        look = {"align": "edge", "edgecolor": self.theme.ground, "linewidth": 0.6}
        ax.bar(table["start"], table["margin"], widths, color=tints, alpha=0.8, **look)

    def rest(self, ax: Axes) -> None:
        """What is expected of all that is still out."""
        start, expected = self.bulletins.table["stop"].iloc[-1], self.bulletins.expected
        if not np.isfinite(expected):
            return
        first, second = self.colors
        color, middle = first if expected > 0 else second, (start + 1) / 2
        ax.bar(start, expected, 1 - start, align="edge", color=color, alpha=0.3, linewidth=0)
        ax.vlines(middle, self.bulletins.low, self.bulletins.high, color=self.theme.ink, linewidth=1.6, zorder=4)
        look = {"markerfacecolor": self.theme.ground, "markeredgecolor": self.theme.ink, "markersize": 5}
        ax.plot([middle], [expected], "o", zorder=5, **look)

    def hurdle(self, ax: Axes) -> None:
        """The margin needed for a tie, from the second bulletin on: before the first it is none."""
        table = self.bulletins.table.iloc[1:]
        edges, needed = [*table["start"]], [*table["needed"]]
        if np.isfinite(self.bulletins.needed):
            edges.append(self.bulletins.table["stop"].iloc[-1])
            needed.append(self.bulletins.needed)
        if edges:
            end = 1.0 if np.isfinite(self.bulletins.needed) else float(self.bulletins.table["stop"].iloc[-1])
            ax.stairs(needed, [*edges, end], baseline=None, color=self.theme.ink, linewidth=1.6, zorder=4)

    def scale(self, ax: Axes) -> None:
        table, says, election = self.bulletins.table, self.says, self.bulletins.forecast.election
        known = [self.bulletins.low, self.bulletins.high, *table["margin"], 0.0]
        hurdles = np.array([*table["needed"].iloc[1:], self.bulletins.needed])
        reach = HIGHEST * np.nanmax(np.abs(known))
        low, high = (edge([*known, *hurdles[np.abs(hurdles) <= reach]]) for edge in (np.nanmin, np.nanmax))
        room = 0.12 * max(high - low, 0.01)
        ax.set_ylim(low - room, high + room)
        stop = float(table["stop"].iloc[0])
        start = max(0.0, stop - FIRST * (1 - stop)) if 1 - stop > LEAST_LEFT else 0.0
        ax.set_xlim(start, 1.0)
        ax.axhline(0, color=self.theme.ink, linewidth=0.9, zorder=2)
        ticks = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(low, high)
        ax.set_yticks([tick for tick in ticks if low - room / 4 <= tick <= high + room / 4])
        ax.yaxis.set_major_formatter(FuncFormatter(says.lead_tick))
        ax.grid(axis="y", color=self.theme.line, linewidth=0.6)
        ax.set_axisbelow(True)
        ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.4g} %"))
        ax.set_xlabel(says.share_axis, color=self.theme.faint, fontsize=8.5, labelpad=3)
        first, second = (candidate.name for candidate in election.candidates[:2])
        faint, ground = self.theme.faint, self.theme.ground
        note(ax, says.ahead.format(name=first), (0, 1), (4, -9), color=faint, on=ground)
        note(ax, says.ahead.format(name=second), (0, 0), (4, 4), color=faint, on=ground)
        note(ax, says.points_axis, (0, 1), (-6, 6), color=faint, align="right")
