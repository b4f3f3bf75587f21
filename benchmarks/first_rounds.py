"""First rounds, forecast anew: `python -m benchmarks.first_rounds`.

Who goes to the runoff, at moments when that was open. The tables go to MODEL.md, between the lines
`<!-- first-rounds -->` and `<!-- /first-rounds -->`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scoringrules as sr
import xarray as xr

import runoff_forecast as rf
from runoff_forecast.evaluate import spread_over
from runoff_forecast.evaluate.record import markdown

from .card import interval, into_card, marked, points, surnames

DRAWS = 4000
SERIES = 12
"""Moments of the long series, spread over it."""


@dataclass(frozen=True)
class Race:
    """Two candidates whose gap decides, the one who came out ahead first, and moments at which it was open."""

    election: str
    ahead: str
    behind: str
    moments: tuple[str, ...]


LONG = Race(
    "peru-2026-first-round",
    "sanchez",
    "lopez_aliaga",
    ("04-14T02:15", "04-14T11:05", "04-14T15:47", "04-14T19:55", "04-15T10:46", "05-02T21:30"),
)
RACES = (
    LONG,
    Race(
        "peru-2006-first-round",
        "garcia",
        "flores",
        ("04-09T22:00", "04-09T23:00", "04-10T01:00", "04-10T22:00", "04-11T20:00", "04-21T21:05", "04-22T12:00"),
    ),
    Race("peru-2011-first-round", "fujimori", "kuczynski", ("04-10T22:30", "04-11T05:30", "04-11T09:00")),
    Race("bolivia-2019", "morales", "mesa", ("10-20T19:40", "10-21T18:29")),
)


def main() -> None:
    """Forecast, print, and write into the card."""
    text = markdown(pd.DataFrame([row for race in RACES for row in _rows(race)])) + "\n\n" + _series(LONG)
    into_card("first-rounds", text)
    print(text)


def _rows(race: Race) -> Iterator[dict[str, str]]:
    night = rf.load(race.election)
    names, zone = surnames(night.election), night.election.timezone
    came = _gap(night.result.votes, race)
    for moment in race.moments:
        time = pd.Timestamp(f"{night.election.date.year}-{moment}:59").tz_localize(zone)
        forecast = rf.forecast(night.counts.until(time), draws=DRAWS, seed=1)
        gap = _gaps(forecast, race)
        low, high = (float(limit) for limit in gap.quantile([0.05, 0.95]))
        yield {
            "first round": marked(night.election.title, night.election),
            "moment": f"{time.day} {time.month_name()} {time:%H:%M}",
            "counted": f"{forecast.count.counted_share:.1%}",
            "gap": f"{names[race.ahead]} − {names[race.behind]}",
            "raw": points(_gap(forecast.count.votes, race)),
            "90 % interval": interval(low, high, came),
            "came": points(came),
            "chances": _chances(forecast, race, names),
        }


def _chances(forecast: rf.Forecast, race: Race, names: dict[str, str]) -> str:
    chances = forecast.advance_probability
    advance = ", ".join(f"{names[one]} {_percent(chances[one])}" for one in (race.ahead, race.behind))
    outright = float(forecast.outright_probability.sum())
    return f"to advance: {advance}" + (f"; outright win {_percent(outright)}" if outright > 0.001 else "")


def _percent(chance: float) -> str:
    return f"{100 * chance:.0f} %" if 0.005 <= chance <= 0.995 else (">99 %" if chance > 0.5 else "<1 %")


def _gap(votes: pd.Series, race: Race) -> float:
    return float((votes[race.ahead] - votes[race.behind]) / votes.sum())


def _gaps(forecast: rf.Forecast, race: Race) -> xr.DataArray:
    return forecast.shares.sel(candidate=race.ahead, drop=True) - forecast.shares.sel(candidate=race.behind, drop=True)


def _series(race: Race) -> str:
    """How the gap was forecast over a long series; its last state stands for the end, and is left out."""
    night = rf.load(race.election)
    came, scores = _gap(night.result.votes, race), []
    for time in spread_over(night.counts.times[:-1], SERIES):
        forecast = rf.forecast(night.counts.until(time), draws=DRAWS, seed=1)
        gap = _gaps(forecast, race).to_numpy()
        low, high = np.quantile(gap, [0.05, 0.95])
        raw = abs(_gap(forecast.count.votes, race) - came)
        scores.append((float(sr.crps_ensemble(came, gap)), raw, low <= came <= high))
    crps, raw, held = np.mean(scores, axis=0)
    names = surnames(night.election)
    return (
        f"{night.election.title}, {len(scores)} moments spread over the series: the mean CRPS of the gap between "
        f"{names[race.ahead]} and {names[race.behind]} is {100 * crps:.3f} points, the raw gap's mean error "
        f"{100 * raw:.3f}; the 90 % interval holds the series' last state {round(held * len(scores))} times."
    )


if __name__ == "__main__":
    main()
