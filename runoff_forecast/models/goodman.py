"""Goodman's regression with rows that are shares: of places' support on their baseline (Goodman 1953)."""

from __future__ import annotations

import numpy as np

from ..outcome import Forecast
from .design import Design, build_design, minor_pooled
from .simplex import softmax, to_logits

DRAWS = 200
"""Draws of the forecast that are followed; each end of a 90 % interval then rests on ten of them."""
RAKES = 30
STEPS = 600


def regress(forecast: Forecast, loyalty: float) -> tuple[np.ndarray, list[str]]:
    """(draws, L, K) shares of each list's voters that went to each candidate, and the lists, minor ones pooled."""
    design = build_design(forecast.election)
    rng = np.random.default_rng([forecast.seed or 0, 53])
    followed = rng.choice(forecast.draws.sizes["draw"], DRAWS, p=forecast.draw_weights)
    lists = minor_pooled(forecast.election.baseline)
    known = lists.notna().all(axis=1).to_numpy() & (lists.sum(axis=1) > 0).to_numpy()
    before = lists.to_numpy(float)[known]
    support = _support(forecast, design, loyalty, followed)[:, known]
    bootstrap = rng.exponential(size=(DRAWS, design.n_regions))[:, design.region[known]]
    shares = before / before.sum(axis=1, keepdims=True)
    return least_squares_of_shares(shares, support, bootstrap * before.sum(axis=1)), list(lists.columns)


def _support(forecast: Forecast, design: Design, loyalty: float, followed: np.ndarray) -> np.ndarray:
    """(draws, U, K) support by the fixed effects, raked so that each region has its drawn votes."""
    fixed = forecast.parameters["fixed"].transpose("draw", "effect", "component").to_numpy()[followed]
    eta = design.fixed @ fixed
    share = softmax(to_logits(eta[..., :-1] + loyalty * design.own, design.contrast))
    votes = design.stations * design.valid_per_station * np.exp(eta[..., -1])
    final = forecast.draws["final"].transpose("draw", "region", "candidate").to_numpy()[followed]
    target = final / np.maximum(final.sum(axis=2, keepdims=True), 1e-9)
    of_region = np.eye(design.n_regions)[:, design.region]
    for _ in range(RAKES):
        now = of_region @ (votes[..., None] * share)
        now /= now.sum(axis=2, keepdims=True)
        share = share * (target / np.maximum(now, 1e-12))[:, design.region]
        share /= share.sum(axis=2, keepdims=True)
    return share


def least_squares_of_shares(before: np.ndarray, after: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(draws, L, K) rows on the simplex that carry `before` (U, L) nearest to `after` (draws, U, K).

    `weight` is (draws, U). Nesterov's projected gradient (Beck & Teboulle 2009).
    """
    weight = weight / weight.sum(axis=1, keepdims=True)
    weighted = weight[:, :, None] * before
    gram = np.swapaxes(weighted, 1, 2) @ before
    moment = np.swapaxes(weighted, 1, 2) @ after
    length = 1.0 / np.linalg.eigvalsh(gram)[:, -1, None, None]
    found = ahead = np.full(moment.shape, 1.0 / moment.shape[2])
    pace = 1.0
    for _ in range(STEPS):
        new = onto_simplex(ahead - length * (gram @ ahead - moment))
        faster = 0.5 + np.sqrt(0.25 + pace**2)
        ahead = new + (pace - 1.0) / faster * (new - found)
        found, pace = new, faster
    return found


def onto_simplex(rows: np.ndarray) -> np.ndarray:
    """The nearest rows (last axis) that are shares: not negative, one in sum (Duchi et al. 2008)."""
    size = np.arange(1, rows.shape[-1] + 1)
    ordered = -np.sort(-rows, axis=-1)
    over = ordered.cumsum(axis=-1) - 1.0
    kept = (ordered - over / size > 0).sum(axis=-1, keepdims=True)
    return np.maximum(rows - np.take_along_axis(over, kept - 1, axis=-1) / kept, 0.0)
