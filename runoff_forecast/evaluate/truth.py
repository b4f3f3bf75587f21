"""How every polling station voted: the known end that simulated nights lead to."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from ..election import Election
from ..night import Result

CORRELATION = 0.01
"""Intra-class correlation of votes within a unit's stations: 0.007 measured in Peru 2016, 0.013 in 2021."""
TURNOUT_SPREAD = 0.12
"""Logs: deviation of valid votes between stations of one unit; 0.07 in Peru 2016, 0.15 in 2021."""


@dataclass(frozen=True, eq=False)
class Truth:
    """Final votes of all S stations; raises ValueError where they are not those of the register."""

    election: Election
    unit: np.ndarray
    """(S,) position of the station's unit in the register"""
    electorate: np.ndarray
    """(S,) NaN where unknown"""
    votes: np.ndarray
    """(S, K + 2): candidates in the order of the election, blank, null"""
    void: np.ndarray
    """(S,) bool: the sheet never counts"""

    def __post_init__(self) -> None:
        stations = np.bincount(self.unit, minlength=len(self.election.units))
        wrong = np.flatnonzero(stations != self.election.units["stations"].to_numpy())
        if len(wrong):
            place, expected = self.election.units.index[wrong[0]], self.election.units["stations"].iloc[wrong[0]]
            raise ValueError(f"unit {place!r} has {stations[wrong[0]]} stations, its register says {expected:g}")
        if self.votes.shape != (len(self.unit), len(self.election.candidates) + 2):
            raise ValueError(f"votes are (stations, candidates + 2), got {self.votes.shape}")

    @classmethod
    def from_stations(cls, election: Election, stations: pd.DataFrame) -> Self:
        """The truth from a table as `sources.stations.read_stations` gives it: unit, electorate, votes, void.

        Raises ValueError where a unit is not in the register, or has another number of stations than there.
        """
        unit = election.units.index.get_indexer(stations["unit"])
        if (unit < 0).any():
            raise ValueError(f"unit {stations['unit'][unit < 0].iloc[0]!r} is not in the register")
        votes = stations[[*election.candidate_ids, "blank", "null"]].to_numpy(float)
        void = stations["void"].to_numpy(bool)
        return cls(election, unit, stations["electorate"].to_numpy(float), votes * ~void[:, None], void)

    @classmethod
    def from_result(
        cls, election: Election, result: Result, *, rng: np.random.Generator, correlation: float = CORRELATION
    ) -> Self:
        """Made-up stations that add up to the official result of each unit.

        Raises ValueError where a unit has no result, and as `from_totals` does.
        """
        rows = result.rows[result.rows["level"] == "unit"].set_index("place")
        missing = election.units.index.difference(rows.index)
        if len(missing):
            raise ValueError(f"the result has no row of unit {missing[0]!r} ({len(missing)} such units)")
        totals = rows.loc[election.units.index, [*election.candidate_ids, "blank", "null"]].fillna(0.0)
        return cls.from_totals(election, totals.to_numpy(float), rng=rng, correlation=correlation)

    @classmethod
    def from_totals(
        cls, election: Election, totals: np.ndarray, *, rng: np.random.Generator, correlation: float = CORRELATION
    ) -> Self:
        """Made-up stations that add up to whole votes by unit (U, K + 2), clustered within units as real ones are.

        Raises ValueError where the register has no whole stations, or the totals have another number of columns.
        """
        stations = election.units["stations"].to_numpy(float)
        if election.nominal_stations or (stations % 1 != 0).any():
            raise ValueError(f"{election.id} has no whole stations to put into an order")
        unit = np.repeat(np.arange(len(stations)), stations.astype(int))
        ballots = np.maximum(totals.sum(axis=1), 1.0)
        # A Dirichlet as wide as a beta-binomial: clustering, and the chance of who happens to vote at which station.
        spread = correlation + (1.0 - correlation) * stations / np.maximum(ballots, stations)
        share = totals / ballots[:, None] * (1.0 / np.minimum(spread, 0.9) - 1.0)[:, None]
        leaning = np.maximum(rng.gamma(np.maximum(share[unit], 1e-3)), 1e-9)
        size = np.exp(TURNOUT_SPREAD * rng.standard_normal(len(unit)))
        weight = size[:, None] * leaning / leaning.sum(axis=1, keepdims=True)
        electorate = election.units["electorate"].to_numpy(float)[unit] / stations[unit]
        return cls(election, unit, electorate, _apportioned(weight, unit, totals), np.zeros(len(unit), dtype=bool))

    @cached_property
    def totals(self) -> np.ndarray:
        """(K,) final valid votes, if no contested sheet is annulled."""
        return self.votes[:, :-2].sum(axis=0)

    @cached_property
    def ranking(self) -> np.ndarray:
        """(K,) positions of the candidates, the one with most votes first."""
        return np.argsort(-self.totals, kind="stable")

    @cached_property
    def unit_votes(self) -> np.ndarray:
        """(U, K + 2) final votes by unit."""
        return sums(self.unit, self.votes, len(self.election.units))

    def share_of(self, candidate: int) -> np.ndarray:
        """(U,) a candidate's share of the valid votes of each unit; the national one where a unit has none."""
        valid = self.unit_votes[:, :-2].sum(axis=1)
        share = np.full(len(valid), self.totals[candidate] / self.totals.sum())
        return np.divide(self.unit_votes[:, candidate], valid, out=share, where=valid > 0)

    def by_station(self) -> "Truth":
        """The same truth with a register of stations; a unit's baseline is shared out by the stations' electorate."""
        return self if (self.election.units["stations"] == 1).all() else self._by_station

    @cached_property
    def _by_station(self) -> "Truth":
        election = self.election
        part = self._part_of_unit()
        units = election.units.iloc[self.unit]
        index = pd.Index(units.index + "-" + self._number_in_unit().astype(str).astype(object), name="unit")
        units = units.assign(
            area=units.index,
            stations=1.0,
            electorate=self.electorate,
            baseline_ballots=units["baseline_ballots"] * part,
        )
        baseline = election.baseline.iloc[self.unit].mul(part, axis=0)
        stations = replace(
            election, unit="polling station", units=units.set_axis(index), baseline=baseline.set_axis(index)
        )
        return replace(self, election=stations, unit=np.arange(len(index)))

    def _part_of_unit(self) -> np.ndarray:
        """(S,) each station's part of its unit's electorate, of its stations where the electorate is unknown."""
        known = np.where(np.isfinite(self.electorate), self.electorate, 0.0)
        whole = np.bincount(self.unit, known, len(self.election.units))[self.unit]
        equal = 1.0 / self.election.units["stations"].to_numpy(float)[self.unit]
        return np.divide(known, whole, out=equal, where=whole > 0)

    def _number_in_unit(self) -> np.ndarray:
        """(S,) 1, 2, 3, ... within each unit."""
        order = np.argsort(self.unit, kind="stable")
        ordered = self.unit[order]
        number = np.empty(len(order), dtype=int)
        number[order] = np.arange(len(order)) - np.searchsorted(ordered, ordered) + 1
        return number


def sums(code: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
    """(size, columns) sums of the rows of each code."""
    return np.column_stack([np.bincount(code, column, size) for column in values.T])


def _apportioned(weight: np.ndarray, unit: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Whole votes (S, columns) by weight that add up to the totals of each unit; stations in order of units."""
    whole = sums(unit, weight, len(totals))[unit]
    equal = np.repeat(1.0 / np.bincount(unit, minlength=len(totals))[unit, None], weight.shape[1], axis=1)
    share = np.divide(weight, whole, out=equal, where=whole > 0)
    # Rounding the running total keeps each unit's sum exact, since it is whole wherever a unit ends.
    running = np.round(np.cumsum(share * totals[unit], axis=0), 6)
    return np.diff(np.floor(running + 0.5), axis=0, prepend=0.0)
