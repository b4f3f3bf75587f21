"""The race for the last place in the runoff: shares of those who may get it, over the night."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..evaluate import Course
from .over_time import Against, Along, draw_band, panel_below
from .sheet import Mark, Sheet, drawn, source
from .style import FAINT, THEMES, Theme, ThemeName, candidate_colors, note
from .subject import of
from .words import Words, words

HEIGHT = 290.0
GAP_PANEL = 0.36
"""Of the height, for the difference of the two."""
MANY = 25
"""From this many moments on, forecasts are a line without dots."""


@of(Course)
def draw_race(
    course: Course,
    *,
    against: Against = "counted",
    ax: Axes | None = None,
    lang: str = "en",
    theme: ThemeName = "light",
) -> Axes:
    """Draw the shares of the two who are nearest to the cut, so far and expected, and the gap between them below.

    Raises ValueError where the election is no first round.
    """
    drawing = _Drawing(course, Along(course, against, words(lang)), words(lang), THEMES[theme])
    with drawn(drawing.sheet, ax, drawing.theme) as ax:
        below = panel_below(ax, drawing.theme, share=GAP_PANEL, gap=34)
        drawing.shares(ax)
        drawing.gap(below)
    return ax


@of(Course)
def describe_race(course: Course, lang: str = "en") -> str:
    """What the chart shows, in words for those who cannot see it."""
    says, election = words(lang), course.election
    drawing = _Drawing(course, Along(course, "counted", says), says, THEMES["light"])
    last = course.moments.isel(time=-1)
    told = "; ".join(
        says.race_told.format(
            name=drawing.names[name],
            so_far=_so_far(float(last["share_so_far"].sel(candidate=name)), says),
            share=says.percent(float(last["expected_share"].sel(candidate=name)), 2),
            chance=says.in_hundred(float(last["chance"].sel(candidate=name)), certain=course.finished),
        )
        for name in drawing.rivals
    )
    return says.race_described.format(title=election.title, moments=says.moments(len(course)), told=told)


def _so_far(share: float, says: Words) -> str:
    return says.nothing_counted if np.isnan(share) else says.race_so_far.format(share=says.percent(share, 2))


@dataclass(frozen=True)
class _Drawing:
    """One chart while it is drawn; y is shares of the valid votes above, their difference below."""

    course: Course
    along: Along
    says: Words
    theme: Theme

    def __post_init__(self) -> None:
        if self.course.election.first_round is None:
            raise ValueError(f"{self.course.election.id} is no first round: nobody races for a place in a runoff")

    @cached_property
    def rivals(self) -> tuple[str, str]:
        return self.course.rivals

    @property
    def names(self) -> dict[str, str]:
        return self.course.election.names

    @property
    def colors(self) -> dict[str, str]:
        return candidate_colors(self.course.election, self.theme)

    @property
    def sheet(self) -> Sheet:
        says, theme, election = self.says, self.theme, self.course.election
        named = [Mark("dot", self.colors[name], self.names[name]) for name in self.rivals]
        return Sheet(
            title=says.race_title,
            lines=(election.title,),
            sentences=source(says, election),
            height=HEIGHT,
            key=(
                *named,
                Mark("dashes", theme.faint, says.so_far_key),
                Mark("line", theme.ink, says.expected_key),
                Mark("band", theme.ink, says.ninety_key, FAINT),
            ),
            over=20,
            under=36 if self.along.against == "counted" else 34,
            left=46,
            right=18,
        )

    @property
    def marker(self) -> str:
        """Of a forecast."""
        return "o" if len(self.course) < MANY else ""

    @property
    def so_far_look(self) -> dict[str, object]:
        """What makes a single count seen, which has no line."""
        return {"marker": "o", "markersize": 5.5, "markerfacecolor": "none"} if len(self.course) == 1 else {}

    def shares(self, ax: Axes) -> None:
        x = self.along.forecasts
        for name in self.rivals:
            share = self.course.moments["share"].sel(candidate=name)
            low, high = (share.sel(quantile=edge).to_numpy() for edge in (0.05, 0.95))
            expected = self.course.moments["expected_share"].sel(candidate=name)
            so_far = self.course.moments["share_so_far"].sel(candidate=name)
            color = self.colors[name]
            draw_band(ax, x, low, high, color=color)
            ax.plot(x, so_far, color=color, linewidth=1.3, linestyle=(0, (2.5, 1.5)), zorder=3, **self.so_far_look)
            ax.plot(x, expected, color=color, linewidth=1.8, marker=self.marker, markersize=3.2, zorder=4)
        ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.4g} %"))
        self._grid(ax)
        ax.tick_params(axis="x", labelbottom=False)
        note(ax, self.says.share_of_valid, (0, 1), (0, 6), color=self.theme.ink)

    def gap(self, ax: Axes) -> None:
        """The difference of the two: above the line the first of them is ahead."""
        first, second = self.rivals
        x, table = self.along.forecasts, self.course.duel
        so_far = self.course.moments["share_so_far"]
        raw = (so_far.sel(candidate=first) - so_far.sel(candidate=second)).to_numpy()
        low, high = (table.sel(quantile=edge).to_numpy() for edge in (0.05, 0.95))
        shares = self.course.moments["expected_share"]
        expected = shares.sel(candidate=first) - shares.sel(candidate=second)
        for color, side in ((self.colors[first], np.maximum), (self.colors[second], np.minimum)):
            draw_band(ax, x, side(low, 0), side(high, 0), color=color)
        look = {"linewidth": 1.3, "linestyle": (0, (2.5, 1.5)), **self.so_far_look}
        ax.plot(x, raw, color=self.theme.faint, zorder=3, **look)
        ax.plot(x, expected, color=self.theme.ink, linewidth=1.6, marker=self.marker, markersize=3.2, zorder=4)
        ax.axhline(0, color=self.theme.ink, linewidth=0.9, zorder=2)
        ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        ax.yaxis.set_major_formatter(FuncFormatter(self.says.point_tick))
        self._grid(ax)
        note(
            ax,
            self.says.gap_label.format(first=self.names[first], second=self.names[second]),
            (0, 1),
            (0, 9),
            color=self.theme.ink,
        )
        self.along.scale(ax, self.theme, self.along.forecasts)

    def _grid(self, ax: Axes) -> None:
        ax.grid(axis="y", color=self.theme.line, linewidth=0.6)
        ax.set_axisbelow(True)
