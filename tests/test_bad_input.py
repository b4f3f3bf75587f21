"""Broken folders: every fault is told with its file, line, column and value, all at once, and none by a traceback."""

import io
import pickle
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from broken_folders import CASES, TOML, counts_row, edit, first, put, remove
from folders import COUNTS, FILES, UNITS, change, write_folder
from hypothesis import HealthCheck, given, settings, strategies as st

import runoff_forecast as rf
from runoff_forecast.sources import check_folder

BROKEN_EVERYWHERE = [
    edit(TOML, "#c8102e", "crimson"),
    edit("units.csv", "rural,4,", "rural,0,"),
    edit("regions.csv", "abroad,Abroad", "elsewhere,Abroad"),
    first(ana="-400"),
    counts_row("unit,020101,10", "unit,20101,10"),
    edit("result.csv", "unit,020102", "unit,020109"),
]


def problems_of(folder: Path) -> tuple[rf.Problem, ...]:
    """All problems, got as a user gets them: from the error, or from the night where all are warnings."""
    try:
        return rf.load(folder).warnings
    except rf.InvalidInput as invalid:
        return invalid.problems


def test_the_sound_folder_is_sound(tmp_path):
    assert check_folder(write_folder(tmp_path)) == ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_folder_is_told_what_is_wrong_and_where(case, tmp_path):
    case.breaks(write_folder(tmp_path))
    problems = problems_of(tmp_path)
    where = (case.file, case.row, case.column, case.value, case.severity)
    found = [one for one in problems if (one.file, one.row, one.column, one.value, one.severity) == where]
    assert len(found) == 1, "\n".join(map(repr, problems))
    assert case.expected in found[0].expected
    assert len(problems) == 1 + case.others, "\n".join(map(repr, problems))


def test_all_problems_of_all_files_come_at_once(tmp_path):
    write_folder(tmp_path)
    for breaks in BROKEN_EVERYWHERE:
        breaks(tmp_path)
    with pytest.raises(rf.InvalidElection) as caught:
        rf.load(tmp_path)
    assert {problem.file for problem in caught.value.problems} == set(FILES)
    text = str(caught.value)
    assert text.startswith("6 errors:")
    assert "counts.csv, line 2, column 'ana': found '-400', expected 0 or more" in text
    assert "counts.csv, line 3, column 'place': found '20101'" in text
    assert "1 warning:\n  regions.csv" in text


UNREADABLE_REGISTERS = {
    "missing": remove("units.csv"),
    "empty": put("units.csv", ""),
    "header only": put("units.csv", UNITS.splitlines()[0] + "\n"),
    "ragged": edit("units.csv", ",600,400,100\n", ",600,400\n"),
    "Latin-1": put("units.csv", UNITS.replace("south,urban", "south,búrbana").encode("latin-1")),
    "no unit column": edit("units.csv", "unit,", "id,"),
}


@pytest.mark.parametrize("breaks", UNREADABLE_REGISTERS.values(), ids=UNREADABLE_REGISTERS.keys())
def test_a_broken_register_hides_no_fault_of_the_other_tables(breaks, tmp_path):
    breaks(write_folder(tmp_path))
    first(ana="-400")(tmp_path)
    edit("result.csv", "unit,020101,1890", "unit,020101,18.9")(tmp_path)
    edit("regions.csv", "The South,1,1", "The South,1,x")(tmp_path)
    assert [(one.file, one.column, one.value) for one in problems_of(tmp_path) if one.file != "units.csv"] == [
        ("regions.csv", "tile_column", "x"),
        ("counts.csv", "ana", "-400"),
        ("result.csv", "ana", "18.9"),
    ]


def test_without_an_election_the_votes_are_looked_at(tmp_path):
    remove(TOML)(write_folder(tmp_path))
    first(ana="-400")(tmp_path)
    assert ("counts.csv", 2, "ana", "-400") in [
        (one.file, one.row, one.column, one.value) for one in problems_of(tmp_path)
    ]


@pytest.mark.parametrize("column", ["time", "level", "place"])
def test_a_missing_column_hides_no_fault_of_the_others(column, tmp_path):
    first(ana="-400")(write_folder(tmp_path))
    edit("counts.csv", column, column + "s")(tmp_path)
    assert ("ana", "-400") in [(one.column, one.value) for one in problems_of(tmp_path)]


def test_contradictions_of_all_times_come_at_once(tmp_path):
    rows = [f"2021-06-06T{hour}:00:00-05:00,{row}" for hour in (20, 21) for row in ("unit,010101,4,0,0,400,500,10,20",)]
    rows += [f"2021-06-06T{hour}:00:00-05:00,nation,,4,0,0,{410 + hour},500,10,20" for hour in (20, 21)]
    put("counts.csv", "\n".join([COUNTS.splitlines()[0], *rows]))(write_folder(tmp_path))
    edit("result.csv", "unit,020102", "unit,020109")(tmp_path)
    assert [(one.file, one.row) for one in problems_of(tmp_path)] == [
        ("counts.csv", 4),
        ("counts.csv", 5),
        ("result.csv", 5),
    ]


def test_faults_of_counts_alone_are_an_invalid_count(tmp_path):
    first(ana="-400")(write_folder(tmp_path))
    with pytest.raises(rf.InvalidCount):
        rf.load(tmp_path)


def test_many_problems_of_one_sort_are_told_as_few_and_a_number(tmp_path):
    write_folder(tmp_path)
    row = "2021-06-06T20:00:00-05:00,unit,{},1,0,0,1,1,0,0\n"
    put("counts.csv", COUNTS.splitlines()[0] + "\n" + "".join(row.format(place) for place in range(700, 800)))(tmp_path)
    with pytest.raises(rf.InvalidCount) as caught:
        rf.load(tmp_path)
    assert len(caught.value.problems) == 100
    assert str(caught.value).count("\n") < 10
    assert "100 such rows in counts.csv" in str(caught.value)


def test_an_error_survives_the_way_between_processes():
    problems = [rf.Problem("counts.csv", 2, "ana", "-1", "0 or more")]
    again = pickle.loads(pickle.dumps(rf.InvalidCount(problems)))
    assert isinstance(again, rf.InvalidCount)
    assert again.problems == tuple(problems)


@pytest.mark.parametrize("counts", ["counts.txt", "nowhere.csv"])
def test_counts_given_must_be_a_table_that_is_there(counts, tmp_path):
    write_folder(tmp_path)
    with pytest.raises(rf.InvalidCount):
        rf.load(tmp_path, counts=tmp_path / counts)


def test_lines_are_counted_as_an_editor_counts_them(tmp_path):
    """Blank lines and quoted cells that run over lines do not shift the rows told."""
    write_folder(tmp_path)
    change(tmp_path, "units.csv", "unit,region,", "name,unit,region,")
    text = (tmp_path / "units.csv").read_text().splitlines()
    lines = [text[0], '"Two\nlines",' + text[1], "", "Plain," + text[2], *("x," + line for line in text[3:])]
    lines[4] = lines[4].replace("urban,20", "urban,-20")
    put("units.csv", "\r\n".join(lines) + "\r\n")(tmp_path)
    assert [problem.row for problem in problems_of(tmp_path)] == [6]


def test_a_byte_order_mark_and_line_ends_of_windows_are_fine(tmp_path):
    write_folder(tmp_path)
    for name, text in FILES.items():
        put(name, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())(tmp_path)
    assert check_folder(tmp_path) == ()


def test_extra_columns_of_the_register_are_the_users_own(tmp_path):
    edit("units.csv", "unit,region", "unit,region,altitude")(write_folder(tmp_path))
    lines = (tmp_path / "units.csv").read_text().splitlines()
    text = [lines[0]] + [",".join([*line.split(",")[:2], "2300", *line.split(",")[2:]]) for line in lines[1:]]
    put("units.csv", "\n".join(text))(tmp_path)
    assert check_folder(tmp_path) == ()


@pytest.mark.parametrize("missing", ["counts.csv", "result.csv", "regions.csv"])
def test_what_may_be_absent_may_be_absent(missing, tmp_path):
    remove(missing)(write_folder(tmp_path))
    assert check_folder(tmp_path) == ()


@pytest.mark.parametrize("place", ["nowhere", "file"])
def test_a_folder_that_is_none(place, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(rf.InvalidElection, match="folder"):
        rf.load(tmp_path / place)


def frames() -> tuple[pd.DataFrame, pd.DataFrame]:
    ids = {"unit": str, "place": str}
    units = pd.read_csv(io.StringIO(UNITS), dtype=ids)
    return units, pd.read_csv(io.StringIO(COUNTS), dtype=ids, keep_default_na=False)


def election(units: pd.DataFrame) -> rf.Election:
    candidates = [rf.Candidate("ana", "Ana Alva"), rf.Candidate("ben", "Ben Bravo")]
    return rf.Election.from_frames(
        id="made-up",
        title="Made up",
        date=date(2021, 6, 6),
        candidates=candidates,
        units=units,
        timezone="America/Lima",
    )


def test_frames_get_the_same_checks_with_rows_from_zero():
    units, counts = frames()
    units.loc[3, "stations"] = 0
    with pytest.raises(rf.InvalidElection) as caught:
        election(units)
    assert caught.value.problems == (rf.Problem("units", 3, "stations", "0", "1 or more"),)
    counts.loc[[0, 4], "ana"] = -1
    with pytest.raises(rf.InvalidCount) as caught:
        rf.Counts.from_frame(election(frames()[0]), counts)
    assert [(problem.file, problem.row, problem.value) for problem in caught.value.problems] == [
        ("counts", 0, "-1"),
        ("counts", 4, "-1"),
    ]


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("ana", [True, False] * 3 + [True]),
        ("ana", [None] * 7),
        ("ana", [1 + 2j] * 7),
        ("ana", [10**400] * 7),
        ("ana", [b"1"] * 7),
        ("ana", [pd.Timedelta(1, "s")] * 7),
        ("time", [{}] * 7),
        ("time", [pd.Timestamp("2021-06-07")] * 7),
        ("time", [pd.NaT] * 7),
        ("time", list(range(7))),
        ("place", [1.0] * 7),
        ("level", [None] * 7),
    ],
)
def test_frames_of_strange_types_are_refused_in_words(column, cells):
    units, counts = frames()
    counts[column] = cells
    with pytest.raises(rf.InvalidCount):
        rf.Counts.from_frame(election(units), counts)


def test_ids_that_are_numbers_are_told_once():
    units, counts = frames()
    told = election(units.assign(unit=units["unit"].astype(int))).warnings
    assert [(one.column, one.severity) for one in told] == [("unit", "warning")]
    assert "leading zeros" in told[0].expected
    rows = counts[counts["level"] == "unit"]
    with pytest.raises(rf.InvalidCount, match="leading zeros"):
        rf.Counts.from_frame(election(units), rows.assign(place=rows["place"].astype(int)))


def test_candidates_that_are_no_records_are_refused_in_words():
    with pytest.raises(rf.InvalidElection, match="records of rf"):
        rf.Election.from_frames(
            id="made-up", title="Made up", date=date(2021, 6, 6), candidates=[{"id": "ana"}], units=frames()[0]
        )


@pytest.mark.parametrize("year", ["2300-01-01T00:00:00Z", "1500-01-01T00:00:00Z"])
def test_moments_of_another_age_are_refused_in_frames(year):
    units, counts = frames()
    with pytest.raises(rf.InvalidCount, match="years 1678 to 2261"):
        rf.Counts.from_frame(election(units), counts.assign(time=pd.Timestamp(year).as_unit("us")))


def test_a_file_beside_a_table_is_the_users_own(tmp_path):
    put("counts.xlsx", b"PK")(write_folder(tmp_path))
    assert check_folder(tmp_path) == ()


def test_a_frame_with_a_column_twice_is_refused():
    units, counts = frames()
    with pytest.raises(rf.InvalidCount, match="this column once"):
        rf.Counts.from_frame(election(units), pd.concat([counts, counts[["ana"]]], axis="columns"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(FILES)), at=st.floats(0, 1), cut=st.integers(0, 40), junk=st.binary(max_size=8))
def test_no_accident_to_a_file_gives_a_traceback(name, at, cut, junk, tmp_path):
    """Any bytes in the place of any others: a night comes out, or an `InvalidInput`."""
    write_folder(tmp_path)
    data = (tmp_path / name).read_bytes()
    start = int(at * len(data))
    (tmp_path / name).write_bytes(data[:start] + junk + data[start + cut :])
    check_folder(tmp_path)


ODD = [
    "",
    " ",
    ",",
    "-1",
    "1e400",
    "nan",
    "None",
    "0",
    "10",
    "unit",
    "nation",
    "north",
    "010101",
    "é",
    '"',
    "2021-06-06",
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["units.csv", "regions.csv", "counts.csv", "result.csv"]),
    row=st.integers(0, 6),
    column=st.integers(0, 9),
    text=st.sampled_from(ODD),
)
def test_no_cell_gives_a_traceback(name, row, column, text, tmp_path):
    """Any odd text in any cell, the header's too: a night comes out, or an `InvalidInput`."""
    write_folder(tmp_path)
    lines = [line.split(",") for line in FILES[name].splitlines()]
    cells = lines[row % len(lines)]
    cells[column % len(cells)] = text
    put(name, "\n".join(map(",".join, lines)))(tmp_path)
    check_folder(tmp_path)
