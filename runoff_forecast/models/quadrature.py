"""Scales integrated out: a few points of a low-discrepancy set around the mode of their posterior, with weights.

All this happens in scores, the normal quantiles of the scales under their priors. Where the count tells nothing of a
scale, its posterior is a standard normal in scores; in logs it would have a long tail towards zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr, ndtri, ndtri_exp

from .laplace import Mode, NoMode, Solver, Tangent
from .latent import Latent, log_scale_prior, scale_widths
from .priors import Priors

POINTS = 20
"""With a dozen the margin of Peru 2021's districts was 8 % too narrow: its width follows the scale of drift, of which
the count says next to nothing; with twice as many it is 1 to 2 % wider."""
COARSE_POINTS = 16
"""The same with coarse batches, where a point costs many times as much and the order of arrival leaves more in
doubt."""
NEAR = 0.01
"""Distance in scores at which slopes are measured, at most."""
SMALL = 0.05
"""The same in deviations."""
FAR = 0.35
"""Distance at which curvature is measured, if one deviation is not nearer."""
WIDEST, NARROWEST = 1.0, 0.0003
"""Limits to a score's deviation: a flat direction keeps to its prior, a sharp one still moves."""
REACH = 1.0
"""Longest step of a score in one iteration."""
STEPS = 25
NEWTON_STEPS = 4
"""Between two steps of the scales, at most: the next is under another tangent anyway."""
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
    tangent, centre, information = search(solver, start, scales)
    fields = [Ridge(solver, tangent, (field,), centre) for field in range(2)]
    return _mixture(solver, tangent, centre, [_root(field, information[field.block]) for field in fields])


def scores_of(scales: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Normal quantiles of the scales under their half-normal priors."""
    return -ndtri_exp(np.log(2.0) + log_ndtr(-scales / widths))


def scales_at(scores: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Scales with these scores."""
    return -widths * ndtri_exp(log_ndtr(-scores) - np.log(2.0))


def search(solver: Solver, start: Latent, scales: np.ndarray | None = None) -> tuple[Tangent, np.ndarray, np.ndarray]:
    """The tangent at the mode, the scores (5, 2) there and their information (10, 10)."""
    widths = scale_widths(solver.evidence.priors)
    centre = scores_of(0.4 * widths if scales is None else scales, widths)
    tangent, mode = solver.climb(scales_at(centre, widths), solver.tangent(start))
    information = _information(solver, mode, centre)
    for _ in range(STEPS):
        step = _step(solver, tangent, centre, information)
        if not step.any():
            break
        centre = centre + step
        tangent, mode = solver.climb(scales_at(centre, widths), tangent, steps=NEWTON_STEPS)
        information = _information(solver, mode, centre)
    return tangent, centre, information


def _information(solver: Solver, mode: Mode, scores: np.ndarray) -> np.ndarray:
    """(10, 10) average information of the scores, their prior's being one."""
    ratio = mode.scales / scale_widths(solver.evidence.priors)
    stretch = (0.5 / ratio * np.exp(0.5 * (ratio**2 - scores**2))).T.reshape(-1)  # of a log scale by its score
    return stretch[:, None] * solver.scale_information(mode) * stretch + np.eye(len(stretch))


@dataclass(frozen=True, eq=False)
class Ridge:
    """The log marginal of scores under one tangent, as a function of some fields' alone."""

    solver: Solver
    tangent: Tangent
    fields: tuple[int, ...]
    scores: np.ndarray
    """(5, 2) where the other field stays"""

    @property
    def where(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns of the fields' scores among all, field by field."""
        rows = np.arange(len(self.scores))
        return np.tile(rows, len(self.fields)), np.repeat(self.fields, len(rows))

    @property
    def block(self) -> tuple[np.ndarray, ...]:
        """Where these scores stand in a matrix of all, support's first."""
        rows, fields = self.where
        return np.ix_(rows + len(self.scores) * fields, rows + len(self.scores) * fields)

    def height(self, scores: np.ndarray) -> float:
        """Minus infinity where there is no mode."""
        everything = self.scores.copy()
        everything[self.where] = scores
        priors = self.solver.evidence.priors
        scales = scales_at(everything, scale_widths(priors))
        try:
            if self.tangent.coarse is None and len(self.fields) == 1:
                value = self.solver.marginal(self.tangent, self.fields[0], scales[self.where])
            else:
                value = self.solver.weigh(self.tangent, scales).log_marginal
        except NoMode:
            return -np.inf
        return value + _log_stretch(priors, scales, everything)

    def slope(self, scores: np.ndarray, here: float, covariance: np.ndarray) -> np.ndarray:
        """Of the height, which is `here` there, over a small part of a deviation."""
        near = np.minimum(NEAR, SMALL * np.sqrt(np.diag(covariance)))
        return np.array([self.height(moved) - here for moved in scores + np.diag(near)]) / near


def _log_stretch(priors: Priors, scales: np.ndarray, scores: np.ndarray) -> float:
    """What a log density of log scales gains as one of scores, up to a constant: a standard normal for their prior."""
    return -0.5 * float((scores**2).sum()) - log_scale_prior(priors, scales)


def _ridges(solver: Solver, tangent: Tangent, scores: np.ndarray) -> list[Ridge]:
    """Without coarse batches the fields do not touch."""
    fields = ((0,), (1,)) if tangent.coarse is None else ((0, 1),)
    return [Ridge(solver, tangent, each, scores) for each in fields]


def _step(solver: Solver, tangent: Tangent, scores: np.ndarray, information: np.ndarray) -> np.ndarray:
    """A step (5, 2) uphill under the tangent, zero where it promises next to nothing."""
    out = np.zeros_like(scores)
    for ridge in _ridges(solver, tangent, scores):
        here, covariance = scores[ridge.where], _covariance(information[ridge.block])
        height = ridge.height(here)
        slope = ridge.slope(here, height, covariance)
        step = np.clip(covariance @ slope, -REACH, REACH)
        if slope @ step < GAIN:
            continue
        while (found := ridge.height(here + step)) < height and np.max(np.abs(step)) > NEAR:
            step = 0.4 * step
        if found > height:
            out[ridge.where] = step
    return out


def _root(ridge: Ridge, information: np.ndarray) -> np.ndarray:
    """Root of the scores' covariance: axes from their information, deviations from differences of about one
    deviation along them, as the quadrature wants them wider than at the very top."""
    value, axis = np.linalg.eigh(information)
    width = np.minimum(FAR, np.clip(value, WIDEST**-2, NARROWEST**-2) ** -0.5)
    scores = ridge.scores[ridge.where]
    here = ridge.height(scores)
    sides = (width * axis).T
    bend = [2.0 * here - ridge.height(scores + side) - ridge.height(scores - side) for side in sides] / width**2
    return np.linalg.cholesky(_inverse(bend, axis))


def _mixture(solver: Solver, tangent: Tangent, centre: np.ndarray, roots: list[np.ndarray]) -> Mixture:
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
