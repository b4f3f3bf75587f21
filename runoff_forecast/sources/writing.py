"""A `Night` to a folder of files that reads back as the same."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from runoff_forecast.checks.problem import Problem
from runoff_forecast.checks.register import BASELINE
from runoff_forecast.count import Counts
from runoff_forecast.election import Election
from runoff_forecast.night import Night

from .files import ENDINGS

PROBLEM_COLUMNS = ("severity", "file", "row", "column", "value", "expected")
"""Of the table that `write_problems` writes: the fields of a `Problem`."""


def write_night(night: Night, folder: Path | str, *, ending: str = ".csv") -> None:
    """Writes election.toml and the tables, each with the ending .csv, .csv.gz or .parquet.

    Files of the same names are replaced; raises `FileExistsError` rather than leave another file beside them that would
    be read with them, and ValueError for any other ending.
    """
    if ending not in ENDINGS:
        raise ValueError("ending is one of " + ", ".join(ENDINGS) + ", got " + repr(ending))
    folder = Path(folder)
    tables = dict(_tables(night))
    _refuse_strangers(folder, {stem + ending for stem in tables})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "election.toml").write_text(toml_of(night.election), encoding="utf-8")
    for stem, frame in tables.items():
        _write(frame, folder / (stem + ending))


def write_problems(problems: Sequence[Problem], path: Path) -> None:
    """Every problem as a row of a csv file: severity, file, row (the line), column, value, expected."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(PROBLEM_COLUMNS)
        rows.writerows([getattr(problem, column) for column in PROBLEM_COLUMNS] for problem in problems)


def toml_of(election: Election) -> str:
    """The text of election.toml."""
    header = election.header()
    blocks = ["\n".join(_pairs(header))]
    if "first_round" in header:
        blocks.append("[first_round]\n" + "\n".join(_pairs(header["first_round"])))
    for kind in ("candidates", "sources"):
        blocks += ["[[" + kind + "]]\n" + "\n".join(_pairs(entry)) for entry in header[kind]]
    return "\n\n".join(blocks) + "\n"


def _pairs(entry: Mapping[str, Any]) -> Iterator[str]:
    for key, value in entry.items():
        if key not in ("first_round", "candidates", "sources"):
            yield key + " = " + _literal(value)


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return "[" + ", ".join("{ " + ", ".join(_pairs(rule)) + " }" for rule in value) + "]"
    return json.dumps(value)


def _tables(night: Night) -> Iterator[tuple[str, pd.DataFrame]]:
    election = night.election
    yield "units", _units(election)
    yield "regions", election.regions.reset_index().dropna(axis="columns", how="all")
    if len(night.counts):
        yield "counts", counts_table(night.counts)
    if night.result is not None:
        yield "result", night.result.rows.dropna(axis="columns", how="all")


def _units(election: Election) -> pd.DataFrame:
    """The register without the columns that say nothing."""
    units = election.units
    idle = {
        "area": (units["area"] == units["region"]).all(),
        "kind": (units["kind"] == "unknown").all(),
        "name": (units["name"] == units.index).all(),
        "stations": election.nominal_stations,
        "electorate": units["electorate"].isna().all(),
        "baseline_ballots": units["baseline_ballots"].isna().all(),
    }
    told = units.drop(columns=[column for column, is_idle in idle.items() if is_idle])
    return pd.concat([told, election.baseline.add_prefix(BASELINE)], axis="columns").reset_index()


def counts_table(counts: Counts) -> pd.DataFrame:
    """The rows in the columns of counts.csv, without those that say nothing."""
    election = counts.election
    frame = counts.frame.dropna(axis="columns", how="all")
    frame = frame.drop(columns=[column for column in ("contested", "void") if not frame[column].any()])
    frame["time"] = counts.times.map(pd.Timestamp.isoformat)[counts.times.get_indexer(frame["time"])]
    if election.nominal_stations or (frame["counted"] % 1 != 0).any():
        stations = election.ballot.of_places("stations")[election.ballot.codes(frame["level"], frame["place"])]
        frame["counted"] /= stations
        return frame.rename(columns={"counted": "counted_share"})
    return frame


def _write(frame: pd.DataFrame, path: Path) -> None:
    whole = [column for column in frame.select_dtypes(float) if (frame[column].dropna() % 1 == 0).all()]
    frame = frame.astype(dict.fromkeys(whole, "Int64"))
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        # Without the time of writing in its head, the same table is the same file.
        packed = {"method": "gzip", "mtime": 0} if path.suffix == ".gz" else None
        frame.to_csv(path, index=False, lineterminator="\n", compression=packed)


def _refuse_strangers(folder: Path, written: set[str]) -> None:
    for stem in ("units", "regions", "counts", "result"):
        for name in (stem + ending for ending in ENDINGS):
            if name not in written and (folder / name).exists():
                raise FileExistsError(
                    name + " is in the folder already and would be read beside the files written; remove it"
                )
