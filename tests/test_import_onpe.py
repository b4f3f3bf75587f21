"""Station files of Peru's electoral office, in each of their layouts, become folders that pass every check."""

import csv
import gzip
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import runoff_forecast as rf
from runoff_forecast import cli
from runoff_forecast.sources import StationFiles, Wanted, check_folder, read_onpe, write_night

REFERENCE = Path(__file__).parents[2] / "shared" / "data"
reference = pytest.mark.skipif(not REFERENCE.is_dir(), reason="the office's files are not in ../shared/data")

HEADER = "UBIGEO;DEPARTAMENTO;PROVINCIA;DISTRITO;TIPO_ELECCION;MESA_DE_VOTACION;DESCRIP_ESTADO_ACTA;TIPO_OBSERVACION;"
HEADER += "N_CVAS;N_ELEC_HABIL;"
RUNOFF = HEADER + "VOTOS_P1;VOTOS_P2;VOTOS_VB;VOTOS_VN;VOTOS_VI\r\n"
SHEETS = (
    # ubigeo, department, province, district, station, state, ballots, electorate, P1, P2, blank, null, challenged
    '"010101";AMAZONAS;CHACHAPOYAS;CHACHAPOYAS;PRESIDENCIAL;000001;CONTABILIZADA;;214;300;118;81;1;14;0',
    "010101;AMAZONAS;CHACHAPOYAS;CHACHAPOYAS;PRESIDENCIAL;000002;COMPUTADA RESUELTA;ILEGIBLE;200;300;90;100;2;7;1;",
    "010101;AMAZONAS;CHACHAPOYAS;CHACHAPOYAS;PRESIDENCIAL;000003;ANULADA;;150;300;;;;;;",
    "140110;LIMA;LIMA;BREÑA;PRESIDENCIAL;000900;CONTABILIZADA;;250;13000;100;140;4;6;0;",
    "140110;LIMA;LIMA;BREÑA;PRESIDENCIAL;000901;SIN INSTALAR;;;300;;;;;",
    "920101;AMERICA;ARGENTINA;BUENOS AIRES;PRESIDENCIAL;090001;CONTABILIZADA;;80;400;30;48;1;1;0",
)
LISTS_2021 = 18


def runoff_file(folder: Path, *changes: tuple[str, str]) -> Path:
    """A file as the office offers it, with texts in it changed."""
    text = RUNOFF + "\r\n".join(SHEETS) + "\r\n"
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "Resultados_2da_vuelta_Version_PCM.csv"
    path.write_bytes(text.encode("latin-1"))
    return path


def first_round_file(folder: Path, *, without: tuple[str, ...] = ()) -> Path:
    """The first round at the same stations: each list has its number in votes on every counted sheet."""
    options = range(1, LISTS_2021 + 1)
    lines = [HEADER + ";".join([f"VOTOS_P{option}" for option in options] + ["VOTOS_VB", "VOTOS_VN", "VOTOS_VI"])]
    for line in SHEETS:
        cells = line.replace('"', "").split(";")
        if cells[5] in without:
            state, ballots, votes = "EN PROCESO", "", [""] * (LISTS_2021 + 3)
        else:
            state, ballots, votes = "CONTABILIZADA", "180", [str(option) for option in options] + ["5", "3", "1"]
        lines.append(";".join([*cells[:6], state, "", ballots, cells[9], *votes]) + ";")
    path = folder / "Resultados_1ra_vuelta_Version_PCM.csv"
    path.write_bytes("\r\n".join(lines).encode("latin-1"))
    return path


def imported(*arguments: str | Path, level: str = "district"):
    return CliRunner().invoke(cli.app, ["import", "onpe", "--level", level, *map(str, arguments)])


def night_of(runoff: Path, first_round: Path | None = None, level="district", places=None, **wanted) -> rf.Night:
    return read_onpe(StationFiles(runoff, first_round, places), Wanted("made-up", level, **wanted))


def faults(runoff: Path, **wanted) -> list[str]:
    with pytest.raises(rf.InvalidInput) as found:
        night_of(runoff, **wanted)
    return [str(problem) for problem in found.value.problems]


@pytest.mark.parametrize("level", ["station", "district"])
def test_a_sheet_with_more_ballots_than_voters_is_told_with_its_line(tmp_path, level):
    told = faults(runoff_file(tmp_path, (";;214;300;", ";;214;1;")), level=level)
    assert len(told) == 1
    assert "line 2, column 'N_ELEC_HABIL': found '1'" in told[0]


@pytest.mark.parametrize("level", ["station", "district"])
def test_the_open_data_of_2021_become_a_sound_folder(tmp_path, level):
    files = ["--runoff", runoff_file(tmp_path), "--first-round", first_round_file(tmp_path)]
    result = imported(*files, "--out", tmp_path / "night", level=level)
    assert result.exit_code == 0, result.output
    assert "Pedro Castillo" in result.stdout
    assert check_folder(tmp_path / "night") == ()
    night = rf.load(tmp_path / "night")
    assert night.election.id == "night"
    assert night.election.stations_total == len(SHEETS)
    assert night.result.votes.to_dict() == {"P1": 338, "P2": 369}
    assert not len(night.counts)


def test_the_register_says_where_units_lie(tmp_path):
    election = night_of(runoff_file(tmp_path)).election
    units = election.units
    assert list(units.index) == ["010101", "140110", "920101"]
    assert list(units["region"]) == ["010000", "140000", "920000"]
    assert list(units["kind"]) == ["rural", "urban", "overseas"]
    assert list(units["name"]) == ["Chachapoyas", "Breña", "Buenos Aires"]
    assert list(units["stations"]) == [3, 2, 1]
    assert list(election.regions["name"]) == ["Amazonas", "Lima", "América"]
    assert election.regions["tile_row"].notna().all()


def test_lists_of_the_first_round_belong_to_their_candidates(tmp_path):
    election = night_of(runoff_file(tmp_path), first_round_file(tmp_path)).election
    assert [election.own_baseline(name) for name in ("P1", "P2")] == ["peru_libre", "fuerza_popular"]
    assert election.baseline.loc["010101", ["peru_libre", "fuerza_popular"]].tolist() == [48, 33]
    assert election.units.loc["010101", "baseline_ballots"] == 540


def test_another_day_has_candidates_of_its_own(tmp_path):
    day = pd.Timestamp("2026-06-07").date()
    given = {"names": {"P1": "Roberto Sánchez"}, "own_lists": {"P1": "P9"}}
    election = night_of(runoff_file(tmp_path), first_round_file(tmp_path), date=day, **given).election
    assert [candidate.name for candidate in election.candidates] == ["Roberto Sánchez", "P2"]
    assert election.own_baseline("P1") == "first_round_p9"
    assert election.own_baseline("P2") is None


def test_a_candidate_renamed_loses_the_list_of_another(tmp_path):
    names = {"P1": "Castillo", "P2": "Somebody Else"}
    first, second = night_of(runoff_file(tmp_path), names=names).election.candidates
    assert (first.name, first.list) == ("Castillo", "Perú Libre")
    assert (second.name, second.list) == ("Somebody Else", None)


def test_votes_of_unknown_first_round_sheets_are_made_up_for_and_told(tmp_path):
    night = night_of(runoff_file(tmp_path), first_round_file(tmp_path, without=("000001", "090001")))
    assert night.election.units.loc["010101", "baseline_ballots"] == 540  # two of three sheets, scaled by electorate
    assert night.election.baseline.loc["920101"].isna().all()
    assert len(night.warnings) == 2
    assert all(warning.severity == "warning" for warning in night.warnings)


def test_a_count_that_goes_on_needs_its_time(tmp_path):
    pending = ("000900;CONTABILIZADA;;250;13000;100;140;4;6;0;", "000900;EN PROCESO;;;13000;;;;;;")
    path = runoff_file(tmp_path, pending, ("090001;CONTABILIZADA", "090001;PARA ENVIO AL JEE"))
    assert "2 open sheets" in faults(path)[0]
    result = imported("--runoff", path, "--out", tmp_path / "night", "--at", "2021-06-08T11:15")
    assert result.exit_code == 0, result.output
    night = rf.load(tmp_path / "night")
    assert night.result is None
    count = night.counts.latest
    assert count.time.isoformat() == "2021-06-08T11:15:00-05:00"
    assert (count.counted, count.contested, count.void) == (2, 1, 2)
    assert count.votes.to_dict() == {"P1": 208, "P2": 181}


def test_open_data_name_no_polling_places(tmp_path):
    assert "--places" in faults(runoff_file(tmp_path), level="place")[0]
    places = tmp_path / "places.txt"
    lines = [line.replace('"', "").split(";") for line in SHEETS]
    places.write_text("".join(f"{cells[5]} 00{cells[0][-1]}7 {cells[0]} \n" for cells in lines), encoding="utf-8")
    units = night_of(runoff_file(tmp_path), level="place", places=places).election.units
    assert list(units.index) == ["010101-0017", "140110-0007", "920101-0017"]
    assert list(units["area"]) == ["010101", "140110", "920101"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ((";118;", ";119;"), "found '214', expected 215, the sum of all votes of station 000001"),
        ((";118;", ";;"), "a number on a counted sheet"),
        ((";118;", ";-118;"), "0 or more"),
        ((";118;", ";1O8;"), "expected a number"),
        (("000002", "000001"), "one sheet for each station"),
        (("140110", "40110"), "six digits"),
        (("SIN INSTALAR", "PERDIDA"), "a state of the sheet"),
        (("VOTOS_VB", "VOTOS_BLANCOS"), "column 'VOTOS_VB'"),
        (("MESA_DE_VOTACION", "MESA"), "a station file of the office"),
        ((";48;1;1;0", ";48;1;1;0;;7"), "cells, as in the header"),
    ],
)
def test_each_fault_is_told_with_its_line(tmp_path, change, told):
    path = runoff_file(tmp_path, change)
    assert any(told in fault for fault in faults(path))


def test_the_first_round_in_the_place_of_the_runoff_is_noticed(tmp_path):
    assert "is this the file of the first round?" in faults(first_round_file(tmp_path))[0]


def test_every_bad_station_is_listed_and_nothing_is_written(tmp_path):
    path = runoff_file(tmp_path, (";118;", ";119;"), (";48;1;1;0", ";49;1;1;0"))
    result = imported("--runoff", path, "--out", tmp_path / "night", "--problems", tmp_path / "problems.csv")
    assert result.exit_code == 1
    assert result.stderr.startswith("2 errors:")
    assert not (tmp_path / "night").exists()
    with (tmp_path / "problems.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["row"], row["value"]) for row in rows] == [("2", "214"), ("7", "80")]


def test_wrong_pairs_are_wrong_usage(tmp_path):
    result = imported("--runoff", runoff_file(tmp_path), "--out", tmp_path / "night", "--candidate", "Castillo")
    assert result.exit_code == 2


def test_the_layout_of_2016_is_read(tmp_path):
    runoff, first = tmp_path / "mesas-runoff.txt", tmp_path / "mesas-first-round.txt.gz"
    runoff.write_text("000169 010202 298 199 1 13 56 129 \n000170 010202 298 65 0 65 0 0\n", encoding="utf-8")
    with gzip.open(first, "wt", encoding="utf-8") as stream:
        stream.write("000169 010202 298 210 58 5 1 83 2 24 4 20 0 2 0 11\n")
        stream.write("000170 010202 298 219 44 18 0 89 4 26 7 13 3 1 1 13\n")
    night = night_of(runoff, first)
    election = night.election
    assert election.date.isoformat() == "2016-06-05"
    assert election.own_baseline("P1") == "peruanos_por_el_kambio"
    assert election.baseline.loc["010202", "peruanos_por_el_kambio"] == 24
    assert night.result.votes.to_dict() == {"P1": 56, "P2": 129}
    write_night(night, tmp_path / "night")
    assert check_folder(tmp_path / "night") == ()


def test_places_given_by_name_only_find_their_region(tmp_path):
    path = tmp_path / "copy.csv"
    path.write_text(
        "mesa,copia,estado_acta,departamento,provincia,distrito,local,direccion,electores_habiles,total_votantes,"
        "p1_ppk,p2_fp,blancos,nulos,impugnados\n"
        "000001,93Y,1,ANCASH,HUARAZ,HUARAZ,IE 1,JR. A 870,290,241,127,101,0,13,0\n"
        "000002,93Y,1,ANCASH,HUARAZ,HUARAZ,IE 2,JR. B 1,290,234,145,80,1,8,0\n"
        "000003,93Y,1,EUROPA,ITALIA,ROMA,IE 3,VIA C,290,100,50,50,0,0,0\n",
        encoding="utf-8",
    )
    units = night_of(path, level="place").election.units
    assert list(units["region"]) == ["020000", "020000", "940000"]
    assert list(units["kind"]) == ["rural", "rural", "overseas"]
    assert list(units["name"]) == ["IE 1", "IE 2", "IE 3"]


def test_a_region_of_no_known_name_is_at_home(tmp_path):
    path = tmp_path / "copy.csv"
    path.write_text(
        "mesa,copia,estado_acta,departamento,provincia,distrito,local,direccion,electores_habiles,total_votantes,"
        "p1_ppk,p2_fp,blancos,nulos,impugnados\n"
        "000001,93Y,1,SIERRA NUEVA,HUARAZ,HUARAZ,IE 1,JR. A 870,290,241,127,101,0,13,0\n",
        encoding="utf-8",
    )
    assert list(night_of(path, level="place").election.units["kind"]) == ["rural"]


@reference
@pytest.mark.reference_data
def test_the_dirty_copy_of_2016_gives_the_list_of_its_bad_stations(tmp_path):
    copy = REFERENCE / "peru-2016" / "mesas-runoff-dirty-copy.csv.gz"
    result = imported("--runoff", copy, "--out", tmp_path / "night", "--problems", tmp_path / "problems.csv")
    assert result.exit_code == 1
    assert result.stderr.startswith("754 errors:")
    rows = pd.read_csv(tmp_path / "problems.csv")
    assert (rows["severity"] == "error").sum() == 754
    assert rows.loc[rows["severity"] == "error", "expected"].str.contains("the sum of all votes of station").all()


@reference
@pytest.mark.reference_data
@pytest.mark.slow
def test_the_whole_runoff_of_2021_in_the_open_layout_is_the_bundled_one(tmp_path):
    path = open_data_of_2021(tmp_path)
    night, bundled = night_of(path), rf.load("peru-2021-runoff")
    columns = ["region", "area", "kind", "name", "stations", "electorate"]
    pd.testing.assert_frame_equal(night.election.units[columns], bundled.election.units[columns])
    assert night.result.votes.to_list() == [8_835_653, 8_791_696]
    by_unit = bundled.result.rows[bundled.result.rows["level"] == "unit"]
    assert (night.result.rows["P1"].to_numpy() == by_unit["castillo"].to_numpy()).all()


@reference
@pytest.mark.reference_data
@pytest.mark.slow
def test_both_rounds_of_2016_are_the_bundled_ones():
    folder = REFERENCE / "peru-2016"
    night = night_of(folder / "mesas-runoff.txt.gz", folder / "mesas-first-round.txt.gz")
    bundled = rf.load("peru-2016-runoff").election
    assert night.result.votes.to_list() == [8_596_937, 8_555_880]
    pd.testing.assert_frame_equal(night.election.baseline, bundled.baseline, check_like=True)


def open_data_of_2021(folder: Path) -> Path:
    """The station file of 2021 as the office offers it, made from the collection."""
    raw = pd.read_csv(REFERENCE / "peru-2021" / "mesas-runoff.csv.gz", dtype=str, keep_default_na=False)
    states = {"ACTA ELECTORAL ANULADA": "ANULADA", "MESA NO INSTALADA": "SIN INSTALAR"}
    state = raw["v2_OBSERVACION"].map(states).fillna("CONTABILIZADA")
    ruled = (state == "CONTABILIZADA") & (raw["v2_OBSERVACION_TXT"] == "ACTA ELECTORAL RESUELTA")
    votes = raw[["v2_perulibre", "v2_fp", "v2_blanco", "v2_nulos", "v2_impugnados"]]
    columns = [
        '"' + raw["v2_CCODI_UBIGEO"] + '"',
        *(raw[name] for name in ("v2_DEPARTAMENTO", "v2_PROVINCIA", "v2_DISTRITO")),
        "PRESIDENCIAL",
        raw["mesa"],
        state.mask(ruled, "COMPUTADA RESUELTA"),
        "",
        *(raw[name] for name in ("v2_TOT_CIUDADANOS_VOTARON", "v2_NNUME_HABILM")),
        *(votes[name].where(state == "CONTABILIZADA", "") for name in votes),
    ]
    lines = columns[0]
    for column in columns[1:]:
        lines = lines + ";" + column
    path = folder / "open-data.csv"
    path.write_bytes((RUNOFF + ";\r\n".join(lines)).encode("latin-1"))
    return path
