"""Gaussian algebra of grouped effects: units inside areas, areas beside a small dense core, eliminated in that order.

The precision of (core, area, unit) is an arrow: units do not touch each other, nor do areas, so that both are
eliminated block by block and one Cholesky of the core (covariates, regions, drifts) remains. Cost is linear in units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse

SLOTS = 3
"""Where a batch touches its unit: the unit's predictor, the nation's drift, the region's drift."""


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

    @property
    def core(self) -> int:
        """Rows of the core: fixed effects, regions, one national drift, drifts of regions."""
        return self.fixed.shape[1] + 2 * self.in_region.shape[0] + 1


def build_layout(fixed: np.ndarray, region: np.ndarray, area: np.ndarray, n_regions: int) -> Layout:
    units = np.arange(len(region))
    n_areas = int(area.max()) + 1
    area_region = np.zeros(n_areas, int)
    area_region[area] = region

    def indicator(code: np.ndarray, n: int) -> sparse.csr_array:
        return sparse.csr_array((np.ones(len(code)), (code, units)), shape=(n, len(code)))

    return Layout(fixed, region, area, indicator(region, n_regions), indicator(area, n_areas), area_region)


@dataclass(frozen=True, eq=False)
class Vector:
    """A right-hand side or a solution with m columns."""

    core: np.ndarray
    """(core, d, m)"""
    area: np.ndarray
    """(A, d, m)"""
    unit: np.ndarray
    """(U, d, m)"""


def _sums(indicator: sparse.csr_array, values: np.ndarray) -> np.ndarray:
    flat = indicator @ values.reshape(len(values), -1)
    return flat.reshape(indicator.shape[0], *values.shape[1:])


def invert(blocks: np.ndarray) -> np.ndarray:
    """Inverse of (..., d, d) blocks; scalars are divided."""
    return 1.0 / blocks if blocks.shape[-1] == 1 else np.linalg.inv(blocks)


def _dense_cross(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """`sum_u x_u x_u' (x) weights_u` as (F, d, F, d)."""
    d = weights.shape[-1]
    out = np.empty((x.shape[1], d, x.shape[1], d))
    for i in range(d):
        for j in range(i, d):
            out[:, i, :, j] = x.T @ (weights[:, i, j, None] * x)
            out[:, j, :, i] = out[:, i, :, j].T
    return out


class Arrow:
    """The factorised precision of one field (support or turnout) at given scales."""

    def __init__(self, layout: Layout, information: np.ndarray, precision: Precisions) -> None:
        """`information` is (U, 3, 3, d, d): what the batches of each unit tell of its slots."""
        self.layout, self.information = layout, information
        d = information.shape[-1]
        eye = np.eye(d)
        unit_block = information[:, 0, 0] + precision.unit * eye
        self.unit_covariance = invert(unit_block)
        self.gain = np.einsum("uij,usjk->usik", self.unit_covariance, information[:, 0])  # (U, slot, d, d)
        reduced = information - np.einsum("usij,utjk->ustik", information[:, :, 0], self.gain)
        base = _sums(layout.in_area, reduced[:, 0, 0])
        area_block = base + precision.area * eye
        self.area_covariance = invert(area_block)
        self.area_cross = self._area_cross(reduced, base)
        flat = self.area_cross.reshape(len(base), d, -1)
        solved = np.einsum("aij,ajk->aik", self.area_covariance, flat)
        size = layout.core * d
        core = self._core(reduced, precision) - flat.reshape(-1, size).T @ solved.reshape(-1, size)
        self.area_gain = solved
        self.factor = linalg.cholesky(0.5 * (core + core.T), lower=True, check_finite=False)
        self.log_determinant = (
            _log_determinant(unit_block) + _log_determinant(area_block) + 2.0 * np.log(np.diag(self.factor)).sum()
        )

    def _area_cross(self, reduced: np.ndarray, base: np.ndarray) -> np.ndarray:
        """(A, d, core, d) coupling of areas with the core."""
        layout = self.layout
        n_areas, d = base.shape[:2]
        f, r = layout.fixed.shape[1], layout.in_region.shape[0]
        cross = np.zeros((n_areas, d, layout.core, d))
        for i in range(d):
            for j in range(d):
                cross[:, i, :f, j] = layout.in_area @ (layout.fixed * reduced[:, 0, 0, i, j, None])
        rows = np.arange(n_areas)
        cross[rows, :, f + layout.area_region, :] = base
        cross[:, :, f + r, :] = _sums(layout.in_area, reduced[:, 0, 1])
        cross[rows, :, f + r + 1 + layout.area_region, :] = _sums(layout.in_area, reduced[:, 0, 2])
        return cross

    def _core(self, reduced: np.ndarray, precision: Precisions) -> np.ndarray:
        layout = self.layout
        f, r, d = layout.fixed.shape[1], layout.in_region.shape[0], reduced.shape[-1]
        core = np.zeros((layout.core, d, layout.core, d))
        core[:f, :, :f] = _dense_cross(layout.fixed, reduced[:, 0, 0])
        rows = np.arange(r)
        blocks = _sums(layout.in_region, reduced)  # (R, slot, slot, d, d)
        for i in range(d):
            for j in range(d):
                for slot, place in ((0, f + rows), (2, f + r + 1 + rows)):
                    part = layout.in_region @ (layout.fixed * reduced[:, 0, slot, i, j, None])
                    core[:f, i, place, j] = part.T
                    core[place, j, :f, i] = part
                part = layout.fixed.T @ reduced[:, 0, 1, i, j]
                core[:f, i, f + r, j] = part
                core[f + r, j, :f, i] = part
        b, n, g = f + rows, f + r, f + r + 1 + rows
        core[b, :, b] += blocks[:, 0, 0]
        core[g, :, g] += blocks[:, 2, 2]
        core[b, :, g] += blocks[:, 0, 2]
        core[g, :, b] += blocks[:, 2, 0]
        core[n, :, n] += blocks[:, 1, 1].sum(axis=0)
        for place, slot in ((b, 0), (g, 2)):
            core[place, :, n] += blocks[:, slot, 1]
            core[n, :, place] += blocks[:, 1, slot]
        size = layout.core * d
        flat = core.reshape(size, size)
        flat[np.diag_indices(size)] += np.repeat(precision.core, d)
        return flat

    def spread(self, core: np.ndarray, area: np.ndarray, units: np.ndarray | slice = slice(None)) -> np.ndarray:
        """What core and area (…, m) add to the three slots of units: (units, slot, d, m)."""
        layout = self.layout
        f, r = layout.fixed.shape[1], layout.in_region.shape[0]
        region = layout.region[units]
        base = np.tensordot(layout.fixed[units], core[:f], axes=(1, 0)) + core[f : f + r][region] + area[layout.area[units]]
        nation = np.broadcast_to(core[f + r], base.shape)
        return np.stack([base, nation, core[f + r + 1 :][region]], axis=1)

    def solve(self, right: Vector) -> Vector:
        """Solution of the precision against a right-hand side."""
        layout = self.layout
        f, r = layout.fixed.shape[1], layout.in_region.shape[0]
        d, m = right.unit.shape[1:]
        unit = np.einsum("uij,ujm->uim", self.unit_covariance, right.unit)
        taken = np.einsum("usij,ujm->usim", self.information[:, :, 0], unit)
        area = right.area - _sums(layout.in_area, taken[:, 0])
        core = right.core.copy()
        core[:f] -= np.tensordot(layout.fixed, taken[:, 0], axes=(0, 0))
        core[f : f + r] -= _sums(layout.in_region, taken[:, 0])
        core[f + r] -= taken[:, 1].sum(axis=0)
        core[f + r + 1 :] -= _sums(layout.in_region, taken[:, 2])
        flat = core.reshape(-1, m) - np.einsum("aik,aim->km", self.area_gain, area)
        core = linalg.cho_solve((self.factor, True), flat, check_finite=False).reshape(layout.core, d, m)
        return self._back(core, np.einsum("aij,ajm->aim", self.area_covariance, area), unit)

    def _back(self, core: np.ndarray, area: np.ndarray, unit: np.ndarray) -> Vector:
        flat = core.reshape(-1, core.shape[-1])
        area = area - np.einsum("aik,km->aim", self.area_gain, flat)
        unit = unit - np.einsum("usij,usjm->uim", self.gain, self.spread(core, area))
        return Vector(core, area, unit)

    def sample_core(self, rng: np.random.Generator, draws: int) -> tuple[np.ndarray, np.ndarray]:
        """Draws of core (core, d, m) and area (A, d, m) with mean zero and this precision."""
        d = self.unit_covariance.shape[-1]
        noise = rng.standard_normal((self.layout.core * d, draws))
        flat = linalg.solve_triangular(self.factor, noise, lower=True, trans="T", check_finite=False)
        area = coloured(self.area_covariance, rng, draws) - (
            self.area_gain.reshape(-1, flat.shape[0]) @ flat
        ).reshape(len(self.area_covariance), d, draws)
        return flat.reshape(self.layout.core, d, draws), area

    def sample_units(self, core: np.ndarray, area: np.ndarray, units: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draws of some units' own effects (units, d, m), given those of core and area."""
        slots = self.spread(core, area, units)
        pull = np.einsum("usij,usjm->uim", self.gain[units], slots)
        return coloured(self.unit_covariance[units], rng, core.shape[-1]) - pull


@dataclass(frozen=True)
class Precisions:
    """Prior precisions of one field."""

    core: np.ndarray
    """(core,)"""
    area: float
    unit: float


def coloured(covariance: np.ndarray, rng: np.random.Generator, draws: int) -> np.ndarray:
    """Normal draws (…, d, m) with the covariances (…, d, d)."""
    noise = rng.standard_normal((*covariance.shape[:2], draws))
    if covariance.shape[-1] == 1:
        return np.sqrt(covariance) * noise
    return np.einsum("uij,ujm->uim", np.linalg.cholesky(covariance), noise)


def _log_determinant(blocks: np.ndarray) -> float:
    if blocks.shape[-1] == 1:
        return float(np.log(blocks).sum())
    return float(np.linalg.slogdet(blocks)[1].sum())
