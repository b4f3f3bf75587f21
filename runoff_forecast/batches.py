"""How the votes of each group came in: disjoint increments between snapshots."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .election import Election
from .holdings import Holdings, microseconds, moments

LEAST = 1.0
"""An increment of fewer stations, or fewer votes, than this is merged with its neighbour."""


def batches_of(history: Sequence[Holdings], latest: Holdings, election: Election) -> pd.DataFrame:
    """The increments of each group of `latest` over the holdings known earlier, none of them negative or without votes.

    Walks backwards from the latest state, and keeps an earlier one only where none of its numbers is above those of the
    next one kept. Columns: group, start, stop, one per candidate, time.
    """
    columns = ["counted", *election.candidate_ids]
    number_of = _numbers(latest, election)
    after, after_time = latest.frame[columns].to_numpy(), microseconds(latest.frame["as_of"])
    found = []
    for earlier in reversed(history):
        group, row = _matched(number_of, earlier)
        before, before_time = np.full_like(after, np.nan), after_time.copy()
        before[group] = earlier.frame[columns].to_numpy()[row]
        before_time[group] = microseconds(earlier.frame["as_of"])[row]
        kept = _is_step(before, after)
        found.append(_steps(kept, before, after, after_time))
        after, after_time = np.where(kept[:, None], before, after), np.where(kept, before_time, after_time)
    found.append(_steps(_is_told(after), np.zeros_like(after), after, after_time))
    return _in_order(found, election)


def _is_step(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    gained = after - before
    grows = (gained >= 0).all(axis=1) & (gained[:, 0] >= LEAST) & (gained[:, 1:].sum(axis=1) >= LEAST)
    return _is_told(before) & grows


def _is_told(state: np.ndarray) -> np.ndarray:
    """Where a state has stations and valid votes: sheets that were all annulled tell nothing."""
    return (state[:, 0] > 0) & (state[:, 1:].sum(axis=1) > 0)


type _Steps = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Group numbers; start, stop and votes, one row each; times in microseconds."""


def _steps(kept: np.ndarray, before: np.ndarray, after: np.ndarray, time: np.ndarray) -> _Steps:
    numbers = np.column_stack([before[kept, 0], after[kept, 0], (after - before)[kept, 1:]])
    return np.flatnonzero(kept), numbers, time[kept]


def _in_order(steps: Sequence[_Steps], election: Election) -> pd.DataFrame:
    group, numbers, time = (np.concatenate(parts) for parts in zip(*steps, strict=True))
    order = np.lexsort((numbers[:, 0], group))
    frame = pd.DataFrame(numbers[order], columns=["start", "stop", *election.candidate_ids])
    frame.insert(0, "group", group[order])
    return frame.assign(time=moments(time[order], election.timezone))


def _key(holdings: Holdings, row: int) -> tuple:
    # A remainder continues an earlier one only where it lies in the same units.
    group = holdings.frame.iloc[row]
    return group["level"], group["place"], group["remainder"], holdings.members[row].tobytes()


def _numbers(holdings: Holdings, election: Election) -> tuple[np.ndarray, dict[tuple, int]]:
    """The group number by unit position (-1: none), and by key for the groups of coarser rows."""
    is_unit = (holdings.frame["level"] == "unit").to_numpy()
    by_unit = np.full(len(election.units), -1)
    by_unit[_positions(holdings, is_unit)] = np.flatnonzero(is_unit)
    return by_unit, {_key(holdings, row): row for row in np.flatnonzero(~is_unit)}


def _matched(number_of: tuple[np.ndarray, dict[tuple, int]], earlier: Holdings) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of (group number, row of the earlier holdings) of the groups that existed then already."""
    by_unit, by_key = number_of
    is_unit = (earlier.frame["level"] == "unit").to_numpy()
    group, row = by_unit[_positions(earlier, is_unit)], np.flatnonzero(is_unit)
    coarse = [(by_key.get(_key(earlier, row), -1), row) for row in np.flatnonzero(~is_unit)]
    if coarse:
        group, row = np.r_[group, [pair[0] for pair in coarse]], np.r_[row, [pair[1] for pair in coarse]]
    return group[group >= 0].astype(int), row[group >= 0].astype(int)


def _positions(holdings: Holdings, is_unit: np.ndarray) -> np.ndarray:
    units = [holdings.members[row] for row in np.flatnonzero(is_unit)]
    return np.concatenate(units) if units else np.array([], dtype=int)
