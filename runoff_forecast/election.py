"""What is fixed before counting starts: who stands, under which rule, and the register of every reporting unit."""

import datetime
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass, replace
from functools import cached_property
from typing import Any, Literal, Self

import numpy as np
import pandas as pd

from .checks.ballot import Ballot
from .checks.header import header_problems
from .checks.problem import (
    InvalidCount as InvalidCount,
    InvalidElection as InvalidElection,
    InvalidInput as InvalidInput,
    Problem as Problem,
    settled,
)
from .checks.register import OVERSEAS, Register, read_register, shape_problems
from .checks.table import Table


@dataclass(frozen=True)
class Candidate:
    """Who can be voted for. `baseline` names the baseline list of the candidate's own, where no name tells.

    A `pooled` candidate is several lists taken together: its votes are valid, but no person has them, so it takes no
    rank before the last, however many they are.
    """

    id: str
    name: str
    list: str | None = None
    color: str | None = None
    baseline: str | None = None
    pooled: bool = False


@dataclass(frozen=True)
class OutrightRule:
    """A win without a runoff: at least this share of the valid votes and this lead over the second, both 0 to 1.

    With a lead of 0 the share must be passed: 0.5 means more than half.
    """

    share: float
    lead: float = 0.0


@dataclass(frozen=True)
class FirstRound:
    """How many go on to the runoff, and the rules of which any one, once met, wins at once."""

    advance: int = 2
    outright: tuple[OutrightRule, ...] = (OutrightRule(0.5),)


@dataclass(frozen=True)
class Source:
    """Where figures are from."""

    title: str
    publisher: str
    licence: str | None = None
    retrieved: datetime.date | None = None
    url: str | None = None


@dataclass(frozen=True, eq=False)
class Election:
    """Candidates, rule and register. Raises `InvalidElection` at birth; `from_frames` is the way in for raw tables."""

    id: str
    title: str
    date: datetime.date
    timezone: str
    rule: Literal["runoff", "first-round"]
    unit: str
    """What one row of the register is, in words."""
    candidates: tuple[Candidate, ...]
    """Their order fixes the sign: margin is first minus second."""
    units: pd.DataFrame
    """Index unit; region, area, kind, name (text), stations, electorate, baseline_ballots (float, NaN: unknown)."""
    baseline: pd.DataFrame
    """Same index; valid votes of each list in the baseline election, NaN where unknown; no column if there was none."""
    regions: pd.DataFrame
    """Index region, in order of first appearance in the register; name, tile_row, tile_column (NaN where unknown)."""
    first_round: FirstRound | None = None
    sources: tuple[Source, ...] = ()
    preliminary: bool = False
    """The count is a quick transmission that the final count may revise."""
    retrospective: str | None = None
    """What was borrowed from another election, in words."""
    nominal_stations: bool = False
    """The register has no stations: `stations` is then electorate / 300, and counts come as `counted_share`."""
    warnings: tuple[Problem, ...] = ()

    def __post_init__(self) -> None:
        problems = header_problems(self.header(), "election")
        problems += shape_problems(Register(self.units, self.baseline, self.regions, self.nominal_stations))
        problems += self._baseline_problems()
        warnings = settled(problems, InvalidElection)
        told = {replace(problem, file="election") for problem in self.warnings}  # of the file that it came from
        news = (problem for problem in warnings if problem not in told)
        object.__setattr__(self, "warnings", tuple(dict.fromkeys((*self.warnings, *news))))

    @classmethod
    def from_frames(
        cls,
        *,
        id: str,  # noqa: A002 (the key of election.toml)
        title: str,
        date: datetime.date,
        candidates: Sequence[Candidate],
        units: pd.DataFrame,
        regions: pd.DataFrame | None = None,
        timezone: str = "UTC",
        rule: Literal["runoff", "first-round"] = "runoff",
        unit: str = "unit",
        first_round: FirstRound | None = None,
        sources: Sequence[Source] = (),
        preliminary: bool = False,
        retrospective: str | None = None,
    ) -> Self:
        """An election from tables in the columns of units.csv and regions.csv, with all the checks a folder gets.

        Raises `InvalidElection` with every problem at once.
        """
        strangers = [type(one).__name__ for one in candidates if not isinstance(one, Candidate)]
        if strangers:
            expected = "records of rf.Candidate, such as Candidate('ana', 'Ana Alva')"
            raise InvalidElection([Problem("election", None, "candidates", strangers[0], expected)])
        if rule == "first-round" and first_round is None:
            first_round = FirstRound()
        header = _header(
            id=id,
            title=title,
            date=date,
            timezone=timezone,
            rule=rule,
            unit=unit,
            first_round=first_round,
            candidates=candidates,
            sources=sources,
            preliminary=preliminary,
            retrospective=retrospective,
        )
        tiles = None if regions is None else Table.of_frame("regions", regions)
        register, problems = read_register(Table.of_frame("units", units), tiles)
        warnings = settled([*header_problems(header, "election"), *problems], InvalidElection)
        return cls.from_header(header, register, warnings)

    @classmethod
    def from_header(cls, header: Mapping[str, Any], register: Register, warnings: Sequence[Problem] = ()) -> Self:
        """An election from the content of election.toml and a register, both checked already.

        Raises `InvalidElection` where they cannot be one.
        """
        return cls(
            id=header["id"],
            title=header["title"],
            date=header["date"],
            timezone=header["timezone"],
            rule=header["rule"],
            unit=header["unit"],
            candidates=tuple(_candidate(entry) for entry in header["candidates"]),
            units=register.units,
            baseline=register.baseline,
            regions=register.regions,
            first_round=_first_round(header),
            sources=tuple(_source(entry) for entry in header.get("sources", ())),
            preliminary=header.get("preliminary", False),
            retrospective=header.get("retrospective"),
            nominal_stations=register.nominal_stations,
            warnings=tuple(warnings),
        )

    def header(self) -> dict[str, Any]:
        """The content of election.toml; what is not given is left out."""
        return _header(
            id=self.id,
            title=self.title,
            date=self.date,
            timezone=self.timezone,
            rule=self.rule,
            unit=self.unit,
            first_round=self.first_round,
            candidates=self.candidates,
            sources=self.sources,
            preliminary=self.preliminary,
            retrospective=self.retrospective,
        )

    @cached_property
    def candidate_ids(self) -> tuple[str, ...]:
        """The ids of the K candidates, in their order."""
        return tuple(candidate.id for candidate in self.candidates)

    @cached_property
    def names(self) -> dict[str, str]:
        """The candidates' names as printed, by id."""
        return {candidate.id: candidate.name for candidate in self.candidates}

    @cached_property
    def standing(self) -> np.ndarray:
        """(K,) whether a candidate is a single one and can be ranked: False for a pool of several."""
        return np.array([not candidate.pooled for candidate in self.candidates])

    @cached_property
    def stations_total(self) -> float:
        """Polling stations of the whole register."""
        return float(self.units["stations"].sum())

    @cached_property
    def region_index(self) -> np.ndarray:
        """(U,) the position of each unit's region in `regions`."""
        return self.regions.index.get_indexer(self.units["region"])

    @cached_property
    def overseas(self) -> np.ndarray:
        """(U,) whether a unit lies abroad."""
        return (self.units["kind"] == OVERSEAS).to_numpy()

    @cached_property
    def ballot(self) -> Ballot:
        """What rows of votes are checked against."""
        return Ballot(
            self.candidate_ids, self.date, self.timezone, self.units, self.regions.index, self.nominal_stations
        )

    def units_of(self, level: Literal["unit", "region", "nation"], place: str = "") -> np.ndarray:
        """Positions in `units` of the units in a place, ascending; raises `KeyError` where there is no such place."""
        if level == "nation":
            return np.arange(len(self.units))
        if level == "unit":
            return np.array([self.units.index.get_loc(place)])
        return np.flatnonzero(self.region_index == self.regions.index.get_loc(place))

    def own_baseline(self, candidate: Candidate | str) -> str | None:
        """The baseline list of the candidate's own: as the key says, else named like the id, the list or the name.

        None where no list is named so; raises ValueError for an id that no candidate has.
        """
        if isinstance(candidate, str):
            if candidate not in self.candidate_ids:
                ids = ", ".join(self.candidate_ids)
                raise ValueError(f"candidate is one of {ids}, got {candidate!r}")
            candidate = self.candidates[self.candidate_ids.index(candidate)]
        if candidate.baseline is not None:
            return candidate.baseline
        named = {_plain(name): name for name in self.baseline.columns}
        wanted = (_plain(text) for text in (candidate.id, candidate.list, candidate.name) if text is not None)
        return next((named[name] for name in wanted if name in named), None)

    def _baseline_problems(self) -> list[Problem]:
        lists = set(self.baseline.columns)
        return [
            Problem(
                "election",
                None,
                "candidates.baseline",
                candidate.baseline,
                "one of the baseline lists: " + ", ".join(sorted(lists)),
            )
            for candidate in self.candidates
            if candidate.baseline is not None and candidate.baseline not in lists
        ]


def _plain(text: str) -> str:
    """Lower case without accents, signs and underscores: 'Perú Libre' and 'perulibre' are one list."""
    letters = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", letters)


def _header(**given: Any) -> dict[str, Any]:
    header = {key: value for key, value in given.items() if value is not None and value is not False and value != ()}
    header["candidates"] = [_said(entry) for entry in given["candidates"]]
    header["sources"] = [_said(entry) for entry in given["sources"]]
    if given["first_round"] is not None:
        header["first_round"] = {
            **_said(given["first_round"]),
            "outright": [_said(rule) for rule in given["first_round"].outright],
        }
    return header


def _said(record: Candidate | Source | FirstRound | OutrightRule) -> dict[str, Any]:
    if not is_dataclass(record):
        raise TypeError(f"a record such as rf.Source or rf.FirstRound is wanted, got {record!r}")
    return {key: value for key, value in asdict(record).items() if value is not None and value is not False}


def _candidate(entry: Mapping[str, Any]) -> Candidate:
    known = (entry.get(key) for key in ("list", "color", "baseline"))
    return Candidate(entry["id"], entry["name"], *known, pooled=entry.get("pooled", False))


def _source(entry: Mapping[str, Any]) -> Source:
    return Source(entry["title"], entry["publisher"], entry.get("licence"), entry.get("retrieved"), entry.get("url"))


def _first_round(header: Mapping[str, Any]) -> FirstRound | None:
    if header["rule"] != "first-round":
        return None
    entry = header.get("first_round", {})
    if "outright" not in entry:
        return FirstRound(entry.get("advance", 2))
    rules = tuple(OutrightRule(float(rule["share"]), float(rule.get("lead", 0.0))) for rule in entry["outright"])
    return FirstRound(entry.get("advance", 2), rules)
