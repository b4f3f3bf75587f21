"""The disjoint groups that known votes fall into, where rows of several levels and times stand beside each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from .checks.ballot import (
    CONTESTED,
    COUNTED,
    DUST,
    NOMINAL_ROUNDING,
    ROUNDING,
    SET_ASIDE,
    SPOILT,
    STATIONS,
    VOTES,
    tally_columns,
)
from .checks.problem import Problem
from .election import Election

NEVER = np.iinfo(np.int64).min
"""The time of a row that does not exist: older than all others."""
LATER = np.iinfo(np.int64).max
PASSED_OVER = 0.01
"""An older coarser row set aside for newer finer ones is warned of if more than this share of its stations is lost."""


@dataclass(frozen=True, eq=False)
class Holdings:
    """Groups of known votes that do not overlap.

    `frame`, one row a group: level, place, remainder (True where finer rows were taken off), as_of, counted, contested,
    void, one column per candidate, blank, null. `members`, per group: positions of the units its votes may lie in.
    """

    frame: pd.DataFrame
    members: tuple[np.ndarray, ...]

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def single(self) -> np.ndarray:
        """(group,) bool: its votes lie in one unit, known for sure."""
        return np.array([len(members) == 1 for members in self.members], dtype=bool)

    @cached_property
    def first(self) -> np.ndarray:
        """(group,) the position of the first unit that its votes may lie in."""
        return np.array([members[0] for members in self.members], dtype=int)

    @cached_property
    def unit(self) -> np.ndarray:
        """(group,) the position of its one unit; -1 where it may lie in several."""
        return np.where(self.single, self.first, -1)


@dataclass(frozen=True)
class _Group:
    level: str
    place: str
    as_of: int
    numbers: np.ndarray
    members: np.ndarray
    remainder: bool = False
    pending: float = np.inf
    """Stations of the place that no finer row tells of"""
    fewer: float = 0.0
    """Contested stations that the finer rows tell of beyond the coarser one's own, where it has any"""

    @property
    def decided(self) -> float:
        """Contested sheets of older, finer rows that must have been decided since then: the remainder has more sheets
        than pending stations could supply, or the coarser row reports fewer contested ones."""
        sheets = float(self.numbers[STATIONS].sum())
        return min(max(sheets - self.pending, self.fewer, 0.0), sheets)


def resolved(election: Election, rows: pd.DataFrame, codes: np.ndarray) -> tuple[Holdings, list[Problem]]:
    """The holdings of the last states of all places, and what does not add up among them.

    A finer row counts for itself. A coarser row not older than the finer ones below it holds, beyond them, a remainder
    that lies in the units below whose own row is older or missing and that still had stations pending; contested sheets
    that it must hold are taken off the older rows. An older coarser row is ignored. `codes` are the rows' places as
    `Ballot.codes` numbers them.
    """
    state = _State(election, rows, codes)
    problems = list(state.problems())
    groups = []
    for group in state.coarser():
        if group.remainder:
            members, room = state.open_members(group)
            if group.numbers[COUNTED] > room + DUST:
                problems.append(_crowded(group, room))
            groups = state.after_rulings(group, groups)
            group = replace(group, members=members)
        groups.append(group)
    return _holdings(election, state, groups), problems


class _State:
    """The last rows as arrays, their columns those of `tally_columns`: one row a unit, a region, the nation; the time
    NEVER where there is none."""

    def __init__(self, election: Election, rows: pd.DataFrame, codes: np.ndarray):
        self.election = election
        self.columns = tally_columns(election.candidate_ids)
        self.region_of = election.region_index
        self.stations = election.units["stations"].to_numpy()
        units, regions = len(election.units), len(election.regions)
        values = np.zeros((units + regions + 1, len(self.columns)))
        times = np.full(units + regions + 1, NEVER)
        values[codes] = rows[self.columns].to_numpy(dtype=float)
        times[codes] = microseconds(rows["as_of"])
        self.unit, self.region, self.nation = values[:units], values[units:-1], values[-1]
        self.unit_time, self.region_time, self.nation_time = times[:units], times[units:-1], int(times[-1])
        self.by_share = bool((values[:, COUNTED] % 1 > 0).any())
        self._settle_regions()
        self._settle_nation()

    def _settle_regions(self) -> None:
        """Which region rows stand, and what is known of each region by them or by its units."""
        regions = len(self.region)
        self.below = np.zeros_like(self.region)
        np.add.at(self.below, self.region_of, self.unit)
        self.newest, self.oldest = np.full(regions, NEVER), np.full(regions, LATER)
        has_row = self.unit_time > NEVER
        np.maximum.at(self.newest, self.region_of[has_row], self.unit_time[has_row])
        np.minimum.at(self.oldest, self.region_of[has_row], self.unit_time[has_row])
        size = np.bincount(self.region_of, self.stations, minlength=regions)
        self.region_pending = size - self.region[:, STATIONS].sum(axis=1)
        self.newer = (self.region_time > NEVER) & (self.region_time >= self.newest)
        self.beyond = self._less(self.region, self.below, size)
        self.stands = self.newer & ((self.newest == NEVER) | ~self.contradicted(self.beyond))
        self.known = np.where(self.stands[:, None], self.region, self.below)
        self.known_time = np.where(self.stands, self.region_time, self.newest)
        self.known_oldest = np.where(self.stands, self.region_time, self.oldest)

    def _settle_nation(self) -> None:
        known = self.known_time > NEVER
        self.nation_alone = not known.any()
        self.nation_newer = self.nation_time > NEVER and self.nation_time >= self.known_time.max()
        explained = self.known[known].sum(axis=0)
        self.nation_beyond = self._less(self.nation, explained, self.stations.sum())
        self.nation_stands = self.nation_newer and (self.nation_alone or not self.contradicted(self.nation_beyond))

    def _less(self, coarse: np.ndarray, fine: np.ndarray, stations: np.ndarray | float) -> np.ndarray:
        beyond = coarse - fine
        beyond[np.abs(beyond) < DUST] = 0.0
        # Sheets leave review as they are decided, so fewer of them than older finer rows knew of is no contradiction.
        beyond[..., SET_ASIDE] = np.maximum(beyond[..., SET_ASIDE], 0.0)
        if self.election.nominal_stations:
            beyond[..., COUNTED] = self._by_votes(coarse, beyond, stations)
        if self.by_share:  # shares are published rounded
            counted = beyond[..., COUNTED]
            beyond[..., COUNTED] = np.where((counted < 0) & (counted > -ROUNDING * stations), 0.0, counted)
        return beyond

    def _by_votes(self, coarse: np.ndarray, beyond: np.ndarray, stations: np.ndarray | float) -> np.ndarray:
        """Nominal stations beyond the finer rows: as many as its votes take, where it is about that many anyway."""
        here, rest = (row[..., VOTES].sum(axis=-1) for row in (coarse, beyond))
        wanted = np.divide(coarse[..., COUNTED] * rest, here, out=np.zeros_like(here), where=here > 0)
        near = np.abs(beyond[..., COUNTED] - wanted) < NOMINAL_ROUNDING * stations
        return np.where(near, wanted, beyond[..., COUNTED])

    def contradicted(self, beyond: np.ndarray) -> np.ndarray:
        """Where a coarser row holds fewer stations or votes than the finer ones, or more votes in no more stations."""
        votes = beyond[..., VOTES]
        negative = (beyond[..., COUNTED] < 0) | (votes < 0).any(axis=-1)
        return negative | ((beyond[..., COUNTED] == 0) & (votes > 0).any(axis=-1))

    @property
    def pending(self) -> np.ndarray:
        """Stations of each unit that its own row leaves open."""
        return self.stations - self.unit[:, STATIONS].sum(axis=1)

    def problems(self) -> Iterator[Problem]:
        """Coarser rows that contradict the finer ones, and older ones that are passed over although they hold more."""
        for region in np.flatnonzero(self.newer & ~self.stands):
            name = "region '" + self.election.regions.index[region] + "'"
            at_once = bool(self.region_time[region] == self.oldest[region])
            yield self._contradiction(name, self.region[region], self.beyond[region], at_once=at_once)
        lost = (self.region_time > NEVER) & ~self.newer & self._is_much(self.region[:, COUNTED], self.below[:, COUNTED])
        for region in np.flatnonzero(lost):
            name = "region '" + self.election.regions.index[region] + "'"
            yield _passed_over(name, self.region[region, COUNTED], self.below[region, COUNTED])
        if self.nation_newer and not self.nation_stands:
            at_once = bool(self.nation_time == self.known_oldest.min())
            yield self._contradiction("the nation", self.nation, self.nation_beyond, at_once=at_once)
        total = self.known[:, COUNTED].sum()
        if self.nation_time > NEVER and not self.nation_newer and self._is_much(self.nation[COUNTED], total):
            yield _passed_over("the nation", self.nation[COUNTED], total)

    def _contradiction(self, name: str, coarse: np.ndarray, beyond: np.ndarray, *, at_once: bool) -> Problem:
        numbers = np.r_[COUNTED, np.arange(len(self.columns))[VOTES]]
        worst = numbers[np.argmin(beyond[numbers])]
        finer = "the sum of the " + ("" if at_once else "older ") + "finer rows below " + name
        if beyond[worst] < 0:
            column, expected = self.columns[worst], "at least " + _number(coarse[worst] - beyond[worst]) + ", " + finer
        else:
            column, expected = "counted", "more stations than " + finer + ", since it has more votes"
        value = _number(coarse[self.columns.index(column)])
        if not at_once:
            return Problem("counts", None, column, value, expected + "; the newer row is ignored", "warning")
        if beyond[worst] >= 0 and self.by_share:
            return Problem(
                "counts", None, column, value, expected + "; shares are rounded, and the row is ignored", "warning"
            )
        return Problem("counts", None, column, value, expected + ", at the same time")

    def _is_much(self, coarse: np.ndarray, fine: np.ndarray) -> np.ndarray:
        return coarse - fine > PASSED_OVER * coarse

    def coarser(self) -> Iterator[_Group]:
        """The region rows and the nation row that stand, less what finer rows explain; nothing where that is all."""
        members = _members_by_region(self.region_of, len(self.region)) if self.stands.any() else []
        for region in np.flatnonzero(self.stands):
            place, as_of = self.election.regions.index[region], int(self.region_time[region])
            if self.newest[region] == NEVER:
                yield _Group("region", place, as_of, self.region[region], members[region])
            elif np.nan_to_num(self.beyond[region]).any():
                group = _Group("region", place, as_of, self.beyond[region], members[region])
                yield self._remainder(group, self.region[region], self.below[region])
        everywhere = np.arange(len(self.unit))
        if self.nation_stands and self.nation_alone:
            yield _Group("nation", "", self.nation_time, self.nation, everywhere)
        elif self.nation_stands and np.nan_to_num(self.nation_beyond).any():
            group = _Group("nation", "", self.nation_time, self.nation_beyond, everywhere)
            yield self._remainder(group, self.nation, self.known.sum(axis=0))

    def _remainder(self, group: _Group, row: np.ndarray, finer: np.ndarray) -> _Group:
        """A group of what a coarser row has beyond the finer ones, as a remainder of theirs."""
        pending = max(float(self.stations[group.members].sum() - finer[STATIONS].sum()), 0.0)
        # without any, it may not tell of them at all
        fewer = float(finer[CONTESTED] - row[CONTESTED]) if row[CONTESTED] > 0 else 0.0
        numbers = _spoilt_unknown(group.numbers)
        return replace(group, numbers=numbers, remainder=True, pending=pending, fewer=fewer)

    def after_rulings(self, group: _Group, earlier: Sequence[_Group]) -> list[_Group]:
        """The groups of coarser rows made before, less the contested stations that a remainder has decided; the same is
        taken off the units' rows."""
        older = group.members[self.unit_time[group.members] < group.as_of]
        waiting = [other if group.level == "nation" and other.as_of < group.as_of else None for other in earlier]
        coarse = sum(other.numbers[CONTESTED] for other in waiting if other is not None)
        total = self.unit[older, CONTESTED].sum() + coarse
        left = 1.0 - min(group.decided / total, 1.0) if total > 0 else 1.0
        self.unit[older, CONTESTED] *= left
        scale = np.where(np.arange(len(self.columns)) == CONTESTED, left, 1.0)
        return [
            other if found is None else replace(other, numbers=other.numbers * scale)
            for other, found in zip(earlier, waiting, strict=True)
        ]

    def open_members(self, group: _Group) -> tuple[np.ndarray, float]:
        """The units in which a remainder may lie, and how many stations they had left to count.

        Those with pending stations; where these are too few, also those whose contested sheets may have been decided.
        """
        below = group.members
        older = self._known_at(group.level)[below] < group.as_of
        room = 0.0
        for contested in (0.0, 1.0):
            left = self._left(group.level, contested)[below]
            chosen = older & (left > DUST)
            room = float(left[chosen].sum())
            if room + DUST >= group.numbers[COUNTED] and chosen.any():
                return below[chosen], room
        return below[chosen] if chosen.any() else below[older] if older.any() else below, room

    def _known_at(self, level: str) -> np.ndarray:
        """Per unit, the time of what is known of it: its own row, for the nation also the row of its region."""
        if level == "region":
            return self.unit_time
        return np.where(self.stands[self.region_of], self.region_time[self.region_of], self.unit_time)

    def _left(self, level: str, contested: float) -> np.ndarray:
        """Per unit, the stations that its row leaves open, with a share of the contested; none in a full region."""
        left = self.pending + contested * self.unit[:, CONTESTED]
        if level == "region":
            return left
        region_left = (self.region_pending + contested * self.region[:, CONTESTED])[self.region_of]
        return np.where(self.stands[self.region_of] & (region_left <= DUST), 0.0, left)


def _spoilt_unknown(beyond: np.ndarray) -> np.ndarray:
    """Blank and null votes of a remainder are unknown where the finer rows have more of them."""
    spoilt = beyond[-len(SPOILT) :]
    return np.r_[beyond[: -len(SPOILT)], np.where(spoilt < 0, np.nan, spoilt)]


def _members_by_region(region_of: np.ndarray, regions: int) -> list[np.ndarray]:
    order = np.argsort(region_of, kind="stable")
    return np.split(order, np.searchsorted(region_of[order], np.arange(1, regions)))


def _holdings(election: Election, state: _State, coarse: list[_Group]) -> Holdings:
    units = np.flatnonzero(state.unit_time > NEVER)
    values = np.vstack([state.unit[units], *(group.numbers for group in coarse)])
    times = np.concatenate([state.unit_time[units], np.array([group.as_of for group in coarse], dtype=np.int64)])
    frame = pd.DataFrame(values, columns=state.columns)
    level = pd.Series(["unit", *(group.level for group in coarse)], dtype=str)
    frame.insert(0, "level", level.take(np.r_[np.zeros(len(units), dtype=int), 1 : 1 + len(coarse)]).array)
    places = pd.Index([group.place for group in coarse], dtype=str)
    frame.insert(1, "place", election.units.index[units].append(places))
    frame.insert(
        2, "remainder", np.r_[np.zeros(len(units), dtype=bool), [group.remainder for group in coarse]].astype(bool)
    )
    frame.insert(3, "as_of", moments(times, election.timezone))
    return Holdings(frame, (*units[:, None], *(group.members for group in coarse)))


def _crowded(group: _Group, room: float) -> Problem:
    name = "the nation" if group.level == "nation" else "region '" + group.place + "'"
    expected = (
        "at most "
        + _number(room)
        + " more stations than the finer rows below "
        + name
        + " report: no more were still pending"
    )
    return Problem("counts", None, "counted", _number(group.numbers[COUNTED]), expected, "warning")


def _passed_over(name: str, coarse: float, fine: float) -> Problem:
    expected = (
        "finer rows that cover the "
        + _number(coarse)
        + " stations of the older row of "
        + name
        + "; it is ignored beside newer finer rows"
    )
    return Problem("counts", None, "counted", _number(fine), expected, "warning")


def _number(value: float) -> str:
    return f"{value:,.6g}" if value != round(value) else f"{value:,.0f}"


def microseconds(times: pd.Series) -> np.ndarray:
    """Moments as whole numbers, for arrays to compare."""
    return pd.DatetimeIndex(times).as_unit("us").asi8


def moments(times: np.ndarray, timezone: str) -> pd.DatetimeIndex:
    """The moments that `microseconds` made into whole numbers."""
    return pd.DatetimeIndex(times.astype("datetime64[us]"), tz="UTC").tz_convert(timezone)
