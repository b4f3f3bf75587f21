"""A forecast told: in a paragraph, and as plain values for other programs."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from . import contest, saying
from .count import Count

if TYPE_CHECKING:
    from .outcome import Forecast

JSON_SCHEMA = 1
try:
    SOFTWARE = f"runoff-forecast {version('runoff-forecast')}"
except PackageNotFoundError:  # a checkout on the path, not installed
    SOFTWARE = "runoff-forecast"
MARKS = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
MANY_CANDIDATES = 4
"""A sentence names no more of them than this."""


def paragraph(forecast: "Forecast") -> str:
    """Where the count stands, the final margin and the chances, in a few sentences."""
    election = forecast.election
    about, ahead, behind, margin = _contest(forecast)
    names = election.names
    low, high = (saying.points(float(limit)) for limit in forecast.quantiles(margin, [0.05, 0.95]))
    expected = saying.points(float(forecast.mean(margin)))
    return " ".join(
        [
            f"{election.title}, {_so_far(forecast.count)}",
            f"{about}, {names[ahead]} minus {names[behind]}: {expected} points (90 % interval {low} to {high}).",
            _chances(forecast),
        ]
    )


def _contest(forecast: "Forecast") -> tuple[str, str, str, xr.DataArray]:
    """What the margin that decides is called, between whom it is, and draws of it."""
    ends_it = contest.in_play(forecast) or contest.places(forecast.election) == 1
    return "Final margin" if ends_it else "At the last place in the runoff", *contest.deciding_margin(forecast)


def _so_far(count: Count) -> str:
    election = count.election
    if count.rows.empty:
        return f"{saying.local_day(count.time, election.timezone)}: nothing counted yet."
    share = f"{100 * count.counted_share:.1f} % of {election.stations_total:,.0f} stations counted."
    return f"{saying.local_time(count.time, election.timezone)}: {share}"


def plain(forecast: "Forecast") -> dict[str, object]:
    """The fields of `runoff-forecast forecast --json`, in types that JSON knows; shares to 6 decimals, votes whole."""
    votes = {name: _votes(forecast, forecast.votes.sel(candidate=name)) for name in forecast.candidates}
    values = _head(forecast) | {
        "counted": _counted(forecast.count),
        "win_probability": _rounded(forecast.win_probability),
        "margin": _described(forecast, forecast.margin),
        "votes": votes,
        "outstanding": {
            "stations": round(forecast.election.stations_total - forecast.count.counted - forecast.count.void),
            "valid_votes": _votes(forecast, forecast.outstanding.sum("candidate")),
        },
        "regions": _regions(forecast),
    }
    if forecast.election.first_round is not None:
        values |= _first_round(forecast)
    return values | {"diagnostics": as_json(forecast.diagnostics)}


def as_json(value: object) -> object:
    """The same in types that JSON knows; numbers that are not finite become null, other things their text."""
    if isinstance(value, Mapping):
        return {str(name): as_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if isinstance(value, np.generic | np.ndarray):
        return as_json(value.tolist())
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _chances(forecast: "Forecast") -> str:
    first_round = forecast.election.first_round
    chances = contest.chances(forecast)
    likeliest = sorted(forecast.election.candidates, key=lambda candidate: -chances[candidate.id])[:MANY_CANDIDATES]
    text = ", ".join(f"{candidate.name} {_hundred(forecast, chances[candidate.id])}" for candidate in likeliest)
    if first_round is None:
        return f"Chances in 100 to win: {text}."
    outright = _hundred(forecast, float(forecast.outright_probability.sum()))
    return f"Chances in 100 to go on to a runoff: {text}; of an outright win: {outright}."


def _hundred(forecast: "Forecast", probability: float) -> str:
    return saying.in_hundred(probability, certain=forecast.finished)


def _head(forecast: "Forecast") -> dict[str, object]:
    election = forecast.election
    head = {
        "schema": JSON_SCHEMA,
        "software": SOFTWARE,
        "election": election.id,
        "time": forecast.count.time.tz_convert(election.timezone).isoformat(),
        "engine": forecast.engine,
        "draws": forecast.draws.sizes["draw"],
        "seed": forecast.seed,
    }
    return head if forecast.weights is None else head | {"effective_draws": round(forecast.effective_draws, 1)}


def _counted(count: Count) -> dict[str, object]:
    return {
        "stations": round(count.counted),
        "stations_total": round(count.election.stations_total),
        "contested": round(count.contested),
        "void": round(count.void),
        "share": round(count.counted_share, 6),
        "votes": {name: round(float(count.votes[name])) for name in count.election.candidate_ids},
        "margin": None if np.isnan(count.margin) else round(float(count.margin), 6),
    }


def _described(forecast: "Forecast", quantity: xr.DataArray) -> dict[str, float]:
    values = forecast.quantiles(quantity, list(MARKS.values())).to_numpy()
    moments = {"mean": float(forecast.mean(quantity)), "sd": float(forecast.sd(quantity))}
    return _rounded(moments | dict(zip(MARKS, values, strict=True)))


def _votes(forecast: "Forecast", quantity: xr.DataArray) -> dict[str, int]:
    low, high = forecast.quantiles(quantity, [0.05, 0.95]).to_numpy()
    return {"mean": round(float(forecast.mean(quantity))), "q05": round(float(low)), "q95": round(float(high))}


def _regions(forecast: "Forecast") -> list[dict[str, object]]:
    return [
        {
            "region": region,
            "name": row["name"],
            "counted_share": round(row["counted_share"], 6),
            "counted_share_known": bool(row["counted_share_known"]),
            "margin": _rounded({"mean": row["margin"], "q05": row["margin_q05"], "q95": row["margin_q95"]}),
            "outstanding_valid_votes": round(row["outstanding"]),
        }
        for region, row in forecast.to_frame().to_dict("index").items()
    ]


def _first_round(forecast: "Forecast") -> dict[str, object]:
    pairings = forecast.pairings.items()
    return {
        "gaps": _described(forecast, forecast.gaps),
        "gap_ranks": [forecast.gap_rank, forecast.gap_rank + 1],
        "advance_probability": _rounded(forecast.advance_probability),
        "outright_probability": _rounded(forecast.outright_probability),
        "pairings": [{"candidates": list(group), "probability": round(chance, 6)} for group, chance in pairings],
    }


def _rounded(values: Mapping[str, float] | pd.Series) -> dict[str, float]:
    return {str(name): round(float(value), 6) for name, value in values.items()}
