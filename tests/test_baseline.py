"""From a first round to the runoff that follows: the votes by unit become the baseline."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from made_up import CANDIDATES, THIRD, counts, election

import runoff_forecast as rf
from runoff_forecast.election import InvalidElection, OutrightRule

RUNOFF = {"id": "made-up-runoff", "title": "The runoff", "date": date(2021, 7, 18)}
FIRST = election((*CANDIDATES, THIRD), (OutrightRule(0.5),))
VOTES = pd.DataFrame(
    {"level": "unit", "place": FIRST.units.index, "ana": [1100, 300, 1500, 90], "bea": [700, 350, 1900, 100]}
).assign(caro=[200, 50, 300, 40], blank=[20, 10, 30, 1], null=[10, 5, 20, 2])


def first_round(result: pd.DataFrame | None = None) -> rf.Night:
    official = None if result is None else rf.Result.from_frame(FIRST, result)
    return rf.Night(FIRST, counts(FIRST), official)


def test_the_result_is_the_baseline():
    runoff = first_round(VOTES).as_baseline_for(["bea", "ana"], **RUNOFF)
    assert (runoff.id, runoff.rule, runoff.candidate_ids) == ("made-up-runoff", "runoff", ("bea", "ana"))
    np.testing.assert_array_equal(runoff.baseline, VOTES[["ana", "bea", "caro"]])
    np.testing.assert_array_equal(runoff.units["baseline_ballots"], [2030, 715, 3750, 233])
    np.testing.assert_array_equal(runoff.units["stations"], FIRST.units["stations"])
    assert [runoff.own_baseline(name) for name in runoff.candidate_ids] == ["bea", "ana"]
    assert runoff.warnings == ()


def test_a_count_is_scaled_to_all_stations_and_what_is_not_counted_has_no_baseline():
    runoff = first_round().as_baseline_for(["ana", "bea"], **RUNOFF)
    np.testing.assert_array_equal(runoff.baseline.loc["01"], [1125, 750, 188])  # 8 of 10 stations
    np.testing.assert_array_equal(runoff.baseline.loc["03"], [1467, 1867, 333])  # 15 of 20
    assert runoff.baseline.loc[["02", "04"]].isna().all(axis=None)
    assert runoff.units["baseline_ballots"].isna().all()  # nobody said how many were blank


def test_a_result_goes_before_the_count():
    runoff = first_round(VOTES.iloc[:1]).as_baseline_for(["ana", "bea"], **RUNOFF)
    assert list(runoff.baseline["ana"].iloc[[0, 2]]) == [1100, 1467]


def test_a_runoff_needs_votes_by_unit_and_candidates_who_stood():
    nation = rf.Night(FIRST, rf.Counts.empty(FIRST), None)
    with pytest.raises(ValueError, match="known for no unit"):
        nation.as_baseline_for(["ana", "bea"], **RUNOFF)
    with pytest.raises(ValueError, match="'dina' did not stand in made-up; these did: ana, bea, caro"):
        first_round(VOTES).as_baseline_for(["ana", "dina"], **RUNOFF)
    with pytest.raises(InvalidElection):
        first_round(VOTES).as_baseline_for(["ana"], **RUNOFF)


def test_the_first_round_of_2021_is_the_baseline_of_its_runoff():
    first, bundled = rf.load("peru-2021-first-round"), rf.load("peru-2021-runoff").election
    names = [candidate.id for candidate in first.election.candidates]
    pair = [name for name in names if name in ("castillo", "fujimori")]
    runoff = first.as_baseline_for(pair, id="again", title="Again", date=date(2021, 6, 6))
    home = (bundled.units["kind"] != "overseas").to_numpy()
    made, own = runoff.baseline["castillo"], bundled.baseline[bundled.own_baseline("castillo")]
    both = made.index[home & made.notna().to_numpy()].intersection(own.index)
    assert len(both) > 1800
    np.testing.assert_allclose(made[both], own[both])
