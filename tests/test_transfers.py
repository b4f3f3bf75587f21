"""Where voters went: the regression finds a known table of transfers, and says nothing where it cannot."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from simulated import truth

import runoff_forecast as rf
from runoff_forecast.evaluate import BySize, simulate
from runoff_forecast.models import transfers
from runoff_forecast.models.goodman import least_squares_of_shares, onto_simplex


def test_a_known_table_is_found():
    rng = np.random.default_rng(1)
    before = rng.dirichlet([2.0, 3.0, 1.0], 300)
    table = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]])
    found = least_squares_of_shares(before, (before @ table)[None], rng.uniform(1, 2, (1, 300)))[0]
    np.testing.assert_allclose(found, table, atol=1e-3)


def test_rows_are_shares_also_where_no_table_fits():
    rng = np.random.default_rng(2)
    before, after = rng.dirichlet([1.0] * 4, 50), rng.dirichlet([0.3] * 3, (2, 50))
    found = least_squares_of_shares(before, after, np.ones((2, 50)))
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(axis=2), 1)


def test_the_nearest_shares():
    np.testing.assert_allclose(
        onto_simplex(np.array([[0.2, 0.8], [2.0, 0.0], [-1.0, -1.0]])), [[0.2, 0.8], [1, 0], [0.5, 0.5]]
    )


@pytest.fixture(scope="module")
def shown() -> rf.Forecast:
    """The whole of a small runoff whose voters kept to their lists, forecast."""
    known = truth(candidates=2, seed=3)
    night = simulate(known, order=BySize(), fractions=(0.5,), rng=np.random.default_rng(1))
    return rf.forecast(night.counts, seed=1, draws=400)


def test_own_voters_stay_and_rows_add_up(shown):
    table = transfers(shown)
    np.testing.assert_allclose(table["mean"].groupby(level="list").sum(), 1)
    assert (table["q05"] <= table["q95"]).all()
    assert table.loc[("ana", "ana"), "mean"] > 0.8
    assert table.loc[("bea", "bea"), "mean"] > 0.8


def test_nothing_is_said_without_a_baseline_or_effects(shown):
    with pytest.raises(ValueError, match="fixed effects"):
        transfers(replace(shown, parameters=xr.Dataset()))
