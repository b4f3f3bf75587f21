"""What a contest is about: how many places there are to take, who may take one, and whether a first round ends it."""

from typing import TYPE_CHECKING

import pandas as pd

from .election import Election

if TYPE_CHECKING:
    import xarray as xr

    from .outcome import Forecast

SLIGHT = 0.005
"""A chance below this is said as less than one in 100: it is not what a count is about."""


def places(election: Election) -> int:
    """The ranks that matter: the first, or in a first round all that advance, and never all who stand."""
    first_round = election.first_round
    return 1 if first_round is None else min(first_round.advance, int(election.standing.sum()) - 1)


def ranked(election: Election, votes: pd.Series) -> pd.Series:
    """Votes, or shares, of those who stand (index candidate), most first; a pool of several takes no rank."""
    return votes[election.standing].sort_values(ascending=False, kind="stable")


def lead(election: Election, votes: pd.Series) -> tuple[str, float]:
    """Who has most of the votes (index candidate), and by what share of them all more than the next who stands; nan
    where there are none."""
    best, total = ranked(election, votes), votes.sum()
    behind = best.iloc[1] if len(best) > 1 else 0.0
    return str(best.index[0]), float((best.iloc[0] - behind) / total) if total else float("nan")


def rivals(forecast: "Forecast") -> tuple[str, str]:
    """Between whom it is decided: two finalists as listed; of more who stand the two with most expected votes, or in a
    first round that nobody wins at once those next to the cut. As listed, too, where not even two stand."""
    election = forecast.election
    standing = [name for name, stands in zip(election.candidate_ids, election.standing, strict=True) if stands]
    if len(standing) < 2:
        return election.candidate_ids[0], election.candidate_ids[1]
    if len(standing) == 2 and election.first_round is None:
        return standing[0], standing[1]
    expected = ranked(election, forecast.mean(forecast.votes).to_series()).index
    last = 1 if in_play(forecast) else places(election)
    return str(expected[last - 1]), str(expected[last])


def deciding_margin(forecast: "Forecast") -> tuple[str, str, "xr.DataArray"]:
    """The rivals, and draws of how far the first is ahead of the second (draw), in shares of all valid votes."""
    first, second = rivals(forecast)
    apart = forecast.shares.sel(candidate=first) - forecast.shares.sel(candidate=second)
    return first, second, apart.fillna(0.0)


def in_play(forecast: "Forecast") -> bool:
    """Whether somebody may win in the first round: the chance is more than what is called less than one in 100."""
    return forecast.election.first_round is not None and float(forecast.outright_probability.sum()) >= SLIGHT


def chances(forecast: "Forecast") -> pd.Series:
    """The probability of each candidate to win, or in a first round to be in the runoff (index candidate)."""
    return forecast.win_probability if forecast.election.first_round is None else forecast.advance_probability


def chances_to_stay(forecast: "Forecast") -> pd.Series:
    """The same, except that who wins a first round at once has no need to go on: such wins are in it."""
    if forecast.election.first_round is None:
        return forecast.win_probability
    return forecast.advance_probability + forecast.outright_probability
