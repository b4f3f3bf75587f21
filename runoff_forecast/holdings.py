"""The disjoint groups that known votes fall into, where rows of several levels and times stand beside each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from .checks.problem import Problem
from .checks.tally import SHEETS, tally_columns
from .election import Election

NEVER = np.iinfo(np.int64).min
"""The time of a row that does not exist: older than all others."""
DUST = 1e-6
"""Stations and votes below this are rounding, left by sums over `counted_share`."""


@dataclass(frozen=True, eq=False)
class Holdings:
    """Groups of known votes that do not overlap.

    `frame`, one row a group: level, place, remainder (True where finer rows were taken off), as_of, counted, contested, void,
    one column per candidate, blank, null. `members`, per group: positions of the units in which its votes may lie.
    """

    frame: pd.DataFrame
    members: tuple[np.ndarray, ...]

    def __len__(self) -> int:
        return len(self.frame)


@dataclass(frozen=True)
class _Group:
    level: str
    place: str
    remainder: bool
    as_of: int
    values: np.ndarray
    members: np.ndarray


def place_codes(election: Election, level: pd.Series, place: pd.Series) -> np.ndarray:
    """One number a place: units in register order, then regions, then the nation."""
    units, regions = len(election.units), len(election.regions)
    codes = np.full(len(level), units + regions)
    is_unit, is_region = (level == "unit").to_numpy(), (level == "region").to_numpy()
    codes[is_unit] = election.units.index.get_indexer(place[is_unit])
    codes[is_region] = units + election.regions.index.get_indexer(place[is_region])
    return codes


def resolved(election: Election, rows: pd.DataFrame) -> tuple[Holdings, list[Problem]]:
    """The holdings of the last states of all places, and what does not add up among them.

    A finer row counts for itself. A coarser row not older than the finer ones below it holds, beyond them, a remainder that
    lies in the units below whose own row is older or missing and that still had stations pending. An older one is ignored.
    """
    state = _State(election, rows)
    problems: list[Problem] = list(state.outdated())
    coarse = []
    for group in state.coarser():
        kept, found = _weighed(group, state)
        coarse += kept
        problems += found
    return _holdings(election, state, coarse), problems


class _State:
    """The last rows as arrays: one row a unit, a region, the nation; the time NEVER where there is none."""

    def __init__(self, election: Election, rows: pd.DataFrame):
        self.election = election
        self.columns = tally_columns(election.candidate_ids)
        self.region_of = election.region_index
        units, regions = len(election.units), len(election.regions)
        values = np.zeros((units + regions + 1, len(self.columns)))
        times = np.full(units + regions + 1, NEVER)
        codes = place_codes(election, rows["level"], rows["place"])
        values[codes] = rows[self.columns].to_numpy(dtype=float)
        times[codes] = rows["as_of"].dt.as_unit("us").astype("int64")
        self.unit, self.region, self.nation = values[:units], values[units:-1], values[-1]
        self.unit_time, self.region_time, self.nation_time = times[:units], times[units:-1], int(times[-1])
        self._settle_regions()

    def _settle_regions(self) -> None:
        self.below = np.zeros_like(self.region)
        np.add.at(self.below, self.region_of, self.unit)
        self.newest = np.full(len(self.region), NEVER)
        np.maximum.at(self.newest, self.region_of, self.unit_time)
        self.oldest = np.full(len(self.region), np.iinfo(np.int64).max)
        has_row = self.unit_time > NEVER
        np.minimum.at(self.oldest, self.region_of[has_row], self.unit_time[has_row])
        self.stands = (self.region_time > NEVER) & (self.region_time >= self.newest)
        self.standing = np.where(self.stands[:, None], self.region, self.below)
        self.standing_time = np.where(self.stands, self.region_time, self.newest)
        self.nation_stands = self.nation_time > NEVER and self.nation_time >= self.standing_time.max()

    @cached_property
    def pending(self) -> np.ndarray:
        """Stations of each unit that its own row leaves open."""
        return self.election.units["stations"].to_numpy() - self.unit[:, : len(SHEETS)].sum(axis=1)

    @cached_property
    def region_pending(self) -> np.ndarray:
        stations = np.bincount(self.region_of, self.election.units["stations"], minlength=len(self.region))
        return stations - self.region[:, : len(SHEETS)].sum(axis=1)

    def outdated(self) -> Iterator[Problem]:
        """Coarser rows passed over for newer finer ones although they hold more than these."""
        regions = (self.region_time > NEVER) & ~self.stands & (self.region[:, 0] > self.below[:, 0] + DUST)
        for region in np.flatnonzero(regions):
            yield _passed_over("region '" + self.election.regions.index[region] + "'", self.region[region, 0], self.below[region, 0])
        total = self.standing[:, 0].sum()
        if self.nation_time > NEVER and not self.nation_stands and self.nation[0] > total + DUST:
            yield _passed_over("nation", self.nation[0], total)

    def coarser(self) -> Iterator[_Group]:
        """The standing region rows and the standing nation row, less what finer rows explain."""
        members = _members_by_region(self.region_of, len(self.region)) if self.stands.any() else []
        for region in np.flatnonzero(self.stands):
            below = members[region]
            known = self.newest[region] > NEVER
            yield _Group("region", self.election.regions.index[region], bool(known), int(self.region_time[region]),
                         _less(self.region[region], self.below[region]) if known else self.region[region], below)
        if self.nation_stands:
            known = self.standing_time.max() > NEVER
            explained = self.standing[self.standing_time > NEVER].sum(axis=0)
            yield _Group("nation", "", bool(known), self.nation_time,
                         _less(self.nation, explained) if known else self.nation, np.arange(len(self.unit)))

    def open_members(self, group: _Group) -> tuple[np.ndarray, bool]:
        """The units in which a remainder may lie; False where none of them should have had anything left to count."""
        below = group.members
        covered, is_open = self.unit_time[below], self.pending[below] > DUST
        if group.level == "nation":
            stands = self.stands[self.region_of[below]]
            covered = np.where(stands, self.region_time[self.region_of[below]], covered)
            is_open &= ~stands | (self.region_pending[self.region_of[below]] > DUST)
        older = covered < group.as_of
        for chosen, sound in ((older & is_open, True), (older, False)):
            if chosen.any():
                return below[chosen], sound
        return below, False

    def is_of_one_time(self, group: _Group) -> bool:
        """Whether the finer rows below the group all have its own time, so that they must add up."""
        if group.level == "region":
            return self.oldest[self.election.regions.index.get_loc(group.place)] == group.as_of
        times = np.where(self.stands, self.region_time, np.minimum(self.oldest, self.newest))
        return bool((times[self.standing_time > NEVER] == group.as_of).all())


def _weighed(group: _Group, state: _State) -> tuple[list[_Group], list[Problem]]:
    if not group.remainder:
        return [group], []
    values, columns = group.values, state.columns
    sheets, others = len(SHEETS), len(columns) - 2
    counted_and_votes = np.r_[0, sheets:others]
    worst = counted_and_votes[np.argmin(values[counted_and_votes])]
    if values[worst] < 0:
        return [], [_negative(group, columns[worst], values[worst], fatal=state.is_of_one_time(group))]
    if not np.nan_to_num(values).any():
        return [], []
    if values[0] == 0 and values[sheets:others].any():
        return [], [_voteless(group, values[sheets:others].sum())]
    values = np.where((np.arange(len(columns)) >= others) & (values < 0), np.nan, values)
    members, sound = state.open_members(group)
    room = state.pending[members].sum()
    problems = [] if sound and values[0] <= room + DUST else [_crowded(group, values[0], room if sound else 0.0)]
    return [_Group(group.level, group.place, True, group.as_of, values, members)], problems


def _less(coarse: np.ndarray, fine: np.ndarray) -> np.ndarray:
    beyond = coarse - fine
    beyond[np.abs(beyond) < DUST] = 0.0
    # Sheets leave review as they are decided, so fewer of them than the older finer rows knew of is no contradiction.
    beyond[1 : len(SHEETS)] = np.maximum(beyond[1 : len(SHEETS)], 0.0)
    return beyond


def _members_by_region(region_of: np.ndarray, regions: int) -> list[np.ndarray]:
    order = np.argsort(region_of, kind="stable")
    return np.split(order, np.searchsorted(region_of[order], np.arange(1, regions)))


def _holdings(election: Election, state: _State, coarse: list[_Group]) -> Holdings:
    units = np.flatnonzero(state.unit_time > NEVER)
    values = np.vstack([state.unit[units], *(group.values for group in coarse)])
    times = np.concatenate([state.unit_time[units], np.array([group.as_of for group in coarse], dtype=np.int64)])
    frame = pd.DataFrame(values, columns=state.columns)
    frame.insert(0, "level", ["unit"] * len(units) + [group.level for group in coarse])
    frame.insert(1, "place", [*election.units.index[units], *(group.place for group in coarse)])
    frame.insert(2, "remainder", [False] * len(units) + [group.remainder for group in coarse])
    frame.insert(3, "as_of", pd.DatetimeIndex(times.astype("datetime64[us]"), tz="UTC").tz_convert(election.timezone))
    return Holdings(frame, (*units[:, None], *(group.members for group in coarse)))


def _named(group: _Group) -> str:
    return "nation" if group.level == "nation" else group.level + " '" + group.place + "'"


def _negative(group: _Group, column: str, beyond: float, *, fatal: bool) -> Problem:
    expected = "at least the sum of the finer rows below " + _named(group) + ", it is " + _number(-beyond) + " less"
    if fatal:
        return Problem("counts", None, column, None, expected + " at the same time")
    return Problem("counts", None, column, None, expected + "; the newer coarser row is ignored", "warning")


def _voteless(group: _Group, votes: float) -> Problem:
    expected = "stations for the " + _number(votes) + " votes that " + _named(group) + " has beyond its finer rows; they are ignored"
    return Problem("counts", None, "counted", "0", expected, "warning")


def _crowded(group: _Group, counted: float, room: float) -> Problem:
    expected = ("at most " + _number(room) + " stations, what the places below " + _named(group)
                + " without a row of this time leave open")
    return Problem("counts", None, "counted", _number(counted), expected, "warning")


def _passed_over(place: str, coarse: float, fine: float) -> Problem:
    expected = ("finer rows that cover what the older row of " + place + " knew (" + _number(coarse)
                + " stations); it is ignored beside newer finer rows")
    return Problem("counts", None, "counted", _number(fine), expected, "warning")


def _number(value: float) -> str:
    return f"{value:,.6g}" if value != round(value) else f"{value:,.0f}"
