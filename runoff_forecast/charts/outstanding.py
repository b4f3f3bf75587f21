"""What is still out and where it leans: votes to come for each of two candidates, region by region."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from ..election import Candidate
from ..outcome import Forecast
from .rows import ROW, beside, beyond, column, name_rows, region_names
from .sheet import Mark, Sheet, drawn, source, standing
from .style import THEMES, Theme, ThemeName, candidate_colors
from .subject import of
from .words import Words, words

SHOWN = 14
"""Regions at most that have a row of their own: those with most votes out; the rest shares one."""
LEAST = 0.5
"""Votes out that make a region worth a row."""
REST = "rest"


@of(Forecast)
def draw_outstanding(
    forecast: Forecast,
    *,
    between: tuple[str, str] | None = None,
    ax: Axes | None = None,
    lang: str = "en",
    theme: ThemeName = "light",
) -> Axes:
    """Draw the votes still to come by region, each candidate's on its side; the difference in full colour.

    between: two candidates' ids; None takes the first two. Raises ValueError for an id that no candidate has, and
    where nothing is out.
    """
    drawing = _Drawing(forecast, _pair(forecast, between), words(lang), THEMES[theme])
    with drawn(drawing.sheet, ax, drawing.theme) as ax:
        drawing.bars(ax)
        drawing.scale(ax)
        drawing.column(ax)
    return ax


@of(Forecast)
def describe_outstanding(forecast: Forecast, lang: str = "en", *, between: tuple[str, str] | None = None) -> str:
    """What the chart shows, in words for those who cannot see it.

    between: as for `draw_outstanding`, with the same ValueError.
    """
    says, (first, second) = words(lang), _pair(forecast, between)
    _refuse_finished(forecast)
    table = forecast.outstanding_by_region((first.id, second.id))
    largest = table.sort_values("votes", ascending=False).head(5)
    return says.outstanding_described.format(
        title=forecast.election.title,
        time=says.moment(forecast.count),
        for_two=says.of_two(forecast.election),
        votes=says.about(table["votes"].sum()),
        first=first.name,
        second=second.name,
        first_votes=says.about(table[first.id].sum()),
        second_votes=says.about(table[second.id].sum()),
        largest="; ".join(
            f"{row['name']} {says.about(row['votes'])}, {says.leader_of(row['margin'], first.name, second.name)}"
            for _, row in largest.iterrows()
        ),
    )


def _round_below(number: float) -> float:
    """The largest of 1, 2, 5, 10, 20, 50 ... that is not above it."""
    power = 10.0 ** np.floor(np.log10(number))
    return max(step * power for step in (1, 2, 5) if step * power <= number)


def _pair(forecast: Forecast, between: tuple[str, str] | None) -> tuple[Candidate, Candidate]:
    """The two candidates; raises ValueError for an id that no candidate has."""
    known = {candidate.id: candidate for candidate in forecast.election.candidates}
    unknown = [name for name in between or () if name not in known]
    if unknown:
        raise ValueError(f"between names candidates of {forecast.election.id}, got {unknown[0]!r}")
    first, second = between or forecast.candidates[:2]
    return known[first], known[second]


def _refuse_finished(forecast: Forecast) -> None:
    if forecast.finished:
        raise ValueError(f"the count of {forecast.election.id} is finished: nothing is out")


@dataclass(frozen=True)
class _Drawing:
    """One chart while it is drawn; x is votes, to the left for the second candidate, a row per region."""

    forecast: Forecast
    pair: tuple[Candidate, Candidate]
    says: Words
    theme: Theme

    def __post_init__(self) -> None:
        _refuse_finished(self.forecast)

    @property
    def ids(self) -> tuple[str, str]:
        return self.pair[0].id, self.pair[1].id

    @property
    def colors(self) -> tuple[str, str]:
        chosen = candidate_colors(self.forecast.election, self.theme)
        return chosen[self.ids[0]], chosen[self.ids[1]]

    @cached_property
    def table(self) -> pd.DataFrame:
        """The rows: first candidate's best at the top, what has no row of its own at the bottom."""
        names = region_names(self.forecast.election, self.says)
        table = self.forecast.outstanding_by_region(self.ids).assign(name=names)
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
        return [self.says.about(abs(votes)) for votes in self.table["net"]]

    @property
    def sheet(self) -> Sheet:
        says, election = self.says, self.forecast.election
        named = [Mark("dot", color, who.name) for color, who in zip(self.colors, self.pair, strict=True)]
        return Sheet(
            title=says.outstanding_title,
            lines=standing(says, election, self.forecast.count),
            sentences=(says.outstanding_note.format(for_two=says.of_two(election)), *source(says, election)),
            height=max(len(self.table), 2) * ROW,
            key=tuple(named[::-1]),
            over=18,
            under=40,
            left=beside(self.table["name"]),
            right=beyond(self.gains, dots=True),
        )

    def bars(self, ax: Axes) -> None:
        rows = np.arange(len(self.table))
        shared = self.table[list(self.ids)].min(axis=1).to_numpy()
        for side, name, color in zip((1, -1), self.ids, self.colors, strict=True):
            votes = self.table[name].to_numpy()
            ax.barh(rows, side * shared, height=0.72, color=color, alpha=0.35, linewidth=0)
            ax.barh(rows, side * (votes - shared), left=side * shared, height=0.72, color=color, linewidth=0)

    def scale(self, ax: Axes) -> None:
        name_rows(ax, list(self.table["name"]), self.theme, strong=[place != REST for place in self.table.index])
        reach = 1.04 * max(self.table[list(self.ids)].max(axis=None), 1.0) if len(self.table) else 1.0
        ax.set_xlim(-reach, reach)
        ax.axvline(0, color=self.theme.ink, linewidth=0.9, zorder=3)
        tick = _round_below(reach)
        ax.set_xticks([-tick, 0, tick])  # two long numbers leave no room for the one in the middle
        ax.xaxis.set_major_formatter(FuncFormatter(lambda votes, _: self.says.number(abs(votes)) if votes else ""))
        ax.grid(axis="x", color=self.theme.line, linewidth=0.6)
        ax.set_axisbelow(True)
        label = self.says.votes_to_come.format(for_two=self.says.of_two(self.forecast.election))
        ax.set_xlabel(label, color=self.theme.faint, fontsize=8.5, labelpad=3)

    def column(self, ax: Axes) -> None:
        first, second = self.colors
        dots = [first if votes > 0 else second for votes in self.table["net"]]
        column(ax, self.gains, self.theme, title=self.says.net_column, dots=dots)
