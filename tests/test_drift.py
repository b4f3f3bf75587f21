"""Laws of drift: lateness is a normal score, trends are damped, headlines have long tails, the night tells how much."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import simulated
from scipy import special, stats

from runoff_forecast.count import Counts
from runoff_forecast.evaluate import Habits, Random, Truth, simulate
from runoff_forecast.models import Priors, laplace
from runoff_forecast.models.arrival import lateness
from runoff_forecast.models.complete import Draws, complete, open_cells
from runoff_forecast.models.design import build_design
from runoff_forecast.models.effects import SUPPORT, Scale
from runoff_forecast.models.evidence import Evidence, _beyond, gather
from runoff_forecast.models.latent import starting_point
from runoff_forecast.models.quadrature import integrate

A_QUARTER = 0.25
"""Of the way from the last batch to what is pending, says MODEL.md."""
FREEDOM = 2.0


def night_of(truth: Truth, *, order=None, fractions=(0.3, 0.6), level="unit") -> Counts:
    rng, habits = np.random.default_rng(1), Habits(contested=0.0)
    return simulate(truth, order or Random(), level=level, fractions=fractions, habits=habits, rng=rng).counts


# Lateness.


def test_lateness_is_the_mean_normal_score_of_a_batch():
    scores = stats.norm.ppf((np.arange(100_000) + 0.5) / 100_000)
    for start, stop in [(0.0, 0.2), (0.2, 0.5), (0.93, 1.0)]:
        batch = scores[round(100_000 * start) : round(100_000 * stop)]
        assert lateness(start, stop) == pytest.approx(batch.mean(), abs=1e-4)


def test_a_whole_count_is_neither_early_nor_late_however_it_is_cut():
    edges = np.r_[0.0, np.sort(np.random.default_rng(1).random(9)), 1.0]
    late = lateness(edges[:-1], edges[1:])
    assert np.diff(edges) @ late == pytest.approx(0.0, abs=1e-9)
    assert (np.diff(late) > 0).all()
    np.testing.assert_allclose(lateness(1.0 - edges[1:], 1.0 - edges[:-1]), -late)


# From the last batch to what is pending.


def test_a_trend_is_followed_a_quarter_of_the_way_and_drift_may_stray_on_the_rest():
    evidence = gather(night_of(simulated.truth()), Priors(drift_settled=1e-9))
    way = lateness(0.6, 1.0) - lateness(0.3, 0.6)
    np.testing.assert_allclose(evidence.pending_late_nation, lateness(0.3, 0.6) + A_QUARTER * way, atol=0.01)
    np.testing.assert_allclose(evidence.pending_stray_nation, (1.0 - A_QUARTER) * way, atol=0.01)


@pytest.mark.parametrize(("share", "followed"), [(1e-4, 1.0), (0.02, 0.625), (0.98, A_QUARTER)])
def test_what_is_pending_of_a_place_with_hardly_anything_in_stands_at_its_mean(share, followed):
    late, stray = _beyond(np.array([[0.0], [share]]), Priors())
    way = lateness(share, 1.0) - lateness(0.0, share)
    assert late == pytest.approx(lateness(0.0, share) + followed * way, abs=0.02 * way)
    assert stray == pytest.approx((1.0 - followed) * way, abs=0.02 * way)


@pytest.mark.parametrize(
    ("level", "tails"), [("nation", stats.t(FREEDOM)), ("region", stats.norm()), ("unit", stats.norm())]
)
def test_drift_of_the_nation_strays_as_student_s_t_by_headlines_alone(level, tails):
    evidence = gather(night_of(simulated.truth(), level=level), Priors().with_changes({"drift_freedom": FREEDOM}))
    strayed = strays(evidence, slope=0.0)
    assert stats.kstest(strayed / evidence.drift_nation, tails.cdf).pvalue > 0.01


def strays(evidence: Evidence, *, slope: float) -> np.ndarray:
    """Logits by which a cell a deviation later than all else strays, where nothing but the nation's trend is known."""
    one, none = np.ones(1), np.zeros(1)
    cell = replace(
        open_cells(evidence).take(np.array([0])), stray_nation=one, stray_region=none, stuck=none, several=none
    )

    def still(m: int, _: np.random.Generator) -> Iterator[Draws]:
        trend = {"drift_nation": np.repeat([[slope], [0.0]], m, axis=1)}
        for _ in range(20_000 // m):
            yield Draws(np.zeros((1, 1, m)), np.zeros((1, m)), np.zeros((0, m)), trend, np.ones((2, m)))

    made, _ = complete(replace(evidence, groups=(), sorting=None), cell, [still], np.random.default_rng(1))
    votes = np.log(made["outstanding"].sum("region").clip(min=1e-9))
    return (votes.sel(candidate="ana") - votes.sel(candidate="bea")).to_numpy()


@pytest.mark.parametrize("slope", [0.1, -0.1])
def test_a_trend_that_has_shown_may_break_off_or_steepen(slope):
    evidence = gather(night_of(simulated.truth(), level="unit"), Priors())
    flat, steep = (strays(evidence, slope=each) for each in (0.0, slope))
    assert steep.std() == pytest.approx(np.hypot(flat.std(), abs(slope)), rel=0.03)
    assert abs(steep.mean()) < 3 * steep.std() / np.sqrt(len(steep))  # the trend itself is followed elsewhere


# How much a night drifts.


def drifting(lean: float, seed: int) -> Counts:
    """A night in no order by place, whose stations lean by so many logits more for each deviation that they are
    late."""
    base = simulated.truth(seed, correlation=0.005)
    late = np.random.default_rng(seed).permutation(special.ndtri((np.arange(len(base.unit)) + 0.5) / len(base.unit)))
    valid = base.votes[:, :2].sum(axis=1)
    share = special.expit(np.log((base.votes[:, 0] + 0.5) / (base.votes[:, 1] + 0.5)) + lean * late)
    votes = np.column_stack([share * valid, (1.0 - share) * valid, base.votes[:, 2:]]).round()
    truth = replace(base, votes=votes)
    return night_of(truth, order=lambda *_: late, fractions=(0.15, 0.3, 0.45, 0.6, 0.75))


def factor_of(counts: Counts) -> float:
    solver = laplace.build_solver(gather(counts, Priors()))
    return float(integrate(solver, starting_point(solver.evidence)).best.scales[Scale.DRIFT, SUPPORT])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_factor_on_drift_is_small_where_a_night_does_not_drift_and_grows_with_it(seed):
    still, some, much = (factor_of(drifting(lean, seed)) for lean in (0.0, 0.1, 0.4))
    assert still < 0.5
    assert 2.0 * still < some
    assert 1.5 * some < much


# Large units.


def test_late_stations_of_large_units_may_differ_more_and_those_of_districts_as_told():
    def spread(times: int) -> tuple[float, np.ndarray]:
        election = simulated.election()
        units = election.units.assign(stations=times * election.units["stations"])
        frame = pd.DataFrame({"place": units.index[:2], "counted": 1, "ana": 90, "bea": 110, "level": "unit"})
        frame["time"] = pd.Timestamp("2021-06-06T22:00:00-05:00")
        evidence = gather(Counts.from_frame(replace(election, units=units), frame), Priors())
        return evidence.drift_nation, evidence.drift_region

    nation, region = spread(1)
    assert nation == Priors().drift_nation
    assert region.min() == Priors().drift_unit
    larger, wider = spread(1000)
    size = build_design(simulated.election()).typical_size
    times = (1000 * size / Priors().drift_uniform) ** Priors().drift_growth
    assert larger == pytest.approx(times * nation)
    np.testing.assert_allclose(wider, times * region)
