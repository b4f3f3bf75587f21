"""Scales integrated out: a few points of a low-discrepancy set around the mode of their posterior, with weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from .laplace import Mode, Solver, Tangent
from .latent import Latent, scale_widths

POINTS = 12
PROBE = 0.35
"""Distance in log scale of the first probes that measure slope and curvature; later ones go one deviation far."""
WIDEST, NARROWEST = 0.8, 0.003
"""Limits to a log scale's deviation: a flat direction keeps to its prior, a sharp one still moves."""
REACH = 0.8
"""Longest step of a log scale in one round."""
ROUNDS = 8
SETTLED = 0.3
"""A search ends once no log scale moves by more than this many of its deviations."""


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
    """Quadrature over the eight log scales: importance weights on points from a Gaussian fitted at the mode.

    The search for the mode keeps the likelihood's tangent and moves the scales, since the tangent hardly depends on them.
    """
    centre = np.log(0.4 * scale_widths(solver.evidence.priors)) if scales is None else np.log(scales)
    tangent, _ = solver.climb(np.exp(centre), start)
    roots = [np.eye(len(centre))] * 2
    probe = np.full(centre.shape, PROBE)
    for _ in range(ROUNDS):
        moved = np.zeros_like(centre)
        slope, bend = _shape(solver, tangent, centre, probe)
        for field in range(2):
            covariance = _covariance(bend[field])
            moved[:, field] = np.clip(covariance @ slope[field], -REACH, REACH)
            roots[field] = np.linalg.cholesky(covariance)
            probe[:, field] = np.clip(np.sqrt(np.diag(covariance)), NARROWEST, PROBE)
        centre = centre + moved
        tangent, _ = solver.climb(np.exp(centre), tangent.latent)
        if np.max(np.abs(moved) / probe) < SETTLED:
            break
    return _mixture(solver, tangent, centre, roots)


def _mixture(solver: Solver, tangent: Tangent, centre: np.ndarray, roots: list[np.ndarray]) -> Mixture:
    z = _normal_points(POINTS, centre.size).reshape(POINTS, *centre.shape)
    logs = [centre + np.column_stack([roots[0] @ step[:, 0], roots[1] @ step[:, 1]]) for step in z]
    if len(solver.evidence.coarse):  # their tangent turns with the scales
        modes = tuple(solver.climb(np.exp(log), tangent.latent, steps=2)[1] for log in logs)
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


def _shape(
    solver: Solver, tangent: Tangent, centre: np.ndarray, probe: np.ndarray
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Slope (4,) and curvature (4, 4) of the log marginal in either field's log scales, by differences of `probe` (4, 2).

    Without coarse batches the fields do not touch: both move at once and each is read from its own part.
    """
    n = len(centre)
    values = {move: _by_field(solver, tangent, centre, probe * np.array(move, float)[:, None]) for move in _moves(n)}
    slope, bend = [np.zeros(n), np.zeros(n)], [np.zeros((n, n)), np.zeros((n, n))]
    for field in range(2):
        value = {move: v[field] for move, v in values.items()}
        here, width = value[(0,) * n], probe[:, field]
        for i in range(n):
            up, down = value[_at(n, i)], value[_at(n, i, sign=-1)]
            slope[field][i] = (up - down) / (2.0 * width[i])
            bend[field][i, i] = (up - 2.0 * here + down) / width[i] ** 2
            for j in range(i):
                cross = value[_at(n, i, j)] - up - value[_at(n, j)] + here
                bend[field][i, j] = bend[field][j, i] = cross / (width[i] * width[j])
    return slope, bend


def _at(n: int, *indices: int, sign: int = 1) -> tuple[int, ...]:
    return tuple(sign if k in indices else 0 for k in range(n))


def _moves(n: int) -> list[tuple[int, ...]]:
    single = [_at(n, i, sign=s) for i in range(n) for s in (1, -1)]
    return [(0,) * n, *single, *(_at(n, i, j) for i in range(n) for j in range(i))]


def _by_field(solver: Solver, tangent: Tangent, centre: np.ndarray, move: np.ndarray) -> np.ndarray:
    if not len(solver.evidence.coarse):
        scales = np.exp(centre + move)
        widths = scale_widths(solver.evidence.priors)
        return solver.weigh(tangent, scales).by_field + (np.log(scales) - 0.5 * (scales / widths) ** 2).sum(axis=0)
    logs = [centre + move * field for field in np.eye(2)]
    return np.array([solver.weigh(tangent, np.exp(log)).log_marginal for log in logs])


def _covariance(bend: np.ndarray) -> np.ndarray:
    """Inverse of the negative curvature, its deviations kept within limits along its own axes."""
    value, axis = np.linalg.eigh(-bend)
    return (axis / np.clip(value, WIDEST**-2, NARROWEST**-2)) @ axis.T
