"""Feeds at an address: a counts file that grows, and the JSON of Peru's office. Needs the extra `live` (httpx)."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import httpx
import pandas as pd

from runoff_forecast.checks.problem import InvalidCount, InvalidInput, listing, settled
from runoff_forecast.checks.tally import read_counts
from runoff_forecast.count import Counts
from runoff_forecast.election import Election

from .feeds import BrokenDownload, Feed
from .files import parsed_table, unpacked
from .onpe_json import (
    PARTICIPANTS,
    RUNOFF,
    TOTALS,
    Level,
    Place,
    codes_of,
    opened,
    places_of,
    row_of,
)

TIMEOUT = 10.0
"""Seconds without a byte after which a call has failed."""
NO_CONTENT, NOT_MODIFIED, OK = 204, 304, 200
TRIES = 4
"""Calls for a place in one sweep before the sweep goes on without it."""
FIRST_PAUSE = 0.5
"""Seconds before the second try; it doubles with each."""
MISSES_IN_A_ROW = 3
"""Places in a row that could not be had after which the sweep is given up for now."""


def open_client(timeout: float = TIMEOUT) -> httpx.Client:
    """What addresses are asked with; follows redirections, and says who asks."""
    return httpx.Client(timeout=timeout, follow_redirects=True, headers={"User-Agent": "runoff-forecast"})


def feed_at(url: str, election: Election, ask: "Asking") -> Feed:
    """The feed that an address is: a counts file by its ending, else the office's `presentacion-backend`."""
    name = PurePosixPath(urlsplit(url).path).name
    if name.endswith((".csv", ".csv.gz")):
        return CountsAddress(url, election, ask.client)
    return OnpeAddress(url, election, ask)


@dataclass(frozen=True)
class Asking:
    """How the office is asked."""

    client: httpx.Client
    say: Callable[[str], object]
    """Told what a sweep had to leave out."""
    finest: Level = "region"
    number: int = RUNOFF
    """The office's number of the election."""
    codes: Mapping[str, str] | None = None
    """The office's code of a candidate's list, by candidate, where names do not tell."""
    sleep: Callable[[float], object] = time.sleep


class Address:
    """One address that is asked only for what is new; what it sent counts as had once it proved good."""

    def __init__(self, client: httpx.Client, url: str, parameters: Mapping[str, str] | None = None):
        self.client, self.url, self.parameters = client, url, dict(parameters or {})
        self._had: dict[str, str] = {}
        self._sent: dict[str, str] = {}

    def ask(self) -> bytes | None:
        """The content, None where it is what was had before. Raises `BrokenDownload`."""
        try:
            answer = self.client.get(self.url, params=self.parameters or None, headers=self._had)
        except httpx.HTTPError as failed:
            raise BrokenDownload(type(failed).__name__ + (": " + str(failed) if str(failed) else "")) from failed
        if answer.status_code == NOT_MODIFIED:
            return None
        if answer.status_code not in (OK, NO_CONTENT):
            raise BrokenDownload("HTTP " + str(answer.status_code), _retry_after(answer))
        asked_with = {"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"}
        self._sent = {key: answer.headers[header] for key, header in asked_with.items() if header in answer.headers}
        return answer.content

    def had(self) -> None:
        """What was sent last is good: from now on only something newer is asked for."""
        self._had = self._sent


class CountsAddress:
    """A counts file at an address."""

    cumulative = True

    def __init__(self, url: str, election: Election, client: httpx.Client):
        self.election = election
        self.file = PurePosixPath(urlsplit(url).path).name
        self.address = Address(client, url)
        self._last: bytes | None = None

    def look(self) -> Counts | None:
        """The file's counts, None where it did not change."""
        body = self.address.ask()
        if body is None or body == self._last:
            return None
        if not body.strip():
            raise BrokenDownload("nothing in the place of " + self.file)
        if body.lstrip().startswith(b"<"):
            raise BrokenDownload("a web page in the place of " + self.file)
        counts = self._read(body)
        self._last = body
        self.address.had()
        return counts

    def _read(self, body: bytes) -> Counts:
        data, problems = unpacked(body, self.file)
        if data is not None and not data.endswith(b"\n"):
            raise BrokenDownload("a " + self.file + " that breaks off in its last line")
        table, more = (None, []) if data is None else parsed_table(data, self.file)
        problems += more
        if table is None:
            raise InvalidCount(problems)
        tally, more = read_counts(table, self.election.ballot)
        return Counts(self.election, tally, settled([*problems, *more], InvalidCount))


class OnpeAddress:
    """The JSON of Peru's electoral office below an address, asked for place by place: a sweep.

    A sweep mixes bulletins a few minutes apart; each row has the time of its own.
    """

    cumulative = False

    def __init__(self, url: str, election: Election, ask: Asking):
        self.election, self.ask = election, ask
        self.places = places_of(election, ask.finest)
        self._calls = {place: self._addresses(url.rstrip("/"), place) for place in self.places}
        self._answers: dict[Address, Any] = {}
        self._codes: dict[str, str] | None = None
        self._last: pd.DataFrame | None = None
        self._misfits: set[Place] = set()

    def look(self) -> Counts | None:
        """One sweep, None where nothing changed. Raises `BrokenDownload` where not even the nation could be had."""
        rows, misses = [], 0
        for place in self.places:
            try:
                row = self._patiently(place)
            except BrokenDownload as broken:
                if place.level == "nation":
                    raise
                self.ask.say("without " + place.level + " " + place.id + " in this sweep: " + str(broken))
                misses += 1
                if misses == MISSES_IN_A_ROW:
                    break
                continue
            misses = 0
            if row is None and place.level == "nation":
                return None
            rows += [] if row is None else [row]
        frame = pd.DataFrame(rows)
        if self._last is not None and frame.equals(self._last):
            return None
        self._last = frame
        return self._sound(frame)

    def _addresses(self, url: str, place: Place) -> tuple[Address, Address]:
        query = place.query(self.ask.number)
        return Address(self.ask.client, url + TOTALS, query), Address(self.ask.client, url + PARTICIPANTS, query)

    def _patiently(self, place: Place) -> dict[str, Any] | None:
        for number in range(1, TRIES + 1):
            try:
                return self._row(place)
            except BrokenDownload as broken:
                if number == TRIES:
                    raise
                self.ask.sleep(broken.retry_after or FIRST_PAUSE * 2 ** (number - 1))
        return None

    def _row(self, place: Place) -> dict[str, Any] | None:
        """The row of a place, None where the office has nothing on it yet."""
        totals, participants = (self._answer(address) for address in self._calls[place])
        if totals is None or not participants:
            return None
        if not isinstance(totals, dict) or not isinstance(participants, list):
            raise BrokenDownload("data in another layout")
        if self._codes is None:
            self._codes = codes_of(participants, self.election, self.ask.codes or {})
        row = row_of(totals, participants, place, self._codes)
        if totals["totalActas"] != place.stations and not place.by_share and place not in self._misfits:
            self._misfits.add(place)
            known = f"{place.stations:,.0f} stations in the register, {totals['totalActas']:,} at the office"
            self.ask.say((place.level + " " + place.id).strip() + ": " + known + "; its share counted is used")
        return row

    def _answer(self, address: Address) -> Any:
        body = address.ask()
        if body is not None:
            self._answers[address] = opened(body)
            address.had()
        return self._answers.get(address)

    def _sound(self, frame: pd.DataFrame) -> Counts:
        """The rows as counts; where some are at fault, those that are sound by themselves."""
        try:
            return Counts.from_frame(self.election, frame)
        except InvalidCount as invalid:
            sound = [place for place in frame.index if self._is_sound(frame.loc[[place]])]
            if not sound or len(sound) == len(frame):
                raise
            self.ask.say("left out of this sweep: " + listing(invalid.problems).replace("\n", " "))
            return Counts.from_frame(self.election, frame.loc[sound])

    def _is_sound(self, row: pd.DataFrame) -> bool:
        try:
            Counts.from_frame(self.election, row)
        except InvalidInput:
            return False
        return True


def _retry_after(answer: httpx.Response) -> float | None:
    seconds = answer.headers.get("Retry-After", "")
    return float(seconds) if seconds.isdigit() else None
