"""The fast engine's draws: posteriors at several scales, mixed, and carried to the cells that are still out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrow import Arrow, Vector, coloured
from .complete import Cells, Draws
from .evidence import Evidence
from .laplace import Mode, Solver
from .latent import SUPPORT, TURNOUT, grouped_units, predictor
from .quadrature import Mixture

POOL = 1500
"""Above this many cells, those of one area that the model expects to vote alike are drawn as one."""

FIELDS = ((SUPPORT, slice(None, -1)), (TURNOUT, slice(-1, None)))


def allocate(weights: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Draws by quadrature point, systematic: within one of `draws * weight`, and `draws` in sum."""
    edges = np.floor(np.concatenate([[0.0], np.cumsum(weights)]) * draws + rng.random())
    edges[0], edges[-1] = 0, draws
    return np.diff(np.clip(edges, 0, draws)).astype(int)


@dataclass(frozen=True, eq=False)
class Pools:
    """Cells of one area, kind and standing that are drawn as one. The raw cells stand in the order of their pools."""

    raw: Cells
    cells: Cells
    """One for each pool"""
    weight: np.ndarray
    """(raw cells,) share of the pool's expected votes"""
    starts: np.ndarray
    """(pools,) the first raw cell of each"""

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Weighted mean (pools, ...) of values (raw cells, ...)."""
        weight = self.weight.reshape(-1, *([1] * (values.ndim - 1)))
        return np.add.reduceat(weight * values, self.starts, axis=0)


def pool(evidence: Evidence, raw: Cells, lean: np.ndarray) -> Pools:
    """Pools of `raw` cells: equal parts of an area's cells sorted by the support `lean` (raw cells,) that they are expected to give."""
    key = (evidence.design.area[raw.unit] * len(evidence.design.kinds) + raw.kind) * 2 + raw.contested
    order = np.lexsort((lean, key))
    raw, key = raw.take(order), key[order]
    size = max(1, int(np.ceil(len(order) / POOL)))
    new = np.r_[True, key[1:] != key[:-1]]
    position = np.arange(len(key)) - np.flatnonzero(new)[np.cumsum(new) - 1]
    starts = np.flatnonzero(new | (position % size == 0))
    votes = raw.stations * raw.valid_per_station
    total = np.add.reduceat(votes, starts)
    stations = np.add.reduceat(raw.stations, starts)
    cells = raw.take(starts).pooled(stations, total / stations)
    return Pools(raw, cells, votes / np.repeat(total, np.diff(np.r_[starts, len(key)])), starts)


class FastDraws:
    """Posterior draws of the cells, quadrature point by quadrature point."""

    def __init__(self, solver: Solver, mixture: Mixture, raw: Cells, draws: int, rng: np.random.Generator) -> None:
        self.solver, self.mixture, self.rng = solver, mixture, rng
        self.left = allocate(mixture.weights, draws, rng)
        self.pools = None
        if mixture.best.coarse is None and solver.evidence.design.n_components == 2 and len(raw.unit):
            self.pools = pool(solver.evidence, raw, predictor(solver.evidence, mixture.best.latent)[raw.unit, 0])
        self.cells = raw if self.pools is None else self.pools.cells

    def __call__(self, m: int) -> Draws:
        parts: list[Draws] = []
        for point in np.flatnonzero(self.left):
            take = min(m - sum(p.turnout.shape[1] for p in parts), int(self.left[point]))
            if take > 0:
                self.left[point] -= take
                mode = self.mixture.modes[point]
                parts.append(self._each(mode, take) if self.pools is None else self._pooled(self.pools, mode, take))
        arrays = (np.concatenate([getattr(p, f) for p in parts], axis=-1) for f in ("support", "turnout", "earliness"))
        names = parts[0].parameters
        return Draws(*arrays, {n: np.concatenate([p.parameters[n] for p in parts], axis=-1) for n in names})

    def _each(self, mode: Mode, m: int) -> Draws:
        """Every cell for itself, which coarse batches need: they tie the units of a group."""
        evidence, cells = self.solver.evidence, self.cells
        units = np.unique(cells.unit) if mode.coarse is None else np.union1d(cells.unit, grouped_units(evidence))
        fields, arrival = self.solver.draw(mode, units, m, self.rng)
        where = np.searchsorted(units, cells.unit)
        point = predictor(evidence, mode.latent)[cells.unit]
        out = []
        for field, part in FIELDS:
            slots = mode.arrows[field].spread(fields[field].core, fields[field].area, cells.unit)
            nation = slots[:, 1] + mode.latent.drift_nation[0, part, None]
            region = slots[:, 2] + mode.latent.drift[cells.region][:, part, None]
            late = cells.late_nation[:, None, None] * nation + cells.late_region[:, None, None] * region
            out.append(point[:, part, None] + slots[:, 0] + fields[field].unit[where] + late)
        return Draws(out[0], out[1][:, 0], self._score(mode, arrival), self._parameters(mode, fields, arrival))

    def _pooled(self, pools: Pools, mode: Mode, m: int) -> Draws:
        """Pools of cells, each a linear function of core and area with the mean of its cells' coefficients."""
        fields, predictors = [], []
        for field, part in FIELDS:
            core, area = mode.arrows[field].sample_core(self.rng, m)
            predictors.append(self._carry(pools, mode.arrows[field], mode, field, part, core[:, 0], area[:, 0]))
            fields.append(Vector(core, area, np.zeros((0, 1, m))))
        nothing = np.zeros((0, m))
        parameters = self._parameters(mode, (fields[0], fields[1]), nothing)
        return Draws(predictors[0][:, None], predictors[1], nothing, parameters)

    def _carry(
        self, pools: Pools, arrow: Arrow, mode: Mode, field: int, part: slice, core: np.ndarray, area: np.ndarray
    ) -> np.ndarray:
        """(pools, m) predictors of one scalar field."""
        design, raw, cells = self.solver.evidence.design, pools.raw, pools.cells
        f, r = design.fixed.shape[1], design.n_regions
        gain = arrow.gain[raw.unit][:, :, 0, 0]
        kept, nation, region = 1.0 - gain[:, 0], raw.late_nation - gain[:, 1], raw.late_region - gain[:, 2]
        point = predictor(self.solver.evidence, mode.latent)[raw.unit, part][:, 0]
        point += raw.late_nation * mode.latent.drift_nation[0, part] + raw.late_region * mode.latent.drift[raw.region, part][:, 0]
        out = pools.mean(kept[:, None] * design.fixed[raw.unit]) @ core[:f]
        out += pools.mean(kept)[:, None] * (core[f : f + r][cells.region] + area[design.area[cells.unit]])
        out += pools.mean(nation)[:, None] * core[f + r] + pools.mean(region)[:, None] * core[f + r + 1 :][cells.region]
        noise = pools.mean(pools.weight * arrow.unit_covariance[raw.unit, 0, 0])
        out += pools.mean(point)[:, None]
        return out + coloured(noise[:, None, None], self.rng, core.shape[1])[:, 0]

    def _score(self, mode: Mode, arrival: np.ndarray) -> np.ndarray:
        """Arrival scores of the units, (U, m); none where no group is coarse."""
        design = self.solver.evidence.design
        if mode.coarse is None:
            return np.zeros((0, arrival.shape[1]))
        q = design.arrival.shape[1]
        coefficients = mode.latent.arrival[:, None] + arrival[:q]
        return design.arrival @ coefficients + mode.latent.arrival_unit[:, None] + arrival[q:]

    def _parameters(self, mode: Mode, fields: tuple[Vector, Vector], arrival: np.ndarray) -> dict[str, np.ndarray]:
        design, latent = self.solver.evidence.design, mode.latent
        f, r = design.fixed.shape[1], design.n_regions
        core = np.concatenate([vector.core for vector in fields], axis=1)
        named = {
            "fixed": latent.fixed[:, :, None] + core[:f],
            "drift_nation": latent.drift_nation[0][:, None] + core[f + r],
            "drift": latent.drift[:, :, None] + core[f + r + 1 :],
        }
        if mode.coarse is not None:
            named["arrival"] = latent.arrival[:3, None] + arrival[:3]
        return named
