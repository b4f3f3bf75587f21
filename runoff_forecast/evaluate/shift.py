"""`Shift`: why the votes still out differ from those counted: where they were cast, or something else."""

from dataclasses import dataclass
from itertools import permutations
from typing import Self

import numpy as np
import pandas as pd

from ..count import Count
from ..election import Election
from ..models.tallies import parts_by
from ..night import Result
from ..outcome import Forecast

SIZES = 5
"""Classes of size, with equally many stations in each."""
FACTORS = ("region", "kind", "size")
PLACE = "place"
REST = "rest"


@dataclass(frozen=True, eq=False)
class Shift:
    """The margin of the votes counted, that of the votes to come, and the steps from one to the other."""

    election: Election
    count: Count
    counted: float
    """Margin of the votes counted, a share as `to_come` and `parts` are."""
    to_come: float
    """Margin of the votes to come."""
    parts: pd.Series
    """Index part: region, kind, size, place, rest; they sum to `to_come` - `counted`. region: what is out lies
    elsewhere; kind and size: in towns or villages, larger or smaller ones; place: in other places like these; rest: the
    same places vote differently late."""
    known: bool
    """Whether `to_come` is what came, and not what a forecast expects."""

    @classmethod
    def expected(cls, forecast: Forecast) -> Self:
        """The shift that a forecast expects; the places still out are weighted by their pending stations.

        Raises ValueError where `tells_shift` is false or nothing is out.
        """
        count, out = forecast.count, forecast.outstanding_by_region()
        counted = forecast.mean(forecast.draws["final"] - forecast.draws["outstanding"])
        votes, done = _counted(count, counted.transpose("region", "candidate").to_numpy())
        to_come = forecast.mean(forecast.outstanding).to_numpy()
        return _shift(cls, count, votes, _pending(count, done, out["votes"]), to_come, known=False)

    @classmethod
    def between(cls, count: Count, result: Result) -> Self:
        """The shift that came, unit by unit, once the result is known by unit.

        Raises ValueError where a unit has no result, `tells_shift` is false or no votes came after the count.
        """
        candidates = list(count.election.candidate_ids)
        final = result.rows[result.rows["level"] == "unit"].set_index("place")[candidates]
        lacking = count.election.units.index.difference(final.index)
        if len(lacking):
            raise ValueError(f"the result has no row of unit {lacking[0]!r} ({len(lacking)} such units)")
        votes, _ = _counted(count)
        late = (final.reindex(count.election.units.index) - votes).clip(lower=0.0)
        return _shift(cls, count, votes, late.sum(axis=1), late.sum().to_numpy(), known=True)


def tells_shift(count: Count) -> bool:
    """Whether most of the votes counted are known by unit or by region; of a national count no shift can be told."""
    frame = count.holdings.frame
    votes = frame[list(count.election.candidate_ids)].sum(axis=1)
    return bool(votes[frame["level"] != "nation"].sum() > votes.sum() / 2)


def _shift(
    kind: type[Shift], count: Count, votes: pd.DataFrame, weight: pd.Series, to_come: np.ndarray, *, known: bool
) -> Shift:
    if not tells_shift(count) or not weight.sum():
        raise ValueError("a shift needs most votes counted by unit or by region, and votes to come")
    start, end = _margin(votes.sum().to_numpy()), _margin(to_come)
    labels = _labels(count.election)
    parts = _shares(votes, weight, labels)
    own = labels.assign(place=labels.index)
    parts[PLACE] = _reweighted(votes, weight, [own[name] for name in (*FACTORS, PLACE)]) - start - parts.sum()
    parts[REST] = end - start - parts.sum()
    return kind(count.election, count, start, end, parts.rename_axis("part").rename("shift"), known)


def _counted(count: Count, by_region: np.ndarray | None = None) -> tuple[pd.DataFrame, np.ndarray]:
    """Votes counted by unit and candidate, and stations that are in, by unit.

    Coarser rows are shared out among their units by the stations that finer ones leave open: what a nation has beyond
    its districts came in from where stations were pending, consulates above all. How it lies between regions is told by
    `by_region` (region, candidate), the votes counted that a forecast expects of each.
    """
    holdings, units = count.holdings, count.election.units
    candidates = list(count.election.candidate_ids)
    stations, region = units["stations"].to_numpy(float), count.election.region_index
    rows = holdings.frame[candidates].to_numpy(float)
    processed = holdings.frame[["counted", "void"]].sum(axis=1).to_numpy()
    votes, done = np.zeros((len(units), len(candidates))), np.zeros(len(units))

    def share_out(members: np.ndarray, group: np.ndarray, sheets: float) -> None:
        share = parts_by(np.maximum(stations[members] - done[members], 0.0), stations[members])
        votes[members] += share[:, None] * group
        done[members] += share * sheets

    by_size = np.argsort([len(members) for members in holdings.members], kind="stable")
    wide = [place for place in by_size if np.ptp(region[holdings.members[place]]) > 0]
    for place in by_size:
        if place not in wide:
            share_out(holdings.members[place], rows[place], processed[place])
    for place in wide:
        members, group = holdings.members[place], rows[place]
        if by_region is None:
            share_out(members, group, processed[place])
            continue
        known = np.zeros_like(by_region)
        np.add.at(known, region, votes)
        more = np.maximum(by_region - known, 0.0)[np.unique(region[members])]
        parts = more * (group / np.maximum(more.sum(axis=0), 1e-9))
        sheets = processed[place] * parts.sum(axis=1) / max(parts.sum(), 1e-9)
        for number, part, came in zip(np.unique(region[members]), parts, sheets, strict=True):
            share_out(members[region[members] == number], part, came)
    return pd.DataFrame(votes, units.index, candidates), done


def _pending(count: Count, done: np.ndarray, by_region: pd.Series) -> pd.Series:
    """Votes out by unit: a region's, shared among its units by the stations that have not come in."""
    units = count.election.units
    pending = pd.Series(np.maximum(units["stations"].to_numpy() - done, 0.0), units.index)
    total = pending.groupby(units["region"]).transform("sum")
    share = (pending / total.where(total > 0)).fillna(0.0)
    return share * units["region"].map(by_region).astype(float)


def _labels(election: Election) -> pd.DataFrame:
    """The class of each unit by each factor."""
    units = election.units
    size = units["electorate"].fillna(units["stations"] * units["electorate"].sum() / max(units["stations"].sum(), 1))
    size = size.where(size > 0, units["stations"])
    order = size.sort_values(kind="stable").index
    ranked = units["stations"].reindex(order).cumsum() / units["stations"].sum()
    classes = np.minimum((ranked.reindex(units.index) * SIZES).astype(int), SIZES - 1)
    return pd.DataFrame({"region": units["region"], "kind": units["kind"], "size": classes})


def _shares(votes: pd.DataFrame, weight: pd.Series, labels: pd.DataFrame) -> pd.Series:
    """What each factor moves, averaged over all orders in which they may be taken, so that none is favoured.

    These are Shapley's values (Shapley 1953) of the margin that counted votes have when classes are weighted as what
    is out.
    """
    known: dict[frozenset, float] = {}

    def reached(taken: frozenset) -> float:
        if taken not in known:
            known[taken] = _reweighted(votes, weight, [labels[name] for name in FACTORS if name in taken])
        return known[taken]

    parts = dict.fromkeys(FACTORS, 0.0)
    orders = list(permutations(FACTORS))
    for order in orders:
        for position, name in enumerate(order):
            before = frozenset(order[:position])
            parts[name] += (reached(before | {name}) - reached(before)) / len(orders)
    return pd.Series(parts)


def _reweighted(votes: pd.DataFrame, weight: pd.Series, by: list[pd.Series]) -> float:
    """The margin of the counted votes if each class had the weight of what is out.

    A class with nothing counted takes the margin of the wider class that it lies in, dropping the last factor.
    """
    margin = pd.Series(_margin(votes.sum().to_numpy()), votes.index)
    for depth in range(1, len(by) + 1):
        sums = votes.groupby(by[:depth]).transform("sum")
        total = sums.sum(axis=1)
        own = (sums.iloc[:, 0] - sums.iloc[:, 1]) / total.where(total > 0)
        margin = own.fillna(margin)
    return float((margin * weight).sum() / weight.sum())


def _margin(votes: np.ndarray) -> float:
    return float((votes[0] - votes[1]) / votes.sum())
