"""Laws of the misfit: the night tells whether districts come in whole, and the order that a group shows stays."""

from dataclasses import replace

import numpy as np
import pytest

import runoff_forecast as rf
from runoff_forecast.evaluate import BySize, Random, Truth, Whole, simulate
from runoff_forecast.models import Priors, StratifiedArrival, learnt_priors
from runoff_forecast.models.evidence import gather
from runoff_forecast.models.misfit import prepare, with_misfit
from runoff_forecast.models.priors import blurring


@pytest.fixture(scope="module")
def truth() -> Truth:
    night = rf.load("peru-2021-runoff")
    return Truth.from_result(night.election, night.result, rng=np.random.default_rng(1))


def prepared(truth, order):
    rng = np.random.default_rng(2)
    counts = simulate(truth, order, level="region", fractions=(0.1, 0.2, 0.4), rng=rng).counts
    return StratifiedArrival().evidence(counts)


@pytest.mark.parametrize("order", [Random(), BySize()])
def test_stations_that_come_in_one_by_one_leave_no_unit_early_as_a_whole(truth, order):
    priors = prepared(truth, order).priors
    assert priors.arrival_unit < 0.7 * Priors().arrival_unit


def test_units_that_come_in_whole_are_early_or_late_for_reasons_of_their_own(truth):
    evidence = prepared(truth, Whole())
    assert evidence.priors.arrival_unit == Priors().arrival_unit
    station_by_station = prepared(truth, Random())
    assert evidence.coarse.effective.mean() < 0.5 * station_by_station.coarse.effective.mean()


def test_the_order_that_a_group_shows_does_not_depend_on_lumps():
    before = learnt_priors()
    after = before.with_lumps(0.25)
    assert after.arrival_unit == 0.25 * before.arrival_unit
    for name in ("arrival_slope", "arrival_between", "arrival_overseas", "arrival_slope_sd", "arrival_region"):
        shown = [getattr(p, name) / blurring(p.arrival_unit) for p in (before, after)]
        assert shown[0] == pytest.approx(shown[1])
    untouched = replace(after, **{n: getattr(before, n) for n in vars(before) if n.startswith("arrival_")})
    assert untouched == before


def test_national_counts_keep_the_prior(truth):
    rng = np.random.default_rng(2)
    counts = simulate(truth, Random(), level="nation", fractions=(0.2, 0.4), rng=rng).counts
    evidence = gather(counts, learnt_priors())
    assert prepare(evidence).evidence is evidence
    np.testing.assert_array_equal(with_misfit(evidence, 0.2).coarse.effective, evidence.coarse.effective)
