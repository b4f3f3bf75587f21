"""From the mode to the mean: the likelihood of a few votes is skewed, and its Gaussian approximation is not.

At the mode the shares are those of the votes, and averaged over the noise around them they are others. They should be
those of the votes when they are averaged, as a Gaussian variational approximation has it (Opper & Archambeau 2009), and
one Newton step leads there. Without it each small list is expected to have half an effective vote too many in every
unit and coarse batch.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import linalg

from .arrow import SLOTS, Arrow, Layout, Vector, with_area
from .effects import SUPPORT
from .evidence import Evidence
from .laplace import Mode, Solver, unpack
from .latent import Latent, coarse_means, fine_predictor, moved, predictor
from .linearised import slot_score, summed, whitening
from .quadrature import Mixture
from .simplex import mean_share, softmax, to_logits


def at_mean(solver: Solver, mixture: Mixture) -> Mixture:
    """The same posteriors, each moved from its mode to its mean as the best of them is."""
    step = _step(solver, mixture.best)
    best, *modes = (replace(mode, latent=moved(mode.latent, step, 1.0)) for mode in (mixture.best, *mixture.modes))
    return replace(mixture, modes=tuple(modes), best=best)


def _step(solver: Solver, mode: Mode) -> Latent:
    evidence, layout = solver.evidence, solver.layout
    support = mode.arrows[SUPPORT].solve(slot_score(layout, _lowered(evidence, layout, mode)))
    turnout = Vector(*(np.zeros((len(part), 1, 1)) for part in (support.core, support.area, support.unit)))
    arrival = np.zeros((evidence.design.arrival.shape[1] + evidence.design.n_units, 1))
    fields = (support, turnout)
    if mode.coarse is not None:
        everyone = np.arange(evidence.design.n_units)
        fields, arrival = solver.condition(mode, everyone, fields, arrival, -_lowered_coarse(evidence, mode))
    return unpack(evidence, fields, arrival[:, 0])


def _lowered(evidence: Evidence, layout: Layout, mode: Mode) -> np.ndarray:
    """(3, T, D) what averaging over the noise takes from the fine batches' score."""
    rows, contrast = evidence.fine, evidence.design.contrast
    if not len(rows):
        return np.zeros((SLOTS, 0, contrast.shape[1]))
    z = fine_predictor(evidence, mode.latent, predictor(evidence, mode.latent))
    logits = to_logits(z[:, :-1], contrast)
    pulled = softmax(logits) - mean_share(logits, _doubt(mode.arrows[SUPPORT], rows.group), contrast)
    return summed(rows, layout, np.zeros((len(rows), 1, 1)), rows.effective[:, None] * (pulled @ contrast))[1]


def _lowered_coarse(evidence: Evidence, mode: Mode) -> np.ndarray:
    """(observations, 1) the same of the coarse batches, whitened."""
    assert mode.inner is not None
    rows, contrast = evidence.coarse, evidence.design.contrast
    m, d = len(rows), contrast.shape[1]
    means = coarse_means(evidence, mode.latent, predictor(evidence, mode.latent))
    root, _ = whitening(evidence, means)
    left = linalg.cho_solve((mode.inner, True), np.eye(len(mode.inner)))  # of the prior's doubt, (I + M)^-1
    seen = np.eye(d + 1) - left.reshape(m, d + 1, m, d + 1)[np.arange(m), :, np.arange(m)]
    back = np.linalg.inv(root)
    doubt = (back.swapaxes(1, 2) @ seen @ back)[:, :d, :d]
    pulled = means.mean - mean_share(np.log(means.mean), doubt, contrast)
    slope = np.zeros((m, d + 1))
    slope[:, :d] = rows.effective[:, None] * (pulled @ contrast)
    return (back @ slope[:, :, None]).reshape(-1, 1)


def _doubt(arrow: Arrow, units: np.ndarray) -> np.ndarray:
    """(N, d, d) covariance of some units' predictors, the core held: all of them know that well."""
    own, gain = arrow.units.covariance_of(units), arrow.units.gain_of(units)[0]
    return with_area(own, np.eye(own.shape[-1]) - gain, arrow.area_covariance[arrow.layout.area[units]])
