"""The forecast model: what a count so far says of the finished one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..checks.arguments import whole
from ..count import Count, Counts
from ..outcome import Forecast
from .learnt import learnt_priors
from .priors import Priors

if TYPE_CHECKING:
    from .evidence import Evidence
    from .misfit import Prepared

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
    """Moments of the night that are evidence, at most, the latest among them; with one there is no history. Fewer are
    taken where rows of regions times candidates are many."""
    tune: int = 500
    chains: int = 2
    """Of the sampler; the fast engine has none."""

    def __post_init__(self) -> None:
        if self.engine not in ("fast", "nuts"):
            raise ValueError(f"engine is 'fast' or 'nuts', got {self.engine!r}")
        for name in ("draws", "moments", "tune", "chains"):
            whole(name, getattr(self, name))
        if self.engine == "nuts" and self.draws < self.chains:
            raise ValueError(f"draws are at least one for each of the {self.chains} chains, got {self.draws}")

    def __call__(self, counts: Counts | Count, *, rng: np.random.Generator) -> Forecast:
        """The forecast of the night so far. Raises `SickPosterior` where the sampler's diagnostics fail."""
        from . import engines  # scipy's linear algebra takes longer to load than this package

        prepared = self._prepared(counts)
        if self.engine == "nuts":
            return engines.run_nuts(prepared.evidence, self.draws, self.tune, self.chains, rng)
        return engines.run_fast(prepared, self.draws, rng)

    def evidence(self, counts: Counts | Count) -> Evidence:
        """What the model conditions on."""
        return self._prepared(counts).evidence

    def _prepared(self, counts: Counts | Count) -> Prepared:
        from . import engines

        night = Counts.of(counts)
        return engines.prepared_for(night, self.priors or learnt_priors(night.election), self.moments)


def forecast(
    counts: Counts | Count,
    *,
    engine: Engine = "fast",
    draws: int = 4000,
    seed: int | None = None,
    priors: Priors | None = None,
) -> Forecast:
    """The short way in: the forecast of a night so far, reproducible where a seed is given."""
    if not isinstance(counts, Counts | Count):
        raise TypeError(f"counts are a Counts or a Count, such as night.counts, got {type(counts).__name__}")
    made = StratifiedArrival(engine=engine, draws=draws, priors=priors)(counts, rng=np.random.default_rng(seed))
    return replace(made, seed=seed)
