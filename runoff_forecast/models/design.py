"""What is known of every unit before the first vote is counted, as arrays that both engines read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from ..checks.register import NOMINAL_ELECTORATE, OVERSEAS
from ..election import Election
from ..turnout import valid_per_station
from .effects import CoreRows
from .gaps import Alike, means_by
from .simplex import contrasts, to_contrasts

SMOOTHING_VOTES = 20.0
"""Votes of the nation's average added to each unit's baseline, so that an empty list in a hamlet is not a share of
zero."""
SMALLEST_LIST = 0.01
"""Baseline lists below this national share are pooled: alone, their log share in a small unit is mostly noise."""
MINOR = "minor lists"
"""What they are called together."""
STAY = 0.97
"""Share of a list's voters who choose its own candidate again."""
PROXIMITY = 1.0
"""Log odds of a voter's choice by unit of correlation between the maps of two lists (0 best in Peru 2016, 3 in
2021)."""
SMALLEST_VARIANCE = 1e-9
"""Of a principal component: below it, all places vote alike along it."""
LIST = "list "
"""What names of covariates begin with that are a list's share."""
NATIONAL_ORDER = ("slope", "between", "overseas")
"""Coefficients of arrival that are the nation's, the first of all: earliness inside regions, between them, abroad."""
USUAL_KINDS = ("urban", "rural", OVERSEAS, "unknown")
"""Kinds whose place in the order of arrival their size, or a coefficient of its own, tells."""
ALIKE = 0.02
"""Logs: deviation of votes a station below which boxes are all as full."""
LEANINGS = 2
"""Principal components of the baseline along which places may report early or late."""
INTERCEPT, KIND, HOME_KIND, COVARIATE = range(4)
"""Roles of fixed effects; a home kind is one that lies in the country and whose voters the baseline's lists tell
apart."""


@dataclass(frozen=True, eq=False)
class Design:
    """The register as arrays: U units, K candidates, D = K - 1 contrasts, P covariates."""

    election: Election
    contrast: np.ndarray
    """(K, D)"""
    fixed: np.ndarray
    """(U, F): intercept, kinds, covariates; covariates have mean 0 and deviation 1 over stations."""
    fixed_names: tuple[str, ...]
    fixed_role: np.ndarray
    """(F,) `INTERCEPT`, `KIND`, `HOME_KIND` or `COVARIATE`"""
    own: np.ndarray
    """(U, D) contrast that the baseline leads one to expect, logits; zero where no candidate has a list of their
    own."""
    region: np.ndarray
    area: np.ndarray
    """(U,) an area never crosses a region: two regions' areas of one name are two."""
    kind: np.ndarray
    kinds: tuple[str, ...]
    regions: tuple[str, ...]
    n_areas: int
    stations: np.ndarray
    valid_per_station: np.ndarray
    """(U,) valid votes per station that the baseline (or the electorate) leads one to expect."""
    arrival: np.ndarray
    """(U, 3 + 2R + J + L + B) covariates of earliness: those of `NATIONAL_ORDER`, slope by region, offset by region,
    kinds of their own, leanings inside regions, how full boxes are."""
    n_leanings: int
    """L"""

    @cached_property
    def n_units(self) -> int:
        return len(self.region)

    @cached_property
    def n_regions(self) -> int:
        return len(self.regions)

    @cached_property
    def has_baseline(self) -> bool:
        """Whether lists of an earlier election tell any place from another."""
        return any(name.startswith(LIST) for name in self.fixed_names)

    @cached_property
    def told(self) -> np.ndarray:
        """(U,) bool: the units with a baseline"""
        return np.isfinite(self.election.baseline.to_numpy(float)).all(axis=1) & self.has_baseline

    @cached_property
    def without_baseline(self) -> float:
        """Share of the stations that lie in units without a baseline."""
        return float(self.stations[~self.told].sum() / self.stations.sum())

    @cached_property
    def overseas(self) -> np.ndarray:
        """(R,) regions that lie abroad for the most part."""
        abroad = self.stations * self.election.overseas
        total = np.bincount(self.region, self.stations, self.n_regions)
        return np.bincount(self.region, abroad, self.n_regions) > 0.5 * total

    @cached_property
    def typical_size(self) -> float:
        """Stations of the unit that a station lies in, the geometric mean over stations."""
        return float(np.exp(np.average(np.log(self.stations), weights=self.stations)))

    @cached_property
    def n_components(self) -> int:
        """Support contrasts and, last, turnout."""
        return self.contrast.shape[1] + 1

    @cached_property
    def component_names(self) -> list[str]:
        """What the components are called in results."""
        return [*(f"support {i + 1}" for i in range(self.n_components - 1)), "turnout"]

    @cached_property
    def own_kinds(self) -> tuple[str, ...]:
        """Kinds that the register alone knows, such as postal: nothing tells when they come in."""
        return _own_kinds(self.kinds)

    @cached_property
    def own_kind_columns(self) -> np.ndarray:
        """Which columns of `arrival` are these kinds."""
        return np.arange(self._first_leaning - len(self.own_kinds), self._first_leaning)

    @cached_property
    def timed_alike(self) -> np.ndarray:
        """(U,) a code for each set of units that size may put in order: a region's, but those abroad and each kind of
        its own apart."""
        apart = [code for code, kind in enumerate(self.kinds) if kind in (*self.own_kinds, OVERSEAS)]
        kind = np.where(np.isin(self.kind, apart), self.kind + 1, 0)
        return np.unique(self.region * (len(self.kinds) + 1) + kind, return_inverse=True)[1]

    @cached_property
    def _first_leaning(self) -> int:
        return len(NATIONAL_ORDER) + 2 * self.n_regions + len(self.own_kinds)

    @cached_property
    def leanings(self) -> np.ndarray:
        """Which columns of `arrival` are leanings."""
        return self._first_leaning + np.arange(self.n_leanings)

    @cached_property
    def fullness(self) -> np.ndarray:
        """Which column of `arrival` is how full boxes are; none where all are alike."""
        return np.arange(self._first_leaning + self.n_leanings, self.arrival.shape[1])

    @cached_property
    def order_names(self) -> list[str]:
        """What the coefficients of arrival are called, in the order of `arrival`."""
        by_region = [f"slope in {r}" for r in self.regions] + [f"offset of {r}" for r in self.regions]
        kinds = ("kind " + kind for kind in self.own_kinds)
        leanings = (f"leaning {i + 1}" for i in range(self.n_leanings))
        return [*NATIONAL_ORDER, *by_region, *kinds, *leanings, *("fullness" for _ in self.fullness)]

    @cached_property
    def core(self) -> CoreRows:
        """Where the core's effects stand."""
        return CoreRows.of(self.fixed.shape[1], self.n_regions)


@lru_cache(maxsize=2)  # every snapshot of a night asks for the same
def build_design(election: Election) -> Design:
    """The design of an election; units without a baseline get their area's or region's average and a flag of their
    own."""
    units = election.units
    region_codes = election.region_index
    regions = tuple(election.regions.index)
    area_codes = pd.factorize(units["region"].astype(str) + "\x1f" + units["area"].astype(str))[0]
    kind_codes, words = pd.factorize(units["kind"].astype(str))
    kinds = tuple(words)
    stations = units["stations"].to_numpy(float)
    lists = _log_shares(election.baseline)
    alike = Alike(log_size(election), kind_codes, area_codes, region_codes, stations)
    covariates, names = _covariates(election, lists, alike)
    fixed, fixed_names, role = _fixed_effects(covariates, names, kind_codes, kinds)
    contrast = contrasts(len(election.candidates))
    leanings, expected = _leanings(election, lists, stations), valid_per_station(election)
    return Design(
        election=election,
        contrast=contrast,
        fixed=fixed,
        fixed_names=fixed_names,
        fixed_role=role,
        own=_own_lists(election, contrast, alike),
        region=region_codes,
        area=area_codes,
        kind=kind_codes,
        kinds=kinds,
        regions=regions,
        n_areas=int(area_codes.max()) + 1,
        stations=stations,
        valid_per_station=expected,
        arrival=np.hstack(
            [
                _arrival_covariates(election, covariates, names, stations),
                kind_codes[:, None] == [kinds.index(kind) for kind in _own_kinds(kinds)],
                leanings,
                _fullness(election, expected, stations),
            ]
        ),
        n_leanings=leanings.shape[1],
    )


def smoothed_shares(votes: np.ndarray) -> np.ndarray:
    """Shares (U, L) of each unit's baseline votes, pulled to the national share by a few votes; NaN rows stay NaN.

    A list without a vote anywhere counts as having one: its share has a logarithm then.
    """
    national = np.maximum(np.nansum(votes, axis=0), 1.0)
    national /= national.sum()
    total = votes.sum(axis=1, keepdims=True)
    return (votes + SMOOTHING_VOTES * national) / (total + SMOOTHING_VOTES)


def _fixed_effects(
    covariates: np.ndarray, names: list[str], kind: np.ndarray, kinds: tuple[str, ...]
) -> tuple[np.ndarray, tuple[str, ...], np.ndarray]:
    n = len(kind)
    columns = [np.ones((n, 1))]
    labels = ["intercept"]
    role = [INTERCEPT]
    by_list = any(name.startswith(LIST) for name in names)
    if len(kinds) > 1:
        columns.append((kind[:, None] == np.arange(len(kinds))).astype(float))
        labels += ["kind " + k for k in kinds]
        role += [HOME_KIND if by_list and each != OVERSEAS else KIND for each in kinds]
    columns.append(covariates)
    return np.hstack(columns), tuple(labels + names), np.array(role + [COVARIATE] * covariates.shape[1])


def _covariates(election: Election, lists: pd.DataFrame | None, alike: Alike) -> tuple[np.ndarray, list[str]]:
    raw: dict[str, np.ndarray] = {}
    electorate = election.units["electorate"].to_numpy(float)
    ballots = election.units["baseline_ballots"].to_numpy(float)
    raw["log size"] = alike.log_size
    if lists is not None:
        shares = lists.to_numpy()
        national = np.exp(np.nanmean(shares, axis=0))
        centre = (shares * national).sum(axis=1, keepdims=True) / national.sum()
        for name, column in zip(lists.columns, (shares - centre).T, strict=True):
            raw[LIST + str(name)] = column
        valid = election.baseline.sum(axis=1, min_count=1).to_numpy(float)
        raw["invalid ballots"] = _logit_share(ballots - valid, ballots)
        raw["baseline turnout"] = _logit_share(ballots, electorate)
    return _standardise(raw, alike)


def _log_shares(baseline: pd.DataFrame) -> pd.DataFrame | None:
    """Log smoothed shares of the lists by unit, minor ones pooled; NaN where unknown, None where no two lists are."""
    total = baseline.to_numpy(float)
    if baseline.shape[1] < 2 or not np.isfinite(total).all(axis=1).any() or np.nansum(total) <= 0:
        return None  # none, or no unit in which every list's votes are known
    pooled = minor_pooled(baseline)
    pooled = pooled.loc[:, pooled.sum() > 0]  # what nobody chose tells no place from another
    if pooled.shape[1] < 2:
        return None
    return pd.DataFrame(np.log(smoothed_shares(pooled.to_numpy(float))), pooled.index, pooled.columns)


def minor_pooled(baseline: pd.DataFrame) -> pd.DataFrame:
    """The baseline with its minor lists as one: alone, they are strong nowhere and tell nothing."""
    votes = baseline.to_numpy(float)
    share = baseline.sum() / votes[np.isfinite(votes)].sum()
    minor = share.index[share < SMALLEST_LIST]
    if not len(minor):
        return baseline
    return baseline.drop(columns=minor).assign(**{MINOR: baseline[minor].sum(axis=1, min_count=1)})


def _logit_share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.log((part.clip(0) + 1.0) / ((whole - part).clip(0) + 1.0))


def log_size(election: Election) -> np.ndarray:
    """(U,) log of the electorate, of what so many stations have as a rule where it is unknown."""
    electorate, stations = (election.units[name].to_numpy(float) for name in ("electorate", "stations"))
    return np.log(np.where(electorate > 0, electorate, NOMINAL_ELECTORATE * stations))


def _standardise(raw: dict[str, np.ndarray], alike: Alike) -> tuple[np.ndarray, list[str]]:
    columns, names, weight = [], [], alike.stations
    missing = np.zeros(len(weight))
    for name, column in raw.items():
        known = np.isfinite(column)
        if known.sum() < 2:
            continue
        mean = np.average(column[known], weights=weight[known])
        deviation = np.sqrt(np.average((column[known] - mean) ** 2, weights=weight[known]))
        if deviation < 1e-9:
            continue
        columns.append(alike.filled((column - mean) / deviation, known))
        names.append(name)
        missing = np.maximum(missing, ~known)
    if 0 < missing.sum() < len(weight):
        columns.append(missing - np.average(missing, weights=weight))
        names.append("no baseline")
    return (np.column_stack(columns) if columns else np.zeros((len(weight), 0))), names


def _own_lists(election: Election, contrast: np.ndarray, alike: Alike) -> np.ndarray:
    """Contrast of the shares that the candidates would have if every baseline list's voters went to the nearest of
    them.

    A candidate's own list stays; another list's voters divide by how much its map resembles each candidate's own
    (correlation of log shares over units, as voters of like places choose alike).
    """
    columns, stations = [election.own_baseline(candidate) for candidate in election.candidates], alike.stations
    if not any(columns) or election.baseline.shape[1] < 2:
        return np.zeros((len(stations), contrast.shape[1]))
    shares = smoothed_shares(election.baseline.to_numpy(float))
    known = np.isfinite(shares).all(axis=1)
    if not known.any():
        return np.zeros((len(stations), contrast.shape[1]))
    transfer = _transfers(shares[known], stations[known], [_position(election, column) for column in columns])
    logs = np.zeros((len(stations), len(columns)))
    logs[known] = np.log(shares[known] @ transfer)
    logs[known] -= np.average(logs[known], axis=0, weights=stations[known])
    return to_contrasts(np.column_stack([alike.filled(column, known) for column in logs.T]), contrast)


def _position(election: Election, column: str | None) -> int | None:
    return None if column is None else int(election.baseline.columns.get_loc(column))


def _transfers(shares: np.ndarray, stations: np.ndarray, own: list[int | None]) -> np.ndarray:
    """Share (L, K) of each list's voters expected to choose each candidate."""
    logs = np.log(shares)
    national = np.average(shares, axis=0, weights=stations)
    logs = logs - (logs @ national / national.sum())[:, None]
    covariance = np.atleast_2d(np.cov(logs.T, aweights=stations, ddof=0))  # of one unit it is zero
    deviation = np.sqrt(np.maximum(np.diag(covariance), 1e-12))
    likeness = np.column_stack(
        [np.zeros(len(deviation)) if k is None else covariance[:, k] / (deviation * deviation[k]) for k in own]
    )
    transfer = np.exp(PROXIMITY * likeness)
    transfer /= transfer.sum(axis=1, keepdims=True)
    for candidate, k in enumerate(own):
        if k is not None:
            transfer[k] = (1.0 - STAY) / (len(own) - 1)
            transfer[k, candidate] = STAY
    return transfer


def _arrival_covariates(
    election: Election, covariates: np.ndarray, names: list[str], stations: np.ndarray
) -> np.ndarray:
    region, n_regions = election.region_index, len(election.regions)
    score = earliness(covariates, names)
    mean = means_by(region, score, stations)
    within = score - mean
    overseas = election.overseas.astype(float)
    home = overseas == 0
    between = np.where(home, mean - (np.average(score[home], weights=stations[home]) if home.any() else 0.0), 0.0)
    indicator = (region[:, None] == np.arange(n_regions)).astype(float)
    return np.hstack([within[:, None], between[:, None], overseas[:, None], indicator * within[:, None], indicator])


def _own_kinds(kinds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(kind for kind in kinds if kind not in USUAL_KINDS) if len(kinds) > 1 else ()


def _leanings(election: Election, lists: pd.DataFrame | None, stations: np.ndarray) -> np.ndarray:
    """(U, L) how places vote beyond the mean of their region: the first principal components of that by which the
    baseline's log shares differ inside regions, in deviations over the stations at home; zero where it is unknown.

    Lists count by their share of the vote (weighted log-ratio analysis, Greenacre & Lewi 2009), as log shares of small
    ones are mostly noise.
    """
    nothing = np.zeros((len(stations), 0))
    if lists is None:
        return nothing
    logs = lists.to_numpy()
    known = np.isfinite(logs).all(axis=1)
    logs, weight = logs[known], stations[known] * ~election.overseas[known]
    if np.count_nonzero(weight) < 2:
        return nothing
    national = np.exp(np.average(logs, axis=0, weights=weight))
    national /= national.sum()
    ratios = (logs - (logs @ national)[:, None]) * np.sqrt(national)
    region = election.region_index[known]
    ratios -= np.column_stack([means_by(region, column, stations[known]) for column in ratios.T])
    variance, axes = np.linalg.eigh((ratios.T * weight) @ ratios / weight.sum())
    first = np.argsort(-variance)[:LEANINGS]
    first = first[variance[first] > SMALLEST_VARIANCE]
    out = np.zeros((len(stations), len(first)))
    out[known] = ratios @ axes[:, first] / np.sqrt(variance[first])
    return out


def _fullness(election: Election, expected: np.ndarray, stations: np.ndarray) -> np.ndarray:
    """(U, 1) log of the valid votes `expected` of a station beyond the mean of those at home: a box with few ballots is
    counted soon. Abroad, beyond the mean of the region. (U, 0) where all are alike, or no stations are known."""
    log, home = np.log(np.maximum(expected, 1.0)), ~election.overseas
    if election.nominal_stations or not home.any():
        return np.zeros((len(log), 0))
    mean = np.where(home, np.average(log[home], weights=stations[home]), means_by(election.region_index, log, stations))
    away = log - mean
    deviation = np.sqrt(np.average(away[home] ** 2, weights=stations[home]))
    return away[:, None] if deviation > ALIKE else np.zeros((len(log), 0))


def earliness(covariates: np.ndarray, names: list[str]) -> np.ndarray:
    """How early places of a unit's sort report: big ones, and ones with few blank and null ballots (both
    standardised)."""
    weights = {"log size": 0.3, "invalid ballots": -0.7} if "invalid ballots" in names else {"log size": 1.0}
    return sum((weights[n] * covariates[:, names.index(n)] for n in weights if n in names), np.zeros(len(covariates)))
