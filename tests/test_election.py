"""The register and the header of an election, from frames and from a folder."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from folders import change, write_folder

import runoff_forecast as rf
from runoff_forecast.sources import read_election

CANDIDATES = (rf.Candidate("ana", "Ana Alva", list="Perú Libre"), rf.Candidate("ben", "Ben Bravo"))
UNITS = pd.DataFrame({"unit": ["01", "02", "03"], "region": ["south", "north", "south"], "stations": [4, 5, 6]})


def election(units: pd.DataFrame = UNITS, **changes) -> rf.Election:
    given = {"id": "made-up", "title": "Made up", "date": date(2021, 6, 6), "candidates": CANDIDATES, "units": units}
    return rf.Election.from_frames(**given | changes)


def test_what_a_register_leaves_out_is_filled_in():
    units = election().units
    assert list(units.columns) == ["region", "area", "kind", "name", "stations", "electorate", "baseline_ballots"]
    assert units.loc["02"].to_dict() | {"electorate": 0, "baseline_ballots": 0} == {
        "region": "north", "area": "north", "kind": "unknown", "name": "02", "stations": 5.0, "electorate": 0,
        "baseline_ballots": 0,
    }  # fmt: skip
    assert units[["electorate", "baseline_ballots"]].isna().all(axis=None)
    assert election().baseline.shape == (3, 0)


def test_regions_stand_in_order_of_first_appearance():
    tiles = pd.DataFrame({"region": ["north", "south"], "name": ["The North", ""], "tile_row": [0, 1]})
    contest = election(regions=tiles)
    assert list(contest.regions.index) == ["south", "north"]
    assert list(contest.regions["name"]) == ["south", "The North"]
    assert list(contest.regions["tile_row"]) == [1, 0]
    np.testing.assert_array_equal(contest.region_index, [0, 1, 0])


def test_units_of_a_place():
    contest = election()
    np.testing.assert_array_equal(contest.units_of("unit", "03"), [2])
    np.testing.assert_array_equal(contest.units_of("region", "south"), [0, 2])
    np.testing.assert_array_equal(contest.units_of("nation"), [0, 1, 2])
    with pytest.raises(KeyError):
        contest.units_of("region", "east")


def test_without_stations_the_electorate_gives_nominal_ones():
    contest = election(UNITS.drop(columns="stations").assign(electorate=[300, 600, 150]))
    assert contest.nominal_stations
    assert list(contest.units["stations"]) == [1.0, 2.0, 0.5]
    assert contest.stations_total == 3.5


@pytest.mark.parametrize(
    ("candidate", "own"),
    [
        (rf.Candidate("right", "R"), "right"),
        (rf.Candidate("r", "R", list="Perú Libre"), "peru_libre"),
        (rf.Candidate("r", "Perulibre"), "peru_libre"),
        (rf.Candidate("right", "R", baseline="peru_libre"), "peru_libre"),
        (rf.Candidate("r", "R"), None),
    ],
)
def test_a_candidates_own_baseline_list(candidate, own):
    contest = election(UNITS.assign(baseline_peru_libre=1, baseline_right=2), candidates=[candidate, CANDIDATES[1]])
    assert contest.own_baseline(candidate) == contest.own_baseline(candidate.id) == own


def test_an_unknown_candidate_has_no_own_baseline():
    with pytest.raises(ValueError, match="candidate is one of ana, ben, got 'eva'"):
        election().own_baseline("eva")


def test_a_first_round_has_the_usual_rules_unless_told():
    assert election(rule="first-round").first_round == rf.FirstRound(2, (rf.OutrightRule(0.5),))
    assert election().first_round is None


def test_rules_of_a_folder_are_read(tmp_path):
    write_folder(tmp_path)
    told = '"first-round"\npreliminary = true\nretrospective = "2016 by station"'
    change(tmp_path, "election.toml", '"runoff"', told)
    rules = "[first_round]\noutright = [{ share = 0.5 }, { share = 0.4, lead = 0.1 }]\n\n[[candidates]]"
    change(tmp_path, "election.toml", "[[candidates]]", rules)
    contest = read_election(tmp_path)
    assert contest.first_round == rf.FirstRound(2, (rf.OutrightRule(0.5), rf.OutrightRule(0.4, 0.1)))
    assert contest.preliminary
    assert contest.retrospective == "2016 by station"
    assert contest.sources == (rf.Source("Made up", "The tests", retrieved=date(2021, 6, 18)),)


def test_whole_numbers_serve_as_ids():
    assert list(election(UNITS.assign(unit=[1, 2, 3])).units.index) == ["1", "2", "3"]


def test_a_register_indexed_by_unit_will_do():
    assert list(election(UNITS.set_index("unit")).units.index) == ["01", "02", "03"]


def test_an_election_is_checked_however_it_is_made():
    contest = election()
    with pytest.raises(rf.InvalidElection, match="two or more"):
        replace(contest, candidates=CANDIDATES[:1])
    with pytest.raises(rf.InvalidElection, match="above 0"):
        replace(contest, units=contest.units.assign(stations=0.0))
    with pytest.raises(rf.InvalidElection, match="exactly the regions"):
        replace(contest, regions=contest.regions.iloc[:1])
    with pytest.raises(rf.InvalidElection, match="IANA"):
        election(timezone="Peru/Lima")
    with pytest.raises(rf.InvalidElection, match="baseline lists"):
        election(candidates=[rf.Candidate("ana", "A", baseline="left"), CANDIDATES[1]])


def test_the_users_frame_is_left_alone():
    units = UNITS.copy()
    contest = election(units)
    contest.units.loc["01", "stations"] = 99.0
    pd.testing.assert_frame_equal(units, UNITS)
