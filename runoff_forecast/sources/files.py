"""Bytes on disk to tables: csv, csv.gz or parquet, with the line of every row; no error of a library gets through."""

import csv
import gzip
import io
import re
import tomllib
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from runoff_forecast.checks.problem import Problem
from runoff_forecast.checks.table import Table

ENDINGS = (".csv", ".csv.gz", ".parquet")
LIKE_TABLES = frozenset(["csv", "tsv", "txt", "xls", "xlsx", "ods", "json", "parquet", "feather", "zip"])
COPY = re.compile(r"[ _-]*(\(\d+\)|copy|kopie|copia)$")
"""What browsers and desks add to the name of a second file."""
PACKED = (b"PK\x03\x04", b"\x1f\x8b")
"""How zip and gzip files begin."""
TEXT_COLUMNS = ("unit", "region", "area", "kind", "name", "level", "place", "time")
THOUSANDS = re.compile(r"(?<![\d.:])[1-9]\d{0,2}(?:\.\d{3})+(?=[,\r\n\"]|$)")
"""Cells such as 521.000: to most people 521 thousand, to a computer 521."""
POINT = re.compile(r"\.\d{3}")
"""What each of them has: a text without is read through many times faster."""
SIGNS = {";": "a semicolon", "\t": "a tab", "|": "a bar"}

type Read[T] = tuple[T | None, list[Problem]]
"""What was read, as far as that went, and what was wrong with it."""


def find_table(folder: Path, stem: str) -> Read[Path]:
    """The one file that holds a table; (None, []) where there is none."""
    try:
        named = [path for path in sorted(folder.iterdir()) if path.name in [stem + ending for ending in ENDINGS]]
        other = [path.name for path in named if not path.is_file()]
    except OSError as error:
        return None, [Problem(str(folder), None, None, None, "a readable folder: " + (error.strerror or str(error)))]
    if other:
        return None, [Problem(name, None, None, None, "a file; this is a folder, or a broken link") for name in other]
    if len(named) > 1:
        names = ", ".join(path.name for path in named)
        return None, [Problem(stem + ".csv", None, None, names, "one file for this table, not several")]
    return (named[0] if named else None), []


def passed_over(folder: Path, stem: str) -> list[Problem]:
    """Files that seem to be meant for a table and are not read, told where the folder has no such table."""
    found = []
    for path in sorted(folder.iterdir()):
        name, *ending = path.name.lower().split(".")
        name = COPY.sub("", name)
        if name.rstrip("s") == stem.rstrip("s") and LIKE_TABLES.intersection(ending):
            names = " or ".join(stem + ending for ending in ENDINGS)
            expected = "a file named " + names + "; this one is not read"
            found.append(Problem(path.name, None, None, None, expected, "warning"))
    return found


def read_table(path: Path) -> Read[Table]:
    """A table with cells as they stand: texts, or numbers where a whole column is of numbers."""
    if path.name.endswith(".parquet"):
        return _read_parquet(path)
    if not path.name.endswith((".csv", ".csv.gz")):
        return None, [Problem(path.name, None, None, None, "a file that ends in " + ", ".join(ENDINGS))]
    data, problems = read_bytes(path)
    return (None, problems) if data is None else parsed_table(data, path.name)


def parsed_table(data: bytes, file: str) -> Read[Table]:
    """The table in the content of a csv file, named for its problems."""
    text, problems = _decoded(data, file)
    if text is None:
        return None, problems
    header, found = _header(text, file)
    problems += found
    if header is None:
        return None, problems
    # names that were mended are not those of the text
    table, ragged = _rows_one_by_one(text, header, file) if found else _rows(text, header, file)
    return table, problems + ragged


def read_toml(path: Path) -> Read[dict[str, Any]]:
    """The content of a toml file."""
    data, problems = read_bytes(path)
    text, undecoded = (None, []) if data is None else _decoded(data, path.name)
    problems += undecoded
    if text is None:
        return None, problems
    try:
        return tomllib.loads(text), problems
    except tomllib.TOMLDecodeError as error:
        reason, _, where = str(error).partition(" (at ")
        row = int(where.split()[1].rstrip(",")) if where.startswith("line ") else None
        broken = Problem(path.name, row, None, None, "well-formed TOML: " + reason[:1].lower() + reason[1:])
        return None, [*problems, broken]
    except RecursionError:
        deep = "well-formed TOML: brackets within brackets beyond any use"
        return None, [*problems, Problem(path.name, None, None, None, deep)]


def read_bytes(path: Path) -> Read[bytes]:
    """The content of a file, unpacked where its name ends in .gz."""
    try:
        return unpacked(path.read_bytes(), path.name)
    except FileNotFoundError:
        return None, [Problem(path.name, None, None, None, "this file; it is missing")]
    except OSError as error:
        return None, [Problem(path.name, None, None, None, "a readable file: " + (error.strerror or str(error)))]


def unpacked(data: bytes, file: str) -> Read[bytes]:
    """The same, decompressed where the file's name ends in .gz."""
    try:
        return (gzip.decompress(data) if file.endswith(".gz") else data), []
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return None, [Problem(file, None, None, None, "a sound gzip file; this one is broken or cut off")]


def _decoded(data: bytes, file: str) -> Read[str]:
    """The text; of another encoding what it most likely says, so that it can be checked for more."""
    problems: list[Problem] = []
    if data.startswith(PACKED):
        return None, [
            Problem(file, None, None, None, "text; this file is packed: unpack it, or end its name in .csv.gz")
        ]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        found = "byte " + hex(data[error.start])
        expected = "text in UTF-8; the file is in another encoding (Latin-1, UTF-16?)"
        text, problems = data.decode("latin-1"), [Problem(file, row, None, found, expected)]
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1
        broken = Problem(file, row, None, "\\0", "text; the file is of another sort, or broken")
        return None, problems or [broken]
    return text, problems


def _header(text: str, file: str) -> Read[list[str]]:
    """The column names, without spaces around them; None where there is no table below them to speak of."""
    if not text.strip():
        return None, [Problem(file, None, None, None, "a header line and rows; the file is empty")]
    try:
        header = next(csv.reader(io.StringIO(text, newline=""), strict=True), [])
    except csv.Error as error:
        return None, [Problem(file, 1, None, None, "a header line of a csv table: " + str(error))]
    if not header:
        return None, [Problem(file, 1, None, "", "a header line; the first line is blank")]
    for sign, word in SIGNS.items():
        if len(header) == 1 and sign in header[0]:
            return None, [
                Problem(file, 1, None, header[0], "columns separated by commas; these are separated by " + word)
            ]
    if len(header) == 1:
        return None, [Problem(file, 1, None, header[0], "the names of two or more columns, separated by commas")]
    stripped = [name.strip() for name in header]
    wrong: list[Problem] = []
    for position, name in enumerate(stripped, start=1):
        if not name:
            wrong.append(
                Problem(file, 1, None, "", f"a name for every column of the header; column {position} has none")
            )
        elif stripped.count(name) > 1 and stripped.index(name) == position - 1:
            wrong.append(Problem(file, 1, name, name, "each column once"))
    spaced = [
        Problem(file, 1, name, name, "a column name without spaces around it")
        for name in dict.fromkeys(header)
        if name.strip() and name != name.strip()
    ]
    return (None if wrong else stripped), [*spaced, *wrong]


def _rows(text: str, header: list[str], file: str) -> Read[Table]:
    if '"' in text or "\r" in text.replace("\r\n", "") or not _is_even(text, len(header)):
        return _rows_one_by_one(text, header, file)
    frame = _parsed(text)
    return Table(file, frame, np.arange(2, len(frame) + 2)), []


def _is_even(text: str, columns: int) -> bool:
    """Whether every line has a cell for every column, and none is blank; for texts without quotes."""
    data = np.frombuffer(text.encode() if text.endswith("\n") else text.encode() + b"\n", dtype=np.uint8)
    ends, commas = np.flatnonzero(data == ord("\n")), np.flatnonzero(data == ord(","))
    per_line = np.diff(np.searchsorted(commas, ends), prepend=0)
    return columns > 1 and bool((per_line == columns - 1).all())


def _parsed(text: str) -> pd.DataFrame:
    frame = _read(text, TEXT_COLUMNS)
    if not (POINT.search(text) and THOUSANDS.search(text)):
        return frame
    # read as they stand, so that what looks like thousands can be told from what is a fraction
    return _read(text, (*TEXT_COLUMNS, *frame.select_dtypes(float).columns))


def _read(text: str, as_text: Sequence[str]) -> pd.DataFrame:
    return pd.read_csv(
        io.StringIO(text),
        dtype=dict.fromkeys(as_text, str),
        keep_default_na=False,
        na_values=[""],
        index_col=False,
        low_memory=False,
        skip_blank_lines=False,
    )


def _rows_one_by_one(text: str, header: list[str], file: str) -> Read[Table]:
    """The long way, for quoted cells that run over lines, blank lines and rows of the wrong length.

    A row stands on the line that it starts on, as an editor counts lines.
    """
    found: list[Problem] = []
    kept: list[list[str]] = []
    rows: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    next(reader)
    row = reader.line_num + 1
    try:
        for cells in reader:
            if len(cells) == len(header):
                kept.append(cells)
                rows.append(row)
            elif cells:
                found.append(_wrong_length(file, row, cells, header))
            row = reader.line_num + 1
    except csv.Error as error:
        return None, [*found, Problem(file, row, None, None, "a well-formed csv row: " + str(error))]
    again = io.StringIO()
    csv.writer(again, lineterminator="\n").writerows([header, *kept])
    return Table(file, _parsed(again.getvalue()), np.array(rows, dtype=int)), found


def _wrong_length(file: str, row: int, cells: list[str], header: list[str]) -> Problem:
    return Problem(file, row, None, str(len(cells)) + " cells", str(len(header)) + " cells, as in the header")


def _read_parquet(path: Path) -> Read[Table]:
    try:
        frame = pd.read_parquet(path)
    except FileNotFoundError:
        return None, [Problem(path.name, None, None, None, "this file; it is missing")]
    except ImportError:
        return None, [Problem(path.name, None, None, None, "pyarrow to read it with: pip install pyarrow")]
    except Exception:  # pyarrow raises many kinds for a broken file, and promises none of them
        return None, [Problem(path.name, None, None, None, "a sound parquet file; this one cannot be read")]
    return Table.of_frame(path.name, frame), []
