"""The rules for rows of votes: counts.csv and result.csv, against the register and the candidates."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from .problem import Problem
from .table import Table, is_blank, missing_columns, numbers, repeated, repeated_columns, texts, times

LEVELS = ("unit", "region", "nation")
SHEETS = ("counted", "contested", "void")
SPOILT = ("blank", "null")
BEYOND_ELECTORATE = 1.1
"""Late registration and voters from elsewhere explain a few more than the electorate; nothing explains a tenth more."""
ROUNDING = 0.001
"""Published shares of stations are rounded; sums of them may miss by this share of a place's stations."""
DUST = 1e-6


@dataclass(frozen=True, eq=False)
class Ballot:
    """What rows of votes are checked against; candidates, date or timezone are None where they could not be read."""

    candidates: tuple[str, ...] | None
    date: date | None
    timezone: str | None
    units: pd.DataFrame
    regions: pd.Index
    nominal_stations: bool

    @cached_property
    def region_of(self) -> np.ndarray:
        return self.regions.get_indexer(self.units["region"])

    def of_places(self, column: str) -> np.ndarray:
        """A column of the register summed over every place: units, regions, nation; NaN where a unit's is unknown."""
        values = self.units[column].to_numpy(dtype=float)
        sound = self.region_of >= 0
        by_region = np.bincount(self.region_of[sound], values[sound], minlength=len(self.regions))
        return np.r_[values, by_region, values.sum()]

    def codes(self, level: pd.Series, place: pd.Series) -> np.ndarray:
        """One number a place: units in register order, regions, the nation; -1 where there is no such place."""
        units = self.units.index if self.units.index.is_unique else self.units.index.drop_duplicates()
        at = {name: (level == name).to_numpy(dtype=bool) for name in LEVELS}
        codes = np.full(len(level), -1)
        codes[at["unit"]] = units.get_indexer(place[at["unit"]])
        region = self.regions.get_indexer(place[at["region"]])
        codes[at["region"]] = np.where(region >= 0, region + len(self.units), -1)
        codes[at["nation"]] = len(self.units) + len(self.regions)
        return codes


def tally_columns(candidates: Iterable[str]) -> list[str]:
    """The number columns of counts, in order."""
    return [*SHEETS, *candidates, *SPOILT]


def empty_tally(ballot: Ballot) -> pd.DataFrame:
    """Counts without a row."""
    frame = pd.DataFrame(columns=["time", "level", "place", *tally_columns(ballot.candidates or ())], dtype=float)
    time = pd.DatetimeIndex([], dtype="datetime64[us, UTC]").tz_convert(ballot.timezone or "UTC")
    return frame.assign(time=time, level=pd.Series(dtype=str), place=pd.Series(dtype=str))


def read_counts(table: Table, ballot: Ballot) -> tuple[pd.DataFrame, list[Problem]]:
    """Tidy counts in order of time and all their problems; with an error among these the frame is not to be used."""
    found = [*_column_problems(table, ballot, ("time", "counted_share", *SHEETS)), *missing_columns(table, ("time",))]
    if not table.has("counted") and not table.has("counted_share"):
        found.append(
            Problem(table.file, None, "counted", None, "this column, or counted_share in its place; both are missing")
        )
    if len(table.frame) == 0:
        found.append(
            Problem(table.file, None, None, None, "at least one row; before the first bulletin leave the table out")
        )
    if len(table.frame) == 0 or any(
        problem.severity == "error" for problem in missing_columns(table, ("time", "level", "place"))
    ):
        return empty_tally(ballot), found
    rows = _Rows(table, ballot)
    moment, problems = times(table, "time", ballot.timezone or "UTC")
    found += [*problems, *_too_early(table, moment, ballot), *rows.place_problems]
    found += [
        *rows.read_sheets(),
        *rows.read_votes(),
        *rows.capacity(),
        *rows.votes_without_stations(),
        *rows.electorate(),
    ]
    found += [*_repeated_rows(table, moment, rows.codes), *_finer_above_coarser(rows, moment)]
    return _tidied(rows, moment), found


def read_result(table: Table, ballot: Ballot) -> tuple[pd.DataFrame, list[Problem]]:
    """The final result: level, place, one column per candidate, blank, null; and all its problems."""
    found = _column_problems(table, ballot, ())
    columns = ["level", "place", *(ballot.candidates or ()), *SPOILT]
    if len(table.frame) == 0:
        found.append(
            Problem(table.file, None, None, None, "at least one row; while the count goes on leave the table out")
        )
    if len(table.frame) == 0 or missing_columns(table, ("level", "place")):
        return pd.DataFrame(columns=columns), found
    rows = _Rows(table, ballot)
    found += [*rows.place_problems, *rows.read_votes(), *rows.electorate()]
    found += _repeated_rows(table, None, rows.codes)
    frame = pd.DataFrame({"level": rows.level, "place": rows.place, **rows.numbers})
    return frame[columns], found


def _column_problems(table: Table, ballot: Ballot, own: Sequence[str]) -> list[Problem]:
    candidates = ballot.candidates
    found = [*repeated_columns(table), *missing_columns(table, ("level", "place", *(candidates or ())))]
    if candidates is None:
        return found
    known = {"level", "place", *own, *candidates, *SPOILT}
    for column in map(str, table.frame.columns):
        if column not in known:
            expected = "one of the candidates " + ", ".join(candidates) + ", or one of the columns "
            expected += ", ".join(name for name in ("time", "level", "place", *SHEETS, *SPOILT) if name in known)
            found.append(Problem(table.file, None, column, None, expected))
    return found


class _Rows:
    """The rows of one table, read column by column; `numbers` grows as they are read."""

    def __init__(self, table: Table, ballot: Ballot):
        self.table, self.ballot = table, ballot
        self.level, level_problems = texts(table, "level")
        self.place, place_problems = texts(table, "place", required=False)
        self.codes = ballot.codes(self.level, self.place)
        self.place_problems = [*level_problems, *place_problems, *self._unknown_places()]
        self.numbers: dict[str, np.ndarray] = {}

    def _unknown_places(self) -> Iterator[Problem]:
        level, place = self.level, self.place
        unknown = ~level.isin(["", *LEVELS]).to_numpy()
        yield from self.table.problems(unknown, "level", "unit, region or nation")
        nation = (level == "nation").to_numpy() & (place != "").to_numpy()
        yield from self.table.problems(nation, "place", "an empty cell beside the level nation")
        for name, index in (("unit", self.ballot.units.index), ("region", self.ballot.regions)):
            wrong = (level == name).to_numpy() & (self.codes < 0)
            if wrong.any():
                hints = _Hints(index, name)
                yield from self.table.problems(wrong, "place", [hints.expected(cell) for cell in place[wrong]])

    def _of_place(self, column: str) -> np.ndarray:
        return np.where(self.codes >= 0, self.ballot.of_places(column)[self.codes], np.nan)

    def _name(self, row: int) -> str:
        level, place = self.level.iloc[row], self.place.iloc[row]
        return "the nation" if level == "nation" else level + " '" + place + "'"

    def read_sheets(self) -> list[Problem]:
        """Fills counted, contested and void, and says what is wrong with them."""
        found: list[Problem] = []
        for column in ("contested", "void"):
            values, problems = self._optional(column)
            self.numbers[column], found = values, [*found, *problems]
        self.given = {column: ~np.isnan(self.numbers[column]) for column in ("contested", "void")}
        share, problems = self._optional("counted_share", whole=False)
        found += [
            *problems,
            *self.table.problems(share > 1, "counted_share", "a share of the stations, from 0 to 1, not percent"),
        ]
        counted, problems = self._optional("counted")
        found += problems
        self.by_share = np.isnan(counted) & ~np.isnan(share)
        self.numbers["counted"] = np.where(self.by_share, share * self._of_place("stations"), counted)
        found += self._neither()
        return [*found, *self._nominal(), *self._disagreeing(share, counted)]

    def _optional(self, column: str, *, whole: bool = True) -> tuple[np.ndarray, list[Problem]]:
        if not self.table.has(column):
            return np.full(len(self.level), np.nan), []
        return numbers(self.table, column, whole=whole, required=False)

    def _neither(self) -> Iterator[Problem]:
        columns = [column for column in ("counted", "counted_share") if self.table.has(column)]
        if columns:
            empty = np.logical_and.reduce([is_blank(self.table.frame[column]) for column in columns])
            yield from self.table.problems(
                empty, columns[0], "the stations counted (counted, or counted_share), not an empty cell"
            )

    def _nominal(self) -> Iterator[Problem]:
        if not self.ballot.nominal_stations:
            return
        for column in SHEETS:
            given = ~np.isnan(self.numbers[column]) & (self.numbers[column] > 0)
            if column == "counted":
                given &= ~self.by_share
            yield from self.table.problems(given, column, "counted_share alone, since the register has no stations")

    def _disagreeing(self, share: np.ndarray, counted: np.ndarray) -> Iterator[Problem]:
        stations = self._of_place("stations")
        off = np.abs(counted - share * stations) > 1 + 0.01 * stations
        texts = ["the same as counted_share says, " + _figure(value) for value in (share * stations)[off]]
        yield from self.table.problems(off, "counted", texts)

    def read_votes(self) -> list[Problem]:
        """Fills the candidates', blank and null votes, and says what is wrong with them."""
        found: list[Problem] = []
        for column in (*(self.ballot.candidates or ()), *SPOILT):
            self.numbers[column] = np.full(len(self.level), np.nan)
            if self.table.has(column):
                self.numbers[column], problems = numbers(self.table, column, required=column not in SPOILT)
                found += problems
        return found

    @cached_property
    def valid(self) -> np.ndarray:
        candidates = [self.numbers[column] for column in self.ballot.candidates or ()]
        return np.sum(candidates, axis=0) if candidates else np.full(len(self.level), np.nan)

    def capacity(self) -> Iterator[Problem]:
        """More stations than the place has."""
        stations = self._of_place("stations")
        counted = self.numbers["counted"]
        together = counted + np.nan_to_num(self.numbers["contested"]) + np.nan_to_num(self.numbers["void"])
        over = together > stations + np.where(self.by_share, ROUNDING * stations + DUST, DUST)
        expected = []
        for row in np.flatnonzero(over):
            also = "" if together[row] == counted[row] else " (with contested and void " + _figure(together[row]) + ")"
            expected.append("at most " + _figure(stations[row]) + " stations, what " + self._name(row) + " has" + also)
        column = "counted" if self.table.has("counted") else "counted_share"
        yield from self.table.problems(over, column, expected)

    def votes_without_stations(self) -> Iterator[Problem]:
        column = "counted" if self.table.has("counted") else "counted_share"
        without = (self.numbers["counted"] == 0) & (self.valid > 0)
        texts = ["above 0, since the row has " + _figure(votes) + " votes" for votes in self.valid[without]]
        yield from self.table.problems(without, column, texts)

    def electorate(self) -> Iterator[Problem]:
        """More ballots than voters: a little more can be explained, and is a warning."""
        electorate = self._of_place("electorate")
        ballots = self.valid + sum(np.nan_to_num(self.numbers[column]) for column in SPOILT)
        column = (self.ballot.candidates or ("",))[0]
        impossible = ballots > BEYOND_ELECTORATE * electorate
        for over, severity in ((impossible, "error"), (~impossible & (ballots > electorate), "warning")):
            for row in np.flatnonzero(over):
                expected = "votes of all candidates, blank and null within the electorate of " + self._name(row) + ", "
                yield Problem(
                    self.table.file,
                    int(self.table.rows[row]),
                    column,
                    _figure(ballots[row]) + " together",
                    expected + _figure(electorate[row]),
                    severity,
                )


class _Hints:
    """What to say of a place that is not in the register."""

    def __init__(self, index: pd.Index, what: str):
        self.what = what
        self.unpadded = {name.lstrip("0"): name for name in map(str, index)}
        self.folded = {name.strip().lower(): name for name in map(str, index)}

    def expected(self, place: str) -> str:
        if place == "":
            return "the id of a " + self.what + ", not an empty cell"
        text = "a " + self.what + " of the register"
        if place.lstrip("0") in self.unpadded:
            return text + "; is it '" + self.unpadded[place.lstrip("0")] + "' with its leading zeros lost?"
        if place.strip().lower() in self.folded:
            return text + "; is it '" + self.folded[place.strip().lower()] + "'?"
        return text


def _too_early(table: Table, moment: pd.Series, ballot: Ballot) -> Iterator[Problem]:
    if ballot.date is None or ballot.timezone is None:
        return
    start = pd.Timestamp(ballot.date).tz_localize(ballot.timezone)
    expected = "a time on or after the election day, " + ballot.date.isoformat() + " in " + ballot.timezone
    yield from table.problems((moment < start).to_numpy(), "time", expected)


def _repeated_rows(table: Table, moment: pd.Series | None, codes: np.ndarray) -> list[Problem]:
    # A place that is not known has a problem already; two rows of it are not worth another.
    key = pd.DataFrame({"place": np.where(codes >= 0, codes, -1 - np.arange(len(codes)))})
    if moment is not None:
        key["time"] = moment
        what = "one row for each place and time"
    else:
        what = "one row for each place"
    return repeated(table, key, "place", what)


def _finer_above_coarser(rows: _Rows, moment: pd.Series) -> Iterator[Problem]:
    """Rows that hold less than the finer rows of the same time below them, in any number that both give."""
    units, regions = len(rows.ballot.units), len(rows.ballot.regions)
    code = pd.Series(rows.codes)
    sound = (
        (code >= 0).to_numpy()
        & moment.notna().to_numpy()
        & ~pd.DataFrame({"code": code, "time": moment}).duplicated().to_numpy()
    )
    at = np.flatnonzero(sound)
    if len(at) == 0 or not (rows.codes[at] >= units).any():
        return
    time = pd.factorize(moment.iloc[at])[0]
    columns = [column for column in tally_columns(rows.ballot.candidates or ()) if column in rows.numbers]
    values = np.column_stack([rows.numbers[column] for column in columns])[at]
    sums = _Sums(rows.codes[at], time, values, rows.ballot.region_of, units, regions)
    slack = _rounding(rows, at, columns)
    for kind, position, finer in (("unit", *sums.regions()), ("finer", *sums.nations())):
        short, column = np.nonzero(finer > values[position] + slack[position] + DUST)
        for row, number in zip(short, column, strict=True):
            found, name = at[position[row]], rows._name(at[position[row]])
            expected = (
                "at least "
                + _figure(finer[row, number])
                + ", the sum of the "
                + kind
                + " rows of the same time below "
                + name
            )
            yield Problem(
                rows.table.file,
                int(rows.table.rows[found]),
                columns[number],
                _figure(values[position[row], number]),
                expected,
            )


def _rounding(rows: _Rows, at: np.ndarray, columns: Sequence[str]) -> np.ndarray:
    slack = np.zeros((len(at), len(columns)))
    if rows.by_share.any():
        slack[:, columns.index("counted")] = ROUNDING * rows._of_place("stations")[at]
    return slack


class _Sums:
    """What finer rows sum to, by time; all arrays run over the sound rows of one table."""

    def __init__(
        self, code: np.ndarray, time: np.ndarray, values: np.ndarray, region_of: np.ndarray, units: int, regions: int
    ):
        self.code, self.time, self.values = code, time, values
        self.is_unit, self.is_nation = code < units, code == units + regions
        self.is_region = ~self.is_unit & ~self.is_nation
        region = np.where(self.is_unit, region_of[np.where(self.is_unit, code, 0)], code - units)
        self.key = time * (regions + 1) + region

    def _summed(self, chosen: np.ndarray, key: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        distinct, group = np.unique(key[chosen], return_inverse=True)
        sums = np.zeros((len(distinct) + 1, self.values.shape[1]))
        np.add.at(sums, group, np.nan_to_num(self.values[chosen]))
        place = np.searchsorted(distinct, wanted)
        found = (
            (place < len(distinct)) & (distinct[np.minimum(place, len(distinct) - 1)] == wanted)
            if len(distinct)
            else wanted < 0
        )
        return sums[np.where(found, place, len(distinct))]

    def regions(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the region rows, and the sums of the unit rows below each."""
        position = np.flatnonzero(self.is_region)
        return position, self._summed(self.is_unit, self.key, self.key[position])

    def nations(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the nation rows, and the sums of region rows and of the unit rows of other regions."""
        position = np.flatnonzero(self.is_nation)
        alone = self.is_unit & ~np.isin(self.key, self.key[self.is_region])
        return position, self._summed(self.is_region | alone, self.time, self.time[position])


def _tidied(rows: _Rows, moment: pd.Series) -> pd.DataFrame:
    columns = tally_columns(rows.ballot.candidates or ())
    numbers = {column: rows.numbers[column] for column in columns}
    for column in ("contested", "void"):
        numbers[column] = np.nan_to_num(numbers[column])
    frame = pd.DataFrame({"time": moment, "level": rows.level, "place": rows.place, **numbers})
    return frame.sort_values("time", kind="stable", ignore_index=True)


def _figure(value: float) -> str:
    return format(int(value), ",") if float(value).is_integer() else format(value, ",.6g")
