"""Whether stations come in by how they vote, and how far what is out leans for it.

Where an office counts one side's strongholds first, the places that are in vote otherwise than their like that are out,
and no vote counted says by how much: what is missing is not missing at random (Little & Rubin 2019, chapter 15). What
shows is whether places come in along the support that is expected of them. The slope of that order, inside regions and
at a given size, tells counts that are sorted by vote from others; and where it is steep, some of it may go by the votes
themselves, with what nobody expected of them. In a logistic selection of slope b, what is out then differs from what is
in by b times the variance of what is not known, to first order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from .arrow import indicator, sums
from .design import NATIONAL_ORDER, Design
from .priors import Priors

SLOPE = NATIONAL_ORDER.index("slope")
LEAST = 1e-9
"""Added to variances, so that none is zero."""


@dataclass(frozen=True, eq=False)
class Sorting:
    """The first step of a logistic regression of which stations are in on what support is expected from, X columns
    (fixed effects, then `Design.own`), among units that rows of their own tell of."""

    score: np.ndarray
    """(X,)"""
    information: np.ndarray
    """(X, X)"""
    noise: np.ndarray
    """(X, X) variance of the score, units coming in for reasons of their own (White 1980)"""
    inside: float
    """Share of the variance of being in that lies inside regions"""

    def probability(self, priors: Priors, fixed: np.ndarray) -> np.ndarray:
        """(m,) that stations come in by how they vote, at draws of the `fixed` effects on support (F, D, m).

        The slope of the order is normal about zero, with one deviation where they do and a smaller one where not.
        """
        score, information, noise = self._at(priors, fixed)
        by_vote, by_place = (
            _log_density(score, noise + deviation**2 * information @ information)
            for deviation in (priors.by_vote_slope, priors.by_place_slope)
        )
        return expit(by_vote - by_place + np.log(priors.by_vote / (1.0 - priors.by_vote)))

    def leans(self, priors: Priors, fixed: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draws (D, m) of how far what is out leans for each unit of variance, at draws of the `fixed` effects.

        How much of the slope goes by the votes themselves is exponential, as nothing but its mean is guessed.
        """
        score, information, noise = self._at(priors, fixed)
        variance = priors.by_vote_slope**2
        gain = variance * np.swapaxes(np.linalg.solve(noise + variance * information @ information, information), 1, 2)
        left = variance * (np.eye(fixed.shape[1]) - gain @ information) + LEAST * np.eye(fixed.shape[1])
        slope = gain @ score + np.linalg.cholesky(left) @ rng.standard_normal(score.shape)
        sorts = rng.random(len(slope)) < self.probability(priors, fixed)
        part = rng.exponential(priors.by_vote_part, len(slope)) * sorts
        return -self.inside * part * slope[:, :, 0].T

    def _at(self, priors: Priors, fixed: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Score (m, D, 1), information and noise (m, D, D) of the slope along expected support."""
        d, m = fixed.shape[1:]
        own = np.broadcast_to(priors.loyalty * np.eye(d), (m, d, d))
        expected = np.concatenate([np.moveaxis(fixed, -1, 0), own], axis=1)  # (m, X, D)
        turned = np.swapaxes(expected, 1, 2)
        noise = turned @ self.noise @ expected + LEAST * np.eye(d)
        return turned @ self.score[:, None], turned @ self.information @ expected, noise


def _log_density(x: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """(m,) of normals about zero at x (m, D, 1), constants dropped."""
    distance = (np.swapaxes(x, 1, 2) @ np.linalg.solve(covariance, x))[:, 0, 0]
    return -0.5 * (np.linalg.slogdet(covariance)[1] + distance)


def sorting_of(design: Design, pending: np.ndarray, told: np.ndarray) -> Sorting | None:
    """What stations (U,) that are still out say of it, of units `told` one by one (U bool); None where nothing is in of
    these, or all."""
    weight, n = design.stations * told, design.n_regions
    share = np.clip(1.0 - pending / design.stations, 0.0, 1.0)
    everywhere = float(weight @ share / max(weight.sum(), LEAST))
    if not LEAST < everywhere < 1.0 - LEAST:
        return None
    by_region = indicator(design.region, n)
    total = np.maximum(by_region @ weight, LEAST)
    mean = (by_region @ (weight * share) / total)[design.region]
    spread = weight * mean * (1.0 - mean)
    x = np.hstack([design.fixed, design.own, design.arrival[:, np.r_[SLOPE, design.fullness]]])
    x -= (sums(by_region, weight[:, None] * x) / total[:, None])[design.region]
    x, held = np.split(x, [design.fixed.shape[1] + design.own.shape[1]], axis=1)
    by_held = (held * spread[:, None]).T
    x -= held @ np.linalg.lstsq(by_held @ held, by_held @ x)[0]
    each = x * (weight * (share - mean))[:, None]
    inside = spread.sum() / (weight.sum() * everywhere * (1.0 - everywhere))
    return Sorting(each.sum(axis=0), (x * spread[:, None]).T @ x, each.T @ each, float(inside))


def unknown_variance(design: Design, priors: Priors, told: np.ndarray) -> np.ndarray:
    """(U,) variance, in logits, of a station's support beyond what is expected of it: that between stations of a unit,
    and where nothing of the unit, its area or its region is told (U bool), theirs on top."""
    # near one half an intra-class correlation r is a variance of logits of 4 r
    variance = np.where(design.stations > 1.5, 4.0 * priors.station_correlation, 0.0)
    variance[~told] += priors.unit**2
    for place, deviation in ((design.area, priors.area), (design.region, priors.region)):
        nothing = np.bincount(place, told) == 0
        variance += deviation**2 * nothing[place]
    return variance
