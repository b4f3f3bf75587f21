"""A table as it came in, with the line of each row, and the columns read from it as texts, numbers and times."""

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from numbers import Real
from typing import Literal, Self

import numpy as np
import pandas as pd

from .ballot import FIRST_YEAR, LAST_YEAR
from .problem import WITH_LINES, Problem

BEYOND_ALL = 10**18
GROUPED = r"[1-9]\d{0,2}([.,' \u00a0\u2009\u202f]\d{3})+"
"""Numbers as people write them: 521.000, 521,000, 521 000, 521'000."""
DECIMAL_COMMA = r"-?\d+,\d+"
LARGEST = 1e10
"""More than there are people; what sums of such numbers say is lost in their rounding, or ends in infinity."""


@dataclass(frozen=True, eq=False)
class Table:
    """A table not yet checked: cells are texts or numbers, whatever came; `rows` says where each stands in its file."""

    file: str
    frame: pd.DataFrame
    rows: np.ndarray
    repeated: tuple[str, ...] = ()
    """Columns that a data frame has more than once; the first of each is kept here."""

    @classmethod
    def of_frame(cls, file: str, frame: pd.DataFrame) -> Self:
        """A data frame of the user, rows numbered from 0; a named index is read as columns."""
        if not isinstance(frame, pd.DataFrame):
            raise TypeError(file + " are a data frame, got " + type(frame).__name__)
        if any(name is not None for name in frame.index.names):
            named = [name for name in frame.index.names if name is not None and name not in frame.columns]
            frame = frame.reset_index(level=named)
        again = frame.columns.duplicated()
        kept = frame.loc[:, ~again].reset_index(drop=True)
        return cls(file, kept, np.arange(len(frame)), tuple(dict.fromkeys(map(str, frame.columns[again]))))

    def has(self, column: str) -> bool:
        return column in self.frame.columns

    def problems(
        self,
        wrong: np.ndarray,
        column: str,
        expected: str | Sequence[str],
        severity: Literal["error", "warning"] = "error",
    ) -> Iterator[Problem]:
        """One problem for each row marked wrong; `expected` is one text for all, or one for each of them."""
        positions = np.flatnonzero(wrong)
        if len(positions) == 0:
            return
        texts = [expected] * len(positions) if isinstance(expected, str) else expected
        cells = self.frame[column].iloc[positions] if self.has(column) else [None] * len(positions)
        for position, cell, text in zip(positions, cells, texts, strict=True):
            yield Problem(self.file, int(self.rows[position]), column, _shown(cell), text, severity)


def _shown(cell: object) -> str | None:
    if cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and np.isnan(cell)):
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < LARGEST:
        return str(int(cell))
    return str(cell)


def is_blank(cells: pd.Series) -> np.ndarray:
    """Which cells hold nothing: missing, or an empty text."""
    blank = cells.isna().to_numpy()
    if not pd.api.types.is_numeric_dtype(cells):
        blank = blank | (cells == "").to_numpy(dtype=bool, na_value=True)
    return blank


def labels(table: Table, column: str) -> pd.Series:
    """The column as text, "" where blank or where there is no such column."""
    if not table.has(column):
        return pd.Series([""] * len(table.frame), dtype=str)
    cells = table.frame[column]
    return (
        (cells if isinstance(cells.dtype, pd.StringDtype) else cells.astype(object))
        .where(~is_blank(cells), "")
        .astype(str)
    )


def texts(table: Table, column: str, *, required: bool = True) -> tuple[pd.Series, list[Problem]]:
    """Like `labels`, for texts that must match others; numbers that are not whole and spaces around are problems."""
    as_text = labels(table, column)
    if not table.has(column):
        return as_text, []
    blank = (as_text == "").to_numpy(dtype=bool)
    found = list(table.problems(blank, column, "a text, not an empty cell")) if required else []
    if pd.api.types.is_float_dtype(table.frame[column]):
        found += table.problems(~blank, column, "a text; read the column as text, so that ids keep their zeros")
    if column != "kind" and pd.api.types.is_integer_dtype(table.frame[column]):
        expected = "texts; as numbers ids have lost their leading zeros, if they had any"
        found.append(Problem(table.file, None, column, None, expected, "warning"))
    spaced = (as_text.str.strip() != as_text).to_numpy(dtype=bool)
    return as_text, [*found, *table.problems(spaced, column, "a text without spaces around it")]


def numbers(
    table: Table, column: str, *, whole: bool = True, required: bool = True
) -> tuple[np.ndarray, list[Problem]]:
    """The column as floats that are finite and not negative; NaN where blank or wrong."""
    cells = table.frame[column]
    blank = is_blank(cells)
    if pd.api.types.is_integer_dtype(cells) or pd.api.types.is_float_dtype(cells):
        values = cells.to_numpy(dtype=float, na_value=np.nan)
    else:
        values = pd.to_numeric(cells.astype(object).map(_as_number_text), errors="coerce").to_numpy(dtype=float)
        if whole:  # where a share is asked for, 52.100 may be meant as it stands
            values = np.where(cells.astype(object).map(_is_grouped), np.nan, values)
    unread = np.isnan(values) & ~blank
    faults: list[tuple[np.ndarray, str | list[str]]] = [
        (blank & required, "a number, not an empty cell"),
        (unread, [_readable(cell) for cell in cells[unread]]),
        (np.isinf(values), "a finite number"),
        ((values < 0) & ~np.isinf(values), "0 or more"),
        ((values > LARGEST) & ~np.isinf(values), "at most " + figure(LARGEST)),
    ]
    if whole:
        faults.append((np.isfinite(values) & (values >= 0) & (values != np.round(values)), "a whole number"))
    found: list[Problem] = []
    for wrong, expected in faults:
        found += table.problems(wrong, column, expected)
        values = np.where(wrong, np.nan, values)
    return values, found


def _is_grouped(cell: object) -> bool:
    return isinstance(cell, str) and re.fullmatch(GROUPED, cell) is not None


def _readable(cell: object) -> str:
    """What should have stood in the place of a cell that is no number."""
    if _is_grouped(cell):
        return "a number without separators of thousands, such as 521000"
    if isinstance(cell, str) and re.fullmatch(DECIMAL_COMMA, cell):
        return "a number with a point before its decimals, not a comma"
    return "a number"


def _as_number_text(cell: object) -> object:
    # True, dates and spans of time would pass as numbers, and so would 1_000, which is a typing error in a table.
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return np.nan
    if isinstance(cell, bool) or not isinstance(cell, str | Real | Decimal) or (isinstance(cell, str) and "_" in cell):
        return "not a number"
    return min(max(cell, -BEYOND_ALL), BEYOND_ALL) if isinstance(cell, int) else cell


def times(table: Table, column: str, timezone: str) -> tuple[pd.Series, list[Problem]]:
    """The column as moments in the timezone; NaT where it cannot be read, has no offset or is not there."""
    if not table.has(column):
        return pd.Series(pd.NaT, index=table.frame.index, dtype=pd.DatetimeTZDtype("us", timezone)), []
    cells = table.frame[column]
    if isinstance(cells.dtype, pd.DatetimeTZDtype):
        moments = cells.dt.as_unit("us").dt.tz_convert(timezone)
        far = ~moments.dt.year.between(FIRST_YEAR, LAST_YEAR).to_numpy() & moments.notna().to_numpy()
        found = list(table.problems(moments.isna().to_numpy(), column, "a time, not an empty cell"))
        return moments.mask(far), [*found, *table.problems(far, column, OF_OUR_AGE)]
    if cells.dtype == object:  # lists and the like cannot be told apart, their texts can
        cells = cells.map(lambda cell: cell if isinstance(cell, Hashable) else str(cell))
    code, distinct = pd.factorize(cells.astype(object), use_na_sentinel=True)
    read = [_moment(cell) for cell in distinct]
    found: list[Problem] = list(table.problems(code < 0, column, "a time, not an empty cell"))
    for number, (moment, expected) in enumerate(read):
        if moment is None:
            found += table.problems(code == number, column, expected)
    known = [moment for moment, _ in read] + [None]  # the last is where code -1 points
    moments = pd.to_datetime(pd.Series(known, dtype=object), utc=True).dt.as_unit("us").dt.tz_convert(timezone)
    return moments.iloc[code].reset_index(drop=True), found


EXAMPLE = "2021-06-07T19:23:00-05:00"
OF_OUR_AGE = f"a time of the years {FIRST_YEAR} to {LAST_YEAR}"


def _moment(cell: object) -> tuple[datetime | None, str]:
    """The moment a cell stands for, or what should have stood there."""
    if cell == "":
        return None, "a time, not an empty cell"
    try:
        moment = cell if isinstance(cell, datetime) else datetime.fromisoformat(str(cell))
    except ValueError:
        return None, "an ISO 8601 time with offset, such as " + EXAMPLE
    if moment.tzinfo is None:
        return None, "a time with its offset from UTC, such as " + EXAMPLE
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return None, OF_OUR_AGE
    return moment, ""


def repeated_columns(table: Table) -> list[Problem]:
    """The columns that a data frame has more than once."""
    return [Problem(table.file, None, column, None, "this column once") for column in table.repeated]


def missing_columns(table: Table, columns: Iterable[str]) -> list[Problem]:
    """The columns that are not there."""
    return [
        Problem(table.file, None, column, None, "this column; it is missing")
        for column in columns
        if not table.has(column)
    ]


def repeated(table: Table, key: pd.Series | pd.DataFrame, column: str, what: str) -> list[Problem]:
    """Rows whose key stood in an earlier row already; blank keys are someone else's problem."""
    frame = key.to_frame() if isinstance(key, pd.Series) else key
    again = frame.duplicated().to_numpy() & frame.notna().all(axis="columns").to_numpy()
    if not again.any():
        return []
    by = [frame[name] for name in frame]
    first = pd.Series(np.arange(len(key))).groupby(by, sort=False, dropna=False).transform("min").to_numpy()
    at = table.rows[first[again]]
    word = "line " if table.file.endswith(WITH_LINES) else "row "
    return list(table.problems(again, column, [what + "; it stood in " + word + str(row) + " already" for row in at]))


def figure(value: float) -> str:
    """A number as people write it."""
    return format(int(value), ",") if float(value).is_integer() else format(value, ",.6g")
