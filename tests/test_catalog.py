"""The bundled elections, and folders written and read again."""

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from folders import write_folder

import runoff_forecast as rf
from runoff_forecast.sources import check_folder, folder_of

BUNDLED = list(rf.elections())


def test_there_are_bundled_elections_with_their_titles():
    assert rf.elections()["peru-2021-runoff"] == "Peru 2021, presidential runoff"


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_election_has_no_errors(name):
    night = rf.load(name)
    assert night.election.id == name
    assert not [problem for problem in check_folder(folder_of(name)) if problem.severity == "error"]


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_count_never_knows_more_than_there_is(name):
    for count in rf.load(name).counts:
        assert 0 <= count.counted_share <= 1 + 1e-9
        assert (count.holdings.frame[list(count.election.candidate_ids)] >= 0).all(axis=None)


def test_an_unknown_id_is_told_with_the_nearest():
    with pytest.raises(rf.InvalidElection, match="did you mean 'peru-2021-runoff'"):
        rf.load("peru-2021-runof")


def same(night: rf.Night, again: rf.Night) -> None:
    assert again.election.header() == night.election.header()
    pd.testing.assert_frame_equal(again.election.units, night.election.units)
    pd.testing.assert_frame_equal(again.election.baseline, night.election.baseline)
    pd.testing.assert_frame_equal(again.election.regions, night.election.regions)
    pd.testing.assert_frame_equal(again.counts.frame, night.counts.frame)
    assert (again.result is None) == (night.result is None)
    if night.result is not None:
        pd.testing.assert_frame_equal(again.result.rows, night.result.rows)


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet"])
def test_a_night_written_reads_back_as_the_same(ending, tmp_path):
    night = rf.load(write_folder(tmp_path / "old"))
    rf.write_night(night, tmp_path / "new", ending=ending)
    same(night, rf.load(tmp_path / "new"))


@pytest.mark.parametrize("name", ["peru-2021-runoff", "bolivia-2019", "peru-2011-first-round"])
def test_a_bundled_night_written_reads_back_as_the_same(name, tmp_path):
    night = rf.load(name)
    rf.write_night(night, tmp_path)
    same(night, rf.load(tmp_path))


def test_a_night_counted_by_share_reads_back_as_the_same(tmp_path):
    write_folder(tmp_path / "old")
    lines = ["unit,region,electorate", "010101,north,3000", "010102,north,1500"]
    (tmp_path / "old" / "units.csv").write_text("\n".join(lines))
    (tmp_path / "old" / "regions.csv").unlink()
    (tmp_path / "old" / "result.csv").unlink()
    counts = "time,level,place,counted_share,ana,ben\n2021-06-06T20:00:00-05:00,region,north,0.337,400,500\n"
    (tmp_path / "old" / "counts.csv").write_text(counts)
    night = rf.load(tmp_path / "old")
    assert night.counts.latest.counted == pytest.approx(0.337 * 15)
    rf.write_night(night, tmp_path / "new")
    same(night, rf.load(tmp_path / "new"))


def test_writing_leaves_no_stranger_to_be_read_beside(tmp_path):
    night = rf.load(write_folder(tmp_path))
    with pytest.raises(FileExistsError, match=r"units\.csv"):
        rf.write_night(night, tmp_path, ending=".csv.gz")
    rf.write_night(night, tmp_path)
    same(night, rf.load(tmp_path))


def test_counts_given_take_the_place_of_the_folders_own():
    counts = folder_of("peru-2021-runoff") / "counts-national.csv"
    night = rf.load("peru-2021-runoff", counts=counts)
    assert set(night.counts.frame["level"]) == {"nation"}


def big_folder(folder: Path) -> Path:
    """A register of 86,488 stations with one snapshot, written beside a sound election.toml."""
    write_folder(folder)
    (folder / "regions.csv").unlink()
    (folder / "result.csv").unlink()
    stations = np.arange(86_488)
    units = pd.DataFrame({"unit": stations, "region": stations % 26, "stations": 1, "electorate": 300})
    lists = {"baseline_list" + str(number): stations % (number + 7) for number in range(18)}
    units.assign(**lists).to_csv(folder / "units.csv", index=False)
    counts = pd.DataFrame({"time": "2021-06-06T20:00:00-05:00", "level": "unit", "place": stations, "counted": 1})
    counts.assign(ana=100, ben=110).to_csv(folder / "counts.csv", index=False)
    return folder


@pytest.mark.slow
def test_a_register_of_stations_is_read_in_seconds(tmp_path):
    folder = big_folder(tmp_path)
    start = time.perf_counter()
    night = rf.load(folder)
    assert time.perf_counter() - start < 4  # 0.6 s alone on the machine that it was written on
    assert night.counts.latest.counted == 86_488
