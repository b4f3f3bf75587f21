"""What has been counted: `Count` at one moment, at the level the office publishes, and `Counts`, a night of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from .batches import batches_of
from .checks.arguments import whole
from .checks.ballot import SHEETS, start_of, successive, tally_columns
from .checks.problem import InvalidCount as InvalidCount, Problem, settled
from .checks.table import Table
from .checks.tally import empty_tally, read_counts
from .election import Election
from .holdings import Holdings as Holdings, resolved


@dataclass(frozen=True, eq=False)
class Count:
    """What is known at one moment: the last state of each place that has a row.

    `rows` has the columns level, place, as_of, counted, contested, void (stations), one per candidate, blank and null
    (votes; NaN where not given). Raises `InvalidCount` where the columns are others, a place is not in the register,
    stations or a candidate's votes are missing or negative, rows of one time contradict each other, or the time is
    without an offset.
    """

    election: Election
    time: pd.Timestamp
    rows: pd.DataFrame
    warnings: tuple[Problem, ...] = ()
    holdings: Holdings = field(init=False, repr=False)
    """The disjoint groups that the known votes fall into, remainders resolved."""

    def __post_init__(self) -> None:
        expected = ["level", "place", "as_of", *tally_columns(self.election.candidate_ids)]
        settled(_column_problems("count", self.rows, expected), InvalidCount)
        if self.time.tzinfo is None:
            raise InvalidCount([Problem("count", None, "time", str(self.time), "a time with its offset")])
        codes = self.election.ballot.codes(self.rows["level"], self.rows["place"])
        settled(row_problems("count", self.rows, codes, [*SHEETS, *self.election.candidate_ids]), InvalidCount)
        holdings, problems = resolved(self.election, self.rows, codes)
        object.__setattr__(self, "holdings", holdings)
        warnings = (*self.warnings, *settled(problems, InvalidCount))
        object.__setattr__(self, "warnings", tuple(dict.fromkeys(warnings)))

    @cached_property
    def counted(self) -> float:
        """Stations whose votes are in."""
        return float(self.holdings.frame["counted"].sum())

    @cached_property
    def contested(self) -> float:
        """Stations whose sheet is set aside for review."""
        return float(self.holdings.frame["contested"].sum())

    @cached_property
    def void(self) -> float:
        """Stations annulled or never installed."""
        return float(self.holdings.frame["void"].sum())

    @cached_property
    def counted_share(self) -> float:
        """Stations counted as a share of those that can still count (void ones cannot)."""
        countable = self.election.stations_total - self.void
        return self.counted / countable if countable > 0 else 1.0

    @cached_property
    def votes(self) -> pd.Series:
        """Votes in; the index is the candidates' ids."""
        return self.holdings.frame[list(self.election.candidate_ids)].sum()

    @cached_property
    def margin(self) -> float:
        """First candidate minus second over the valid votes of all; NaN before the first vote."""
        return margin_of(self.votes)


@dataclass(frozen=True, eq=False)
class Counts:
    """A night: snapshots in the order in which they became known. An empty one says that nothing is counted yet.

    `frame` is sorted by time: time, level, place, counted, contested, void, one column per candidate, blank, null. Its
    numbers are taken as checked: `from_frame` is the way in for tables from outside. Raises `InvalidCount` where the
    columns are others, rows are out of order, a place is not in the register, or stations or a candidate's votes are
    missing or negative.
    """

    election: Election
    frame: pd.DataFrame
    warnings: tuple[Problem, ...] = ()

    def __post_init__(self) -> None:
        expected = ["time", "level", "place", *tally_columns(self.election.candidate_ids)]
        settled(_column_problems("counts", self.frame, expected), InvalidCount)
        settled(row_problems("counts", self.frame, self._codes, [*SHEETS, *self.election.candidate_ids]), InvalidCount)
        if not self.frame["time"].is_monotonic_increasing:
            raise InvalidCount([Problem("counts", None, "time", None, "rows in order of time")])

    @classmethod
    def from_frame(cls, election: Election, frame: pd.DataFrame) -> Self:
        """Checked counts in the columns of counts.csv; `counted_share` can replace `counted`. Raises `InvalidCount`."""
        tidy, problems = read_counts(Table.of_frame("counts", frame), election.ballot)
        return cls(election, tidy, settled(problems, InvalidCount))

    @classmethod
    def of(cls, counts: "Counts | Count") -> "Counts":
        """The night so far that a model is given, as it is or from a single count."""
        return cls.from_count(counts) if isinstance(counts, Count) else counts

    @classmethod
    def from_count(cls, count: Count) -> Self:
        """A night that knows what the count knows, one row a place: rows keep the times since which they have stood
        so, since these tell which of two levels is newer."""
        frame = count.rows.rename(columns={"as_of": "time"}).sort_values("time", kind="stable")
        columns = ["time", "level", "place", *tally_columns(count.election.candidate_ids)]
        return cls(count.election, frame[columns].reset_index(drop=True), count.warnings)

    @classmethod
    def empty(cls, election: Election) -> Self:
        """The night before its first bulletin."""
        return cls(election, empty_tally(election.ballot))

    @cached_property
    def times(self) -> pd.DatetimeIndex:
        """The moments at which something became known, in order."""
        return pd.DatetimeIndex(self.frame["time"].unique(), name="time")

    @cached_property
    def latest(self) -> Count:
        """What is known at the end, every place at its last state. Before any row: midnight of election day."""
        if self.frame.empty:
            return self._known(0, start_of(self.election.date, self.election.timezone))
        return self._known(len(self.frame), self.times[-1])

    def until(self, time: pd.Timestamp | datetime | str) -> Self:
        """The night so far: all rows up to and including the time, which must carry its offset.

        Where that leaves out rows, the table's warnings go with them, and only corrections made by then are warned of.
        Raises ValueError for a time without an offset or that cannot be read.
        """
        moment = pd.Timestamp(time)
        if moment.tzinfo is None:
            raise ValueError(f"time needs an offset, such as 2021-06-07T19:23:00-05:00, got {time}")
        stop = self.frame["time"].searchsorted(moment.tz_convert(self.election.timezone), side="right")
        if stop == len(self.frame):
            return self
        return type(self)(self.election, self.frame.iloc[:stop], self.warnings_at(moment))

    def __len__(self) -> int:
        return len(self.times)

    def __getitem__(self, position: int) -> Count:
        if isinstance(position, slice):
            raise TypeError(f"a position is a whole number, got {position}; the night up to a time is until(time)")
        return self._known(self._rows_until(position), self.times[position])

    def __iter__(self) -> Iterator[Count]:
        return (self[position] for position in range(len(self)))

    @cached_property
    def corrections(self) -> pd.DataFrame:
        """Numbers that went down from one row of a place to its next: time, level, place, column, before, after."""
        columns = ["counted", *self.election.candidate_ids, "blank", "null"]
        before, after = successive(self._codes)
        old, new = self.frame[columns].to_numpy()[before], self.frame[columns].to_numpy()[after]
        row, column = np.nonzero(new < old)
        found = self.frame.iloc[after[row]][["time", "level", "place"]].reset_index(drop=True)
        found["column"] = np.array(columns, dtype=object)[column]
        found["before"], found["after"] = old[row, column], new[row, column]
        return found.sort_values("time", kind="stable", ignore_index=True)

    def batches(self, at_most: int = 8) -> pd.DataFrame:
        """How each group of `latest.holdings` came in: disjoint increments that sum to it, none of them negative.

        Columns: group (row in `latest.holdings.frame`), start and stop (stations of the group in before and after), the
        votes of the batch per candidate, and time, when its end became known. At most `at_most` moments are looked at,
        spread evenly over the stations counted; corrections are merged into the batch that swallows them. Raises
        ValueError where that is less than 1.
        """
        return batches_of(self.before(at_most), self.latest.holdings, self.election)

    def before(self, at_most: int = 8) -> list[Holdings]:
        """What was held at the moments before the last that `batches` looks at. Raises ValueError as it does."""
        whole("at_most", at_most)
        return [] if self.frame.empty else [self._held(self._rows_until(at)) for at in self._spread(at_most)]

    @cached_property
    def _codes(self) -> np.ndarray:
        return self.election.ballot.codes(self.frame["level"], self.frame["place"])

    def _rows_until(self, position: int) -> int:
        return int(np.searchsorted(self._moment, range(len(self))[position], side="right"))

    def _known(self, stop: int, time: pd.Timestamp) -> Count:
        rows = self._states.iloc[self._last_of_first(stop)].reset_index(drop=True)
        return Count(self.election, time, rows, self.warnings if stop == len(self.frame) else self.warnings_at(time))

    def warnings_at(self, moment: pd.Timestamp) -> tuple[Problem, ...]:
        """What could be told of the table at a moment: the corrections made by then."""
        return _taken_back(self.corrections, moment)

    def _held(self, stop: int) -> Holdings:
        """What a `Count` of the first rows holds, of rows that need no second check."""
        last = self._last_of_first(stop)
        holdings, problems = resolved(self.election, self._states.iloc[last], self._codes[last])
        settled(problems, InvalidCount)
        return holdings

    def _last_of_first(self, stop: int) -> np.ndarray:
        """Which of the first rows is the last of its place, for every place that has one."""
        last = np.full(len(self.election.units) + len(self.election.regions) + 1, -1)
        last[self._codes[:stop]] = np.arange(stop)  # of repeated places the last row stays
        return last[last >= 0]

    @cached_property
    def _states(self) -> pd.DataFrame:
        columns = ["level", "place", "as_of", *tally_columns(self.election.candidate_ids)]
        return self.frame.rename(columns={"time": "as_of"})[columns]

    def _spread(self, at_most: int) -> list[int]:
        """At most `at_most` - 1 moments before the last, evenly spaced in stations counted.

        Those come first that have rows of the level which holds most of the count.
        """
        last, wanted = len(self) - 1, at_most - 1
        telling = np.unique(self._moment[self._level == self._main_level])
        telling = telling[telling < last]
        others = np.setdiff1d(np.arange(last), telling)
        progress = self._progress()
        chosen = _evenly(telling, progress, wanted)
        return sorted([*chosen, *_evenly(others, progress, wanted - len(chosen))])

    @cached_property
    def _level(self) -> np.ndarray:
        units, regions = len(self.election.units), len(self.election.regions)
        return np.searchsorted([units, units + regions], self._codes, side="right")

    @cached_property
    def _moment(self) -> np.ndarray:
        return self.times.searchsorted(self.frame["time"])

    @cached_property
    def _main_level(self) -> int:
        held = self.latest.holdings.frame.groupby("level")["counted"].sum()
        return ["unit", "region", "nation"].index(held.idxmax())

    def _progress(self) -> np.ndarray:
        # Stations in at each time, by the level that knows of most: cheap, where resolving every moment would not be.
        gained = self.frame["counted"].to_numpy().copy()
        before, after = successive(self._codes)
        gained[after] -= self.frame["counted"].to_numpy()[before]
        steps = np.zeros((len(self), 3))
        np.add.at(steps, (self._moment, self._level), gained)
        return steps.cumsum(axis=0).max(axis=1)


def _taken_back(corrections: pd.DataFrame, moment: pd.Timestamp) -> tuple[Problem, ...]:
    """One warning of all numbers that had gone down by a moment."""
    known = corrections[corrections["time"] <= moment]
    if known.empty:
        return ()
    places = len(known[["level", "place"]].drop_duplicates())
    first = known.iloc[0]
    expected = (
        f"no less than {first['before']:,.6g} as before; {len(known)} went down in {places} "
        f"{'places' if places > 1 else 'place'}, this the first, and are taken as corrections"
    )
    return (Problem("counts", None, first["column"], f"{first['after']:,.6g}", expected, "warning"),)


def _evenly(moments: np.ndarray, progress: np.ndarray, at_most: int) -> list[int]:
    if len(moments) <= at_most:
        return moments.tolist()
    known = progress[moments]
    return sorted({int(moments[np.abs(known - at).argmin()]) for at in np.linspace(known[0], known[-1], at_most)})


def _column_problems(name: str, frame: pd.DataFrame, columns: list[str]) -> list[Problem]:
    if list(frame.columns) == columns:
        return []
    return [Problem(name, None, None, ", ".join(map(str, frame.columns)), "the columns " + ", ".join(columns))]


def row_problems(name: str, frame: pd.DataFrame, codes: np.ndarray, columns: Sequence[str]) -> list[Problem]:
    """What no record of votes may have: places of no code (rows,), or columns with numbers missing or below zero."""
    unknown = frame["place"][codes < 0]
    found = [Problem(name, None, "place", place, "a place of the register") for place in unknown]
    numbers = frame[list(columns)].to_numpy(dtype=float)
    if not ((numbers >= 0) & (numbers < np.inf)).all():
        expected = "numbers of 0 or more, none of them missing, in the columns " + ", ".join(columns)
        found.append(Problem(name, None, None, None, expected))
    return found


def margin_of(votes: pd.Series) -> float:
    """First candidate minus second over the valid votes of all; NaN where there are none."""
    total = float(votes.sum())
    return float(votes.iloc[0] - votes.iloc[1]) / total if total > 0 else float("nan")
