"""How good one forecast was: proper scores of the margin and of the winner, coverage, regions, turnout."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scoringrules as sr

from ..night import Result
from ..outcome import Forecast

MASSES = (0.5, 0.8, 0.9, 0.95)
"""Of the central intervals that are scored."""

LEAST_PROBABILITY = 1e-4
"""A winner given less than this is scored as if given this: draws cannot tell smaller probabilities apart."""


@dataclass(frozen=True)
class Scores:
    """One forecast against the result. Margins, widths, CRPS and interval scores are shares (0.01 is one point)."""

    counted_share: float
    final_margin: float
    raw_error: float
    """Margin so far minus final margin; NaN where nothing is counted."""
    error: float
    """Expected margin minus final margin."""
    sd: float
    crps: float
    pit: float
    """Probability below the final margin, half of that at it; uniform where the forecasts are calibrated."""
    covered_50: bool
    covered_80: bool
    covered_90: bool
    covered_95: bool
    width_50: float
    width_80: float
    width_90: float
    width_95: float
    interval_score_50: float
    interval_score_80: float
    interval_score_90: float
    interval_score_95: float
    winner: str
    """Empty where the count ended in a tie: whoever was called then was called wrongly."""
    win_probability: float
    """Of the candidate who won."""
    favourite: str
    favourite_probability: float
    """The candidate given the best chance, and that chance."""
    brier: float
    """Half the squared distance of all win probabilities from what came: 0 to 1."""
    log_score: float
    regions_covered_90: float
    """Share of the regions still open whose final margin lies in its 90 % interval; NaN where none is open or known."""
    region_error: float
    """Mean absolute error of the margin in the regions still open."""
    turnout_error: float
    """Expected final valid votes over the true ones, minus one."""
    turnout_covered_90: bool


def score(forecast: Forecast, result: Result) -> Scores:
    """The scores of a forecast of the finished count."""
    draws, weights = forecast.margin.to_numpy(), forecast.draw_weights
    truth = result.margin
    below = float(weights @ ((draws < truth) + 0.5 * (draws == truth)))
    ensemble_weights = None if forecast.weights is None else weights
    margin = {
        "counted_share": forecast.count.counted_share,
        "final_margin": truth,
        "raw_error": forecast.count.margin - truth,
        "error": float(forecast.mean(forecast.margin)) - truth,
        "sd": float(forecast.sd(forecast.margin)),
        "crps": float(sr.crps_ensemble(truth, draws, ens_w=ensemble_weights, estimator="qd")),
        "pit": below,
    }
    return Scores(
        **margin, **_intervals(forecast, truth), **_winner(forecast, result), **_regions(forecast, result),
        **_turnout(forecast, result),
    )  # fmt: skip


COVERED = ("covered_50", "covered_80", "covered_90", "covered_95")
WIDTH = ("width_50", "width_80", "width_90", "width_95")
INTERVAL_SCORE = ("interval_score_50", "interval_score_80", "interval_score_90", "interval_score_95")


def _intervals(forecast: Forecast, truth: float) -> dict[str, float | bool]:
    found = {}
    for mass, covered, width, interval_score in zip(MASSES, COVERED, WIDTH, INTERVAL_SCORE, strict=True):
        low, high = forecast.interval(mass)
        found[covered] = low <= truth <= high
        found[width] = high - low
        found[interval_score] = float(sr.interval_score(truth, low, high, 1 - mass))
    return found


def _winner(forecast: Forecast, result: Result) -> dict[str, float | str]:
    votes = result.votes.where(result.election.standing, -1.0)
    came = (votes == votes.max()).to_numpy()
    said = forecast.win_probability[result.votes.index].to_numpy()
    given = max(float(said[came].mean()), LEAST_PROBABILITY)
    return {
        "winner": str(votes.idxmax()) if came.sum() == 1 else "",
        "win_probability": float(said[came].mean()),
        "favourite": str(forecast.win_probability.idxmax()),
        "favourite_probability": float(said.max()),
        "brier": 0.5 * float(np.sum(sr.brier_score(came, said))),
        "log_score": -float(np.log(given)),
    }


def _regions(forecast: Forecast, result: Result) -> dict[str, float]:
    final = _final_by_region(result)
    is_open = (forecast.draws["outstanding"].sum("candidate").max("draw") > 0).to_numpy()
    if final is None or not is_open.any():
        return {"regions_covered_90": np.nan, "region_error": np.nan}
    margins = forecast.region_margin.isel(region=is_open)
    low, high = forecast.quantiles(margins, [0.05, 0.95]).to_numpy()
    truth = (final[:, 0] - final[:, 1])[is_open] / np.maximum(final.sum(axis=1), 1.0)[is_open]
    return {
        "regions_covered_90": float(np.mean((low <= truth) & (truth <= high))),
        "region_error": float(np.mean(np.abs(forecast.mean(margins).to_numpy() - truth))),
    }


@lru_cache(maxsize=8)
def _final_by_region(result: Result) -> np.ndarray | None:
    """Kept for the forecasts of a night that are scored one after the other: the sums take longer than the scores."""
    votes = result.by_region()
    return None if votes is None else votes.to_numpy(float)


def _turnout(forecast: Forecast, result: Result) -> dict[str, float | bool]:
    valid, truth = forecast.votes.sum("candidate"), float(result.votes.sum())
    low, high = forecast.quantiles(valid, [0.05, 0.95]).to_numpy()
    return {
        "turnout_error": float(forecast.mean(valid)) / truth - 1.0,
        "turnout_covered_90": bool(low <= truth <= high),
    }
