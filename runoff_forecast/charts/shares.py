"""The shares of all candidates: what each has so far, and where it may end."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..contest import chances_to_stay, in_play as in_play
from ..outcome import Forecast
from .rows import beside, beyond, column, name_rows
from .sheet import Mark, Sheet, drawn, left_out, source, standing
from .style import THEMES, Theme, ThemeName, candidate_colors
from .subject import of
from .words import Words, words

ROW = 21.0
"""Points from one candidate to the next."""
SHOWN = 8
"""Candidates at most: those with most expected votes."""


@of(Forecast)
def draw_shares(forecast: Forecast, *, ax: Axes | None = None, lang: str = "en", theme: ThemeName = "light") -> Axes:
    """Draw each candidate's final share with its 90 % interval, its share so far, and its chances."""
    drawing = _Drawing(forecast, words(lang), THEMES[theme])
    with drawn(drawing.sheet, ax, drawing.theme) as ax:
        drawing.dots(ax)
        drawing.scale(ax)
    return ax


@of(Forecast)
def describe_shares(forecast: Forecast, lang: str = "en") -> str:
    """What the chart shows, in words for those who cannot see it."""
    says = words(lang)
    drawing = _Drawing(forecast, says, THEMES["light"])
    rows = drawing.table
    told = "; ".join(
        says.share_told.format(
            name=row["name"],
            share=says.percent(row["share"], 1),
            low=says.percent(row["low"], 1),
            high=says.percent(row["high"], 1),
            chance=says.in_hundred(row["chance"], certain=forecast.finished),
        )
        for _, row in rows.iterrows()
    )
    time = says.moment(forecast.count)
    return says.shares_described.format(title=forecast.election.title, time=time, aim=drawing.aim, shares=told)


@dataclass(frozen=True)
class _Drawing:
    """One chart while it is drawn; x is the share of the valid votes, a row per candidate."""

    forecast: Forecast
    says: Words
    theme: Theme

    @cached_property
    def table(self) -> pd.DataFrame:
        """By candidate, most expected votes first: name, so_far, low, share, high, chance. Pools have no row."""
        forecast = self.forecast
        low, high = forecast.quantiles(forecast.shares, [0.05, 0.95]).to_numpy()
        share = forecast.mean(forecast.shares).to_numpy()
        votes = forecast.count.votes
        table = pd.DataFrame({"low": low, "share": share, "high": high}, index=list(forecast.candidates))
        table["name"] = [candidate.name for candidate in forecast.election.candidates]
        table["so_far"] = votes / votes.sum() if votes.sum() else np.nan
        table["chance"] = chances_to_stay(forecast)
        return table[forecast.election.standing].sort_values("share", ascending=False, kind="stable").head(SHOWN)

    @property
    def aim(self) -> str:
        if self.forecast.election.first_round is None:
            return self.says.to_win
        return self.says.to_win_or_advance if in_play(self.forecast) else self.says.to_advance

    @property
    def chances(self) -> list[str]:
        return [self.says.in_hundred(chance, certain=self.forecast.finished) for chance in self.table["chance"]]

    @property
    def sheet(self) -> Sheet:
        says, theme, election = self.says, self.theme, self.forecast.election
        others = left_out(says.others_end_below, election, len(self.table))
        return Sheet(
            title=says.shares_title,
            lines=standing(says, election, self.forecast.count),
            sentences=(says.chances_note.format(aim=self.aim), *others, *source(says, election)),
            height=max(len(self.table), 2) * ROW,
            key=(
                Mark("dot", theme.ink, says.expected_key),
                Mark("band", theme.ink, says.ninety_key, 0.45),
                Mark("ring", theme.ink, says.so_far_key),
            ),
            over=20,
            under=38,
            left=beside(self.table["name"]),
            right=beyond(self.chances),
        )

    def dots(self, ax: Axes) -> None:
        colors = candidate_colors(self.forecast.election, self.theme)
        table, rows = self.table, np.arange(len(self.table))
        tints = [colors[name] for name in table.index]
        ax.hlines(rows, table["low"], table["high"], color=tints, linewidth=6, alpha=0.45, zorder=3)
        ax.scatter(table["share"], rows, s=30, c=tints, linewidths=0, zorder=4)
        ax.scatter(table["so_far"], rows, s=26, facecolors="none", edgecolors=self.theme.ink, linewidths=1.0, zorder=5)

    def scale(self, ax: Axes) -> None:
        name_rows(ax, list(self.table["name"]), self.theme)
        shown = self.table[["low", "high", "so_far"]]
        low, high = float(shown.min(axis=None)), float(shown.max(axis=None))
        room = 0.06 * max(high - low, 0.01)
        ax.set_xlim(max(low - room, 0.0) if low > 0.25 * high else -room, high + room)
        ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.4g} %"))
        ax.grid(axis="both", color=self.theme.line, linewidth=0.6)
        ax.set_axisbelow(True)
        ax.set_xlabel(self.says.share_of_valid, color=self.theme.faint, fontsize=8.5, labelpad=3)
        column(ax, self.chances, self.theme, title=self.aim)
