"""The station files of Peru's electoral office to a `Night`: a runoff, with the first round as its baseline."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from runoff_forecast.checks.problem import InvalidCount, Problem, settled
from runoff_forecast.checks.register import BALLOTS, BASELINE
from runoff_forecast.checks.table import figure
from runoff_forecast.count import Counts
from runoff_forecast.election import Candidate, Election, Source
from runoff_forecast.night import Night, Result

from . import peru
from .catalog import data_folder
from .files import Read, read_bytes, read_toml
from .sheets import ABSENT, KNOWN_STATES, Sheets, read_sheets

type Level = Literal["station", "place", "district"]

PUBLISHER = "ONPE (Oficina Nacional de Procesos Electorales)"
TILES = "peru-2021-runoff"
"""The bundled election that lends the names of Peru's regions and their place on the tile map."""

LISTS_2021 = (
    *("partido_nacionalista", "frente_amplio", "partido_morado", "peru_patria_segura", "victoria_nacional"),
    *("accion_popular", "avanza_pais", "podemos_peru", "juntos_por_el_peru", "partido_popular_cristiano"),
    *("fuerza_popular", "union_por_el_peru", "renovacion_popular", "renacimiento_unido_nacional", "somos_peru"),
    *("peru_libre", "democracia_directa", "alianza_para_el_progreso"),
)
LISTS_2016 = (
    *("frente_esperanza", "fuerza_popular", "alianza_popular", "frente_amplio", "accion_popular"),
    *("democracia_directa", "peru_posible", "progresando_peru", "partido_politico_orden", "peruanos_por_el_kambio"),
)
KNOWN = {
    datetime.date(2021, 6, 6): ("peru-2021-runoff", LISTS_2021),
    datetime.date(2016, 6, 5): ("peru-2016-runoff", LISTS_2016),
}
"""By day of the runoff: the bundled election whose candidates are P1 and P2, and the lists of its first round."""


UNIT_WORDS: dict[Level, str] = {"station": "polling station", "place": "polling place", "district": "district"}


@dataclass(frozen=True)
class StationFiles:
    """Where the station files of one runoff are."""

    runoff: Path
    first_round: Path | None = None
    places: Path | None = None
    """Station, place, ubigeo with blanks between, where the station files do not name polling places."""


@dataclass(frozen=True)
class Wanted:
    """What is to be made of the files, and what they do not say of themselves."""

    id: str
    level: Level
    date: datetime.date | None = None
    """Day of the runoff; without it the one whose files have this layout."""
    title: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    """The candidates' names by option."""
    own_lists: Mapping[str, str] = field(default_factory=dict)
    """The option of each candidate's own list in the first round, by option in the runoff."""
    at: pd.Timestamp | None = None
    """When the file was as it is, if the count goes on."""


def read_onpe(files: StationFiles, wanted: Wanted) -> Night:
    """The runoff at the level: its result where every sheet is settled, and its count at the time if one is given.

    Raises `InvalidCount` with everything that is wrong with the files, `InvalidElection` with what is wrong with the
    rest. What was filled in by rule is among the night's warnings.
    """
    runoff, first, places, warnings = _sound(files, wanted)
    day = wanted.date or runoff.layout.runoff
    lists = () if first is None else _lists(first, day)
    candidates = _candidates(runoff, wanted, day, lists)
    frame = runoff.frame.assign(register_unit=_register_units(runoff.frame, places, wanted.level))
    units = _units(frame, wanted.level)
    if first is not None:
        baseline, filled = _baseline(first, frame, lists)
        units, warnings = units.join(baseline), [*warnings, *filled]
    election = _election(wanted, day, units, candidates, files)
    return _night(election, frame, wanted.at, warnings)


def _sound(files: StationFiles, wanted: Wanted) -> tuple[Sheets, Sheets | None, pd.Series | None, Sequence[Problem]]:
    """The sheets of both rounds and the polling place of each, with the warnings about them."""
    runoff, problems = read_sheets(files.runoff)
    first, more = (None, []) if files.first_round is None else read_sheets(files.first_round)
    problems += more
    if runoff is None:
        raise InvalidCount(problems)
    places, more = _places(files.places, runoff) if wanted.level == "place" else (None, [])
    warnings = settled([*problems, *_unfit(runoff, wanted), *more], InvalidCount)
    return runoff, first, places, warnings


def _unfit(runoff: Sheets, wanted: Wanted) -> list[Problem]:
    """What keeps sound sheets from being those of the runoff that is asked for."""
    found = []
    if len(runoff.options) != 2:
        expected = "votes of two options in a runoff; is this the file of the first round?"
        found.append(Problem(runoff.file, None, None, ", ".join(runoff.options), expected))
    expected = "one of the options " + ", ".join(runoff.options)
    strange = sorted({*wanted.names, *wanted.own_lists} - set(runoff.options))
    found += [Problem(runoff.file, None, None, option, expected) for option in strange]
    states = runoff.frame["state"].value_counts()
    if ABSENT in states:
        found.append(Problem(runoff.file, None, None, str(states[ABSENT]) + " empty rows", "a state for every sheet"))
    open_sheets = int(states.drop([*KNOWN_STATES, ABSENT], errors="ignore").sum())
    if open_sheets and wanted.at is None:
        expected = "every sheet counted or void; of a count that goes on, the time must be given (--at)"
        found.append(Problem(runoff.file, None, None, str(open_sheets) + " open sheets", expected))
    return found


def _places(path: Path | None, runoff: Sheets) -> Read[pd.Series]:
    """The id of the polling place of each sheet."""
    if path is None:
        return _named_places(runoff)
    data, problems = read_bytes(path)
    if data is None:
        return None, problems
    rows = [line.split() for line in data.decode("utf-8-sig", errors="replace").splitlines()]
    problems = [
        Problem(path.name, number, None, " ".join(cells), "station, place and ubigeo with blanks between")
        for number, cells in enumerate(rows, start=1)
        if cells and len(cells) != 3
    ]
    known = {cells[0]: cells[2] + "-" + cells[1] for cells in rows if len(cells) == 3}
    places = runoff.frame["station"].map(known)
    if places.isna().any():
        lacking = figure(places.isna().sum()) + " stations without"
        problems.append(Problem(path.name, None, None, lacking, "a place for every station of " + runoff.file))
    return places, problems


def _named_places(runoff: Sheets) -> Read[pd.Series]:
    if not runoff.layout.place:
        expected = "--places FILE (station, place, ubigeo), or the level station or district; "
        return None, [Problem(runoff.file, None, None, None, expected + "this layout does not name polling places")]
    pairs = runoff.frame[["unit", "place"]].drop_duplicates()
    number = (pairs.groupby("unit").cumcount() + 1).astype(str).str.zfill(3)
    ids = dict(zip(pairs.itertuples(index=False, name=None), pairs["unit"] + "-" + number, strict=True))
    keys = zip(runoff.frame["unit"], runoff.frame["place"], strict=True)
    return pd.Series([ids[key] for key in keys], index=runoff.frame.index), []


def _register_units(frame: pd.DataFrame, places: pd.Series | None, level: Level) -> pd.Series:
    if places is not None:
        return places
    return frame["station"] if level == "station" else frame["unit"]


def _units(frame: pd.DataFrame, level: Level) -> pd.DataFrame:
    """The register without a baseline: index unit; region, area, kind, name, stations, electorate."""
    frame = frame.assign(region=_region_codes(frame["region"]))
    district = frame.groupby("unit").agg(region=("region", "first"), electorate=("electorate", "sum"))
    abroad = peru.is_abroad(district["region"]) | peru.is_abroad(district.index.to_series())
    kind = peru.kind(district["electorate"], abroad=abroad)
    units = frame.groupby("register_unit", sort=True).agg(
        region=("region", "first"),
        area=("area" if level == "district" else "unit", "first"),
        district=("unit", "first"),
        name=("name", "first"),
        place=("place", "first"),
        stations=("station", "size"),
        electorate=("electorate", "sum"),
    )
    names = {
        "district": units["name"].map(peru.place_name),
        "place": units["place"].str.rpartition("\n")[2],
        "station": units.index,
    }
    units = units.assign(kind=units["district"].map(kind), name=names[level])
    return units.rename_axis("unit").drop(columns=["district", "place"])


def _region_codes(region: pd.Series) -> pd.Series:
    """The office's codes of departments given by name; what is no name of one stays as it is."""
    names = _tiles()["name"].map(_plain)
    codes = dict(zip(names, names.index, strict=True))
    return region.map({name: codes.get(_plain(name), name) for name in region.unique()})


def _plain(name: str) -> str:
    return name.upper().translate(str.maketrans("ÁÉÍÓÚ", "AEIOU"))


def _tiles() -> pd.DataFrame:
    return pd.read_csv(data_folder() / TILES / "regions.csv", dtype={"region": str}).set_index("region")


def _lists(first: Sheets, day: datetime.date) -> tuple[str, ...]:
    """Names of the first round's lists, by their number where the contest is not a known one."""
    known = KNOWN[day][1] if day in KNOWN else ()
    return known if len(known) == len(first.options) else tuple("first_round_" + name.lower() for name in first.options)


def _baseline(first: Sheets, frame: pd.DataFrame, lists: Sequence[str]) -> tuple[pd.DataFrame, list[Problem]]:
    """First-round ballots and votes by unit; where sheets are not known, those known scaled up by electorate."""
    sheets = first.frame[first.frame["state"].isin(KNOWN_STATES)].set_index("station")
    votes = sheets[["ballots", *first.options]].fillna(0)
    votes.loc[sheets["state"] == "void", list(first.options)] = 0
    votes.columns = [BALLOTS, *(BASELINE + name for name in lists)]
    register = frame.set_index("station")
    unit = register["register_unit"].reindex(votes.index)
    # A station that is new or gone between the rounds lies in the district that its own file says.
    unit = unit.fillna(sheets["unit"].where(sheets["unit"].isin(frame["register_unit"].unique())))
    known = register["electorate"].where(register.index.isin(votes.index), 0).groupby(register["register_unit"]).sum()
    factor = register.groupby("register_unit")["electorate"].sum() / known.where(known > 0)
    baseline = votes.groupby(unit).sum().mul(factor, axis="index").reindex(factor.index)
    baseline = baseline.round() if (factor.dropna() == 1).all() else _whole(baseline)
    unplaced = votes.loc[unit.isna().to_numpy(), BALLOTS]
    return baseline.rename_axis("unit"), [*_unplaced(first.file, unplaced), *_scaled(first.file, factor)]


def _whole(baseline: pd.DataFrame) -> pd.DataFrame:
    """Rounded, with no more valid votes than ballots."""
    baseline = baseline.round()
    return baseline.assign(
        **{BALLOTS: np.fmax(baseline[BALLOTS], baseline.drop(columns=BALLOTS).sum(axis=1, min_count=1))}
    )


def _unplaced(file: str, ballots: pd.Series) -> list[Problem]:
    if ballots.empty:
        return []
    lost = figure(len(ballots)) + " stations with " + figure(ballots.sum()) + " ballots"
    return [Problem(file, None, None, lost, "stations of the runoff; these are left out of the baseline", "warning")]


def _scaled(file: str, factor: pd.Series) -> list[Problem]:
    found = []
    for number, rule in (
        ((factor > 1).sum(), "of these units the known sheets were scaled up by electorate"),
        (factor.isna().sum(), "these units have none, and no baseline"),
    ):
        if number:
            expected = "the first-round sheet of every station; " + rule
            found.append(Problem(file, None, None, figure(number) + " units without", expected, "warning"))
    return found


def _candidates(runoff: Sheets, wanted: Wanted, day: datetime.date, lists: Sequence[str]) -> tuple[Candidate, ...]:
    """P1 and P2, named by the user, by the bundled election of the day, or not at all."""
    header = read_toml(data_folder() / KNOWN[day][0] / "election.toml")[0] if day in KNOWN else None
    entries = (header or {}).get("candidates", [{} for _ in runoff.options])
    return tuple(
        _candidate(option, entry, wanted, lists) for option, entry in zip(runoff.options, entries, strict=True)
    )


def _candidate(option: str, known: Mapping[str, str], wanted: Wanted, lists: Sequence[str]) -> Candidate:
    name = wanted.names.get(option, known.get("name", option))
    if _plain(name) not in _plain(known.get("name", name)):
        known = {}  # somebody else: neither the list nor the colour is theirs
    own = known.get("baseline") if option not in wanted.own_lists else _list_of(wanted.own_lists[option], lists)
    return Candidate(option, name, known.get("list"), known.get("color"), own if own in lists else None)


def _list_of(option: str, lists: Sequence[str]) -> str:
    number = int(option.removeprefix("P")) if option.removeprefix("P").isdigit() else 0
    if not 1 <= number <= len(lists):
        allowed = "an option of the first-round file" + (", P1 to P" + str(len(lists)) if lists else "; there is none")
        raise InvalidCount([Problem("--own-list", None, None, option, allowed)])
    return lists[number - 1]


def _election(
    wanted: Wanted, day: datetime.date, units: pd.DataFrame, candidates: Sequence[Candidate], files: StationFiles
) -> Election:
    regions = pd.DataFrame(index=pd.Index(units["region"].unique(), name="region")).join(_tiles())
    unnamed = regions["name"].isna()
    regions["name"] = regions["name"].where(~unnamed, regions.index.to_series().map(peru.place_name))
    return Election.from_frames(
        id=wanted.id,
        title=wanted.title or "Peru " + str(day.year) + ", presidential runoff",
        date=day,
        timezone=peru.ZONE,
        unit=UNIT_WORDS[wanted.level],
        candidates=candidates,
        units=units.reset_index(),
        regions=regions.reset_index(),
        sources=[Source(path.name, PUBLISHER) for path in (files.runoff, files.first_round) if path is not None],
    )


def _night(election: Election, frame: pd.DataFrame, at: pd.Timestamp | None, warnings: Sequence[Problem]) -> Night:
    options = election.candidate_ids
    rows = _tally(frame, options)
    result = None
    if frame["state"].isin(KNOWN_STATES).all():
        result = Result.from_frame(election, rows[["level", "place", *options, "blank", "null"]])
    counts = Counts.empty(election)
    if at is not None:
        known = rows[["counted", "contested", "void"]].sum(axis="columns") > 0
        counts = Counts.from_frame(election, rows[known].assign(time=at))
    return Night(election, Counts(election, counts.frame, (*counts.warnings, *warnings)), result)


def _tally(frame: pd.DataFrame, options: Sequence[str]) -> pd.DataFrame:
    """Per unit the sheets by state and the votes in; ballots of void sheets are among the blank and null votes."""
    state = frame["state"]
    votes = frame[list(options)].where(state == "counted", 0)
    spoilt = frame[["blank", "null"]].where(state.isin(KNOWN_STATES), 0).fillna(0)
    sheets = {name: (state == name).astype(int) for name in ("counted", "contested", "void")}
    rows = pd.concat([pd.DataFrame(sheets), votes, spoilt], axis="columns").groupby(frame["register_unit"]).sum()
    return rows.rename_axis("place").reset_index().assign(level="unit")
