"""A small made-up election and made-up draws of its end, for tests of what does not depend on a model."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from runoff_forecast.count import Count, Counts
from runoff_forecast.election import Candidate, Election, FirstRound, OutrightRule
from runoff_forecast.night import Night
from runoff_forecast.outcome import Forecast
from runoff_forecast.sources import write_night

UNITS = pd.DataFrame(
    {
        "unit": ["01", "02", "03", "04"],
        "region": ["north", "north", "south", "abroad"],
        "kind": ["urban", "rural", "urban", "overseas"],
        "stations": [10, 5, 20, 4],
    }
)
CANDIDATES = (Candidate("ana", "Ana Quispe", color="#0b6e4f"), Candidate("bea", "Bea Salas", color="#7a3b9a"))
THIRD = Candidate("caro", "Caro Inga")


def election(candidates=CANDIDATES, rules: tuple[OutrightRule, ...] | None = None) -> Election:
    """A runoff, or a first round where rules for an outright win are given."""
    first_round = None if rules is None else FirstRound(2, rules)
    return Election.from_frames(
        id="made-up",
        title="A made-up runoff",
        date=date(2021, 6, 6),
        timezone="America/Lima",
        rule="runoff" if rules is None else "first-round",
        candidates=candidates,
        units=UNITS,
        first_round=first_round,
    )


def counts(contest: Election) -> Counts:
    """Half of the north, most of the south, nothing from abroad; half an hour earlier, less."""
    states = [
        ("2021-06-06T20:30:00-05:00", "01", 4, 1, 450, 300, 75),
        ("2021-06-06T21:00:00-05:00", "01", 8, 1, 900, 600, 150),
        ("2021-06-06T21:00:00-05:00", "03", 15, 2, 1100, 1400, 250),
    ]
    columns = ["time", "place", "counted", "contested", "ana", "bea", "caro"]
    frame = pd.DataFrame(states, columns=columns).assign(level="unit")
    known = ["time", "level", "place", "counted", "contested", *contest.candidate_ids]
    return Counts.from_frame(contest, frame.reindex(columns=known, fill_value=0))


def count(contest: Election) -> Count:
    """What is known at the end of `counts`."""
    return counts(contest).latest


def folder(path: Path, contest: Election) -> Path:
    """The election and its counts as a folder."""
    write_night(Night(contest, counts(contest)), path)
    return path


def forecast(contest: Election | None = None, draws: int = 400, seed: int = 1, whole: bool = False) -> Forecast:
    """Draws around a plausible end; whole votes make ties possible."""
    contest = contest or election()
    state, rng = count(contest), np.random.default_rng(seed)
    ids = list(contest.candidate_ids)
    by_region = state.holdings.frame.groupby(contest.units["region"].reindex(state.holdings.frame["place"]).to_numpy())
    inside = by_region[ids].sum().reindex(contest.regions.index, fill_value=0.0).to_numpy()
    leaning = np.linspace(1.2, 0.8, len(ids))
    pending = rng.gamma(9.0, np.array([50.0, 40.0, 30.0])[:, None] * leaning, (draws, 3, len(ids)))
    pending = pending.round() if whole else pending
    dims = ("draw", "region", "candidate")
    data = {
        "final": (dims, inside + pending),
        "outstanding": (dims, pending),
        "contested": (dims, 0.2 * pending),
        "outstanding_kind": (("draw", "kind", "candidate"), pending),
        "contested_kind": (("draw", "kind", "candidate"), 0.2 * pending),
    }
    coords = {"region": contest.regions.index.to_numpy(), "candidate": ids, "kind": ["urban", "rural", "overseas"]}
    parameters = xr.Dataset({"drift": ("draw", rng.normal(size=draws))})
    return Forecast(state, xr.Dataset(data, coords), parameters, engine="fast", seed=seed)


def with_final(shown: Forecast, votes: np.ndarray, out: np.ndarray | None = None) -> Forecast:
    """The forecast with national votes (draw, candidate) put in the place of its draws, all in the first region; none
    of them is out, unless `out`, of the same shape, tells."""
    dims = ("draw", "region", "candidate")
    final = np.zeros((len(votes), 3, votes.shape[1]))
    final[:, 0] = votes
    outstanding = np.zeros_like(final)
    outstanding[:, 0] = 0.0 if out is None else out
    coords = {"region": shown.election.regions.index.to_numpy(), "candidate": list(shown.candidates)}
    data = {"final": (dims, final), "outstanding": (dims, outstanding), "contested": (dims, np.zeros_like(final))}
    return Forecast(shown.count, xr.Dataset(data, coords), seed=1)
