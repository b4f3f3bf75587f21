"""The night over time: the count, the forecast of the end with its band, and the chances below."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..evaluate import Course
from .over_time import Against, Along, draw_band, panel_below
from .sheet import Mark, Sheet, drawn, source
from .style import FAINT, THEMES, Theme, ThemeName, candidate_colors, note
from .subject import of
from .words import Words, words

HEIGHT = 300.0
BESIDE = 46.0
"""Points for the labels on the left."""
CHANCES = 0.27
"""Of the height, for the chances."""
SHOWN = 4
"""Candidates at most whose chances are drawn."""
MANY = 25
"""From this many moments on, forecasts are a line without dots."""


@of(Course)
def draw_night(
    course: Course,
    *,
    against: Against = "time",
    ax: Axes | None = None,
    lang: str = "en",
    theme: ThemeName = "light",
) -> Axes:
    """Draw the lead in the count, the lead expected at the end with 50 and 90 of 100 results, and the chances below."""
    drawing = _Drawing(course, Along(course, against, words(lang)), words(lang), THEMES[theme])
    with drawn(drawing.sheet, ax, drawing.theme) as ax:
        below = panel_below(ax, drawing.theme, share=CHANCES, gap=34)
        drawing.bands(ax)
        drawing.count_so_far(ax)
        drawing.expected(ax)
        drawing.scale(ax)
        drawing.chances(below, np.concatenate([drawing.along.forecasts, drawing.along.bulletins]))
    return ax


@of(Course)
def draw_win_probability(
    course: Course,
    *,
    against: Against = "time",
    ax: Axes | None = None,
    lang: str = "en",
    theme: ThemeName = "light",
) -> Axes:
    """Draw the chances of the candidates to win, or in a first round to advance, over the night."""
    drawing = _Drawing(course, Along(course, against, words(lang)), words(lang), THEMES[theme])
    with drawn(drawing.chances_sheet, ax, drawing.theme) as ax:
        drawing.chances(ax, drawing.along.forecasts)
    return ax


@of(Course)
def describe_night(course: Course, lang: str = "en") -> str:
    """What the chart shows, in words for those who cannot see it."""
    says, election, moments = words(lang), course.election, course.moments
    start, stop = (says.time(course.times[position], election.timezone) for position in (0, -1))
    so_far = course.bulletins["margin"].dropna()
    first, last = (float(moments["expected"][position]) for position in (0, -1))
    low, high = (float(moments["margin"].sel(quantile=edge)[-1]) for edge in (0.05, 0.95))
    return says.night_described.format(
        moments=says.moments(len(course)),
        start=start,
        stop=stop,
        title=election.title,
        so_far_first=says.leader(so_far.iloc[0], election) if len(so_far) else says.nothing_counted,
        so_far_last=says.leader(so_far.iloc[-1], election) if len(so_far) else says.nothing_counted,
        first=says.leader(first, election),
        last=says.leader(last, election),
        interval=says.leaders(low, high, election),
        chances=_chances_in_words(course, says),
        official=""
        if course.margin is None
        else says.official_described.format(leader=says.leader(course.margin, election)),
    )


@of(Course)
def describe_win_probability(course: Course, lang: str = "en") -> str:
    """What the chart shows, in words for those who cannot see it."""
    says = words(lang)
    return says.chances_described.format(
        title=course.election.title, moments=says.moments(len(course)), chances=_chances_in_words(course, says)
    )


def _chances_in_words(course: Course, says: Words) -> str:
    names = course.election.names
    aim = says.to_win if course.election.first_round is None else says.to_advance
    last = course.moments["chance"].isel(time=-1).to_series()
    said = {name: says.in_hundred(last[name], certain=course.finished) for name in _leading(course)}
    return "; ".join(f"{names[name]}: {chance} {aim}" for name, chance in said.items())


def _leading(course: Course) -> list[str]:
    """Ids of the candidates whose chances were highest at any time, in the order of the election."""
    best = course.moments["chance"].max("time").to_series()[course.election.standing]
    best = best.sort_values(ascending=False, kind="stable").index[:SHOWN]
    return [name for name in course.election.candidate_ids if name in best]


@dataclass(frozen=True)
class _Drawing:
    """One chart while it is drawn; y is the margin in shares above, chances from 0 to 1 below."""

    course: Course
    along: Along
    says: Words
    theme: Theme

    @property
    def colors(self) -> dict[str, str]:
        return candidate_colors(self.course.election, self.theme)

    @property
    def sheet(self) -> Sheet:
        theme, says, election = self.theme, self.says, self.course.election
        key = [
            Mark("dashes", theme.faint, says.so_far_key),
            Mark("line", theme.ink, says.expected_key),
            Mark("band", theme.ink, says.bands_key, alpha=FAINT),
        ]
        if self.course.margin is not None:
            result = f"{says.official_key}: {says.leader_in_points(self.course.margin, election)}"
            key.append(Mark("dots", theme.ink, result))
        return Sheet(
            title=says.night_title,
            lines=(election.title,),
            sentences=(says.night_note, *source(says, election)),
            height=HEIGHT,
            key=(*self.names, *key),
            over=20,
            under=36 if self.along.against == "counted" else 34,
            left=BESIDE,
        )

    @property
    def chances_sheet(self) -> Sheet:
        says, election = self.says, self.course.election
        return Sheet(
            title=says.chance_to_win_title if election.first_round is None else says.chance_to_advance_title,
            lines=(election.title,),
            sentences=source(says, election),
            height=150,
            key=self.names,
            over=20,
            under=36 if self.along.against == "counted" else 34,
            left=BESIDE,
        )

    @property
    def names(self) -> tuple[Mark, ...]:
        named = self.course.election.names
        return tuple(Mark("dot", self.colors[name], named[name]) for name in _leading(self.course))

    def bands(self, ax: Axes) -> None:
        """Each side of a tie in the colour of who is ahead there."""
        first, second = (self.colors[name] for name in self.course.election.candidate_ids[:2])
        x, margin = self.along.forecasts, self.course.moments["margin"]
        for low, high in ((0.05, 0.95), (0.25, 0.75)):
            bottom, top = (margin.sel(quantile=edge).to_numpy() for edge in (low, high))
            draw_band(ax, x, np.maximum(bottom, 0), np.maximum(top, 0), color=first)
            draw_band(ax, x, np.minimum(bottom, 0), np.minimum(top, 0), color=second)

    def count_so_far(self, ax: Axes) -> None:
        x, margin = self.along.bulletins, self.course.bulletins["margin"].to_numpy()
        style = "steps-post" if self.along.against == "time" else "default"
        ax.plot(x, margin, color=self.theme.faint, linewidth=1.4, linestyle=(0, (2.5, 1.5)), drawstyle=style, zorder=3)

    def expected(self, ax: Axes) -> None:
        marker = "o" if len(self.course) < MANY else ""
        look = {"color": self.theme.ink, "linewidth": 1.6, "marker": marker, "markersize": 3.2}
        ax.plot(self.along.forecasts, self.course.moments["expected"], zorder=4, **look)

    def scale(self, ax: Axes) -> None:
        low, high = ax.get_ylim()
        low, high = min(low, 0), max(high, 0)
        room = 0.09 * (high - low)
        ax.set_ylim(low - room, high + room)
        ax.axhline(0, color=self.theme.ink, linewidth=0.9, zorder=2)
        ticks = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(low, high)
        ax.set_yticks([tick for tick in ticks if low <= tick <= high])  # the margins above and below are for words
        ax.yaxis.set_major_formatter(FuncFormatter(self.says.lead_tick))
        ax.grid(axis="y", color=self.theme.line, linewidth=0.6)
        ax.set_axisbelow(True)
        ax.tick_params(axis="x", labelbottom=False)
        note(ax, self.says.points_axis, (0, 1), (-6, 6), color=self.theme.faint, align="right")
        first, second = (candidate.name for candidate in self.course.election.candidates[:2])
        note(ax, self.says.ahead.format(name=first), (0, 1), (4, -9), color=self.theme.faint)
        note(ax, self.says.ahead.format(name=second), (0, 0), (4, 4), color=self.theme.faint)
        if self.course.margin is not None:
            ax.axhline(self.course.margin, color=self.theme.ink, linewidth=1.0, linestyle=(0, (1, 1.5)), zorder=2)

    def chances(self, ax: Axes, stops: np.ndarray) -> None:
        """The chances, along all that is drawn on the page."""
        x = self.along.forecasts
        for name in _leading(self.course):
            chance = self.course.moments["chance"].sel(candidate=name)
            marker = "o" if len(self.course) < MANY else ""
            ax.plot(x, chance, color=self.colors[name], linewidth=1.8, marker=marker, markersize=3.2, clip_on=False)
        ax.set_ylim(0, 1)
        ax.set_yticks([0, 0.5, 1], ["0", "50", "100"])
        ax.grid(axis="y", color=self.theme.line, linewidth=0.6)
        ax.set_axisbelow(True)
        first_round = self.course.election.first_round
        says = self.says.chance_to_win if first_round is None else self.says.chance_to_advance
        note(ax, says, (0, 1), (0, 9), color=self.theme.ink)
        self.along.scale(ax, self.theme, stops)
