"""`Drift`: what the count has taught about later stations leaning differently from earlier ones, against the prior."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from ..models.evidence import Evidence
from ..outcome import Forecast

NATION = "nation"


@dataclass(frozen=True, eq=False)
class Drift:
    """Prior and posterior of the drift of support, in logits per deviation of lateness."""

    forecast: Forecast
    table: pd.DataFrame
    """Index place, the nation first, then regions with votes out: name, prior_sd, mean, q05, q95."""


def drift_of(forecast: Forecast, evidence: Evidence) -> Drift:
    """The drift of the first support component; `evidence` is what the model made of the count, for its priors.

    Raises ValueError where the forecast's model has no drift.
    """
    parameters = forecast.parameters
    if not {"drift_nation", "drift"} <= set(parameters):
        raise ValueError(f"the engine {forecast.engine!r} tells of no drift")
    nation, regions = (parameters[name].isel(component=0, drop=True) for name in ("drift_nation", "drift"))
    names = forecast.election.regions["name"]
    width = evidence.priors.drift
    prior = pd.Series(width * evidence.drift_region, index=parameters["region"].to_numpy())
    out = forecast.mean(forecast.draws["outstanding"].sum("candidate")).to_series()
    open_regions = [region for region in names.index if out[region] > 0]
    rows = [_row(forecast, nation, NATION, width * evidence.drift_nation)]
    rows += [_row(forecast, regions.sel(region=region), names[region], prior[region]) for region in open_regions]
    return Drift(forecast, pd.DataFrame(rows, index=pd.Index([NATION, *open_regions], name="place")))


def _row(forecast: Forecast, draws: xr.DataArray, name: str, prior_sd: float) -> dict[str, object]:
    low, high = forecast.quantiles(draws, [0.05, 0.95]).to_numpy()
    return {
        "name": name,
        "prior_sd": float(np.asarray(prior_sd)),
        "mean": float(forecast.mean(draws)),
        "q05": float(low),
        "q95": float(high),
    }
