"""The finished count: what is in, corrected and allocated, plus what is pending, drawn from the posterior."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from scipy import sparse

from .arrival import counted_share
from .evidence import Evidence
from .latent import softmax

CHUNK = 500
"""Draws worked on at once: memory is cells x candidates x this."""


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
    spread: np.ndarray
    """(C,) bool: stations within the unit differ, as they do not where the unit is one station"""

    def take(self, index: np.ndarray) -> Cells:
        """Some of the cells."""
        return Cells(**{name: getattr(self, name)[index] for name in Cells.__dataclass_fields__})

    def pooled(self, stations: np.ndarray, valid_per_station: np.ndarray) -> Cells:
        """The same cells, standing for others like them."""
        return replace(self, stations=stations, valid_per_station=valid_per_station)


@dataclass(frozen=True, eq=False)
class Draws:
    """Posterior draws of the cells' predictors, m of them: support (C, D, m), turnout (C, m), arrival scores (U, m)."""

    support: np.ndarray
    turnout: np.ndarray
    earliness: np.ndarray
    parameters: dict[str, np.ndarray]
    """Named parameters, draws last."""


Source = Callable[[int], Draws]
"""Gives the next so many draws."""


def open_cells(evidence: Evidence) -> Cells:
    """One cell for each unit with pending stations, one for each with contested sheets."""
    design = evidence.design
    pending = evidence.pending.copy()
    contested = evidence.contested
    for group in evidence.groups:
        pending[group.members] = np.maximum(pending[group.members], group.capacity)
    out, aside = np.flatnonzero(pending > 1e-9), np.flatnonzero(contested > 1e-9)
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
        spread=design.stations[unit] > 1.5,
    )


def complete(
    evidence: Evidence, cells: Cells, source: Source, draws: int, rng: np.random.Generator
) -> tuple[xr.Dataset, xr.Dataset]:
    """Joint draws of the finished count, votes by region and by kind, and of the parameters they came from."""
    chunks = []
    parameters = []
    for m in _chunks(draws):
        drawn = source(m)
        chunks.append(_complete(evidence, cells, drawn, rng))
        parameters.append(drawn.parameters)
    design = evidence.design
    coords = {"draw": np.arange(draws), "candidate": list(design.election.candidate_ids)}
    places = {"region": list(design.regions), "kind": list(design.kinds)}
    votes = {
        name: (("draw", "kind" if name.endswith("_kind") else "region", "candidate"), np.concatenate([c[name] for c in chunks]))
        for name in chunks[0]
    }
    named = {
        name: (("draw", *PARAMETER_DIMS[name]), np.moveaxis(np.concatenate([p[name] for p in parameters], axis=-1), -1, 0))
        for name in parameters[0]
    }
    coefficients = {
        "component": [*(f"support {i + 1}" for i in range(design.n_components - 1)), "turnout"],
        "effect": list(design.fixed_names),
        "order": ["slope", "between", "overseas"],
    }
    used = {dim for dims, _ in named.values() for dim in dims}
    return (
        xr.Dataset(votes, coords=coords | places),
        xr.Dataset(named, coords={k: v for k, v in (coords | places | coefficients).items() if k in used}),
    )


PARAMETER_DIMS = {
    "fixed": ("effect", "component"),
    "drift_nation": ("component",),
    "drift": ("region", "component"),
    "arrival": ("order",),
}
"""Dimensions of the named parameters that either engine reports: logits for support, logs for turnout."""


def _chunks(draws: int) -> Iterator[int]:
    for start in range(0, draws, CHUNK):
        yield min(CHUNK, draws - start)


def _complete(evidence: Evidence, cells: Cells, draws: Draws, rng: np.random.Generator) -> dict[str, np.ndarray]:
    m = draws.turnout.shape[1]
    stations, in_groups, aside_groups = _stations(evidence, cells, draws, rng)
    support, votes = _predict(evidence, cells, draws, stations, rng)
    ballots = votes[:, None] * support  # (C, K, m)
    regions = _indicator(cells.region, evidence.design.n_regions)
    outstanding = _total(regions, ballots)
    contested = _total(regions[:, cells.contested], ballots[cells.contested])
    kinds = _indicator(cells.kind, len(evidence.design.kinds))
    by_kind = _total(kinds, ballots)
    contested_kind = _total(kinds[:, cells.contested], ballots[cells.contested])
    counted = np.repeat(_known(evidence)[:, :, None], m, axis=2)
    per_cell = support * (cells.valid_per_station[:, None] * np.exp(draws.turnout))[:, None]
    for group, weight, aside in zip(evidence.groups, in_groups, aside_groups, strict=True):
        position = _cell_of(cells, group.members)
        expected = _total(regions[:, position], weight[:, None] * per_cell[position])
        counted += expected * (group.votes[:, None] / np.maximum(expected.sum(axis=0), 1e-9))
        late = aside[:, None] * per_cell[position]
        for total, places in ((contested, regions), (outstanding, regions), (by_kind, kinds), (contested_kind, kinds)):
            total += _total(places[:, position], late)
    counted *= _revision(evidence, outstanding, rng)
    result = {
        "final": counted + outstanding,
        "outstanding": outstanding,
        "contested": contested,
        "outstanding_kind": by_kind,
        "contested_kind": contested_kind,
    }
    return {name: np.moveaxis(value, -1, 0) for name, value in result.items()}


def _known(evidence: Evidence) -> np.ndarray:
    design = evidence.design
    return np.column_stack([np.bincount(design.region, column, design.n_regions) for column in evidence.votes.T])


def _indicator(code: np.ndarray, n: int) -> sparse.csc_array:
    return sparse.csc_array((np.ones(len(code)), (code, np.arange(len(code)))), shape=(n, len(code)))


def _total(indicator: sparse.csc_array, values: np.ndarray) -> np.ndarray:
    width = int(np.prod(values.shape[1:]))
    return (indicator @ values.reshape(len(values), width)).reshape(indicator.shape[0], *values.shape[1:])


def _cell_of(cells: Cells, members: np.ndarray) -> np.ndarray:
    pending = ~cells.contested
    order = np.flatnonzero(pending)
    return order[np.searchsorted(cells.unit[order], members)]


def _stations(
    evidence: Evidence, cells: Cells, draws: Draws, rng: np.random.Generator
) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """Stations (C, m) that will still be counted, and of each coarse group those counted and those set aside that will be."""
    m = draws.turnout.shape[1]
    stations = np.repeat(cells.stations[:, None], m, axis=1)
    counted_in_end = contested_share(evidence, rng, m)
    stations[cells.contested] *= counted_in_end
    inside, aside = [], []
    for group in evidence.groups:
        position = _cell_of(cells, group.members)
        share = counted_share(draws.earliness[group.members].T, group.capacity, group.processed).T  # (members, m)
        arrived = group.capacity[:, None] * share
        stations[position] = np.minimum(stations[position], np.maximum(stations[position] - arrived, 0.0))
        part = group.contested / max(arrived[:, 0].sum(), 1e-9)
        inside.append(arrived * (1.0 - part))
        aside.append(arrived * part * counted_in_end)
    return stations, inside, aside


def contested_share(evidence: Evidence, rng: np.random.Generator, draws: int) -> np.ndarray:
    """Draws of the share of contested sheets that are counted in the end."""
    priors = evidence.priors
    share, weight = priors.contested_counted, priors.contested_sheets
    return rng.beta(share * weight, (1.0 - share) * weight, draws)


def _predict(
    evidence: Evidence, cells: Cells, draws: Draws, stations: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Support (C, K, m) and valid votes (C, m) of what is out, station noise included."""
    priors, contrast = evidence.priors, evidence.design.contrast
    mean = softmax(draws.support.mean(axis=2) @ contrast.T)
    concentration = np.maximum((mean * (1.0 - mean)).sum(axis=1), 0.02)
    deviation = np.sqrt(2.0 * priors.station_correlation * contrast.shape[1] / concentration)
    root = cells.spread / np.sqrt(np.maximum(stations.mean(axis=1), 0.5))
    noise = rng.standard_normal(draws.support.shape, dtype=np.float32) * (deviation * root).astype(np.float32)[:, None, None]
    noise += draws.support
    logits = np.einsum("kd,cdm->ckm", contrast.astype(np.float32), noise)
    np.exp(logits - logits.max(axis=1, keepdims=True), out=logits)
    share = logits / logits.sum(axis=1, keepdims=True)
    turnout = rng.standard_normal(stations.shape, dtype=np.float32) * (priors.station_turnout * root).astype(np.float32)[:, None]
    return share, stations * cells.valid_per_station[:, None] * np.exp(turnout + draws.turnout)


def _revision(evidence: Evidence, outstanding: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Later corrections of counted votes, a factor by candidate and draw; none once an official count is finished."""
    priors, shape = evidence.priors, (1, outstanding.shape[1], outstanding.shape[2])
    preliminary = evidence.design.election.preliminary
    if not preliminary and not outstanding.any():
        return np.ones(shape)
    width = priors.revision_preliminary if preliminary else priors.revision
    return 1.0 + width * np.clip(rng.standard_normal(shape), -4.0, 4.0)
