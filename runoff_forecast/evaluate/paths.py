"""Orders of arrival that all reproduce a night's published national path, and imply different ends for each region.

A raw margin far from the end can come of the capital being counted first, of towns being counted first in every
region, or of both: totals of the nation cannot tell which, and an extrapolation by region is right under one of them
alone.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from .orders import normal_scores, size_of
from .truth import Truth

STEEPEST = 8.0
"""Deviations of station noise for one of place; steeper orders are no different."""
TRIES = 2
"""Nights whose mean margin is held against the path."""


@dataclass(frozen=True)
class ByPlace:
    """Stations by place, with noise of their own: big regions first, and big units first in each."""

    between: float
    """Share of the order that is between regions, 0 to 1; the rest is inside them."""
    strength: float
    """Deviations of place for one of a station's own noise; 0 is no order at all."""

    def __call__(self, truth: Truth, rng: np.random.Generator) -> np.ndarray:
        """(S,) scores, low ones first."""
        stations, region = truth.election.units["stations"].to_numpy(float), truth.election.region_index
        total, size = np.bincount(region, stations), size_of(truth)
        inside = size - (np.bincount(region, stations * size) / total)[region]
        place = self.between * normal_scores(-total[region][truth.unit])
        place = place + (1.0 - self.between) * normal_scores(-inside[truth.unit])
        return self.strength * place / place.std() + rng.standard_normal(len(place))


def on_path(truth: Truth, between: float, fraction: float, margin: float, *, seed: int = 1) -> ByPlace:
    """The order of that kind whose raw margin (share) is as published once a fraction of the stations is in.

    Where no order has it, the one that comes nearest, which may be none: a strength of zero.
    """

    def missed(strength: float) -> float:
        order = ByPlace(between, strength)
        found = [_raw(truth, order(truth, np.random.default_rng(seed + t)), fraction) for t in range(TRIES)]
        return float(np.mean(found)) - margin

    grid = np.linspace(0.0, STEEPEST, 17)
    values = np.array([missed(strength) for strength in grid])
    crossed = np.flatnonzero(np.sign(values) != np.sign(values[0]))
    if not len(crossed):
        return ByPlace(between, float(grid[np.argmin(np.abs(values))]))
    return ByPlace(between, float(brentq(missed, grid[crossed[0] - 1], grid[crossed[0]], xtol=1e-3)))


def _raw(truth: Truth, scores: np.ndarray, fraction: float) -> float:
    first = np.argsort(scores, kind="stable")[: round(fraction * len(scores))]
    votes = truth.votes[first].sum(axis=0)[: len(truth.election.candidates)]
    ranked = truth.ranking[:2]
    return float((votes[min(ranked)] - votes[max(ranked)]) / votes.sum())
