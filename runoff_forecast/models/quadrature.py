"""Scales integrated out: a few points of a low-discrepancy set around the mode of their posterior, with weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from .laplace import Mode, NoMode, Solver, Tangent
from .latent import SCALES, Latent, scale_widths

POINTS = 12
NEAR = 0.01
"""Distance in log scale at which slopes are measured, at most."""
SMALL = 0.05
"""The same in deviations."""
FAR = 0.35
"""Distance at which curvature is measured, if one deviation is not nearer."""
WIDEST, NARROWEST = 0.8, 0.0003
"""Limits to a log scale's deviation: a flat direction keeps to its prior, a sharp one still moves."""
REACH = 1.0
"""Longest step of a log scale in one iteration."""
STEPS = 25
ROUNDS = 8
SETTLED = 0.1
"""A search ends once no log scale moves by more than this many of its deviations."""
GAIN = 0.01
"""Iterations under one tangent end once a step promises less than this in log density."""


@dataclass(frozen=True, eq=False)
class Mixture:
    """Posteriors at several scales and their weights, which sum to one."""

    modes: tuple[Mode, ...]
    weights: np.ndarray

    @property
    def best(self) -> Mode:
        return self.modes[int(np.argmax(self.weights))]

    @property
    def effective(self) -> float:
        """How many equally weighted points the weights are worth."""
        return float(1.0 / (self.weights**2).sum())


def integrate(solver: Solver, start: Latent, scales: np.ndarray | None = None) -> Mixture:
    """Quadrature over the ten log scales: importance weights on points from a Gaussian fitted at the mode.

    The search for the mode keeps the likelihood's tangent and moves the scales, since the tangent hardly depends on
    them. `start` and `scales` may be those of an earlier mode.
    """
    centre = np.log(0.4 * scale_widths(solver.evidence.priors)) if scales is None else np.log(scales)
    tangent, _ = solver.climb(np.exp(centre), solver.tangent(start))
    covariances = None
    for _ in range(ROUNDS):
        ridges = _ridges(solver, tangent)
        covariances = covariances or [_first_guess(ridge, centre[ridge.where]) for ridge in ridges]
        before, centre = centre, centre.copy()
        for number, ridge in enumerate(ridges):
            centre[ridge.where], covariances[number] = _ascend(ridge, before[ridge.where], covariances[number])
        tangent, _ = solver.climb(np.exp(centre), tangent)
        deviation = np.sqrt(np.concatenate([np.diag(covariance) for covariance in covariances]))
        moved = np.concatenate([(centre - before)[ridge.where] for ridge in ridges])
        if np.max(np.abs(moved) / np.clip(deviation, NARROWEST, WIDEST)) < SETTLED:
            break
    fields = [Ridge(solver, tangent, (field,), centre) for field in range(2)]
    spread = [_covariance(_bend(ridge, centre[ridge.where])) for ridge in fields]
    return _mixture(solver, tangent, centre, [np.linalg.cholesky(covariance) for covariance in spread])


@dataclass(frozen=True, eq=False)
class Ridge:
    """The log marginal of log scales under one tangent, as a function of some fields' alone."""

    solver: Solver
    tangent: Tangent
    fields: tuple[int, ...]
    log: np.ndarray
    """(5, 2) where the other field stays"""

    @property
    def where(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns of the fields' log scales among all, field by field."""
        rows = np.arange(len(self.log))
        return np.tile(rows, len(self.fields)), np.repeat(self.fields, len(rows))

    def height(self, log: np.ndarray) -> float:
        """Minus infinity where there is no mode."""
        everything = self.log.copy()
        everything[self.where] = log
        try:
            if self.tangent.coarse is None and len(self.fields) == 1:
                return self.solver.marginal(self.tangent, self.fields[0], np.exp(log))
            return self.solver.weigh(self.tangent, np.exp(everything)).log_marginal
        except NoMode:
            return -np.inf

    def slope(self, log: np.ndarray, here: float, covariance: np.ndarray) -> np.ndarray:
        """Of the height, which is `here` there, over a small part of a deviation."""
        near = np.minimum(NEAR, SMALL * np.sqrt(np.diag(covariance)))
        return np.array([self.height(moved) - here for moved in log + np.diag(near)]) / near


def _ridges(solver: Solver, tangent: Tangent) -> list[Ridge]:
    """Without coarse batches the fields do not touch."""
    fields = ((0,), (1,)) if tangent.coarse is None else ((0, 1),)
    return [Ridge(solver, tangent, each, np.zeros((len(SCALES), 2))) for each in fields]


def _first_guess(ridge: Ridge, log: np.ndarray) -> np.ndarray:
    """A covariance from the curvature along each log scale alone."""
    here = ridge.height(log)
    probes = FAR * np.eye(len(log))
    bend = np.array([ridge.height(log + p) - 2.0 * here + ridge.height(log - p) for p in probes]) / FAR**2
    return np.diag(1.0 / np.clip(np.abs(bend), WIDEST**-2, NARROWEST**-2))


def _ascend(ridge: Ridge, log: np.ndarray, covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The top of the ridge from `log` on, and the covariance that the way tells of (BFGS)."""
    height = ridge.height(log)
    slope = ridge.slope(log, height, covariance)
    for _ in range(STEPS):
        step = np.clip(covariance @ slope, -REACH, REACH)
        if slope @ step < GAIN:
            break
        while (found := ridge.height(log + step)) < height and np.max(np.abs(step)) > NEAR:
            step = 0.4 * step
        if found < height:
            break
        log, height, before = log + step, found, slope
        slope = ridge.slope(log, height, covariance)
        covariance = _learnt(covariance, step, before - slope)
    return log, covariance


def _learnt(covariance: np.ndarray, step: np.ndarray, fall: np.ndarray) -> np.ndarray:
    """The covariance under which the slope falls by `fall` along `step`, else as before (Broyden et al. 1970)."""
    across = step @ fall
    if across <= 1e-6 * np.linalg.norm(step) * np.linalg.norm(fall):
        return covariance
    turn = np.eye(len(step)) - np.outer(step, fall) / across
    return turn @ covariance @ turn.T + np.outer(step, step) / across


def _bend(ridge: Ridge, log: np.ndarray) -> np.ndarray:
    """Curvature by differences of about one deviation, as the quadrature wants it wider than at the very top."""
    n, here, axes = len(log), ridge.height(log), np.eye(len(log))
    width = np.full(n, FAR)
    for _ in range(2):  # a deviation is known once curvature is
        sides = [(ridge.height(log + w * a), ridge.height(log - w * a)) for w, a in zip(width, axes, strict=True)]
        along = np.array([(up - 2.0 * here + down) / w**2 for (up, down), w in zip(sides, width, strict=True)])
        if (-along * width**2 < 4.0).all():
            break
        width = np.minimum(width, np.sqrt(1.0 / np.clip(-along, WIDEST**-2, NARROWEST**-2)))
    bend = np.diag(along)
    for i in range(n):
        for j in range(i):
            both = ridge.height(log + width[i] * axes[i] + width[j] * axes[j])
            bend[i, j] = bend[j, i] = (both - sides[i][0] - sides[j][0] + here) / (width[i] * width[j])
    return bend


def _mixture(solver: Solver, tangent: Tangent, centre: np.ndarray, roots: list[np.ndarray]) -> Mixture:
    z = _normal_points(POINTS, centre.size).reshape(POINTS, *centre.shape)
    logs = [centre + np.column_stack([roots[0] @ step[:, 0], roots[1] @ step[:, 1]]) for step in z]
    if tangent.coarse is not None:  # their tangent turns with the scales
        modes = tuple(solver.climb(np.exp(log), tangent, steps=1)[1] for log in logs)
    else:
        modes = tuple(solver.posterior(tangent, np.exp(log)) for log in logs)
    log_weight = np.array([m.log_marginal for m in modes]) + 0.5 * (z**2).sum(axis=(1, 2))
    weight = np.exp(log_weight - log_weight.max())
    return Mixture(modes, weight / weight.sum())


def _normal_points(n: int, dimensions: int) -> np.ndarray:
    """A rank-one lattice of normal scores, the first at the mode (Roberts' generalised golden ratio)."""
    root = 2.0
    for _ in range(40):
        root = (1.0 + root) ** (1.0 / (dimensions + 1))
    steps = root ** -np.arange(1.0, dimensions + 1.0)
    return ndtri((0.5 + np.arange(n)[:, None] * steps) % 1.0 * 0.998 + 0.001)


def _covariance(bend: np.ndarray) -> np.ndarray:
    """Inverse of the negative curvature, its deviations kept within limits along its own axes."""
    value, axis = np.linalg.eigh(-bend)
    return (axis / np.clip(value, WIDEST**-2, NARROWEST**-2)) @ axis.T
