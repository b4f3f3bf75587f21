"""What a contest is about: how many places there are to take, who may take one, and whether a first round ends it."""

from typing import TYPE_CHECKING

import pandas as pd

from .election import Election

if TYPE_CHECKING:
    from .outcome import Forecast

SLIGHT = 0.005
"""A chance below this is said as less than one in 100: it is not what a count is about."""


def places(election: Election) -> int:
    """The ranks that matter: the first, or in a first round all that advance, and never all who stand."""
    first_round = election.first_round
    return 1 if first_round is None else min(first_round.advance, int(election.standing.sum()) - 1)


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
