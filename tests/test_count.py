"""Counts of several levels and times: what is carried forward, what remains, and how it came in."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

import runoff_forecast as rf

UNITS = pd.DataFrame(
    {
        "unit": ["n1", "n2", "s1", "s2", "x1"],
        "region": ["north", "north", "south", "south", "abroad"],
        "stations": [10, 5, 20, 4, 6],
    }
)
ELECTION = rf.Election.from_frames(
    id="made-up",
    title="Made up",
    date=date(2021, 6, 6),
    timezone="America/Lima",
    candidates=[rf.Candidate("ana", "Ana Alva"), rf.Candidate("ben", "Ben Bravo")],
    units=UNITS,
)
COLUMNS = ["time", "level", "place", "counted", "ana", "ben"]


def at(hour: int) -> str:
    return "2021-06-07T" + str(hour).zfill(2) + ":00:00-05:00"


def counts(*rows: tuple, election: rf.Election = ELECTION, columns: list[str] = COLUMNS) -> rf.Counts:
    """Counts of rows (hour, level, place, counted, ana, ben)."""
    frame = pd.DataFrame([(at(hour), *rest) for hour, *rest in rows], columns=columns)
    return rf.Counts.from_frame(election, frame)


def groups(count: rf.Count) -> list[tuple]:
    """The holdings as (level, place, remainder, counted, ana, ben, members by unit id)."""
    columns = ["level", "place", "remainder", "counted", "ana", "ben"]
    members = [tuple(ELECTION.units.index[positions]) for positions in count.holdings.members]
    return [
        (*row, who) for row, who in zip(count.holdings.frame[columns].itertuples(index=False), members, strict=True)
    ]


ALL = tuple(UNITS["unit"])


# What is carried forward.


def test_an_empty_night_says_that_nothing_is_counted():
    night = rf.Counts.empty(ELECTION)
    assert len(night) == 0
    assert list(night) == []
    count = night.latest
    assert count.counted == 0
    assert len(count.holdings) == 0
    assert np.isnan(count.margin)
    assert count.counted_share == 0
    assert count.time == pd.Timestamp("2021-06-06T00:00:00-05:00")
    assert night.batches().empty
    assert night.corrections.empty


def test_a_place_keeps_its_last_state():
    night = counts((8, "unit", "n1", 4, 400, 500), (8, "unit", "s1", 9, 900, 800), (9, "unit", "n1", 7, 650, 900))
    assert len(night) == 2
    first, second = night
    assert list(first.rows["counted"]) == [4, 9]
    assert list(second.rows["counted"]) == [7, 9]
    assert list(second.rows["as_of"]) == [pd.Timestamp(at(9)), pd.Timestamp(at(8))]
    assert second.votes.to_dict() == {"ana": 1550, "ben": 1700}
    assert second.margin == pytest.approx(-150 / 3250)
    assert night[-1].counted == night.latest.counted == 16


def test_rows_may_come_in_any_order():
    night = counts((9, "unit", "n1", 7, 650, 900), (8, "unit", "n1", 4, 400, 500))
    assert night.latest.counted == 7


def test_until_cuts_the_night_at_a_time_and_includes_it():
    night = counts((8, "unit", "n1", 4, 400, 500), (9, "unit", "n1", 7, 650, 900))
    assert night.until(at(8)).latest.counted == 4
    assert night.until(pd.Timestamp("2021-06-07T13:59:59Z")).latest.counted == 4
    assert night.until(at(9)).latest.counted == 7
    assert len(night.until(at(7))) == 0
    with pytest.raises(ValueError, match="offset"):
        night.until("2021-06-07T09:00:00")


def test_a_single_count_is_a_night_that_knows_the_same():
    night = counts((8, "unit", "n1", 4, 400, 500), (9, "nation", "", 30, 3000, 2500))
    again = rf.Counts.from_count(night.latest).latest
    assert again.time == night.latest.time
    pd.testing.assert_frame_equal(again.holdings.frame, night.latest.holdings.frame)


def test_share_of_stations_stands_in_for_their_number():
    night = counts(
        (8, "unit", "n1", 0.4, 400, 500),
        (8, "nation", "", 0.5, 3000, 2500),
        columns=[*COLUMNS[:3], "counted_share", "ana", "ben"],
    )
    assert list(night.latest.rows["counted"]) == pytest.approx([4, 22.5])


def test_a_share_of_ballots_tells_sheets_to_the_nearest_one():
    columns = [*COLUMNS[:3], "counted_share", "contested", "ana", "ben"]
    assert counts((8, "unit", "n1", 0.94, 1, 400, 500), columns=columns).latest.contested == 1  # 9.4 of 10 are in
    with pytest.raises(rf.InvalidCount, match="at most 10 stations"):
        counts((8, "unit", "n1", 0.96, 1, 400, 500), columns=columns)


def test_void_stations_cannot_count_any_more():
    night = counts((8, "nation", "", 36, 9, 3000, 2500), columns=[*COLUMNS[:4], "void", "ana", "ben"])
    assert night.latest.void == 9
    assert night.latest.counted_share == 1


# Remainders.


def test_a_nation_row_alone_may_lie_anywhere():
    assert groups(counts((8, "nation", "", 30, 3000, 2500)).latest) == [("nation", "", False, 30, 3000, 2500, ALL)]


def test_district_rows_and_a_nation_row_of_one_time_leave_the_places_without_a_row():
    night = counts(
        (8, "unit", "n1", 4, 400, 500),
        (8, "unit", "n2", 5, 300, 100),
        (8, "unit", "s1", 9, 900, 800),
        (8, "unit", "s2", 2, 90, 80),
        (8, "nation", "", 23, 1800, 1600),
    )
    assert groups(night.latest)[-1] == ("nation", "", True, 3, 110, 120, ("x1",))
    assert night.latest.votes.to_dict() == {"ana": 1800, "ben": 1600}


def test_a_newer_nation_row_lies_where_stations_were_pending():
    night = counts(
        (8, "unit", "n1", 4, 400, 500),
        (8, "unit", "n2", 5, 300, 100),
        (8, "unit", "s1", 9, 900, 800),
        (9, "nation", "", 20, 1800, 1600),
    )
    assert groups(night.latest)[-1] == ("nation", "", True, 2, 200, 200, ("n1", "s1", "s2", "x1"))


def test_contested_and_void_stations_are_not_pending():
    columns = [*COLUMNS[:4], "contested", "void", "ana", "ben"]
    night = counts((8, "unit", "n1", 4, 4, 2, 400, 500), (9, "nation", "", 6, 4, 2, 600, 600), columns=columns)
    assert groups(night.latest)[-1][-1] == ("n2", "s1", "s2", "x1")


def test_a_region_row_beside_one_of_its_units():
    night = counts(
        (8, "unit", "n1", 4, 400, 500), (8, "region", "north", 6, 500, 600), (8, "region", "south", 9, 900, 800)
    )
    assert groups(night.latest) == [
        ("unit", "n1", False, 4, 400, 500, ("n1",)),
        ("region", "north", True, 2, 100, 100, ("n2",)),
        ("region", "south", False, 9, 900, 800, ("s1", "s2")),
    ]


def test_a_nation_row_beside_regions_and_units_of_other_regions():
    night = counts(
        (8, "unit", "n1", 4, 400, 500),
        (8, "region", "north", 6, 500, 600),
        (8, "unit", "s1", 9, 900, 800),
        (8, "nation", "", 20, 1500, 1600),
    )
    # 20 - 6 (the whole region, its unit within) - 9; the north has a row of this time as a whole.
    assert groups(night.latest)[-1] == ("nation", "", True, 5, 100, 200, ("s2", "x1"))


def test_a_nation_row_newer_than_a_full_region_lies_elsewhere():
    night = counts((8, "region", "north", 15, 500, 600), (9, "nation", "", 20, 700, 800))
    assert groups(night.latest)[-1] == ("nation", "", True, 5, 200, 200, ("s1", "s2", "x1"))


def test_an_older_coarser_row_is_ignored_beside_newer_finer_ones():
    night = counts((8, "nation", "", 30, 3000, 2500), (9, "unit", "n1", 4, 400, 500))
    assert groups(night.latest) == [("unit", "n1", False, 4, 400, 500, ("n1",))]
    assert "ignored" in night.latest.warnings[0].expected


def test_an_older_region_row_is_ignored_where_its_units_are_newer():
    night = counts(
        (8, "region", "north", 6, 500, 600), (8, "region", "south", 9, 900, 800),
        (9, "unit", "n1", 5, 450, 550), (9, "unit", "n2", 2, 100, 100),
    )  # fmt: skip
    assert [group[:2] for group in groups(night.latest)] == [("unit", "n1"), ("unit", "n2"), ("region", "south")]
    assert night.latest.warnings == ()


def test_a_remainder_of_nothing_is_no_group():
    night = counts((8, "unit", "n1", 4, 400, 500), (8, "region", "north", 4, 400, 500), (8, "nation", "", 4, 400, 500))
    assert groups(night.latest) == [("unit", "n1", False, 4, 400, 500, ("n1",))]


def test_a_coarser_row_below_older_finer_ones_is_dropped_with_a_warning():
    night = counts((8, "unit", "n1", 4, 400, 500), (9, "nation", "", 6, 390, 800))
    assert groups(night.latest) == [("unit", "n1", False, 4, 400, 500, ("n1",))]
    [problem] = night.latest.warnings
    assert (problem.severity, problem.column, problem.value) == ("warning", "ana", "390")
    assert "at least 400" in problem.expected


def test_a_dropped_region_row_does_not_distort_the_nation():
    night = counts(
        (8, "unit", "n1", 4, 400, 500), (9, "region", "north", 4, 390, 500), (9, "nation", "", 10, 1000, 1000)
    )
    assert night.latest.votes.to_dict() == {"ana": 1000, "ben": 1000}


def test_more_votes_in_no_more_stations_are_dropped_with_a_warning():
    night = counts((8, "unit", "n1", 4, 400, 500), (9, "nation", "", 4, 410, 510))
    assert night.latest.votes.to_dict() == {"ana": 400, "ben": 500}
    assert "since it has more votes" in night.latest.warnings[0].expected


def test_contested_sheets_may_be_what_a_newer_coarser_row_decided():
    columns = [*COLUMNS[:4], "contested", "ana", "ben"]
    full = [(8, "unit", row.unit, row.stations, 0, 100, 100) for row in UNITS[1:].itertuples()]
    night = counts((8, "unit", "n1", 7, 3, 100, 100), *full, (9, "nation", "", 44, 1, 520, 510), columns=columns)
    assert groups(night.latest)[-1] == ("nation", "", True, 2, 20, 10, ("n1",))
    assert night.latest.warnings == ()


def test_a_remainder_with_nowhere_to_lie_is_told_and_kept():
    columns = [*COLUMNS[:4], "void", "ana", "ben"]
    rows = [(8, "unit", row.unit, row.stations - 1, 1, 100, 100) for row in UNITS.itertuples()]
    night = counts(*rows, (9, "nation", "", 42, 0, 520, 510), columns=columns)
    assert groups(night.latest)[-1] == ("nation", "", True, 2, 20, 10, ALL)
    assert "at most 0 more stations" in night.latest.warnings[0].expected


def test_more_stations_than_the_places_left_could_have_is_a_warning():
    night = counts(
        (8, "unit", "n1", 4, 400, 500), (8, "unit", "n2", 1, 30, 10), (8, "unit", "s1", 9, 900, 800),
        (8, "unit", "s2", 2, 90, 80), (8, "nation", "", 23, 1800, 1600),
    )  # fmt: skip
    assert groups(night.latest)[-1] == ("nation", "", True, 7, 380, 210, ("x1",))
    assert "at most 6 more stations" in night.latest.warnings[0].expected


def test_finer_rows_above_their_coarser_row_of_one_time_are_an_error():
    with pytest.raises(rf.InvalidCount, match="at least 400 votes"):
        counts((8, "unit", "n1", 4, 400, 500), (8, "nation", "", 6, 390, 800))


def test_a_count_made_by_hand_is_checked_too():
    count = counts((8, "unit", "n1", 4, 400, 500), (8, "nation", "", 6, 500, 800)).latest
    rows = count.rows.assign(ana=[400.0, 390.0])
    with pytest.raises(rf.InvalidCount, match="at the same time"):
        replace(count, rows=rows)
    with pytest.raises(rf.InvalidCount, match="a place of the register"):
        replace(count, rows=count.rows.assign(place=["n9", ""]))
    with pytest.raises(rf.InvalidCount, match="numbers of 0 or more"):
        replace(count, rows=count.rows.assign(ben=[500.0, np.nan]))
    with pytest.raises(rf.InvalidCount, match="the columns"):
        replace(count, rows=count.rows[["level", "place"]])


def test_fewer_contested_sheets_than_before_are_no_contradiction():
    columns = [*COLUMNS[:4], "contested", "ana", "ben"]
    night = counts((8, "unit", "n1", 4, 3, 400, 500), (9, "nation", "", 8, 1, 800, 900), columns=columns)
    assert night.latest.warnings == ()
    assert night.latest.holdings.frame["contested"].tolist() == [1, 0], "as many as the nation's row has"


def test_a_coarser_row_that_tells_of_no_contested_sheet_decides_only_those_it_must_hold():
    columns = [*COLUMNS[:4], "contested", "ana", "ben"]
    first = [(8, "unit", row.unit, row.stations - 3, 2, 100, 100) for row in UNITS.itertuples()]
    for more, left in ((5, 10), (6, 9), (15, 0)):
        night = counts(*first, (9, "nation", "", 30 + more, 0, 500 + more, 500), columns=columns)
        assert night.latest.contested == pytest.approx(left), "five sheets were pending"
        assert night.latest.counted + night.latest.contested <= 45


def test_contested_sheets_of_a_region_are_decided_by_a_newer_row_of_the_nation():
    columns = [*COLUMNS[:4], "contested", "ana", "ben"]
    sizes = UNITS.groupby("region")["stations"].sum()
    first = [(8, "region", name, size - 2, 2, 100, 100) for name, size in sizes.items()]
    night = counts(*first, (9, "nation", "", 42, 3, 303, 303), columns=columns)
    assert night.latest.contested == pytest.approx(3)
    assert night.latest.holdings.frame["contested"].tolist() == pytest.approx([1, 1, 1, 0])


def test_shares_that_were_rounded_do_not_contradict_their_sum():
    columns = [*COLUMNS[:3], "counted_share", "ana", "ben"]
    night = counts((8, "region", "north", 0.66667, 100, 100), (8, "nation", "", 0.2222, 100, 100), columns=columns)
    assert [group[:2] for group in groups(night.latest)] == [("region", "north")]


def test_a_few_votes_in_what_rounded_shares_hide_are_no_error():
    columns = [*COLUMNS[:3], "counted_share", "ana", "ben"]
    night = counts((8, "region", "north", 0.66667, 100, 100), (8, "nation", "", 0.2222, 110, 100), columns=columns)
    assert [group[:2] for group in groups(night.latest)] == [("region", "north")]
    assert "shares are rounded" in night.latest.warnings[0].expected


@pytest.mark.parametrize("seed", range(20))
def test_holdings_are_disjoint_and_sum_to_the_newest_total(seed):
    """Whatever rows of whatever level are missing, the votes of one snapshot with a nation row are told once each."""
    rng = np.random.default_rng(seed)
    stations = rng.integers(1, UNITS["stations"].to_numpy() + 1)
    votes = stations[:, None] * rng.integers(50, 100, size=(len(UNITS), 2))
    whole = UNITS.assign(counted=stations, ana=votes[:, 0], ben=votes[:, 1])
    rows = [(8, "unit", row.unit, row.counted, row.ana, row.ben) for row in whole.itertuples() if rng.random() < 0.6]
    sums = whole.groupby("region")[["counted", "ana", "ben"]].sum()
    rows += [(8, "region", row.Index, row.counted, row.ana, row.ben) for row in sums.itertuples() if rng.random() < 0.5]
    count = counts(*rows, (8, "nation", "", *sums.sum())).latest
    assert count.votes.to_dict() == sums[["ana", "ben"]].sum().to_dict()
    assert count.counted == stations.sum()
    assert count.warnings == ()


# How it came in.


def test_batches_are_the_increments_of_each_group():
    night = counts(
        (8, "unit", "n1", 4, 400, 500), (8, "unit", "s1", 9, 900, 800),
        (9, "unit", "n1", 7, 650, 900), (10, "unit", "n1", 10, 900, 1300),
    )  # fmt: skip
    batches = night.batches()
    assert batches.drop(columns="time").to_numpy().tolist() == [
        [0, 0, 4, 400, 500],
        [0, 4, 7, 250, 400],
        [0, 7, 10, 250, 400],
        [1, 0, 9, 900, 800],
    ]
    assert batches["time"].tolist() == [pd.Timestamp(at(hour)) for hour in (8, 9, 10, 8)]


def test_sheets_without_a_vote_are_no_batch():
    night = counts((8, "unit", "n1", 2, 0, 0), (9, "unit", "n1", 5, 200, 250), (8, "unit", "n2", 3, 0, 0))
    assert night.batches()[["group", "start", "stop", "ana", "ben"]].to_numpy().tolist() == [[0, 0, 5, 200, 250]]


def test_a_correction_is_merged_into_the_batch_that_swallows_it():
    night = counts((8, "unit", "n1", 4, 400, 500), (9, "unit", "n1", 6, 380, 900), (10, "unit", "n1", 10, 900, 1300))
    batches = night.batches()
    assert batches[["start", "stop", "ana", "ben"]].to_numpy().tolist() == [[0, 6, 380, 900], [6, 10, 520, 400]]


def test_a_remainder_has_a_history_only_over_the_same_members():
    night = counts(
        (8, "unit", "n1", 4, 400, 500),
        (8, "nation", "", 6, 600, 600),
        (9, "unit", "n1", 7, 650, 900),
        (9, "nation", "", 12, 1200, 1300),
        (10, "nation", "", 14, 1300, 1600),
    )
    batches = night.batches()
    # At 8 and 9 the remainder lay outside n1; at 10, later than the row of n1, also inside.
    assert batches[["group", "start", "stop", "ana", "ben"]].to_numpy().tolist() == [
        [0, 0, 4, 400, 500],
        [0, 4, 7, 250, 400],
        [1, 0, 7, 650, 700],
    ]
    assert night.until(at(9)).batches()[["group", "start", "stop"]].to_numpy().tolist() == [
        [0, 0, 4],
        [0, 4, 7],
        [1, 0, 2],
        [1, 2, 5],
    ]


@pytest.mark.parametrize("at_most", [1, 2, 5, 8])
@pytest.mark.parametrize("seed", range(5))
def test_batches_sum_to_the_holdings_and_are_never_negative(seed, at_most):
    rng = np.random.default_rng(seed)
    rows = []
    for row in UNITS.itertuples():
        counted = np.sort(rng.integers(0, row.stations + 1, size=12))
        votes = counted[:, None] * 100 + rng.integers(-5, 6, size=(12, 2)) * (counted[:, None] > 0)
        rows += [(8 + hour, "unit", row.unit, counted[hour], *votes[hour]) for hour in range(12) if rng.random() < 0.7]
    night = counts(*rows)
    batches, holdings = night.batches(at_most), night.latest.holdings.frame
    columns = ["ana", "ben"]
    sums = batches.groupby("group")[columns].sum().reindex(range(len(holdings)), fill_value=0.0)
    np.testing.assert_array_equal(sums, holdings[columns])
    assert (batches[columns] >= 0).all(axis=None)
    assert (batches["stop"] - batches["start"] >= 1).all()
    assert batches.groupby("group").size().max() <= at_most
    joined = batches.groupby("group")["start"].shift(-1) == batches["stop"]
    assert (joined | (batches["group"] != batches["group"].shift(-1))).all()


def test_corrections_are_the_numbers_that_went_down():
    night = counts((8, "unit", "n1", 4, 400, 500), (9, "unit", "n1", 4, 390, 510), (10, "unit", "n1", 3, 390, 505))
    assert night.corrections.to_numpy().tolist() == [
        [pd.Timestamp(at(9)), "unit", "n1", "ana", 400, 390],
        [pd.Timestamp(at(10)), "unit", "n1", "counted", 4, 3],
        [pd.Timestamp(at(10)), "unit", "n1", "ben", 510, 505],
    ]


# Results.


def result(*rows: tuple) -> rf.Result:
    return rf.Result.from_frame(ELECTION, pd.DataFrame(rows, columns=["level", "place", "ana", "ben"]))


def test_the_nation_row_is_the_truth_where_there_is_one():
    units = [("unit", unit, 100, 90) for unit in ALL]
    assert result(*units).votes.to_dict() == {"ana": 500, "ben": 450}
    proclaimed = result(*units, ("nation", "", 502, 455))
    assert proclaimed.votes.to_dict() == {"ana": 502, "ben": 455}
    assert proclaimed.margin == pytest.approx(47 / 957)


def test_votes_by_region_come_from_regions_or_else_from_all_their_units():
    rows = [("unit", "n1", 100, 90), ("unit", "n2", 10, 20), ("region", "south", 300, 400), ("unit", "s1", 1, 1)]
    assert result(*rows).by_region() is None
    votes = result(*rows, ("unit", "x1", 5, 6)).by_region()
    assert votes is not None
    assert votes.index.tolist() == ["north", "south", "abroad"]
    assert votes.to_numpy().tolist() == [[110, 110], [300, 400], [5, 6]]


def falling() -> rf.Counts:
    return counts(
        (8, "unit", "n1", 4, 400, 500), (9, "unit", "n1", 5, 390, 600), (10, "unit", "n2", 2, 90, 80),
        (11, "unit", "n2", 3, 80, 90),
    )  # fmt: skip


def test_a_night_so_far_knows_of_no_later_correction():
    night = falling()
    assert [len(night.until(at(hour)).latest.warnings) for hour in (8, 9, 10, 11)] == [0, 1, 1, 1]
    assert "1 went down in 1 place" in str(night.until(at(10)).warnings[0])


def test_a_count_picked_by_its_position_knows_no_more_than_the_night_until_then():
    night = falling()
    for position, time in enumerate(night.times):
        assert night[position].warnings == night.until(time).latest.warnings
    with pytest.raises(TypeError, match="whole number"):
        night[-2:]


def test_a_result_made_by_hand_is_checked_too():
    rows = pd.DataFrame({"level": ["region"], "place": ["nowhere"], "ana": [1.0], "ben": [np.nan]})
    with pytest.raises(rf.InvalidInput) as invalid:
        rf.Result(ELECTION, rows.assign(blank=np.nan, null=np.nan))
    assert [problem.value for problem in invalid.value.problems] == ["nowhere", None]


def test_numbers_that_go_down_are_reported_once():
    night = counts((8, "unit", "n1", 4, 400, 500), (9, "unit", "n1", 3, 390, 510))
    said = [str(problem) for problem in night.warnings]
    assert len(said) == 1
    assert "no less than 4" in said[0]
    assert "2 went down in 1 place" in said[0]
