"""A headline as a night: what is derived from shares, and what is refused."""

import made_up
import numpy as np
import pandas as pd
import pytest

import runoff_forecast as rf

AT = "2021-06-06T22:00:00-05:00"


def with_baseline() -> rf.Election:
    """The made-up runoff with a first round of 3,900 valid votes, 100 a station."""
    units = made_up.UNITS.assign(
        baseline_red=60 * made_up.UNITS["stations"], baseline_blue=40 * made_up.UNITS["stations"]
    )
    contest = made_up.election()
    return rf.Election.from_frames(
        id="made-up",
        title=contest.title,
        date=contest.date,
        timezone=contest.timezone,
        candidates=contest.candidates,
        units=units,
    )


def test_votes_are_taken_as_they_are():
    night = rf.bulletin(made_up.election(), time=AT, counted_share=0.5, votes={"ana": 900, "bea": 700}, contested=2)
    assert night.latest.votes.tolist() == [900, 700]
    assert night.latest.counted_share == pytest.approx(0.5)
    assert night.latest.contested == 2
    assert night.latest.time == pd.Timestamp(AT)


def test_shares_become_votes_of_the_baseline():
    night = rf.bulletin(with_baseline(), time=AT, counted_share=0.5, shares={"ana": 0.52, "bea": 0.48})
    assert night.latest.votes.tolist() == [1014, 936]  # of 3,900 * 0.5


def test_valid_votes_that_are_known_come_first():
    night = rf.bulletin(
        with_baseline(), time=AT, counted_share=0.5, shares={"ana": 0.52, "bea": 0.48}, valid_votes=2000
    )
    assert night.latest.votes.tolist() == [1040, 960]


@pytest.mark.parametrize("printed", [0.503, 0.50, 0.5027])
def test_the_margin_is_the_printed_one(printed):
    night = rf.bulletin(with_baseline(), time=AT, counted_share=0.9, shares={"ana": printed, "bea": 1 - printed})
    assert night.latest.margin == pytest.approx(2 * printed - 1, abs=1 / (0.9 * 3900))  # to the vote


def test_the_one_left_out_gets_the_rest():
    contest = made_up.election((*made_up.CANDIDATES, made_up.THIRD))
    night = rf.bulletin(contest, time=AT, counted_share=0.5, shares={"ana": 0.5, "bea": 0.3}, valid_votes=1000)
    assert night.latest.votes.tolist() == [500, 300, 200]


def test_shares_cut_instead_of_rounded_are_taken():
    night = rf.bulletin(made_up.election(), time=AT, counted_share=0.92, shares={"ana": 0.503, "bea": 0.496})
    assert night.latest.margin > 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "either votes or shares"),
        ({"votes": {"ana": 1, "bea": 1}, "shares": {"ana": 0.5}}, "either votes or shares"),
        ({"votes": {"ana": 1}}, "candidates ana, bea"),
        ({"shares": {"ana": 0.5, "zoe": 0.5}}, "candidates ana, bea"),
        ({"shares": {"ana": 50.3, "bea": 49.7}}, "between 0 and 1"),
        ({"shares": {"ana": np.nan, "bea": 0.5}}, "between 0 and 1"),
        ({"shares": {"ana": 0.6, "bea": 0.5}}, "add up to 1"),
        ({"shares": {"ana": 0.4, "bea": 0.5}}, "add up to 1"),
        ({"votes": {"ana": -1, "bea": 5}}, "ana"),
        ({"shares": {"ana": "0.52"}}, "between 0 and 1"),
        ({"shares": {"ana": None, "bea": 0.5}}, "between 0 and 1"),
        ({"shares": {1: 0.52, 2: 0.48}}, "candidates ana, bea"),
        ({"shares": [0.52, 0.48]}, "by candidate"),
        ({"shares": {"ana": 0.52}, "counted_share": "0.5"}, "between 0 and 1"),
        ({"shares": {"ana": 0.52}, "counted_share": None}, "between 0 and 1"),
        ({"shares": {"ana": 0.52}, "valid_votes": "many"}, "above 0"),
        ({"votes": {"ana": 1, "bea": 5}, "counted_share": 67}, "between 0 and 1"),
        ({"votes": {"ana": 1, "bea": 5}, "time": "2021-06-06T22:00:00"}, "offset"),
    ],
)
def test_what_cannot_be_is_refused(given, said):
    with pytest.raises(rf.InvalidCount, match=said):
        rf.bulletin(made_up.election(), **{"time": AT, "counted_share": 0.5, **given})


@pytest.mark.parametrize(
    ("changes", "column"),
    [({"valid_votes": 0}, "valid_votes"), ({"valid_votes": float("nan")}, "valid_votes"), ({"time": "ten"}, "time")],
)
def test_a_headline_that_cannot_be_is_told_by_its_column(changes, column):
    given = {"time": AT, "counted_share": 0.5, "shares": {"ana": 0.52}} | changes
    with pytest.raises(rf.InvalidCount) as caught:
        rf.bulletin(with_baseline(), **given)
    assert [problem.column for problem in caught.value.problems] == [column]
