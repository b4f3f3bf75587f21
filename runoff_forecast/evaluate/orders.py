"""Orders of arrival: each gives every station of a truth a score, and stations arrive from the lowest to the highest.

Scores are made of standard normal pieces, so strengths and noises are in deviations of one another.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import norm

from ..checks.register import OVERSEAS
from ..models.design import log_size
from .truth import Truth

Order = Callable[[Truth, np.random.Generator], np.ndarray]
"""(S,) scores of the stations."""


@dataclass(frozen=True)
class Random:
    """Stations in no order at all."""

    def __call__(self, truth: Truth, rng: np.random.Generator) -> np.ndarray:
        """Scores (S,)."""
        return rng.standard_normal(len(truth.unit))


@dataclass(frozen=True)
class BySize:
    """Big places first (with a negative strength: last), more strongly so in some regions than in others."""

    strength: float = 1.0
    """Deviations of the score for one deviation of a unit's log electorate."""
    varies: float = 0.4
    """How the strength differs between regions, as a share of it."""
    unit_noise: float = 1.0
    """Units early or late for reasons of their own."""
    station_noise: float = 1.7
    """Stations early or late inside their unit; at these values 2021 looks as it did with two thirds in."""

    def __call__(self, truth: Truth, rng: np.random.Generator) -> np.ndarray:
        """Scores (S,)."""
        election = truth.election
        strength = self.strength * (1.0 + self.varies * rng.standard_normal(len(election.regions)))
        return _noisy(self, truth, -strength[election.region_index] * size_of(truth), rng)


@dataclass(frozen=True)
class ByList:
    """Strongholds of a list of the baseline first (with a negative strength: last): places of one leaning, whatever
    their size."""

    name: str
    """As in `Election.baseline`"""
    strength: float = 1.0
    """Deviations of the score for one deviation of the share's normal scores."""
    unit_noise: float = 1.0
    """Units early or late for reasons of their own."""
    station_noise: float = 1.7
    """Stations early or late inside their unit."""

    def __call__(self, truth: Truth, rng: np.random.Generator) -> np.ndarray:
        """Scores (S,); raises KeyError where the baseline has no such list."""
        baseline = truth.election.baseline
        share = (baseline[self.name] / baseline.sum(axis=1)).to_numpy(float)
        score = normal_scores(np.where(np.isfinite(share), share, np.nanmean(share)))
        return _noisy(self, truth, -self.strength * score, rng)


@dataclass(frozen=True)
class RegionsInTurn:
    """One region after the other: that with most stations first, the capital as a rule, the rest by lot."""

    overlap: float = 0.3
    """Noise of a station, where the nation's normal scores are shared out among the regions in turn."""

    def __call__(self, truth: Truth, rng: np.random.Generator) -> np.ndarray:
        """Scores (S,)."""
        region = truth.election.region_index[truth.unit]
        size = np.bincount(region, minlength=len(truth.election.regions))
        turn = rng.random(len(size))
        turn[size.argmax()] = -1.0
        return normal_scores(turn[region]) + self.overlap * rng.standard_normal(len(region))


@dataclass(frozen=True)
class RegionLast:
    """One region after all the others, by lot in proportion to its stations where none is named."""

    region: str | None = None
    rest: Order = BySize()

    def __call__(self, truth: Truth, rng: np.random.Generator) -> np.ndarray:
        """Scores (S,)."""
        region = truth.election.region_index[truth.unit]
        last = region[rng.integers(len(region))] if self.region is None else self._position(truth)
        return _last(self.rest(truth, rng), region == last)

    def _position(self, truth: Truth) -> int:
        return int(truth.election.regions.index.get_loc(self.region))


@dataclass(frozen=True)
class KindLast:
    """All units of a kind after all the others."""

    kind: str = OVERSEAS
    rest: Order = BySize()

    def __call__(self, truth: Truth, rng: np.random.Generator) -> np.ndarray:
        """Scores (S,)."""
        late = (truth.election.units["kind"] == self.kind).to_numpy()
        return _last(self.rest(truth, rng), late[truth.unit])


@dataclass(frozen=True)
class MissingByVote:
    """Stations are missing in proportion to their votes for a candidate (by rank in the end: 0 is the winner)."""

    rank: int = 0

    def __call__(self, truth: Truth, rng: np.random.Generator) -> np.ndarray:
        """Scores (S,): a draw without replacement with unequal probabilities, the last station drawn first.

        Efraimidis and Spirakis (2006): the smallest of Exp(1) / weight is the first to be drawn.
        """
        votes = truth.votes[:, truth.ranking[self.rank]]
        return -rng.exponential(size=len(votes)) / np.maximum(votes, 0.5)


@dataclass(frozen=True)
class StrongholdsLast:
    """Adversarial: a candidate's strongholds come last (by rank in the end: 0 trails all night, and wins)."""

    rank: int = 0
    by: Literal["unit", "station"] = "unit"
    noise: float = 0.3
    """Stations early or late for reasons of their own, in deviations of the shares' normal scores; 0: share alone."""

    def __call__(self, truth: Truth, rng: np.random.Generator) -> np.ndarray:
        """Scores (S,)."""
        candidate = truth.ranking[self.rank]
        share = truth.share_of(candidate)[truth.unit]
        if self.by == "station":
            valid = truth.votes[:, :-2].sum(axis=1)
            share = np.divide(truth.votes[:, candidate], valid, out=share, where=valid > 0)
        return normal_scores(share) + self.noise * rng.standard_normal(len(share))


@dataclass(frozen=True)
class Whole:
    """Whole units at once, in the order that their stations have on average in another order."""

    order: Order = BySize(station_noise=0.0)

    def __call__(self, truth: Truth, rng: np.random.Generator) -> np.ndarray:
        """Scores (S,)."""
        stations = np.bincount(truth.unit, minlength=len(truth.election.units))
        mean = np.bincount(truth.unit, self.order(truth, rng), len(stations)) / stations
        return np.argsort(np.argsort(mean, kind="stable"))[truth.unit].astype(float)


@dataclass(frozen=True)
class Blend:
    """Several orders at work at once, each with its weight, such as one between regions and one inside them."""

    orders: tuple[Order, ...] = (RegionsInTurn(), BySize())
    weights: tuple[float, ...] = (0.5, 0.5)
    """One per order. They need not sum to one: only their ratios matter, since stations arrive by rank of the score."""

    def __call__(self, truth: Truth, rng: np.random.Generator) -> np.ndarray:
        """Scores (S,); raises ValueError where there are not as many weights as orders."""
        pairs = zip(self.orders, self.weights, strict=True)
        return sum(weight * normal_scores(order(truth, rng)) for order, weight in pairs)


ORDERS: dict[str, Order] = {
    "random": Random(),
    "urban first": BySize(),
    "regions in turn": RegionsInTurn(),
    "mixed": Blend(),
    "whole units, urban first": Whole(),
    "one region last": RegionLast(),
    "overseas last": KindLast(),
    "rural first": BySize(strength=-1.0),
    "missing by vote": MissingByVote(),
    "adversarial": StrongholdsLast(),
}
"""The orders of the record, by name."""


def normal_scores(scores: np.ndarray) -> np.ndarray:
    """The scores' ranks as quantiles of a standard normal; equal scores stay equal."""
    _, code, size = np.unique(scores, return_inverse=True, return_counts=True)
    middle = np.cumsum(size) - 0.5 * size
    return norm.ppf(middle / len(scores))[code]


def _noisy(order: BySize | ByList, truth: Truth, unit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Scores (S,) of the stations from those of their units (U,), with the order's noise of both."""
    unit = unit + order.unit_noise * rng.standard_normal(len(unit))
    return unit[truth.unit] + order.station_noise * rng.standard_normal(len(truth.unit))


def _last(scores: np.ndarray, late: np.ndarray) -> np.ndarray:
    return scores + late * (np.ptp(scores) + 1.0)


def size_of(truth: Truth) -> np.ndarray:
    """(U,) log electorate of the units, stations where it is unknown; mean 0 and deviation 1 over stations."""
    size, weight = log_size(truth.election), truth.election.units["stations"].to_numpy(float)
    mean = np.average(size, weights=weight)
    return (size - mean) / max(np.sqrt(np.average((size - mean) ** 2, weights=weight)), 1e-9)
