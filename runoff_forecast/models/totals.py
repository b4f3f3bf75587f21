"""All valid votes of a kind of places: no drift that a night shows makes them less certain than they were before it."""

from __future__ import annotations

import numpy as np

from ..checks.register import OVERSEAS
from .evidence import Evidence

LEAST = 0.1
"""Share of the votes first drawn that is left at least: those that are out are never none."""
NEVER = 1e-9


def kept_in_reach(evidence: Evidence, out: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Factors (kinds, m) on the votes still `out` (kinds, m) beside those `counted` (kinds, m).

    The log of a kind's votes in the end over the baseline's had a normal prior. Where drift has made it wider than
    that, drift said nothing of it that the prior did not: the wide normal is brought back to what both tell together.
    Stations that report early because they are small make a trend of votes a station that, followed on, leads to more
    votes than there are voters.
    """
    design, kinds = evidence.design, len(evidence.design.kinds)
    before = np.bincount(design.kind, design.stations * design.valid_per_station, kinds)[:, None]
    log = np.log(np.maximum(counted + out, NEVER) / before)
    mean, deviation = log.mean(axis=1, keepdims=True), log.std(axis=1, keepdims=True)
    narrower = np.minimum(1.0, _reach(evidence)[:, None] / np.maximum(deviation, NEVER))
    kept = before * np.exp(narrower**2 * mean + narrower * (log - mean)) - counted
    return np.where(narrower < 1.0, np.maximum(kept / np.maximum(out, NEVER), LEAST), 1.0)


def _reach(evidence: Evidence) -> np.ndarray:
    """(kinds,) the prior's deviation, which is none where most of a kind's stations have no baseline."""
    design, priors = evidence.design, evidence.priors
    stations = np.bincount(design.kind, design.stations, len(design.kinds))
    told = np.bincount(design.kind, design.stations * design.told, len(design.kinds)) > 0.5 * stations
    own = np.where(np.array(design.kinds) != OVERSEAS, priors.turnout_kind_home, priors.turnout_kind)
    return np.where(told, np.hypot(priors.turnout_total, own), np.inf)
