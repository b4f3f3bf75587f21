"""What a forecast must beat: the simple models that people use on election nights, each an ordinary model.

All but the Dirichlet give one number and no interval: their forecast is a single draw.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..checks.arguments import whole
from ..count import Count, Counts
from ..election import Election
from ..outcome import Forecast
from .tallies import UnitTallies, extrapolated, tallies_of

LEAST_SHARE = 0.001
"""A swing never takes a candidate below this share of a unit."""
BLOCK = 4_000_000
"""Numbers held at once while drawing."""


@dataclass(frozen=True)
class RawCount:
    """What is out votes as what is in."""

    def __call__(self, counts: Counts | Count, *, rng: np.random.Generator) -> Forecast:  # noqa: ARG002
        """The forecast of the night so far."""
        tallies = tallies_of(known(counts))
        return extrapolated(tallies, [tallies.rates()[None]], engine="raw count")


@dataclass(frozen=True)
class StratifiedExtrapolation:
    """What is out of a stratum votes as what is in of it; a stratum with nothing in as the next coarser one."""

    by: Literal["region", "unit"] = "region"

    def __post_init__(self) -> None:
        if self.by not in ("region", "unit"):
            raise ValueError(f"by is 'region' or 'unit', got {self.by!r}")

    def __call__(self, counts: Counts | Count, *, rng: np.random.Generator) -> Forecast:  # noqa: ARG002
        """The forecast of the night so far."""
        tallies = tallies_of(known(counts))
        strata = [np.arange(len(tallies.counted))] if self.by == "unit" else []
        rates = tallies.rates(*strata, tallies.election.region_index)
        return extrapolated(tallies, [rates[None]], engine=f"stratified by {self.by}")


@dataclass(frozen=True)
class UniformSwing:
    """Every unit moves from the candidates' own lists in the baseline by as many points as the counted ones did.

    Without own lists for all candidates it is the raw count, and says so.
    """

    def __call__(self, counts: Counts | Count, *, rng: np.random.Generator) -> Forecast:  # noqa: ARG002
        """The forecast of the night so far."""
        tallies = tallies_of(known(counts))
        own = own_shares(tallies.election)
        if own is None or not tallies.votes.sum() > 0:
            said = [] if own is not None else ["no baseline of the candidates' own lists: this is the raw count"]
            return extrapolated(tallies, [tallies.rates()[None]], engine="uniform swing", said=said)
        valid = tallies.votes.sum(axis=1)
        swing = tallies.votes.sum(axis=0) / valid.sum() - valid @ own / valid.sum()
        share = np.maximum(own + swing, LEAST_SHARE)
        share /= share.sum(axis=1, keepdims=True)
        return extrapolated(tallies, [(_turnout(tallies)[:, None] * share)[None]], engine="uniform swing")


@dataclass(frozen=True)
class DistrictDirichlet:
    """Each district's split is drawn from what is in of it, independently of all others: intervals far too narrow.

    A district with nothing in follows its region, a region with nothing in the nation.
    """

    draws: int = 500

    def __post_init__(self) -> None:
        whole("draws", self.draws)

    def __call__(self, counts: Counts | Count, *, rng: np.random.Generator) -> Forecast:
        """The forecast of the night so far."""
        tallies = tallies_of(known(counts))
        stratum, votes, stations = _strata(tallies)
        rate = np.full(len(stations), tallies.national_rate.sum())
        np.divide(votes.sum(axis=1), stations, out=rate, where=stations > 0)
        return extrapolated(tallies, self._blocks(votes, rate, stratum, rng), engine="district Dirichlet")

    def _blocks(
        self, votes: np.ndarray, rate: np.ndarray, stratum: np.ndarray, rng: np.random.Generator
    ) -> Iterator[np.ndarray]:
        size = max(1, BLOCK // (len(stratum) * votes.shape[1]))
        for start in range(0, self.draws, size):
            shape = (min(size, self.draws - start), *votes.shape)
            share = rng.standard_gamma(votes + 1.0, shape)
            share *= rate[:, None] / share.sum(axis=2, keepdims=True)
            yield share[:, stratum]


def known(counts: Counts | Count) -> Count:
    """What is known at the end of the night so far."""
    return counts if isinstance(counts, Count) else counts.latest


def own_shares(election: Election) -> np.ndarray | None:
    """(U, K) shares of the candidates' own lists among themselves in the baseline; None where one has no list, or
    none of them a vote.

    A unit without a baseline has the nation's shares.
    """
    lists = [election.own_baseline(candidate) for candidate in election.candidates]
    if any(name is None for name in lists):
        return None
    votes = np.column_stack([election.baseline[name].to_numpy(float) for name in lists])
    if not np.nansum(votes):
        return None
    national = np.nansum(votes, axis=0) / np.nansum(votes)
    total = votes.sum(axis=1, keepdims=True)
    return np.where(total > 0, votes / np.where(total > 0, total, 1.0), national)


def _turnout(tallies: UnitTallies) -> np.ndarray:
    """(U,) valid votes per station: the baseline's, by the ratio seen where stations are in."""
    stations = tallies.election.units["stations"].to_numpy(float)
    valid = tallies.election.baseline.sum(axis=1, min_count=1).to_numpy(float) / stations
    valid = np.where(np.isfinite(valid), valid, np.nanmean(valid))
    return valid * tallies.votes.sum() / (tallies.counted @ valid)


def _strata(tallies: UnitTallies) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(U,) the stratum of each unit, its group or else its region; votes and stations in of each stratum."""
    groups, region = len(tallies.count.holdings), tallies.election.region_index
    inside = tallies.group >= 0
    code = np.r_[tallies.group[inside], groups + region]
    known = np.column_stack([tallies.votes, tallies.counted])
    known = np.vstack([known[inside], known])
    size = groups + len(tallies.election.regions)
    sums = np.column_stack([np.bincount(code, column, size) for column in known.T])
    sums[sums[:, -1] == 0] = known[-len(region) :].sum(axis=0)
    return np.where(inside, tallies.group, groups + region), sums[:, :-1], sums[:, -1]
