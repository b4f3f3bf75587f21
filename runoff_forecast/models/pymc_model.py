"""The model in PyMC: the same density as `latent.log_joint`, in coordinates that a sampler likes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.compile import sharedvalue
from pytensor.gradient import disconnected_grad
from pytensor.tensor.special import logsumexp, softmax
from pytensor.tensor.variable import TensorVariable as Tensor

from .arrival import FULL
from .coordinates import Coordinates, Core, Level, core_deviation, expected, field_of, find_coordinates
from .effects import Scale, core_of
from .evidence import Evidence
from .latent import arrival_prior, grouped_units, scale_widths, scaled_rows
from .observed import Batches

Centring = Literal["informed", "centred", "plain"]
"""Effects are sampled as they are (`centred`), in units of their scale (`plain`), or each as the count tells of it."""

NEWTON_STEPS = 10


def build_model(
    evidence: Evidence, *, centring: Centring = "informed", coordinates: Coordinates | None = None
) -> pm.Model:
    """The joint density of all unknowns; units of which the count tells nothing are left to their prior.

    The centring changes how a sampler moves and nothing else: `unit` and its like are the same effects in all three.
    """
    start = coordinates or find_coordinates(evidence)
    with pm.Model(coords=_coords(evidence, start), check_bounds=False) as model:
        widths = shared(scale_widths(evidence.priors))
        scales = pm.HalfNormal("scales", widths, dims=("scale", "field"))
        log_scales = pt.log(scales) @ np.eye(2)[:, field_of(evidence)]
        core = _core(evidence, start, log_scales, centring)
        eta = _predictor(evidence, start, core, log_scales, centring)
        if len(evidence.fine):
            pm.Potential("units_counted", _fine(evidence, start, core, eta))
        if evidence.groups:
            pm.Potential("groups_counted", _coarse(evidence, start, core, eta, _earliness(evidence)))
    return model


def shared(values: np.ndarray) -> Tensor:
    """Numbers of the night, kept out of the compiled code: the next bulletin then finds it in the cache."""
    values = np.ascontiguousarray(values)
    return sharedvalue.shared(values, shape=(None, *values.shape[1:]))


def _coords(evidence: Evidence, start: Coordinates) -> dict[str, list | np.ndarray]:
    design = evidence.design
    names = list(design.election.units.index)
    coords = {
        "scale": [scale.label for scale in Scale],
        "field": ["support", "turnout"],
        "component": design.component_names,
        "effect": list(design.fixed_names),
        "region": list(design.regions),
        "area_id": np.arange(design.n_areas),
        "unit_id": [names[u] for u in start.units],
        "core_effect": core_of(
            fixed=design.fixed_names,
            region=[f"region {r}" for r in design.regions],
            drift_nation=["drift of the nation"],
            drift=[f"drift of {r}" for r in design.regions],
        ).tolist(),
    }
    if evidence.groups:
        coords["order"] = design.order_names
        coords["member"] = [names[u] for u in grouped_units(evidence)]
    return coords


@dataclass(frozen=True, eq=False)
class _Core:
    """What touches all units, and so each other."""

    fixed: Tensor
    region: Tensor
    drift_nation: Tensor
    """(1, E)"""
    drift: Tensor


def _core(evidence: Evidence, start: Coordinates, log_scales: Tensor, centring: Centring) -> _Core:
    design, dims = evidence.design, ("core_effect", "component")
    log_sigma = _log_core_deviation(evidence, log_scales)
    if centring == "informed":
        core = _turned(start.core, log_sigma, dims)
    elif centring == "plain":
        core = pt.exp(log_sigma) * pm.Normal("core_raw", dims=dims)
    else:
        core = pm.Normal("core", 0.0, pt.exp(log_sigma), dims=dims)
    fixed, region, nation, drift = pt.split(core, design.core.sizes, axis=0)
    pm.Deterministic("fixed", fixed, dims=("effect", "component"))
    pm.Deterministic("region_effect", region, dims=("region", "component"))
    pm.Deterministic("drift_nation", nation[0], dims=("component",))
    pm.Deterministic("drift", drift, dims=("region", "component"))
    return _Core(fixed, region, nation, drift)


def _log_core_deviation(evidence: Evidence, log_scales: Tensor) -> Tensor:
    """(C, E) log of `core_deviation`: covariates, regions and drift have a scale, the rest is given."""
    scaled = np.zeros((evidence.design.core.total, len(Scale)))
    for scale, rows in scaled_rows(evidence.design).items():
        scaled[rows, scale] = 1.0
    return shared(np.log(core_deviation(evidence, np.ones((len(Scale), 2))))) + shared(scaled) @ log_scales


def _turned(told: Core, log_sigma: Tensor, dims: tuple[str, ...]) -> Tensor:
    """Turned to nearly independent normals, each as wide and as far from zero as the count leaves it at its scale."""
    turn = shared(np.swapaxes(np.linalg.inv(told.factor), 1, 2))
    tighter = pt.exp(2.0 * (shared(np.log(told.deviation)) - log_sigma))
    stretch = -0.5 * pt.log(shared(told.told) + shared(1.0 - told.told) * tighter)
    raw = pm.Flat("core_turned", dims=dims)
    core = pt.exp(stretch) * (pt.exp(stretch) * shared(told.mean) + (turn @ raw.T[:, :, None])[:, :, 0].T)
    pm.Potential("core_prior", pm.logp(pm.Normal.dist(0.0, pt.exp(log_sigma)), core) + stretch)
    return core


def _predictor(evidence: Evidence, start: Coordinates, core: _Core, log_scales: Tensor, centring: Centring) -> Tensor:
    """(S, E) support contrasts and log turnout of the sampled units, before drift."""
    design, units = evidence.design, start.units
    region, area = shared(design.region[units]), shared(design.area[units])
    late = shared(start.late_nation) * core.drift_nation + shared(start.late_region) * core.drift[region]
    above = shared(design.fixed[units]) @ core.fixed + core.region[region]
    if centring == "informed":
        mean = _sums(area, shared(start.area.information).shape[0], shared(start.area_weight) * (above + late))
        areas = _told("area", start.area, mean, log_scales[Scale.AREA], ("area_id", "component"))
    else:
        areas = _own("area", log_scales[Scale.AREA], ("area_id", "component"), centring)
    above = above + areas[area] + shared(expected(evidence)[units])
    if not len(units):
        return above
    dims = ("unit_id", "component")
    if centring == "informed":
        return above + _told("unit", start.unit, above + late, log_scales[Scale.UNIT], dims)
    return above + _own("unit", log_scales[Scale.UNIT], dims, centring)


def _told(name: str, told: Level, mean: Tensor, log_sigma: Tensor, dims: tuple[str, ...]) -> Tensor:
    """Effects around `mean`, in deviations of the normal posterior that prior and count give them, the mean held."""
    information, precision = shared(told.information), pt.exp(-2.0 * log_sigma)
    variance = 1.0 / (information + precision)
    raw = pm.Flat(name + "_told", dims=dims)
    effect = variance * information * (shared(told.centre) - mean) + pt.sqrt(variance) * raw
    pm.Potential(name + "_prior", pm.logp(pm.Normal.dist(0.0, pt.exp(log_sigma)), effect) + 0.5 * pt.log(variance))
    return pm.Deterministic(name, effect, dims=dims)


def _own(name: str, log_sigma: Tensor, dims: tuple[str, ...], centring: Centring) -> Tensor:
    if centring == "centred":
        return pm.Normal(name, 0.0, pt.exp(log_sigma), dims=dims)
    return pm.Deterministic(name, pt.exp(log_sigma) * pm.Normal(name + "_raw", dims=dims), dims=dims)


def _sums(code: Tensor, n: Tensor, values: Tensor) -> Tensor:
    """Sums of rows by code, (n, ...)."""
    empty = pt.zeros((n, values.type.shape[1]) if values.ndim == 2 else (n,))
    return pt.inc_subtensor(empty[code], values)


def _earliness(evidence: Evidence) -> Tensor:
    """(members,) logits of being counted early, of the units that lie in coarse groups."""
    design, members, priors = evidence.design, grouped_units(evidence), evidence.priors
    mean, deviation = arrival_prior(design, priors)
    slopes = shared(mean) + shared(deviation) * pm.Normal("arrival_raw", dims="order")
    own = priors.arrival_unit * pm.Normal("arrival_unit_raw", dims="member")
    pm.Deterministic("arrival", slopes, dims="order")
    pm.Deterministic("arrival_unit", own, dims="member")
    return shared(design.arrival[members]) @ slopes + own


def _fine(evidence: Evidence, start: Coordinates, core: _Core, eta: Tensor) -> Tensor:
    """Quasi-likelihood of the batches of single units."""
    rows = evidence.fine
    z = eta[shared(np.searchsorted(start.units, rows.group))]
    z = z + _drift(rows.late_nation, rows.late_region, evidence.design.region[rows.group], core)
    contrast = evidence.design.contrast
    logits, turnout = z @ _support_only(contrast), z[:, -1]
    return _likelihood(rows, logits - logsumexp(logits, axis=1, keepdims=True), turnout)


def _support_only(contrast: np.ndarray) -> np.ndarray:
    """(E, K) from components to logits: turnout has no part in them."""
    return np.vstack([contrast.T, np.zeros(len(contrast))])


def _drift(late_nation: np.ndarray, late_region: np.ndarray, region: np.ndarray, core: _Core) -> Tensor:
    """(N, E) what drift adds at so late a time."""
    return shared(late_nation[:, None]) * core.drift_nation + shared(late_region[:, None]) * core.drift[shared(region)]


def _likelihood(rows: Batches, log_share: Tensor, turnout: Tensor) -> Tensor:
    votes = rows.effective[:, None] * rows.observed
    miss = shared(rows.turnout) - turnout
    return (shared(votes) * log_share).sum() - 0.5 * (shared(rows.turnout_precision) * miss**2).sum()


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Members of coarse batches, flattened; `before` and `after` point into the list of counted shares."""

    batch: np.ndarray
    unit: np.ndarray
    capacity: np.ndarray
    before: np.ndarray
    after: np.ndarray


@dataclass(frozen=True, eq=False)
class _Boundaries:
    """Moments of groups at which neither nothing nor all is in, B of them, and their members, flattened."""

    fraction: np.ndarray
    """(B,)"""
    boundary: np.ndarray
    unit: np.ndarray
    share: np.ndarray
    """(pairs,) of the group's capacity"""


def _layout(evidence: Evidence) -> tuple[_Boundaries, _Pairs]:
    """Counted shares stand in one list: 0, 1, then those at the boundaries."""
    moments, pairs, fractions = [], [], []
    end, batch = 2, 0
    for group in evidence.groups:
        n, places = len(group.members), []
        for fraction in group.boundaries:
            if 0.0 < fraction < FULL:
                moments.append((np.full(n, len(fractions)), group.members, group.capacity / group.capacity.sum()))
                fractions.append(fraction)
                places.append(end + np.arange(n))
                end += n
            else:
                places.append(np.full(n, int(fraction > 0.0)))
        for before, after in pairwise(places):
            pairs.append((np.full(n, batch), group.members, group.capacity, before, after))
            batch += 1
    none = [(np.zeros(0, int), np.zeros(0, int), np.zeros(0))]
    joined = [np.concatenate(column) for column in zip(*(moments or none), strict=True)]
    return _Boundaries(np.array(fractions), *joined), _Pairs(
        *(np.concatenate(column) for column in zip(*pairs, strict=True))
    )


def _coarse(evidence: Evidence, start: Coordinates, core: _Core, eta: Tensor, score: Tensor) -> Tensor:
    """Quasi-likelihood of coarse batches: arrival-weighted means of their members."""
    design, rows = evidence.design, evidence.coarse
    boundaries, pairs = _layout(evidence)
    members, batch = grouped_units(evidence), shared(pairs.batch)
    shares = _counted_shares(boundaries, score[shared(np.searchsorted(members, boundaries.unit))])
    counted = pt.concatenate([np.array([0.0, 1.0]), shares])
    rise = pt.maximum(counted[shared(pairs.after)] - counted[shared(pairs.before)], 1e-12)
    z = eta[shared(np.searchsorted(start.units, pairs.unit))]
    z = z + _drift(rows.late_nation[pairs.batch], rows.late_region[pairs.batch], design.region[pairs.unit], core)
    stations = rise * shared(pairs.capacity) + 1e-12
    votes = stations * shared(design.valid_per_station[pairs.unit]) * pt.exp(z[:, -1])
    number = shared(rows.effective).shape[0]
    total = _sums(batch, number, votes)
    share = softmax(z @ _support_only(design.contrast), axis=1)
    mean = _sums(batch, number, (votes / total[batch])[:, None] * share)
    return _likelihood(rows, pt.log(mean), pt.log(total))


def _counted_shares(moments: _Boundaries, score: Tensor) -> Tensor:
    """Expected counted share of each member at each boundary, as `arrival.threshold` solves for it.

    The threshold is solved for without a gradient; one Newton step more, its slope held, brings the implicit gradient.
    """
    if not len(moments.fraction):
        return pt.zeros(0)
    at, weight, fraction = shared(moments.boundary), shared(moments.share), shared(moments.fraction)
    target = pt.log(fraction) - pt.log1p(-fraction)

    def total(values: Tensor) -> Tensor:
        return _sums(at, fraction.shape[0], weight * values)

    held = disconnected_grad(score)
    mean = total(held)
    k = target * pt.sqrt(1.0 + total((held - mean[at]) ** 2) * np.pi / 8.0) - mean
    for _ in range(NEWTON_STEPS):
        w = pt.sigmoid(k[at] + held)
        value = pt.clip(total(w), 1e-12, 1.0 - 1e-12)
        slope = pt.maximum(total(w * (1.0 - w)), 1e-12)
        step = (pt.log(value) - pt.log1p(-value) - target) * value * (1.0 - value) / slope
        k = k - pt.clip(step, -4.0, 4.0)
    k = disconnected_grad(k)
    w = pt.sigmoid(k[at] + score)
    slope = disconnected_grad(total(w * (1.0 - w)))
    k = k - (total(w) - fraction) / pt.maximum(slope, 1e-12)
    return pt.sigmoid(k[at] + score)
