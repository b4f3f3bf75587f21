"""The fast engine's draws: modes at several scales, mixed, and carried to the cells that are still out."""

from __future__ import annotations

import numpy as np

from .arrow import Vector
from .complete import Cells, Draws
from .evidence import Evidence
from .laplace import Mode, Solver
from .latent import predictor
from .quadrature import Mixture


def allocate(weights: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Draws by quadrature point, systematic: within one of `draws * weight`, and `draws` in sum."""
    edges = np.floor(np.concatenate([[0.0], np.cumsum(weights)]) * draws + rng.random())
    edges[0], edges[-1] = 0, draws
    return np.diff(np.clip(edges, 0, draws)).astype(int)


class FastDraws:
    """Posterior draws of the cells, in the order of quadrature points shuffled by chunk."""

    def __init__(self, solver: Solver, mixture: Mixture, cells: Cells, draws: int, rng: np.random.Generator) -> None:
        self.solver, self.mixture, self.cells, self.rng = solver, mixture, cells, rng
        self.left = allocate(mixture.weights, draws, rng)

    def __call__(self, m: int) -> Draws:
        parts = []
        for point in np.flatnonzero(self.left):
            take = min(m - sum(p.turnout.shape[1] for p in parts), int(self.left[point]))
            if take > 0:
                self.left[point] -= take
                parts.append(self._draw(self.mixture.modes[point], take))
        arrays = (np.concatenate([getattr(p, f) for p in parts], axis=-1) for f in ("support", "turnout", "earliness"))
        names = parts[0].parameters
        return Draws(*arrays, {n: np.concatenate([p.parameters[n] for p in parts], axis=-1) for n in names})

    def _draw(self, mode: Mode, m: int) -> Draws:
        evidence = self.solver.evidence
        fields, arrival = self.solver.draw(mode, m, self.rng)
        point = predictor(evidence, mode.latent)[self.cells.unit]
        support = point[:, :-1, None] + self._deviation(fields[0], mode, slice(None, -1))
        turnout = point[:, -1:, None] + self._deviation(fields[1], mode, slice(-1, None))
        return Draws(support, turnout[:, 0], self._score(mode, arrival), self._parameters(mode, fields, arrival))

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

    def _score(self, mode: Mode, arrival: np.ndarray) -> np.ndarray:
        """Arrival scores of the units, (U, m); none where no group is coarse."""
        design = self.solver.evidence.design
        if mode.coarse is None:
            return np.zeros((0, arrival.shape[1]))
        q = design.arrival.shape[1]
        coefficients = mode.latent.arrival[:, None] + arrival[:q]
        return design.arrival @ coefficients + mode.latent.arrival_unit[:, None] + arrival[q:]

    def _deviation(self, vector: Vector, mode: Mode, part: slice) -> np.ndarray:
        """Deviation of the cells' predictors from the mode, with the drift of what is late."""
        design, cells = self.solver.evidence.design, self.cells
        f, r = design.fixed.shape[1], design.n_regions
        unit, core = cells.unit, vector.core
        base = np.tensordot(design.fixed[unit], core[:f], axes=(1, 0)) + core[f : f + r][cells.region]
        base += vector.area[design.area[unit]] + vector.unit[unit]
        nation = core[f + r] + mode.latent.drift_nation[:, part].T
        region = core[f + r + 1 :] + mode.latent.drift[:, part, None]
        late = cells.late_nation[:, None, None] * nation + cells.late_region[:, None, None] * region[cells.region]
        return base + late
