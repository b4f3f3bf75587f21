"""The forecast model: what a count so far says of the finished one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from threadpoolctl import threadpool_limits

from ..count import Count, Counts
from ..outcome import Forecast
from .cautions import warnings_of
from .complete import complete, open_cells
from .evidence import Evidence, gather
from .fast import FastDraws
from .laplace import build_solver
from .learnt import learnt_priors
from .misfit import Prepared, prepare
from .priors import Priors
from .quadrature import integrate
from .resampling import resampled_draws

Engine = Literal["fast", "nuts"]


@dataclass(frozen=True)
class StratifiedArrival:
    """Support by first-round baseline and place, turnout of what is pending, and the order in which places arrive.

    Called on a night so far (or a single `Count`) it gives the `Forecast`. See MODEL.md for the formula.
    """

    engine: Engine = "fast"
    """`fast` is Laplace's approximation with the scales integrated; `nuts` samples the same density with PyMC."""
    draws: int = 4000
    priors: Priors | None = None
    """None takes the priors learnt from past counts, without the election at hand."""
    moments: int = 4
    """Moments of the night that are evidence, at most, the latest among them; with one there is no history."""
    tune: int = 500
    chains: int = 2
    """Of the sampler; the fast engine has none."""

    def __post_init__(self) -> None:
        if self.engine not in ("fast", "nuts"):
            raise ValueError(f"engine is 'fast' or 'nuts', got {self.engine!r}")
        if self.draws < 1:
            raise ValueError(f"draws is a positive number, got {self.draws}")

    def __call__(self, counts: Counts | Count, *, rng: np.random.Generator) -> Forecast:
        """The forecast of the night so far. Raises `SickPosterior` where the sampler's diagnostics fail."""
        night = Counts.from_count(counts) if isinstance(counts, Count) else counts
        prepared = self._prepared(night)
        return _run_nuts(self, prepared.evidence, rng) if self.engine == "nuts" else _run_fast(self, prepared, rng)

    def evidence(self, counts: Counts) -> Evidence:
        """What the model conditions on."""
        return self._prepared(counts).evidence

    def _prepared(self, counts: Counts) -> Prepared:
        evidence = gather(counts, self.priors or learnt_priors(counts.election), moments=self.moments)
        with threadpool_limits(1):
            return prepare(evidence)


def forecast(
    counts: Counts | Count,
    *,
    engine: Engine = "fast",
    draws: int = 4000,
    seed: int | None = None,
    priors: Priors | None = None,
) -> Forecast:
    """The short way in: the forecast of a night so far, reproducible where a seed is given."""
    from dataclasses import replace

    if not isinstance(counts, Counts | Count):
        raise TypeError(f"counts are a Counts or a Count, such as night.counts, got {type(counts).__name__}")

    made = StratifiedArrival(engine=engine, draws=draws, priors=priors)(counts, rng=np.random.default_rng(seed))
    return replace(made, seed=seed)


def _run_fast(model: StratifiedArrival, prepared: Prepared, rng: np.random.Generator) -> Forecast:
    evidence = prepared.evidence
    # the matrices are small: threads of the linear algebra library cost more than they give
    with threadpool_limits(1):
        source = resampled_draws(evidence, model.draws, rng) or _linearised(prepared, model.draws, rng)
        draws, parameters = complete(evidence, source.cells, source, model.draws, rng)
    return Forecast(
        count=evidence.count,
        draws=draws,
        parameters=parameters,
        engine="fast",
        diagnostics={
            "warnings": warnings_of(evidence, parameters),
            "quadrature_points": len(source.mixture.weights),
            "quadrature_effective": source.mixture.effective,
        },
    )


def _linearised(prepared: Prepared, draws: int, rng: np.random.Generator) -> FastDraws:
    solver = build_solver(prepared.evidence)
    mixture = integrate(solver, prepared.latent, prepared.scales)
    return FastDraws(solver, mixture, open_cells(prepared.evidence), draws, rng)


def _run_nuts(model: StratifiedArrival, evidence: Evidence, rng: np.random.Generator) -> Forecast:
    from .nuts import sample_forecast

    return sample_forecast(evidence, model.draws, model.tune, model.chains, rng)
