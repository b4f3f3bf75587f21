"""The back-up: a stratified estimate with its standard error, from the count alone, with no model of who votes how."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..checks.arguments import whole
from ..count import Count, Counts
from ..outcome import Forecast
from .priors import Priors
from .tallies import UnitTallies, extrapolated, tallies_of
from .yardsticks import BLOCK

FEWEST_REPLICATES = 30
"""With fewer successive batches than this, their spread is not trusted, and the station noise is the usual one."""
FEWEST_UNITS = 5
"""A region's own spread between units is used from this many counted units; below, the nation's."""

WIDE_CORRELATION = 0.14
"""Intra-class correlation of stations anywhere in a nation: 0.07 in Peru 2016, 0.18 in 2021 (0.05 inside regions)."""
WIDE_TURNOUT = 0.27
"""Logs: how valid votes differ between such stations, in both years."""


@dataclass(frozen=True)
class DesignBased:
    """Counted stations as a simple random sample of their stratum (Cochran 1977, chapter 5).

    A stratum is what the office publishes a row of; one with nothing in is taken as a random unit of its region. Where
    late stations differ from early ones this is wrong by more than its standard error says.
    """

    draws: int = 1000

    def __post_init__(self) -> None:
        whole("draws", self.draws)

    def __call__(self, counts: Counts | Count, *, rng: np.random.Generator) -> Forecast:
        """The forecast of the night so far: normal draws around the estimate."""
        night = Counts.of(counts)
        tallies = tallies_of(night.latest)
        error = _sampling_error(tallies, night)
        return extrapolated(tallies, self._blocks(tallies, error, rng), engine="design-based")

    def _blocks(self, tallies: UnitTallies, error: "_SamplingError", rng: np.random.Generator) -> Iterator[np.ndarray]:
        units, candidates = tallies.votes.shape
        rates = tallies.rates(np.arange(units), tallies.election.region_index)
        size = max(1, BLOCK // (units * candidates))
        for start in range(0, self.draws, size):
            shape = (min(size, self.draws - start), units, candidates)
            yield rates + error.draw(shape, rng)


@dataclass(frozen=True, eq=False)
class _SamplingError:
    """What the estimate of each unit's votes per outstanding station may be off by; U units, G groups, K candidates."""

    within: np.ndarray
    """(G, K, K) root of the covariance of votes between stations of each group"""
    station: np.ndarray
    """(K, K) the same between stations of a unit"""
    between: np.ndarray
    """(R, K, K) root of the covariance of votes per station between units of each region"""
    region: np.ndarray
    group: np.ndarray
    """(U,) the group that tells of a unit, -1: none"""
    group_noise: np.ndarray
    """(G,) deviations, in those of one station, of what is out of a group from what is in"""
    unit_noise: np.ndarray
    """(U,) the same for the outstanding stations of a unit that no group tells of"""
    region_noise: np.ndarray
    """(R,) the same, in those of one unit, of the mean over a region's counted units"""

    def draw(self, shape: tuple[int, int, int], rng: np.random.Generator) -> np.ndarray:
        """(draw, unit, candidate) votes per station."""
        draws, _, candidates = shape
        alone = self.group < 0
        sampled = rng.standard_normal((draws, len(self.group_noise), candidates)) * self.group_noise[:, None]
        shift = np.zeros(shape)
        shift[:, ~alone] = _turned(sampled, self.within)[:, self.group[~alone]]
        region = self.region[alone]
        common = rng.standard_normal((draws, len(self.region_noise), candidates)) * self.region_noise[:, None]
        own = rng.standard_normal((draws, int(alone.sum()), candidates)) + common[:, region]
        noise = rng.standard_normal(own.shape) * self.unit_noise[alone, None]
        shift[:, alone] = _turned(own, self.between[region]) + noise @ self.station.T
        return shift


def _turned(noise: np.ndarray, roots: np.ndarray) -> np.ndarray:
    """Noise (draw, place, candidate) with the covariance of its place (place, K, K)."""
    return np.einsum("dpj,pkj->dpk", noise, roots)


def _sampling_error(tallies: UnitTallies, night: Counts) -> _SamplingError:
    holdings = tallies.count.holdings
    counted = holdings.frame["counted"].to_numpy(float)
    coarse = ~holdings.single
    inside = tallies.group >= 0
    out = np.bincount(tallies.group[inside], tallies.out[inside], len(counted))
    fine_root, coarse_root = (_root(_between_stations(tallies, night, coarse == wide)) for wide in (False, True))
    between, region_noise = _between_units(tallies)
    return _SamplingError(
        within=np.where(coarse[:, None, None], coarse_root, fine_root),
        station=fine_root,
        between=between,
        region=tallies.election.region_index,
        group=tallies.group,
        group_noise=np.sqrt(1.0 / np.maximum(counted, 1.0) + 1.0 / np.maximum(out, 0.5)),
        unit_noise=np.sqrt(1.0 / np.maximum(tallies.out, 0.5)),
        region_noise=region_noise,
    )


def _between_stations(tallies: UnitTallies, night: Counts, groups: np.ndarray) -> np.ndarray:
    """(K, K) covariance of votes between stations of these groups (G bool), from how successive batches differ.

    A batch mean of n stations has the n-th part of it, so n times the squared distance from the group's mean
    estimates it; one degree of freedom is lost in each group.
    """
    batches = night.batches()
    batches = batches[groups[batches["group"].to_numpy(int)]]
    group = batches["group"].to_numpy(int)
    freedom = len(group) - len(np.unique(group))
    if freedom < FEWEST_REPLICATES:
        return _usual(tallies, wide=bool((groups & ~tallies.count.holdings.single).any()))
    stations = (batches["stop"] - batches["start"]).to_numpy(float)
    votes = batches[list(night.election.candidate_ids)].to_numpy(float)
    whole = pd.DataFrame(np.column_stack([votes, stations])).groupby(group).transform("sum").to_numpy()
    distance = votes / stations[:, None] - whole[:, :-1] / whole[:, -1:]
    return (distance * stations[:, None]).T @ distance / freedom


def _usual(tallies: UnitTallies, *, wide: bool) -> np.ndarray:
    """(K, K) covariance between stations of a unit, or of a wider place, of usual turnout noise and clustering."""
    priors, votes = Priors(), tallies.national_rate.sum()
    share = tallies.national_rate / votes
    correlation = WIDE_CORRELATION if wide else priors.station_correlation
    turnout = WIDE_TURNOUT if wide else priors.station_turnout
    split = votes * (1.0 + (votes - 1.0) * correlation) * (np.diag(share) - np.outer(share, share))
    return split + (votes * turnout) ** 2 * np.outer(share, share)


def _between_units(tallies: UnitTallies) -> tuple[np.ndarray, np.ndarray]:
    """Roots (R, K, K) of the covariance of votes per station between units of each region; noise (R,) of the mean."""
    election = tallies.election
    known = (tallies.group >= 0) & (tallies.counted > 0)
    rates = tallies.votes[known] / tallies.counted[known, None]
    region = election.region_index[known]
    national = np.cov(rates.T) if len(rates) >= FEWEST_UNITS else _usual(tallies, wide=True)
    units = np.bincount(region, minlength=len(election.regions))
    covariance = np.repeat(national[None], len(election.regions), axis=0)
    for place in np.flatnonzero(units >= FEWEST_UNITS):
        covariance[place] = np.cov(rates[region == place].T)
    return _root(covariance), 1.0 / np.sqrt(np.maximum(units, 1))


def _root(covariance: np.ndarray) -> np.ndarray:
    """A symmetric root, also of a covariance that is singular."""
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0.0))[..., None, :]) @ np.swapaxes(vectors, -1, -2)
