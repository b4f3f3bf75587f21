"""The fast engine: Laplace's approximation of the joint density at given scales, and the scales integrated by quadrature.

Given the scales the effects are Gaussian a priori and the likelihood is close to it, so Newton's method finds the mode and
the curvature there gives the posterior (Rue, Martino & Chopin 2009). Batches of single units enter through an arrow
(see `arrow`); the few batches of coarser groups touch everything and are added as a correction of low rank.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import linalg

from .arrow import SLOTS, Arrow, Layout, Precisions, Vector, build_layout
from .evidence import Evidence
from .latent import (
    SUPPORT,
    TURNOUT,
    Latent,
    Mixture,
    Prior,
    build_prior,
    fine_predictor,
    grouped_units,
    log_likelihood,
    log_prior,
    log_prior_field,
    log_scale_prior,
    mix,
    moved,
    predictor,
    softmax,
    start_at_prior,
)

NEWTON_STEPS = 40
TOLERANCE = 0.02
"""Newton stops when a step would gain less than this in log density."""


class NoMode(ArithmeticError):
    """Newton's method did not settle: the evidence contradicts itself beyond what the model can hold."""


@dataclass(frozen=True, eq=False)
class Coarse:
    """Coarse batches linearised: what each observation, whitened, says of either field and of arrival."""

    rows: tuple[Vector, Vector]
    """Transposed Jacobians; one column an observation, whitened by the root of its information"""
    arrival: np.ndarray
    """(Q + U, observations): arrival coefficients, then the units' own"""
    gradient: np.ndarray
    """(observations,) whitened score"""


@dataclass(frozen=True, eq=False)
class Tangent:
    """The likelihood's quadratic approximation at a point."""

    latent: Latent
    log_likelihood: float
    information: list[np.ndarray]
    """Either field's information (U, 3, 3, d, d) from batches of single units"""
    scores: list[np.ndarray]
    coarse: Coarse | None


@dataclass(frozen=True, eq=False)
class Mode:
    """The Gaussian posterior at given scales, with its centre."""

    scales: np.ndarray
    latent: Latent
    prior: Prior
    arrows: tuple[Arrow, Arrow]
    coarse: Coarse | None
    gain: tuple[Vector, Vector] | None
    """Posterior covariance without coarse batches, times their Jacobians"""
    inner: np.ndarray | None
    """Cholesky factor of `I + B H^-1 B'`"""
    step: Latent
    """From the tangent's point to the centre"""
    promise: float
    """Gain in log density that the step promises"""
    by_field: np.ndarray
    """(2,) parts of the log marginal that belong to support and to turnout alone, where no coarse batch ties them"""
    log_marginal: float


@dataclass(frozen=True, eq=False)
class Solver:
    """One night's evidence with the layout that every factorisation shares."""

    evidence: Evidence
    layout: Layout

    def tangent(self, latent: Latent) -> Tangent:
        """The likelihood linearised at a point."""
        information, scores = fine_statistics(self.evidence, latent)
        coarse = linearise(self.evidence, self.layout, latent) if len(self.evidence.coarse) else None
        return Tangent(latent, log_likelihood(self.evidence, latent), information, scores, coarse)

    def climb(self, scales: np.ndarray, start: Latent, *, steps: int = NEWTON_STEPS) -> tuple[Tangent, Mode]:
        """The tangent at the mode of given scales (4, 2) and the posterior there, by Newton's method from `start`."""
        prior = build_prior(self.evidence, scales)
        tangent = self.tangent(start)
        mode = self.posterior(tangent, scales)
        for _ in range(steps):
            if mode.promise < TOLERANCE:
                break
            latent = self._search(tangent, mode, prior)
            if latent is None:
                break
            tangent = self.tangent(latent)
            mode = self.posterior(tangent, scales)
        return tangent, mode

    def _search(self, tangent: Tangent, mode: Mode, prior: Prior) -> Latent | None:
        value = tangent.log_likelihood + log_prior(self.evidence, tangent.latent, prior)
        length = 1.0
        while length > 1e-3:
            candidate = moved(tangent.latent, mode.step, length)
            if log_likelihood(self.evidence, candidate) + log_prior(self.evidence, candidate, prior) > value:
                return candidate
            length *= 0.5
        return None

    def posterior(self, tangent: Tangent, scales: np.ndarray) -> Mode:
        """The Gaussian posterior at given scales under the tangent's likelihood."""
        evidence, coarse = self.evidence, tangent.coarse
        prior = build_prior(evidence, scales)
        support, turnout = (
            Arrow(self.layout, tangent.information[field], field_precisions(prior, field)) for field in (SUPPORT, TURNOUT)
        )
        zero = tangent.latent
        mode = Mode(scales, zero, prior, (support, turnout), coarse, None, None, zero, 0.0, np.zeros(2), -np.inf)
        if coarse is not None:
            gain = (support.solve(coarse.rows[0]), turnout.solve(coarse.rows[1]))
            arrival = arrival_variance(evidence, prior)[:, None] * coarse.arrival
            inner = np.eye(len(coarse.gradient)) + self._project(coarse, gain, arrival)
            mode = replace(mode, gain=gain, inner=linalg.cholesky(inner, lower=True, check_finite=False))
        return self._centred(tangent, mode)

    @staticmethod
    def _project(coarse: Coarse, vectors: tuple[Vector, Vector], arrival: np.ndarray) -> np.ndarray:
        """Whitened observations of vectors, (observations, m)."""
        return coarse.arrival.T @ arrival + inner_product(coarse.rows[0], vectors[0]) + inner_product(coarse.rows[1], vectors[1])

    def _centred(self, tangent: Tangent, mode: Mode) -> Mode:
        right, pull = self._gradient(tangent, mode.prior)
        solved = (mode.arrows[0].solve(right[0]), mode.arrows[1].solve(right[1]))
        arrival = arrival_variance(self.evidence, mode.prior) * pull
        solved, arrival = self._correct(mode, solved, arrival[:, None])
        promise = np.array([0.5 * inner_product(r, s)[0, 0] for r, s in zip(right, solved, strict=True)])
        step = unpack(self.evidence, solved, arrival)
        total = float(promise.sum() + 0.5 * pull @ arrival[:, 0])
        by_field = promise + [
            log_prior_field(self.evidence, tangent.latent, mode.prior, field) - 0.5 * mode.arrows[field].log_determinant
            for field in (SUPPORT, TURNOUT)
        ]
        log_marginal = tangent.log_likelihood + log_prior(self.evidence, tangent.latent, mode.prior) + total
        log_marginal += log_scale_prior(self.evidence.priors, mode.scales) - 0.5 * self._log_determinant(mode)
        if not np.isfinite(log_marginal):
            raise NoMode("the forecast's density has no finite mode: the evidence contradicts itself")
        return replace(
            mode,
            latent=moved(tangent.latent, step, 1.0),
            step=step,
            promise=total,
            by_field=by_field,
            log_marginal=log_marginal,
        )

    def _gradient(self, tangent: Tangent, prior: Prior) -> tuple[tuple[Vector, Vector], np.ndarray]:
        """Gradient of the log density in either field and in arrival."""
        right = gradient(self.evidence, self.layout, tangent, prior)
        coarse = tangent.coarse
        variance = arrival_variance(self.evidence, prior)
        if coarse is None:
            return right, np.zeros_like(variance)
        point = np.r_[tangent.latent.arrival - prior.arrival_mean, tangent.latent.arrival_unit]
        column = coarse.gradient[:, None]
        fields = [
            Vector(r.core + b.core @ column, r.area + b.area @ column, r.unit + b.unit @ column)
            for r, b in zip(right, coarse.rows, strict=True)
        ]
        return (fields[0], fields[1]), coarse.arrival @ coarse.gradient - point / variance

    def _correct(
        self, mode: Mode, vectors: tuple[Vector, Vector], arrival: np.ndarray, noise: np.ndarray | float = 0.0
    ) -> tuple[tuple[Vector, Vector], np.ndarray]:
        """Condition (m columns of) the fields on the coarse batches."""
        if mode.coarse is None or mode.gain is None or mode.inner is None:
            return vectors, arrival
        seen = self._project(mode.coarse, vectors, arrival) + noise
        weight = linalg.cho_solve((mode.inner, True), seen, check_finite=False)
        fields = tuple(
            Vector(v.core - g.core @ weight, v.area - g.area @ weight, v.unit - g.unit @ weight)
            for v, g in zip(vectors, mode.gain, strict=True)
        )
        return (fields[0], fields[1]), arrival - arrival_variance(self.evidence, mode.prior)[:, None] * (mode.coarse.arrival @ weight)

    def _log_determinant(self, mode: Mode) -> float:
        value = mode.arrows[0].log_determinant + mode.arrows[1].log_determinant
        if mode.inner is not None:
            # arrival has its prior as precision
            value += 2.0 * np.log(np.diag(mode.inner)).sum() - 2.0 * np.log(mode.prior.arrival).sum()
            value -= 2.0 * len(grouped_units(self.evidence)) * np.log(mode.prior.arrival_unit)
        return value

    def draw(
        self, mode: Mode, units: np.ndarray, draws: int, rng: np.random.Generator
    ) -> tuple[tuple[Vector, Vector], np.ndarray]:
        """Deviations from the mode, one draw a column: both fields, with the own effects of some units, and arrival.

        With coarse batches `units` must hold every member of a group, as these are drawn first and then conditioned
        (Matheron's rule).
        """
        fields = []
        for arrow in mode.arrows:
            core, area = arrow.sample_core(rng, draws)
            fields.append(Vector(core, area, arrow.sample_units(core, area, units, rng)))
        if mode.coarse is None or mode.gain is None:
            return (fields[0], fields[1]), np.zeros((0, draws))
        variance = arrival_variance(self.evidence, mode.prior)
        arrival = np.sqrt(variance)[:, None] * rng.standard_normal((len(variance), draws))
        noise = rng.standard_normal((len(mode.coarse.gradient), draws))
        part = replace(
            mode,
            coarse=replace(mode.coarse, rows=_restricted(mode.coarse.rows, units)),
            gain=_restricted(mode.gain, units),
        )
        return self._correct(part, (fields[0], fields[1]), arrival, noise)


def _restricted(vectors: tuple[Vector, Vector], units: np.ndarray) -> tuple[Vector, Vector]:
    first, second = (Vector(v.core, v.area, v.unit[units]) for v in vectors)
    return first, second


def build_solver(evidence: Evidence) -> Solver:
    design = evidence.design
    return Solver(evidence, build_layout(design.fixed, design.region, design.area, design.n_regions))


def arrival_variance(evidence: Evidence, prior: Prior) -> np.ndarray:
    """Prior variances (Q + U,) of the arrival coefficients and of the units' own earliness."""
    return np.r_[prior.arrival**2, np.full(evidence.design.n_units, prior.arrival_unit**2)]


def field_precisions(prior: Prior, field: int) -> Precisions:
    core = np.concatenate(
        [
            prior.fixed[:, field],
            np.full(len(prior.drift), prior.region[field]),
            prior.drift_nation[field : field + 1],
            prior.drift[:, field],
        ]
    )
    return Precisions(core**-2.0, prior.area[field] ** -2.0, prior.unit[field] ** -2.0)


def fine_statistics(evidence: Evidence, latent: Latent) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Information (U, 3, 3, d, d) and score (U, 3, d) of either field, summed over each unit's batches."""
    rows, contrast = evidence.fine, evidence.design.contrast
    n, d = evidence.design.n_units, contrast.shape[1]
    z = fine_predictor(evidence, latent, predictor(evidence, latent)) if len(rows) else np.zeros((0, d + 1))
    share = softmax(z[:, :-1] @ contrast.T)
    observed = rows.votes / np.maximum(rows.votes.sum(axis=1, keepdims=True), 1e-300)
    weight = rows.effective[:, None, None] * multinomial_information(share, contrast)
    score = rows.effective[:, None] * ((observed - share) @ contrast)
    touch = np.column_stack([np.ones(len(rows)), rows.late_nation, rows.late_region])
    turnout = rows.turnout_precision
    information = [np.zeros((n, SLOTS, SLOTS, k, k)) for k in (d, 1)]
    scores = [np.zeros((n, SLOTS, k)) for k in (d, 1)]
    for s in range(SLOTS):
        scores[0][:, s] = _by_unit(rows.group, touch[:, s, None] * score, n)
        scores[1][:, s] = _by_unit(rows.group, (touch[:, s] * turnout * (rows.turnout - z[:, -1]))[:, None], n)
        for t in range(s, SLOTS):
            both = touch[:, s] * touch[:, t]
            information[0][:, s, t] = information[0][:, t, s] = _by_unit(rows.group, both[:, None, None] * weight, n)
            information[1][:, s, t, 0, 0] = information[1][:, t, s, 0, 0] = np.bincount(rows.group, both * turnout, n)
    return information, scores


def _by_unit(unit: np.ndarray, values: np.ndarray, n: int) -> np.ndarray:
    summed = np.zeros((n, *values.shape[1:]))
    for index in np.ndindex(*values.shape[1:]):
        summed[(slice(None), *index)] = np.bincount(unit, values[(slice(None), *index)], n)
    return summed


def multinomial_information(share: np.ndarray, contrast: np.ndarray) -> np.ndarray:
    """Information (…, D, D) of one vote about the contrasts."""
    mean = share @ contrast
    return np.einsum("nk,ki,kj->nij", share, contrast, contrast) - mean[:, :, None] * mean[:, None, :]


def linearise(evidence: Evidence, layout: Layout, latent: Latent) -> Coarse:
    """Jacobians and scores of the coarse batches in the contrasts of their mean share and the log of their votes."""
    design, rows = evidence.design, evidence.coarse
    contrast = design.contrast
    mixture = mix(evidence, latent, predictor(evidence, latent))
    m, d = len(rows), contrast.shape[1]
    inverse = 2.0 * contrast.T[None] / mixture.mean[mixture.batch][:, None, :]  # d contrast / d share, (pairs, D, K)
    own = mixture.share[:, :, None] * (contrast[None] - (mixture.share @ contrast)[:, None, :])  # d share / d z
    to_support = mixture.weight[:, None, None] * (inverse @ own)
    tilt = mixture.weight[:, None] * (mixture.share - mixture.mean[mixture.batch])
    to_mix = np.einsum("pik,pk->pi", inverse, tilt)
    observed = rows.votes / rows.votes.sum(axis=1, keepdims=True)
    information = rows.effective[:, None, None] * multinomial_information(mixture.mean, contrast)
    root = np.zeros((m, d + 1, d + 1))
    root[:, :d, :d] = np.linalg.cholesky(information + 1e-12 * np.eye(d))
    root[:, d, d] = np.sqrt(rows.turnout_precision)
    score = np.column_stack(
        [
            rows.effective[:, None] * ((observed - mixture.mean) @ contrast),
            rows.turnout_precision * (rows.turnout - mixture.log_votes),
        ]
    )
    whitened = np.linalg.solve(root, score[..., None])[..., 0]
    jacobian_turnout = np.concatenate([to_mix, mixture.weight[:, None]], axis=1)[:, :, None]
    jacobian_support = np.concatenate([to_support, np.zeros((len(to_support), 1, d))], axis=1)
    arrival = _arrival_jacobian(evidence, mixture, inverse)
    whiten = np.swapaxes(root, 1, 2)
    vectors = tuple(
        _coarse_vector(evidence, layout, mixture.batch, mixture.unit, whiten[mixture.batch] @ jacobian)
        for jacobian in (jacobian_support, jacobian_turnout)
    )
    return Coarse((vectors[0], vectors[1]), (whiten @ arrival).reshape(m * (d + 1), -1).T, whitened.reshape(-1))


def _arrival_jacobian(evidence: Evidence, mixture: Mixture, inverse: np.ndarray) -> np.ndarray:
    """(M, E, Q + U) of the observations in the arrival coefficients and the units' own earliness.

    A member's score moves its own counted share by `bend`, and, through the threshold that keeps the group's total,
    everybody else's the other way.
    """
    design, batch, step = evidence.design, mixture.batch, mixture.step
    m, d = len(evidence.coarse), design.contrast.shape[1]
    starts = np.searchsorted(batch, np.arange(m))
    per_station = mixture.weight / mixture.increment
    effect = np.concatenate(
        [
            np.einsum("pik,pk->pi", inverse, mixture.share - mixture.mean[batch]) * per_station[:, None],
            per_station[:, None],
        ],
        axis=1,
    )  # of one more station of the member, (pairs, E)
    score = np.zeros((len(batch), d + 1))
    for sign, bend in ((1.0, step.after), (-1.0, step.before)):
        moved = step.capacity * bend
        total = np.maximum(np.add.reduceat(moved, starts), 1e-300)
        mean = np.add.reduceat(moved[:, None] * effect, starts, axis=0) / total[:, None]
        score += sign * moved[:, None] * (effect - mean[batch])
    out = np.zeros((m, d + 1, design.arrival.shape[1] + design.n_units))
    out[batch, :, design.arrival.shape[1] + mixture.unit] = score
    out[:, :, : design.arrival.shape[1]] = out[:, :, design.arrival.shape[1] :] @ design.arrival
    return out


def _coarse_vector(evidence: Evidence, layout: Layout, batch: np.ndarray, unit: np.ndarray, jacobian: np.ndarray) -> Vector:
    """The transposed Jacobian of one field as a vector with a column an observation."""
    rows = evidence.coarse
    m, e, d = len(rows), jacobian.shape[1], jacobian.shape[2]
    units = np.zeros((len(layout.region), d, m, e))
    units[unit, :, batch, :] = np.swapaxes(jacobian, 1, 2)
    units = units.reshape(len(layout.region), d, m * e)
    by_region = (layout.in_region @ units.reshape(len(units), -1)).reshape(-1, d, m * e)
    nation, region = np.repeat(rows.late_nation, e), np.repeat(rows.late_region, e)
    core = np.concatenate(
        [
            np.tensordot(layout.fixed, units, axes=(0, 0)),
            by_region,
            (by_region.sum(axis=0) * nation)[None],
            by_region * region,
        ]
    )
    area = (layout.in_area @ units.reshape(len(units), -1)).reshape(-1, d, m * e)
    return Vector(core, area, units)


def inner_product(left: Vector, right: Vector) -> np.ndarray:
    """Columns against columns."""
    return sum(
        np.tensordot(a, b, axes=((0, 1), (0, 1)))
        for a, b in ((left.core, right.core), (left.area, right.area), (left.unit, right.unit))
    )


def pack(latent: Latent, field: int) -> Vector:
    part = slice(None, -1) if field == SUPPORT else slice(-1, None)
    core = np.concatenate([latent.fixed, latent.region, latent.drift_nation, latent.drift])[:, part]
    return Vector(core[:, :, None], latent.area[:, part, None], latent.unit[:, part, None])


def unpack(evidence: Evidence, fields: tuple[Vector, Vector], arrival: np.ndarray) -> Latent:
    """A latent point from the first column of either field."""
    f, r, q = evidence.design.fixed.shape[1], evidence.design.n_regions, evidence.design.arrival.shape[1]
    core = np.concatenate([v.core[:, :, 0] for v in fields], axis=1)
    return Latent(
        fixed=core[:f],
        region=core[f : f + r],
        area=np.concatenate([v.area[:, :, 0] for v in fields], axis=1),
        unit=np.concatenate([v.unit[:, :, 0] for v in fields], axis=1),
        drift_nation=core[f + r : f + r + 1],
        drift=core[f + r + 1 :],
        arrival=arrival[:q, 0],
        arrival_unit=arrival[q:, 0],
    )


def gradient(evidence: Evidence, layout: Layout, tangent: Tangent, prior: Prior) -> tuple[Vector, Vector]:
    """Gradient of fine likelihood and prior at the tangent's point, either field."""
    out = []
    for field in (SUPPORT, TURNOUT):
        score = tangent.scores[field]
        point, precision = pack(tangent.latent, field), field_precisions(prior, field)
        by_region = (layout.in_region @ score.reshape(len(score), -1)).reshape(-1, *score.shape[1:])
        core = np.concatenate(
            [layout.fixed.T @ score[:, 0], by_region[:, 0], score[:, 1].sum(axis=0)[None], by_region[:, 2]]
        )[:, :, None]
        area = (layout.in_area @ score[:, 0])[:, :, None]
        out.append(
            Vector(
                core - precision.core[:, None, None] * point.core,
                area - precision.area * point.area,
                score[:, 0, :, None] - precision.unit * point.unit,
            )
        )
    return out[0], out[1]
