"""The unknowns of the model, their prior, and the joint density that both engines share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.special import logsumexp

from .arrival import FULL, sigmoid, thresholds
from .design import COVARIATE, HOME_KIND, INTERCEPT, KIND, NATIONAL_ORDER, Design
from .effects import SUPPORT, TURNOUT, WIDTHS, Scale, core_of
from .evidence import Evidence
from .observed import Batches, Group
from .priors import Priors
from .simplex import softmax, to_contrasts, to_logits

KINDS_TRIED = 2
"""Of the kinds of whose order nothing is known: each doubles the modes that are looked for."""
SMALL_KIND = 0.01
"""Share of all stations below which a kind moves no total that could be explained by it."""
START_VOTES = 30.0
"""Votes of the whole count's shares that are added to a unit's own where a climb starts: no share is zero."""


@dataclass(frozen=True, eq=False)
class Latent:
    """One point: E components are the D support contrasts and, last, turnout."""

    fixed: np.ndarray
    """(F, E)"""
    region: np.ndarray
    """(R, E)"""
    area: np.ndarray
    """(A, E)"""
    unit: np.ndarray
    """(U, E)"""
    drift_nation: np.ndarray
    """(1, E) per deviation of lateness"""
    drift: np.ndarray
    """(R, E)"""
    arrival: np.ndarray
    """(Q,)"""
    arrival_unit: np.ndarray
    """(U,) logits: units early or late for reasons of their own"""

    @property
    def core(self) -> np.ndarray:
        """(C, E) what touches many units, in the order of `effects.CoreRows`"""
        return core_of(fixed=self.fixed, region=self.region, drift_nation=self.drift_nation, drift=self.drift)


@dataclass(frozen=True)
class Prior:
    """The Gaussian prior given the scales: deviations by field (support, turnout), mean and deviation of arrival."""

    fixed: np.ndarray
    """(F, 2) deviations"""
    region: np.ndarray
    area: np.ndarray
    unit: np.ndarray
    """(2,) deviations"""
    drift_nation: np.ndarray
    """(2,)"""
    drift: np.ndarray
    """(R, 2)"""
    arrival_mean: np.ndarray
    arrival: np.ndarray
    """(Q,)"""
    arrival_unit: float

    @property
    def core(self) -> np.ndarray:
        """(C, 2) deviations of the core's effects"""
        regions = np.broadcast_to(self.region, self.drift.shape)
        return core_of(fixed=self.fixed, region=regions, drift_nation=self.drift_nation[None], drift=self.drift)


def scale_widths(priors: Priors) -> np.ndarray:
    """Half-normal widths (5, 2) of the scales."""
    return np.array([[getattr(priors, name) for name in WIDTHS[scale]] for scale in Scale])


def scaled_rows(design: Design) -> dict[Scale, np.ndarray]:
    """The core's rows whose deviations go with a scale; those of the other fixed effects are given."""
    rows, every = design.core, np.arange(design.core.total)
    covariates = np.flatnonzero(design.fixed_role == COVARIATE)
    return {Scale.COVARIATE: covariates, Scale.REGION: every[rows.region], Scale.DRIFT: every[rows.drift_nation :]}


def build_prior(evidence: Evidence, scales: np.ndarray) -> Prior:
    """The prior at given scales (5, 2)."""
    design, priors = evidence.design, evidence.priors
    by_role = np.empty((4, 2))
    by_role[INTERCEPT] = priors.intercept, priors.turnout_intercept
    by_role[KIND] = priors.kind, priors.turnout_kind
    by_role[HOME_KIND] = priors.kind_home, priors.turnout_kind_home
    by_role[COVARIATE] = scales[Scale.COVARIATE]
    drift = scales[Scale.DRIFT]
    mean, deviation = arrival_prior(design, priors)
    return Prior(
        fixed=by_role[design.fixed_role],
        region=scales[Scale.REGION],
        area=scales[Scale.AREA],
        unit=scales[Scale.UNIT],
        drift_nation=drift * np.array([evidence.drift_nation, priors.turnout_drift]),
        drift=drift * np.column_stack([evidence.drift_region, np.full(design.n_regions, priors.turnout_drift)]),
        arrival_mean=mean,
        arrival=deviation,
        arrival_unit=priors.arrival_unit,
    )


def arrival_prior(design: Design, priors: Priors) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation (Q,) of the arrival coefficients, in the order of `Design.arrival`."""
    r = design.n_regions
    mean = np.zeros(design.arrival.shape[1])
    mean[: len(NATIONAL_ORDER)] = priors.arrival_slope, priors.arrival_between, priors.arrival_overseas
    mean[design.fullness] = priors.arrival_fullness
    deviation = np.r_[
        priors.arrival_slope_sd,
        priors.arrival_between_sd,
        priors.arrival_overseas_sd,
        np.full(r, priors.arrival_slope_region),
        np.full(r, priors.arrival_region),
        np.full(len(design.own_kinds), priors.arrival_kind),
        np.full(design.n_leanings, priors.arrival_lean),
        np.full(len(design.fullness), priors.arrival_fullness_sd),
    ]
    return mean, deviation


def starting_point(evidence: Evidence) -> Latent:
    """Where to climb from: the prior mean, except for units with batches of their own, which start at their counted
    shares, as generalised linear models are fitted (McCullagh & Nelder 1989, section 2.5): two Newton steps then do
    what eight did with many candidates."""
    design, rows = evidence.design, evidence.fine
    e = design.n_components
    mean, _ = arrival_prior(design, evidence.priors)
    unit = np.zeros((design.n_units, e))
    if len(rows):
        votes = np.zeros((design.n_units, rows.votes.shape[1]))
        np.add.at(votes, rows.group, rows.votes)
        told, every = votes.sum(axis=1) > 0.0, votes.sum(axis=0) + 1.0
        seen = votes[told] + START_VOTES * every / every.sum()
        logs = np.log(seen / seen.sum(axis=1, keepdims=True))
        unit[told, :-1] = to_contrasts(logs, design.contrast) - evidence.priors.loyalty * design.own[told]
    return Latent(
        fixed=np.zeros((design.fixed.shape[1], e)),
        region=np.zeros((design.n_regions, e)),
        area=np.zeros((design.n_areas, e)),
        unit=unit,
        drift_nation=np.zeros((1, e)),
        drift=np.zeros((design.n_regions, e)),
        arrival=mean,
        arrival_unit=np.zeros(design.n_units),
    )


def orders_to_try(evidence: Evidence, latent: Latent) -> list[Latent]:
    """Points to climb from: the one given, or where rows of regions or of the nation may hold a kind of which nobody
    knows when it comes in, those with it early and with it late. Either may explain the same totals, and a climb ends
    at the nearer one."""
    design, found = evidence.design, [latent]
    if not evidence.groups:
        return found
    sizes = [design.stations[design.kind == design.kinds.index(kind)].sum() for kind in design.own_kinds]
    for largest in np.argsort(sizes)[::-1][:KINDS_TRIED]:
        if sizes[largest] < SMALL_KIND * design.stations.sum():
            continue
        column = design.own_kind_columns[largest]
        found = [_at_order(each, column, sign * evidence.priors.arrival_kind) for each in found for sign in (1.0, -1.0)]
    return found


def _at_order(latent: Latent, column: int, value: float) -> Latent:
    arrival = latent.arrival.copy()
    arrival[column] = value
    return replace(latent, arrival=arrival)


def predictor(evidence: Evidence, latent: Latent) -> np.ndarray:
    """(U, E): support contrasts in logits and log turnout ratio of each unit, before drift."""
    design = evidence.design
    eta = design.fixed @ latent.fixed + latent.region[design.region] + latent.area[design.area] + latent.unit
    eta[:, :-1] += evidence.priors.loyalty * design.own
    return eta


def fine_predictor(evidence: Evidence, latent: Latent, eta: np.ndarray) -> np.ndarray:
    """(N, E) of the fine batches, drift included."""
    rows = evidence.fine
    region = evidence.design.region[rows.group]
    return (
        eta[rows.group]
        + rows.late_nation[:, None] * latent.drift_nation
        + rows.late_region[:, None] * latent.drift[region]
    )


@dataclass(frozen=True, eq=False)
class CoarseMeans:
    """Coarse batches at a point: pairs (batch, member) flattened in the order of batches."""

    batch: np.ndarray
    unit: np.ndarray
    weight: np.ndarray
    """(pairs,) share of the batch's expected votes that come from the member"""
    share: np.ndarray
    """(pairs, K) support of the member's votes in the batch"""
    mean: np.ndarray
    """(M, K)"""
    log_votes: np.ndarray
    """(M,) log of expected valid votes"""
    increment: np.ndarray
    """(pairs,) stations expected from the member"""
    step: Steps


@dataclass(frozen=True, eq=False)
class Steps:
    """Slope w (1 - w) of each member's counted share in its arrival score, (pairs,) before and after the batch."""

    before: np.ndarray
    after: np.ndarray
    capacity: np.ndarray
    """Stations"""


def coarse_means(evidence: Evidence, latent: Latent, eta: np.ndarray) -> CoarseMeans:
    """The arrival-weighted means of every coarse batch."""
    design, rows = evidence.design, evidence.coarse
    batch, unit, increment, step = _increments(evidence, latent)
    region = design.region[unit]
    z = (
        eta[unit]
        + rows.late_nation[batch, None] * latent.drift_nation
        + rows.late_region[batch, None] * latent.drift[region]
    )
    votes = increment * design.valid_per_station[unit] * np.exp(z[:, -1])
    total = np.bincount(batch, votes, len(rows))
    weight = votes / total[batch]
    share = softmax(to_logits(z[:, :-1], design.contrast))
    mean = np.column_stack([np.bincount(batch, weight * share[:, k], len(rows)) for k in range(share.shape[1])])
    return CoarseMeans(batch, unit, weight, share, mean, np.log(total), increment, step)


def _increments(evidence: Evidence, latent: Latent) -> tuple[np.ndarray, np.ndarray, np.ndarray, Steps]:
    """Stations expected from each member in each coarse batch."""
    edges = _edges(evidence.groups)
    score = (evidence.design.arrival @ latent.arrival + latent.arrival_unit)[edges.unit]
    k = thresholds(score, edges.capacity, np.clip(edges.fraction, 1e-12, FULL), edges.starts)
    share = sigmoid(np.repeat(k, edges.size) + score)
    share[edges.nothing], share[edges.all] = 0.0, 1.0
    w0, w1, capacity = share[edges.before], share[edges.after], edges.capacity[edges.after]
    increment = np.maximum(w1 - w0, 1e-12) * capacity + 1e-12
    return edges.batch, edges.unit[edges.after], increment, Steps(w0 * (1.0 - w0), w1 * (1.0 - w1), capacity)


@dataclass(frozen=True, eq=False)
class _Edges:
    """Every group at every boundary of its batches, one after the other: pairs (edge, member), and batches between
    edges."""

    unit: np.ndarray
    """(pairs,)"""
    capacity: np.ndarray
    nothing: np.ndarray
    """(pairs,) bool: nothing is in yet"""
    all: np.ndarray
    """(pairs,) bool: all is in"""
    fraction: np.ndarray
    """(edges,)"""
    starts: np.ndarray
    size: np.ndarray
    """(edges,) members"""
    before: np.ndarray
    """Positions among the pairs, of those (batch, member): the edge before the batch and the one after it"""
    after: np.ndarray
    batch: np.ndarray


@lru_cache(maxsize=2)
def _edges(groups: tuple[Group, ...]) -> _Edges:
    count = np.array([len(group.boundaries) for group in groups])
    size = np.repeat([len(group.members) for group in groups], count)
    starts = np.r_[0, size.cumsum()[:-1]]
    fraction = np.concatenate([group.boundaries for group in groups])
    first = np.r_[0, count.cumsum()[:-1]]
    later = np.setdiff1d(np.arange(len(size)), first)  # the edges that end a batch

    def pairs(edges: np.ndarray) -> np.ndarray:
        return np.concatenate(
            [np.arange(start, start + n) for start, n in zip(starts[edges], size[edges], strict=True)]
        )

    return _Edges(
        unit=np.concatenate([np.tile(group.members, n) for group, n in zip(groups, count, strict=True)]),
        capacity=np.concatenate([np.tile(group.capacity, n) for group, n in zip(groups, count, strict=True)]),
        nothing=np.repeat(fraction <= 0.0, size),
        all=np.repeat(fraction >= FULL, size),
        fraction=fraction,
        starts=starts,
        size=size,
        before=pairs(later - 1),
        after=pairs(later),
        batch=np.repeat(np.arange(len(later)), size[later]),
    )


def log_likelihood(evidence: Evidence, latent: Latent) -> float:
    """Quasi-likelihood: multinomial in effective votes, normal in the log of valid votes a station."""
    eta = predictor(evidence, latent)
    value = 0.0
    if len(evidence.fine):
        z = fine_predictor(evidence, latent, eta)
        logits = to_logits(z[:, :-1], evidence.design.contrast)
        value += _support(evidence.fine, logits - logsumexp(logits, axis=1, keepdims=True)) + _turnout(
            evidence.fine, z[:, -1]
        )
    if len(evidence.coarse):
        means = coarse_means(evidence, latent, eta)
        value += _support(evidence.coarse, np.log(means.mean)) + _turnout(evidence.coarse, means.log_votes)
    return value


def _support(rows: Batches, log_share: np.ndarray) -> float:
    return float(rows.effective @ (rows.observed * log_share).sum(axis=1))


def _turnout(rows: Batches, expected: np.ndarray) -> float:
    return float(-0.5 * rows.turnout_precision @ (rows.turnout - expected) ** 2)


def log_prior(evidence: Evidence, latent: Latent, prior: Prior) -> float:
    """Normal log density of every effect, constants dropped."""
    value = 0.0
    if evidence.groups:
        members = grouped_units(evidence)
        value += _normal(latent.arrival - prior.arrival_mean, prior.arrival)
        value += _normal(latent.arrival_unit[members], np.full(len(members), prior.arrival_unit))
    return value + sum(log_prior_field(latent, prior, field) for field in (SUPPORT, TURNOUT))


def log_prior_field(latent: Latent, prior: Prior, field: int) -> float:
    """The part of the prior that belongs to support or to turnout."""
    part = slice(None, -1) if field == SUPPORT else slice(-1, None)
    value = 0.0
    for name in ("fixed", "region", "area", "unit", "drift_nation", "drift"):
        effect = getattr(latent, name)[:, part]
        deviation = getattr(prior, name)[..., field]
        if deviation.ndim == 0:
            value += float(-0.5 * (effect**2).sum() / deviation**2 - effect.size * np.log(deviation))
        else:
            value += _normal(effect, np.broadcast_to(deviation[:, None], effect.shape))
    return value


def _normal(x: np.ndarray, deviation: np.ndarray) -> float:
    return float(-0.5 * ((x / deviation) ** 2).sum() - np.log(deviation).sum())


def grouped_units(evidence: Evidence) -> np.ndarray:
    """Positions of the units that lie in a coarse group."""
    return _members(evidence.groups)


@lru_cache(maxsize=2)
def _members(groups: tuple[Group, ...]) -> np.ndarray:
    return np.unique(np.concatenate([group.members for group in groups]))


def log_scale_prior(priors: Priors, scales: np.ndarray) -> float:
    """Half-normal density of the scales in the coordinate of their logs, constants dropped."""
    return float((np.log(scales) - 0.5 * (scales / scale_widths(priors)) ** 2).sum())


def log_joint(evidence: Evidence, latent: Latent, scales: np.ndarray) -> float:
    """Joint log density in (effects, log scales), up to a constant."""
    prior = build_prior(evidence, scales)
    return (
        log_likelihood(evidence, latent) + log_prior(evidence, latent, prior) + log_scale_prior(evidence.priors, scales)
    )


def moved(latent: Latent, step: Latent, length: float) -> Latent:
    """`latent + length * step`."""
    return replace(
        latent, **{name: getattr(latent, name) + length * getattr(step, name) for name in Latent.__dataclass_fields__}
    )
