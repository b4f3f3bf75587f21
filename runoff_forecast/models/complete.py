"""The finished count: what is in, corrected and allocated, plus what is pending, drawn from the posterior."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

import numpy as np
import xarray as xr
from scipy import sparse

from .arrival import counted_share, lateness
from .arrow import indicator, sums, times
from .design import NATIONAL_ORDER
from .evidence import Evidence
from .observed import Group
from .simplex import shares_of, softmax, to_contrasts, to_logits
from .threads import spread
from .totals import kept_in_reach

CHUNK = 500
"""Draws worked on at once, at most."""
WIDEST = 10_000_000
"""Cells times draws a thread works on at once: its memory is some ten arrays of this size."""
FITTED = 3
"""Passes that scale the stations still out to their known number, none of them above what its unit has."""
TURNING = [NATIONAL_ORDER.index(name) for name in ("slope", "between")]
"""Coefficients of arrival that may be others among what is still out."""
ALL_ONE_WAY = 20.0
"""Logits at which hardly a vote is another's; long tails reach numbers whose exponential is none."""
TINY = 1e-6
"""Fewer stations than this are none, and a deviation of so many logits too."""


@dataclass(frozen=True, eq=False)
class Cells:
    """What is still out: pending stations of a unit, or of several alike, and contested sheets. C cells."""

    unit: np.ndarray
    """(C,) the unit, or one of those pooled"""
    region: np.ndarray
    kind: np.ndarray
    stations: np.ndarray
    """(C,) stations; for members of a coarse group their capacity, of which each draw takes a share"""
    contested: np.ndarray
    """(C,) bool: sheets set aside, counted in the end only in part"""
    valid_per_station: np.ndarray
    late_nation: np.ndarray
    late_region: np.ndarray
    stray_nation: np.ndarray
    stray_region: np.ndarray
    stuck: np.ndarray
    """(C,) share that waits for rulings"""
    several: np.ndarray
    """(C,) share of the stations that lie in units of several, which differ"""
    sorted_variance: np.ndarray
    """(C,) as `Evidence` has it; zero for contested sheets"""

    def take(self, index: np.ndarray) -> Cells:
        """Some of the cells."""
        return Cells(**{name: getattr(self, name)[index] for name in Cells.__dataclass_fields__})

    def joined(self, more: Cells) -> Cells:
        """These cells and, behind them, others."""
        return Cells(**{n: np.concatenate([getattr(self, n), getattr(more, n)]) for n in Cells.__dataclass_fields__})

    def pooled(self, stations: np.ndarray, means: dict[str, np.ndarray]) -> Cells:
        """The same cells, standing for others like them: with the stations of all, and means over these by name."""
        return replace(self, stations=stations, **means)


@dataclass(frozen=True, eq=False)
class Draws:
    """Posterior draws of the cells' predictors, m of them: support (C, D, m), turnout (C, m), arrival scores (U, m)."""

    support: np.ndarray
    turnout: np.ndarray
    earliness: np.ndarray
    parameters: dict[str, np.ndarray]
    """Named parameters, draws last."""
    drift: np.ndarray
    """(2, m) the scales of drift, of support and of turnout"""
    own_support: np.ndarray | None = None
    """(C, D, D) covariance of each cell's own that support lacks yet, and variance (C,) that turnout lacks"""
    own_turnout: np.ndarray | None = None

    def with_pools(self, support: np.ndarray, turnout: np.ndarray, noise: tuple[np.ndarray, np.ndarray]) -> Draws:
        """The same draws with those of pools (P, D, m) and (P, m) behind them, whose own noise, (P, D, D) and (P,), is
        not yet added."""
        cells, d = self.support.shape[:2]
        nothing = TINY**2 * np.broadcast_to(np.eye(d), (cells, d, d))  # it has a Cholesky root, zero has none
        return replace(
            self,
            support=np.concatenate([self.support, support]),
            turnout=np.concatenate([self.turnout, turnout]),
            own_support=np.concatenate([nothing, noise[0]]),
            own_turnout=np.concatenate([np.zeros(cells), noise[1]]),
        )


Portion = Callable[[int, np.random.Generator], Iterator[Draws]]
"""Gives its share of a forecast's draws bit by bit, so many at once at most."""


def open_cells(evidence: Evidence) -> Cells:
    """One cell for each unit with pending stations, one for each with contested sheets."""
    design = evidence.design
    pending, contested, member = evidence.pending.copy(), evidence.contested, np.zeros(design.n_units, bool)
    for group in evidence.groups:
        pending[group.members] = np.maximum(pending[group.members], group.capacity)
        member[group.members] = True
    out, aside = np.flatnonzero((pending > 1e-9) | member), np.flatnonzero(contested > 1e-9)
    unit = np.r_[out, aside]
    is_contested = np.r_[np.zeros(len(out), bool), np.ones(len(aside), bool)]
    return Cells(
        unit=unit,
        region=design.region[unit],
        kind=design.kind[unit],
        stations=np.r_[pending[out], contested[aside]],
        contested=is_contested,
        valid_per_station=design.valid_per_station[unit],
        late_nation=np.where(is_contested, 0.0, evidence.pending_late_nation[unit]),
        late_region=np.where(is_contested, 0.0, evidence.pending_late_region[unit]),
        stray_nation=np.where(is_contested, 0.0, evidence.pending_stray_nation[unit]),
        stray_region=np.where(is_contested, 0.0, evidence.pending_stray_region[unit]),
        stuck=np.where(is_contested, 1.0, evidence.stuck),
        several=(design.stations[unit] > 1.5).astype(float),
        sorted_variance=np.where(is_contested, 0.0, evidence.sorted_variance[unit]),
    )


def complete(
    evidence: Evidence, cells: Cells, portions: Sequence[Portion], rng: np.random.Generator, threads: int = 1
) -> tuple[xr.Dataset, xr.Dataset]:
    """Joint draws of the finished count, votes by region and by kind, and of the parameters they came from."""
    places = _places(evidence, cells)
    most = min(CHUNK, 1 + WIDEST // max(1, len(cells.unit)))

    def completed(portion: Portion, rng: np.random.Generator) -> list[tuple[dict[str, np.ndarray], ...]]:
        return [(_complete(evidence, cells, places, drawn, rng), drawn.parameters) for drawn in portion(most, rng)]

    chunks, parameters = zip(*chain.from_iterable(spread(completed, portions, rng, threads)), strict=True)
    design = evidence.design
    coords = {
        "draw": np.arange(sum(len(chunk["final"]) for chunk in chunks)),
        "candidate": list(design.election.candidate_ids),
    }
    labels = {"region": list(design.regions), "kind": list(design.kinds)}
    votes = {
        name: (
            ("draw", "kind" if name.endswith("_kind") else "region", "candidate"),
            np.concatenate([c[name] for c in chunks]),
        )
        for name in chunks[0]
    }
    named = {
        name: (
            ("draw", *PARAMETER_DIMS[name]),
            np.moveaxis(np.concatenate([p[name] for p in parameters], axis=-1), -1, 0),
        )
        for name in parameters[0]
    }
    coefficients = {
        "component": design.component_names,
        "effect": list(design.fixed_names),
        "order": list(NATIONAL_ORDER),
    }
    used = {dim for dims, _ in named.values() for dim in dims}
    return (
        xr.Dataset(votes, coords=coords | labels),
        xr.Dataset(named, coords={k: v for k, v in (coords | labels | coefficients).items() if k in used}),
    )


PARAMETER_DIMS = {
    "fixed": ("effect", "component"),
    "drift_nation": ("component",),
    "drift": ("region", "component"),
    "arrival": ("order",),
}
"""Dimensions of the named parameters that either engine reports: logits for support, logs for turnout."""


@dataclass(frozen=True, eq=False)
class _Places:
    """Cells summed by region, kind and whether contested at once, and these sums by each; S strata."""

    strata: sparse.csr_array
    """(S, C)"""
    region: sparse.csr_array
    """(R, S)"""
    kind: sparse.csr_array
    contested: np.ndarray
    """(S,) bool"""
    of_groups: tuple[np.ndarray, ...]
    """The pending cells of each coarse group's members, which are in no pool"""

    def sums(self, ballots: np.ndarray, late: np.ndarray | None) -> dict[str, np.ndarray]:
        """Ballots (C, K, m) by region and kind; `late`, of contested sheets of coarse groups, is added to both."""
        strata = sums(self.strata, ballots)
        aside = strata * self.contested[:, None, None]
        if late is not None:
            more = sums(self.strata, late)
            strata, aside = strata + more, aside + more
        return {
            "outstanding": sums(self.region, strata),
            "contested": sums(self.region, aside),
            "outstanding_kind": sums(self.kind, strata),
            "contested_kind": sums(self.kind, aside),
        }


def _places(evidence: Evidence, cells: Cells) -> _Places:
    kinds = len(evidence.design.kinds)
    code, stratum = np.unique((cells.region * kinds + cells.kind) * 2 + cells.contested, return_inverse=True)
    region, kind = code // 2 // kinds, code // 2 % kinds
    by_region, by_kind = indicator(region, evidence.design.n_regions), indicator(kind, kinds)
    pending = np.flatnonzero(~cells.contested)
    order = pending[np.argsort(cells.unit[pending], kind="stable")]
    of_groups = tuple(order[np.searchsorted(cells.unit[order], group.members)] for group in evidence.groups)
    return _Places(indicator(stratum, len(code)), by_region, by_kind, code % 2 == 1, of_groups)


def _complete(
    evidence: Evidence, cells: Cells, places: _Places, draws: Draws, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    m = draws.turnout.shape[1]
    counted_in_end = contested_share(evidence, rng, m)
    rulings = _rulings(evidence, m, rng)
    waiting = partial(_waiting, evidence, cells, draws, rulings)
    draws = _with_own_drift(evidence, cells, places, draws, rulings, rng)
    stations, came = _stations(evidence, cells, places, draws, rng)
    share, noise = _predict(evidence, cells, draws, stations, rng)
    votes = noise * stations.astype(np.float32)
    votes[cells.contested] *= counted_in_end.astype(np.float32)
    counted = np.repeat(_known(evidence)[:, :, None], m, axis=2)
    _share_out(cells, share, came, counted)
    out = sums(places.kind, sums(places.strata, votes[:, None]))[:, 0]
    votes *= kept_in_reach(evidence, out, _known_by_kind(evidence, cells, came, m))[cells.kind]
    late = _set_aside(share.shape, came, waiting)
    if late is not None:
        late *= counted_in_end
    result = places.sums(votes[:, None] * share, late)
    counted *= _revision(evidence, result["outstanding"], rng)
    result = {"final": counted + result["outstanding"], **result}
    return {name: np.moveaxis(value, -1, 0) for name, value in result.items()}


def _rulings(evidence: Evidence, m: int, rng: np.random.Generator) -> np.ndarray:
    """(D, m) logits by which the sheets that wait for rulings lean from their places."""
    priors, shape = evidence.priors, (evidence.design.n_components - 1, m)
    tails = np.sqrt(priors.drift_last_freedom / rng.chisquare(priors.drift_last_freedom, m))
    lean = priors.drift_last * tails * rng.standard_normal(shape)
    return np.clip(lean, -ALL_ONE_WAY, ALL_ONE_WAY).astype(np.float32)


def _waiting(evidence: Evidence, cells: Cells, draws: Draws, rulings: np.ndarray, position: np.ndarray) -> np.ndarray:
    """(cells, K, m) support of sheets of some cells' places that wait for rulings, which are neither early nor late."""
    support = draws.support[position] + rulings
    nation, region = draws.parameters["drift_nation"][:-1], draws.parameters["drift"][cells.region[position], :-1]
    support -= cells.late_nation[position, None, None] * nation + cells.late_region[position, None, None] * region
    return shares_of(support.astype(np.float32), evidence.design.contrast.astype(np.float32))


def _with_own_drift(
    evidence: Evidence, cells: Cells, places: _Places, draws: Draws, rulings: np.ndarray, rng: np.random.Generator
) -> Draws:
    """The same draws with the drift added that what is pending may have of its own, beyond the followed trend.

    A Student t of v degrees of freedom is a normal of variance s2 v / chi2: as s2 itself is in the nation's drift, its
    excess alone is added. A trend that has shown may break off or steepen by as much as it is.
    """
    priors, m = evidence.priors, draws.support.shape[2]
    tail = evidence.drift_headline**2 * (priors.drift_freedom / rng.chisquare(priors.drift_freedom, m) - 1.0)
    nation = np.sqrt(np.maximum(evidence.drift_nation**2 + tail, 0.0))
    shown = priors.drift_shown * draws.parameters["drift_nation"].mean(axis=1)  # (E,)
    support = _wander(
        cells, np.hypot(nation * draws.drift[0], shown[:-1, None]), evidence.drift_region, draws.drift[0], rng
    )
    support += cells.stuck.astype(np.float32)[:, None, None] * rulings
    if evidence.sorting is not None:
        leans = evidence.sorting.leans(priors, draws.parameters["fixed"][:, :-1], rng)
        variance = _sorted_variance(evidence, cells, places, draws).astype(np.float32)
        support += variance[:, None, None] * leans.astype(np.float32)
    here = np.full(evidence.design.n_regions, priors.turnout_drift)
    votes = _wander(cells, np.hypot(priors.turnout_drift * draws.drift[1], shown[-1:, None]), here, draws.drift[1], rng)
    return replace(draws, support=draws.support + support, turnout=draws.turnout + votes[:, 0])


def _sorted_variance(evidence: Evidence, cells: Cells, places: _Places, draws: Draws) -> np.ndarray:
    """(C,) variance by which what is out may be sorted: inside coarse groups what is expected of their units, too."""
    variance = cells.sorted_variance.copy()
    for group, position in zip(evidence.groups, places.of_groups, strict=True):
        if not evidence.sorted_variance[group.members].any():
            continue
        mean = draws.support[position].mean(axis=2)
        weight = group.capacity / group.capacity.sum()
        spread = (weight @ (mean - weight @ mean) ** 2).mean()
        variance[position] = evidence.sorted_variance[group.members] + spread
    return variance


def _wander(
    cells: Cells, nation: np.ndarray, region: np.ndarray, scale: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """(C, components, m) drift at the cells, of the nation's deviation (components, m) and of each region's (R,), in
    scales (m,), a unit of stray."""
    everywhere = nation * rng.standard_normal(nation.shape)
    here = (region[:, None, None] * scale * rng.standard_normal((len(region), *nation.shape))).astype(np.float32)
    out = cells.stray_region.astype(np.float32)[:, None, None] * here[cells.region]
    out += cells.stray_nation.astype(np.float32)[:, None, None] * everywhere.astype(np.float32)
    return out


@dataclass(frozen=True, eq=False)
class _CameIn:
    """What of one coarse group has come in, where it has to be shared out between regions or is set aside in part."""

    group: Group
    position: np.ndarray
    """Cells of its members"""
    votes: np.ndarray
    """(members, m) valid votes of the sheets that are in, as expected"""
    aside: float
    """Share of these sheets that is set aside"""


def _share_out(cells: Cells, share: np.ndarray, came: list[_CameIn], counted: np.ndarray) -> None:
    """Adds the votes of coarse groups to those counted by region (R, K, m)."""
    for group in came:
        region = cells.region[group.position]
        if (region == region[0]).all():
            counted[region[0]] += group.group.votes[:, None]
            continue
        expected = sums(indicator(region, len(counted)), group.votes[:, None] * share[group.position])
        counted += expected * (group.group.votes[:, None] / np.maximum(expected.sum(axis=0), 1e-9))


def _set_aside(
    shape: tuple[int, ...], came: list[_CameIn], waiting: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray | None:
    """Votes (C, K, m) on the contested sheets of coarse groups; None where they have none."""
    if not any(group.aside > 0.0 for group in came):
        return None
    late = np.zeros(shape, dtype=np.float32)
    for group in came:
        if group.aside > 0.0:
            late[group.position] += group.aside * group.votes[:, None] * waiting(group.position)
    return late


def _known(evidence: Evidence) -> np.ndarray:
    design = evidence.design
    return np.column_stack([np.bincount(design.region, column, design.n_regions) for column in evidence.votes.T])


def _known_by_kind(evidence: Evidence, cells: Cells, came: list[_CameIn], m: int) -> np.ndarray:
    """(kinds, m) valid votes; of coarse groups, whose kinds no office tells, those expected of each."""
    design, kinds = evidence.design, len(evidence.design.kinds)
    out = np.repeat(np.bincount(design.kind, evidence.votes.sum(axis=1), kinds)[:, None], m, axis=1)
    if came:
        scaled = [each.votes * (each.group.votes.sum() / np.maximum(each.votes.sum(axis=0), 1e-9)) for each in came]
        kind = cells.kind[np.concatenate([each.position for each in came])]
        out += sums(indicator(kind, kinds), np.concatenate(scaled)[:, None])[:, 0]
    return out


def _stations(
    evidence: Evidence, cells: Cells, places: _Places, draws: Draws, rng: np.random.Generator
) -> tuple[np.ndarray, list[_CameIn]]:
    """Stations (C, m or 1) that are still out, and what of each coarse group has come in."""
    if not evidence.groups:
        return cells.stations[:, None], []
    stations = np.repeat(cells.stations[:, None].astype(np.float32), draws.turnout.shape[1], axis=1)
    came, shared = [], np.zeros(len(stations), bool)
    order, deviation = _turning(evidence)
    turned = deviation[:, None] * rng.standard_normal((len(order), draws.turnout.shape[1]))
    regions = _regions_turning(evidence, draws.turnout.shape[1], rng)
    for group, position in zip(evidence.groups, places.of_groups, strict=True):
        turn = _turn(evidence, group.members, order, turned.astype(draws.earliness.dtype))
        score = draws.earliness[group.members] + turn
        if len(regions):
            score += np.float32(lateness(group.processed, 1.0)) * regions[evidence.design.region[group.members]]
        share = counted_share(score, group.capacity, group.processed)  # (members, m)
        if shared[position].any():
            arrived = _arrived(stations[position], share, group.processed * float(group.capacity.sum()))
        else:
            arrived = group.capacity[:, None].astype(share.dtype) * share
        shared[position] = True
        stations[position] = np.maximum(stations[position] - arrived, 0.0)
        aside = group.contested / max(arrived[:, 0].sum(), 1e-9)
        votes = (
            arrived * cells.valid_per_station[position, None].astype(arrived.dtype) * np.exp(draws.turnout[position])
        )
        came.append(_CameIn(group, position, votes, aside))
    return stations, came


def _regions_turning(evidence: Evidence, m: int, rng: np.random.Generator) -> np.ndarray:
    """(R, m) by how much earlier or later than before regions are, for each deviation by which what is out is late;
    none where no group lies in several.

    The end of a count is as a rule that of some regions: on the night of 2023 in Turkey the logit of a region's counted
    share had a deviation of 0.9 with half of the stations in and of 2.4 with nine tenths.
    """
    region = evidence.design.region
    if not any((region[group.members] != region[group.members[0]]).any() for group in evidence.groups):
        return np.zeros((0, m))
    regions = rng.standard_normal((evidence.design.n_regions, m), dtype=np.float32)
    regions *= np.float32(evidence.priors.arrival_turn_region)
    return regions


def _turning(evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    """Columns of `Design.arrival` whose coefficients may be others among what is still out, and by how much, (T,) each:
    the nation's slopes, along places and boxes, and the leanings."""
    design, priors = evidence.design, evidence.priors
    slopes = np.r_[TURNING, design.fullness]
    deviations = np.repeat([priors.arrival_turn, priors.arrival_lean], [len(slopes), design.n_leanings])
    return np.r_[slopes, design.leanings], deviations


def _turn(evidence: Evidence, members: np.ndarray, columns: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """(members, m) by which the order among what is out differs from the one that has shown, for slopes (T, m) of
    columns of `Design.arrival` a deviation of stray: those that the batches show need not be those of the rest."""
    stray = evidence.pending_stray_nation[members, None].astype(slopes.dtype)
    return stray * (evidence.design.arrival[np.ix_(members, columns)].astype(slopes.dtype) @ slopes)


def _arrived(stations: np.ndarray, share: np.ndarray, sheets: float) -> np.ndarray:
    """Stations (members, m) that have come in of those that other groups left: shares of them, so scaled that they are
    as many as the group has sheets."""
    total = stations.sum(axis=0)
    wanted = np.maximum(total - sheets, 0.0)  # still out
    left = stations * (1.0 - share)
    for _ in range(FITTED):
        short = left.sum(axis=0) < TINY
        left = np.where(short, stations, left)
        left = np.minimum(left * (wanted / np.maximum(left.sum(axis=0), TINY)), stations)
    return stations - left


def contested_share(evidence: Evidence, rng: np.random.Generator, draws: int) -> np.ndarray:
    """Draws of the share of contested sheets that are counted in the end."""
    priors = evidence.priors
    share, weight = priors.contested_counted, priors.contested_sheets
    return rng.beta(share * weight, (1.0 - share) * weight, draws)


def turnout_variance(evidence: Evidence, cells: Cells, stations: np.ndarray) -> np.ndarray:
    """Variance (C,) that a cell's mean turnout has from its `stations` (C,)."""
    return evidence.priors.station_turnout**2 * _each(cells, stations)


def _support_variance(evidence: Evidence, cells: Cells, share: np.ndarray, stations: np.ndarray) -> np.ndarray:
    """The same of its support, by the delta method, where it gives `share` (C, K).

    An intra-class correlation r of votes is a variance r p (1 - p) of shares, and one of r / (p (1 - p)) of two
    candidates' logits. Of several, all contrasts have the same, and the shares together the variance that they should.
    """
    squares = (share**2).sum(axis=1)
    steepness = squares - 2.0 * (share**3).sum(axis=1) + squares**2  # squared norm of d share / d log share
    one = 2.0 * evidence.priors.station_correlation / np.maximum(steepness / np.maximum(1.0 - squares, 1e-9), 0.02)
    return one * _each(cells, stations)


def _each(cells: Cells, stations: np.ndarray) -> np.ndarray:
    return cells.several / np.maximum(stations, 0.5)


def _mean_kept(share: np.ndarray, variance: np.ndarray, contrast: np.ndarray) -> np.ndarray:
    """(C, D) what brings the mean of shares (C, K) back to where it was, to second order, when noise of such variance
    (C,) is added to their contrasts: it pulls them to one another."""
    squares = (share**2).sum(axis=1, keepdims=True)
    return to_contrasts(-0.5 * variance[:, None] * (squares - share), contrast)


def plus(covariance: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Covariances (n, d, d) with a variance (n,) more on every component."""
    return covariance + variance[:, None, None] * np.eye(covariance.shape[-1])


def _predict(
    evidence: Evidence, cells: Cells, draws: Draws, stations: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Support (C, K, m) and valid votes per station (C, m) of what is out, in single precision."""
    contrast = evidence.design.contrast
    mean = softmax(to_logits(draws.support.mean(axis=2), contrast))
    out = stations.mean(axis=1)
    support = _support_variance(evidence, cells, mean, out)
    turnout = turnout_variance(evidence, cells, out) + (0.0 if draws.own_turnout is None else draws.own_turnout)
    noise = rng.standard_normal(draws.support.shape, dtype=np.float32)
    if draws.own_support is None:
        noise *= np.sqrt(support).astype(np.float32)[:, None, None]
    else:
        root = np.linalg.cholesky(plus(draws.own_support, support))
        noise = times(root.astype(np.float32), noise)
    noise += draws.support
    noise += _mean_kept(mean, support, contrast).astype(np.float32)[:, :, None]
    votes = rng.standard_normal(draws.turnout.shape, dtype=np.float32)
    votes *= np.sqrt(turnout).astype(np.float32)[:, None]
    votes += draws.turnout
    np.exp(votes, out=votes)
    votes *= cells.valid_per_station.astype(np.float32)[:, None]
    return shares_of(noise, contrast.astype(np.float32)), votes


def _revision(evidence: Evidence, outstanding: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Later corrections of counted votes, a factor by candidate and draw; none once an official count is finished."""
    priors, shape = evidence.priors, (1, outstanding.shape[1], outstanding.shape[2])
    preliminary = evidence.design.election.preliminary
    if not preliminary and not outstanding.any():
        return np.ones(shape)
    width = priors.revision_preliminary if preliminary else priors.revision
    return 1.0 + width * np.clip(rng.standard_normal(shape), -4.0, 4.0)
