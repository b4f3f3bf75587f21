"""The likelihood near a point: what batches of single units tell of their units, and the Jacobian of coarse batches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from .arrow import SLOTS, Layout, Vector, indicator, sums
from .effects import core_of
from .evidence import Evidence
from .latent import CoarseMeans, Latent, Prior, build_prior, coarse_means, fine_predictor, predictor, scale_widths
from .observed import Batches
from .simplex import multinomial_information, softmax, to_logits


@dataclass(frozen=True, eq=False)
class Rows:
    """Transposed Jacobian of the coarse batches in one field; m columns, one an observation."""

    core: np.ndarray
    """(core, d, m)"""
    area: np.ndarray
    """(A, d, m)"""
    unit: tuple[sparse.csr_array, ...]
    """d of (U, m): a batch touches the units of its group only"""

    def seen(self, vector: Vector) -> np.ndarray:
        """Observations (m, columns) of a vector."""
        columns = vector.core.shape[-1]
        out = self.core.reshape(-1, self.core.shape[-1]).T @ vector.core.reshape(-1, columns)
        out += self.area.reshape(-1, self.area.shape[-1]).T @ vector.area.reshape(-1, columns)
        return out + self.seen_units(vector.unit)

    def seen_units(self, unit: np.ndarray) -> np.ndarray:
        """The part of that (m, columns) which units' own effects (U, d, columns) have."""
        return sum((rows.T @ unit[:, i] for i, rows in enumerate(self.unit)), np.zeros((), unit.dtype))

    def weighted(self, weight: np.ndarray) -> Vector:
        """The right-hand side that weights (m, columns) of the observations are."""
        shape, columns = self.core.shape[-1], weight.shape[-1]
        core = (self.core.reshape(-1, shape) @ weight).reshape(*self.core.shape[:2], columns)
        area = (self.area.reshape(-1, shape) @ weight).reshape(*self.area.shape[:2], columns)
        return Vector(core, area, np.stack([rows @ weight for rows in self.unit], axis=1))

    def single(self, units: np.ndarray) -> Rows:
        """The same in single precision and for some units alone, for draws."""
        unit = tuple(rows[units].astype(np.float32) for rows in self.unit)
        return Rows(self.core.astype(np.float32), self.area.astype(np.float32), unit)

    def dense(self, units: np.ndarray) -> np.ndarray:
        """The rows of some units, (units, d, m)."""
        return np.stack([rows[units].toarray() for rows in self.unit], axis=1)


@dataclass(frozen=True, eq=False)
class Coarse:
    """Coarse batches linearised: what each observation, whitened, says of either field and of arrival."""

    rows: tuple[Rows, Rows]
    arrival: sparse.csr_array
    """(Q + U, observations): arrival coefficients, then the units' own"""
    arrival_inner: np.ndarray
    """(observations, observations) of arrival, times its prior variance"""
    score: np.ndarray
    """(observations,) whitened"""


def support_statistics(evidence: Evidence, layout: Layout, latent: Latent) -> tuple[np.ndarray, np.ndarray]:
    """Information (3, 3, T, D, D) of support and its score (3, T, D), summed over the batches of each unit told of."""
    rows, contrast = evidence.fine, evidence.design.contrast
    z = (
        fine_predictor(evidence, latent, predictor(evidence, latent))
        if len(rows)
        else np.zeros((0, contrast.shape[1] + 1))
    )
    share = softmax(to_logits(z[:, :-1], contrast))
    information = rows.effective[:, None, None] * multinomial_information(share, contrast)
    return summed(rows, layout, information, rows.effective[:, None] * ((rows.observed - share) @ contrast))


def turnout_statistics(evidence: Evidence, layout: Layout, latent: Latent) -> tuple[np.ndarray, np.ndarray]:
    """The same of turnout, (3, 3, T, 1, 1) and (3, T, 1)."""
    rows = evidence.fine
    z = fine_predictor(evidence, latent, predictor(evidence, latent))[:, -1] if len(rows) else np.zeros(0)
    precision = rows.turnout_precision
    return summed(rows, layout, precision[:, None, None], (precision * (rows.turnout - z))[:, None])


def summed(rows: Batches, layout: Layout, amount: np.ndarray, slope: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Information and score of batches (N, ...) by the unit and the slots that they touch."""
    n = len(layout.told.unit)
    by_unit = indicator(layout.row[rows.group], n)
    touch = (np.ones(len(rows)), rows.late_nation, rows.late_region)
    information, score = np.empty((SLOTS, SLOTS, n, *amount.shape[1:])), np.empty((SLOTS, n, *slope.shape[1:]))
    for s in range(SLOTS):
        score[s] = sums(by_unit, touch[s][:, None] * slope)
        for t in range(s, SLOTS):
            information[s, t] = information[t, s] = sums(by_unit, (touch[s] * touch[t])[:, None, None] * amount)
    return information, score


def slot_score(layout: Layout, told: np.ndarray) -> Vector:
    """The fine likelihood's score as a right-hand side of one column, from that of the slots (3, T, d)."""
    members = layout.told
    area = sums(members.in_area, told[0])
    core = core_of(
        fixed=members.fixed.T @ told[0],
        region=sums(layout.area_in_region, area),
        drift_nation=told[1].sum(axis=0)[None],
        drift=sums(members.in_region, told[2]),
    )
    unit = np.zeros((len(layout.region), told.shape[-1]))
    unit[members.unit] = told[0]
    return Vector(core[:, :, None], area[:, :, None], unit[:, :, None])


def linearise(evidence: Evidence, layout: Layout, latent: Latent) -> Coarse:
    """Jacobians and scores of the coarse batches in the contrasts of their mean share and the log of their votes."""
    design = evidence.design
    contrast = design.contrast
    means = coarse_means(evidence, latent, predictor(evidence, latent))
    d = contrast.shape[1]
    inverse = 2.0 * contrast.T[None] / means.mean[means.batch][:, None, :]  # d contrast / d share, (pairs, D, K)
    own = means.share[:, :, None] * (contrast[None] - (means.share @ contrast)[:, None, :])  # d share / d z
    to_support = means.weight[:, None, None] * (inverse @ own)
    tilt = means.weight[:, None] * (means.share - means.mean[means.batch])
    to_mix = (inverse @ tilt[:, :, None])[:, :, 0]
    root, whitened = whitening(evidence, means)
    jacobian_turnout = np.concatenate([to_mix, means.weight[:, None]], axis=1)[:, :, None]
    jacobian_support = np.concatenate([to_support, np.zeros((len(to_support), 1, d))], axis=1)
    whiten = np.swapaxes(root, 1, 2)[means.batch]
    vectors = tuple(
        _coarse_rows(evidence, layout, means, whiten @ jacobian) for jacobian in (jacobian_support, jacobian_turnout)
    )
    arrival = _by_pair(means, (whiten @ _arrival_jacobian(evidence, means, inverse)[:, :, None])[:, :, 0], evidence)
    coefficients = sparse.csr_array((arrival.T @ design.arrival).T)
    seen = sparse.vstack([coefficients, arrival], format="csr")
    variance = arrival_variance(evidence, build_prior(evidence, scale_widths(evidence.priors)))
    inner = (seen.T @ (sparse.diags_array(variance) @ seen)).toarray()
    return Coarse((vectors[0], vectors[1]), seen, inner, whitened.reshape(-1))


def whitening(evidence: Evidence, means: CoarseMeans) -> tuple[np.ndarray, np.ndarray]:
    """Root (M, E, E) of the coarse batches' information, and their score (M, E) whitened by it."""
    rows, contrast = evidence.coarse, evidence.design.contrast
    m, d = len(rows), contrast.shape[1]
    information = rows.effective[:, None, None] * multinomial_information(means.mean, contrast)
    root = np.zeros((m, d + 1, d + 1))
    root[:, :d, :d] = np.linalg.cholesky(information + 1e-12 * np.eye(d))
    root[:, d, d] = np.sqrt(rows.turnout_precision)
    score = np.column_stack(
        [
            rows.effective[:, None] * ((rows.observed - means.mean) @ contrast),
            rows.turnout_precision * (rows.turnout - means.log_votes),
        ]
    )
    return root, np.linalg.solve(root, score[..., None])[..., 0]


def _arrival_jacobian(evidence: Evidence, means: CoarseMeans, inverse: np.ndarray) -> np.ndarray:
    """(pairs, E) of a batch's observations in the arrival score of a member.

    A member's score moves its own counted share by `bend`, and, through the threshold that keeps the group's total,
    everybody else's the other way.
    """
    batch, step = means.batch, means.step
    d = evidence.design.contrast.shape[1]
    starts = np.searchsorted(batch, np.arange(len(evidence.coarse)))
    per_station = means.weight / means.increment
    tilt = (inverse @ (means.share - means.mean[batch])[:, :, None])[:, :, 0]
    effect = np.column_stack([tilt, np.ones(len(batch))]) * per_station[:, None]  # of one more station of the member
    score = np.zeros((len(batch), d + 1))
    for sign, bend in ((1.0, step.after), (-1.0, step.before)):
        moved_stations = step.capacity * bend
        total = np.maximum(np.add.reduceat(moved_stations, starts), 1e-300)
        mean = np.add.reduceat(moved_stations[:, None] * effect, starts, axis=0) / total[:, None]
        score += sign * moved_stations[:, None] * (effect - mean[batch])
    return score


def _by_pair(means: CoarseMeans, values: np.ndarray, evidence: Evidence) -> sparse.csr_array:
    """(U, M E) from the values (pairs, E) of each batch and member."""
    e, shape = values.shape[1], (evidence.design.n_units, len(evidence.coarse) * values.shape[1])
    column = means.batch[:, None] * e + np.arange(e)
    row = np.repeat(means.unit, e)
    return sparse.csr_array((values.reshape(-1), (row, column.reshape(-1))), shape=shape)


def _coarse_rows(evidence: Evidence, layout: Layout, means: CoarseMeans, jacobian: np.ndarray) -> Rows:
    """The transposed Jacobian of one field, from that of each batch in each member's predictor (pairs, E, d)."""
    rows, e, d = evidence.coarse, jacobian.shape[1], jacobian.shape[2]
    units = tuple(_by_pair(means, jacobian[:, :, i], evidence) for i in range(d))
    nation, region = np.repeat(rows.late_nation, e), np.repeat(rows.late_region, e)
    area = np.stack([(layout.in_area @ part).toarray() for part in units], axis=1)
    by_region = sums(layout.area_in_region, area)
    fixed = np.stack([(part.T @ layout.fixed).T for part in units], axis=1)
    drift_nation = (by_region.sum(axis=0) * nation)[None]
    core = core_of(fixed=fixed, region=by_region, drift_nation=drift_nation, drift=by_region * region)
    return Rows(core, area, units)


def arrival_variance(evidence: Evidence, prior: Prior) -> np.ndarray:
    """Prior variances (Q + U,) of the arrival coefficients and of the units' own earliness."""
    return np.r_[prior.arrival**2, np.full(evidence.design.n_units, prior.arrival_unit**2)]
