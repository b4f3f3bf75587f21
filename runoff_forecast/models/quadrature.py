"""Scales integrated out: a few points of a low-discrepancy set around the mode of their posterior, with weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from .laplace import Mode, NoMode, Solver, Tangent
from .latent import Latent, scale_widths

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
GAIN = 0.01
"""A search ends once a step promises less than this in log density."""


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

    The search steps to where the average information says that the mode is, and takes the likelihood's tangent anew
    after each step. `start` and `scales` may be those of an earlier mode.
    """
    tangent, centre, information = search(solver, start, scales)
    fields = [Ridge(solver, tangent, (field,), centre) for field in range(2)]
    return _mixture(solver, tangent, centre, [_root(field, information[field.block]) for field in fields])


def search(solver: Solver, start: Latent, scales: np.ndarray | None = None) -> tuple[Tangent, np.ndarray, np.ndarray]:
    """The tangent at the mode, the log scales (5, 2) there and their information (10, 10)."""
    centre = np.log(0.4 * scale_widths(solver.evidence.priors)) if scales is None else np.log(scales)
    tangent, mode = solver.climb(np.exp(centre), solver.tangent(start))
    information = solver.scale_information(mode)
    for _ in range(STEPS):
        step = _step(solver, tangent, centre, information)
        if not step.any():
            break
        centre = centre + step
        tangent, mode = solver.climb(np.exp(centre), tangent)
        information = solver.scale_information(mode)
    return tangent, centre, information


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

    @property
    def block(self) -> tuple[np.ndarray, ...]:
        """Where these log scales stand in a matrix of all, support's first."""
        rows, fields = self.where
        return np.ix_(rows + len(self.log) * fields, rows + len(self.log) * fields)

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

    def slope(self, log: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        """Of the height, over a small part of a deviation."""
        near, here = np.minimum(NEAR, SMALL * np.sqrt(np.diag(covariance))), self.height(log)
        return np.array([self.height(moved) - here for moved in log + np.diag(near)]) / near


def _ridges(solver: Solver, tangent: Tangent, log: np.ndarray) -> list[Ridge]:
    """Without coarse batches the fields do not touch."""
    fields = ((0,), (1,)) if tangent.coarse is None else ((0, 1),)
    return [Ridge(solver, tangent, each, log) for each in fields]


def _step(solver: Solver, tangent: Tangent, log: np.ndarray, information: np.ndarray) -> np.ndarray:
    """A step (5, 2) uphill under the tangent, zero where it promises next to nothing."""
    out = np.zeros_like(log)
    for ridge in _ridges(solver, tangent, log):
        here, covariance = log[ridge.where], _covariance(information[ridge.block])
        slope = ridge.slope(here, covariance)
        step, height = np.clip(covariance @ slope, -REACH, REACH), ridge.height(here)
        if slope @ step < GAIN:
            continue
        while ridge.height(here + step) < height and np.max(np.abs(step)) > NEAR:
            step = 0.4 * step
        if ridge.height(here + step) > height:
            out[ridge.where] = step
    return out


def _root(ridge: Ridge, information: np.ndarray) -> np.ndarray:
    """Root of the log scales' covariance: axes from their information, deviations from differences of about one
    deviation along them, as the quadrature wants them wider than at the very top."""
    value, axis = np.linalg.eigh(information)
    width = np.minimum(FAR, np.clip(value, WIDEST**-2, NARROWEST**-2) ** -0.5)
    log = ridge.log[ridge.where]
    here = ridge.height(log)
    bend = [2.0 * here - ridge.height(log + side) - ridge.height(log - side) for side in (width * axis).T] / width**2
    return np.linalg.cholesky(_inverse(bend, axis))


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


def _covariance(information: np.ndarray) -> np.ndarray:
    """Inverse of an information, its deviations kept within limits along its own axes."""
    return _inverse(*np.linalg.eigh(information))


def _inverse(value: np.ndarray, axis: np.ndarray) -> np.ndarray:
    return (axis / np.clip(value, WIDEST**-2, NARROWEST**-2)) @ axis.T
