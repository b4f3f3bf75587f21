"""Finer rows beside coarser ones: at one time, their sum cannot exceed the coarser row, nor fall far below it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .ballot import COUNTED, DUST, NOMINAL_ROUNDING, ROUNDING, SHEETS, VOTES, Ballot, tally_columns
from .problem import Problem
from .rows import BEYOND_ELECTORATE, CROWDED, Rows
from .table import figure

LAGGING = 0.05
"""Finer rows may lag behind a coarser row of their time by this share of its stations; by more they contradict it."""


def finer_and_coarser(rows: Rows, moment: pd.Series) -> Iterator[Problem]:
    """Rows that hold less than the finer rows of the same time below them, or more than these and the places without
    such a row can hold."""
    repeated = pd.DataFrame({"place": rows.codes, "time": moment}).duplicated().to_numpy()
    at = np.flatnonzero((rows.codes >= 0) & moment.notna().to_numpy() & ~repeated)
    if not (rows.codes[at] >= len(rows.ballot.units)).any():
        return
    columns = tally_columns(rows.ballot.candidates or ())
    values = np.column_stack([rows.numbers[column] for column in columns])[at]
    enough = values + _rounding(rows, at, columns) + DUST
    sizes = np.column_stack([rows.of_place(column) for column in ("stations", "electorate")])[at]
    needed = [columns.index(column) for column in ("counted", *(rows.ballot.candidates or ()))]
    unread = np.isnan(values[:, needed]).any(axis=1, keepdims=True)  # told already: no sum with it says anything
    sums = _Sums(rows.codes[at], pd.factorize(moment.iloc[at])[0], np.hstack([values, sizes, unread]), rows.ballot)
    for kind, position, sum_ in (("unit", *sums.regions()), ("finer", *sums.nations())):
        finer, covered, missing = np.hsplit(sum_, [len(columns), len(columns) + sizes.shape[1]])
        low = finer > enough[position]
        for short, column in np.argwhere(low):
            row = position[short]
            yield _short(rows, at[row], columns[column], values[row, column], finer[short, column], kind)
        sound = ~low.any(axis=1) & (finer[:, COUNTED] > 0) & (missing[:, 0] == 0)
        position = position[sound]
        yield from _Beyond(rows, at[position], values[position], sizes[position], kind).problems(
            finer[sound], covered[sound]
        )


@dataclass(frozen=True)
class _Beyond:
    """Rows of regions, or of the nation, that hold no less than the finer rows below them."""

    rows: Rows
    at: np.ndarray
    values: np.ndarray
    sizes: np.ndarray
    """Stations and electorate of the places"""
    kind: str

    def problems(self, finer: np.ndarray, covered: np.ndarray) -> Iterator[Problem]:
        """What is beyond the finer rows and can have come in nowhere; `covered` are the sizes of their places."""
        beyond = self.values - finer
        votes, counted = beyond[:, VOTES].sum(axis=1), beyond[:, COUNTED]
        (stations, electorate), (all_stations, voters) = (self.sizes - covered).T, self.sizes.T
        nowhere = (np.abs(counted) <= DUST) & (votes > DUST) & (not self.rows.by_share.any())
        crowded = (counted > stations + LAGGING * all_stations) & (self.values[:, COUNTED] <= all_stations)
        lagging = np.maximum(counted - stations, 0.0) * CROWDED * voters / all_stations
        heavy = ~nowhere & ~crowded & (votes > BEYOND_ELECTORATE * (electorate + lagging))
        for row in np.flatnonzero(nowhere):
            expected = f"more stations than {self._sum(finer[row, COUNTED], row)}, "
            expected += f"since it has {figure(votes[row])} more votes"
            yield self._problem(row, self.rows.counted_column, figure(self.values[row, COUNTED]), expected)
        for row in np.flatnonzero(crowded):
            expected = f"at most {figure(stations[row])} stations more than {self._sum(finer[row, COUNTED], row)}"
            expected += ": the places without such a row have no more"
            yield self._problem(row, self.rows.counted_column, figure(self.values[row, COUNTED]), expected)
        for row in np.flatnonzero(heavy):
            expected = f"no more votes beyond the {self.kind} rows of the same time below {self._name(row)} than the "
            expected += f"{figure(electorate[row])} registered voters of the places without such a row"
            yield self._problem(row, self.rows.votes_column, f"{figure(votes[row])} votes beyond", expected)

    def _sum(self, counted: float, row: int) -> str:
        return f"the {figure(counted)} of the {self.kind} rows of the same time below {self._name(row)}"

    def _name(self, row: int) -> str:
        return self.rows.name(self.at[row])

    def _problem(self, row: int, column: str, value: str, expected: str) -> Problem:
        return Problem(self.rows.table.file, int(self.rows.table.rows[self.at[row]]), column, value, expected)


def _short(rows: Rows, row: int, column: str, value: float, finer: float, kind: str) -> Problem:
    below = ", the sum of the " + kind + " rows of the same time below " + rows.name(row)
    named = rows.counted_column if column == "counted" else column
    what = " stations" if column in SHEETS else " votes"
    return Problem(
        rows.table.file, int(rows.table.rows[row]), named, figure(value), "at least " + figure(finer) + what + below
    )


def _rounding(rows: Rows, at: np.ndarray, columns: Sequence[str]) -> np.ndarray:
    slack = np.zeros((len(at), len(columns)))
    if rows.by_share.any():
        share = NOMINAL_ROUNDING if rows.ballot.nominal_stations else ROUNDING
        slack[:, columns.index("counted")] = share * rows.of_place("stations")[at]
    return slack


class _Sums:
    """What finer rows sum to, by time; all arrays run over the sound rows of one table."""

    def __init__(self, code: np.ndarray, time: np.ndarray, values: np.ndarray, ballot: Ballot):
        units, regions = len(ballot.units), len(ballot.regions)
        self.time, self.values = time, values
        self.is_unit, self.is_nation = code < units, code == units + regions
        self.is_region = ~self.is_unit & ~self.is_nation
        region = code - units
        region[self.is_unit] = ballot.region_of[code[self.is_unit]]
        self.time_and_region = time * (regions + 1) + region
        self.is_lost = self.is_unit & (region < 0)

    def regions(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the region rows, and the sums of the unit rows below each."""
        position = np.flatnonzero(self.is_region)
        return position, self._summed(self.is_unit, self.time_and_region, position)

    def nations(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the nation rows, and the sums of region rows and of the unit rows of other regions.

        A unit without a region is left out: one of the region rows may hold its votes already.
        """
        position = np.flatnonzero(self.is_nation)
        alone = self.is_unit & ~self.is_lost & ~np.isin(self.time_and_region, self.time_and_region[self.is_region])
        return position, self._summed(self.is_region | alone, self.time, position)

    def _summed(self, chosen: np.ndarray, key: np.ndarray, position: np.ndarray) -> np.ndarray:
        """For the rows at the positions, the sums over the chosen rows of the same key."""
        distinct, group = np.unique(key, return_inverse=True)
        sums = np.zeros((len(distinct), self.values.shape[1]))
        np.add.at(sums, group[chosen], np.nan_to_num(self.values[chosen]))
        return sums[group[position]]
