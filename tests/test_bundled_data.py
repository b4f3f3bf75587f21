"""The bundled elections: every folder keeps the contract, and its totals are the official ones."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd
import pytest

DATA = Path(__file__).resolve().parent.parent / "data"
FOLDERS = sorted(path.parent for path in DATA.glob("*/election.toml"))
LEVELS = ["unit", "region", "nation"]

each_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """A csv of the folder, plain or compressed, with ids as text."""
    path = next(path for path in (folder / f"{name}.csv", folder / f"{name}.csv.gz") if path.exists())
    return pd.read_csv(path, dtype=dict.fromkeys(["unit", "region", "area", "place"], str), keep_default_na=True)


def read_toml(folder: Path) -> dict:
    """The election's description."""
    return tomllib.loads((folder / "election.toml").read_text(encoding="utf-8"))


def candidate_ids(folder: Path) -> list[str]:
    """The candidates' ids in order."""
    return [candidate["id"] for candidate in read_toml(folder)["candidates"]]


def counts_files(folder: Path) -> list[str]:
    """Names of the folder's counts files: the night itself and its coarser versions."""
    return sorted({path.name.split(".")[0] for path in folder.glob("counts*.csv*")})


def in_votes(folder: Path, rows: pd.DataFrame) -> list[str]:
    """The columns that a finer sum may not exceed: candidates, and stations where they are given."""
    return [*candidate_ids(folder), *[column for column in ["counted"] if column in rows]]


@each_folder
def test_description_is_complete(folder):
    text = read_toml(folder)
    assert text["id"] == folder.name
    assert text["rule"] in {"runoff", "first-round"}
    assert ("first_round" in text) == (text["rule"] == "first-round")
    assert len(text["candidates"]) >= 2
    assert len(set(candidate_ids(folder))) == len(text["candidates"])
    assert all(source["publisher"] for source in text["sources"])
    baseline = {column.removeprefix("baseline_") for column in read_table(folder, "units")}
    assert {candidate["baseline"] for candidate in text["candidates"] if "baseline" in candidate} <= baseline


@each_folder
def test_register_is_sound(folder):
    units = read_table(folder, "units")
    assert units["unit"].is_unique
    assert (units["stations"] > 0).all()
    assert units["stations"].dtype == int
    assert not units[["region", "area", "kind", "name"]].isna().any(axis=None)
    regions = read_table(folder, "regions")
    assert set(units["region"]) <= set(regions["region"])
    assert not regions.duplicated(["tile_row", "tile_column"]).any()
    lists = [column for column in units if column.startswith("baseline_") and column != "baseline_ballots"]
    if lists:
        assert (units[lists].min() >= 0).all()
        assert (units[lists].sum(axis=1) <= units["baseline_ballots"].fillna(0)).all()
        assert (units["baseline_ballots"].fillna(0) <= units["electorate"]).mean() > 0.99


@each_folder
def test_counts_are_sound(folder):
    units = read_table(folder, "units")
    stations = {"unit": units.set_index("unit")["stations"], "region": units.groupby("region")["stations"].sum()}
    for name in counts_files(folder):
        rows = read_table(folder, name)
        assert not rows.duplicated(["time", "level", "place"]).any(), name
        times = pd.to_datetime(rows["time"], utc=True)
        assert times.is_monotonic_increasing, name
        assert times.dt.date.min() >= read_toml(folder)["date"], name
        assert (rows[candidate_ids(folder)] >= 0).all(axis=None), name
        for level, total in stations.items():
            own = rows[rows["level"] == level]
            assert set(own["place"]) <= set(total.index), name
            taken = own[[c for c in ["counted", "contested", "void"] if c in own]].sum(axis=1)
            if "counted" in own:
                assert (taken.to_numpy() <= total.reindex(own["place"]).to_numpy()).all(), (name, level)
        nation = rows[rows["level"] == "nation"]
        assert nation["place"].isna().all(), name


@each_folder
def test_finer_rows_never_exceed_the_coarser_row_beside_them(folder):
    region_of = read_table(folder, "units").set_index("unit")["region"]
    for name in counts_files(folder):
        for time, rows in read_table(folder, name).groupby("time"):
            columns = in_votes(folder, rows)
            level = {key: rows[rows["level"] == key].set_index("place")[columns] for key in LEVELS}
            by_region = level["unit"].groupby(region_of.reindex(level["unit"].index).to_numpy()).sum()
            whole = level["region"].combine_first(by_region)
            beside = by_region.reindex(level["region"].index).fillna(0)
            assert (beside <= level["region"]).all(axis=None), (name, time)
            if len(level["nation"]):
                assert (whole.sum() <= level["nation"].iloc[0]).all(), (name, time)


@each_folder
def test_result_fits_the_register(folder):
    units = read_table(folder, "units").set_index("unit")
    result = read_table(folder, "result")
    own = result[result["level"] == "unit"].set_index("place")
    assert own.index.is_unique
    assert set(own.index) <= set(units.index)
    assert list(result.columns[2 : 2 + len(candidate_ids(folder))]) == candidate_ids(folder)
    if len(own) and read_toml(folder)["id"].startswith("peru"):
        ballots = own[[*candidate_ids(folder), "blank", "null"]].sum(axis=1)
        assert (ballots <= units["electorate"].reindex(own.index)).mean() > 0.995


def nation_votes(folder: Path) -> dict[str, int]:
    """Proclaimed votes of the nation row."""
    result = read_table(folder, "result")
    return result[result["level"] == "nation"].iloc[0][candidate_ids(folder)].astype(int).to_dict()


def test_peru_2021_runoff_totals():
    folder = DATA / "peru-2021-runoff"
    units = read_table(folder, "units")
    assert (len(units), units["stations"].sum()) == (2_082, 86_488)
    home = units[units["kind"] != "overseas"]
    lists = [column for column in units if column.startswith("baseline_") and column != "baseline_ballots"]
    assert len(lists) == 18
    assert home[lists].to_numpy().sum() == 14_239_057
    assert len(home) == 1_874
    result = read_table(folder, "result")
    own = result[result["level"] == "unit"]
    assert (own["castillo"].sum(), own["fujimori"].sum()) == (8_835_653, 8_791_696)
    assert nation_votes(folder) == {"castillo": 8_836_380, "fujimori": 8_792_117}


def test_peru_2021_overseas_is_the_remainder_of_the_national_row():
    rows = read_table(DATA / "peru-2021-runoff", "counts")
    rows = rows[rows["time"] == "2021-06-07T15:21:00-05:00"]
    home = rows[rows["level"] == "unit"][["counted", "castillo", "fujimori"]].sum()
    nation = rows[rows["level"] == "nation"].iloc[0]
    # the office's 775 counted stations abroad include three that were never installed
    assert [nation[c] - home[c] for c in home.index] == [775 - 3, 27_998, 46_268]


def test_peru_2021_founding_bulletin():
    rows = read_table(DATA / "peru-2021-runoff", "counts-national")
    bulletin = rows[rows["time"] == "2021-06-07T19:23:00-05:00"].iloc[0]
    assert (bulletin["castillo"], bulletin["fujimori"]) == (8_548_929, 8_457_547)
    assert round((bulletin["counted"] + bulletin["contested"] + bulletin["void"]) / 86_488, 4) == 0.9596
