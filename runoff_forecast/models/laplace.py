"""The fast engine's solver: Laplace's approximation of the joint density at given scales.

Given the scales the effects are Gaussian a priori and the likelihood is close to it, so Newton's method finds the mode
and the curvature there gives the posterior (Rue, Martino & Chopin 2009). Batches of single units enter through an arrow
(see `arrow`); the few batches of coarser groups touch everything and are added as a correction of low rank. With `x`
the effects, `H` the arrow, `B` the whitened Jacobian of coarse batches and `y` their score, the precision is `H + B'B`,
and all that a change of scales needs is the small `[B g]' H^-1 [B g]` of either field (`Field.gram`). `quadrature`
integrates the scales.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import linalg

from .arrow import Arrow, Eliminated, Layout, Precisions, Vector, build_layout, times
from .effects import SUPPORT, TURNOUT, Scale
from .evidence import Evidence
from .latent import (
    Latent,
    Prior,
    build_prior,
    grouped_units,
    log_likelihood,
    log_prior,
    moved,
    scale_widths,
    scaled_rows,
)
from .linearised import (
    Coarse,
    Rows,
    arrival_variance,
    linearise,
    slot_score,
    support_statistics,
    turnout_statistics,
)
from .sickness import NoMode

NEWTON_STEPS = 40
TOLERANCE = 0.02
"""Newton stops when a step would gain less than this in log density."""
FIELDS = ((SUPPORT, slice(None, -1)), (TURNOUT, slice(-1, None)))
"""Either field with its components of a predictor."""
NO_CURVATURE = "the forecast's density has no curvature to hold it: the evidence contradicts itself"


@dataclass(frozen=True, eq=False)
class Gram:
    """One field at given scales, seen from its gradient `g` and the coarse batches' Jacobian `B`."""

    arrow: Arrow
    inner: np.ndarray
    """(m, m) `B H^-1 B'`"""
    across: np.ndarray
    """(m,) `B H^-1 g`"""
    own: float
    """`g' H^-1 g`"""


class Field:
    """Support or turnout near a point. What has been eliminated is kept: a change of the other scales then costs
    little."""

    def __init__(
        self, layout: Layout, information: np.ndarray, score: Vector, point: Vector, rows: Rows | None
    ) -> None:
        """`information` (3, 3, T, d, d) and `score` are those of the batches of single units."""
        self.layout, self.information, self.score, self.point, self.rows = layout, information, score, point, rows
        self._open: dict[float, _Open] = {}
        self._grams: dict[tuple, Gram] = {}
        self._centres: dict[Arrow, Vector] = {}

    def gradient(self, precision: Precisions) -> Vector:
        """Of the fine likelihood and the prior."""
        score, point = self.score, self.point
        return Vector(
            score.core - precision.core[:, None, None] * point.core,
            score.area - precision.area * point.area,
            score.unit - precision.unit * point.unit,
        )

    def log_prior(self, precision: Precisions) -> float:
        """Normal log density of the point, constants dropped; the same as `latent.log_prior_field`."""
        core, area, unit = self._squares
        d = self.point.core.shape[1]
        value = precision.core @ core + precision.area * area + precision.unit * unit
        value -= d * float(np.log(precision.core).sum())
        value -= self.point.area.size * np.log(precision.area) + self.point.unit.size * np.log(precision.unit)
        return -0.5 * float(value)

    @cached_property
    def _squares(self) -> tuple[np.ndarray, float, float]:
        point = self.point
        return (point.core**2).sum(axis=(1, 2)), float((point.area**2).sum()), float((point.unit**2).sum())

    def gram(self, precision: Precisions) -> Gram:
        """The field at given precisions. Raises `NoMode` where its density has no curvature."""
        key = (precision.unit, precision.area, precision.core.tobytes())
        if key not in self._grams:
            with np.errstate(invalid="ignore"):  # what is not positive definite fails in Cholesky, or is not finite
                try:
                    self._grams[key] = self._gram(precision)
                except np.linalg.LinAlgError as failed:
                    raise NoMode(NO_CURVATURE) from failed
        return self._grams[key]

    def log_marginal(self, precision: Precisions) -> float:
        """The field's part of the scales' log marginal likelihood, where no coarse batch ties it to the other. Raises
        `NoMode` where it has none."""
        gram = self.gram(precision)
        value = 0.5 * gram.own + self.log_prior(precision) - 0.5 * gram.arrow.log_determinant
        if not np.isfinite(value):
            raise NoMode(NO_CURVATURE)
        return value

    def centre(self, precision: Precisions, residual: np.ndarray) -> Vector:
        """The posterior's at given precisions, the coarse batches' score being `residual` there."""
        arrow = self.gram(precision).arrow
        if self.rows is not None:
            right = added(self.gradient(precision), self.rows.weighted(residual[:, None]))
            return added(self.point, arrow.solve(right))
        if arrow not in self._centres:
            self._centres[arrow] = added(self.point, arrow.solve(self.gradient(precision)))
        return self._centres[arrow]

    def _gram(self, precision: Precisions) -> Gram:
        if precision.unit not in self._open:
            self._open[precision.unit] = self._without_units(precision.unit)
        known = self._open[precision.unit]
        arrow, right = Arrow(known.units, precision), self.gradient(precision)
        core, area = right.core, right.area
        if self.rows is not None:
            core, area = np.concatenate([self.rows.core, core], axis=2), np.concatenate([self.rows.area, area], axis=2)
        core, area = core - known.core, area - known.area
        m = core.shape[-1]
        flat = arrow.reduce(core, area).reshape(-1, m)
        solved = linalg.solve_triangular(arrow.factor, flat, lower=True, check_finite=False)
        own = area.reshape(-1, m).T @ times(arrow.area_covariance, area).reshape(-1, m)
        whole = known.gram + own + solved.T @ solved
        return Gram(arrow, whole[:-1, :-1], whole[:-1, -1], float(whole[-1, -1]))

    def _without_units(self, precision: float) -> _Open:
        units, told = Eliminated(self.layout, self.information, precision), self.layout.told.unit
        right = self.score.unit - precision * self.point.unit
        solved = units.solve_units(right)
        own = np.array([[float((right * solved).sum())]])
        if self.rows is None:
            return _Open(units, *units.fold(right[told]), own)
        dense = self.rows.dense(told)
        flat = dense.reshape(-1, dense.shape[-1])
        # rows of units without batches of their own have their prior variance alone
        more = times(units.covariance, dense) - dense / precision
        inner = self._rows_inner / precision + flat.T @ more.reshape(flat.shape)
        across = self.rows.seen_units(solved)
        folded = units.fold(np.concatenate([dense, right[told]], axis=2))
        return _Open(units, *folded, np.block([[inner, across], [across.T, own]]))

    @cached_property
    def _rows_inner(self) -> np.ndarray:
        assert self.rows is not None
        return sum(((rows.T @ rows).toarray() for rows in self.rows.unit), np.zeros(()))


@dataclass(frozen=True, eq=False)
class _Open:
    """A field whose units are eliminated, from the precision and from the right-hand sides `[B g]`."""

    units: Eliminated
    core: np.ndarray
    """(core, d, m + 1) what that took from the core"""
    area: np.ndarray
    gram: np.ndarray
    """(m + 1, m + 1) `[B g]' H^-1 [B g]` of the units alone"""


@dataclass(frozen=True, eq=False)
class Tangent:
    """The likelihood's quadratic approximation at a point."""

    latent: Latent
    log_likelihood: float
    fields: tuple[Field, Field]
    coarse: Coarse | None


@dataclass(frozen=True, eq=False)
class Weight:
    """What given scales are worth under a tangent."""

    prior: Prior
    precisions: tuple[Precisions, Precisions]
    grams: tuple[Gram, Gram]
    inner: np.ndarray | None
    """Cholesky factor of `I + B H^-1 B'`, arrival included"""
    residual: np.ndarray
    """(observations,) what the step leaves of the coarse batches' score"""
    promise: float
    """Gain in log density that the step to the centre promises"""
    log_marginal: float


@dataclass(frozen=True, eq=False)
class Mode:
    """The Gaussian posterior at given scales, with its centre."""

    scales: np.ndarray
    latent: Latent
    prior: Prior
    arrows: tuple[Arrow, Arrow]
    coarse: Coarse | None
    inner: np.ndarray | None
    step: Latent
    """From the tangent's point to the centre"""
    promise: float
    log_marginal: float


@dataclass(frozen=True, eq=False)
class Solver:
    """One night's evidence with the layout that every factorisation shares."""

    evidence: Evidence
    layout: Layout

    @cached_property
    def effects(self) -> np.ndarray:
        """(5, 2) number of the effects that each scale has."""
        design = self.evidence.design
        number = {Scale.AREA: design.n_areas, Scale.UNIT: design.n_units}
        number |= {scale: len(rows) for scale, rows in scaled_rows(design).items()}
        return np.outer([number[scale] for scale in Scale], [design.n_components - 1, 1]).astype(float)

    def tangent(self, latent: Latent, value: float | None = None, before: Tangent | None = None) -> Tangent:
        """The likelihood linearised at a point, where its log is `value` if that is known already.

        Turnout in batches of single units is normal: its field of a tangent `before` is exact everywhere, and is kept.
        """
        evidence, layout = self.evidence, self.layout
        coarse = linearise(evidence, layout, latent) if len(evidence.coarse) else None
        statistics = [support_statistics(evidence, layout, latent)]
        kept = before if coarse is None else None
        if kept is None:
            statistics.append(turnout_statistics(evidence, layout, latent))
        fields = [
            Field(
                layout,
                information,
                slot_score(layout, score),
                pack(latent, field),
                None if coarse is None else coarse.rows[field],
            )
            for field, (information, score) in enumerate(statistics)
        ]
        turnout = fields[TURNOUT] if kept is None else kept.fields[TURNOUT]
        value = log_likelihood(evidence, latent) if value is None else value
        return Tangent(latent, value, (fields[SUPPORT], turnout), coarse)

    def climb(
        self, scales: np.ndarray, start: Tangent, *, steps: int = NEWTON_STEPS, enough: float = TOLERANCE
    ) -> tuple[Tangent, Mode]:
        """The tangent at the mode of given scales (5, 2) and the posterior there, by Newton's method from `start` until
        a step would gain less than `enough`."""
        tangent, mode = start, self.posterior(start, scales)
        for _ in range(steps):
            if mode.promise < enough:
                break
            found = self._search(tangent, mode)
            if found is None:
                break
            tangent = self.tangent(*found, before=tangent)
            mode = self.posterior(tangent, scales)
        return tangent, mode

    def _search(self, tangent: Tangent, mode: Mode) -> tuple[Latent, float] | None:
        """A better point along the step and its log likelihood."""
        before = tangent.log_likelihood + log_prior(self.evidence, tangent.latent, mode.prior)
        length = 1.0
        while length > 1e-3:
            candidate = moved(tangent.latent, mode.step, length)
            value = log_likelihood(self.evidence, candidate)
            if value + log_prior(self.evidence, candidate, mode.prior) > before:
                return candidate, value
            length *= 0.5
        return None

    def precisions_at(self, field: int, scales: np.ndarray) -> Precisions:
        """Those of one field at its scales (5,)."""
        both = scale_widths(self.evidence.priors)
        both[:, field] = scales
        return field_precisions(build_prior(self.evidence, both), field)

    def weigh(self, tangent: Tangent, scales: np.ndarray) -> Weight:
        """The log marginal likelihood of given scales (5, 2) under the tangent's. Raises `NoMode` where it has none."""
        evidence, prior = self.evidence, build_prior(self.evidence, scales)
        precisions = field_precisions(prior, SUPPORT), field_precisions(prior, TURNOUT)
        first, second = (field.gram(at) for field, at in zip(tangent.fields, precisions, strict=True))
        try:
            inner, residual, promise = self._tied(tangent, prior, (first, second))
        except np.linalg.LinAlgError as failed:
            raise NoMode(NO_CURVATURE) from failed
        if tangent.coarse is None:  # turnout may stand on another point: what is constant is left out
            value = sum(field.log_marginal(at) for field, at in zip(tangent.fields, precisions, strict=True))
            return Weight(prior, precisions, (first, second), None, residual, promise, value)
        log_marginal = tangent.log_likelihood + log_prior(evidence, tangent.latent, prior) + promise
        log_marginal -= 0.5 * (first.arrow.log_determinant + second.arrow.log_determinant)
        assert inner is not None
        # arrival has its prior as precision
        log_marginal -= float(np.log(np.diag(inner)).sum() - np.log(prior.arrival).sum())
        log_marginal += len(grouped_units(evidence)) * np.log(prior.arrival_unit)
        if not np.isfinite(log_marginal):
            raise NoMode("the forecast's density has no finite mode: the evidence contradicts itself")
        return Weight(prior, precisions, (first, second), inner, residual, promise, float(log_marginal))

    def _tied(
        self, tangent: Tangent, prior: Prior, grams: tuple[Gram, Gram]
    ) -> tuple[np.ndarray | None, np.ndarray, float]:
        """The coarse batches' correction (Woodbury): factor of `I + B H^-1 B'`, residual score, promise of the step."""
        coarse, own = tangent.coarse, grams[SUPPORT].own + grams[TURNOUT].own
        if coarse is None:  # turnout is at its mode after any step
            return None, np.zeros(0), 0.5 * grams[SUPPORT].own
        away = self._arrival_point(tangent.latent, prior)
        variance = arrival_variance(self.evidence, prior)
        inner = grams[0].inner + grams[1].inner + coarse.arrival_inner
        # the prior pulls arrival back by its distance from the prior mean over the variance
        across = grams[0].across + grams[1].across - coarse.arrival.T @ away
        own += float((away**2 / variance).sum())
        seen = across + inner @ coarse.score
        factor = linalg.cholesky(inner + np.eye(len(inner)), lower=True, check_finite=False)
        weight = linalg.cho_solve((factor, True), seen, check_finite=False)
        total = own + 2.0 * coarse.score @ across + coarse.score @ inner @ coarse.score - seen @ weight
        return factor, coarse.score - weight, 0.5 * float(total)

    @staticmethod
    def _arrival_point(latent: Latent, prior: Prior) -> np.ndarray:
        return np.r_[latent.arrival - prior.arrival_mean, latent.arrival_unit]

    def posterior(self, tangent: Tangent, scales: np.ndarray) -> Mode:
        """The Gaussian posterior at given scales under the tangent's likelihood."""
        weight, coarse = self.weigh(tangent, scales), tangent.coarse
        arrows = (weight.grams[0].arrow, weight.grams[1].arrow)
        support, turnout = (
            field.centre(at, weight.residual) for field, at in zip(tangent.fields, weight.precisions, strict=True)
        )
        latent, q = tangent.latent, self.evidence.design.arrival.shape[1]
        arrival = np.r_[latent.arrival, latent.arrival_unit]
        if coarse is not None:
            arrival = np.r_[weight.prior.arrival_mean, np.zeros(len(arrival) - q)]
            arrival += arrival_variance(self.evidence, weight.prior) * (coarse.arrival @ weight.residual)
        centre = unpack(self.evidence, (support, turnout), arrival)
        step = moved(centre, latent, -1.0)
        return Mode(
            scales, centre, weight.prior, arrows, coarse, weight.inner, step, weight.promise, weight.log_marginal
        )

    def scale_information(self, mode: Mode) -> np.ndarray:
        """(10, 10) average information of the log scales, support's five first.

        Close to minus the Hessian of their log marginal likelihood, and it costs one solution with the factors at hand
        (Gilmour, Thompson & Cullis 1995). The scales' own prior is not in it.
        """
        seen, information = [], np.zeros((mode.scales.size, mode.scales.size))
        for field, arrow in enumerate(mode.arrows):
            part, precision = slice(len(Scale) * field, len(Scale) * (field + 1)), field_precisions(mode.prior, field)
            here = pack(mode.latent, field)
            pulled = _pulled_by_scale(self.evidence, here, precision)
            moved_to = arrow.solve(pulled)
            information[part, part] += 2.0 * (np.diag(_products(pulled, here)[:, 0]) - _products(pulled, moved_to))
            if mode.coarse is not None:
                seen.append(mode.coarse.rows[field].seen(moved_to))
        if seen:
            tied = linalg.solve_triangular(mode.inner, np.hstack(seen), lower=True, check_finite=False)
            information += 2.0 * tied.T @ tied
        return information

    def slope(self, mode: Mode) -> np.ndarray:
        """(5, 2) gradient of the log marginal likelihood in the log scales, under the tangent.

        The expected sum of squares of the effects over their prior variance, less their number: positive where a scale
        is too small.
        """
        out, apart = np.empty_like(mode.scales), None
        if mode.inner is not None:
            apart = linalg.solve_triangular(mode.inner, np.eye(len(mode.inner)), lower=True, check_finite=False)
        for field, arrow in enumerate(mode.arrows):
            here, precision = pack(mode.latent, field), field_precisions(mode.prior, field)
            variances = arrow.variances()
            core = (here.core[:, :, 0] ** 2 + variances.core).sum(axis=1)
            area, unit = (here.area**2).sum() + variances.area, (here.unit**2).sum() + variances.unit
            if mode.coarse is not None and apart is not None:
                known = arrow.solve(mode.coarse.rows[field].weighted(apart.T))
                core -= (known.core**2).sum(axis=(1, 2))
                area, unit = area - (known.area**2).sum(), unit - (known.unit**2).sum()
            for scale, rows in scaled_rows(self.evidence.design).items():
                out[scale, field] = precision.core[rows] @ core[rows] - here.core[rows].size
            out[Scale.AREA, field] = precision.area * area - here.area.size
            out[Scale.UNIT, field] = precision.unit * unit - here.unit.size
        return out

    def condition(
        self, mode: Mode, units: np.ndarray, vectors: tuple[Vector, Vector], arrival: np.ndarray, noise: np.ndarray
    ) -> tuple[tuple[Vector, Vector], np.ndarray]:
        """Draws of arrows and of arrival's prior, m columns each, conditioned on the coarse batches (Matheron's rule).

        `units` are those whose own effects and own earliness were drawn, all members of groups among them.
        """
        assert mode.coarse is not None
        assert mode.inner is not None
        rows = [each.single(units) for each in mode.coarse.rows]
        q = self.evidence.design.arrival.shape[1]
        where = np.r_[np.arange(q), q + units]
        arrival_rows = mode.coarse.arrival[where].astype(np.float32)
        seen = rows[0].seen(vectors[0]) + rows[1].seen(vectors[1]) + arrival_rows.T @ arrival + noise
        weight = linalg.cho_solve((mode.inner, True), seen, check_finite=False).astype(np.float32)
        first, second = (
            added(v, arrow.solve(r.weighted(-weight), units))
            for v, arrow, r in zip(vectors, mode.arrows, rows, strict=True)
        )
        pulled = arrival_rows @ weight
        pulled *= arrival_variance(self.evidence, mode.prior)[where].astype(np.float32)[:, None]
        return (first, second), arrival - pulled


def _pulled_by_scale(evidence: Evidence, point: Vector, precision: Precisions) -> Vector:
    """What the prior pulls a point's effects with, the effects of each scale in a column of their own."""
    d = point.core.shape[1]
    core, area, unit = (np.zeros((len(part), d, len(Scale))) for part in (point.core, point.area, point.unit))
    for scale, rows in scaled_rows(evidence.design).items():
        core[rows, :, scale] = precision.core[rows, None] * point.core[rows, :, 0]
    area[:, :, Scale.AREA] = precision.area * point.area[:, :, 0]
    unit[:, :, Scale.UNIT] = precision.unit * point.unit[:, :, 0]
    return Vector(core, area, unit)


def _products(left: Vector, right: Vector) -> np.ndarray:
    """Inner products (columns, columns)."""
    pairs = ((left.core, right.core), (left.area, right.area), (left.unit, right.unit))
    return sum(np.tensordot(a, b, ((0, 1), (0, 1))) for a, b in pairs)


def added(left: Vector, right: Vector) -> Vector:
    """Their sum, in the precision of the left one."""
    core, area, unit = (
        getattr(left, name) + getattr(right, name).astype(getattr(left, name).dtype, copy=False)
        for name in ("core", "area", "unit")
    )
    return Vector(core, area, unit)


def build_solver(evidence: Evidence) -> Solver:
    design = evidence.design
    told = np.unique(evidence.fine.group)
    return Solver(evidence, build_layout(design.fixed, design.region, design.area, design.n_regions, told))


def field_precisions(prior: Prior, field: int) -> Precisions:
    """The prior's of support or of turnout."""
    return Precisions(prior.core[:, field] ** -2.0, float(prior.area[field]) ** -2.0, float(prior.unit[field]) ** -2.0)


def pack(latent: Latent, field: int) -> Vector:
    """One field of a point, as one column."""
    part = FIELDS[field][1]
    return Vector(latent.core[:, part, None], latent.area[:, part, None], latent.unit[:, part, None])


def unpack(evidence: Evidence, fields: tuple[Vector, Vector], arrival: np.ndarray) -> Latent:
    """A latent point from the only column of either field and from arrival (Q + U,)."""
    q, core = evidence.design.arrival.shape[1], np.concatenate([v.core[:, :, 0] for v in fields], axis=1)
    return Latent(
        **evidence.design.core.parts(core),
        area=np.concatenate([v.area[:, :, 0] for v in fields], axis=1),
        unit=np.concatenate([v.unit[:, :, 0] for v in fields], axis=1),
        arrival=arrival[:q],
        arrival_unit=arrival[q:],
    )
