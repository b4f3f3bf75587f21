"""The tables of a page: cells that are read, and the values that they are sorted by."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup

from .. import saying
from ..charts.rows import region_names
from ..charts.words import Words
from ..evaluate import leads_of
from ..outcome import Forecast


@dataclass(frozen=True)
class Cell:
    """A cell: what is read, what it is sorted by, and a note for those who want to know more."""

    text: str | Markup
    value: str | float
    note: str = ""


@dataclass(frozen=True)
class Row:
    """A row: its heading, and its cells."""

    name: str
    cells: tuple[Cell, ...]


def region_rows(forecast: Forecast, says: Words, of_votes: str) -> list[Row]:
    """Votes out, share counted, expected lead and its interval by region, most votes out first."""
    table = forecast.to_frame().join(leads_of(forecast)[["leader", "lead", "sure"]])
    table = table.assign(name=region_names(forecast.election, says))
    table = table.sort_values("outstanding", ascending=False, kind="stable")
    return [Row(row["name"], _region_cells(forecast, row, says, of_votes)) for _, row in table.iterrows()]


def sides(forecast: Forecast) -> list[tuple[int, str]]:
    """Position and name of the candidates whose colours the tables use: two, or in a first round all who lead."""
    candidates = list(enumerate(forecast.election.candidates))
    if forecast.election.first_round is None:
        return [(position, candidate.name) for position, candidate in candidates[:2]]
    leaders = set(leads_of(forecast)["leader"])
    return [(position, candidate.name) for position, candidate in candidates if candidate.id in leaders]


def kind_rows(forecast: Forecast, says: Words) -> list[Row]:
    """Stations and votes out by kind of place, and in a runoff the lead among them."""
    if "outstanding_kind" not in forecast.draws:
        return []
    table = forecast.outstanding_by_kind()
    table = table[table["votes"] >= 0.5].sort_values("votes", ascending=False)
    return [Row(says.kind(str(kind)), _kind_cells(forecast, row, says)) for kind, row in table.iterrows()]


def record_rows(record: pd.DataFrame, says: Words) -> list[Row]:
    """The record, a row a night: forecasts, mean errors in points, share within the 90 % interval."""
    rows = []
    for _, row in record.iterrows():
        errors = [Cell(f"{100 * row[name]:.2f}", float(row[name])) for name in ("absolute_error", "raw_absolute_error")]
        held = Cell(says.percent(row["covered_90"]), float(row["covered_90"]))
        rows.append(Row(str(row["title"]), (Cell(f"{row['moments']:.0f}", float(row["moments"])), *errors, held)))
    return rows


def _region_cells(forecast: Forecast, row: pd.Series, says: Words, of_votes: str) -> tuple[Cell, ...]:
    known = bool(row["counted_share_known"])
    counted = says.percent(row["counted_share"]) + ("" if known else " *")
    known_cells = (
        Cell(says.about(row["outstanding"]), float(row["outstanding"])),
        Cell(counted, float(row["counted_share"]), "" if known else of_votes),
    )
    if forecast.election.first_round is not None:
        chance = says.in_hundred(row["sure"], certain=forecast.finished)
        return (*known_cells, _leading(row, forecast), Cell(chance, float(row["sure"])))
    return (
        *known_cells,
        Cell(_lead(row["margin"], forecast, says), float(row["margin"])),
        Cell(_leads(row, forecast, says), float(row["margin_q95"] - row["margin_q05"])),
    )


def _kind_cells(forecast: Forecast, row: pd.Series, says: Words) -> tuple[Cell, ...]:
    stations = "–" if np.isnan(row["stations"]) else says.number(row["stations"])
    interval = says.limits.format(low=says.about(row["votes_q05"]), high=says.about(row["votes_q95"]))
    cells = (
        Cell(stations, float(np.nan_to_num(row["stations"], nan=-1.0))),
        Cell(says.about(row["votes"]), float(row["votes"])),
        Cell(interval, float(row["votes_q95"] - row["votes_q05"])),
    )
    if forecast.election.first_round is not None:
        return cells
    return (*cells, Cell(_lead(row["margin"], forecast, says), float(row["margin"])))


def _leads(row: pd.Series, forecast: Forecast, says: Words) -> Markup:
    low, high = sorted(
        (row["margin_q05"], row["margin_q95"]), key=abs if row["margin_q05"] * row["margin_q95"] > 0 else None
    )
    return Markup(says.limits).format(low=_lead(low, forecast, says), high=_lead(high, forecast, says))


def _leading(row: pd.Series, forecast: Forecast) -> Cell:
    """Who leads in a region of a first round, whoever it is."""
    if row["leader"] is None:
        return Cell("–", -1.0)
    position = forecast.candidates.index(row["leader"])
    return Cell(_dotted(position, saying.points(row["lead"], 1), forecast), float(row["lead"]))


def _lead(margin: float, forecast: Forecast, says: Words) -> Markup:
    """Which of the first two is ahead, and by how much."""
    number = saying.points(abs(margin), 1)
    return _dotted(0 if margin > 0 else 1, number, forecast) if number.startswith("+") else Markup(says.tie)


def _dotted(position: int, number: str, forecast: Forecast) -> Markup:
    """A number behind a dot in the colour of a candidate, whose name is said to those who cannot see it."""
    name = forecast.election.candidates[position].name
    return Markup('<i class="dot c{}"></i><span class="said">{} </span>{}').format(position, name, number)
