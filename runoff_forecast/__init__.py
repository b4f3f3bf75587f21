"""Forecast the final result of an election from a partial count."""

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
from .night import Night as Night, Result as Result
from .sources import elections as elections, load as load, read_counts as read_counts, write_night as write_night
