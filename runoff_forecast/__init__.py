"""Forecast the final result of an election from a partial count.

>>> import runoff_forecast as rf
>>> night = rf.load("peru-2021-runoff")
>>> so_far = night.counts.until("2021-06-07T19:23:00-05:00")
>>> forecast = rf.forecast(so_far, seed=1)
>>> low, high = forecast.interval(0.9)
>>> bool(low < night.result.margin < high)
True
"""

from .count import Count as Count, Counts as Counts, Holdings as Holdings
from .election import (
    Candidate as Candidate,
    Election as Election,
    FirstRound as FirstRound,
    InvalidCount as InvalidCount,
    InvalidElection as InvalidElection,
    InvalidInput as InvalidInput,
    OutrightRule as OutrightRule,
    Problem as Problem,
    Source as Source,
)
from .models import (
    Priors as Priors,
    SickPosterior as SickPosterior,
    StratifiedArrival as StratifiedArrival,
    forecast as forecast,
    learnt_priors as learnt_priors,
)
from .night import Night as Night, Result as Result
from .outcome import Forecast as Forecast
from .sources import (
    bulletin as bulletin,
    elections as elections,
    load as load,
    read_counts as read_counts,
    write_night as write_night,
)
