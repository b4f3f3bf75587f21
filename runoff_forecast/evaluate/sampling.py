"""`Sampling`: whether the sampler's chains agree, by ArviZ's diagnostics."""

from dataclasses import dataclass

import pandas as pd

from ..models.labels import labelled
from ..outcome import Forecast

RHAT = 1.01
"""Chains that agree stay below it (Vehtari, Gelman, Simpson, Carpenter and Bürkner 2021). A forecast is refused only
above `models.nuts.WORST_RHAT`: its margin may be sound where one of hundreds of numbers is not."""
ESS_PER_CHAIN = 100
"""Effective draws that each chain should give (the same)."""


@dataclass(frozen=True, eq=False)
class Sampling:
    """Diagnostics of every sampled number."""

    forecast: Forecast
    chains: int
    draws: int
    """Of each chain."""
    divergences: int
    table: pd.DataFrame
    """Index parameter, worst agreement first: rhat, ess_bulk, ess_tail."""

    @property
    def enough(self) -> float:
        """Effective draws that every number should have."""
        return float(ESS_PER_CHAIN * self.chains)

    @property
    def sick(self) -> pd.DataFrame:
        """The rows that miss a bar of the literature; a forecast may have been accepted with some."""
        few = self.table[["ess_bulk", "ess_tail"]].min(axis=1) < self.enough
        return self.table[(self.table["rhat"] > RHAT) | few]


def sampling_of(forecast: Forecast) -> Sampling:
    """The diagnostics of a forecast's trace; raises ValueError where it has none, as with the fast engine."""
    import arviz  # takes longer to load than all the rest; only for those who sampled

    if forecast.trace is None:
        raise ValueError(f"the engine {forecast.engine!r} keeps no trace: there are no chains to compare")
    posterior = forecast.trace["posterior"].to_dataset()
    found = {
        "rhat": arviz.rhat(posterior),
        "ess_bulk": arviz.ess(posterior, method="bulk"),
        "ess_tail": arviz.ess(posterior, method="tail"),
    }
    table = pd.DataFrame({name: labelled(values) for name, values in found.items()})
    stats = forecast.trace["sample_stats"] if "sample_stats" in forecast.trace.children else {}
    diverging = int(stats["diverging"].sum()) if "diverging" in stats else 0
    table = table.dropna().sort_values("rhat", ascending=False, kind="stable").rename_axis("parameter")
    return Sampling(forecast, posterior.sizes["chain"], posterior.sizes["draw"], diverging, table)
