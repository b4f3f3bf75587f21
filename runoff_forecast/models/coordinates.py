"""Coordinates in which the posterior is close to independent standard normals: a sampler walks it in few steps.

Nothing here changes the model: a coordinate is a change of variables, its Jacobian part of the density. How far an
effect is centred depends on what the count tells of it (Papaspiliopoulos, Roberts & Sköld 2003): a unit with many
votes is pinned by them, one with none by its area. What the count tells is read off the likelihood near a mode.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse

from .arrow import indicator
from .effects import SUPPORT, TURNOUT, Scale, core_of
from .evidence import Evidence
from .laplace import build_solver
from .latent import (
    Latent,
    build_prior,
    coarse_means,
    fine_predictor,
    grouped_units,
    predictor,
    scale_widths,
    starting_point,
)
from .quadrature import integrate
from .sickness import NoMode
from .simplex import contrast_variance, softmax, to_contrasts, to_logits

FAINT = 1e-9
"""Information (one over a variance) that counts as none."""


@dataclass(frozen=True, eq=False)
class Level:
    """The effects of units, or of areas, as the count sees them: n of them, E components."""

    information: np.ndarray
    """(n, E) one over the variance with which the count tells the level, everything else held"""
    centre: np.ndarray
    """(n, E) the level it tells"""


@dataclass(frozen=True, eq=False)
class Core:
    """What the count tells of the core: C rows, in the order of `effects.CoreRows`, E components."""

    mean: np.ndarray
    """(C, E)"""
    factor: np.ndarray
    """(E, C, C) lower Cholesky factor of the precision"""
    deviation: np.ndarray
    """(C, E) prior deviation at the scales of the start"""
    told: np.ndarray
    """(C, E) share of the prior variance at these scales that the count takes away: 0 moves with its
    scale, 1 does not"""


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Where a sampler starts, and how it measures distance there."""

    latent: Latent
    scales: np.ndarray
    """(5, 2)"""
    units: np.ndarray
    """(S,) positions of the units of which the count tells something; the others have their prior"""
    late_nation: np.ndarray
    late_region: np.ndarray
    """(S, E) mean lateness of each unit's batches, weighted by what they tell"""
    unit: Level
    area: Level
    area_weight: np.ndarray
    """(S, E) each unit's part in what is known of its area; sums to one by area"""
    core: Core


def field_of(evidence: Evidence) -> np.ndarray:
    """(E,) the field, support or turnout, of each component."""
    return np.r_[np.full(evidence.design.n_components - 1, SUPPORT), TURNOUT]


def sampled_units(evidence: Evidence) -> np.ndarray:
    """(S,) units with a batch of their own, and members of coarse groups."""
    grouped = grouped_units(evidence) if evidence.groups else np.zeros(0, int)
    return np.union1d(evidence.fine.group, grouped).astype(int)


def find_coordinates(evidence: Evidence) -> Coordinates:
    """Coordinates at the mode that the fast engine finds, or where its climb starts where it finds none."""
    try:
        best = integrate(build_solver(evidence), starting_point(evidence)).best
        return coordinates_at(evidence, best.latent, best.scales)
    except NoMode:
        return coordinates_at(evidence, starting_point(evidence), 0.4 * scale_widths(evidence.priors))


def coordinates_at(evidence: Evidence, latent: Latent, scales: np.ndarray) -> Coordinates:
    """Coordinates from the likelihood near a point."""
    design, units = evidence.design, sampled_units(evidence)
    rows = _fine(evidence, latent)
    by_unit = indicator(rows.unit, design.n_units)
    total = by_unit @ rows.information
    safe = np.maximum(total, FAINT)
    late_nation = by_unit @ (rows.information * rows.late_nation[:, None]) / safe
    late_region = by_unit @ (rows.information * rows.late_region[:, None]) / safe
    centre = by_unit @ (rows.information * rows.response) / safe
    seen = (total / (1.0 + total * scales[Scale.UNIT][field_of(evidence)] ** 2))[units]
    by_area = indicator(design.area[units], design.n_areas)
    known = by_area @ seen
    weight = np.where(known[design.area[units]] > FAINT, seen, 1.0)
    weight = weight / (by_area @ weight)[design.area[units]]
    baseline = expected(evidence)
    return Coordinates(
        latent=latent,
        scales=scales,
        units=units,
        late_nation=late_nation[units],
        late_region=late_region[units],
        unit=Level(total[units], centre[units]),
        area=Level(known, by_area @ (weight * (centre - baseline)[units])),
        area_weight=weight,
        core=_core(evidence, rows, latent, scales),
    )


@dataclass(frozen=True, eq=False)
class _Rows:
    """Batches of single units as normal observations of their predictors (working responses): N rows."""

    unit: np.ndarray
    late_nation: np.ndarray
    late_region: np.ndarray
    information: np.ndarray
    """(N, E)"""
    response: np.ndarray
    """(N, E)"""


def _fine(evidence: Evidence, latent: Latent) -> _Rows:
    rows, contrast = evidence.fine, evidence.design.contrast
    if not len(rows):
        none = np.zeros((0, evidence.design.n_components))
        return _Rows(np.zeros(0, int), np.zeros(0), np.zeros(0), none, none)
    z = fine_predictor(evidence, latent, predictor(evidence, latent))
    share = softmax(to_logits(z[:, :-1], contrast))
    support = rows.effective[:, None] * contrast_variance(share, contrast)
    score = rows.effective[:, None] * ((rows.observed - share) @ contrast)
    response = z[:, :-1] + score / np.maximum(support, FAINT)
    return _Rows(
        unit=rows.group,
        late_nation=rows.late_nation,
        late_region=rows.late_region,
        information=np.column_stack([support, rows.turnout_precision]),
        response=np.column_stack([response, rows.turnout]),
    )


def expected(evidence: Evidence) -> np.ndarray:
    """(U, E) what the baseline leads one to expect."""
    own = evidence.priors.loyalty * evidence.design.own
    return np.column_stack([own, np.zeros(len(own))])


_Told = tuple[np.ndarray, np.ndarray]
"""What observations tell of one component of the core: precision (C, C) and its product with the mean (C,)."""


def _core(evidence: Evidence, rows: _Rows, latent: Latent, scales: np.ndarray) -> Core:
    design, deviation = evidence.design, core_deviation(evidence, scales)
    seen = _touched(evidence, rows.unit, rows.late_nation, rows.late_region)
    response = rows.response - expected(evidence)[rows.unit]
    mean, factor, told = np.zeros_like(deviation), [], np.zeros_like(deviation)
    for e, field in enumerate(field_of(evidence)):
        units = _Nest(rows.unit, design.n_units, scales[Scale.UNIT, field])
        nests = (units, _Nest(design.area, design.n_areas, scales[Scale.AREA, field]))
        precision, right = _marginal(seen, rows.information[:, e], response[:, e], nests)
        if len(evidence.coarse):
            more = _coarse(evidence, latent, e, nests)
            precision, right = precision + more[0], right + more[1]
        precision[np.diag_indices(len(precision))] += deviation[:, e] ** -2.0
        lower = linalg.cholesky(precision, lower=True)
        mean[:, e] = linalg.cho_solve((lower, True), right)
        inverse = linalg.solve_triangular(lower, np.eye(len(lower)), lower=True)
        told[:, e] = np.clip(1.0 - (inverse**2).sum(axis=0) / deviation[:, e] ** 2, 0.0, 1.0)
        factor.append(lower)
    return Core(mean, np.array(factor), deviation, told)


def core_deviation(evidence: Evidence, scales: np.ndarray) -> np.ndarray:
    """(C, E) prior deviations of the core at given scales."""
    return build_prior(evidence, scales).core[:, field_of(evidence)]


def _touched(evidence: Evidence, unit: np.ndarray, late_nation: np.ndarray, late_region: np.ndarray) -> np.ndarray:
    """(N, C) how the core enters the predictors of batches."""
    design = evidence.design
    own = (design.region[unit][:, None] == np.arange(design.n_regions)).astype(float)
    drift = own * late_region[:, None]
    return core_of(fixed=design.fixed[unit], region=own, drift_nation=late_nation[:, None], drift=drift, axis=1)


@dataclass(frozen=True, eq=False)
class _Nest:
    """One level of nested effects: who of the level below lies in which of its n places."""

    code: np.ndarray
    n: int
    deviation: float


def _marginal(seen: np.ndarray, weight: np.ndarray, response: np.ndarray, nests: tuple[_Nest, ...]) -> _Told:
    """What weighted observations tell of the core once nested effects are integrated out, innermost first."""
    moved, pulled = weight[:, None] * seen, weight * response
    precision, right = seen.T @ moved, seen.T @ pulled
    for nest in nests:
        groups = indicator(nest.code, nest.n)
        moved, pulled, weight = groups @ moved, groups @ pulled, groups @ weight
        shrunk = 1.0 / (weight + nest.deviation**-2.0)
        precision, right = precision - (moved.T * shrunk) @ moved, right - moved.T @ (shrunk * pulled)
        left = nest.deviation**-2.0 * shrunk
        moved, pulled, weight = left[:, None] * moved, left * pulled, left * weight
    return precision, right


def _coarse(evidence: Evidence, latent: Latent, e: int, nests: tuple[_Nest, ...]) -> _Told:
    """The same of coarse batches, each taken as one observation of its members' mean, their order of arrival held."""
    design, rows, contrast = evidence.design, evidence.coarse, evidence.design.contrast
    means = coarse_means(evidence, latent, predictor(evidence, latent))
    m, n = len(rows), design.n_units
    members = sparse.csr_array((means.weight, (means.batch, means.unit)), shape=(m, n))
    if e < contrast.shape[1]:
        information = rows.effective * contrast_variance(means.mean, contrast)[:, e]
        logs = np.log(np.maximum(rows.observed, 1e-9)) - np.log(means.mean)
        surplus = to_contrasts(logs, contrast[:, e])
    else:
        information, surplus = rows.turnout_precision, rows.turnout - means.log_votes
    pairs = _touched(evidence, means.unit, rows.late_nation[means.batch], rows.late_region[means.batch])
    seen = indicator(means.batch, m) @ (means.weight[:, None] * pairs)
    here = latent.core[:, e]
    variance = np.diag(1.0 / np.maximum(information, FAINT))
    for place, nest in ((members, nests[0]), (members @ indicator(nests[1].code, nests[1].n).T, nests[1])):
        variance += nest.deviation**2 * (place @ place.T).toarray()
    weighed = np.linalg.solve(variance, seen).T
    return weighed @ seen, weighed @ (surplus + seen @ here)
