"""The rules for tables of votes: counts.csv and result.csv, against the register and the candidates."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from .ballot import NOT_CANDIDATES, SHEETS, SPOILT, Ballot, start_of, successive, tally_columns
from .problem import Problem
from .rows import Rows
from .sums import finer_and_coarser
from .table import Table, figure, missing_columns, repeated, repeated_columns, times

LONGEST_COUNT = pd.Timedelta(days=180)
"""After an election day; no count has taken as long, and a typing error in the year takes longer."""
RULINGS = 0.02
"""Late rulings move a candidate's proclaimed votes by less than this share."""
RECOUNTED = 0.25
"""The same of a single unit, whose stations may be recounted or annulled."""


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
        empty = "at least one row; before the first bulletin leave the table out"
        return empty_tally(ballot), [*found, Problem(table.file, None, None, None, empty)]
    rows = Rows(table, ballot)
    moment, problems = times(table, "time", ballot.timezone or "UTC")
    found += [*problems, *_out_of_time(table, moment, ballot), *rows.place_problems]
    found += [
        *rows.read_sheets(),
        *rows.read_votes(),
        *rows.capacity(),
        *rows.votes_without_stations(),
        *rows.not_a_vote(),
        *rows.electorate(),
        *rows.too_few_sheets(),
        *rows.too_few_votes(),
    ]
    found += [*_repeated_rows(table, moment, rows.codes), *finer_and_coarser(rows, moment)]
    if not any(problem.severity == "error" for problem in found):
        found += _fallen(rows, moment, [problem.row for problem in found if problem.row is not None])
    return _tidied(rows, moment), found


def _fallen(rows: Rows, moment: pd.Series, doubted: Sequence[int]) -> Iterator[Problem]:
    """Cumulative numbers below those of their place's row before: offices correct themselves, so one warning of all.

    Rows of which something else is told are left out: a number that is wrong makes the next one look like a fall.
    """
    columns = ["counted", *(rows.ballot.candidates or ()), *SPOILT]
    in_time = moment.argsort(kind="stable").to_numpy()
    in_time = in_time[rows.codes[in_time] >= 0]
    before, after = (in_time[rank] for rank in successive(rows.codes[in_time]))
    sound = ~np.isin(np.asarray(rows.table.rows), doubted)
    before, after = (each[sound[before] & sound[after]] for each in (before, after))
    numbers = np.column_stack([rows.numbers[column] for column in columns])
    fall = np.nan_to_num(numbers[before] - numbers[after])
    fall[:, 0] *= 100.0  # a station is worth more than a vote
    if not (fall > 0).any():
        return
    pair, column = np.unravel_index(int(np.argmax(fall)), fall.shape)
    row, places = after[pair], len(np.unique(rows.codes[after[(fall > 0).any(axis=1)]]))
    yield Problem(
        rows.table.file,
        int(rows.table.rows[row]),
        columns[column],
        figure(numbers[row, column]),
        f"no less than {figure(numbers[before[pair], column])}, which {rows.name(row)} had before; "
        f"{(fall > 0).sum()} went down in {places} {'places' if places > 1 else 'place'}, this the most, "
        "and are taken as corrections",
        "warning",
    )


def read_result(table: Table, ballot: Ballot) -> tuple[pd.DataFrame, list[Problem]]:
    """The final result: level, place, one column per candidate, blank, null; and all its problems."""
    found = _column_problems(table, ballot, ())
    columns = ["level", "place", *(ballot.candidates or ()), *SPOILT]
    if len(table.frame) == 0:
        empty = "at least one row; while the count goes on leave the table out"
        return pd.DataFrame(columns=columns), [*found, Problem(table.file, None, None, None, empty)]
    rows = Rows(table, ballot)
    found += [*rows.place_problems, *rows.read_votes(), *rows.electorate()]
    found += [*_repeated_rows(table, None, rows.codes), *_far_from_sum(rows), *_in_part(rows), *_nobody(rows)]
    frame = pd.DataFrame({"level": rows.level, "place": rows.place, **rows.numbers})
    return frame[columns], found


def against_counts(
    table: Table, result: pd.DataFrame | None, counts: pd.DataFrame | None, ballot: Ballot
) -> list[Problem]:
    """Rows of a sound result that have fewer votes than the same place's last row of sound counts, by more than rulings
    take away; and a nation with fewer than its places have together."""
    if result is None or counts is None or counts.empty:
        return []
    last = counts.drop_duplicates(["level", "place"], keep="last")
    votes = list(ballot.candidates or ())
    seen = last.assign(votes=last[votes].sum(axis=1)).set_index(["level", "place"])["votes"]
    together = seen.groupby("level").sum().max()
    found = result[votes].sum(axis=1).to_numpy()
    here = seen.reindex(pd.MultiIndex.from_frame(result[["level", "place"]])).fillna(0.0).to_numpy()
    here = np.where(result["level"] == "nation", np.maximum(here, together), here)
    lost = np.where(result["level"] == "unit", RECOUNTED, RULINGS)
    fewer = found < (1.0 - lost) * here
    texts = [
        f"no fewer votes than the count has, {figure(number)} in all; there are {figure(total)}"
        for number, total in zip(here[fewer], found[fewer], strict=True)
    ]
    return list(table.problems(fewer, votes[0], texts, "warning"))


def _column_problems(table: Table, ballot: Ballot, own: Sequence[str]) -> list[Problem]:
    candidates = ballot.candidates
    found = [*repeated_columns(table), *missing_columns(table, ("level", "place", *(candidates or ())))]
    if candidates is None:
        return found
    known = {"level", "place", *own, *candidates, *SPOILT}
    for column in map(str, table.frame.columns):
        if column not in known:
            expected = "one of the candidates " + ", ".join(candidates) + ", or one of the columns "
            expected += ", ".join(name for name in NOT_CANDIDATES if name in known)
            found.append(Problem(table.file, None, column, None, expected))
    return found


def _out_of_time(table: Table, moment: pd.Series, ballot: Ballot) -> Iterator[Problem]:
    if ballot.date is None or ballot.timezone is None:
        return
    start = start_of(ballot.date, ballot.timezone)
    expected = "a time on or after the election day, " + ballot.date.isoformat() + " in " + ballot.timezone
    yield from table.problems((moment < start).to_numpy(), "time", expected)
    late = (moment > start + LONGEST_COUNT).to_numpy()
    expected = f"a time within {LONGEST_COUNT.days} days of the election day, {ballot.date.isoformat()}"
    yield from table.problems(late, "time", expected, "warning")


def _repeated_rows(table: Table, moment: pd.Series | None, codes: np.ndarray) -> list[Problem]:
    # A place that is not known has a problem already; two rows of it are not worth another.
    key = pd.DataFrame({"place": np.where(codes >= 0, codes, -1 - np.arange(len(codes)))})
    if moment is not None:
        key["time"] = moment
        what = "one row for each place and time"
    else:
        what = "one row for each place"
    return repeated(table, key, "place", what)


def _far_from_sum(rows: Rows) -> Iterator[Problem]:
    """Rows of regions or the nation that late rulings cannot explain: far from the units' sum, or, where some units
    have no row, below what the others have."""
    units, regions = len(rows.ballot.units), len(rows.ballot.regions)
    if not rows.ballot.is_whole or (rows.codes < 0).any() or len(np.unique(rows.codes)) < len(rows.codes):
        return
    votes = np.full((units + regions + 1, len(rows.ballot.candidates or ())), np.nan)
    for position, column in enumerate(rows.ballot.candidates or ()):
        votes[rows.codes, position] = rows.numbers[column]
    region_of = rows.ballot.region_of
    known = np.nan_to_num(votes[:units])
    inside = [region_of == region for region in range(regions)]
    below = np.vstack([known, *(known[mine].sum(axis=0) for mine in inside), known.sum(axis=0)])[rows.codes]
    absent = np.isnan(votes[:units]).any(axis=1)
    in_part = np.r_[np.zeros(units, bool), [absent[mine].any() for mine in inside], absent.any()][rows.codes]
    for position, column in enumerate(rows.ballot.candidates or ()):
        given, total = rows.numbers[column], below[:, position]
        off = np.where(in_part, total - given, np.abs(given - total))
        far = (rows.codes >= units) & (off > RULINGS * np.maximum(given, total))
        texts = [
            f"{'at least' if few else 'about'} {figure(sum_)}, the sum of the unit rows"
            for sum_, few in zip(total[far], in_part[far], strict=True)
        ]
        yield from rows.table.problems(far, column, texts, "warning")


def _in_part(rows: Rows) -> Iterator[Problem]:
    """A result without a row of the nation, whose rows are of some places only: their sum is no truth."""
    units, regions = len(rows.ballot.units), len(rows.ballot.regions)
    if not rows.ballot.is_whole or (rows.codes < 0).any() or (rows.codes == units + regions).any():
        return
    told = np.isin(np.arange(units), rows.codes) | np.isin(units + rows.ballot.region_of, rows.codes)
    if not told.all():
        expected = (
            f"a row of every unit or its region, or one of the nation: {(~told).sum()} of {units} units have none, and "
            "the sum of the others is no result"
        )
        yield Problem(rows.table.file, None, "place", None, expected, "warning")


def _nobody(rows: Rows) -> Iterator[Problem]:
    """A result without a vote for anybody."""
    if (rows.valid == 0).all():
        row = int(rows.table.rows[0])
        yield Problem(rows.table.file, row, rows.votes_column, "0", "votes; no row has any")


def _tidied(rows: Rows, moment: pd.Series) -> pd.DataFrame:
    columns = tally_columns(rows.ballot.candidates or ())
    numbers = {column: rows.numbers[column] for column in columns}
    for column in ("contested", "void"):
        numbers[column] = np.nan_to_num(numbers[column])
    frame = pd.DataFrame({"time": moment, "level": rows.level, "place": rows.place, **numbers})
    return frame.sort_values("time", kind="stable", ignore_index=True)
