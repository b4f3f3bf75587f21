"""The two engines: from a night so far to a forecast. Apart from the model, whose import loads no linear algebra."""

from __future__ import annotations

import numpy as np

from ..count import Counts
from ..outcome import Forecast
from .cautions import warnings_of
from .complete import complete, open_cells
from .evidence import Evidence, gather
from .fast import FastDraws
from .laplace import build_solver
from .latent import orders_to_try
from .misfit import Prepared, prepare
from .priors import Priors
from .quadrature import integrate, joined
from .resampling import resampled_draws
from .skewness import at_mean
from .threads import own_threads


def prepared_for(counts: Counts, priors: Priors, moments: int) -> Prepared:
    """What both engines condition on: the evidence of so many moments, with the misfit that it shows."""
    with own_threads():
        return prepare(gather(counts, priors, moments=moments))


def run_fast(prepared: Prepared, draws: int, rng: np.random.Generator) -> Forecast:
    """Laplace's approximation with the scales integrated. Raises `NoMode` where there is no mode to start from."""
    evidence = prepared.evidence
    with own_threads() as threads:
        source = resampled_draws(evidence, draws, rng, threads) or _linearised(prepared, draws, rng)
        final, parameters = complete(evidence, source.cells, source.portions(), rng, threads)
    return Forecast(
        count=evidence.count,
        draws=final,
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
    starts = orders_to_try(prepared.evidence, prepared.latent)
    mixture = joined([at_mean(solver, integrate(solver, start, prepared.scales)) for start in starts])
    return FastDraws(solver, mixture, open_cells(prepared.evidence), draws, rng)


def run_nuts(evidence: Evidence, draws: int, tune: int, chains: int, rng: np.random.Generator) -> Forecast:
    """The same density sampled with PyMC. Raises `SickPosterior` where the sampler's diagnostics fail."""
    from .nuts import sample_forecast  # pymc takes seconds to load

    return sample_forecast(evidence, draws, tune, chains, rng)
