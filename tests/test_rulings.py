"""Sheets that wait for rulings: which they are, and that they may lean where nothing else drifts."""

import numpy as np
import pytest
import simulated
from scipy import stats

from runoff_forecast.count import Counts
from runoff_forecast.evaluate import Habits, Random, simulate
from runoff_forecast.models import Priors, StratifiedArrival
from runoff_forecast.models.complete import contested_share
from runoff_forecast.models.evidence import gather

CONTESTED = 0.05


def night_of(fraction: float, contested: float = 0.0) -> Counts:
    habits = Habits(contested=contested, withdrawn=0.0)
    made = simulate(simulated.truth(), Random(), fractions=(fraction,), habits=habits, rng=np.random.default_rng(1))
    return made.counts


def sd_of(counts: Counts, lean: float, drift: float) -> float:
    """Points"""
    priors = Priors().with_changes({"drift_last": lean, "drift": drift})
    forecast = StratifiedArrival(draws=2000, priors=priors)(counts, rng=np.random.default_rng(2))
    return 100.0 * float(forecast.sd(forecast.margin))


def test_told_apart_pending_sheets_wait_as_often_as_those_that_are_in():
    assert gather(night_of(0.5, CONTESTED), Priors()).stuck == pytest.approx(CONTESTED, rel=0.5)
    assert gather(night_of(0.95, CONTESTED), Priors()).stuck == pytest.approx(CONTESTED, rel=0.5)


@pytest.mark.parametrize("fraction", [0.5, 0.9, 0.99])
def test_told_by_nobody_they_are_the_last_to_come(fraction):
    waiting = Priors().contested_untold / (1.0 - night_of(fraction).latest.counted_share)
    assert gather(night_of(fraction), Priors()).stuck == pytest.approx(min(1.0, waiting), rel=1e-6)


def test_they_lean_however_little_the_night_drifts():
    counts = night_of(0.97)
    still, leaning = (sd_of(counts, lean, drift=1e-3) for lean in (1e-3, 0.5))
    # a logit moves the margin of a close race by half a point for each hundredth of the votes
    expected = 100.0 * 0.5 * 0.5 * (1.0 - counts.latest.counted_share)
    assert np.sqrt(leaning**2 - still**2) == pytest.approx(expected, rel=0.25)


@pytest.mark.parametrize(("share", "sheets"), [(0.8, 30.0), (0.5, 4.0)])
def test_the_share_that_is_counted_in_the_end_is_as_sure_as_so_many_sheets_make_it(share, sheets):
    priors = Priors().with_changes({"contested_counted": share, "contested_sheets": sheets})
    drawn = contested_share(gather(night_of(0.5, CONTESTED), priors), np.random.default_rng(1), 10_000)
    assert stats.kstest(drawn, stats.beta(share * sheets, (1.0 - share) * sheets).cdf).pvalue > 0.01


def test_of_sheets_set_aside_as_many_votes_are_expected_as_are_counted_in_the_end():
    """All stations are in, so what is out is set aside, and its votes are in proportion to the share."""
    counts = night_of(1.0, 0.2)
    half, most = (votes_out(counts, share) for share in (0.5, 0.8))
    assert half / most == pytest.approx(0.5 / 0.8, rel=0.01)


def votes_out(counts: Counts, share: float) -> float:
    priors = Priors().with_changes({"contested_counted": share, "contested_sheets": 1e4})
    forecast = StratifiedArrival(draws=500, priors=priors)(counts, rng=np.random.default_rng(2))
    return float(forecast.outstanding.sum("candidate").mean())
