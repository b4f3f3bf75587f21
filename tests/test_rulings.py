"""Sheets that wait for rulings: which they are, and that they may lean where nothing else drifts."""

import numpy as np
import pytest
import simulated
from scipy import stats

from runoff_forecast.count import Counts
from runoff_forecast.evaluate import Habits, Level, Random, simulate
from runoff_forecast.models import Priors, StratifiedArrival
from runoff_forecast.models.complete import contested_share
from runoff_forecast.models.evidence import gather

CONTESTED = 0.05
NORMAL = 1e6
"""Degrees of freedom with which a Student t is a normal."""


def night_of(fraction: float, contested: float = 0.0, level: Level = "unit") -> Counts:
    habits, rng = Habits(contested=contested, withdrawn=0.0), np.random.default_rng(1)
    return simulate(simulated.truth(), Random(), level=level, fractions=(fraction,), habits=habits, rng=rng).counts


def margins(counts: Counts, lean: float, freedom: float, draws: int = 2000) -> np.ndarray:
    """Points, where nothing else drifts."""
    changes = {"drift_last": lean, "drift_last_freedom": freedom, "drift": 1e-3, "drift_shown": 1e-6}
    model = StratifiedArrival(draws=draws, priors=Priors().with_changes(changes))
    return 100.0 * model(counts, rng=np.random.default_rng(2)).margin.to_numpy()


def test_told_apart_pending_sheets_wait_as_often_as_those_that_are_in():
    assert gather(night_of(0.5, CONTESTED), Priors()).stuck == pytest.approx(CONTESTED, rel=0.5)
    assert gather(night_of(0.95, CONTESTED), Priors()).stuck == pytest.approx(CONTESTED, rel=0.5)


@pytest.mark.parametrize("fraction", [0.5, 0.9, 0.99])
def test_told_by_nobody_they_are_the_last_to_come(fraction):
    waiting = Priors().contested_untold / (1.0 - night_of(fraction).latest.counted_share)
    assert gather(night_of(fraction), Priors()).stuck == pytest.approx(min(1.0, waiting), rel=1e-6)


def test_they_lean_however_little_the_night_drifts():
    counts = night_of(0.97)
    still, leaning = (margins(counts, lean, NORMAL).std() for lean in (1e-3, 0.5))
    # a logit moves the margin of a close race by half a point for each hundredth of the votes
    expected = 100.0 * 0.5 * 0.5 * (1.0 - counts.latest.counted_share)
    assert np.sqrt(leaning**2 - still**2) == pytest.approx(expected, rel=0.25)


coarse = pytest.mark.parametrize("level", ["region", "nation"])


@coarse
def test_sheets_set_aside_lean_as_far_where_rows_are_coarse(level):
    """All stations are in, so what is out is set aside."""

    def lean(counts: Counts) -> float:
        still, leaning = (margins(counts, lean, NORMAL).std() for lean in (1e-3, 0.5))
        return np.sqrt(leaning**2 - still**2)

    assert lean(night_of(1.0, 0.2, level)) == pytest.approx(lean(night_of(1.0, 0.2)), rel=0.05)


@coarse
def test_sheets_set_aside_make_no_turnout_low_where_rows_are_coarse(level):
    """A tenth of the sheets that are in has no votes yet."""

    def out(counts: Counts) -> float:
        forecast = StratifiedArrival(draws=1000)(counts, rng=np.random.default_rng(2))
        return float(forecast.outstanding.sum("candidate").mean())

    assert out(night_of(0.6, 0.1, level)) == pytest.approx(out(night_of(0.6, 0.1)), rel=0.04)


def test_a_lean_as_far_as_tails_reach_is_all_votes_for_one():
    found = margins(night_of(0.97), 1e6, 2.0)
    assert np.isfinite(found).all()
    assert np.ptp(found) < 100.0 * 2.0 * (1.0 - night_of(0.97).latest.counted_share) + 5.0


@pytest.mark.parametrize("freedom", [2.0, NORMAL])
def test_their_lean_has_the_tails_of_as_few_counts_as_it_is_known_from(freedom):
    found = margins(night_of(0.97), 0.2, freedom, draws=8000)
    low, first, third, high = np.quantile(found, [0.02, 0.25, 0.75, 0.98])
    tails = stats.t(freedom)
    assert (high - low) / (third - first) == pytest.approx(tails.ppf(0.98) / tails.ppf(0.75), rel=0.12)


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
