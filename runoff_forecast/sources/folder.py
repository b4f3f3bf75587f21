"""A folder of files, as an election office's figures are kept here, to a `Night`."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from runoff_forecast.checks.ballot import Ballot
from runoff_forecast.checks.header import candidate_ids, header_problems, known_date, known_timezone
from runoff_forecast.checks.problem import InvalidCount, InvalidElection, InvalidInput, Problem, is_error, settled
from runoff_forecast.checks.register import Register, read_register, unread_register
from runoff_forecast.checks.table import Table
from runoff_forecast.checks.tally import against_counts, empty_tally, read_counts as read_count_rows, read_result
from runoff_forecast.count import Counts
from runoff_forecast.election import Election
from runoff_forecast.night import Night, Result

from .files import Read, find_table, passed_over, read_table, read_toml

type Reader = Callable[[Table, Ballot], tuple[pd.DataFrame, list[Problem]]]


def read_night(folder: Path | str, *, counts: Path | str | None = None) -> Night:
    """The folder's election, counts and result; a file of counts given takes the place of the folder's own.

    Raises `InvalidElection` or `InvalidCount` with every problem of the folder at once.
    """
    folder = Path(folder)
    header, register, about_election = _read_election(folder)
    ballot = _ballot(header, register)
    counts_table, problems = _optional_table(folder, "counts") if counts is None else read_table(Path(counts))
    tally, about_counts = _checked(counts_table, ballot, read_count_rows, problems)
    result_table, problems = _optional_table(folder, "result")
    final, about_result = _checked(result_table, ballot, read_result, problems)
    if result_table is not None and not any(map(is_error, [*about_election, *about_counts, *about_result])):
        told = {problem.row for problem in about_result}
        about_result += [one for one in against_counts(result_table, final, tally, ballot) if one.row not in told]
    together = [*about_election, *about_counts, *about_result]
    settled(together, InvalidElection if any(map(is_error, about_election)) else InvalidCount)
    election = Election.from_header(header, register, about_election)
    result = None if final is None else Result(election, final, tuple(about_result))
    # where there is no result, what seems to be a file of it is told with the counts
    told = about_counts if result is not None else [*about_counts, *about_result]
    return Night(election, Counts(election, empty_tally(ballot) if tally is None else tally, tuple(told)), result)


def read_election(folder: Path | str) -> Election:
    """The folder's election alone; its counts and its result are not looked at. Raises `InvalidElection`."""
    header, register, problems = _read_election(Path(folder))
    settled(problems, InvalidElection)
    return Election.from_header(header, register, problems)


def read_counts(source: Path | str | pd.DataFrame, election: Election) -> Counts:
    """Checked counts of the election, from a file or a data frame. Raises `InvalidCount`."""
    if isinstance(source, pd.DataFrame):
        return Counts.from_frame(election, source)
    table, problems = read_table(Path(source))
    tally, problems = _checked(table, election.ballot, read_count_rows, problems)
    warnings = settled(problems, InvalidCount)
    return Counts(election, tally, warnings)


def check_folder(folder: Path | str, *, counts: Path | str | None = None) -> tuple[Problem, ...]:
    """Every problem of the folder, warnings included; empty where all is well."""
    try:
        night = read_night(folder, counts=counts)
    except InvalidInput as invalid:
        return invalid.problems
    snapshots = [problem for position in range(len(night.counts)) for problem in _about(night.counts, position)]
    path = Path(counts) if counts is not None else find_table(Path(folder), "counts")[0]
    if path is not None:
        snapshots = [replace(one, file=path.name) if one.file == "counts" else one for one in snapshots]
    return tuple(dict.fromkeys((*night.warnings, *snapshots)))


def _about(counts: Counts, position: int) -> tuple[Problem, ...]:
    """What is odd or wrong about one snapshot, apart from corrections: of those the whole table tells."""
    try:
        known = counts.warnings_at(counts.times[position])
        return tuple(problem for problem in counts[position].warnings if problem not in known)
    except InvalidInput as invalid:
        return invalid.problems


def _read_election(folder: Path) -> tuple[Mapping[str, Any], Register, list[Problem]]:
    """Header and register as far as they can be read, and all that is wrong with them."""
    if not folder.is_dir():
        state = "this is a file" if folder.exists() else "there is no such folder"
        expected = "a folder with election.toml and units.csv; " + state
        return {}, unread_register(None)[0], [Problem(str(folder), None, None, None, expected)]
    header, problems = read_toml(folder / "election.toml")
    if header is not None:
        problems += header_problems(header, "election.toml")
    units, found = _table(folder, "units")
    regions, more = _optional_table(folder, "regions")
    problems += [*found, *more]
    if units is None:
        register, found = unread_register(regions)
        return header or {}, register, [*problems, *found]
    register, about_register = read_register(units, regions, is_whole=not found)
    problems += [*about_register, *_own_lists(header or {}, register)]
    return header or {}, register, problems


def _own_lists(header: Mapping[str, Any], register: Register) -> list[Problem]:
    lists = ", ".join(register.baseline.columns)
    return [
        Problem(
            "election.toml",
            None,
            "candidates.baseline",
            entry["baseline"],
            "one of the baseline lists of units.csv: " + lists,
        )
        for entry in (header.get("candidates", []) if candidate_ids(header) else [])
        if isinstance(entry.get("baseline"), str) and entry["baseline"] not in register.baseline.columns
    ]


def _table(folder: Path, stem: str) -> Read[Table]:
    path, problems = find_table(folder, stem)
    if path is None:
        missing = Problem(
            stem + ".csv", None, None, None, "this file (or " + stem + ".csv.gz, " + stem + ".parquet); it is missing"
        )
        return None, problems or [missing, *passed_over(folder, stem)]
    return read_table(path)


def _optional_table(folder: Path, stem: str) -> Read[Table]:
    if not folder.is_dir():
        return None, []
    path, problems = find_table(folder, stem)
    return (None, problems or passed_over(folder, stem)) if path is None else read_table(path)


def _ballot(header: Mapping[str, Any], register: Register) -> Ballot:
    """What votes are checked against, as far as that could be read."""
    units = register.units[~register.units.index.duplicated()]
    return Ballot(
        candidate_ids(header),
        known_date(header),
        known_timezone(header),
        units,
        register.regions.index,
        register.nominal_stations,
        register.is_whole,
    )


def _checked(table: Table | None, ballot: Ballot, read: Reader, problems: list[Problem]) -> Read[pd.DataFrame]:
    if table is None:
        return None, problems
    frame, found = read(table, ballot)
    return frame, [*problems, *found]
