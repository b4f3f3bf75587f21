"""A headline, as newsrooms print it, to a night: national shares or votes, and how much is counted."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from numbers import Real

import numpy as np
import pandas as pd

from ..checks.problem import InvalidCount, Problem
from ..count import Counts
from ..election import Election
from ..turnout import valid_per_station

ROUNDED = 0.005
"""A printed share is off by this at most: half of a full point."""


def bulletin(
    election: Election,
    *,
    time: pd.Timestamp | datetime | str,
    counted_share: float,
    votes: Mapping[str, float] | None = None,
    shares: Mapping[str, float] | None = None,
    valid_votes: float | None = None,
    contested: float = 0.0,
) -> Counts:
    """A night of one national headline, from the votes of the candidates or from their shares (0 to 1).

    counted_share is of stations inside the votes, not of those processed; contested is a number of stations. Of
    `shares` one candidate may be left out, who gets the rest. Votes are then the share times `valid_votes`, the valid
    votes of the bulletin; where these are not said, those that the register's baseline leads one to expect of that many
    stations. So a share printed to 0.1 points gives votes that are off by up to 0.05 % of the valid ones and a lead
    that is off by twice that, and the bulletin's turnout is the baseline's, not evidence. Raises `InvalidCount`.
    """
    problems = _share_problems(election, counted_share, votes, shares)
    if valid_votes is not None and not (isinstance(valid_votes, Real) and valid_votes > 0):
        problems = [*problems, _problem("valid_votes", valid_votes, "a number above 0")]
    if problems:
        raise InvalidCount(problems)
    if votes is None:
        total = valid_votes or expected_valid_votes(election) * counted_share
        votes = {name: float(np.round(share * total)) for name, share in _whole(election, shares or {}).items()}
    row = {"time": _iso(time), "level": "nation", "place": "", "counted_share": counted_share}
    return Counts.from_frame(election, pd.DataFrame([{**row, "contested": contested, **votes}]))


def expected_valid_votes(election: Election) -> float:
    """Valid votes of the whole register, as the baseline or else the electorate leads one to expect."""
    return float(valid_per_station(election) @ election.units["stations"].to_numpy(float))


def _iso(time: pd.Timestamp | datetime | str) -> str:
    """The time as counts have it; what cannot be read as it is, for their checks to tell."""
    try:
        return pd.Timestamp(time).isoformat()
    except ValueError:
        return str(time)


def _whole(election: Election, shares: Mapping[str, float]) -> dict[str, float]:
    """The shares in the order of the election, with the one left out."""
    rest = max(1.0 - sum(shares.values()), 0.0)
    return {name: shares.get(name, rest) for name in election.candidate_ids}


def _share_problems(
    election: Election, counted_share: float, votes: Mapping[str, float] | None, shares: Mapping[str, float] | None
) -> Sequence[Problem]:
    if not _is_share(counted_share):
        return [_problem("counted_share", counted_share, "a share between 0 and 1")]
    if not all(isinstance(given, Mapping | None) for given in (votes, shares)):
        return [_problem("votes", None, "votes or shares by candidate, such as {'ana': 0.52, 'ben': 0.48}")]
    if (votes is None) == (shares is None):
        return [_problem("votes", None, "either votes or shares, and not both")]
    given = shares if votes is None else votes
    unknown = sorted(set(given or ()) - set(election.candidate_ids), key=str)
    lacking = [name for name in election.candidate_ids if name not in (given or ())]
    ids = ", ".join(election.candidate_ids)
    if unknown or len(lacking) > (votes is None):
        return [_problem(name, None, "the candidates " + ids) for name in (*unknown, *lacking)]
    if shares is None:
        return []
    wrong = [_problem(name, share, "a share between 0 and 1") for name, share in shares.items() if not _is_share(share)]
    if wrong:
        return wrong
    total, slack = sum(shares.values()), ROUNDED * len(shares)
    if total > 1 + slack or (not lacking and total < 1 - slack):
        return [_problem("shares", round(total, 6), "shares that add up to 1, except for rounding")]
    return []


def _is_share(value: object) -> bool:
    return isinstance(value, Real) and 0 <= value <= 1


def _problem(column: object, value: object, expected: str) -> Problem:
    return Problem("bulletin", None, str(column), None if value is None else str(value), expected)
