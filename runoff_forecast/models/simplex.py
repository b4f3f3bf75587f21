"""Shares of candidates, and the contrasts that the model writes them in: from the one to the other, and their noise."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

INVERSIONS = 4
"""Fixed-point steps from mean shares back to logits; each shrinks the error by about the predictor's variance."""


def contrasts(candidates: int) -> np.ndarray:
    """Orthogonal contrasts (candidate, component) with half-unit rows: for two candidates the one component is the
    logit.

    Any two rows differ by a vector of length one, so a prior scale reads "logits between any two candidates" whatever
    their number, and no candidate is the reference (Egozcue et al. 2003, isometric log-ratio, rescaled by the root of
    1/2).
    """
    helmert = np.zeros((candidates, candidates - 1))
    for j in range(1, candidates):
        helmert[:j, j - 1] = 1.0 / j
        helmert[j, j - 1] = -1.0
        helmert[:, j - 1] /= np.linalg.norm(helmert[:, j - 1])
    return helmert / np.sqrt(2.0)


def to_contrasts(logs: np.ndarray, contrast: np.ndarray) -> np.ndarray:
    """Contrasts (..., D) of log shares (..., K), whatever is added to all of a row."""
    return 2.0 * logs @ contrast


def to_logits(contrasts: np.ndarray, contrast: np.ndarray) -> np.ndarray:
    """Log shares (..., K), up to what is added to all of a row, from their contrasts (..., D)."""
    return contrasts @ contrast.T


def softmax(logits: np.ndarray) -> np.ndarray:
    """Along the last axis."""
    if logits.shape[-1] == 2:  # many times faster than the general way
        first = expit(logits[..., 0] - logits[..., 1])
        return np.stack([first, 1.0 - first], axis=-1)
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def shares_of(support: np.ndarray, contrast: np.ndarray) -> np.ndarray:
    """Support (C, K, m) from its contrasts (C, D, m)."""
    if len(contrast) == 2:  # one exponential instead of two, and no product of matrices of two numbers
        shares = np.empty((len(support), 2, support.shape[2]), np.result_type(support, contrast))
        first, second = shares[:, 0], shares[:, 1]
        np.exp((contrast[1, 0] - contrast[0, 0]) * support[:, 0], out=first)
        first += 1.0
        np.divide(1.0, first, out=first)
        np.subtract(1.0, first, out=second)
        return shares
    logits = contrast @ support
    np.exp(logits - logits.max(axis=1, keepdims=True), out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits


def multinomial_information(share: np.ndarray, contrast: np.ndarray) -> np.ndarray:
    """Information (..., D, D) of one vote about the contrasts."""
    if contrast.shape == (2, 1):  # many times faster than the general product
        return (share[:, 0] * share[:, 1])[:, None, None] * (contrast[0, 0] - contrast[1, 0]) ** 2
    mean = share @ contrast
    return contrast.T @ (share[:, :, None] * contrast) - mean[:, :, None] * mean[:, None, :]


def contrast_variance(share: np.ndarray, contrast: np.ndarray) -> np.ndarray:
    """(N, D) variance of each contrast over one vote: what the vote tells of it."""
    return share @ contrast**2 - (share @ contrast) ** 2


def mean_share(logits: np.ndarray, covariance: np.ndarray, contrast: np.ndarray) -> np.ndarray:
    """Mean of the shares (n, K) where noise of such covariance (n, D, D) is added to the contrasts.

    To second order in the sum that the shares are divided by; exact to 2 % where two candidates' variance is 1.
    """
    if contrast.shape == (2, 1):  # many times faster than the general way
        return _mean_of_two(softmax(logits)[:, 0], covariance[:, 0, 0] * contrast[0, 0] ** 2)
    noise = contrast @ covariance @ contrast.T
    own = softmax(logits + 0.5 * np.diagonal(noise, axis1=1, axis2=2))
    parts = own[:, None, :] * np.exp(noise)  # of the sum, each candidate's votes the weight
    total = parts.sum(axis=2)
    excess = ((parts @ np.expm1(noise)) * parts).sum(axis=2) / total**2
    share = own / total * (1.0 + excess)
    return share / share.sum(axis=1, keepdims=True)


def _mean_of_two(share: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """The same (n, 2) for two candidates, from the first one's share and the variance of his own contrast."""
    with_it, against = np.exp(variance), np.exp(-variance)
    parts = np.stack([share * with_it, (1.0 - share) * against]), np.stack([share * against, (1.0 - share) * with_it])
    mean = []
    for (own, other), before in zip(parts, (share, 1.0 - share), strict=True):
        total = own + other
        excess = (with_it - 1.0) * (own**2 + other**2) + 2.0 * (against - 1.0) * own * other
        mean.append(before / total * (1.0 + excess / total**2))
    first = mean[0] / (mean[0] + mean[1])
    return np.column_stack([first, 1.0 - first])


def logits_of_mean(share: np.ndarray, covariance: np.ndarray, contrast: np.ndarray) -> np.ndarray:
    """The logits whose `mean_share` is this."""
    wanted = np.log(np.clip(share, 1e-9, 1.0))
    logits = wanted
    for _ in range(INVERSIONS):
        logits = logits + wanted - np.log(mean_share(logits, covariance, contrast))
    return logits
