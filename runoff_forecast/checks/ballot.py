"""What rows of votes are checked against: candidates, election day and the places of the register."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

FIRST_YEAR, LAST_YEAR = 1678, 2261
"""What moments to the nanosecond can hold, which tables and charts are made of."""
LEVELS = ("unit", "region", "nation")
SHEETS = ("counted", "contested", "void")
SPOILT = ("blank", "null")
NOT_CANDIDATES = ("time", "level", "place", "counted", "counted_share", "contested", "void", *SPOILT)
"""Columns that counts or results may have beside those of the candidates, in the order that they are told in."""
COUNTED, CONTESTED = SHEETS.index("counted"), SHEETS.index("contested")
STATIONS, SET_ASIDE, VOTES = slice(0, len(SHEETS)), slice(1, len(SHEETS)), slice(len(SHEETS), -len(SPOILT))
"""Places among `tally_columns`: stations by what became of their sheets, those of them that are not counted, and
candidates; blank and null votes are last."""
ROUNDING = 0.001
"""Published shares of stations are rounded; sums of them may miss by this share of a place's stations."""
NOMINAL_ROUNDING = 0.02
"""The same where the stations of the register are nominal: shares of real ones do not add up to shares of voters."""
NEAREST = 0.5
"""Where a share stands in for the stations counted it may be one of ballots: it tells sheets to the nearest one."""
DUST = 1e-6
"""Stations and votes below this are what sums of rounded numbers leave."""


@dataclass(frozen=True, eq=False)
class Ballot:
    """What rows of votes are checked against; candidates, date or timezone are None where they could not be read.

    `units` has each unit once.
    """

    candidates: tuple[str, ...] | None
    date: date | None
    timezone: str | None
    units: pd.DataFrame
    regions: pd.Index
    nominal_stations: bool
    is_whole: bool = True
    """Whether the whole register was read; if not, a place that is not in it may be sound, and no sum is known."""

    @cached_property
    def region_of(self) -> np.ndarray:
        return self.regions.get_indexer(self.units["region"])

    def of_places(self, column: str) -> np.ndarray:
        """A column of the register summed over every place: units, regions, nation; NaN where a unit's is unknown."""
        values = self.units[column].to_numpy(dtype=float)
        sound = self.region_of >= 0
        by_region = np.bincount(self.region_of[sound], values[sound], minlength=len(self.regions))
        # a unit without a region may lie in any of them
        by_region = np.where(self.is_whole and sound.all(), by_region, np.nan)
        return np.r_[values, by_region, values.sum() if self.is_whole else np.nan]

    def codes(self, level: pd.Series, place: pd.Series) -> np.ndarray:
        """One number a place: units in register order, regions, the nation; -1 where there is no such place."""
        at = {name: (level == name).to_numpy(dtype=bool) for name in LEVELS}
        codes = np.full(len(level), -1)
        codes[at["unit"]] = self.units.index.get_indexer(place[at["unit"]])
        region = self.regions.get_indexer(place[at["region"]])
        codes[at["region"]] = np.where(region >= 0, region + len(self.units), -1)
        codes[at["nation"]] = len(self.units) + len(self.regions)
        return codes


def tally_columns(candidates: Iterable[str]) -> list[str]:
    """The number columns of counts, in order."""
    return [*SHEETS, *candidates, *SPOILT]


def start_of(day: date, timezone: str) -> pd.Timestamp:
    """The first moment of a day, also of one on which clocks change at midnight."""
    return pd.Timestamp(day).tz_localize(timezone, ambiguous=True, nonexistent="shift_forward")


def successive(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of rows of one place that follow each other, and of those that follow them."""
    order = np.argsort(codes, kind="stable")
    same = codes[order][1:] == codes[order][:-1]
    return order[:-1][same], order[1:][same]
