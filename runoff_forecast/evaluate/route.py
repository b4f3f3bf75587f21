"""`Route`: the way to victory of the candidate who is behind, kind of place by kind of place."""

from dataclasses import dataclass

import pandas as pd

from ..contest import places
from ..outcome import Forecast

EDGES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, eq=False)
class Route:
    """What share of the votes still out a candidate needs, and what it is expected to get; of the votes of two."""

    forecast: Forecast
    candidate: str
    """Who is behind in the count and has the best chance to end within the places that count."""
    rival: str
    """Whom it has to pass."""
    deficit: float
    """Votes it is behind now."""
    needed: float
    """Above 1 it cannot, below 0 it need not."""
    expected: float
    low: float
    high: float
    """The share it gets: median, and a 90 % interval."""
    probability: float
    """That it suffices."""
    kinds: pd.DataFrame
    """By kind of place, most votes first: votes (of the two, expected), share, share_q05, share_q95."""


def route_of(forecast: Forecast) -> Route:
    """The route of the best placed candidate who is behind; raises ValueError where nothing is out."""
    if forecast.finished:
        raise ValueError(f"the count of {forecast.election.id} is finished: there is no way to go")
    if "outstanding_kind" not in forecast.draws:
        raise ValueError("these draws do not tell the outstanding votes by kind")
    table = forecast.hurdle(places(forecast.election))
    behind = table[table["deficit"] > 0]
    row = (behind if len(behind) else table).sort_values(["probability", "deficit"], ascending=[False, True]).iloc[0]
    pair = [str(row.name), str(row["rival"])]
    out = forecast.outstanding.sel(candidate=pair)
    low, middle, high = forecast.quantiles(out[:, 0] / out.sum("candidate"), EDGES).to_numpy()
    numbers = {name: float(row[name]) for name in ("deficit", "needed", "probability")}
    return Route(forecast, *pair, **numbers, expected=middle, low=low, high=high, kinds=_kinds(forecast, pair))


def _kinds(forecast: Forecast, pair: list[str]) -> pd.DataFrame:
    split = forecast.draws["outstanding_kind"].sel(candidate=pair).transpose("draw", "kind", "candidate")
    both = split.sum("candidate")
    share = split[..., 0] / both.where(both > 0, 1.0)
    low, middle, high = forecast.quantiles(share, EDGES).to_numpy()
    votes = forecast.mean(both).to_numpy()
    kinds = pd.Index(split["kind"].to_numpy(), name="kind")
    table = pd.DataFrame({"votes": votes, "share": middle, "share_q05": low, "share_q95": high}, index=kinds)
    return table[votes > 0].sort_values("votes", ascending=False)
