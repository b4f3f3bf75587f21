"""The model in PyMC: the same density as `latent.log_joint`, in coordinates that a sampler likes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
from pytensor.gradient import disconnected_grad
from pytensor.tensor.variable import TensorVariable as Tensor

from .arrival import FULL
from .coordinates import Coordinates, core_deviation, expected, field_of, find_coordinates
from .evidence import Batches, Evidence
from .latent import SCALES, arrival_prior, grouped_units, scale_widths
from .transforms import AsTold, InScale, Whitened

Centring = Literal["informed", "centred", "plain"]
"""How effects are sampled: as they are (`centred`), in units of their scale (`plain`), or each as the count tells of it."""

NEWTON_STEPS = 10


def build_model(
    evidence: Evidence, *, centring: Centring = "informed", coordinates: Coordinates | None = None
) -> pm.Model:
    """The joint density of all unknowns; units of which the count tells nothing are left to their prior.

    The centring changes how a sampler moves and nothing else: `unit` and its like are the same effects in all three.
    """
    start = coordinates or find_coordinates(evidence)
    with pm.Model(coords=_coords(evidence, start)) as model:
        scales = pm.HalfNormal("scales", scale_widths(evidence.priors), dims=("scale", "field"), initval=start.scales)
        fields = field_of(evidence)
        core = _core(evidence, start, scales, centring)
        means = _means(evidence, start, core)
        area = _area(start, evidence, means, scales[2][fields], centring)
        above = means + shared(expected(evidence)[start.units]) + area[evidence.design.area[start.units]]
        eta = above + _unit(start, above, scales[3][fields], centring) - _late(evidence, start, core)
        if len(evidence.fine):
            pm.Potential("units_counted", _fine(evidence, start, core, eta))
        if evidence.groups:
            pm.Potential("groups_counted", _coarse(evidence, start, core, eta, _earliness(evidence)))
    return model


def _coords(evidence: Evidence, start: Coordinates) -> dict[str, list | np.ndarray]:
    design = evidence.design
    names = list(design.election.units.index)
    coords = {
        "scale": list(SCALES),
        "field": ["support", "turnout"],
        "component": [*(f"support {i + 1}" for i in range(design.n_components - 1)), "turnout"],
        "effect": list(design.fixed_names),
        "region": list(design.regions),
        "area_id": np.arange(design.n_areas),
        "unit_id": [names[u] for u in start.units],
        "core_effect": [
            *design.fixed_names,
            *(f"region {r}" for r in design.regions),
            "drift of the nation",
            *(f"drift of {r}" for r in design.regions),
        ],
    }
    if evidence.groups:
        slopes = [f"slope in {r}" for r in design.regions] + [f"offset of {r}" for r in design.regions]
        coords["order"] = ["slope", "between", "overseas", *slopes]
        coords["member"] = [names[u] for u in grouped_units(evidence)]
    return coords


@dataclass(frozen=True, eq=False)
class _Core:
    fixed: Tensor
    region: Tensor
    drift_nation: Tensor
    drift: Tensor


def shared(values: np.ndarray) -> Tensor:
    """Numbers of the night, kept out of the compiled code, which is then found in the cache the next time."""
    return pytensor.shared(np.ascontiguousarray(values), shape=tuple(1 if n == 1 else None for n in np.shape(values)))


def _core(evidence: Evidence, start: Coordinates, scales: Tensor, centring: Centring) -> _Core:
    """Fixed effects, regions and drifts, which touch all units and so each other."""
    design, latent = evidence.design, start.latent
    f, r = design.fixed.shape[1], design.n_regions
    transform = {"informed": Whitened(start.core), "centred": None, "plain": InScale()}[centring]
    first = np.concatenate([latent.fixed, latent.region, latent.drift_nation, latent.drift])
    sigma = _core_deviation(evidence, scales)
    core = pm.Normal(
        "core",
        0.0,
        sigma,
        dims=("core_effect", "component"),
        default_transform=transform,
        initval=first,
    )
    return _Core(
        fixed=pm.Deterministic("fixed", core[:f], dims=("effect", "component")),
        region=pm.Deterministic("region_effect", core[f : f + r], dims=("region", "component")),
        drift_nation=pm.Deterministic("drift_nation", core[f + r], dims=("component",)),
        drift=pm.Deterministic("drift", core[f + r + 1 :], dims=("region", "component")),
    )


def _core_deviation(evidence: Evidence, scales: Tensor) -> Tensor:
    """(C, E), as `core_deviation`: what does not depend on scales is taken from there."""
    design, fields = evidence.design, field_of(evidence)
    f, r = design.fixed.shape[1], design.n_regions
    fixed = core_deviation(evidence, np.ones((4, 2)))
    role = np.r_[np.where(design.fixed_role == 2, 0, -1), np.full(r, 1), np.full(1 + r, -1)]
    chosen = scales[np.maximum(role, 0)][:, fields]
    return pt.where(shared((role >= 0)[:, None]), chosen, shared(fixed)) if f else chosen


def _means(evidence: Evidence, start: Coordinates, core: _Core) -> Tensor:
    """(S, E) what the core says of each unit's predictor at the mean lateness of its batches."""
    design, units = evidence.design, start.units
    region = design.region[units]
    return shared(design.fixed[units]) @ core.fixed + core.region[region] + _late(evidence, start, core)


def _late(evidence: Evidence, start: Coordinates, core: _Core) -> Tensor:
    region = evidence.design.region[start.units]
    return shared(start.late_nation) * core.drift_nation + shared(start.late_region) * core.drift[region]


def _area(start: Coordinates, evidence: Evidence, means: Tensor, sigma: Tensor, centring: Centring) -> Tensor:
    """(A, E) effects of areas; informed, they are sampled as the level that an area's units have in the mean."""
    dims = ("area_id", "component")
    if centring != "informed":
        transform = InScale() if centring == "plain" else None
        return pm.Normal("area", 0.0, sigma, dims=dims, default_transform=transform)
    mean = _sums(evidence.design.area[start.units], evidence.design.n_areas, shared(start.area_weight) * means)
    level = pm.Normal("area_level", mean, sigma, dims=dims, default_transform=AsTold(start.area))
    return pm.Deterministic("area", level - mean, dims=dims)


def _unit(start: Coordinates, mean: Tensor, sigma: Tensor, centring: Centring) -> Tensor:
    """(S, E) effects of units; informed, they are sampled as the unit's predictor at the mean lateness of its batches."""
    dims = ("unit_id", "component")
    if centring != "informed":
        transform = InScale() if centring == "plain" else None
        return pm.Normal("unit", 0.0, sigma, dims=dims, default_transform=transform)
    level = pm.Normal("unit_level", mean, sigma, dims=dims, default_transform=AsTold(start.unit))
    return pm.Deterministic("unit", level - mean, dims=dims)


def _sums(code: np.ndarray, n: int, values: Tensor) -> Tensor:
    """Sums of rows by code, (n, ...)."""
    empty = pt.zeros((n, *(values.shape[i] for i in range(1, values.ndim))))
    return pt.inc_subtensor(empty[code], values)


def _earliness(evidence: Evidence) -> Tensor:
    """(members,) logits of being counted early, of the units that lie in coarse groups."""
    design, members = evidence.design, grouped_units(evidence)
    mean, deviation = arrival_prior(design, evidence.priors)
    arrival = pm.Normal("arrival", mean, deviation, dims="order", default_transform=InScale())
    unit = pm.Normal("arrival_unit", 0.0, evidence.priors.arrival_unit, dims="member", default_transform=InScale())
    return shared(design.arrival[members]) @ arrival + unit


def _fine(evidence: Evidence, start: Coordinates, core: _Core, eta: Tensor) -> Tensor:
    """Quasi-likelihood of the batches of single units."""
    rows = evidence.fine
    z = _at(rows.late_nation, rows.late_region, evidence.design.region[rows.group], core)
    z = z + eta[np.searchsorted(start.units, rows.group)]
    logits = z[:, :-1] @ evidence.design.contrast.T
    return _likelihood(rows, logits - pt.logsumexp(logits, axis=1, keepdims=True), z[:, -1])


def _at(late_nation: np.ndarray, late_region: np.ndarray, region: np.ndarray, core: _Core) -> Tensor:
    """(N, E) what drift adds at so late a time."""
    return shared(late_nation[:, None]) * core.drift_nation + shared(late_region[:, None]) * core.drift[region]


def _likelihood(rows: Batches, log_share: Tensor, turnout: Tensor) -> Tensor:
    votes = rows.effective[:, None] * rows.votes / np.maximum(rows.votes.sum(axis=1, keepdims=True), 1e-300)
    miss = shared(rows.turnout) - turnout
    return (shared(votes) * log_share).sum() - 0.5 * (shared(rows.turnout_precision) * miss**2).sum()


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Members of coarse batches, flattened batch by batch; `before` and `after` point into the list of counted shares."""

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
        for before, after in zip(places[:-1], places[1:], strict=True):
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
    members = grouped_units(evidence)
    counted = pt.concatenate(
        [np.array([0.0, 1.0]), _counted_shares(boundaries, score[np.searchsorted(members, boundaries.unit)])]
    )
    rise = pt.maximum(counted[pairs.after] - counted[pairs.before], 1e-12)
    stations = rise * shared(pairs.capacity) + 1e-12
    late = _at(rows.late_nation[pairs.batch], rows.late_region[pairs.batch], design.region[pairs.unit], core)
    z = late + eta[np.searchsorted(start.units, pairs.unit)]
    votes = stations * shared(design.valid_per_station[pairs.unit]) * pt.exp(z[:, -1])
    total = _sums(pairs.batch, len(rows), votes)
    share = pt.special.softmax(z[:, :-1] @ design.contrast.T, axis=1)
    mean = _sums(pairs.batch, len(rows), (votes / total[pairs.batch])[:, None] * share)
    return _likelihood(rows, pt.log(mean), pt.log(total))


def _counted_shares(moments: _Boundaries, score: Tensor) -> Tensor:
    """Expected counted share of each member at each boundary, as `arrival.threshold` solves for it.

    The threshold is solved for without a gradient; one Newton step more, its slope held, has the gradient of the implicit function.
    """
    if not len(moments.fraction):
        return pt.zeros(0)
    at, weight = moments.boundary, shared(moments.share)
    target = shared(np.log(moments.fraction) - np.log1p(-moments.fraction))

    def total(values: Tensor) -> Tensor:
        return _sums(at, len(moments.fraction), weight * values)

    held = disconnected_grad(score)
    mean = total(held)
    k = target * pt.sqrt(1.0 + total((held - mean[at]) ** 2) * np.pi / 8.0) - mean
    for _ in range(NEWTON_STEPS):
        w = pt.sigmoid(k[at] + held)
        value = pt.clip(total(w), 1e-12, 1.0 - 1e-12)
        step = (
            (pt.log(value) - pt.log1p(-value) - target)
            * value
            * (1.0 - value)
            / pt.maximum(total(w * (1.0 - w)), 1e-12)
        )
        k = k - pt.clip(step, -4.0, 4.0)
    k = disconnected_grad(k)
    w = pt.sigmoid(k[at] + score)
    slope = disconnected_grad(total(w * (1.0 - w)))
    k = k - (total(w) - shared(moments.fraction)) / pt.maximum(slope, 1e-12)
    return pt.sigmoid(k[at] + score)
