"""`Bulletins`: how each bulletin's own votes split, against the split that all the rest must have for a tie."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..outcome import Forecast
from .course import Course

LEAST = 0.004
"""Share of all stations below which a bulletin is joined to the next: its split would be noise."""


@dataclass(frozen=True, eq=False)
class Bulletins:
    """A night's bulletins as disjoint batches, and what is expected of the rest; margins are over valid votes."""

    forecast: Forecast
    table: pd.DataFrame
    """A row a batch: time it ended; start and stop, shares of the stations counted; votes; margin; and needed, the
    margin that all votes from its start on must have for a tie, if as many come as the forecast expects."""
    needed: float
    """The same of what is still out; NaN where nothing is."""
    expected: float
    low: float
    high: float
    """Margin of what is still out, with a 90 % interval; NaN where nothing is."""


def bulletins_of(course: Course, forecast: Forecast) -> Bulletins:
    """The bulletins up to the forecast's; raises ValueError where none has any votes."""
    states = _states(course.bulletins[course.bulletins.index <= forecast.count.time])
    if states.empty:
        raise ValueError(f"{forecast.election.id} has no bulletin with votes by then")
    total = float(forecast.mean(forecast.votes.sum("candidate")))
    before = states.shift(fill_value=0.0)
    needed = _needed(before, total)
    table = pd.DataFrame(
        {
            "time": states.index,
            "start": before["share"].to_numpy(),
            "stop": states["share"].to_numpy(),
            "votes": (states["votes"] - before["votes"]).to_numpy(),
            "margin": ((states["lead"] - before["lead"]) / (states["votes"] - before["votes"])).to_numpy(),
            "needed": needed.to_numpy(),
        }
    )
    if forecast.finished:
        return Bulletins(forecast, table, np.nan, np.nan, np.nan, np.nan)
    rest = forecast.outstanding
    margin = (rest[:, 0] - rest[:, 1]) / rest.sum("candidate")
    low, high = forecast.quantiles(margin, [0.05, 0.95]).to_numpy()
    expected = forecast.mean(margin)
    return Bulletins(forecast, table, float(_needed(states, total).iloc[-1]), float(expected), float(low), float(high))


def _states(bulletins: pd.DataFrame) -> pd.DataFrame:
    """The count after each bulletin that is kept: share of stations, valid votes, lead; index time.

    Walks backwards, so that the last state is kept; one with no fewer votes than the next is a correction.
    """
    kept: list[tuple] = []
    for row in bulletins[::-1].itertuples():
        grown = not kept or (row.counted_share <= kept[-1][1] - LEAST and row.votes < kept[-1][2])
        if row.votes > 0 and grown:
            kept.append((row.Index, row.counted_share, row.votes, row.margin * row.votes))
    return pd.DataFrame(kept[::-1], columns=["time", "share", "votes", "lead"]).set_index("time")


def _needed(states: pd.DataFrame, total: float) -> pd.Series:
    out = total - states["votes"]
    return -states["lead"] / out.where(out > 0)
