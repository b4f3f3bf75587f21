"""The order of arrival: which units of a group are likely in when a share of the group is, and how late a batch is."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

NEWTON_STEPS = 12
FULL = 1.0 - 1e-9


def lateness(start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """Mean of a standard normal between its `start` and `stop` quantiles: negative early in a count, positive late.

    Stations are put in their order of arrival and that order is read as normal scores, so that support may change along
    the order by so many logits per deviation, and the last hamlets differ more than the middle of the count.
    """
    start, stop = np.broadcast_arrays(np.clip(start, 0.0, 1.0), np.clip(stop, 0.0, 1.0))
    width = np.maximum(stop - start, 1e-6)
    edges = norm.pdf(norm.ppf(start)) - norm.pdf(norm.ppf(stop))
    middle = norm.ppf(np.clip(0.5 * (start + stop), 1e-4, 1 - 1e-4))
    return np.where(stop - start > 1e-5, edges / width, middle)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def threshold(score: np.ndarray, weight: np.ndarray, fraction: float) -> np.ndarray:
    """The `k` (draws) at which `sum weight * sigmoid(k + score)` is `fraction` of the sum of weights.

    `score` is (..., members) and `weight` (members). Newton on the logit of the mean from a start that is exact for one member.
    """
    share = weight / weight.sum()
    mean = score @ share
    spread = ((score - mean[..., None]) ** 2) @ share
    target = np.log(fraction) - np.log1p(-fraction)
    k = target * np.sqrt(1.0 + spread * np.pi / 8.0) - mean
    for _ in range(NEWTON_STEPS):
        w = sigmoid(k[..., None] + score)
        value = np.clip(w @ share, 1e-12, 1 - 1e-12)
        slope = (w * (1.0 - w)) @ share
        step = (np.log(value) - np.log1p(-value) - target) * value * (1.0 - value) / np.maximum(slope, 1e-12)
        k = k - np.clip(step, -4.0, 4.0)
        if np.max(np.abs(step)) < 1e-10:
            break
    return k


def counted_share(score: np.ndarray, weight: np.ndarray, fraction: float) -> np.ndarray:
    """Expected counted share of each member (..., members) when `fraction` of the group's stations is in."""
    if fraction <= 0.0:
        return np.zeros_like(score)
    if fraction >= FULL:
        return np.ones_like(score)
    return sigmoid(threshold(score, weight, fraction)[..., None] + score)
