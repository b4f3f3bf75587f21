"""Forecasts place by place, as maps and rows show them: who leads where, and how much of it is in."""

import numpy as np
import pandas as pd

from ..outcome import Forecast
from ..still_out import stations_in


def leads_of(forecast: Forecast) -> pd.DataFrame:
    """A row a region: name, leader (candidate id), lead (over the second, in shares), sure, and counted_share.

    Of expected final votes; sure is the probability that the leader ends first there. Where no votes are expected,
    leader is None and lead NaN. A pool of several candidates leads nowhere.
    """
    table = forecast.to_frame()
    votes = table[list(forecast.candidates)].to_numpy()
    standing = forecast.election.standing
    order = np.argsort(-np.where(standing, votes, -1.0), axis=1, kind="stable")
    total = votes.sum(axis=1)
    rows = np.arange(len(votes))
    ahead = votes[rows, order[:, 0]] - votes[rows, order[:, 1]] * standing[order[:, 1]]
    final = forecast.draws["final"].transpose("draw", "region", "candidate").to_numpy()
    first = (np.where(standing, final, -1.0).argmax(axis=2) == order[:, 0]).T @ forecast.draw_weights
    leader = np.array(forecast.candidates, dtype=object)[order[:, 0]]
    return pd.DataFrame(
        {
            "name": table["name"],
            "leader": np.where(total > 0, leader, None),
            "lead": np.divide(ahead, total, out=np.full(len(total), np.nan), where=total > 0),
            "sure": first,
            "counted_share": table["counted_share"],
        }
    )


def arrival_of(forecast: Forecast) -> pd.DataFrame:
    """How far the count is: a row for the nation, one a kind of place, one a region, least counted first.

    Columns: label ("nation", "kind", "region"), place, name, stations, counted and contested (shares of the stations
    that can count), and known: where the office has not said, counted is of votes, as the forecast expects them, and
    contested is NaN. Kinds that are not known are left out.
    """
    count, election = forecast.count, forecast.election
    whole = pd.DataFrame(
        {
            "stations": election.stations_total,
            "counted": count.counted,
            "contested": count.contested,
            "void": count.void,
        },
        index=pd.Index([""], name="nation"),
    )
    parts = [_arrived(whole), _arrived(stations_in(count, "kind")).query("known")]
    regions, told = _arrived(stations_in(count, "region")), forecast.to_frame()
    regions["name"] = told["name"]
    regions["counted"] = told["counted_share"].reindex(regions.index)
    return pd.concat([*parts, regions], ignore_index=True)


def _arrived(states: pd.DataFrame) -> pd.DataFrame:
    countable = states["stations"] - states["void"].fillna(0.0)
    return pd.DataFrame(
        {
            "label": states.index.name,
            "place": states.index,
            "name": states.index,
            "stations": states["stations"],
            "counted": (states["counted"] / countable.where(countable > 0))
            .fillna(1.0)
            .where(states["counted"].notna()),
            "contested": states["contested"] / countable.where(countable > 0),
            "known": states["counted"].notna(),
        }
    )
