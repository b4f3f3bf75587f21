"""Nights whose end is known: stations with their final votes, put into an order of arrival and published at a level.

What comes out is an ordinary `Night`; nothing downstream knows the difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ..checks.ballot import tally_columns
from ..count import Counts
from ..election import Election
from ..night import Night, Result
from .orders import Order
from .truth import Truth, sums

Level = Literal["unit", "region", "nation", "unit+nation", "station"]
"""What the office publishes; unit+nation: units at home, and a row for the nation that holds what came from abroad."""
LEVELS: tuple[Level, ...] = ("unit", "region", "nation", "unit+nation", "station")
"""Levels at which a simulated night may be published; "station" makes a unit of each."""

FRACTIONS = (0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.97)
"""Shares of all stations, contested and void ones among them, that are processed at a night's snapshots."""

FIRST_SHEET = pd.Timedelta(hours=19)
"""After midnight of the election day."""
NIGHT_LENGTH = pd.Timedelta(hours=48)


@dataclass(frozen=True)
class Habits:
    """How an office works, apart from the order in which sheets come in."""

    contested: float = 0.018
    """Share of sheets set aside for review: 1.9 % in Peru 2021. They stay so through the night."""
    contested_counted: float = 0.86
    """Share of these that count in the end: 1,399 of 1,619."""
    withdrawn: float = 0.0
    """Share of contested sheets that were counted at first: the next snapshot takes them out, and numbers go down."""
    delayed: float = 0.0
    """Share of places whose row is not renewed in a snapshot, though sheets have come in."""


def simulate(
    truth: Truth,
    order: Order,
    *,
    level: Level = "unit",
    fractions: Sequence[float] = FRACTIONS,
    habits: Habits = Habits(),
    rng: np.random.Generator,
) -> Night:
    """A night with a snapshot each time that a fraction of all stations has been processed, and its result.

    A station's own contested sheets may be annulled, so the result varies a little with the chance handed in. Raises
    ValueError for an unknown level, and for fractions that do not ascend or are not between 0 and 1.
    """
    if level not in LEVELS:
        raise ValueError(f"level is one of {', '.join(LEVELS)}, got {level!r}")
    if not (all(np.diff(fractions) > 0) and all(0 <= fraction <= 1 for fraction in fractions)):
        raise ValueError(f"fractions ascend between 0 and 1, got {tuple(fractions)}")
    snapshot = _snapshots(order(truth, rng), np.asarray(fractions))
    if level == "station":
        truth = truth.by_station()
    fate = _fates(truth, habits, rng)
    tallies = _tallies(truth, snapshot, fate, len(fractions))
    frame = _published(truth.election, tallies, level, habits, rng)
    counts = Counts(truth.election, _timed(frame, truth.election, fractions))
    return Night(truth.election, counts, _result(truth, fate.annulled))


@dataclass(frozen=True, eq=False)
class _Fates:
    """What becomes of each station's sheet (S,)."""

    contested: np.ndarray
    annulled: np.ndarray
    withdrawn: np.ndarray


def _fates(truth: Truth, habits: Habits, rng: np.random.Generator) -> _Fates:
    contested = (rng.random(len(truth.unit)) < habits.contested) & ~truth.void
    annulled = contested & (rng.random(len(truth.unit)) >= habits.contested_counted)
    withdrawn = contested & (rng.random(len(truth.unit)) < habits.withdrawn)
    return _Fates(contested, annulled, withdrawn)


def _snapshots(scores: np.ndarray, fractions: np.ndarray) -> np.ndarray:
    """(S,) the snapshot in which each station first appears; the number of snapshots where in none."""
    rank = np.empty(len(scores), dtype=int)
    rank[np.argsort(scores, kind="stable")] = np.arange(len(scores))
    return np.searchsorted(np.round(fractions * len(scores)), rank, side="right")


def _tallies(truth: Truth, snapshot: np.ndarray, fate: _Fates, snapshots: int) -> np.ndarray:
    """(J, U, 3 + K + 2) cumulative tallies of every unit: counted, contested, void, votes."""
    units = len(truth.election.units)
    counted = ~truth.void & ~fate.contested
    state = np.column_stack([counted, fate.contested, truth.void]).astype(float)
    first = np.column_stack([state, truth.votes * counted[:, None]])
    steps = sums(snapshot * units + truth.unit, first, (snapshots + 1) * units)
    back = np.flatnonzero(fate.withdrawn & (snapshot < snapshots))
    if len(back):
        # Counted at first, set aside from the next snapshot on.
        mistake = np.column_stack([np.ones(len(back)), -np.ones(len(back)), np.zeros(len(back)), truth.votes[back]])
        code = snapshot[back] * units + truth.unit[back]
        steps += sums(code, mistake, len(steps)) - sums(code + units, mistake, len(steps))
    return steps.reshape(snapshots + 1, units, -1)[:snapshots].cumsum(axis=0)


def _published(
    election: Election, tallies: np.ndarray, level: Level, habits: Habits, rng: np.random.Generator
) -> pd.DataFrame:
    """Rows of all snapshots: snapshot, level, place, numbers. A place without news has no row.

    Beside a row of the nation every unit at home has one, or the remainder would lie there too.
    """
    if level == "nation":
        return _rows(election, tallies.sum(axis=1, keepdims=True), "nation", np.array([""]))
    if level == "region":
        regions = _sums_over(election.region_index, tallies, len(election.regions))
        return _fresh(_rows(election, regions, "region", election.regions.index.to_numpy()), regions, habits, rng)
    places = election.units.index.to_numpy()
    if level != "unit+nation":
        return _fresh(_rows(election, tallies, "unit", places), tallies, habits, rng)
    home = ~election.overseas
    units = _rows(election, tallies[:, home], "unit", places[home])
    units = units[rng.random(len(units)) >= habits.delayed]
    nation = _rows(election, tallies.sum(axis=1, keepdims=True), "nation", np.array([""]))
    return pd.concat([nation, units]).sort_values("snapshot", kind="stable", ignore_index=True)


def _rows(election: Election, tallies: np.ndarray, level: str, places: np.ndarray) -> pd.DataFrame:
    snapshots, size, width = tallies.shape
    frame = pd.DataFrame(tallies.reshape(-1, width), columns=tally_columns(election.candidate_ids))
    frame.insert(0, "snapshot", np.repeat(np.arange(snapshots), size))
    frame.insert(1, "level", level)
    frame.insert(2, "place", np.tile(places, snapshots))
    return frame


def _fresh(frame: pd.DataFrame, tallies: np.ndarray, habits: Habits, rng: np.random.Generator) -> pd.DataFrame:
    """The rows with news in them; some are held back until the next snapshot, where they are news still."""
    snapshots, places, _ = tallies.shape
    kept = np.zeros((snapshots, places), dtype=bool)
    shown = np.zeros_like(tallies[0])
    for moment, now in enumerate(tallies):
        kept[moment] = (now != shown).any(axis=1) & (rng.random(places) >= habits.delayed)
        shown = np.where(kept[moment][:, None], now, shown)
    return frame[kept.ravel()].reset_index(drop=True)


def moments(election: Election, fractions: Sequence[float]) -> pd.DatetimeIndex:
    """When each fraction of a simulated night is processed: as if sheets came in evenly."""
    start = pd.Timestamp(election.date) + FIRST_SHEET
    times = pd.DatetimeIndex([start + NIGHT_LENGTH * float(fraction) for fraction in fractions])
    return times.as_unit("us").tz_localize(election.timezone)


def _timed(frame: pd.DataFrame, election: Election, fractions: Sequence[float]) -> pd.DataFrame:
    time = moments(election, fractions)[frame["snapshot"]]
    frame = frame.drop(columns="snapshot")
    frame.insert(0, "time", time)
    return frame


def _result(truth: Truth, annulled: np.ndarray) -> Result:
    election = truth.election
    votes = sums(truth.unit, truth.votes * ~annulled[:, None], len(election.units))
    rows = pd.DataFrame(votes, columns=[*election.candidate_ids, "blank", "null"])
    rows.insert(0, "level", "unit")
    rows.insert(1, "place", election.units.index.to_numpy())
    return Result(election, rows)


def _sums_over(code: np.ndarray, tallies: np.ndarray, size: int) -> np.ndarray:
    summed = np.zeros((len(tallies), size, tallies.shape[2]))
    np.add.at(summed, (slice(None), code), tallies)
    return summed
