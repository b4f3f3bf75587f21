"""How much a forecast depends on the drift prior, beside an estimate with no model: both belong to a probability."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..count import Count, Counts
from ..models import Priors, StratifiedArrival, learnt_priors
from ..models.design_based import DesignBased
from ..outcome import Forecast

FACTORS = (0.5, 1.0, 2.0)


@dataclass(frozen=True)
class DriftTimes:
    """A model whose drift prior, of support and of turnout, is made wider or narrower by a factor."""

    model: StratifiedArrival
    factor: float
    """On the widths: 1 leaves the prior as it is, a number near 0 takes the drift out."""

    def __call__(self, counts: Counts | Count, *, rng: np.random.Generator) -> Forecast:
        """The forecast of the night so far."""
        night = Counts.of(counts)
        priors = with_drift(self.model.priors or learnt_priors(night.election), self.factor)
        return replace(self.model, priors=priors)(night, rng=rng)


@dataclass(frozen=True)
class LatestOnly:
    """A model that is shown the latest state of every place, and no earlier one."""

    model: StratifiedArrival

    def __call__(self, counts: Counts | Count, *, rng: np.random.Generator) -> Forecast:
        """The forecast from the latest state."""
        latest = counts if isinstance(counts, Count) else counts.latest
        return self.model(Counts.from_count(latest), rng=rng)


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """The same count forecast under several widths of the drift, and from the counted stations alone."""

    forecasts: Mapping[float, Forecast]
    """By factor on the widths; 1 is the forecast itself."""
    design_based: Forecast

    def to_frame(self) -> pd.DataFrame:
        """A row each: margin mean, sd, q05, q95, and win_probability of the first candidate."""
        rows = {f"drift x {factor:g}": forecast for factor, forecast in self.forecasts.items()}
        rows["design-based"] = self.design_based
        return pd.DataFrame({name: _summary(forecast) for name, forecast in rows.items()}).T

    @property
    def swing(self) -> float:
        """By how much the first candidate's win probability differs between the widths."""
        chances = [forecast.win_probability.iloc[0] for forecast in self.forecasts.values()]
        return float(max(chances) - min(chances))


def sensitivity(
    model: StratifiedArrival, counts: Counts | Count, *, seed: int = 1, factors: Sequence[float] = FACTORS
) -> Sensitivity:
    """The forecast of a night so far under the drift prior times each factor, all from the same seed."""
    night = Counts.of(counts)
    forecasts = {float(f): DriftTimes(model, f)(night, rng=np.random.default_rng(seed)) for f in factors}
    return Sensitivity(forecasts, DesignBased()(night, rng=np.random.default_rng(seed)))


def with_drift(priors: Priors, factor: float) -> Priors:
    """The same priors with the drift of late stations times a factor: that of their scale, which all of it shares, and
    that of sheets that wait for rulings."""
    return replace(priors, drift=factor * priors.drift, drift_last=factor * priors.drift_last)


def _summary(forecast: Forecast) -> dict[str, float]:
    low, high = forecast.interval(0.9)
    return {
        "mean": float(forecast.mean(forecast.margin)),
        "sd": float(forecast.sd(forecast.margin)),
        "q05": low,
        "q95": high,
        "win_probability": float(forecast.win_probability.iloc[0]),
    }
