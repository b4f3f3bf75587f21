"""Who comes first, second and third in each draw; a tie is shared evenly among the tied."""

from collections import defaultdict
from itertools import combinations

import numpy as np


def pools_last(votes: np.ndarray, standing: np.ndarray) -> np.ndarray:
    """Votes (draw, candidate) with less than none for those who are not standing, so that nobody comes after them."""
    return np.where(standing, votes, -1.0)


def rank_shares(votes: np.ndarray) -> np.ndarray:
    """The part of each rank that falls to each candidate, shaped (draw, candidate, rank), from votes (draw, candidate).

    Both the ranks of a candidate and the candidates of a rank sum to one.
    """
    ahead = (votes[:, None, :] > votes[:, :, None]).sum(axis=2)[..., None]
    level = (votes[:, None, :] == votes[:, :, None]).sum(axis=2)[..., None]
    rank = np.arange(votes.shape[1])
    return np.where((rank >= ahead) & (rank < ahead + level), 1.0 / level, 0.0)


def best_rivals(votes: np.ndarray, places: int) -> np.ndarray:
    """Per draw and candidate, the position of the rival to beat for one of the first `places` ranks."""
    order = np.argsort(-votes, axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(votes.shape[1])[None, :], axis=1)
    # Inside the places the first one outside them is the threat; outside, the last one inside is the target.
    target = np.where(rank < places, places, places - 1)
    return np.take_along_axis(order, target, axis=1)


def group_probability(votes: np.ndarray, size: int, weights: np.ndarray) -> dict[tuple[int, ...], float]:
    """The probability that exactly these candidates (positions, ascending) take the first `size` ranks."""
    order = np.argsort(-votes, axis=1, kind="stable")
    ranked = np.take_along_axis(votes, order, axis=1)
    tied = ranked[:, size - 1] == ranked[:, size] if size < votes.shape[1] else np.zeros(len(votes), dtype=bool)
    clear = np.sort(order[~tied, :size], axis=1)
    groups, group = np.unique(clear, axis=0, return_inverse=True)
    chance: dict[tuple[int, ...], float] = defaultdict(float)
    for members, weight in zip(groups, np.bincount(group.ravel(), weights[~tied], len(groups)), strict=True):
        chance[tuple(int(position) for position in members)] += float(weight)
    for row in np.flatnonzero(tied):
        for members, part in _tied_groups(votes[row], size):
            chance[members] += part * float(weights[row])
    return dict(chance)


def _tied_groups(votes: np.ndarray, size: int) -> list[tuple[tuple[int, ...], float]]:
    cut = np.sort(votes)[-size]
    sure = np.flatnonzero(votes > cut)
    choices = list(combinations(np.flatnonzero(votes == cut), size - len(sure)))
    return [(tuple(sorted(int(position) for position in (*sure, *choice))), 1.0 / len(choices)) for choice in choices]
