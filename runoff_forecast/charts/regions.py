"""Regions: the final margin of each with its interval, sorted."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..outcome import Forecast
from .rows import ROW, beside, beyond, column, name_rows, region_names
from .sheet import Mark, Sheet, drawn, source, standing
from .style import THEMES, Theme, ThemeName, candidate_colors
from .subject import of
from .words import Words, words


@of(Forecast)
def draw_regions(forecast: Forecast, *, ax: Axes | None = None, lang: str = "en", theme: ThemeName = "light") -> Axes:
    """Draw the final margin of each region, a dot with its 90 % interval, and how far it is counted."""
    drawing = _Drawing(forecast, words(lang), THEMES[theme])
    with drawn(drawing.sheet, ax, drawing.theme) as ax:
        drawing.dots(ax)
        drawing.scale(ax)
        if any(drawing.counted):
            column(ax, drawing.counted, drawing.theme, title=drawing.says.counted_column)
    return ax


@of(Forecast)
def describe_regions(forecast: Forecast, lang: str = "en") -> str:
    """What the chart shows, in words for those who cannot see it."""
    says, election = words(lang), forecast.election
    table = forecast.to_frame().assign(name=region_names(election, says)).sort_values("margin", ascending=False)
    first, second = election.candidates[:2]
    return says.regions_described.format(
        title=election.title,
        time=says.moment(forecast.count),
        first=first.name,
        second=second.name,
        ahead=int((table["margin"] > 0).sum()),
        behind=int((table["margin"] < 0).sum()),
        open=int(((table["margin_q05"] < 0) & (table["margin_q95"] > 0)).sum()),
        best="; ".join(f"{row['name']} {says.points(row['margin'])}" for _, row in table.head(3).iterrows()),
        worst="; ".join(f"{row['name']} {says.points(row['margin'])}" for _, row in table[::-1].head(3).iterrows()),
    )


@dataclass(frozen=True)
class _Drawing:
    """One chart while it is drawn; x is the margin in shares, a row per region."""

    forecast: Forecast
    says: Words
    theme: Theme

    @cached_property
    def table(self) -> pd.DataFrame:
        table = self.forecast.to_frame().assign(name=region_names(self.forecast.election, self.says))
        return table.sort_values("margin", ascending=False, kind="stable")

    @property
    def counted(self) -> list[str]:
        """Shares of stations; nothing where the office has not said, and the share is a guess."""
        known = zip(self.table["counted_share"], self.table["counted_share_known"], strict=True)
        return [self.says.percent(share) if told else "" for share, told in known]

    @property
    def sheet(self) -> Sheet:
        says, election = self.says, self.forecast.election
        colors = candidate_colors(election, self.theme)
        return Sheet(
            title=says.regions_title,
            lines=standing(says, election, self.forecast.count),
            sentences=(says.regions_note, *source(says, election)),
            height=max(len(self.table), 3) * ROW,
            key=tuple(Mark("dot", colors[candidate.id], candidate.name) for candidate in election.candidates[1::-1]),
            over=18,
            under=40,
            left=beside(self.table["name"]),
            right=beyond(self.counted),
        )

    def dots(self, ax: Axes) -> None:
        colors = candidate_colors(self.forecast.election, self.theme)
        first, second = (colors[name] for name in self.forecast.candidates[:2])
        rows, table = np.arange(len(self.table)), self.table
        tints = [first if margin > 0 else second for margin in table["margin"]]
        ax.hlines(rows, table["margin_q05"], table["margin_q95"], color=tints, linewidth=3.2, alpha=0.45, zorder=3)
        ax.scatter(table["margin"], rows, s=22, c=tints, linewidths=0, zorder=4)

    def scale(self, ax: Axes) -> None:
        name_rows(ax, list(self.table["name"]), self.theme)
        reach = 1.08 * max(float(self.table[["margin_q05", "margin_q95"]].abs().max(axis=None)), 0.02)
        ax.set_xlim(-reach, reach)
        ax.axvline(0, color=self.theme.ink, linewidth=0.9, zorder=2)
        ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10], symmetric=True))
        ax.xaxis.set_major_formatter(FuncFormatter(self.says.lead_tick))
        ax.grid(axis="both", color=self.theme.line, linewidth=0.5)
        ax.set_axisbelow(True)
        ax.set_xlabel(self.says.lead_axis, color=self.theme.faint, fontsize=8.5, labelpad=3)
