"""Coarse batches beside fine ones: draws of what the fine batches leave open, weighed by what the coarse ones say.

The first consulates of a remainder are in or out, hardly in between, so the share that it shows is a very curved
function of the order of arrival, and a tangent at the mode misleads: late on Peru's night of 2021 it moved the margin
by half a deviation. Where the remainder tells so little that a fair part of the draws survives it, weighing them
(sampling importance resampling, Rubin 1988) needs no tangent and is exact except for chance.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from .arrival import counted_share
from .arrow import Arrow, Vector
from .complete import WIDEST, Cells, Draws, open_cells
from .evidence import Evidence
from .fast import Carried, FastDraws, allocate, own_effects
from .laplace import FIELDS, Mode, Solver, build_solver
from .latent import grouped_units, predictor, starting_point
from .quadrature import Mixture, integrate
from .simplex import shares_of
from .skewness import at_mean
from .threads import spread

PILOT = 250
"""Proposals by quadrature point that tell how many survive."""
LEAST = 0.1
"""Share of the proposals, in effective draws, below which the tangent is the better approximation."""
MEMORY = 10
"""Numbers that a proposal keeps of each member of the groups, about."""
MOST = 12
"""Batches: where more of them have to fit, no draw does."""


def resampled_draws(
    evidence: Evidence, draws: int, rng: np.random.Generator, threads: int = 1
) -> ResampledDraws | None:
    """The source of a forecast's draws; None where too few would survive, or where nothing is weighed."""
    if not len(evidence.fine) or not 0 < len(evidence.coarse) <= MOST:
        return None
    fine = replace(evidence, coarse=evidence.coarse.take(slice(0)))
    solver = build_solver(fine)
    mixture = at_mean(solver, integrate(solver, starting_point(fine)))
    source = ResampledDraws(solver, mixture, open_cells(evidence), draws, rng, evidence, threads)
    return source if source.efficiency >= LEAST else None


class ResampledDraws(FastDraws):
    """The fast engine's draws of the fine batches' posterior and of arrival's prior, resampled in proportion to the
    likelihood of the coarse batches."""

    efficiency: float
    """Effective draws a proposal is worth."""

    def __init__(
        self,
        solver: Solver,
        mixture: Mixture,
        raw: Cells,
        draws: int,
        rng: np.random.Generator,
        whole: Evidence,
        threads: int,
    ) -> None:
        """`solver` and `mixture` are those of the fine batches alone, `whole` has the coarse ones too."""
        self.whole, self.members = whole, grouped_units(whole)
        self.areas = np.unique(whole.design.area[self.members])
        super().__init__(solver, mixture, raw, draws, rng)

        def tried(mode: Mode, rng: np.random.Generator) -> np.ndarray:
            return self._log_weights(mode, *self._draw(mode, self.members, PILOT, rng))

        trials = spread(tried, mixture.modes, rng, threads)
        top = np.array([trial.max() for trial in trials])
        weights = np.exp(np.array(trials) - top[:, None])
        self.efficiency = float(mixture.weights @ (weights.mean(axis=1) ** 2 / (weights**2).mean(axis=1)))
        revised = mixture.weights * weights.mean(axis=1) * np.exp(top - top.max())
        self.mixture = Mixture(mixture.modes, revised / revised.sum(), mixture.best)
        self.allocated = allocate(self.mixture.weights, draws, rng)

    def _at_once(self, most: int) -> int:
        """No more than the proposals are worth that fill the memory."""
        proposals = max(most, WIDEST // (MEMORY * len(self.members)))
        return max(1, min(most, int(proposals * self.efficiency)))

    def _loose(self, raw: Cells) -> np.ndarray:
        """Those in areas where no group has a member: given the core, nothing ties them to the groups."""
        return ~np.isin(self.whole.design.area[raw.unit], self.areas)

    def _pooled(self, carried: tuple[Carried, Carried], mode: Mode, m: int, rng: np.random.Generator) -> Draws:
        fields, arrival = self._chosen(mode, m, rng)
        support, turnout = (c.draw(field.core, rng) for c, field in zip(carried, fields, strict=True))
        drawn = self._tied(mode, fields, arrival, rng)
        return drawn.with_pools(support, turnout[:, 0], (carried[0].noise, carried[1].noise[:, 0, 0]))

    def _each(self, mode: Mode, m: int, rng: np.random.Generator) -> Draws:
        return self._tied(mode, *self._chosen(mode, m, rng), rng)

    def _chosen(self, mode: Mode, m: int, rng: np.random.Generator) -> tuple[tuple[Vector, Vector], np.ndarray]:
        """Draws of either field with the own effects of the groups' members, and of arrival with theirs, resampled."""
        fields, arrival = self._draw(mode, self.members, int(np.ceil(m / self.efficiency)), rng)
        log_weight = self._log_weights(mode, fields, arrival)
        weight = np.exp(log_weight - log_weight.max())
        chosen = np.repeat(np.arange(len(weight)), allocate(weight / weight.sum(), m, rng))
        rng.shuffle(chosen)
        support, turnout = (
            Vector(field.core[..., chosen], field.area[..., chosen], field.unit[..., chosen]) for field in fields
        )
        return (support, turnout), arrival[:, chosen]

    def _tied(self, mode: Mode, fields: tuple[Vector, Vector], arrival: np.ndarray, rng: np.random.Generator) -> Draws:
        """Draws of the cells that are not pooled, of which the groups' members alone have a say in the choice."""
        units = np.union1d(self.tied.unit, self.members)
        support, turnout = (
            self._extended(arrow, units, one, rng) for arrow, one in zip(mode.arrows, fields, strict=True)
        )
        # only the order of groups' members is ever asked for
        q = len(mode.prior.arrival)
        whole = np.zeros((q + len(units), arrival.shape[1]), dtype=np.float32)
        whole[:q], whole[q + np.searchsorted(units, self.members)] = arrival[:q], arrival[q:]
        return self._at_cells(mode, units, (support, turnout), whole)

    def _extended(self, arrow: Arrow, units: np.ndarray, vector: Vector, rng: np.random.Generator) -> Vector:
        """The same draws with the own effects of all `units`."""
        own = np.empty((len(units), *vector.core.shape[1:]), dtype=np.float32)
        member = np.isin(units, self.members)
        own[member] = vector.unit
        own[~member] = own_effects(arrow, units[~member], vector.core, vector.area, rng)
        return Vector(vector.core, vector.area, own)

    def _log_weights(self, mode: Mode, fields: tuple[Vector, Vector], arrival: np.ndarray) -> np.ndarray:
        """(m,) the coarse batches' log likelihood of each draw of the members, as `latent.log_likelihood` has it of a
        point."""
        rows, design = self.whole.coarse, self.whole.design
        eta, nation, region = self._predictors(mode, fields)
        late_nation, late_region = rows.late_nation.astype(eta.dtype), rows.late_region.astype(eta.dtype)
        score = self._score_of(mode, self.members, arrival)
        contrast, value, batch = design.contrast.astype(score.dtype), np.zeros(score.shape[1]), 0
        for group in self.whole.groups:
            every = len(group.members) == len(self.members)
            own = slice(None) if every else np.searchsorted(self.members, group.members)
            capacity = group.capacity[:, None].astype(score.dtype)
            per_station = design.valid_per_station[group.members, None].astype(score.dtype)
            shares = [counted_share(score[own], group.capacity, fraction) for fraction in group.boundaries]
            for before, after in pairwise(shares):
                z = late_region[batch] * region[own]
                z += late_nation[batch] * nation
                z += eta[own]
                votes = np.maximum(after - before, 1e-12) * (capacity * per_station) * np.exp(z[:, -1])
                total = votes.sum(axis=0, dtype=float)
                share = shares_of(z[:, :-1], contrast)
                mean = np.einsum("um,ukm->mk", votes, share) / total[:, None]
                value += rows.effective[batch] * (np.log(mean) @ rows.observed[batch])
                value -= 0.5 * rows.turnout_precision[batch] * (rows.turnout[batch] - np.log(total)) ** 2
                batch += 1
        return value

    def _predictors(self, mode: Mode, fields: tuple[Vector, Vector]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of the groups' members: predictors before drift, the nation's drift and their region's, each (members or 1,
        E, m)."""
        latent, regions = mode.latent, self.whole.design.region[self.members]
        points = predictor(self.whole, latent)[self.members], latent.drift_nation, latent.drift[regions]
        eta_point, nation_point, region_point = (point.astype(np.float32)[..., None] for point in points)
        parts = []
        for field, part in FIELDS:
            vector = fields[field]
            base, nation, region = mode.arrows[field].slots(vector.core, vector.area, self.members)
            base += vector.unit
            base += eta_point[:, part]
            region += region_point[:, part]
            parts.append((base, nation + nation_point[:, part], region))
        eta, nation, region = (np.concatenate(both, axis=1) for both in zip(*parts, strict=True))
        return eta, nation, region
