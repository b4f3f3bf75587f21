"""The fast engine's draws: posteriors at several scales, mixed, and carried to the cells that are still out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from threading import Lock

import numpy as np
from scipy import sparse

from .arrow import SLOTS, Arrow, Eliminated, Vector, coloured, indicator, outer, sums, times, with_area
from .complete import Cells, Draws, Portion, turnout_variance
from .design import NATIONAL_ORDER
from .effects import Scale
from .evidence import Evidence
from .laplace import FIELDS, Mode, Solver
from .latent import grouped_units, predictor
from .quadrature import Mixture
from .simplex import logits_of_mean, mean_share, to_contrasts, to_logits

POOL = 150
"""Above this many cells, those of one region that the model expects to vote alike are drawn as one."""


def allocate(weights: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Draws by quadrature point, systematic: within one of `draws * weight`, and `draws` in sum."""
    edges = np.floor(np.concatenate([[0.0], np.cumsum(weights)]) * draws + rng.random())
    edges[0], edges[-1] = 0, draws
    return np.diff(np.clip(edges, 0, draws)).astype(int)


@dataclass(frozen=True, eq=False)
class Pools:
    """Cells of one region and kind, all pending or all contested, that are drawn as one. The raw cells stand in the
    order of their parcels: what a pool has in one area; the parcels in that of their pools."""

    raw: Cells
    cells: Cells
    """One for each pool"""
    weight: np.ndarray
    """(raw cells,) share of the pool's expected votes"""
    starts: np.ndarray
    """(pools,) the first raw cell of each"""
    parcels: np.ndarray
    """(parcels,) the first raw cell of each"""
    area: np.ndarray
    """(parcels,) its area"""

    @cached_property
    def averages(self) -> sparse.csr_array:
        """(pools, raw cells) weights"""
        return self._averages(self.starts)

    @cached_property
    def by_parcel(self) -> sparse.csr_array:
        """(parcels, raw cells) weights, as parts of the pool's"""
        return self._averages(self.parcels)

    @cached_property
    def pool(self) -> np.ndarray:
        """(parcels,) the pool of each"""
        return np.searchsorted(self.starts, self.parcels, side="right") - 1

    @cached_property
    def areas(self) -> tuple[np.ndarray, np.ndarray]:
        """The areas that have pools, and the position (parcels,) of each parcel's among them"""
        return np.unique(self.area, return_inverse=True)

    @cached_property
    def of_parcels(self) -> sparse.csr_array:
        """(pools, parcels) ones where a parcel is the pool's"""
        return indicator(self.pool, len(self.starts))

    def _averages(self, starts: np.ndarray) -> sparse.csr_array:
        ends, cells = np.r_[starts, len(self.weight)], np.arange(len(self.weight))
        return sparse.csr_array((self.weight, cells, ends), shape=(len(starts), len(self.weight)))


def pool(evidence: Evidence, raw: Cells, eta: np.ndarray) -> Pools:
    """Pools of `raw` cells: equal parts of a region's cells sorted by the support that `eta` (raw cells, E) expects."""
    told = np.isin(raw.unit, evidence.fine.group)  # what nothing pins answers to its area and region in full
    key = ((raw.region * len(evidence.design.kinds) + raw.kind) * 2 + raw.contested) * 2 + told
    order = np.lexsort((eta[:, 0], key))
    size = max(1, int(np.ceil(len(order) / POOL)))
    new = _changes(key[order])
    position = np.arange(len(key)) - np.flatnonzero(new)[np.cumsum(new) - 1]
    part = np.cumsum(new | (position % size == 0)) - 1
    area = evidence.design.area[raw.unit]
    order = order[np.lexsort((area[order], part))]
    raw, eta, area = raw.take(order), eta[order], area[order]
    starts, parcels = np.flatnonzero(_changes(part)), np.flatnonzero(_changes(part) | _changes(area))
    votes = raw.stations * raw.valid_per_station
    stations = np.add.reduceat(raw.stations, starts)
    means = ("valid_per_station", "several", "sorted_variance")
    cells = raw.take(starts).pooled(
        stations, {name: np.add.reduceat(raw.stations * getattr(raw, name), starts) / stations for name in means}
    )
    expected = votes * np.exp(eta[:, -1])
    weight = expected / np.add.reduceat(expected, starts)[part]
    return Pools(raw, cells, weight, starts, parcels, area[parcels])


def _changes(sorted_codes: np.ndarray) -> np.ndarray:
    """Where a code is not that before it."""
    return np.r_[True, sorted_codes[1:] != sorted_codes[:-1]]


class FastDraws:
    """Posterior draws of the cells, quadrature point by quadrature point."""

    areas: np.ndarray | slice = slice(None)
    """Those whose effects are drawn"""

    def __init__(self, solver: Solver, mixture: Mixture, raw: Cells, draws: int, rng: np.random.Generator) -> None:
        self.solver, self.mixture = solver, mixture
        self.allocated = allocate(mixture.weights, draws, rng)
        loose = self._loose(raw)
        self.tied, self.pools = raw.take(np.flatnonzero(~loose)), None
        if loose.any():
            raw = raw.take(np.flatnonzero(loose))
            self.pools = pool(solver.evidence, raw, predictor(solver.evidence, mixture.best.latent)[raw.unit])
        self.cells = self.tied if self.pools is None else self.tied.joined(self.pools.cells)
        self._carried: dict[Arrow, Carried] = {}
        self._parts: dict[Eliminated, _Parts] = {}
        self._carrying = Lock()

    def portions(self) -> list[Portion]:
        """One for each quadrature point that has draws."""
        each = zip(self.mixture.modes, self.allocated.tolist(), strict=True)
        return [partial(self._portion, mode, draws) for mode, draws in each if draws]

    def _portion(self, mode: Mode, draws: int, most: int, rng: np.random.Generator) -> Iterator[Draws]:
        carried = None if self.pools is None else self._carried_to(self.pools, mode)
        most = self._at_once(most)
        for made in range(0, draws, most):
            m = min(most, draws - made)
            yield self._each(mode, m, rng) if carried is None else self._pooled(carried, mode, m, rng)

    def _at_once(self, most: int) -> int:
        """Draws worked on at once, `most` of them at most."""
        return most

    def _carried_to(self, pools: Pools, mode: Mode) -> tuple[Carried, Carried]:
        with self._carrying:
            carried = self._carry(pools, mode.arrows[0]), self._carry(pools, mode.arrows[1])
        return _centred(self.solver.evidence, pools, mode, carried)

    def _loose(self, raw: Cells) -> np.ndarray:
        """(C,) bool: the cells that no coarse group ties to others, which may be pooled."""
        return np.full(len(raw.unit), not self.solver.evidence.groups)

    def _carry(self, pools: Pools, arrow: Arrow) -> Carried:
        """Quadrature points share scales of turnout, and the scale of units."""
        if arrow not in self._carried:
            if arrow.units not in self._parts:
                self._parts[arrow.units] = _parts(pools, arrow.units)
            self._carried[arrow] = _carry(pools, arrow, self._parts[arrow.units])
        return self._carried[arrow]

    def _each(self, mode: Mode, m: int, rng: np.random.Generator) -> Draws:
        """Every cell for itself, which coarse batches need: they tie the units of a group."""
        evidence = self.solver.evidence
        units = np.unique(self.tied.unit)
        if evidence.groups:
            units = np.union1d(units, grouped_units(evidence))
        fields, arrival = self._draw(mode, units, m, rng)
        return self._at_cells(mode, units, fields, arrival)

    def _draw(
        self, mode: Mode, units: np.ndarray, m: int, rng: np.random.Generator
    ) -> tuple[tuple[Vector, Vector], np.ndarray]:
        """Either field with the own effects of `units`, and arrival with theirs, as deviations from the mode."""
        support, turnout = (sample(arrow, units, m, rng, self.areas) for arrow in mode.arrows)
        if mode.coarse is None:
            return (support, turnout), self._arrival(mode, units, m, rng)
        return self._conditioned(mode, units, (support, turnout), rng)

    def _arrival(self, mode: Mode, units: np.ndarray, m: int, rng: np.random.Generator) -> np.ndarray:
        """Draws of arrival's prior (Q + units, m), none where no group is coarse."""
        if not self.solver.evidence.groups:
            return np.zeros((0, m))
        deviation = np.r_[mode.prior.arrival, np.full(len(units), mode.prior.arrival_unit)]
        arrival = rng.standard_normal((len(deviation), m), dtype=np.float32)
        arrival *= deviation[:, None].astype(np.float32)
        return arrival

    def _at_cells(self, mode: Mode, units: np.ndarray, fields: tuple[Vector, Vector], arrival: np.ndarray) -> Draws:
        evidence, cells = self.solver.evidence, self.tied
        where = np.searchsorted(units, cells.unit)
        point = predictor(evidence, mode.latent)[cells.unit].astype(np.float32)
        late_nation, late_region = (
            late.astype(np.float32)[:, None, None] for late in (cells.late_nation, cells.late_region)
        )
        out = []
        for field, part in FIELDS:
            base, nation, region = mode.arrows[field].slots(fields[field].core, fields[field].area, cells.unit)
            base += fields[field].unit[where]
            base += point[:, part, None]
            base += late_nation * (nation + mode.latent.drift_nation[0, part, None].astype(np.float32))
            region += mode.latent.drift[cells.region][:, part, None].astype(np.float32)
            region *= late_region
            base += region
            out.append(base)
        parameters = self._parameters(mode, fields, arrival)
        return Draws(out[0], out[1][:, 0], self._score(mode, units, arrival), parameters, _drift_scales(mode, fields))

    def _conditioned(
        self, mode: Mode, units: np.ndarray, fields: tuple[Vector, Vector], rng: np.random.Generator
    ) -> tuple[tuple[Vector, Vector], np.ndarray]:
        assert mode.coarse is not None
        m = fields[0].core.shape[-1]
        arrival = self._arrival(mode, units, m, rng)
        noise = rng.standard_normal((len(mode.coarse.score), m))
        return self.solver.condition(mode, units, fields, arrival, noise)

    def _pooled(self, carried: tuple[Carried, Carried], mode: Mode, m: int, rng: np.random.Generator) -> Draws:
        """Draws of cells that are all pooled."""
        nothing, nobody = np.zeros((0, m)), np.zeros((0, 1, m))
        support, turnout = (Vector(arrow.sample(rng, m), nobody, nobody) for arrow in mode.arrows)
        drawn = carried[0].draw(support.core, rng), carried[1].draw(turnout.core, rng)
        return Draws(
            drawn[0],
            drawn[1][:, 0],
            nothing,
            self._parameters(mode, (support, turnout), nothing),
            _drift_scales(mode, (support, turnout)),
            carried[0].noise,
            carried[1].noise[:, 0, 0],
        )

    def _score(self, mode: Mode, units: np.ndarray, arrival: np.ndarray) -> np.ndarray:
        """Arrival scores of the units, (U, m), of which some are drawn; none where no group is coarse."""
        if not self.solver.evidence.groups:
            return np.zeros((0, arrival.shape[1]))
        out = np.zeros((self.solver.evidence.design.n_units, arrival.shape[1]), dtype=np.float32)
        out[units] = self._score_of(mode, units, arrival)
        return out

    def _score_of(self, mode: Mode, units: np.ndarray, arrival: np.ndarray) -> np.ndarray:
        """Arrival scores of some units, (units, m), from draws of the coefficients and of these units' own."""
        design, latent = self.solver.evidence.design, mode.latent
        q = design.arrival.shape[1]
        score = design.arrival[units].astype(np.float32) @ arrival[:q]
        score += arrival[q:]
        score += (design.arrival[units] @ latent.arrival + latent.arrival_unit[units]).astype(np.float32)[:, None]
        return score

    def _parameters(self, mode: Mode, fields: tuple[Vector, Vector], arrival: np.ndarray) -> dict[str, np.ndarray]:
        latent = mode.latent
        rows = self.solver.layout.places
        core = np.concatenate([vector.core for vector in fields], axis=1)
        named = {
            "fixed": latent.fixed[:, :, None] + core[rows.fixed],
            "drift_nation": latent.drift_nation[0][:, None] + core[rows.drift_nation],
            "drift": latent.drift[:, :, None] + core[rows.drift],
        }
        if self.solver.evidence.groups:
            common = len(NATIONAL_ORDER)
            named["arrival"] = latent.arrival[:common, None] + arrival[:common]
        return named


def _drift_scales(mode: Mode, fields: tuple[Vector, Vector]) -> np.ndarray:
    """(2, m) as `Draws` has them: a quadrature point has one for all its draws."""
    return np.repeat(mode.scales[Scale.DRIFT][:, None], fields[0].core.shape[-1], axis=1)


def sample(
    arrow: Arrow, units: np.ndarray, m: int, rng: np.random.Generator, areas: np.ndarray | slice = slice(None)
) -> Vector:
    """Draws of an arrow in single precision, with the effects of some areas and the own effects of some of their
    units."""
    core = arrow.sample(rng, m).astype(np.float32)
    area = np.zeros((len(arrow.area_covariance), core.shape[1], m), dtype=np.float32)
    area[areas] = coloured(arrow.area_covariance[areas], rng, m) - arrow.from_core(core, areas)
    return Vector(core, area, own_effects(arrow, units, core, area, rng))


def own_effects(
    arrow: Arrow, units: np.ndarray, core: np.ndarray, area: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draws of some units' own effects (units, d, m), given those of core and areas."""
    own = coloured(arrow.units.covariance_of(units), rng, core.shape[-1])
    told = arrow.layout.row[units] >= 0
    if told.any():
        gain = arrow.units.gain_of(units[told]).astype(np.float32)
        slots = arrow.slots(core, area, units[told])
        own[told] -= sum(times(g, s) for g, s in zip(gain, slots, strict=True))
    return own


@dataclass(frozen=True, eq=False)
class Carried:
    """One field carried to the pools: a centre, a linear function of the core, area effects and noise of their own."""

    centre: np.ndarray
    """(pools, d) zero until it is known what either field makes of the other"""
    of_core: np.ndarray
    """(pools, d, L, d) of the rows of the core that touch the pool's region"""
    rows: np.ndarray
    """(pools, L) these rows, as `Local` has them: fixed, region, nation's drift, region's"""
    areas: int
    """Number of those that have pools"""
    of_area: sparse.csr_array
    """(pools * d, areas * d) of standard normal effects of these areas"""
    noise: np.ndarray
    """(pools, d, d) covariance"""
    doubt: np.ndarray
    """(pools, d, d) covariance given the core: of areas and noise"""
    raw_doubt: np.ndarray
    """(raw cells, d, d) the same of each cell"""

    def draw(self, core: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Predictors (pools, d, m) of draws of the core (core, d, m), their own noise not yet added: each a linear
        function of core and areas, with the mean of its cells' coefficients."""
        pools, (d, m), core = len(self.centre), core.shape[1:], core.astype(np.float32)
        f = self.rows.shape[1] - SLOTS
        everywhere = np.r_[:f, f + 1]
        out = self.of_core[:, :, everywhere].reshape(pools * d, -1) @ core[self.rows[0, everywhere]].reshape(-1, m)
        out += self.of_area @ rng.standard_normal((self.areas * d, m), dtype=np.float32)
        out = out.reshape(pools, d, m)
        out += self.centre[:, :, None].astype(np.float32)
        for own in (f, f + 2):
            out += times(self.of_core[:, :, own], core[self.rows[:, own]])
        return out


def _centred(evidence: Evidence, pools: Pools, mode: Mode, carried: tuple[Carried, Carried]) -> tuple[Carried, Carried]:
    """Support and turnout of the pools, centred so that a pool votes at the mode as its cells do one by one."""
    raw, cells, contrast = pools.raw, pools.cells, evidence.design.contrast
    eta = predictor(evidence, mode.latent)[raw.unit]
    eta += raw.late_nation[:, None] * mode.latent.drift_nation
    eta += raw.late_region[:, None] * mode.latent.drift[raw.region]
    support, turnout = carried
    logits = to_logits(eta[:, :-1], contrast)
    doubt = turnout.raw_doubt[:, 0, 0] + turnout_variance(evidence, raw, raw.stations)
    votes = raw.stations * raw.valid_per_station * np.exp(eta[:, -1] + 0.5 * doubt)
    total = np.add.reduceat(votes, pools.starts)
    share = votes[:, None] * mean_share(logits, support.raw_doubt, contrast)
    share = np.add.reduceat(share, pools.starts) / total[:, None]
    centre = to_contrasts(logits_of_mean(share, support.doubt, contrast), contrast)
    log = np.log(total / (cells.stations * cells.valid_per_station))
    log -= 0.5 * (turnout.doubt[:, 0, 0] + turnout_variance(evidence, cells, cells.stations))
    return replace(support, centre=centre), replace(turnout, centre=log[:, None])


@dataclass(frozen=True, eq=False)
class _Parts:
    """What pools and parcels are made of at one precision of units."""

    own: np.ndarray
    """(raw cells, d, d) covariance of the units' own effects"""
    kept: np.ndarray
    """(raw cells, d, d) how much of what its area has a cell shows"""
    by_parcel: tuple[np.ndarray, np.ndarray, np.ndarray]
    """(parcels, d, d) the same of each slot, weighed"""
    by_fixed: np.ndarray
    """(pools, d, F, d) of each covariate"""
    noise: np.ndarray
    """(pools, d, d) covariance"""


def _parts(pools: Pools, units: Eliminated) -> _Parts:
    raw, own, gain = pools.raw, units.covariance_of(pools.raw.unit), units.gain_of(pools.raw.unit)
    one = np.eye(own.shape[-1])
    late = [one * part[:, None, None] for part in (np.ones(len(raw.unit)), raw.late_nation, raw.late_region)]
    shown, nation, drift = (sums(pools.by_parcel, part) for part in late - gain)
    kept = one - gain[0]
    by_fixed = sums(pools.averages, outer(units.layout.fixed[raw.unit], kept)).transpose(0, 2, 1, 3)
    noise = sums(pools.averages, pools.weight[:, None, None] * own)
    return _Parts(own, kept, (shown, nation, drift), by_fixed, noise)


def _carry(pools: Pools, arrow: Arrow, parts: _Parts) -> Carried:
    """How the pools of one field answer to core, areas and noise."""
    layout, d, (kept, nation_kept, drift_kept) = arrow.layout, parts.own.shape[-1], parts.by_parcel
    # (parcels, d, L, d): what the core takes from the area
    through = times(kept, arrow.area_gain[pools.area].reshape(len(kept), d, -1)).reshape(len(kept), d, -1, d)
    f, number = layout.fixed.shape[1], len(pools.starts)
    through[:, :, f] -= kept
    through[:, :, f + 1] -= nation_kept
    through[:, :, f + 2] -= drift_kept
    of_core = -sums(pools.of_parcels, through)
    of_core[:, :, :f] += parts.by_fixed
    areas, position = pools.areas
    of_area = times(kept, np.linalg.cholesky(arrow.area_covariance[areas])[position])
    doubt = parts.noise + sums(pools.of_parcels, times(of_area, of_area.swapaxes(1, 2)))
    raw_doubt = with_area(parts.own, parts.kept, arrow.area_covariance[layout.area[pools.raw.unit]])
    return Carried(
        np.zeros((number, d)),
        of_core.astype(np.float32),
        layout.local[pools.cells.region],
        len(areas),
        _blocks(of_area, pools.pool, position, (number * d, len(areas) * d)),
        parts.noise,
        doubt,
        raw_doubt,
    )


def _blocks(blocks: np.ndarray, row: np.ndarray, column: np.ndarray, shape: tuple[int, int]) -> sparse.csr_array:
    """A sparse matrix of blocks (n, d, d) at these rows and columns of blocks, in single precision."""
    within = np.arange(blocks.shape[-1])
    rows = within[:, None] + (row * len(within))[:, None, None]
    columns = within + (column * len(within))[:, None, None]
    where = tuple(np.broadcast_to(each, blocks.shape).reshape(-1) for each in (rows, columns))
    return sparse.csr_array((blocks.reshape(-1).astype(np.float32), where), shape=shape)
