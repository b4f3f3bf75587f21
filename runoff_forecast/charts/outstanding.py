"""What is still out and where it leans: votes to come for each of two candidates, region by region."""

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
from .words import Words, words

SHOWN = 14
"""Regions at most that have a row of their own: those with most votes out; the rest shares one."""
LEAST = 0.5
"""Votes out that make a region worth a row."""
REST = "rest"


def draw_outstanding(
    forecast: Forecast, *, ax: Axes | None = None, lang: str = "en", theme: ThemeName = "light"
) -> Axes:
    """Draw the votes still to come by region, each candidate's on its side; the difference in full colour."""
    drawing = _Drawing(forecast, words(lang), THEMES[theme])
    with drawn(drawing.sheet, ax, drawing.theme) as ax:
        drawing.bars(ax)
        drawing.scale(ax)
        drawing.column(ax)
    return ax


def describe_outstanding(forecast: Forecast, lang: str = "en") -> str:
    """What the chart shows, in words for those who cannot see it."""
    says, table = words(lang), forecast.outstanding_by_region()
    largest = table.sort_values("votes", ascending=False).head(5)
    first, second = forecast.election.candidates[:2]
    return says.outstanding_described.format(
        title=forecast.election.title,
        time=says.time(forecast.count.time, forecast.election.timezone),
        votes=says.number(table["votes"].sum()),
        first=first.name,
        second=second.name,
        first_votes=says.number(table[first.id].sum()),
        second_votes=says.number(table[second.id].sum()),
        largest="; ".join(
            f"{row['name']} {says.number(row['votes'])}, {says.leader(row['margin'], forecast.election)}"
            for _, row in largest.iterrows()
        ),
    )


@dataclass(frozen=True)
class _Drawing:
    """One chart while it is drawn; x is votes, to the left for the second candidate, a row per region."""

    forecast: Forecast
    says: Words
    theme: Theme

    @cached_property
    def table(self) -> pd.DataFrame:
        """The rows: first candidate's best at the top, what has no row of its own at the bottom."""
        table = self.forecast.outstanding_by_region().assign(name=region_names(self.forecast.election, self.says))
        table = table[table["votes"] >= LEAST].sort_values("votes", ascending=False)
        shown = table if len(table) <= SHOWN + 1 else table.iloc[:SHOWN]
        shown = shown.sort_values("net", ascending=False)
        others = table.drop(shown.index)
        if others.empty:
            return shown
        votes = others[["votes", "net", *self.forecast.candidates]].sum()
        rest = votes.to_dict() | {
            "name": self.says.other_regions.format(number=len(others)),
            "margin": votes["net"] / votes["votes"],
        }
        return pd.concat([shown, pd.DataFrame([rest], index=[REST])])

    @property
    def gains(self) -> list[str]:
        return [self.says.number(abs(votes)) for votes in self.table["net"]]

    @property
    def sheet(self) -> Sheet:
        says, election = self.says, self.forecast.election
        colors = candidate_colors(election, self.theme)
        return Sheet(
            title=says.outstanding_title,
            lines=standing(says, election, self.forecast.count),
            sentences=(says.outstanding_note, *source(says, election)),
            height=max(len(self.table), 2) * ROW,
            key=tuple(Mark("dot", colors[candidate.id], candidate.name) for candidate in election.candidates[1::-1]),
            over=18,
            under=40,
            left=beside(self.table["name"]),
            right=beyond(self.gains, dots=True),
        )

    def bars(self, ax: Axes) -> None:
        colors = candidate_colors(self.forecast.election, self.theme)
        rows = np.arange(len(self.table))
        shared = self.table[list(self.forecast.candidates[:2])].min(axis=1).to_numpy()
        for side, name in ((1, self.forecast.candidates[0]), (-1, self.forecast.candidates[1])):
            votes = self.table[name].to_numpy()
            ax.barh(rows, side * shared, height=0.72, color=colors[name], alpha=0.35, linewidth=0)
            ax.barh(rows, side * (votes - shared), left=side * shared, height=0.72, color=colors[name], linewidth=0)

    def scale(self, ax: Axes) -> None:
        name_rows(ax, list(self.table["name"]), self.theme, strong=[place != REST for place in self.table.index])
        reach = (
            1.04 * max(self.table[list(self.forecast.candidates[:2])].max(axis=None), 1.0) if len(self.table) else 1.0
        )
        ax.set_xlim(-reach, reach)
        ax.axvline(0, color=self.theme.ink, linewidth=0.9, zorder=3)
        ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10], integer=True))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda votes, _: self.says.number(abs(votes))))
        ax.grid(axis="x", color=self.theme.line, linewidth=0.6)
        ax.set_axisbelow(True)
        ax.set_xlabel(self.says.votes_to_come, color=self.theme.faint, fontsize=8.5, labelpad=3)

    def column(self, ax: Axes) -> None:
        colors = candidate_colors(self.forecast.election, self.theme)
        first, second = (colors[name] for name in self.forecast.candidates[:2])
        dots = [first if votes > 0 else second for votes in self.table["net"]]
        column(ax, self.gains, self.theme, title=self.says.net_column, dots=dots)
