"""Where the voters of each list went: an ecological by-product of the fitted model."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..outcome import Forecast
from .learnt import learnt_priors
from .priors import Priors


def transfers(forecast: Forecast, *, priors: Priors | None = None) -> pd.DataFrame:
    """Of the voters of each baseline list, the share that each candidate gets: mean, q05, q95 by (list, candidate).

    Ecological: nobody's ballot is seen twice. Places where a list was strong are compared with others, and what holds
    between places need not hold between voters (Robinson 1950). Goodman's regression (1953), its rows being shares: of
    the units' support for the candidates on their baseline shares, by least squares weighted by votes. Support is, draw
    by draw, the model's fixed effects raked to the drawn final votes of the region. Intervals hold the doubt about the
    count and, by a Bayesian bootstrap over regions (Rubin 1981), about which regions there are to compare; they do not
    hold the doubt whether a list's voters behave alike everywhere. Blank ballots, and who stayed at home in one of the
    rounds, are left out. Raises ValueError where there is no baseline or no fixed effects among the parameters.
    """
    election = forecast.election
    if "fixed" not in forecast.parameters:
        raise ValueError("the parameters of this forecast do not tell the fixed effects")
    if election.baseline.shape[1] < 2:
        raise ValueError(f"{election.id} has no baseline: there is nothing that votes could have come from")
    from . import goodman  # scipy takes longer to load than this package

    found, lists = goodman.regress(forecast, (priors or learnt_priors(election)).loyalty)
    return _table(found, lists, forecast.candidates)


def _table(found: np.ndarray, lists: list[str], candidates: tuple[str, ...]) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([lists, candidates], names=["list", "candidate"])
    low, high = np.quantile(found, [0.05, 0.95], axis=0)
    columns = {"mean": found.mean(axis=0), "q05": low, "q95": high}
    return pd.DataFrame({name: values.ravel() for name, values in columns.items()}, index=index)
