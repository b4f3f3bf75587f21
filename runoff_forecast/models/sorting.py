"""Whether stations come in by how they vote, and how far what is out leans for it.

Where an office counts one side's strongholds first, the places that are in vote otherwise than their like that are out,
and no vote counted says by how much: what is missing is not missing at random (Little & Rubin 2019, chapter 15). What
shows is whether places come in along the support that is expected of them. The slope of that order, at a given size of
places, tells counts that are sorted by vote from others: inside regions with certainty, between regions hardly, of
national totals not at all. Where it is steep, some of it may go by the votes themselves, with what nobody expected of
them. In a logistic selection of slope b, what is out then differs from what is in by b times the variance of what is
not known, to first order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.special import expit

from .arrow import indicator, sums
from .design import NATIONAL_ORDER, Design
from .observed import Group
from .priors import Priors

SLOPE = [NATIONAL_ORDER.index("slope")]
BETWEEN = [NATIONAL_ORDER.index(name) for name in ("between", "overseas")]
"""Columns of `Design.arrival` that order goes along in any count"""
LEAST = 1e-9
"""Added to variances, as a share of the largest, so that none is zero."""


@dataclass(frozen=True, eq=False)
class Sorting:
    """The first step of a logistic regression of which stations are in on what support is expected from, X columns
    (fixed effects, then `Design.own`), places weighed by their stations."""

    score: np.ndarray
    """(X,)"""
    information: np.ndarray
    """(X, X)"""
    noise: np.ndarray
    """(X, X) variance of the score, places coming in for reasons of their own (White 1980)"""
    inside: float
    """Share of the variance of being in that lies among the places compared"""
    usual: float
    """Deviation of the slope of counts that are not sorted by vote"""
    before: float
    """Probability of one that is, before the places are looked at"""

    def probability(self, priors: Priors, fixed: np.ndarray) -> np.ndarray:
        """(m,) that stations come in by how they vote, at draws of the `fixed` effects on support (F, D, m).

        The slope of the order is normal about zero, with one deviation where they do and a smaller one where not.
        """
        return self._probability(priors, *self._at(priors, fixed))

    def leans(self, priors: Priors, fixed: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draws (D, m) of how far what is out leans for each unit of variance, at draws of the `fixed` effects.

        How much of the slope goes by the votes themselves is exponential, as nothing but its mean is guessed.
        """
        score, information, noise = self._at(priors, fixed)
        variance = priors.by_vote_slope**2
        gain = variance * np.swapaxes(np.linalg.solve(noise + variance * information @ information, information), 1, 2)
        left, axes = np.linalg.eigh(variance * (np.eye(fixed.shape[1]) - gain @ information))
        # rounding leaves less than nothing where the order tells all
        root = axes * np.sqrt(np.maximum(left, 0.0))[:, None]
        slope = gain @ score + root @ rng.standard_normal(score.shape)
        sorts = rng.random(len(slope)) < self._probability(priors, score, information, noise)
        part = rng.exponential(priors.by_vote_part, len(slope)) * sorts
        return -self.inside * part * slope[:, :, 0].T

    def _probability(self, priors: Priors, score: np.ndarray, information: np.ndarray, noise: np.ndarray) -> np.ndarray:
        by_vote, by_place = (
            _log_density(score, noise + deviation**2 * information @ information)
            for deviation in (priors.by_vote_slope, self.usual)
        )
        return expit(by_vote - by_place + np.log(self.before / (1.0 - self.before)))

    def _at(self, priors: Priors, fixed: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Score (m, D, 1), information and noise (m, D, D) of the slope along expected support."""
        d, m = fixed.shape[1:]
        own = np.broadcast_to(priors.loyalty * np.eye(d), (m, d, d))
        expected = np.concatenate([np.moveaxis(fixed, -1, 0), own], axis=1)  # (m, X, D)
        turned = np.swapaxes(expected, 1, 2)
        information = turned @ self.information @ expected
        size = 1.0 + (information**2).sum(axis=(1, 2), keepdims=True)
        noise = turned @ self.noise @ expected + LEAST * size * np.eye(d)
        return turned @ self.score[:, None], information, noise


def _log_density(x: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """(m,) of normals about zero at x (m, D, 1), constants dropped."""
    distance = (np.swapaxes(x, 1, 2) @ np.linalg.solve(covariance, x))[:, 0, 0]
    return -0.5 * (np.linalg.slogdet(covariance)[1] + distance)


def inside_regions(design: Design, priors: Priors, pending: np.ndarray, told: np.ndarray) -> Sorting | None:
    """What stations (U,) that are still out say of it, of units `told` one by one (U bool), at a given earliness and
    fullness; None where nothing of these is in, or all. Kinds that come in at a time of their own are apart."""
    weight = design.stations * told
    share = np.clip(1.0 - pending / design.stations, 0.0, 1.0)
    everywhere = _all_in(weight, share)
    if not LEAST < everywhere < 1.0 - LEAST:
        return None
    place = design.timed_alike
    by_place = indicator(place, int(place.max()) + 1)
    total = np.maximum(by_place @ weight, LEAST)
    mean = (by_place @ (weight * share) / total)[place]
    x = np.hstack([design.fixed, design.own, design.arrival[:, np.r_[SLOPE, design.fullness]]])
    x -= (sums(by_place, weight[:, None] * x) / total[:, None])[place]
    x, held = np.split(x, [design.fixed.shape[1] + design.own.shape[1]], axis=1)
    spread = weight * mean * (1.0 - mean)
    inside = float(spread.sum() / (weight.sum() * everywhere * (1.0 - everywhere)))
    x = _given(held, spread, x)
    each = x * (weight * (share - mean))[:, None]
    information = (x * spread[:, None]).T @ x
    before = priors.by_vote if np.count_nonzero(spread) > 1 else priors.by_vote_untold
    return Sorting(each.sum(axis=0), information, each.T @ each, inside, priors.by_place_slope, before)


def between_places(
    design: Design, priors: Priors, pending: np.ndarray, told: np.ndarray, groups: Sequence[Group]
) -> Sorting | None:
    """The same of coarse groups, one at least, and of units in none of them, region by region, at a given earliness and
    fullness, those abroad apart."""
    rest = indicator(design.region, design.n_regions) * (design.stations * told)
    row = np.repeat(np.arange(len(groups)), [len(group.members) for group in groups])
    members, capacity = (np.concatenate([getattr(group, name) for group in groups]) for name in ("members", "capacity"))
    places = sparse.vstack([sparse.csr_array((capacity, (row, members)), (len(groups), design.n_units)), rest]).tocsr()
    weight = places.sum(axis=1)
    left = rest @ (pending / design.stations)
    share = np.r_[[group.processed for group in groups], 1.0 - left / np.maximum(rest.sum(axis=1), LEAST)]
    places, weight, share = places[weight > 0], weight[weight > 0], share[weight > 0].clip(0.0, 1.0)
    everywhere = _all_in(weight, share)
    if not LEAST < everywhere < 1.0 - LEAST:
        return None
    x = np.hstack(
        [design.fixed, design.own, design.arrival[:, np.r_[BETWEEN, design.own_kind_columns, design.fullness]]]
    )
    x = sums(places, x) / weight[:, None]
    x -= weight @ x / weight.sum()
    x, held = np.split(x, [design.fixed.shape[1] + design.own.shape[1]], axis=1)
    columns = _given(held, weight, np.column_stack([x, share - everywhere]))
    x, each = columns[:, :-1], columns[:, :-1] * (weight * columns[:, -1])[:, None]
    # of few places the held columns, their mean and the slope fit some by themselves (MacKinnon & White 1985)
    spare = len(x) - np.linalg.matrix_rank(held) - 2
    noise, before = each.T @ each * (len(x) / max(spare, 1)), priors.by_vote if spare > 0 else priors.by_vote_untold
    information = everywhere * (1.0 - everywhere) * (x * weight[:, None]).T @ x
    return Sorting(each.sum(axis=0), information, noise, 1.0, priors.by_region_slope, before)


def _given(held: np.ndarray, weight: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """What is left of columns (N, X) when the `held` ones (N, H) are given."""
    weighed = (held * weight[:, None]).T
    return columns - held @ np.linalg.lstsq(weighed @ held, weighed @ columns)[0]


def _all_in(weight: np.ndarray, share: np.ndarray) -> float:
    """Share of all stations that are in."""
    return float(weight @ share / max(weight.sum(), LEAST))


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
