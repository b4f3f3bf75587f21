"""Arrival: how far the count is, by kind of place and by region."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from ..evaluate import arrival_of
from ..outcome import Forecast
from .rows import ROW, beside, beyond, column, name_rows, region_names
from .sheet import Mark, Sheet, drawn, source, standing
from .style import THEMES, Theme, ThemeName
from .subject import of
from .words import Words, words

COUNTED, GUESSED, CONTESTED = 0.72, 0.4, 0.22
"""How dark what is counted, what is thought to be counted, and what is contested are drawn."""
BETWEEN = 0.6
"""Rows left free between the nation and the kinds, and between those and the regions."""


@of(Forecast)
def draw_arrival(forecast: Forecast, *, ax: Axes | None = None, lang: str = "en", theme: ThemeName = "light") -> Axes:
    """Draw the share counted of the nation, of each kind of place and of each region, the least counted first."""
    drawing = _Drawing(forecast, words(lang), THEMES[theme])
    with drawn(drawing.sheet, ax, drawing.theme) as ax:
        drawing.bars(ax)
        drawing.scale(ax)
    return ax


@of(Forecast)
def describe_arrival(forecast: Forecast, lang: str = "en") -> str:
    """What the chart shows, in words for those who cannot see it."""
    says = words(lang)
    table = _rows(forecast, says)
    told = {label: table[table["label"] == label].sort_values("counted") for label in ("kind", "region")}
    listed = {
        label: ", ".join(f"{row['name']} {says.percent(row['counted'])}" for _, row in rows.head(6).iterrows())
        for label, rows in told.items()
    }
    return says.arrival_described.format(
        title=forecast.election.title,
        time=says.moment(forecast.count),
        counted=says.stations(forecast.count.counted_share),
        kinds=listed["kind"] or says.not_known,
        regions=listed["region"],
    )


def _rows(forecast: Forecast, says: Words) -> pd.DataFrame:
    """What is drawn, in its order; y is the row."""
    table = arrival_of(forecast)
    names = region_names(forecast.election, says)
    naming = {"nation": lambda _: says.nation, "kind": says.kind, "region": names.get}
    table["name"] = [naming[row["label"]](row["place"]) for _, row in table.iterrows()]
    order = table["label"].map({"nation": 0, "kind": 1, "region": 2})
    table = table.assign(order=order).sort_values(["order", "counted"], kind="stable", ignore_index=True)
    return table.assign(y=np.arange(len(table)) + BETWEEN * table["order"])


@dataclass(frozen=True)
class _Drawing:
    """One chart while it is drawn; x is the share of stations."""

    forecast: Forecast
    says: Words
    theme: Theme

    @cached_property
    def table(self) -> pd.DataFrame:
        return _rows(self.forecast, self.says)

    @property
    def texts(self) -> list[str]:
        return [self.says.percent(share) for share in self.table["counted"]]

    @property
    def sheet(self) -> Sheet:
        says, ink, election = self.says, self.theme.ink, self.forecast.election
        key = [Mark("band", ink, says.counted_column, COUNTED)]
        if self.table["contested"].fillna(0.0).any():
            key.append(Mark("band", ink, says.contested_key, CONTESTED))
        if not self.table["known"].all():
            key.append(Mark("band", ink, says.guessed_key, GUESSED))
        return Sheet(
            title=says.arrival_title,
            lines=standing(says, election, self.forecast.count),
            sentences=source(says, election),
            height=ROW * (float(self.table["y"].max()) + 1.2),
            key=tuple(key),
            under=24,
            left=beside(self.table["name"]),
            right=beyond(self.texts),
        )

    def bars(self, ax: Axes) -> None:
        table, ink = self.table, self.theme.ink
        strength = np.where(table["known"], COUNTED, GUESSED)
        ax.barh(table["y"], 1.0, height=0.7, color=self.theme.line, alpha=0.45, linewidth=0)
        for y, share, alpha in zip(table["y"], table["counted"], strength, strict=True):
            ax.barh(y, share, height=0.7, color=ink, alpha=alpha, linewidth=0)
        contested = table["contested"].fillna(0.0)
        ax.barh(table["y"], contested, left=table["counted"], height=0.7, color=ink, alpha=CONTESTED, linewidth=0)

    def scale(self, ax: Axes) -> None:
        name_rows(ax, list(self.table["name"]), self.theme, at=self.table["y"])
        ax.set_xlim(0, 1)
        ax.set_xticks([0, 0.25, 0.5, 0.75, 1.0])
        ax.xaxis.set_major_formatter(FuncFormatter(lambda share, _: self.says.percent(share)))
        column(ax, self.texts, self.theme, at=self.table["y"])
