"""Priors learnt from past counts, without the election at hand."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..election import Election
from .effects import WIDTHS, Scale
from .priors import Priors, blurring

SMALLEST = {"arrival_slope": 0.5, "arrival_between": 0.75, "arrival_overseas": 1.2, "arrival_fullness": 1.0}
"""Few elections agree by chance, and all are of offices that work alike: a slope's deviation is never below this (per
log of the votes of a station for how full boxes are, seen from -0.8 in Turkey to 0.9 among the last of Peru 2021)."""
SMALLEST_LEAN = 0.1
"""The same of the slopes along leanings, whose mean is zero: 0.06 and 0.10 in two counts of offices that work alike.
Of 0.09, 0.13 and 0.2 the interval score of nights by region, of Peru and of France, is best between the first two."""
REGIONS = 2.0
"""Factor on the deviation of regions' arrival that these offices show: others count the capital first or one region
last. With this and the deviations above, the interval score of nights known by national totals alone was best."""
SAME_SIZE = 0.1
"""Share by which two registers of one election may differ in their stations."""
HALF_NORMAL = 1.5
"""Half-normal width over the median of the scales seen: a scale of the typical size lies at two thirds of it."""


def learnt_priors(election: Election | None = None) -> Priors:
    """Priors pooled over the past counts that are not of this election; without one, for a new runoff.

    An election is known by its id, or, under another one, by its day and the number of its stations.
    Support's scales are those of contests of two, or of more: lists differ more between places than two finalists do.
    """
    lines = [line for name, line in _lines().items() if election is None or not _is_of(name, line, election)]
    several = election is not None and len(election.candidates) > 2
    alike = [line for line in lines if (line.get("candidates", 0) > 2) == several]
    steeper = blurring(Priors().arrival_unit)
    found: dict[str, float] = {}
    for name, smallest in SMALLEST.items():
        values = steeper * _values(lines, name)
        # median and its absolute deviation: one count in few that went another way widens the prior, it does not
        # steer it
        found[name] = float(np.median(values))
        deviation = 1.48 * np.median(np.abs(values - found[name])) * np.sqrt(1.0 + 1.0 / len(values))
        found[name + "_sd"] = float(max(steeper * smallest, deviation))
    for name in ("arrival_region", "arrival_slope_region"):
        found[name] = float(steeper * _values(lines, name).mean())
    found["arrival_lean"] = float(steeper * max(SMALLEST_LEAN, _values(lines, "arrival_lean").mean()))
    found["arrival_region"] *= REGIONS
    for scale in Scale:
        if scale != Scale.DRIFT:  # that one is set by hand
            support, turnout = WIDTHS[scale]
            found[support] = float(HALF_NORMAL * np.median(_values(alike, support)))
            found[turnout] = float(HALF_NORMAL * np.median(_values(lines, turnout)))
    return Priors().with_changes(found)


def _is_of(name: str, line: dict[str, Any], election: Election) -> bool:
    if name == election.id:
        return True
    return line.get("date") == election.date and abs(line["stations"] / election.stations_total - 1.0) < SAME_SIZE


@cache
def _lines() -> dict[str, dict[str, Any]]:
    return tomllib.loads((Path(__file__).parent / "learnt.toml").read_text())


def _values(lines: list[dict[str, Any]], name: str) -> np.ndarray:
    return np.array([line[name] for line in lines if name in line])
