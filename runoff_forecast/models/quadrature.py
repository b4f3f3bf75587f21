"""Scales integrated out: a few points of a low-discrepancy set around the mode of their posterior, with weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, qmc

from .laplace import Mode, Solver
from .latent import Latent, scale_widths

POINTS = 16
PROBE = 0.5
"""Distance in log scale of the probes that measure curvature."""
DEVIATION_LIMITS = (0.08, 0.9)
"""A log scale's deviation is never taken below or above these: a flat direction has its prior, a sharp one still moves."""


@dataclass(frozen=True, eq=False)
class Mixture:
    """Modes at several scales and their posterior weights, which sum to one."""

    modes: tuple[Mode, ...]
    weights: np.ndarray

    @property
    def best(self) -> Mode:
        return self.modes[int(np.argmax(self.weights))]


def integrate(solver: Solver, start: Latent, scales: np.ndarray | None = None) -> Mixture:
    """Quadrature over the eight log scales: importance weights on Sobol points from a Gaussian fitted at the mode."""
    centre = np.log(0.5 * scale_widths(solver.evidence.priors)) if scales is None else np.log(scales)
    mode = solver.at(np.exp(centre), start)
    deviation = np.full(centre.shape, 0.4)
    for _ in range(2):
        centre, deviation, mode = _sweep(solver, centre, deviation, mode)
    points = qmc.Sobol(centre.size, scramble=True, rng=np.random.default_rng(20210606)).random(POINTS)
    z = norm.ppf(np.clip(points, 1e-4, 1 - 1e-4)).reshape(POINTS, *centre.shape)
    z[0] = 0.0
    modes = tuple(solver.at(np.exp(centre + deviation * step), mode.latent) for step in z)
    log_weight = np.array([m.log_marginal for m in modes]) + 0.5 * (z**2).sum(axis=(1, 2))
    weight = np.exp(log_weight - log_weight.max())
    return Mixture(modes, weight / weight.sum())


def _sweep(solver: Solver, centre: np.ndarray, deviation: np.ndarray, mode: Mode) -> tuple[np.ndarray, np.ndarray, Mode]:
    """One pass of parabolas through three points of each log scale."""
    low, high = DEVIATION_LIMITS
    for index in np.ndindex(centre.shape):
        value = []
        for sign in (-1.0, 1.0):
            probe = centre.copy()
            probe[index] += sign * PROBE
            value.append(solver.at(np.exp(probe), mode.latent).log_marginal)
        bend = (value[0] - 2.0 * mode.log_marginal + value[1]) / PROBE**2
        slope = (value[1] - value[0]) / (2.0 * PROBE)
        move = np.clip(-slope / bend, -2.0 * PROBE, 2.0 * PROBE) if bend < -1e-3 else PROBE * np.sign(slope)
        trial = centre.copy()
        trial[index] += move
        candidate = solver.at(np.exp(trial), mode.latent)
        if candidate.log_marginal >= mode.log_marginal:
            centre, mode = trial, candidate
        deviation = deviation.copy()
        deviation[index] = np.clip(1.0 / np.sqrt(max(-bend, 1e-6)), low, high)
    return centre, deviation, mode
