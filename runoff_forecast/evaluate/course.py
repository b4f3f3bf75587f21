"""`Course`: how a count and the forecasts of it went, light enough to be kept for a night of a thousand bulletins."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd
import xarray as xr

from .. import contest
from ..count import Count, Counts, margin_of
from ..election import Election
from ..night import Result
from ..outcome import Forecast

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Of each quantity at each moment: the median, the central half and nine tenths."""
BULLETINS = 120
"""Of a night at most: no chart can show more, and each takes some time to resolve."""

CONTENDERS = 6
"""Candidates at most whose duels are told: those with most expected votes at the time."""


@dataclass(frozen=True, eq=False)
class Course:
    """A night so far: the count at each bulletin, the forecast at each moment that was forecast, the end if known."""

    election: Election
    bulletins: pd.DataFrame
    """Index time (aware): counted_share, votes (valid ones in), margin (NaN before the first vote)."""
    moments: xr.Dataset
    """Over time (UTC, without zone): counted_share; margin (time, quantile) and its mean, expected; chance (time,
    candidate) to win, in a first round to win now or go on; share_so_far (time, candidate), share (time, candidate,
    quantile) and its mean, expected_share (time, candidate); in first rounds
    ahead (time, candidate, rival, quantile): by how much a candidate's share is above a rival's, NaN where either is
    not in the race."""
    truth: pd.Series | None = None
    """Official final votes per candidate."""
    finished: bool = False
    """Whether the last forecast leaves nothing to count."""

    @classmethod
    def of(cls, forecasts: Sequence[Forecast], *, counts: Counts | None = None, result: Result | None = None) -> Self:
        """From forecasts in order of time; `counts` adds bulletins in between, of a long night some.

        Raises ValueError where there is no forecast.
        """
        if not forecasts:
            raise ValueError("a course needs at least one forecast")
        moments = xr.concat([_moment(forecast) for forecast in forecasts], "time")
        between = [] if counts is None else [counts[position] for position in _spread(len(counts))]
        known = [*between, *(forecast.count for forecast in forecasts)]
        truth = None if result is None else result.votes
        return cls(forecasts[0].election, _bulletins(known), moments, truth, forecasts[-1].finished)

    def then(self, forecast: Forecast) -> Self:
        """The course with one more forecast, which takes the place of one of the same time."""
        added = _moment(forecast)
        kept = self.moments.drop_sel(time=added["time"].to_numpy(), errors="ignore")
        bulletins = pd.concat([self.bulletins, _bulletins([forecast.count])])
        bulletins = bulletins[~bulletins.index.duplicated(keep="last")].sort_index()
        moments = xr.concat([kept, added], "time").sortby("time")
        return replace(self, bulletins=bulletins, moments=moments, finished=forecast.finished)

    @property
    def margin(self) -> float | None:
        """The official final margin; None where it is not known."""
        return None if self.truth is None else margin_of(self.truth)

    @property
    def rivals(self) -> tuple[str, str]:
        """The two nearest to the cut of a first round by the last forecast: who goes on last, and who just does not.

        Raises ValueError where the election is no first round, as does `duel`.
        """
        if self.election.first_round is None:
            raise ValueError(f"{self.election.id} is no first round: nobody races for a place in a runoff")
        expected = self.moments["expected_share"].isel(time=-1).to_series()
        names, cut = contest.ranked(self.election, expected).index, contest.places(self.election)
        return str(names[cut - 1]), str(names[cut])

    @property
    def duel(self) -> xr.DataArray:
        """By how much the first of the rivals is ahead of the second at the end (time, quantile)."""
        first, second = self.rivals
        return self.moments["ahead"].sel(candidate=first, rival=second)

    @property
    def times(self) -> pd.DatetimeIndex:
        """The moments that were forecast, in the election's time zone."""
        return pd.DatetimeIndex(self.moments["time"].to_numpy(), tz="UTC").tz_convert(self.election.timezone)

    def __len__(self) -> int:
        return self.moments.sizes["time"]


def _spread(number: int) -> list[int]:
    """Positions of that number of bulletins, or of `BULLETINS` of them if they are more, from the first to the last."""
    return np.unique(np.linspace(0, number - 1, min(number, BULLETINS)).round().astype(int)).tolist()


def _bulletins(known: Sequence[Count]) -> pd.DataFrame:
    rows = {count.time: (count.counted_share, float(count.votes.sum()), count.margin) for count in known}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["counted_share", "votes", "margin"])
    return table.rename_axis("time").sort_index()


def _moment(forecast: Forecast) -> xr.Dataset:
    first_round = forecast.election.first_round
    votes = forecast.count.votes.to_numpy()
    named = {
        "counted_share": ((), forecast.count.counted_share),
        "margin": forecast.quantiles(forecast.margin, QUANTILES),
        "expected": ((), float(forecast.mean(forecast.margin))),
        "chance": ("candidate", contest.chances_to_stay(forecast).to_numpy()),
        "share_so_far": ("candidate", votes / votes.sum() if votes.sum() else np.full(len(votes), np.nan)),
        "share": forecast.quantiles(forecast.shares, QUANTILES),
        "expected_share": forecast.mean(forecast.shares),
    }
    if first_round is not None:
        named["ahead"] = _ahead(forecast)
    moment = forecast.count.time.tz_convert("UTC").tz_localize(None).to_datetime64()
    return xr.Dataset(named, {"candidate": list(forecast.candidates)}).expand_dims(time=[moment])


def _ahead(forecast: Forecast) -> xr.DataArray:
    """Quantiles (candidate, rival, quantile) of the difference of two shares, for those with most expected votes."""
    names = list(forecast.candidates)
    expected = np.where(forecast.election.standing, forecast.mean(forecast.votes).to_numpy(), -1.0)
    leading = np.argsort(-expected, kind="stable")[: min(CONTENDERS, forecast.election.standing.sum())]
    shares = forecast.shares.isel(candidate=leading)
    apart = shares - shares.rename(candidate="rival")
    found = forecast.quantiles(apart, QUANTILES).reindex(candidate=names, rival=names)
    return found.transpose("candidate", "rival", "quantile")
