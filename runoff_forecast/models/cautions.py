"""What a reader of a forecast should know of the evidence behind it, in sentences."""

import numpy as np
import xarray as xr

from .evidence import Evidence

NOTHING_COUNTED = "nothing is counted yet: the forecast is the prior"
NOT_A_VOTE = "stations are counted or void, but there is not one valid vote: the forecast is the prior"
ALL_VOID = "every station is void: there is no vote to forecast"
NOMINAL_STATIONS = "the register has no polling stations: stations are nominal, one per 300 registered voters"
NO_BASELINE = "no baseline election: support of what is out rests on place and arrival alone"
SOME_BASELINE = (
    "{share:.0%} of the stations lie in units without a baseline: these are taken to be as others of their size, kind "
    "and region are"
)
GAPS = 0.02
"""Share of the stations without a baseline from which that is told."""
TREND = (
    "later votes lean from earlier ones everywhere alike, beyond what place explains: if ballots of one sort, such as "
    "postal ones, are counted late, give them units of their own in the register"
)
IN_NO_ORDER = (
    "stations come in in no order, as those of a random sample do (probability {probability:.0%}): late ones are taken "
    "to be like early ones"
)
BY_VOTE = (
    "stations come in by how they vote, one side's strongholds first (probability {probability:.0%}): what is out may "
    "differ from what is in by more than places tell"
)
STEEP = 4.0
"""Deviations of the nation's drift from which a trend is told."""
RETROSPECTIVE = "retrospective: "
"""Before what the election says is borrowed."""


def warnings_of(evidence: Evidence, parameters: xr.Dataset) -> list[str]:
    """What a reader of the forecast should know of its evidence, and of a trend that it shows."""
    election, count = evidence.design.election, evidence.count
    said = [str(problem) for problem in (*election.warnings, *count.warnings)]
    if count.void >= election.stations_total:
        said.append(ALL_VOID)
    elif evidence.is_empty:
        said.append(NOT_A_VOTE if count.counted + count.void > 0 else NOTHING_COUNTED)
    if election.retrospective:
        said.append(RETROSPECTIVE + election.retrospective)
    if election.nominal_stations:
        said.append(NOMINAL_STATIONS)
    if not election.baseline.shape[1]:
        said.append(NO_BASELINE)
    elif evidence.design.without_baseline > GAPS:
        said.append(SOME_BASELINE.format(share=evidence.design.without_baseline))
    if evidence.no_order > 0.5:
        said.append(IN_NO_ORDER.format(probability=evidence.no_order))
    by_vote = _probability_by_vote(evidence, parameters)
    if by_vote > 0.5:
        said.append(BY_VOTE.format(probability=by_vote))
    trend = parameters["drift_nation"].mean("draw").isel(component=slice(None, -1))
    if float(np.abs(trend).max()) > STEEP * evidence.drift_nation:
        said.append(TREND)
    return said


def _probability_by_vote(evidence: Evidence, parameters: xr.Dataset) -> float:
    if evidence.sorting is None:
        return 0.0
    fixed = parameters["fixed"].mean("draw").transpose("effect", "component").to_numpy()[:, :-1, None]
    return float(evidence.sorting.probability(evidence.priors, fixed)[0])
