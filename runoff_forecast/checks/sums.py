"""Finer rows beside coarser ones: at one time, their sum cannot exceed the coarser row."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from .ballot import DUST, NOMINAL_ROUNDING, ROUNDING, SHEETS, Ballot, tally_columns
from .problem import Problem
from .rows import Rows
from .table import figure


def finer_above_coarser(rows: Rows, moment: pd.Series) -> Iterator[Problem]:
    """Rows that hold less than the finer rows of the same time below them, in any number that both give."""
    repeated = pd.DataFrame({"place": rows.codes, "time": moment}).duplicated().to_numpy()
    at = np.flatnonzero((rows.codes >= 0) & moment.notna().to_numpy() & ~repeated)
    if not (rows.codes[at] >= len(rows.ballot.units)).any():
        return
    columns = [column for column in tally_columns(rows.ballot.candidates or ()) if column in rows.numbers]
    values = np.column_stack([rows.numbers[column] for column in columns])[at]
    enough = values + _rounding(rows, at, columns) + DUST
    sums = _Sums(rows.codes[at], pd.factorize(moment.iloc[at])[0], values, rows.ballot)
    for kind, position, finer in (("unit", *sums.regions()), ("finer", *sums.nations())):
        for short, column in np.argwhere(finer > enough[position]):
            row = position[short]
            yield _short(rows, at[row], columns[column], values[row, column], finer[short, column], kind)


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
        region = np.where(self.is_unit, ballot.region_of[np.where(self.is_unit, code, 0)], code - units)
        self.time_and_region = time * (regions + 1) + region

    def regions(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the region rows, and the sums of the unit rows below each."""
        position = np.flatnonzero(self.is_region)
        return position, self._summed(self.is_unit, self.time_and_region, position)

    def nations(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the nation rows, and the sums of region rows and of the unit rows of other regions."""
        position = np.flatnonzero(self.is_nation)
        alone = self.is_unit & ~np.isin(self.time_and_region, self.time_and_region[self.is_region])
        return position, self._summed(self.is_region | alone, self.time, position)

    def _summed(self, chosen: np.ndarray, key: np.ndarray, position: np.ndarray) -> np.ndarray:
        """For the rows at the positions, the sums over the chosen rows of the same key."""
        distinct, group = np.unique(key, return_inverse=True)
        sums = np.zeros((len(distinct), self.values.shape[1]))
        np.add.at(sums, group[chosen], np.nan_to_num(self.values[chosen]))
        return sums[group[position]]
