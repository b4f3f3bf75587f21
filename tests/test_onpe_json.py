"""The JSON of Peru's electoral office becomes rows of counts, or is refused with the reason."""

import json

import pandas as pd
import pytest

import runoff_forecast as rf
from runoff_forecast.election import Candidate, Election
from runoff_forecast.sources.feeds import BrokenDownload
from runoff_forecast.sources.onpe_json import Place, TornBulletin, codes_of, opened, places_of, row_of

TOTALS = {
    "actasContabilizadas": 36.933,
    "contabilizadas": 472,
    "totalActas": 1278,
    "enviadasJee": 9,
    "pendientesJee": 797,
    "participacionCiudadana": 25.1,
    "totalVotosEmitidos": 91642,
    "totalVotosValidos": 84000,
    "fechaActualizacion": 1780885320000,
}
PARTICIPANTS = [
    {"codigoAgrupacionPolitica": 8, "nombreAgrupacionPolitica": "FUERZA POPULAR", "totalVotosValidos": 30000}
    | {"nombreCandidato": "KEIKO SOFIA FUJIMORI HIGUCHI"},
    {"codigoAgrupacionPolitica": 10, "nombreAgrupacionPolitica": "JUNTOS POR EL PERU", "totalVotosValidos": 54000}
    | {"nombreCandidato": "ROBERTO HELBERT SÁNCHEZ PALOMINO"},
    {"codigoAgrupacionPolitica": 80, "nombreAgrupacionPolitica": "VOTOS EN BLANCO", "totalVotosValidos": 1642},
    {"codigoAgrupacionPolitica": 81, "nombreAgrupacionPolitica": "VOTOS NULOS", "totalVotosValidos": 5990},
    {"codigoAgrupacionPolitica": 82, "nombreAgrupacionPolitica": "VOTOS IMPUGNADOS", "totalVotosValidos": 10},
]
AMAZONAS = Place("region", "010000", 1278)
CODES = {"10": "sanchez", "8": "fujimori"}


def election(*candidates: Candidate) -> Election:
    units = pd.DataFrame({"unit": ["010101", "920101"], "region": ["010000", "920000"], "stations": [1278, 20]})
    return Election.from_frames(
        id="runoff",
        title="A runoff",
        date=pd.Timestamp("2026-06-07").date(),
        timezone="America/Lima",
        candidates=candidates or (Candidate("sanchez", "Roberto Sánchez"), Candidate("fujimori", "Keiko Fujimori")),
        units=units,
    )


def test_a_place_becomes_a_row_of_counts():
    row = row_of(TOTALS, PARTICIPANTS, AMAZONAS, CODES)
    assert row == {
        "time": "2026-06-07T21:22:00-05:00",
        "level": "region",
        "place": "010000",
        "counted": 472,
        "contested": 9,
        "sanchez": 54000,
        "fujimori": 30000,
        "blank": 1642,
        "null": 6000,
    }
    counts = rf.Counts.from_frame(election(), pd.DataFrame([row]))
    assert counts.latest.counted == 472


def test_another_number_of_sheets_than_in_the_register_is_counted_in_shares():
    row = row_of(TOTALS, PARTICIPANTS, Place("region", "010000", 1000), CODES)
    assert row["counted_share"] == pytest.approx(472 / 1278)
    assert row["contested"] == 7
    assert "counted" not in row


def test_a_register_without_stations_knows_of_shares_only():
    row = row_of(TOTALS, PARTICIPANTS, Place("region", "010000", 1278, by_share=True), CODES)
    assert row["counted_share"] == pytest.approx(472 / 1278)
    assert not {"counted", "contested"} & set(row)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"contabilizadas": 473}, "do not add up"),
        ({"contabilizadas": None}, "contabilizadas"),
        ({"contabilizadas": -1}, "contabilizadas"),
        ({"totalActas": "1278"}, "totalActas"),
        ({"fechaActualizacion": None}, "fechaActualizacion"),
        ({"totalVotosValidos": 84000.5}, "totalVotosValidos"),
    ],
)
def test_totals_that_cannot_be_are_refused(change, told):
    with pytest.raises(BrokenDownload, match=told):
        row_of(TOTALS | change, PARTICIPANTS, AMAZONAS, CODES)


def test_two_bulletins_are_not_made_into_one():
    with pytest.raises(TornBulletin):
        row_of(TOTALS | {"totalVotosValidos": 84001}, PARTICIPANTS, AMAZONAS, CODES)
    with pytest.raises(TornBulletin):  # a list that is missing is noticed too
        row_of(TOTALS, PARTICIPANTS[1:], AMAZONAS, CODES)


def test_a_new_list_is_not_somebody_s_votes():
    with pytest.raises(BrokenDownload, match="99"):
        strange = {"codigoAgrupacionPolitica": 99, "totalVotosValidos": 0}
        row_of(TOTALS, [*PARTICIPANTS, strange], AMAZONAS, CODES)


def test_the_envelope_is_opened():
    assert opened(json.dumps({"success": True, "message": "", "data": TOTALS}).encode()) == TOTALS
    assert opened(b'{"data": []}') == []
    assert opened(b"") is None  # 204: the office knows no such station or place


@pytest.mark.parametrize(
    "body",
    [
        b"<!doctype html><html></html>",
        b'\n  <html lang="es">',
        b'{"success": true, "data": {"contabil',
        b"[1, 2]",
        b"null",
        b'{"message": "x"}',
        b'{"success": false, "message": "", "data": {}}',
        b"\xff\xfe\x00",
    ],
)
def test_what_is_no_answer_is_refused(body):
    with pytest.raises(BrokenDownload):
        opened(body)


def test_candidates_are_found_by_name_by_list_and_by_code():
    assert codes_of(PARTICIPANTS, election(), {}) == {"10": "sanchez", "8": "fujimori"}
    by_list = (Candidate("a", "Somebody", "Juntos por el Perú"), Candidate("b", "Somebody Else", "Fuerza Popular"))
    assert codes_of(PARTICIPANTS, election(*by_list), {}) == {"10": "a", "8": "b"}
    by_id = (Candidate("10", "Somebody"), Candidate("b", "Somebody Else"))
    assert codes_of(PARTICIPANTS, election(*by_id), {"b": "8"}) == {"10": "10", "8": "b"}
    assert codes_of(PARTICIPANTS, election(*by_id), {"b": "00000008"}) == {"10": "10", "8": "b"}


def test_all_other_lists_are_the_others():
    contest = election(Candidate("fujimori", "Keiko Fujimori"), Candidate("other", "Other lists"))
    assert codes_of(PARTICIPANTS, contest, {}) == {"8": "fujimori", "10": "other"}


@pytest.mark.parametrize(
    "candidates",
    [
        (Candidate("a", "Pedro Castillo"), Candidate("b", "Keiko Fujimori")),
        (Candidate("a", "Keiko"), Candidate("b", "Keiko Fujimori")),
    ],
    ids=["not there", "twice"],
)
def test_candidates_that_cannot_be_told_are_named_with_the_lists_there_are(candidates):
    with pytest.raises(rf.InvalidElection) as invalid:
        codes_of(PARTICIPANTS, election(*candidates), {})
    assert "JUNTOS POR EL PERU" in str(invalid.value)
    assert "--code" in str(invalid.value) or "no list beside" in str(invalid.value)


def test_places_are_asked_for_by_their_codes():
    nation, home, abroad = places_of(election(), "region")
    assert nation.query() == {"idEleccion": "10", "tipoFiltro": "eleccion"}
    assert home.query()["idAmbitoGeografico"] == "1"
    assert abroad.query() == {
        "idEleccion": "10",
        "tipoFiltro": "ubigeo_nivel_01",
        "idAmbitoGeografico": "2",
        "idUbigeoDepartamento": "920000",
    }
    assert places_of(election(), "unit")[1].query()["idUbigeoDistrito"] == "010101"


def test_a_register_of_another_country_is_followed_as_a_nation_only():
    contest = rf.load("bolivia-2019").election
    assert len(places_of(contest, "nation")) == 1
    with pytest.raises(rf.InvalidElection, match="six digits"):
        places_of(contest, "region")
