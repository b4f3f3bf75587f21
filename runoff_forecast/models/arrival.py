"""The order of arrival: which units of a group are likely in when a share of the group is, and how late a batch is."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

NEWTON_STEPS = 12
CONVERGED, CONVERGED_SINGLE = 1e-7, 1e-3
"""Logits: the last step of a threshold, also in single precision; Newton's error is then the square of that."""
FULL = 1.0 - 1e-9


def lateness(start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """Mean of a standard normal between its `start` and `stop` quantiles: negative early in a count, positive late.

    Stations are put in their order of arrival and that order is read as normal scores, so that support may change along
    the order by this number of logits per deviation, and the last hamlets differ more than the middle of the count.
    """
    start, stop = np.broadcast_arrays(np.clip(start, 0.0, 1.0), np.clip(stop, 0.0, 1.0))
    width = np.maximum(stop - start, 1e-6)
    edges = _density(ndtri(start)) - _density(ndtri(stop))
    middle = ndtri(np.clip(0.5 * (start + stop), 1e-4, 1 - 1e-4))
    return np.where(stop - start > 1e-5, edges / width, middle)


def _density(x: np.ndarray) -> np.ndarray:
    # scipy.stats has it too, but takes most of a second to import
    return np.exp(-0.5 * x**2) / np.sqrt(2.0 * np.pi)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Of any number, without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def threshold(score: np.ndarray, weight: np.ndarray, fraction: float) -> np.ndarray:
    """The `k` (draws) at which `sum weight * sigmoid(k + score)` is `fraction` of the sum of weights.

    `score` is (members, ...) and `weight` (members). Newton on the logit of the mean, from a start that is exact for
    one member. In single precision where the scores are.
    """
    share = (weight / weight.sum()).astype(score.dtype)
    mean = share @ score
    k = _first(mean, share @ (score * score) - mean**2, fraction).astype(score.dtype)
    converged = CONVERGED if score.dtype == np.float64 else CONVERGED_SINGLE
    for _ in range(NEWTON_STEPS):
        w = sigmoid(k + score)
        value = share @ w
        step = _step(value, value - share @ (w * w), fraction)
        k = (k - step).astype(score.dtype)
        if np.max(np.abs(step)) < converged:
            break
    return k


def thresholds(score: np.ndarray, weight: np.ndarray, fraction: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The same for several sets of members at once, one after the other in `score` and `weight` from `starts` on."""
    size = np.diff(np.r_[starts, len(score)])

    def over(values: np.ndarray) -> np.ndarray:
        return np.add.reduceat(values, starts)

    share = weight / np.repeat(over(weight), size)
    mean = over(share * score)
    k = _first(mean, over(share * score**2) - mean**2, fraction)
    for _ in range(NEWTON_STEPS):
        w = sigmoid(np.repeat(k, size) + score)
        step = _step(over(share * w), over(share * w * (1.0 - w)), fraction)
        k = k - step
        if np.max(np.abs(step)) < CONVERGED:
            break
    return k


def _first(mean: np.ndarray, variance: np.ndarray, fraction: np.ndarray | float) -> np.ndarray:
    return _logit(fraction) * np.sqrt(1.0 + np.maximum(variance, 0.0) * np.pi / 8.0) - mean


def _step(value: np.ndarray, slope: np.ndarray, fraction: np.ndarray | float) -> np.ndarray:
    value = np.clip(np.asarray(value, float), 1e-12, 1 - 1e-12)  # in single precision the upper end would be one
    return np.clip((_logit(value) - _logit(fraction)) * value * (1.0 - value) / np.maximum(slope, 1e-12), -4.0, 4.0)


def _logit(share: np.ndarray | float) -> np.ndarray:
    return np.log(share) - np.log1p(-np.asarray(share))


def counted_share(score: np.ndarray, weight: np.ndarray, fraction: float) -> np.ndarray:
    """Expected counted share of each member (members, ...) when `fraction` of the group's stations is in."""
    if fraction <= 0.0:
        return np.zeros_like(score)
    if fraction >= FULL:
        return np.ones_like(score)
    return sigmoid(threshold(score, weight, fraction) + score)
