"""Scales integrated out: a few points of a low-discrepancy set around the mode of their posterior, with weights.

All this happens in scores, the normal quantiles of the scales under their priors. Where the count tells nothing of a
scale, its posterior is a standard normal in scores; in logs it would have a long tail towards zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import log_ndtr, logsumexp, ndtri, ndtri_exp

from .effects import SUPPORT, TURNOUT, Scale
from .evidence import Evidence
from .laplace import Mode, Solver, Tangent, build_solver
from .latent import Latent, scale_widths
from .sickness import NoMode

POINTS = 16
"""On Peru 2021's districts the margin is then within 2 % as wide as with a thousand from a fifth counted on; at a
twentieth it is 7 % narrower."""
TURNOUT_POINTS = 4
"""Of turnout's scales, where no coarse batch ties them to support's: the margin hardly hangs on them."""
UNIT_LEVELS = 4
"""Values that the scale of units takes at all points of a field. Units are eliminated once for each: that is what
costs most where they are many, and many units leave little doubt of their scale."""
TAIL, PROFILE = 3.2, 7
"""Deviations along the scale of drift that are looked at, and the number of places."""
FAR = 0.35
"""Distance at which curvature is measured, if one deviation is not nearer."""
WIDEST, NARROWEST = 1.0, 0.0003
"""Limits to a score's deviation: a flat direction keeps to its prior, a sharp one still moves."""
START = 0.4
"""Scales where the search starts, in widths of their priors."""
SOME = 4000
"""Units that are enough to find scales to start from."""
REACH = 2.0
"""Longest step of a score in one iteration."""
TRIED = 41
"""Scores within reach that are tried for the best along each alone, and as many again around the best."""
TINY = 1e-9
SHORTER = 5
"""Times that a step is shortened."""
STEPS = 25
ON_THE_WAY = 10.0
"""Between two steps of the scales Newton stops where a step would gain less than this in log density: the next tangent
is another anyway. Far from the mode a tangent promises more the larger the scales are, and leads nowhere."""
LAST_STEPS = 4
"""Of Newton's at the last scales, at most."""
GOLDEN = (5.0**0.5 - 1.0) / 2.0
UNITS_FIRST = [Scale.UNIT, *(scale for scale in Scale if scale != Scale.UNIT)]
"""Order in which a root's columns bring scales in: the first column alone moves that of units."""
DRIFT = UNITS_FIRST.index(Scale.DRIFT)
"""The column that comes in with drift; as the last one it moves nothing else."""
GAIN = 0.08
"""A search ends once a step promises, or brings, less than this in log density."""


@dataclass(frozen=True, eq=False)
class Mixture:
    """Posteriors at several scales, and weights, which sum to one."""

    modes: tuple[Mode, ...]
    weights: np.ndarray
    best: Mode
    """At the mode of the scales: weights are nearly even, and the largest may be a tail's."""
    log_mass: float = 0.0
    """Log of the posterior's integral around this mode, up to a constant, where coarse batches may leave another."""

    @property
    def effective(self) -> float:
        """How many equally weighted points the weights are worth."""
        return float(1.0 / (self.weights**2).sum())


def joined(mixtures: Sequence[Mixture]) -> Mixture:
    """One mixture of those around several modes, each with the weight of its mass."""
    mass = _weights(np.array([mixture.log_mass for mixture in mixtures]))
    modes = tuple(mode for mixture in mixtures for mode in mixture.modes)
    weights = np.concatenate([each * mixture.weights for each, mixture in zip(mass, mixtures, strict=True)])
    return Mixture(modes, weights, mixtures[int(mass.argmax())].best)


def integrate(solver: Solver, start: Latent, scales: np.ndarray | None = None) -> Mixture:
    """Quadrature over the ten scales: importance weights on points from a Gaussian fitted at the mode.

    The search steps to where the average information says that the mode is, and takes the likelihood's tangent anew
    after each step. `start` and `scales` may be those of an earlier mode.
    """
    peak = search(solver, start, scales)
    roots = [_root(peak, field) for field in range(2)]
    return _apart(peak, roots) if peak.tangent.coarse is None else _tied(peak, roots)


def scores_of(scales: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Normal quantiles of the scales under their half-normal priors."""
    return -ndtri_exp(np.log(2.0) + log_ndtr(-scales / widths))


def scales_at(scores: np.ndarray, widths: np.ndarray | float) -> np.ndarray:
    """Scales with these scores."""
    return -widths * ndtri_exp(log_ndtr(-scores) - np.log(2.0))


@dataclass(frozen=True, eq=False)
class Peak:
    """A place on the way to the mode of the scales' posterior, and there at last."""

    solver: Solver
    tangent: Tangent
    mode: Mode
    scores: np.ndarray
    """(5, 2)"""
    height: float
    """Log marginal of the scores under the tangent"""
    slope: np.ndarray
    """(10,) of the height, support's five first"""
    information: np.ndarray
    """(10, 10) average information of the scores, their prior's being one"""
    stretch: np.ndarray
    """(10,) of a log scale by its score"""

    def height_at(self, scores: np.ndarray) -> float:
        """Of other scores (5, 2) under the same tangent; minus infinity where there is no mode."""
        scales = scales_at(scores, scale_widths(self.solver.evidence.priors))
        try:
            return _height(self.solver.weigh(self.tangent, scales).log_marginal, scores)
        except NoMode:
            return -np.inf

    def height_of(self, field: int, scores: np.ndarray) -> float:
        """The part of it that hangs on one field's scores (5,), up to a constant where no coarse batch ties it to the
        other."""
        if self.tangent.coarse is not None:
            both = self.scores.copy()
            both[:, field] = scores
            return self.height_at(both)
        scales = scales_at(scores, scale_widths(self.solver.evidence.priors)[:, field])
        try:
            return _height(self.tangent.fields[field].log_marginal(self.solver.precisions_at(field, scales)), scores)
        except NoMode:
            return -np.inf

    def step(self) -> np.ndarray:
        """A step (5, 2) uphill, zero where it promises next to nothing."""
        newton = _covariance(self.information) @ self.slope
        step = np.clip(newton, -REACH, REACH)
        if self.slope @ step < GAIN:
            return np.zeros_like(self.scores)
        alone = self.slope / np.diag(self.information)
        helped = np.clip(newton - alone + self._alone(), -REACH, REACH)
        for tried in (helped, *(0.4**i * step for i in range(SHORTER))):
            gain = self.height_at(self.scores + _by_field(tried)) - self.height
            if gain > 0.0:
                return _by_field(tried) if gain > GAIN else np.zeros_like(self.scores)
        return np.zeros_like(self.scores)

    def _alone(self) -> np.ndarray:
        """The step (10,) of each score to its best value, the others held.

        As if the scale's n effects had been observed with one common error variance v: their sum of squares is then Y,
        and the log marginal of a variance s2 is -n/2 log(s2 + v) - Y/2 / (s2 + v), whose slope and average information
        tell v and Y. Newton on a log scale moves by half a log at most where the scale is far too small, and by any
        distance where it is too large.
        """
        scale, score = self.mode.scales.T.reshape(-1), self.scores.T.reshape(-1)
        width = scale_widths(self.solver.evidence.priors).T.reshape(-1)
        n = np.maximum(self.solver.effects.T.reshape(-1), 1.0)
        slope = (self.slope + score) / self.stretch
        seen = np.maximum((np.diag(self.information) - 1.0) / self.stretch**2, TINY)
        part = np.clip((np.sqrt(slope**2 + 2.0 * n * seen) - slope) / (2.0 * n), TINY, 1.0)  # s2 / (s2 + v)
        squares = np.maximum(n + slope / part, 0.0)  # Y / (s2 + v)
        best = score
        for reach in (REACH, 2.0 * REACH / TRIED):
            tried = best + np.linspace(-reach, reach, TRIED)[:, None]
            total = 1.0 + part * ((scales_at(tried, width) / scale) ** 2 - 1.0)
            height = -0.5 * (n * np.log(total) + squares / total + tried**2)
            best = tried[np.argmax(height, axis=0), np.arange(len(n))]
        return best - score


def search(solver: Solver, start: Latent, scales: np.ndarray | None = None) -> Peak:
    """The mode of the scales' posterior, from a point and, if they are known, scales (5, 2) near it.

    Where units are many, some of them tell first where about it is.
    """
    widths = scale_widths(solver.evidence.priors)
    thin = len(solver.layout.told.unit) // SOME
    if scales is None and thin > 1:
        few = search(build_solver(_thinned(solver.evidence, thin)), start)
        start, scales = few.tangent.latent, few.mode.scales
    scores = scores_of(START * widths if scales is None else scales, widths)
    peak = peak_at(solver, scores, *solver.climb(scales_at(scores, widths), solver.tangent(start), enough=ON_THE_WAY))
    for _ in range(STEPS):
        step = peak.step()
        if not step.any():
            break
        scores = peak.scores + step
        climbed = solver.climb(scales_at(scores, widths), peak.tangent, enough=ON_THE_WAY)
        peak = _secant(peak, peak_at(solver, scores, *climbed))
    tangent, mode = solver.climb(peak.mode.scales, peak.tangent, steps=LAST_STEPS)
    return replace(peak, tangent=tangent, mode=mode, height=_height(mode.log_marginal, peak.scores))


def _thinned(evidence: Evidence, step: int) -> Evidence:
    """The evidence with the batches of every `step`-th of the observed units alone."""
    rows = evidence.fine
    kept = np.isin(rows.group, np.unique(rows.group)[::step])
    return replace(evidence, fine=rows.take(kept))


def peak_at(solver: Solver, scores: np.ndarray, tangent: Tangent, mode: Mode) -> Peak:
    """What the posterior at some scores tells of the way from there to the mode."""
    ratio = mode.scales / scale_widths(solver.evidence.priors)
    stretch = 0.5 / ratio * np.exp(0.5 * (ratio**2 - scores**2))  # of a log scale by its score
    slope = (stretch * solver.slope(mode) - scores).T.reshape(-1)
    stretch = stretch.T.reshape(-1)
    information = stretch[:, None] * solver.scale_information(mode) * stretch + np.eye(len(stretch))
    height = _height(mode.log_marginal, scores)
    return Peak(solver, tangent, mode, scores, height, slope, information, stretch)


def _height(log_marginal: float, scores: np.ndarray) -> float:
    """Log posterior of scores: under the prior of their scales they are standard normal."""
    return log_marginal - 0.5 * float((scores**2).sum())


def _secant(before: Peak, after: Peak) -> Peak:
    """`after` with the curvature that the last step met, in the scores whose slope it turned around: along a scale of
    drift that is a multiple of the average information."""
    step = (after.scores - before.scores).T.reshape(-1)
    fallen = before.slope - after.slope
    turned = before.slope * after.slope < 0.0
    met = np.divide(fallen, step, out=np.zeros_like(step), where=turned & (step != 0.0))
    more = np.maximum(met - np.diag(after.information), 0.0)
    return replace(after, information=after.information + np.diag(more))


def _by_field(scores: np.ndarray) -> np.ndarray:
    """(5, 2) from (10,), support's five first."""
    return scores.reshape(2, -1).T


def _root(peak: Peak, field: int) -> np.ndarray:
    """Root (5, 5) of the covariance of one field's scores.

    Scales come in as `UNITS_FIRST` has them, since moves of that of units are the costly ones. Each column is then
    given the length that the density's fall about one deviation away asks for: the quadrature needs the width there,
    not the curvature at the very top. Turnout's columns are left as they are where no coarse batch ties it to support:
    the margin hardly depends on them.
    """
    n = len(peak.scores)
    part = slice(n * field, n * (field + 1))
    root = np.zeros((n, n))
    root[UNITS_FIRST] = np.linalg.cholesky(_covariance(peak.information[part, part])[np.ix_(UNITS_FIRST, UNITS_FIRST)])
    if field == TURNOUT and peak.tangent.coarse is None:
        return root
    length, here = np.linalg.norm(root, axis=0), peak.scores[:, field]
    near, top = np.minimum(1.0, FAR / length), peak.height_of(field, here)
    sides = (near * root).T
    fallen = [2.0 * top - peak.height_of(field, here + side) - peak.height_of(field, here - side) for side in sides]
    bend = np.array(fallen) / near**2
    return root / np.sqrt(np.clip(bend, (length / WIDEST) ** 2, (length / NARROWEST) ** 2))


def _tied(peak: Peak, roots: list[np.ndarray]) -> Mixture:
    """Of coarse batches: they tie the fields, and their tangent turns with the scales."""
    solver, centre, widths = peak.solver, peak.scores, scale_widths(peak.solver.evidence.priors)
    z = ndtri(_lattice(POINTS, centre.size)).reshape(-1, *centre.shape)
    points = [centre + np.column_stack([roots[0] @ step[:, 0], roots[1] @ step[:, 1]]) for step in z]
    modes = [solver.climb(scales_at(point, widths), peak.tangent, steps=1)[1] for point in points]
    height = [_height(mode.log_marginal, at) for at, mode in zip(points, modes, strict=True)]
    log = np.array(height) + 0.5 * (z**2).sum(axis=(1, 2))
    log_mass = logsumexp(log) + sum(float(np.linalg.slogdet(root)[1]) for root in roots)
    return Mixture(tuple(modes), _weights(log), modes[0], log_mass)


def _apart(peak: Peak, roots: list[np.ndarray]) -> Mixture:
    """Of batches of single units: each field has points of its own, and each of support's takes one of turnout's, as
    often as their weights want it."""
    widths = scale_widths(peak.solver.evidence.priors)
    scales, weights = [], []
    for field, number in enumerate((POINTS, TURNOUT_POINTS)):
        z = _levelled(_lattice(number, len(widths)))
        log_chance = -0.5 * (z**2).sum(axis=1)
        if field == SUPPORT:
            steps, log = _drift_steps(peak, roots[field][:, DRIFT])
            rank = z[:, DRIFT].argsort().argsort()
            log_chance += 0.5 * z[:, DRIFT] ** 2 + log[rank]
            z[:, DRIFT] = steps[rank]
        points = peak.scores[:, field] + z @ roots[field].T
        scales.append(scales_at(points, widths[:, field]))
        weights.append(_weights(np.array([peak.height_of(field, each) for each in points]) - log_chance))
    turn = (0.5 + np.arange(POINTS) * GOLDEN) % 1.0
    partner = np.minimum(np.searchsorted(weights[1].cumsum(), turn), TURNOUT_POINTS - 1)
    pairs = zip(scales[0], scales[1][partner], strict=True)
    modes = tuple(peak.solver.posterior(peak.tangent, np.column_stack(pair)) for pair in pairs)
    return Mixture(modes, weights[0], peak.mode)


def _drift_steps(peak: Peak, side: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Equally likely positions (POINTS,) along the root's column (5,) of support's drift, and their log density.

    The posterior of this scale may be far from normal, so it is tabulated and cut into strata of equal chance. The
    margin's variance goes with the scale squared, so each stratum stands at its mean square.
    """
    here, width = peak.scores[:, SUPPORT], peak.solver.evidence.priors.drift
    rough, fine = (np.linspace(-TAIL, TAIL, n) for n in (PROFILE, 100 * POINTS))
    height = np.array([peak.height_of(SUPPORT, here + step * side) for step in rough])
    # what is no parabola is smooth enough for straight lines
    log = np.interp(fine, rough, np.maximum(height - height.max(), -(TAIL**2)) + 0.5 * rough**2) - 0.5 * fine**2
    chance = np.exp(log - log.max())
    before = chance.cumsum() - 0.5 * chance
    stratum = (before / chance.sum() * POINTS).astype(int)
    square = scales_at(here[Scale.DRIFT] + fine * side[Scale.DRIFT], width) ** 2
    mean = np.bincount(stratum, chance * square, POINTS) / np.bincount(stratum, chance, POINTS)
    steps = np.interp(mean, square, fine)
    return steps, np.interp(steps, fine, log)


def _weights(log_weight: np.ndarray) -> np.ndarray:
    weight = np.exp(log_weight - log_weight.max())
    return weight / weight.sum()


def _lattice(n: int, dimensions: int) -> np.ndarray:
    """A rank-one lattice of the unit cube, the first point in the middle (Roberts' generalised golden ratio)."""
    root = 2.0
    for _ in range(40):
        root = (1.0 + root) ** (1.0 / (dimensions + 1))
    steps = root ** -np.arange(1.0, dimensions + 1.0)
    return (0.5 + np.arange(n)[:, None] * steps) % 1.0 * 0.998 + 0.001


def _levelled(lattice: np.ndarray) -> np.ndarray:
    """Normal nodes (n, 5) from a lattice: the ranks of each column evenly, the first one's at few levels."""
    rank = (lattice.argsort(axis=0).argsort(axis=0) + 0.5) / len(lattice)
    rank[:, 0] = (np.floor(rank[:, 0] * UNIT_LEVELS) + 0.5) / UNIT_LEVELS
    nodes = ndtri(rank)
    return nodes / nodes.std(axis=0)


def _covariance(information: np.ndarray) -> np.ndarray:
    """Inverse of an information, its deviations kept within limits along its own axes."""
    value, axis = np.linalg.eigh(information)
    return (axis / np.clip(value, WIDEST**-2, NARROWEST**-2)) @ axis.T
