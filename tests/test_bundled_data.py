"""The bundled elections: every folder keeps the contract, and its totals are the official ones."""

from __future__ import annotations

import gzip
import tomllib
from importlib import import_module
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
        if "electorate" in units:
            told = units["electorate"].notna()
            assert (units["baseline_ballots"].fillna(0) <= units["electorate"])[told].mean() > 0.98


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
    if len(own) and "electorate" in units:
        ballots = own[[*candidate_ids(folder), "blank", "null"]].sum(axis=1)
        electorate = units["electorate"].reindex(own.index).dropna()  # at a border gate nobody is registered
        assert (ballots[electorate.index] <= electorate).mean() > 0.995


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


def test_peru_2021_station_sweep_has_the_consulates():
    folder = DATA / "peru-2021-runoff"
    rows = read_table(folder, "counts")
    sweep = rows[rows["time"] == "2021-06-08T11:15:44-05:00"]
    assert set(sweep["place"]) == set(read_table(folder, "units")["unit"])
    assert (sweep["counted"].sum(), sweep["contested"].sum()) == (82_788, 1_367)


def test_peru_2016_runoff_totals():
    folder = DATA / "peru-2016-runoff"
    units = read_table(folder, "units")
    assert units["stations"].sum() == 77_307
    assert units["baseline_fuerza_popular"].sum() == 6_115_073
    assert units["baseline_peruanos_por_el_kambio"].sum() == 3_228_661
    assert units["baseline_frente_amplio"].sum() == 2_874_940
    own = read_table(folder, "result").query("level == 'unit'")
    assert (own["kuczynski"].sum(), own["fujimori"].sum()) == (8_596_937, 8_555_880)
    assert nation_votes(folder) == {"kuczynski": 8_596_937, "fujimori": 8_555_880}


def test_peru_2021_first_round_totals():
    folder = DATA / "peru-2021-first-round"
    own = read_table(folder, "result").query("level == 'unit'")
    assert own[candidate_ids(folder)].to_numpy().sum() == 14_239_057
    votes = nation_votes(folder)
    assert (votes["castillo"], votes["fujimori"], sum(votes.values())) == (2_724_752, 1_930_762, 14_400_630)
    assert (own[candidate_ids(folder)].sum() <= pd.Series(votes)).all()


def test_peru_2026_first_round_totals():
    folder = DATA / "peru-2026-first-round"
    units = read_table(folder, "units")
    assert units.groupby(units["kind"] == "overseas")["stations"].sum().tolist() == [90_223, 2_543]
    final = read_table(folder, "result")[candidate_ids(folder)].sum()
    assert final[["fujimori", "sanchez", "lopez_aliaga"]].tolist() == [2_811_747, 1_976_734, 1_950_243]
    counts = read_table(folder, "counts")
    last = counts.groupby("place").last()[candidate_ids(folder)].sum()
    assert last.to_dict() == final.to_dict()
    assert counts["counted_share"].between(0, 1).all()


@pytest.mark.parametrize(
    ("election", "votes"),
    [
        ("peru-2011-runoff", {"humala": 7_937_704, "fujimori": 7_490_647}),
        ("peru-2006-runoff", {"garcia": 6_965_017, "humala": 6_270_080}),
    ],
)
def test_borrowed_geography_says_so(election, votes):
    assert nation_votes(DATA / election) == votes
    assert "2016" in read_toml(DATA / election)["retrospective"]


@pytest.mark.parametrize(
    ("election", "shares"),
    [
        ("peru-2006-first-round", {"humala": 30.616, "garcia": 24.324, "flores": 23.814}),
        ("peru-2011-first-round", {"humala": 31.699, "fujimori": 23.551, "kuczynski": 18.512, "toledo": 15.631}),
    ],
)
def test_first_round_shares_of_the_press_nights(election, shares):
    votes = pd.Series(nation_votes(DATA / election))
    share = votes / votes.sum() * 100
    assert share[list(shares)].round(3).to_dict() == pytest.approx(shares, abs=0.0015)


def test_press_cuts_give_back_the_printed_shares():
    rows = read_table(DATA / "peru-2011-runoff", "counts").set_index("counted_share")
    share = rows["humala"] / rows[["humala", "fujimori"]].sum(axis=1) * 100
    assert share[[0.78305, 0.87809, 0.88375, 0.91637]].round(3).tolist() == [50.087, 51.253, 51.276, 51.481]


def test_bolivia_2019_margins():
    folder = DATA / "bolivia-2019"
    assert read_toml(folder)["preliminary"] is True
    assert read_table(folder, "units")["stations"].sum() == 34_555
    votes = pd.Series(nation_votes(folder))
    assert (votes["morales"], votes["mesa"]) == (2_889_359, 2_240_920)
    counts = read_table(folder, "counts")
    assert counts.groupby("time")["counted"].sum().tolist() == [28_975, 32_806]
    moments = [frame[candidate_ids(folder)].sum() for _, frame in counts.groupby("time")]
    margins = [round((v["morales"] - v["mesa"]) / v.sum() * 100, 2) for v in [*moments, votes]]
    assert margins == [7.87, 10.15, 10.56]


def test_france_2012_totals():
    folder = DATA / "france-2012-runoff"
    units = read_table(folder, "units")
    assert (len(units), units["region"].nunique(), units["area"].nunique()) == (577, 24, 107)
    lists = [column for column in units if column.startswith("baseline_") and column != "baseline_ballots"]
    assert (units["baseline_hollande"].sum(), units["baseline_sarkozy"].sum()) == (10_272_705, 9_753_629)
    assert units[lists].to_numpy().sum() == 35_883_209
    assert nation_votes(folder) == {"hollande": 18_000_668, "sarkozy": 16_860_685}


def test_turkey_2023_totals_and_its_night():
    folder = DATA / "turkey-2023-runoff"
    units = read_table(folder, "units")
    home = units["kind"] != "overseas"
    assert (len(units), home.sum(), units["region"].nunique()) == (1092, 973, 82)
    assert units.loc[home, "stations"].sum() == 192_214
    assert (units["baseline_erdogan"].sum(), units["baseline_kilicdaroglu"].sum()) == (27_133_849, 24_595_178)
    assert nation_votes(folder) == {"erdogan": 27_834_589, "kilicdaroglu": 25_504_724}
    counts = read_table(folder, "counts-national")
    lead = 100 * (counts["erdogan"] - counts["kilicdaroglu"]) / (counts["erdogan"] + counts["kilicdaroglu"])
    assert (len(lead), round(lead.iloc[0]), round(lead.iloc[-1], 1)) == (25, 23, 4.4)
    by_province = read_table(folder, "counts-by-province").groupby("time")[["counted", "erdogan"]].sum()
    assert by_province["erdogan"].tolist() == counts["erdogan"].tolist()


@each_folder
def test_the_package_reads_the_folder(folder):
    catalog = pytest.importorskip("runoff_forecast.sources.catalog")
    for path in folder.glob("counts*.csv*"):
        night = catalog.load(folder, counts=path)
        assert len(night.counts) > 0
    night = catalog.load(folder)
    assert night.election.id == folder.name
    assert night.result is not None


def test_bundled_data_stays_small():
    assert sum(path.stat().st_size for path in DATA.rglob("*.csv*")) < 4_000_000


REFERENCE = DATA.parent.parent / "shared" / "data"


def texts(folder: Path) -> dict[str, bytes]:
    """The tables of a folder, unpacked: what compresses them may differ from machine to machine."""
    paths = {path.name: path for path in folder.glob("*.csv*")}
    return {
        name: gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for name, path in paths.items()
    }


@pytest.mark.reference_data
@pytest.mark.skipif(not REFERENCE.is_dir(), reason="the offices' files are not beside the checkout")
@each_folder
def test_compiling_again_gives_the_same_tables(folder, tmp_path, monkeypatch):
    compiler = import_module("data.compile.__main__")
    if folder.name == "france-2012-runoff" and not (REFERENCE / "france-2012").is_dir():
        pytest.skip("its tables are not among the offices' files; data/README.md says how to get at them")
    if folder.name == "turkey-2023-runoff":
        pytest.importorskip("ysk", reason="its tables are in a package; data/README.md says how to get at them")
    for name in ("peru_2021", "peru_2026", "peru_press", "bolivia_2019", "france_2012", "turkey_2023"):
        monkeypatch.setattr(import_module(f"data.compile.{name}"), "DATA", tmp_path)
    compiler.COMPILERS[folder.name](REFERENCE)
    assert texts(tmp_path / folder.name) == texts(folder)
