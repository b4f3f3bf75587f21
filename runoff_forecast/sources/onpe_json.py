"""The JSON that Peru's electoral office serves while it counts (layout of 2026), to rows of counts."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from runoff_forecast.checks.problem import InvalidElection, Problem
from runoff_forecast.election import Candidate, Election

from . import peru
from .feeds import BrokenDownload

type Level = Literal["nation", "region", "unit"]

TOTALS, PARTICIPANTS = "/resumen-general/totales", "/resumen-general/participantes"
RUNOFF = 10
"""The office's number of the presidential runoff (`idEleccion`); a first round has the same or another."""
HOME, ABROAD = "1", "2"
BLANK, NULL, CHALLENGED = "80", "81", "82"
"""Codes among the lists that are no lists."""
OTHERS = ("other", "others", "otros")
"""A candidate of this id takes the votes of all lists that are nobody's."""


class TornBulletin(BrokenDownload):
    """Totals and candidates are of different bulletins: between the two calls the office published the next."""


@dataclass(frozen=True)
class Place:
    """A place of the register, as the office is asked for it."""

    level: Level
    id: str
    stations: float
    by_share: bool = False
    """The register has no stations, and knows of shares only."""

    def query(self, number: int = RUNOFF) -> dict[str, str]:
        """The parameters of a call; places are asked for by their department, province and district."""
        asked = {"idEleccion": str(number)}
        if self.level == "nation":
            return asked | {"tipoFiltro": "eleccion"}
        abroad = peru.ABROAD.fullmatch(self.id)
        asked |= {"idAmbitoGeografico": ABROAD if abroad else HOME, "idUbigeoDepartamento": self.id[:2] + "0000"}
        if self.level == "region":
            return asked | {"tipoFiltro": "ubigeo_nivel_01"}
        inside = {"idUbigeoProvincia": self.id[:4] + "00", "idUbigeoDistrito": self.id}
        return asked | {"tipoFiltro": "ubigeo_nivel_03"} | inside


def places_of(election: Election, finest: Level) -> list[Place]:
    """The nation, and below it the regions or the units, for which the office can be asked.

    Raises `InvalidElection` where their ids are not the office's codes.
    """
    by_share = election.nominal_stations
    nation = [Place("nation", "", election.stations_total, by_share)]
    if finest == "nation":
        return nation
    stations = election.units["stations"]
    if finest == "region":
        stations = stations.groupby(election.units["region"], sort=False).sum()
    wrong = [str(name) for name in stations.index if not peru.CODE.fullmatch(str(name))]
    if wrong:
        expected = "codes of the office, six digits; else only the nation can be followed"
        raise InvalidElection([Problem("units", None, finest, ", ".join(wrong[:3]), expected)])
    return nation + [Place(finest, str(name), float(size), by_share) for name, size in stations.items()]


def opened(body: bytes) -> Any:
    """The `data` of an answer, None for an empty one. Raises `BrokenDownload` for what is not an answer."""
    if not body.strip():
        return None
    if body.lstrip().startswith(b"<"):
        raise BrokenDownload("a web page in the place of JSON")
    try:
        answer = json.loads(body)
    except ValueError as broken:  # of encoding and of JSON alike
        raise BrokenDownload("JSON that breaks off or is malformed") from broken
    if not isinstance(answer, dict) or "data" not in answer or answer.get("success") is False:
        message = str(answer.get("message") or "") if isinstance(answer, dict) else ""
        raise BrokenDownload("an answer without data" + (": " + message[:100] if message else ""))
    return answer["data"]


def codes_of(participants: Sequence[Mapping[str, Any]], election: Election, given: Mapping[str, str]) -> dict[str, str]:
    """The candidate's id by the office's code of a list: as given by candidate, else by id, by name, by list.

    Raises `InvalidElection` where a candidate is not among the participants, or a participant is nobody's.
    """
    named = {code: entry for entry in participants if (code := _code(entry)) not in (BLANK, NULL, CHALLENGED)}
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for candidate in election.candidates:
        if candidate.id in OTHERS:
            continue
        codes = [_unpadded(given[candidate.id])] if candidate.id in given else _matching(named, candidate)
        if len(codes) != 1 or codes[0] not in named or codes[0] in found:
            problems.append(_unmatched(candidate, named))
        else:
            found[codes[0]] = candidate.id
    others = [candidate.id for candidate in election.candidates if candidate.id in OTHERS]
    nobodys = [code for code in named if code not in found]
    if nobodys and not others and not problems:
        listed = ", ".join(_title(named[code]) for code in nobodys)
        problems.append(Problem("participantes", None, None, listed, "no list beside the candidates of the election"))
    if problems:
        raise InvalidElection(problems)
    return found | dict.fromkeys(nobodys, others[0] if others else "")


def row_of(
    totals: Mapping[str, Any], participants: Sequence[Mapping[str, Any]], place: Place, codes: Mapping[str, str]
) -> dict[str, Any]:
    """A row of counts: time, level, place, counted (or counted_share), contested, votes by candidate, blank, null.

    Sheets annulled or never opened are among the counted ones, as the office counts them. Where the office has another
    number of sheets for the place than the register, the row says `counted_share`. Raises `BrokenDownload`.
    """
    sheets = {name: _whole(totals, name) for name in ("contabilizadas", "enviadasJee", "pendientesJee", "totalActas")}
    if sheets["contabilizadas"] + sheets["enviadasJee"] + sheets["pendientesJee"] != sheets["totalActas"]:
        raise BrokenDownload("sheets that do not add up to totalActas")
    time = pd.Timestamp(_whole(totals, "fechaActualizacion"), unit="ms", tz="UTC").tz_convert(peru.ZONE)
    votes = _votes(participants, codes)
    _same_bulletin(totals, votes)
    spoilt = {"blank": votes.pop(BLANK, 0), "null": votes.pop(NULL, 0) + votes.pop(CHALLENGED, 0)}
    place_and_time = {"time": time.isoformat(), "level": place.level, "place": place.id}
    return place_and_time | _sheets(sheets, place) | votes | spoilt


def _votes(participants: Sequence[Mapping[str, Any]], codes: Mapping[str, str]) -> dict[str, int]:
    """Votes by candidate, and by the codes of what is no list."""
    votes = dict.fromkeys(codes.values(), 0)
    for entry in participants:
        code = _code(entry)
        if code not in codes and code not in (BLANK, NULL, CHALLENGED):
            raise BrokenDownload("a list that was not there before: " + _title(entry))
        name = codes.get(code, code)
        votes[name] = votes.get(name, 0) + _whole(entry, "totalVotosValidos")
    return votes


def _same_bulletin(totals: Mapping[str, Any], votes: Mapping[str, int]) -> None:
    """Raises where the candidates' votes are not the valid ones: also where a list is missing from the answer."""
    if sum(votes[name] for name in votes if name not in (BLANK, NULL, CHALLENGED)) != _whole(
        totals, "totalVotosValidos"
    ):
        raise TornBulletin("totals and candidates of different bulletins")


def _sheets(sheets: Mapping[str, int], place: Place) -> dict[str, float]:
    counted, contested, total = sheets["contabilizadas"], sheets["enviadasJee"], sheets["totalActas"]
    if total == place.stations and not place.by_share:
        return {"counted": counted, "contested": contested}
    share = {"counted_share": counted / total if total else 0.0}
    return share if place.by_share else share | {"contested": contested * place.stations // max(total, 1)}


def _whole(entry: Mapping[str, Any], name: str) -> int:
    value = entry.get(name) if isinstance(entry, Mapping) else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BrokenDownload(name + " that is no number of things: " + repr(value)[:40])
    return value


def _code(entry: Mapping[str, Any]) -> str:
    code = entry.get("codigoAgrupacionPolitica") if isinstance(entry, Mapping) else None
    if code is None:
        raise BrokenDownload("a list without codigoAgrupacionPolitica")
    return _unpadded(code)


def _unpadded(code: object) -> str:
    """A list's code without the zeros that the office prints in front of it at times."""
    return str(code).lstrip("0") or "0"


def _title(entry: Mapping[str, Any]) -> str:
    return _code(entry) + " " + str(entry.get("nombreAgrupacionPolitica") or entry.get("nombreCandidato") or "")


def _matching(named: Mapping[str, Mapping[str, Any]], candidate: Candidate) -> list[str]:
    """Codes that are the candidate's, by the surest way that gives any."""
    if candidate.id in named:
        return [candidate.id]
    for wanted, key in ((candidate.name, "nombreCandidato"), (candidate.list, "nombreAgrupacionPolitica")):
        words = _words(wanted)
        codes = [code for code, entry in named.items() if words and words <= _words(entry.get(key))]
        if codes:
            return codes
    return []


def _words(text: str | None) -> set[str]:
    """The words of a name, in capitals and without accents: 'Keiko Fujimori' is in KEIKO SOFÍA FUJIMORI HIGUCHI."""
    plain = unicodedata.normalize("NFKD", text or "").encode("ascii", "ignore").decode()
    return set(re.findall(r"\w+", plain.upper()))


def _unmatched(candidate: Candidate, named: Mapping[str, Mapping[str, Any]]) -> Problem:
    listed = ", ".join(_title(entry) for entry in named.values())
    expected = "one list of the candidate " + candidate.name + "; --code " + candidate.id + "=... says which"
    return Problem("participantes", None, None, listed, expected)
