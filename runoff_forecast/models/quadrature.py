"""Scales integrated out: a few points of a low-discrepancy set around the mode of their posterior, with weights.

All this happens in scores, the normal quantiles of the scales under their priors. Where the count tells nothing of a
scale, its posterior is a standard normal in scores; in logs it would have a long tail towards zero.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import log_ndtr, ndtri, ndtri_exp

from .evidence import Evidence
from .laplace import Mode, NoMode, Solver, Tangent, build_solver
from .latent import Latent, log_scale_prior, scale_widths
from .priors import Priors

POINTS = 20
"""With a dozen the margin of Peru 2021's districts was 8 % too narrow: its width follows the scale of drift, of which
the count says next to nothing; with twice as many it is 1 to 2 % wider."""
COARSE_POINTS = 16
"""The same with coarse batches, where a point costs many times as much and the order of arrival leaves more in
doubt."""
NEAR = 0.01
"""Shortest step in scores that is tried."""
FAR = 0.35
"""Distance at which curvature is measured, if one deviation is not nearer."""
WIDEST, NARROWEST = 1.0, 0.0003
"""Limits to a score's deviation: a flat direction keeps to its prior, a sharp one still moves."""
START = 0.4
"""Scales where the search starts, in widths of their priors."""
SOME = 4000
"""Units that are enough to find scales to start from."""
REACH = 1.0
"""Longest step of a score in one iteration."""
STEPS = 25
FIRST_STEPS, NEWTON_STEPS, LAST_STEPS = 2, 1, 4
"""At the first scales, between two steps of them, and at the last, at most: on the way the next tangent is another
anyway."""
GAIN = 0.01
"""A search ends once a step promises less than this in log density."""


@dataclass(frozen=True, eq=False)
class Mixture:
    """Posteriors at several scales, the first at their mode, and weights, which sum to one."""

    modes: tuple[Mode, ...]
    weights: np.ndarray

    @property
    def best(self) -> Mode:
        """At the mode: weights are nearly even, and the largest may be a tail's."""
        return self.modes[0]

    @property
    def effective(self) -> float:
        """How many equally weighted points the weights are worth."""
        return float(1.0 / (self.weights**2).sum())


def integrate(solver: Solver, start: Latent, scales: np.ndarray | None = None) -> Mixture:
    """Quadrature over the ten scales: importance weights on points from a Gaussian fitted at the mode.

    The search steps to where the average information says that the mode is, and takes the likelihood's tangent anew
    after each step. `start` and `scales` may be those of an earlier mode.
    """
    peak = search(solver, start, scales)
    return _mixture(peak, [_root(peak, field) for field in range(2)])


def scores_of(scales: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Normal quantiles of the scales under their half-normal priors."""
    return -ndtri_exp(np.log(2.0) + log_ndtr(-scales / widths))


def scales_at(scores: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Scales with these scores."""
    return -widths * ndtri_exp(log_ndtr(-scores) - np.log(2.0))


@dataclass(frozen=True, eq=False)
class Peak:
    """A place on the way to the mode of the scales' posterior, and there at last."""

    solver: Solver
    tangent: Tangent
    mode: Mode
    scores: np.ndarray
    """(5, 2)"""
    height: float
    """Log marginal of the scores under the tangent"""
    slope: np.ndarray
    """(10,) of the height, support's five first"""
    information: np.ndarray
    """(10, 10) average information of the scores, their prior's being one"""

    def height_at(self, scores: np.ndarray) -> float:
        """Of other scores (5, 2) under the same tangent; minus infinity where there is no mode."""
        scales = scales_at(scores, scale_widths(self.solver.evidence.priors))
        try:
            value = self.solver.weigh(self.tangent, scales).log_marginal
        except NoMode:
            return -np.inf
        return value + _log_stretch(self.solver.evidence.priors, scales, scores)

    def step(self) -> np.ndarray:
        """A step (5, 2) uphill, zero where it promises next to nothing."""
        step = np.clip(_covariance(self.information) @ self.slope, -REACH, REACH)
        if self.slope @ step < GAIN:
            return np.zeros_like(self.scores)
        while np.max(np.abs(step)) > NEAR:
            if self.height_at(self.scores + _by_field(step)) > self.height:
                return _by_field(step)
            step = 0.4 * step
        return np.zeros_like(self.scores)


def search(solver: Solver, start: Latent, scales: np.ndarray | None = None) -> Peak:
    """The mode of the scales' posterior, from a point and, if they are known, scales (5, 2) near it.

    Where units are many, some of them tell first where about it is.
    """
    widths = scale_widths(solver.evidence.priors)
    thin = len(solver.layout.told.unit) // SOME
    if scales is None and thin > 1:
        few = search(build_solver(_thinned(solver.evidence, thin)), start)
        start, scales = few.tangent.latent, few.mode.scales
    scores = scores_of(START * widths if scales is None else scales, widths)
    peak = peak_at(solver, scores, *solver.climb(scales_at(scores, widths), solver.tangent(start), steps=FIRST_STEPS))
    for _ in range(STEPS):
        step = peak.step()
        if not step.any():
            break
        scores = peak.scores + step
        climbed = solver.climb(scales_at(scores, widths), peak.tangent, steps=NEWTON_STEPS)
        peak = _secant(peak, peak_at(solver, scores, *climbed))
    tangent, mode = solver.climb(peak.mode.scales, peak.tangent, steps=LAST_STEPS)
    if tangent is peak.tangent:
        return peak
    return replace(peak_at(solver, peak.scores, tangent, mode), information=peak.information)


def _thinned(evidence: Evidence, step: int) -> Evidence:
    """The evidence with the batches of every so manieth of the units that have some."""
    rows = evidence.fine
    kept = np.isin(rows.group, np.unique(rows.group)[::step])
    return replace(evidence, fine=rows.take(kept))


def peak_at(solver: Solver, scores: np.ndarray, tangent: Tangent, mode: Mode) -> Peak:
    """What the posterior at some scores tells of the way from there to the mode."""
    ratio = mode.scales / scale_widths(solver.evidence.priors)
    stretch = 0.5 / ratio * np.exp(0.5 * (ratio**2 - scores**2))  # of a log scale by its score
    slope = (stretch * solver.slope(mode) - scores).T.reshape(-1)
    stretch = stretch.T.reshape(-1)
    information = stretch[:, None] * solver.scale_information(mode) * stretch + np.eye(len(stretch))
    height = mode.log_marginal + _log_stretch(solver.evidence.priors, mode.scales, scores)
    return Peak(solver, tangent, mode, scores, height, slope, information)


def _secant(before: Peak, after: Peak) -> Peak:
    """`after` with the curvature that the last step met, in the scores whose slope it turned around: along a scale of
    drift that is a multiple of the average information."""
    step = (after.scores - before.scores).T.reshape(-1)
    fallen = before.slope - after.slope
    turned = before.slope * after.slope < 0.0
    met = np.divide(fallen, step, out=np.zeros_like(step), where=turned & (step != 0.0))
    more = np.maximum(met - np.diag(after.information), 0.0)
    return replace(after, information=after.information + np.diag(more))


def _by_field(scores: np.ndarray) -> np.ndarray:
    """(5, 2) from (10,), support's five first."""
    return scores.reshape(2, -1).T


def _log_stretch(priors: Priors, scales: np.ndarray, scores: np.ndarray) -> float:
    """What a log density of log scales gains as one of scores, up to a constant: a standard normal for their prior."""
    return -0.5 * float((scores**2).sum()) - log_scale_prior(priors, scales)


def _root(peak: Peak, field: int) -> np.ndarray:
    """Root of the covariance (5, 5) of one field's scores: axes from their information, deviations from differences
    of about one deviation along them, as the quadrature wants them wider than at the very top."""
    n = len(peak.scores)
    part = slice(n * field, n * (field + 1))
    value, axis = np.linalg.eigh(peak.information[part, part])
    width = np.minimum(FAR, np.clip(value, WIDEST**-2, NARROWEST**-2) ** -0.5)

    def height(side: np.ndarray) -> float:
        moved = peak.scores.copy()
        moved[:, field] += side
        return peak.height_at(moved)

    bend = [2.0 * peak.height - height(side) - height(-side) for side in (width * axis).T] / width**2
    return np.linalg.cholesky(_inverse(bend, axis))


def _mixture(peak: Peak, roots: list[np.ndarray]) -> Mixture:
    solver, tangent, centre = peak.solver, peak.tangent, peak.scores
    priors, number = solver.evidence.priors, POINTS if tangent.coarse is None else COARSE_POINTS
    z = _normal_points(number, centre.size).reshape(number, *centre.shape)
    points = [centre + np.column_stack([roots[0] @ step[:, 0], roots[1] @ step[:, 1]]) for step in z]
    scales = [scales_at(point, scale_widths(priors)) for point in points]
    if tangent.coarse is not None:  # their tangent turns with the scales
        modes = tuple(solver.climb(each, tangent, steps=1)[1] for each in scales)
    else:
        modes = tuple(solver.posterior(tangent, each) for each in scales)
    height = [m.log_marginal + _log_stretch(priors, m.scales, at) for m, at in zip(modes, points, strict=True)]
    log_weight = np.array(height) + 0.5 * (z**2).sum(axis=(1, 2))
    weight = np.exp(log_weight - log_weight.max())
    return Mixture(modes, weight / weight.sum())


def _normal_points(n: int, dimensions: int) -> np.ndarray:
    """A rank-one lattice of normal scores, the first at the mode (Roberts' generalised golden ratio)."""
    root = 2.0
    for _ in range(40):
        root = (1.0 + root) ** (1.0 / (dimensions + 1))
    steps = root ** -np.arange(1.0, dimensions + 1.0)
    return ndtri((0.5 + np.arange(n)[:, None] * steps) % 1.0 * 0.998 + 0.001)


def _covariance(information: np.ndarray) -> np.ndarray:
    """Inverse of an information, its deviations kept within limits along its own axes."""
    return _inverse(*np.linalg.eigh(information))


def _inverse(value: np.ndarray, axis: np.ndarray) -> np.ndarray:
    return (axis / np.clip(value, WIDEST**-2, NARROWEST**-2)) @ axis.T
