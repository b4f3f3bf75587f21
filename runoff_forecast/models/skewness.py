"""From the mode to the mean: the likelihood of a few votes is skewed, and its Gaussian approximation is not.

A share and the noise around its logits have another mean than the share at the mode. The shares at a unit's mean should
be those of its votes when they are averaged over the noise, as a Gaussian variational approximation has it (Opper &
Archambeau 2009); at the mode they are so before. One Newton step leads from the one to the other. Without it each small
list is expected to have half an effective vote too many in every unit.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .arrow import Arrow, Vector, times
from .effects import SUPPORT
from .laplace import Mode, Solver, unpack
from .latent import Latent, fine_predictor, moved, predictor
from .linearised import slot_score, summed
from .quadrature import Mixture
from .simplex import mean_share, softmax, to_logits


def at_mean(solver: Solver, mixture: Mixture) -> Mixture:
    """The same posteriors, each moved from its mode to its mean as the best of them is."""
    if not len(solver.evidence.fine):
        return mixture
    step = _step(solver, mixture.best)
    best, *modes = (replace(mode, latent=moved(mode.latent, step, 1.0)) for mode in (mixture.best, *mixture.modes))
    return Mixture(tuple(modes), mixture.weights, best)


def _step(solver: Solver, mode: Mode) -> Latent:
    evidence, layout = solver.evidence, solver.layout
    rows, contrast = evidence.fine, evidence.design.contrast
    z = fine_predictor(evidence, mode.latent, predictor(evidence, mode.latent))
    logits = to_logits(z[:, :-1], contrast)
    pulled = softmax(logits) - mean_share(logits, _doubt(mode.arrows[SUPPORT], rows.group), contrast)
    _, score = summed(rows, layout, np.zeros((len(rows), 1, 1)), rows.effective[:, None] * (pulled @ contrast))
    support = mode.arrows[SUPPORT].solve(slot_score(layout, score))
    turnout = Vector(*(np.zeros((len(part), 1, 1)) for part in (support.core, support.area, support.unit)))
    arrival = np.zeros((evidence.design.arrival.shape[1] + evidence.design.n_units, 1))
    fields = (support, turnout)
    if mode.coarse is not None:
        everyone, unseen = np.arange(evidence.design.n_units), np.zeros((len(mode.coarse.score), 1))
        fields, arrival = solver.condition(mode, everyone, fields, arrival, unseen)
    return unpack(evidence, fields, arrival[:, 0])


def _doubt(arrow: Arrow, units: np.ndarray) -> np.ndarray:
    """(N, d, d) covariance of some units' predictors, the core held: all of them know that well."""
    own, kept = (
        arrow.units.covariance_of(units),
        np.eye(arrow.area_covariance.shape[-1]) - arrow.units.gain_of(units)[0],
    )
    area = times(kept, arrow.area_covariance[arrow.layout.area[units]])
    return own + times(area, kept.swapaxes(1, 2))
