"""Gaussian algebra of grouped effects: units inside areas, areas beside a small dense core, eliminated in that order.

The precision of (core, area, unit) is an arrow: units do not touch each other, nor do areas, so that both are
eliminated block by block and one Cholesky of the core (covariates, regions, drifts) remains. What a unit or an area
adds
to the core is dense in the covariates alone and touches one region. Cost is linear in units.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
from scipy import linalg, sparse

from .effects import CoreRows

ROUNDING = 1e-9
"""What sums of products leave of a covariance's digits."""
SLOTS = 3
"""Where a batch touches its unit: the unit's predictor, the nation's drift, the region's drift."""


@dataclass(frozen=True, eq=False)
class Members:
    """Some units by place, in the order of their areas. T of them."""

    unit: np.ndarray
    """(T,) positions in the register"""
    fixed: np.ndarray
    """(T, F)"""
    in_region: sparse.csr_array
    """(R, T)"""
    in_area: sparse.csr_array
    """(A, T)"""


@dataclass(frozen=True, eq=False)
class Layout:
    """Who lies in what, shared by every factorisation of one night."""

    fixed: np.ndarray
    """(U, F)"""
    region: np.ndarray
    area: np.ndarray
    in_region: sparse.csr_array
    """(R, U)"""
    in_area: sparse.csr_array
    """(A, U)"""
    area_region: np.ndarray
    """(A,)"""
    area_in_region: sparse.csr_array
    """(R, A)"""
    told: Members
    """The units that have batches of their own; all others stand on their prior."""
    row: np.ndarray
    """(U,) each unit's row among those told of, -1 for the others"""

    @property
    def regions(self) -> int:
        return self.in_region.indptr.size - 1

    @property
    def core(self) -> int:
        """Number of the core's rows."""
        return self.places.total

    @cached_property
    def local(self) -> np.ndarray:
        """(R, L) rows of the core that touch each region, in the order of `Local`."""
        fixed, b, n, g = self.places
        every = np.arange(self.regions)[:, None]
        shared = np.broadcast_to(np.arange(fixed.stop), (self.regions, fixed.stop))
        return np.hstack([shared, b.start + every, np.full_like(every, n), g.start + every])

    @cached_property
    def areas_of(self) -> list[np.ndarray]:
        """The areas of each region."""
        return _places_of(self.area_region, self.regions)

    @cached_property
    def told_of(self) -> list[np.ndarray]:
        """The rows among the units told of that lie in each region."""
        return _places_of(self.region[self.told.unit], self.regions)

    @cached_property
    def places(self) -> CoreRows:
        """Where the core's effects stand."""
        return CoreRows.of(self.fixed.shape[1], self.regions)


def build_layout(fixed: np.ndarray, region: np.ndarray, area: np.ndarray, n_regions: int, told: np.ndarray) -> Layout:
    """The layout of a register; `told` are the positions of units with batches of their own."""
    n_areas = int(area.max()) + 1
    area_region = np.zeros(n_areas, int)
    area_region[area] = region
    told = told[np.argsort(area[told], kind="stable")]
    row = np.full(len(region), -1)
    row[told] = np.arange(len(told))
    members = Members(told, fixed[told], indicator(region[told], n_regions), indicator(area[told], n_areas))
    in_region, in_area = indicator(region, n_regions), indicator(area, n_areas)
    return Layout(fixed, region, area, in_region, in_area, area_region, indicator(area_region, n_regions), members, row)


def _some(layout: Layout, rows: np.ndarray) -> Members:
    told = layout.told
    unit = told.unit[rows]
    in_region = indicator(layout.region[unit], layout.regions)
    return Members(unit, told.fixed[rows], in_region, indicator(layout.area[unit], len(layout.area_region)))


def _places_of(code: np.ndarray, n: int) -> list[np.ndarray]:
    return np.split(np.argsort(code, kind="stable"), np.bincount(code, minlength=n).cumsum()[:-1])


def indicator(code: np.ndarray, n: int) -> sparse.csr_array:
    """(n, len(code)) ones where a member has the code."""
    return sparse.csr_array((np.ones(len(code)), (code, np.arange(len(code)))), shape=(n, len(code)))


@dataclass(frozen=True, eq=False)
class Vector:
    """A right-hand side or a solution with m columns."""

    core: np.ndarray
    """(core, d, m)"""
    area: np.ndarray
    """(A, d, m)"""
    unit: np.ndarray
    """(U, d, m)"""


@dataclass(frozen=True, eq=False)
class Variances:
    """What is left in doubt at given scales."""

    core: np.ndarray
    """(core, d) variances"""
    area: float
    """Sum of all areas' variances"""
    unit: float
    """The same of units"""


@dataclass(frozen=True)
class Precisions:
    """Prior precisions of one field."""

    core: np.ndarray
    """(core,)"""
    area: float
    unit: float


def sums(places: sparse.csr_array, values: np.ndarray) -> np.ndarray:
    """Sums (places, ...) of values (members, ...)."""
    flat = places @ values.reshape(len(values), prod(values.shape[1:]))
    return flat.reshape(len(flat), *values.shape[1:])


def times(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Products of (..., d, d) blocks with (..., d, m); scalars are multiplied, which is many times faster."""
    return left * right if left.shape[-1] == 1 else left @ right


def with_area(own: np.ndarray, answer: np.ndarray, area: np.ndarray) -> np.ndarray:
    """Covariances (n, d, d) of what has some of its `own`, and answers to an area that has its covariance."""
    return own + times(times(answer, area), _turned(answer))


def invert(blocks: np.ndarray) -> np.ndarray:
    """Inverse of (..., d, d) blocks; scalars are divided."""
    return 1.0 / blocks if blocks.shape[-1] == 1 else np.linalg.inv(blocks)


def _turned(blocks: np.ndarray) -> np.ndarray:
    return np.swapaxes(blocks, -1, -2)


def _log_determinant(blocks: np.ndarray) -> float:
    if blocks.shape[-1] == 1:
        return float(np.log(blocks).sum())
    return float(np.linalg.slogdet(blocks)[1].sum())


@dataclass(frozen=True, eq=False)
class Local:
    """What members add to the core's precision, by the columns that touch them: (F fixed, region, nation's drift,
    region's)."""

    total: np.ndarray
    """(L, d, L, d); of the two columns of regions nothing is kept"""
    by_region: np.ndarray
    """(R, d, L, d) rows of the regions"""
    by_drift: np.ndarray
    """(R, d, L, d) rows of the regions' drifts"""


class Eliminated:
    """One field's precision after its units are eliminated, at one precision of theirs; all else is still open."""

    def __init__(self, layout: Layout, information: np.ndarray, precision: float) -> None:
        """`information` is (3, 3, T, d, d): what the batches of each unit tell of its slots."""
        self.layout, self.precision = layout, precision
        told, d = layout.told, information.shape[-1]
        blocks = information[0, 0] + precision * np.eye(d)
        self.covariance = invert(blocks)
        """(T, d, d)"""
        self.gain = times(self.covariance, information[0])
        """(3, T, d, d)"""
        untold = len(layout.region) - len(told.unit)
        self.log_determinant = _log_determinant(blocks) + untold * d * float(np.log(precision))
        # I - I (I + p)^-1 I is p (I + p)^-1 I, and loses no digits to the difference
        reduced = precision * self.gain
        low, place = _triangle(d)
        by_fixed = told.fixed[:, :, None] * reduced[0][:, None, *low]  # of symmetric blocks half is enough
        parts = (sums(told.in_area, by_fixed)[..., place], *(sums(told.in_area, part[:, None]) for part in reduced))
        by_area = np.concatenate(parts, axis=1)
        self.by_area = np.ascontiguousarray(by_area.transpose(0, 2, 1, 3))
        """(A, d, L, d)"""
        self.local = self._local(information, reduced, _dot(told.fixed, by_fixed)[..., place])

    def _local(self, information: np.ndarray, reduced: np.ndarray, fixed: np.ndarray) -> Local:
        """`fixed` (F, F, d, d) is what all members add to the fixed effects."""
        told, d = self.layout.told, reduced.shape[-1]
        f = told.fixed.shape[1]
        total = np.zeros((f + SLOTS, d, f + SLOTS, d))
        total[:f, :, :f] = fixed.transpose(0, 2, 1, 3)
        total[f + 1, :, :f] = _dot(told.fixed, reduced[1]).transpose(2, 0, 1)
        total[f + 1, :, f + 1] = (information[1, 1] - times(_turned(information[0, 1]), self.gain[1])).sum(axis=0)
        drift = [_turned(information[2, s] - times(_turned(information[0, 2]), self.gain[s])) for s in (1, 2)]
        parts = (outer(told.fixed, reduced[2]), reduced[2, :, None], drift[0][:, None], drift[1][:, None])
        by_drift = np.concatenate([sums(told.in_region, part) for part in parts], axis=1).transpose(0, 3, 1, 2)
        return Local(total, sums(self.layout.area_in_region, self.by_area), by_drift)

    def fold(self, own: np.ndarray, rows: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """What eliminating units takes from a right-hand side: from the core (core, d, m) and from areas (A, d, m).

        `own` (T, d, m) is that of the units told of; or of some of them, `rows`, where it is zero for the others.
        """
        layout, told, gains = self.layout, self.layout.told, self.gain
        if rows is not None:
            told, gains = _some(layout, rows), gains[:, rows]
        core = np.zeros((layout.core, *own.shape[1:]), own.dtype)
        if not len(own):
            return core, np.zeros((len(layout.area_region), *own.shape[1:]), own.dtype)
        fixed, region, nation, drift = layout.places
        taken = [times(_turned(gain), own) for gain in gains.astype(own.dtype, copy=False)]
        area = sums(told.in_area, taken[0])
        flat = told.fixed.T.astype(own.dtype, copy=False) @ taken[0].reshape(len(own), -1)
        core[fixed] = flat.reshape(-1, *own.shape[1:])
        core[region] = sums(layout.area_in_region, area)
        core[nation] = taken[1].sum(axis=0)
        core[drift] = sums(told.in_region, taken[2])
        return core, area

    def solve_units(self, unit: np.ndarray, row: np.ndarray | None = None) -> np.ndarray:
        """Units' own covariance times a right-hand side (U, d, m); or of some units, `row` as in the layout."""
        row = self.layout.row if row is None else row
        out = unit / self.precision
        told = row >= 0
        if told.any():
            out[told] = times(self.covariance[row[told]].astype(unit.dtype, copy=False), unit[told])
        return out

    def covariance_of(self, units: np.ndarray) -> np.ndarray:
        """Covariances (units, d, d) of some units, given core and area."""
        d = self.covariance.shape[-1]
        out = np.broadcast_to(np.eye(d) / self.precision, (len(units), d, d)).copy()
        row = self.layout.row[units]
        out[row >= 0] = self.covariance[row[row >= 0]]
        return out

    def gain_of(self, units: np.ndarray) -> np.ndarray:
        """How some units' own effects answer to their slots: (3, units, d, d)."""
        d = self.covariance.shape[-1]
        out = np.zeros((SLOTS, len(units), d, d))
        row = self.layout.row[units]
        out[:, row >= 0] = self.gain[:, row[row >= 0]]
        return out


def _triangle(d: int) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """Rows and columns of the lower triangle of (d, d), and where in it each element (d, d), or its mirror, stands."""
    low, place = np.tril_indices(d), np.zeros((d, d), int)
    place[low] = place.T[low] = np.arange(len(low[0]))
    return low, place


def outer(x: np.ndarray, blocks: np.ndarray) -> np.ndarray:
    """(T, F, d, d): blocks (T, d, d) times each covariate of their members (T, F)."""
    flat = x[:, :, None] * blocks.reshape(len(x), 1, blocks.shape[-1] ** 2)
    return flat.reshape(*x.shape, *blocks.shape[1:])


def _dot(x: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(F, ...) from x (T, F) and values (T, ...)."""
    flat = x.T @ values.reshape(len(x), prod(values.shape[1:]))
    return flat.reshape(x.shape[1], *values.shape[1:])


class Arrow:
    """The factorised precision of one field (support or turnout) at given scales."""

    def __init__(self, units: Eliminated, precision: Precisions) -> None:
        self.units, self.layout = units, units.layout
        cross = units.by_area
        n_areas, d, local, _ = cross.shape
        blocks = cross[:, :, local - SLOTS] + precision.area * np.eye(d)
        self.area_covariance = invert(blocks)
        """(A, d, d)"""
        self.area_gain = times(self.area_covariance, cross.reshape(n_areas, d, -1)).reshape(cross.shape)
        """(A, d, L, d)"""
        self.factor = linalg.cholesky(self._core(precision), lower=True, check_finite=False, overwrite_a=True)
        self.log_determinant = (
            units.log_determinant + _log_determinant(blocks) + 2.0 * float(np.log(np.diag(self.factor)).sum())
        )

    def _core(self, precision: Precisions) -> np.ndarray:
        """The core's precision once areas are eliminated too; the lower triangle, which is all that Cholesky reads."""
        units, cross = self.units.local, self.units.by_area
        n_areas, d, local, _ = cross.shape
        f, flat = local - SLOTS, self.area_gain.reshape(n_areas, d, -1)
        shape = (self.layout.regions, d, local, d)
        wide = cross.reshape(n_areas * d, -1).T @ self.area_gain.reshape(n_areas * d, -1)
        total = units.total - wide.reshape(units.total.shape)
        region, drift = (
            rows - sums(self.layout.area_in_region, times(_turned(cross[:, :, column]), flat)).reshape(shape)
            for rows, column in ((units.by_region, f), (units.by_drift, f + 2))
        )
        fixed, b, n, g = self.layout.places
        core = np.zeros((self.layout.core, d, self.layout.core, d))
        every = np.arange(self.layout.regions)
        core[fixed, :, fixed] = total[:f, :, :f]
        core[n, :, fixed], core[n, :, n] = total[f + 1, :, :f], total[f + 1, :, f + 1]
        core[b, :, fixed], core[g, :, fixed], core[g, :, n] = region[:, :, :f], drift[:, :, :f], drift[:, :, f + 1]
        core[n, :, b] = region[:, :, f + 1].transpose(2, 0, 1)
        core[f + every, :, f + every] = region[:, :, f]
        core[g.start + every, :, f + every] = drift[:, :, f]
        core[g.start + every, :, g.start + every] = drift[:, :, f + 2]
        flat = core.reshape(self.layout.core * d, -1)
        flat[np.diag_indices(len(flat))] += np.repeat(precision.core, d)
        return flat

    def reduce(self, core: np.ndarray, area: np.ndarray) -> np.ndarray:
        """A right-hand side of the core (core, d, m) once that of areas (A, d, m) is eliminated."""
        gain = self.area_gain.astype(area.dtype, copy=False)
        n_areas, d, m = area.shape
        local = gain.shape[2]
        f = local - SLOTS
        fixed, b, n, g = self.layout.places
        wide = (gain.reshape(n_areas * d, -1).T @ area.reshape(n_areas * d, m)).reshape(local, d, m)
        out = core.copy()
        out[fixed] -= wide[:f]
        out[n] -= wide[f + 1]
        for place, column in ((b, f), (g, f + 2)):
            out[place] -= sums(self.layout.area_in_region, times(_turned(gain[:, :, column]), area))
        return out

    def from_core(self, core: np.ndarray, areas: np.ndarray | slice = slice(None)) -> np.ndarray:
        """What the core (core, d, m) takes from some areas' own effects: (areas, d, m)."""
        gain, region = self.area_gain[areas], self.layout.area_region[areas]
        d, local, m = gain.shape[1], gain.shape[2], core.shape[-1]
        f = local - SLOTS
        fixed, b, n, g = self.layout.places
        gain = gain.astype(core.dtype, copy=False)
        wide = np.concatenate([gain[:, :, :f], gain[:, :, f + 1 : f + 2]], axis=2).reshape(len(gain) * d, (f + 1) * d)
        dense = np.concatenate([core[fixed], core[n][None]]).reshape(-1, m)
        out = (wide @ dense).reshape(len(gain), d, m)
        return out + times(gain[:, :, f], core[b][region]) + times(gain[:, :, f + 2], core[g][region])

    def slots(self, core: np.ndarray, area: np.ndarray, units: np.ndarray | slice = slice(None)) -> list[np.ndarray]:
        """What core and area (..., m) add to the three slots of units: three of (units, d, m), or what broadcasts to
        it."""
        layout = self.layout
        fixed, b, n, g = layout.places
        region, (d, m) = layout.region[units], core.shape[1:]
        base = (layout.fixed[units].astype(core.dtype, copy=False) @ core[fixed].reshape(-1, d * m)).reshape(-1, d, m)
        base += core[b][region]
        base += area[layout.area[units]]
        return [base, core[n][None], core[g][region]]

    def solve(self, right: Vector, units: np.ndarray | None = None) -> Vector:
        """Solution of the precision against a right-hand side.

        With `units` its unit part, and that of the solution, is theirs alone, and zero for all others on the right.
        """
        d, m = right.unit.shape[1:]
        row = self.layout.row if units is None else self.layout.row[units]
        known = row >= 0
        folded_core, folded_area = (
            self.units.fold(right.unit[self.layout.told.unit])
            if units is None
            else self.units.fold(right.unit[known], row[known])
        )
        area = right.area - folded_area
        flat = self.reduce(right.core - folded_core, area).reshape(-1, m)
        core = linalg.cho_solve((self.factor, True), flat, check_finite=False).reshape(-1, d, m).astype(area.dtype)
        area = times(self.area_covariance.astype(area.dtype, copy=False), area) - self.from_core(core)
        unit = self.units.solve_units(right.unit, row)
        if known.any():
            where = np.flatnonzero(known) if units is None else units[known]
            gains = self.units.gain[:, row[known]].astype(area.dtype, copy=False)
            unit[known] -= sum(times(g, s) for g, s in zip(gains, self.slots(core, area, where), strict=True))
        return Vector(core, area, unit)

    def variances(self) -> Variances:
        """Posterior variances of the core, and sums of those of the areas and of the units, these in single precision:
        they tell a search where to go."""
        layout, d = self.layout, self.area_covariance.shape[-1]
        core = np.tril(linalg.lapack.dpotri(self.factor, lower=1)[0])
        core += np.tril(core, -1).T
        local = layout.local[:, :, None] * d + np.arange(d)
        local = local.reshape(len(local), -1)
        blocks = core[local[:, :, None], local[:, None, :]]
        diagonal = np.arange(local.shape[1])
        blocks[:, diagonal, diagonal] *= 1.0 + ROUNDING  # covariates may all but say the same
        roots = np.linalg.cholesky(blocks).astype(np.float32)
        told, gain, area_gain = layout.told, self.units.gain, self.area_gain.astype(np.float32)
        f, area = told.fixed.shape[1], layout.area[told.unit]
        both = with_area(self.units.covariance, gain[0], self.area_covariance[area])
        unit_sum = float(np.einsum("tii->", both))
        unit_sum += (len(layout.region) - len(told.unit)) * d / self.units.precision
        area_sum = float(np.einsum("aii->", self.area_covariance))
        gain, fixed = gain.astype(np.float32), told.fixed.astype(np.float32)
        for root, areas, units in zip(roots, layout.areas_of, layout.told_of, strict=True):
            by_area = (area_gain[areas].reshape(-1, len(root)) @ root).reshape(-1, d, len(root))
            area_sum += float(np.vdot(by_area, by_area))
            slot = root.reshape(-1, d, len(root))
            own = (fixed[units] @ slot[:f].reshape(f, -1)).reshape(-1, d, len(root))
            own += slot[f] - by_area[np.searchsorted(areas, area[units])]
            own = times(gain[0, units], own) + times(gain[1, units], slot[f + 1]) + times(gain[2, units], slot[f + 2])
            unit_sum += float(np.vdot(own, own))
        return Variances(np.diag(core).reshape(-1, d), area_sum, unit_sum)

    def sample(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """Draws of the core (core, d, m) with mean zero and this precision."""
        noise = rng.standard_normal((len(self.factor), draws))
        flat = linalg.solve_triangular(self.factor, noise, lower=True, trans="T", check_finite=False)
        return flat.reshape(self.layout.core, -1, draws)


def coloured(covariance: np.ndarray, rng: np.random.Generator, draws: int) -> np.ndarray:
    """Normal draws (..., d, m) with the covariances (..., d, d), in single precision."""
    noise = rng.standard_normal((*covariance.shape[:2], draws), dtype=np.float32)
    if covariance.shape[-1] == 1:
        noise *= np.sqrt(covariance).astype(np.float32)
        return noise
    return np.linalg.cholesky(covariance).astype(np.float32) @ noise
