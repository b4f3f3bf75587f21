"""All that a forecast conditions on, gathered from a night so far: what has come in, and what is still out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse

from ..batches import batches_of
from ..count import Count, Counts
from ..holdings import Holdings, microseconds
from .arrival import lateness
from .design import Design, build_design
from .disorder import Trend, log_odds_of_trends, probability_of_no_order
from .observed import Batches, Group
from .priors import Priors
from .sorting import Sorting, between_places, inside_regions, unknown_variance

ALONE_TURNOUT = 0.02
"""Logs: what stands for `Priors.station_turnout` where a unit is one station, whose own effect is all it differs by."""

MOST_OBSERVATIONS = 1000
"""Of coarse batches together, candidates times rows. With 81 regions and six candidates four moments are 2,000 and take
a minute or two, two take a fifth of that."""

NOBODY = np.zeros(0, int)


@dataclass(frozen=True, eq=False)
class Evidence:
    """All that a forecast conditions on."""

    count: Count
    design: Design
    priors: Priors
    fine: Batches
    coarse: Batches
    groups: tuple[Group, ...]
    pending: np.ndarray
    """(U,) stations that rows of single units leave open; what coarse groups hold is still among them"""
    contested: np.ndarray
    """(U,) contested stations known by unit"""
    votes: np.ndarray
    """(U, K) votes known by unit"""
    pending_late_nation: np.ndarray
    pending_late_region: np.ndarray
    """(U,) lateness, in deviations, at which what is pending is forecast: the last batch's, and the followed part of
    the way from there to its own"""
    pending_stray_nation: np.ndarray
    pending_stray_region: np.ndarray
    """(U,) the rest of that way, along which drift is drawn anew with mean zero"""
    stuck: float
    """Share of the pending sheets that wait for rulings, at most"""
    no_order: float
    """Probability that stations come in in no order at all; `priors` take it into account"""
    drift_nation: float
    """Prior deviation of the national drift, logits: small where counts come by unit or region"""
    drift_headline: float
    """The part of it that national totals alone ask for"""
    drift_region: np.ndarray
    """(R,) the same by region: small where counts come by unit"""
    sorting: Sorting | None
    """What places say of whether stations come in by how they vote"""
    sorted_variance: np.ndarray
    """(U,) variance, in logits, by which what is pending may be sorted; of units in coarse groups zero unless most of
    the count is by such rows, and without what is expected of them"""

    @property
    def is_empty(self) -> bool:
        return len(self.fine) == 0 and len(self.coarse) == 0


def gather(counts: Counts, priors: Priors, *, moments: int = 4) -> Evidence:
    """The evidence of a night so far, in at most `moments` moments, the latest among them; in fewer where the rows of
    regions and the candidates are many."""
    design = build_design(counts.election)
    if len(counts.election.candidates) > 2:
        priors = priors.for_several()
    elif counts.election.retrospective:
        # between more, support's scales are learnt with another election's baseline anyway
        priors = priors.for_borrowed_register()
    priors = priors.without_baseline(design.without_baseline)
    latest = counts.latest
    holdings = latest.holdings
    before = counts.before(at_most=_affordable(moments, holdings, len(counts.election.candidates)))
    batches = batches_of(before, holdings, counts.election)
    shares = _shares_by_region(design, holdings.members)
    clock = _Clock(design, holdings.frame, shares, batches)
    arrived = _Arrived(design, priors, holdings, batches, clock)
    no_order = probability_of_no_order(design, [*before, holdings], priors.no_order, _log_odds_of_trends(arrived))
    coarsely = _told_by(holdings, ~holdings.single)
    priors = priors.with_order(1.0 - no_order * (1.0 - priors.order_inside * coarsely))
    headline = _told_by(holdings, np.diff(shares.indptr) > 1)  # national totals, or remainders of several regions
    if headline > 0.5:
        priors = priors.with_changes({"arrival_unit": priors.arrival_unit_headline})
    arrived = replace(arrived, priors=priors)
    ledger = _ledger(arrived)
    fine = _fine_batches(arrived)
    groups, parts = _coarse(arrived, np.maximum(ledger.capacity, 0.0))
    (late_nation, late_region), (stray_nation, stray_region) = clock.pending(priors)
    sorting, sorted_variance = _sorting(design, priors, groups, fine, ledger.capacity, coarsely > 0.5)
    return Evidence(
        count=latest,
        design=design,
        priors=priors,
        fine=fine,
        coarse=Batches.joined([fine.take(slice(0)), *parts]),
        groups=groups,
        pending=np.maximum(ledger.capacity, 0.0),
        contested=ledger.contested,
        votes=ledger.votes,
        pending_late_nation=late_nation,
        pending_late_region=late_region,
        pending_stray_nation=stray_nation,
        pending_stray_region=stray_region,
        stuck=_awaiting_ruling(
            clock.nation[-1], float(holdings.frame["contested"].sum()) / design.stations.sum(), priors.contested_untold
        ),
        no_order=no_order,
        drift_nation=_national_drift(design, priors, headline),
        drift_headline=float(np.sqrt(headline)) * priors.drift_headline,
        drift_region=_drift_scale(design, priors, groups),
        sorting=sorting,
        sorted_variance=sorted_variance,
    )


def _affordable(moments: int, holdings: Holdings, candidates: int) -> int:
    """As many moments as keep the coarse batches' observations in bounds: effort grows with the cube of their
    number. Two at least, of which one is the history, where as many are asked for."""
    at_once = int((~holdings.single).sum()) * candidates
    return min(moments, max(2, MOST_OBSERVATIONS // max(1, at_once)))


@dataclass(frozen=True, eq=False)
class _Arrived:
    """What has come in: the groups of the latest holdings, and the batches in which each of them did."""

    design: Design
    priors: Priors
    holdings: Holdings
    batches: pd.DataFrame
    """As `Counts.batches` gives them"""
    clock: _Clock

    @property
    def candidates(self) -> list[str]:
        """Ids: names of the columns of votes."""
        return list(self.design.election.candidate_ids)

    def batches_of(self, groups: np.ndarray) -> pd.DataFrame:
        """The batches of chosen groups (G bool)."""
        return self.batches[groups[self.batches["group"].to_numpy(int)]]


@dataclass(frozen=True, eq=False)
class _Ledger:
    """What rows of single units say: stations that they leave open, contested ones (U,), and votes (U, K)."""

    capacity: np.ndarray
    contested: np.ndarray
    votes: np.ndarray


def _ledger(arrived: _Arrived) -> _Ledger:
    holdings, n = arrived.holdings, arrived.design.n_units
    own, rows = holdings.unit[holdings.single], holdings.frame[holdings.single]

    def total(column: str) -> np.ndarray:
        return np.bincount(own, rows[column].to_numpy(float), n)

    contested = total("contested")
    capacity = arrived.design.stations - total("counted") - contested - total("void")
    return _Ledger(capacity, contested, np.column_stack([total(name) for name in arrived.candidates]))


def _shares_by_region(design: Design, members: tuple[np.ndarray, ...]) -> sparse.csr_array:
    """(G, R) share of each group's stations that lie in each region, an entry for every region it has a unit in."""
    group, unit = np.repeat(np.arange(len(members)), [len(m) for m in members]), np.concatenate([NOBODY, *members])
    total = np.bincount(group, design.stations[unit], len(members))
    share = design.stations[unit] / np.maximum(total[group], 1e-9)
    return sparse.csr_array((share, (group, design.region[unit])), shape=(len(members), design.n_regions))


class _Clock:
    """Shares of the nation's and of each region's stations that were in at each moment."""

    def __init__(self, design: Design, frame: pd.DataFrame, shares: sparse.csr_array, batches: pd.DataFrame) -> None:
        self.design = design
        region_total = np.bincount(design.region, design.stations, design.n_regions)
        times, code = np.unique(microseconds(batches["time"]), return_inverse=True)
        group = batches["group"].to_numpy(int)
        added = (batches["stop"] - batches["start"]).to_numpy(float)
        steps = sparse.csr_array((added, (code + 1, group)), shape=(len(times) + 1, len(frame)))
        arrived = (steps @ shares).toarray()
        late = (frame["contested"] + frame["void"]).to_numpy(float)
        waiting = late @ shares
        self.processed = np.minimum(
            arrived.cumsum(axis=0) + waiting * (np.arange(len(arrived)) > 0)[:, None], region_total
        )
        self.region = self.processed / np.maximum(region_total, 1e-9)
        self.nation = self.processed.sum(axis=1) / region_total.sum()
        self.code = code + 1
        self.start_code = self._previous(group, code + 1)

    @staticmethod
    def _previous(group: np.ndarray, code: np.ndarray) -> np.ndarray:
        order = np.lexsort((code, group))
        previous = np.zeros(len(code), int)
        same = np.r_[False, group[order][1:] == group[order][:-1]]
        previous[order] = np.where(same, np.r_[0, code[order][:-1]], 0)
        return previous

    def batch(self, rows: np.ndarray, region: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Lateness (nation, region) of batches; of a group in several regions the nation's stands for the region's."""
        start, stop = self.start_code[rows], self.code[rows]
        nation = lateness(self.nation[start], self.nation[stop])
        if region is None:
            return nation, nation
        return nation, lateness(self.region[start, region], self.region[stop, region])

    def pending(self, priors: Priors) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
        """Lateness of what is pending, by unit, in the nation and in the region, and the rest of the way there."""
        nation, region = _beyond(self.nation[:, None], priors), _beyond(self.region, priors)
        return tuple(
            (n.repeat(self.design.n_units), r[self.design.region]) for n, r in zip(nation, region, strict=True)
        )


def _beyond(processed: np.ndarray, priors: Priors) -> tuple[np.ndarray, np.ndarray]:
    """From the last batch of each place (moments, places) to what is pending: the followed part, and the rest.

    Drift has mean zero over a place's stations. Where hardly any is in, those pending are nearly all of them, and stand
    at that mean, however the first few leaned.
    """
    grown = np.diff(processed, axis=0) > 1e-9
    last = len(grown) - 1 - np.argmax(grown[::-1], axis=0) if len(grown) else np.zeros(processed.shape[1], int)
    places = np.arange(processed.shape[1])
    stop = processed[-1]
    start = processed[last, places] if len(grown) else stop
    pending = lateness(stop, np.ones(len(places)))
    here = np.where(stop > 0, lateness(start, stop), pending)
    followed = 1.0 - (1.0 - priors.drift_followed) * stop / (stop + priors.drift_settled)
    return here + followed * (pending - here), (1.0 - followed) * (pending - here)


def design_effect(votes: np.ndarray, stations: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    """Kish's design effect of votes that come in clusters of a station."""
    return 1.0 + np.maximum(votes / np.maximum(stations, 1e-9) - 1.0, 0.0) * correlation


def per_vote(variance: np.ndarray) -> np.ndarray:
    """One over the votes whose sampling error is a variance in logits: near one half, n votes tell a share with the
    variance 1 / (4 n), and a variance of logits is 16 times that of the share."""
    return 0.25 * variance


def _fine_batches(arrived: _Arrived) -> Batches:
    """The batches of single units."""
    design, priors, rows = arrived.design, arrived.priors, arrived.batches_of(arrived.holdings.single)
    units = arrived.holdings.unit[rows["group"].to_numpy(int)]
    votes = rows[arrived.candidates].to_numpy(float)
    total = votes.sum(axis=1)
    stations = (rows["stop"] - rows["start"]).to_numpy(float)
    many = design.stations[units] > 1.5
    effect = design_effect(total, stations, np.where(many, priors.station_correlation, 0.0))
    expected = design.valid_per_station[units] * stations
    noise = np.where(many, priors.station_turnout, ALONE_TURNOUT) ** 2 / np.maximum(stations, 1e-9)
    nation, region = arrived.clock.batch(rows.index.to_numpy(), design.region[units])
    return Batches(
        group=units,
        votes=votes,
        stations=stations,
        effective=total / effect,
        turnout=np.log(np.maximum(total, 0.5) / np.maximum(expected, 1e-9)),
        turnout_precision=np.where(stations > 0, 1.0 / np.maximum(noise, 1e-9), 0.0),
        late_nation=nation,
        late_region=region,
        sampled=np.zeros(len(rows)),
    )


def _coarse(arrived: _Arrived, room: np.ndarray) -> tuple[tuple[Group, ...], list[Batches]]:
    """The groups of several units, and the batches of each.

    `room` (U,) is the stations that rows of single units leave open. A group takes its part of it: where a remainder of
    the nation lies over rows of regions, it has what these are expected to leave.
    """
    groups: list[Group] = []
    parts: list[Batches] = []
    of = arrived.batches["group"].to_numpy(int)
    for row in np.flatnonzero(~arrived.holdings.single):
        batches = arrived.batches[of == row]
        group = _group(arrived, int(row), room, batches)
        room[group.members] = group.capacity * (1.0 - group.processed)
        parts.append(_coarse_batches(arrived, group, len(groups), batches))
        groups.append(group)
    return tuple(groups), parts


def _group(arrived: _Arrived, row: int, room: np.ndarray, batches: pd.DataFrame) -> Group:
    told, members = arrived.holdings.frame.iloc[row], arrived.holdings.members[row]
    counted, contested = float(told["counted"]), float(told["contested"])
    sheets = counted + contested + float(told["void"])
    capacity = room[members]
    if capacity.sum() <= 0:  # more than the places have room for: it fills what it needs, and nothing is left
        stations = arrived.design.stations[members]
        capacity = stations * max(sheets, 1e-9) / stations.sum()
    processed = min(sheets / capacity.sum(), 1.0)
    scale = processed / max(counted, 1e-9)
    start, stop = batches["start"].to_numpy(float) * scale, batches["stop"].to_numpy(float) * scale
    boundaries = (*start, stop[-1]) if len(batches) else (0.0,)  # all that is in may be contested
    votes = told[arrived.candidates].to_numpy(float)
    return Group(members, capacity, processed, contested, votes, boundaries)


def _coarse_batches(arrived: _Arrived, group: Group, position: int, rows: pd.DataFrame) -> Batches:
    """The batches of the group that stands at this position in `Evidence.groups`."""
    design, priors = arrived.design, arrived.priors
    votes = rows[arrived.candidates].to_numpy(float)
    total = votes.sum(axis=1)
    stations = (rows["stop"] - rows["start"]).to_numpy(float)
    effect = design_effect(total, stations, np.full(len(rows), priors.station_correlation))
    width = np.clip(np.diff(group.boundaries), 1e-6, 1.0)
    # votes are of counted sheets alone, and what is expected is of all that are in, contested and void ones among them
    all_in = width * group.capacity.sum() / np.maximum(stations, 1e-9)
    sampled = (1.0 - width) / width * (group.capacity**2).sum() / group.capacity.sum() ** 2
    regions = np.unique(design.region[group.members])
    region = np.full(len(rows), regions[0]) if len(regions) == 1 else None
    nation, regional = arrived.clock.batch(rows.index.to_numpy(), region)
    of_stations, floor = priors.station_turnout**2 / np.maximum(stations, 1e-9), priors.misfit_floor**2
    return Batches(
        group=np.full(len(rows), position),
        votes=votes,
        stations=stations,
        effective=1.0 / (effect / np.maximum(total, 1.0) + per_vote(priors.misfit**2 * sampled + floor)),
        turnout=np.log(np.maximum(total, 0.5) * all_in),
        turnout_precision=1.0 / (of_stations + priors.misfit_turnout**2 * sampled + floor),
        late_nation=nation,
        late_region=regional,
        sampled=sampled,
    )


def _sorting(
    design: Design, priors: Priors, groups: tuple[Group, ...], fine: Batches, pending: np.ndarray, coarse: bool
) -> tuple[Sorting | None, np.ndarray]:
    """`Evidence.sorting` and `Evidence.sorted_variance`, of stations (U,) that rows of single units leave open."""
    variance = unknown_variance(design, priors, np.bincount(fine.group, minlength=design.n_units) > 0)
    single = np.ones(design.n_units, bool)
    single[np.concatenate([NOBODY, *(group.members for group in groups)])] = False
    if coarse:
        return between_places(design, priors, pending, single, groups), variance
    return inside_regions(design, priors, pending, single), np.where(single, variance, 0.0)


def _awaiting_ruling(processed: float, contested: float, untold: float) -> float:
    """Share of the pending sheets that will wait for rulings: as large as among those that have come in, where the
    office reports contested sheets; where it does not, the `untold` share of all sheets waits, and comes last."""
    if contested > 0.0:
        return contested / max(processed, contested)
    return min(1.0, untold / max(1.0 - processed, 1e-9))


def _log_odds_of_trends(arrived: _Arrived) -> float:
    """How much likelier the batches of each place are if shares of the votes, and votes a station, go along the
    order."""
    priors, rows = arrived.priors, arrived.batches
    rows = rows[(rows[arrived.candidates].sum(axis=1) > 0) & (rows["stop"] > rows["start"])]
    votes, stations = rows[arrived.candidates].to_numpy(float), (rows["stop"] - rows["start"]).to_numpy(float)
    total = votes.sum(axis=1)
    effective = total / design_effect(total, stations, np.full(len(rows), priors.station_correlation))
    overall = votes.sum(axis=0) / max(total.sum(), 1e-9)
    spread = overall * (1.0 - overall)  # a slope in logits is one in shares times this
    slope = float(np.hypot(priors.drift_nation, priors.drift_unit))
    trends = [Trend(np.log(total / stations), stations / priors.station_turnout**2, priors.turnout_drift)]
    trends += [  # K shares tell K - 1 slopes
        Trend(votes[:, k] / total, effective / spread[k], spread[k] * slope) for k in range(1, len(spread)) if spread[k]
    ]
    late, _ = arrived.clock.batch(rows.index.to_numpy(), None)
    group = rows["group"].to_numpy(int)
    return log_odds_of_trends(trends, late, group, arrived.design.region[arrived.holdings.first[group]])


def _told_by(holdings: Holdings, groups: np.ndarray) -> float:
    """Share of the counted stations that chosen groups (G bool) tell of."""
    counted = holdings.frame["counted"].to_numpy(float)
    return float(counted[groups].sum() / max(counted.sum(), 1e-9))


def _mixing(design: Design, priors: Priors) -> float:
    """How many times as far the late stations of a typical unit are from its early ones as those of a district are."""
    return max(1.0, design.typical_size / priors.drift_uniform) ** priors.drift_growth


def _national_drift(design: Design, priors: Priors, headline: float) -> float:
    """Between its width for counts by region or finer and that for national ones, by the stations that each told of."""
    fine = _mixing(design, priors) * priors.drift_nation
    return float(np.sqrt(headline * priors.drift_headline**2 + (1.0 - headline) * fine**2))


def _drift_scale(design: Design, priors: Priors, groups: tuple[Group, ...]) -> np.ndarray:
    """By region: wider where counts are coarse, and abroad."""
    fine = _mixing(design, priors) * priors.drift_unit
    scale = np.full(design.n_regions, fine)
    for group in groups:
        scale[np.unique(design.region[group.members])] = max(priors.drift_region, fine)
    return np.where(design.overseas, scale * priors.drift_overseas, scale)
