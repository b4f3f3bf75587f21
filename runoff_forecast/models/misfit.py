"""How far coarse batches lie from their groups' smooth order of arrival, as the night itself tells.

Where a district's stations come in over days, a batch is a sample of stations and close to its group's smooth order;
where districts come in whole, it is a sample of a few districts and far from it. No prior knows which, and the batches'
residuals do: the misfit is the posterior mean of its log over a grid (empirical Bayes), and both engines are given it.
A unit that comes in by station is never early or late as a whole, so its own earliness goes with the misfit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .evidence import Evidence, per_vote
from .laplace import build_solver
from .latent import Latent, starting_point
from .observed import Batches
from .quadrature import search
from .sickness import NoMode

FACTORS = np.array([2.5, 1.6, 1.0, 0.63, 0.4, 0.25, 0.16, 0.1])
"""On the prior's misfit, tried in turn: each starts where the one before came to."""
STEPS = 1
"""Newton steps for each."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """Evidence with its misfit, and where its mode is likely to be: a point, and scales (5, 2) if they are known."""

    evidence: Evidence
    latent: Latent
    scales: np.ndarray | None = None


def prepare(evidence: Evidence) -> Prepared:
    """The evidence with the misfit of its batches by region as the night tells, and as it was where there are none.

    A few headlines of the nation cannot tell misfit from an order of arrival that is not understood: they keep the
    prior's.
    """
    if not _regional(evidence).any():
        return Prepared(evidence, starting_point(evidence))
    peak = search(build_solver(evidence), starting_point(evidence))
    scales, latents, logs = peak.mode.scales, [peak.tangent.latent], []
    for factor in FACTORS:
        latent, log_marginal = _at(with_misfit(evidence, factor), latents[-1], scales)
        latents.append(latent)
        logs.append(log_marginal - 0.5 * (np.log(factor) / evidence.priors.misfit_spread) ** 2)
    weight = np.exp(np.array(logs) - max(logs))
    factor = float(np.exp(weight @ np.log(FACTORS) / weight.sum()))
    nearest = int(np.argmin(np.abs(np.log(FACTORS / factor))))
    return Prepared(with_misfit(evidence, factor), latents[1 + nearest], scales)


def with_misfit(evidence: Evidence, factor: float) -> Evidence:
    """The same evidence with the misfit of its batches by region, and their units' own earliness, at a factor."""
    rows, priors = evidence.coarse, evidence.priors
    more = (factor**2 - 1.0) * rows.sampled * _regional(evidence)
    return replace(
        evidence,
        priors=priors.with_lumps(min(1.0, factor / priors.misfit_whole)),
        coarse=replace(
            rows,
            effective=1.0 / (1.0 / rows.effective + per_vote(priors.misfit**2 * more)),
            turnout_precision=1.0 / (1.0 / rows.turnout_precision + priors.misfit_turnout**2 * more),
        ),
    )


def _regional(evidence: Evidence) -> np.ndarray:
    """(N,) bool: coarse batches of groups that lie in one region."""
    region = evidence.design.region
    inside = np.array([np.ptp(region[group.members]) == 0 for group in evidence.groups], bool)
    return inside[evidence.coarse.group]


def _at(evidence: Evidence, latent: Latent, scales: np.ndarray) -> tuple[Latent, float]:
    """The mode at given scales, and the log marginal with the normalising constants of the quasi-likelihood."""
    solver = build_solver(evidence)
    try:
        tangent, mode = solver.climb(scales, solver.tangent(latent), steps=STEPS)
    except NoMode:
        return latent, -np.inf
    return tangent.latent, mode.log_marginal + _normaliser(evidence.coarse)


def _normaliser(rows: Batches) -> float:
    saturated = (rows.observed * np.log(np.maximum(rows.observed, 1e-300))).sum(axis=1)
    freedom = 0.5 * (rows.votes.shape[1] - 1)
    return float(
        (freedom * np.log(rows.effective) - rows.effective * saturated).sum()
        + 0.5 * np.log(rows.turnout_precision).sum()
    )
