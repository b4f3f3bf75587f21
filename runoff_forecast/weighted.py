"""What weighted draws say of a quantity: its mean, its spread, its quantiles and the probability of an event."""

from collections.abc import Callable, Sequence

import numpy as np

Reduction = Callable[[np.ndarray, np.ndarray], np.ndarray]

# Weights are sums of thousands of floats; a jump of their cumulative sum this near to a share is meant to be at it.
JUMP_TOLERANCE = 1e-9


def normalised(weights: np.ndarray) -> np.ndarray:
    """The weights as shares that sum to one; raises ValueError where they cannot be."""
    weights = np.asarray(weights, dtype=float)
    if weights.ndim != 1 or not np.isfinite(weights).all() or (weights < 0).any() or weights.sum() <= 0:
        raise ValueError("weights are one number >= 0 per draw, not all zero")
    return weights / weights.sum()


def effective_draws(weights: np.ndarray) -> float:
    """How many equally weighted draws would be as informative (Kish): 1 / sum of squared shares."""
    return float(1.0 / np.square(weights).sum())


def quantiles(values: np.ndarray, shares: Sequence[float], weights: np.ndarray) -> np.ndarray:
    """The quantiles of each column of `values` (draw, ...), shaped (share, ...).

    The inverse of the empirical distribution, averaged at its jumps (definition 2 of Hyndman and Fan, 1996). Without
    interpolation between draws a quantile above zero means a probability that says the same, and mirroring the draws
    mirrors the quantiles.
    """
    wrong = [share for share in shares if not 0 <= share <= 1]
    if wrong:
        raise ValueError(f"a quantile is asked for a share between 0 and 1, got {wrong[0]}")
    kept = weights > 0
    columns = values[kept].reshape(int(kept.sum()), -1)
    order = np.argsort(columns, axis=0, kind="stable")
    ordered = np.take_along_axis(columns, order, axis=0)
    reached = np.cumsum(weights[kept][order], axis=0)
    last = len(columns) - 1
    found = np.empty((len(shares), columns.shape[1]))
    for row, share in enumerate(shares):
        lower = np.minimum((reached < share - JUMP_TOLERANCE).sum(axis=0), last)
        upper = np.minimum((reached < share + JUMP_TOLERANCE).sum(axis=0), last)
        pair = np.take_along_axis(ordered, np.stack([lower, upper]), axis=0)
        found[row] = pair.mean(axis=0)
    return found.reshape(len(shares), *values.shape[1:])


def mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The weighted mean over the first axis."""
    return np.tensordot(weights, values, axes=1)


def deviation(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The weighted standard deviation over the first axis."""
    return np.sqrt(mean(np.square(values - mean(values, weights)), weights))
