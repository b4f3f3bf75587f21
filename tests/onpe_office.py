"""A small office on this machine that serves a night's real snapshots as Peru's ONPE does, on bad days included."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

from runoff_forecast.count import Counts

BASE = "/presentacion-backend"
TOTALS, PARTICIPANTS = "/resumen-general/totales", "/resumen-general/participantes"
LISTS = {
    "castillo": (16, "PARTIDO POLITICO NACIONAL PERU LIBRE", "JOSE PEDRO CASTILLO TERRONES"),
    "fujimori": (8, "FUERZA POPULAR", "KEIKO SOFIA FUJIMORI HIGUCHI"),
    "ana": (1, "LISTA UNO", "ANA MARIA QUISPE ROJAS"),
    "bea": (2, "LISTA DOS", "BEATRIZ SALAS, BEA"),
}
HTML = b"<!doctype html><html><body>ONPE</body></html>"
FAULTS = (*("500", "truncated", "html", "cut", "old", "failure") * 2, "timeout")
TIMEOUT = 0.25
"""Seconds that a client of this office should wait."""

type Fault = Callable[[int], str | None]


def every_fifth(number: int) -> str | None:
    """One call in five fails, each time in another way."""
    return FAULTS[number // 5 % len(FAULTS)] if number % 5 == 3 else None


def never(number: int) -> str | None:
    """Good days."""
    return None


class QuietServer(ThreadingHTTPServer):
    """A server that does not mind clients that hang up."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Keeps quiet."""


class Office:
    """Serves bulletin after bulletin of a night, the next one once a client says that it has the one before."""

    def __init__(self, counts: Counts, *, fault: Fault = never, hold: bool = False):
        self.counts, self.fault, self.hold = counts, fault, hold
        self.stations = _stations(counts)
        self.at = 0
        self.calls: list[str] = []
        self.had: dict[str, str | None] = {TOTALS: None, PARTICIPANTS: None}
        self.lock = threading.Lock()
        self.states = [_state(count.rows) for count in counts]
        self.server = QuietServer(("127.0.0.1", 0), _handler(self))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}{BASE}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def begin(self) -> tuple[int, str | None]:
        """The bulletin of a call and the fault it meets."""
        with self.lock:
            self.calls.append("")
            fault = self.fault(len(self.calls))
            return (max(self.at - 3, 0) if fault == "old" else self.at), fault

    def hear(self, path: str, level: str, tag: str | None) -> None:
        """Moves on once a client says, by the tags it sends, that it has both of the nation's answers."""
        if level != "nation":
            return
        with self.lock:
            self.had[path] = tag
            if (
                path == PARTICIPANTS
                and not self.hold
                and self.had == {name: _tag(self.at, "", name) for name in self.had}
            ):
                self.at = min(self.at + 1, len(self.states) - 1)

    def answer(self, bulletin: int, path: str, place: tuple[str, str]) -> object:
        """The `data` of a call; None where nothing is known of the place."""
        row = self.states[bulletin].get(place)
        if row is None:
            return None
        ids = self.counts.election.candidate_ids
        if path == PARTICIPANTS:
            return [_list(*LISTS[name], row[name]) for name in ids] + [
                _list(80, "VOTOS EN BLANCO", None, row["blank"]),
                _list(81, "VOTOS NULOS", None, row["null"]),
            ]
        valid = sum(row[name] for name in ids)
        total = self.stations[place]
        return {
            "actasContabilizadas": round(100 * row["counted"] / total, 3),
            "contabilizadas": int(row["counted"]),
            "totalActas": int(total),
            "enviadasJee": int(row["contested"]),
            "pendientesJee": int(total - row["counted"] - row["contested"]),
            "participacionCiudadana": 74.5,
            "totalVotosValidos": int(valid),
            "totalVotosEmitidos": int(valid + row["blank"] + row["null"]),
            "fechaActualizacion": int(row["as_of"].timestamp() * 1000),
        }


def _stations(counts: Counts) -> dict[tuple[str, str], float]:
    units = counts.election.units
    found = {("nation", ""): units["stations"].sum()}
    found |= {("region", str(name)): size for name, size in units.groupby("region")["stations"].sum().items()}
    return found | {("unit", str(name)): size for name, size in units["stations"].items()}


def _state(rows) -> dict[tuple[str, str], dict]:
    rows = rows.fillna({"blank": 0, "null": 0})
    return {(row["level"], row["place"]): row for row in rows.to_dict("records")}


def _tag(bulletin: int, place: str, path: str) -> str:
    return f'"{bulletin}-{place}-{path}"'


def _list(code: int, title: str, name: str | None, votes: float) -> dict:
    return {
        "codigoAgrupacionPolitica": code,
        "nombreAgrupacionPolitica": title,
        "nombreCandidato": name,
        "dniCandidato": None if name is None else "00000000",
        "totalVotosValidos": int(votes),
        "porcentajeVotosValidos": 50.0,
        "porcentajeVotosEmitidos": 47.0,
    }


def _place(query: dict[str, list[str]]) -> tuple[str, str]:
    match query["tipoFiltro"][0]:
        case "eleccion":
            return "nation", ""
        case "ubigeo_nivel_01":
            place = query["idUbigeoDepartamento"][0]
            assert query["idAmbitoGeografico"] == ["2" if place >= "91" else "1"]
            return "region", place
        case _:
            place = query["idUbigeoDistrito"][0]
            assert query["idUbigeoProvincia"] == [place[:4] + "00"]
            return "unit", place


def _handler(office: Office) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # headers and body in one piece, or each answer waits for an acknowledgement

        def do_GET(self) -> None:
            bulletin, fault = office.begin()
            split = urlsplit(self.path)
            path, place = split.path.removeprefix(BASE), _place(parse_qs(split.query))
            assert parse_qs(split.query)["idEleccion"] == ["10"]
            data = office.answer(bulletin, path, place)
            had, tag = self.headers.get("If-None-Match"), _tag(bulletin, place[1], path)
            office.hear(path, place[0], had)
            if fault in (None, "old") and had == tag:
                self._send(304, b"", {})
            elif fault in (None, "old"):
                body = b"" if data is None else json.dumps({"success": True, "message": "", "data": data}).encode()
                self._send(200 if body else 204, body, {"ETag": tag})
            else:
                self._fail(fault, json.dumps({"data": data}).encode())

        def _fail(self, fault: str, body: bytes) -> None:
            if fault == "timeout":
                time.sleep(2 * TIMEOUT)
                self.close_connection = True
            elif fault == "500":
                self._send(500, b"Internal Server Error", {})
            elif fault == "html":
                self._send(200, HTML, {"Content-Type": "text/html"})
            elif fault == "failure":
                self._send(200, b'{"success": false, "message": "servicio ocupado", "data": null}', {})
            elif fault == "truncated":
                self._send(200, body[: len(body) // 2], {"ETag": '"half"'})
            else:  # the connection is cut in the middle of an answer
                self._send(200, body[: len(body) // 2], {"Content-Length": str(len(body))})
                self.close_connection = True

        def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in (
                {"Content-Length": str(len(body)), "Content-Type": "application/json"} | headers
            ).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 (the name in the base class)
            """Keeps quiet."""

    return Handler
