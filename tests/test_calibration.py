"""Simulation-based calibration: the truth of nights drawn from the prior falls uniformly into the forecasts of them."""

import numpy as np
import pytest
import simulated

from runoff_forecast.count import Counts
from runoff_forecast.evaluate import pit_histogram
from runoff_forecast.evaluate.calibration import calibrate, draw_night, uniformity
from runoff_forecast.models import Priors, StratifiedArrival

ELECTION = simulated.election()
CHANCE = 0.001
"""One in so many honest tests may fail."""


@pytest.mark.parametrize("level", ["unit", "region", "nation"])
def test_a_night_from_the_prior_is_a_night(level):
    drawn = draw_night(ELECTION, Priors(), level=level, rng=np.random.default_rng(1))
    counts, result = drawn.night.counts, drawn.night.result
    assert isinstance(counts, Counts)
    assert len(counts) == 2
    assert counts.corrections.empty
    assert (result.by_region().to_numpy() >= 0).all()
    assert (result.votes >= 0.99 * counts.latest.votes).all()
    assert drawn.quantities["margin"] == result.margin


def test_a_night_may_have_more_moments_than_a_model_looks_at():
    fractions = tuple(np.arange(1, 10) / 10)
    drawn = draw_night(ELECTION, Priors(), level="region", fractions=fractions, rng=np.random.default_rng(1))
    assert drawn.night.counts.latest.counted_share == pytest.approx(0.9, abs=0.02)


def test_every_seed_is_another_election():
    margins = [
        draw_night(ELECTION, Priors(), rng=np.random.default_rng(seed)).night.result.margin for seed in range(30)
    ]
    assert np.std(margins) > 0.2
    assert margins[0] == draw_night(ELECTION, Priors(), rng=np.random.default_rng(0)).night.result.margin


@pytest.mark.slow
@pytest.mark.parametrize("level", ["unit", "region"])
def test_the_fast_engine_is_calibrated_on_its_own_prior(level):
    ranks = calibrate(StratifiedArrival(draws=400), ELECTION, level=level, nights=60)
    found = uniformity(ranks)
    assert (found > CHANCE).all(), found
    margin = ranks[ranks["quantity"] == "margin"]
    assert pit_histogram(margin, bins=5)["share"].between(0.02, 0.5).all()


@pytest.mark.slow
@pytest.mark.nuts
def test_nuts_is_calibrated_on_its_own_prior():
    ranks = calibrate(StratifiedArrival(engine="nuts", draws=1000, tune=1000), ELECTION, nights=12)
    assert (uniformity(ranks) > CHANCE).all()
