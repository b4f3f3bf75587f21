"""What is still out of a forecast's count, and what each candidate must do with it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from . import ranking, weighted
from .count import Count
from .election import OutrightRule

if TYPE_CHECKING:
    from .outcome import Forecast


def hurdle(forecast: "Forecast", ranked: np.ndarray, places: int) -> pd.DataFrame:
    """`Forecast.hurdle`; `ranked` are the votes (draw, candidate) by which candidates are ranked."""
    standing = forecast.election.standing
    if not 1 <= places < standing.sum():
        raise ValueError(f"places is from 1 to {standing.sum() - 1}, got {places}")
    votes, out = forecast.votes.to_numpy(), forecast.outstanding.to_numpy()
    rivals = ranking.best_rivals(ranked, places)
    both = out + np.take_along_axis(out, rivals, axis=1)
    deficit = np.take_along_axis(votes - out, rivals, axis=1) - (votes - out)
    official = forecast.count.votes.to_numpy(float)  # the draws' votes so far may be corrected yet
    numbers = {
        "deficit": official[rivals] - official,
        "outstanding": both,
        "needed": _ratio(both + deficit, 2 * both),
        "expected": _ratio(out, both),
    }
    table = _medians(forecast, numbers)
    table.insert(0, "rival", [forecast.candidates[_usual(column, forecast.draw_weights)] for column in rivals.T])
    return table.assign(probability=forecast.rank_probability.loc[:, :places].sum(axis=1))[standing]


def outright_hurdle(forecast: "Forecast", ranked: np.ndarray, rules: Sequence[OutrightRule]) -> pd.DataFrame:
    """`Forecast.outright_hurdle`, by these rules for a win at once."""
    votes, out = forecast.votes.to_numpy(), forecast.outstanding.to_numpy()
    now, total, left = votes - out, votes.sum(axis=1, keepdims=True), out.sum(axis=1, keepdims=True)
    rivals = ranking.best_rivals(ranked, 1)
    behind = np.take_along_axis(now, rivals, axis=1) - now
    answer = _ratio(np.take_along_axis(out, rivals, axis=1), left - out, 0.0)  # the rival's part of all others'
    needed = np.full(votes.shape, np.inf)
    for rule in rules:
        share = _ratio(rule.share * total - now, left)
        lead = (_ratio(behind + rule.lead * total, left) + answer) / (1.0 + answer)
        needed = np.minimum(needed, np.maximum(share, lead))
    numbers = {
        "outstanding": np.broadcast_to(left, votes.shape),
        "needed": np.where(left > 0.0, needed, np.nan),
        "expected": _ratio(out, left),
    }
    return _medians(forecast, numbers).assign(probability=forecast.outright_probability)[forecast.election.standing]


def by_place(
    forecast: "Forecast", split: xr.DataArray, label: str, between: tuple[str, str] | None = None
) -> pd.DataFrame:
    """The votes still out (draw, label, candidate), in the columns of `Forecast.outstanding_by_kind`.

    Raises ValueError for an id in `between` that no candidate has.
    """
    strangers = [name for name in between or () if name not in forecast.candidates]
    if strangers:
        raise ValueError(f"between is two of {', '.join(forecast.candidates)}, got {strangers[0]!r}")
    split = split.transpose("draw", label, "candidate")
    first, second = between or forecast.candidates[:2]
    places = pd.Index(split[label].to_numpy(), name=label)
    total, votes = split.sum("candidate"), forecast.mean(split).to_numpy()
    low, high = forecast.quantiles(total, [0.05, 0.95]).to_numpy()
    ahead = split.sel(candidate=first, drop=True) - split.sel(candidate=second, drop=True)
    margin_low, margin_high = forecast.quantiles(ahead / total.where(total > 0, 1.0), [0.05, 0.95]).to_numpy()
    expected, net = votes.sum(axis=1), forecast.mean(ahead).to_numpy()
    known = stations_in(forecast.count, label).reindex(places)
    table = pd.DataFrame(
        {
            "stations": known["stations"] - known["counted"] - known["void"],
            "votes": expected,
            "votes_q05": low,
            "votes_q95": high,
            "margin": _ratio(net, expected),
            "margin_q05": np.where(expected > 0, margin_low, np.nan),
            "margin_q95": np.where(expected > 0, margin_high, np.nan),
            "net": net,
        },
        index=places,
    )
    return table.join(pd.DataFrame(votes, places, list(forecast.candidates)))


def counted_share(forecast: "Forecast") -> dict[str, np.ndarray]:
    """By region, `counted_share` and `counted_share_known` of `Forecast.to_frame`."""
    stations = stations_in(forecast.count, "region").reindex(forecast.election.regions.index)
    by_stations = _ratio(
        stations["counted"].to_numpy(), (stations["stations"] - stations["void"]).to_numpy(), empty=1.0
    )
    final, out = (forecast.mean(forecast.draws[name].sum("candidate")).to_numpy() for name in ("final", "outstanding"))
    by_votes = 1.0 - _ratio(out, final, empty=0.0)
    known = np.isfinite(by_stations)
    return {"counted_share": np.where(known, by_stations, by_votes), "counted_share_known": known}


def stations_in(count: Count, column: str) -> pd.DataFrame:
    """Stations by the labels of a register column ("region", "kind"), and how many are counted, contested and void.

    NaN where the office has counted stations without saying which label they belong to.
    """
    units, holdings = count.election.units, count.holdings
    codes, labels = pd.factorize(units[column])
    states = np.zeros((len(labels), 3))
    if len(holdings.members):
        sizes = np.array([len(members) for members in holdings.members])
        starts = np.concatenate([[0], sizes.cumsum()[:-1]])
        places = codes[np.concatenate(holdings.members)]
        lowest, highest = np.minimum.reduceat(places, starts), np.maximum.reduceat(places, starts)
        np.add.at(states, lowest, holdings.frame[["counted", "contested", "void"]].to_numpy())
        straddling = np.repeat(lowest != highest, sizes)
        states[places[straddling]] = np.nan
    stations = np.bincount(codes, units["stations"].to_numpy(), len(labels))
    return pd.DataFrame(
        np.column_stack([stations, states]),
        index=pd.Index(labels, name=column),
        columns=["stations", "counted", "contested", "void"],
    )


def _medians(forecast: "Forecast", numbers: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """A row a candidate, from numbers (draw, candidate) by name."""
    table = {name: _median(values, forecast.draw_weights) for name, values in numbers.items()}
    return pd.DataFrame(table, index=pd.Index(forecast.candidates, name="candidate"))


def _median(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Of each column of values (draw, ...) over the draws in which all are finite."""
    finite = np.isfinite(values).all(axis=1)
    if not finite.any() or not weights[finite].sum():
        return np.full(values.shape[1], np.nan)
    return weighted.quantiles(values[finite], [0.5], weighted.normalised(weights[finite]))[0]


def _usual(positions: np.ndarray, weights: np.ndarray) -> int:
    return int(np.bincount(positions, weights).argmax())


def _ratio(part: np.ndarray, whole: np.ndarray, empty: float = np.nan) -> np.ndarray:
    """Part by whole, and `empty` where the whole is zero."""
    return np.divide(part, whole, out=np.full(np.shape(part), empty), where=np.asarray(whole) != 0)
