"""The final margin: a hundred equally likely results on both sides of a tie."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..outcome import Forecast
from .style import (
    THEMES,
    Theme,
    ThemeName,
    candidate_colors,
    caption,
    heading,
    note,
    page,
    publishers,
    size_in_points,
)
from .words import Words, words

DOTS = 100
BOX = (0.06, 0.3, 0.88, 0.405)
"""Where the dots stand in a figure of their own: left, bottom, width, height."""
FILLED = 0.74
"""Share of the height that the tallest column may take; the rest is for what is said above it."""
MOST_COLUMNS = 400
BELOW = 0.9
"""Room below the dots, for the interval, in diameters of a dot."""
NEAR = 1.2
"""The tie and the margin so far are shown where they are no more than this many widths of the dots away from them."""
LEAST_SPREAD = 0.0005
"""In shares: results nearer to each other than this are drawn as one."""


def draw_margin(forecast: Forecast, *, ax: Axes | None = None, lang: str = "en", theme: ThemeName = "light") -> Axes:
    """Draw the final margin as dots in the colour of who wins, with the tie and the margin so far."""
    with page(ax, THEMES[theme], BOX) as ax:
        drawing = _Drawing(ax, forecast, words(lang), THEMES[theme])
        drawing.dots()
        drawing.scale()
        drawing.tie()
        drawing.count_so_far()
        drawing.interval()
        drawing.sides()
        drawing.frame()
    return ax


def describe_margin(forecast: Forecast, lang: str = "en") -> str:
    """What the chart shows, in words for those who cannot see it."""
    says = words(lang)
    telling = _Telling(forecast, says)
    count = forecast.count
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

    def leader(self, margin: float) -> str:
        return self.says.leader(margin, self.forecast.election)


@dataclass(frozen=True)
class _Columns:
    """How dots are stacked: the width of a column in shares, and where each dot stands (share, row from 0)."""

    width: float
    x: np.ndarray
    row: np.ndarray


def _span(results: np.ndarray, marks: Sequence[float]) -> tuple[float, float]:
    """The margins to show: all dots, and the marks that are not far off, such as the tie and the margin so far."""
    low, high = results[0], results[-1]
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
    forecast: Forecast
    says: Words
    theme: Theme

    @property
    def telling(self) -> _Telling:
        return _Telling(self.forecast, self.says)

    @property
    def colors(self) -> tuple[str, str]:
        """Of the first two candidates."""
        return tuple(
            candidate_colors(self.forecast.election, self.theme)[name] for name in self.forecast.candidates[:2]
        )

    @property
    def bars(self) -> list[float]:
        """Leads that win a first round at once, of either of the two."""
        first_round = self.forecast.election.first_round
        leads = [rule.lead for rule in first_round.outright if rule.lead > 0] if first_round is not None else []
        return [side * lead for lead in leads for side in (1, -1)]

    @property
    def bar_told(self) -> list[str]:
        """The rule behind a bar that is seen, in words."""
        low, high = self.ax.get_xlim()
        if self.forecast.election.first_round is None or not any(low < bar < high for bar in self.bars):
            return []
        rule = next(rule for rule in self.forecast.election.first_round.outright if rule.lead > 0)
        return [self.says.outright_bar.format(lead=f"{100 * rule.lead:g}", share=f"{100 * rule.share:g}")]

    def dots(self) -> None:
        results, (width, height) = self.forecast.outcomes(DOTS), size_in_points(self.ax)
        span = _span(results, [0.0, self.forecast.count.margin, *self.bars])
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
        for bar in self.bars:
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
        """Each candidate's name and chance above its side of the tie: the first listed is the right one."""
        for place, (name, chance), color in zip((1, 0), self.telling.chances.items(), self.colors, strict=True):
            inward, align = (-1, "right") if place else (1, "left")
            note(self.ax, "●", (place, 1), (0, 44), color=color, size=10.5, align=align)
            note(self.ax, name, (place, 1), (13 * inward, 44), color=self.theme.ink, size=10.5, bold=True, align=align)
            note(self.ax, chance, (place, 1), (0, 24.5), color=self.theme.ink, size=14, bold=True, align=align)
            note(self.ax, self.telling.aim, (place, 1), (0, 10), color=self.theme.faint, align=align)

    def frame(self) -> None:
        """What stands above and below: which election and when, the forecast in numbers, whose figures."""
        election, count = self.forecast.election, self.forecast.count
        time = self.says.moment(count)
        heading(self.ax, self.theme, election.title, f"{time} · {self.says.stations(count.counted_share)}", height=71)
        expected = self.says.expected.format(leader=self.telling.leader(self.telling.expected))
        interval = self.says.interval.format(interval=self.telling.interval)
        sources = [self.says.source.format(publisher=publishers(election))] if election.sources else []
        caption(self.ax, self.theme, [expected, interval, *self.bar_told, self.says.one_dot, *sources], depth=36)
