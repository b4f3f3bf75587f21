"""Laws of all models: what is in stays in, a finished count leaves no doubt; a simple one is exact where it is true."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import simulated

import runoff_forecast as rf
from runoff_forecast.count import Counts
from runoff_forecast.election import Candidate, Election
from runoff_forecast.evaluate import LEVELS, BySize, Habits, Random, Truth, score, simulate
from runoff_forecast.models import Priors, StratifiedArrival
from runoff_forecast.models.design_based import DesignBased
from runoff_forecast.models.yardsticks import (
    DistrictDirichlet,
    RawCount,
    StratifiedExtrapolation,
    UniformSwing,
    own_shares,
)

YARDSTICKS = {
    "raw": RawCount(),
    "region": StratifiedExtrapolation("region"),
    "unit": StratifiedExtrapolation("unit"),
    "swing": UniformSwing(),
    "dirichlet": DistrictDirichlet(draws=100),
    "design": DesignBased(draws=100),
}
# votes in are revised by our model alone: here by so little that the same laws hold
OURS = StratifiedArrival(draws=100, priors=Priors().with_changes({"revision": 1e-12}))
MODELS = YARDSTICKS | {"ours": OURS}
POINTS = ("raw", "region", "unit", "swing")
TRUTH = simulated.truth()

each_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
each_yardstick = pytest.mark.parametrize("model", YARDSTICKS.values(), ids=YARDSTICKS)
each_level = pytest.mark.parametrize("level", LEVELS)


@pytest.mark.parametrize("model", [StratifiedArrival, DesignBased, DistrictDirichlet])
@pytest.mark.parametrize("draws", [0, -1, 2.5, True])
def test_draws_are_a_whole_number(model, draws):
    with pytest.raises(ValueError, match="draws is a whole number, 1 or more"):
        model(draws=draws)


def night_of(order=None, *, truth=TRUTH, seed=1, **given):
    return simulate(truth, order or BySize(), rng=np.random.default_rng(seed), **given)


def told(model, counts, seed=1):
    return model(counts, rng=np.random.default_rng(seed))


@each_model
@each_level
def test_votes_in_are_never_lost(model, level):
    for fractions in ((0.1, 0.5), (0.02,)):
        night = night_of(level=level, fractions=fractions)
        forecast = told(model, night.counts)
        inside = (forecast.votes - forecast.outstanding).to_numpy()
        np.testing.assert_allclose(inside - night.counts.latest.votes.to_numpy(), 0, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in MODELS if name != "design"])
@each_level
def test_kinds_and_regions_are_the_same_votes(name, level):
    forecast = told(MODELS[name], night_of(level=level, fractions=(0.1, 0.5)).counts)
    by_kind = [str(votes) for votes in forecast.draws if str(votes).endswith("_kind")]
    assert "outstanding_kind" in by_kind
    for votes in by_kind:
        kinds, regions = forecast.draws[votes], forecast.draws[votes.removesuffix("_kind")]
        np.testing.assert_allclose(kinds.sum("kind"), regions.sum("region"), rtol=1e-6)
        np.testing.assert_allclose(kinds.sel(kind="overseas"), regions.sel(region="abroad"), rtol=1e-6, atol=1e-9)


@each_level
def test_kinds_and_regions_are_the_same_votes_on_average_where_either_is_kept_from_falling_below_zero(level):
    forecast = told(MODELS["design"], night_of(level=level, fractions=(0.1, 0.5)).counts)
    by_kind = forecast.mean(forecast.draws["outstanding_kind"].sum("kind"))
    np.testing.assert_allclose(by_kind, forecast.mean(forecast.outstanding), rtol=0.02)


@pytest.mark.parametrize("name", ["dirichlet", "design", "ours"])
@each_level
def test_more_counted_means_no_less_certain_on_average(name, level):
    deviations = np.zeros(2)
    for seed in (1, 2):
        night = night_of(truth=simulated.truth(seed), seed=seed, level=level, fractions=(0.2, 0.8))
        forecasts = [told(MODELS[name], night.counts.until(time)) for time in night.counts.times]
        deviations += [float(forecast.sd(forecast.margin)) for forecast in forecasts]
    assert deviations[1] < deviations[0]


@each_model
@each_level
def test_a_finished_count_leaves_no_doubt(model, level):
    night = night_of(level=level, fractions=(0.4, 1.0), habits=Habits(contested=0.0))
    forecast = told(model, night.counts)
    assert forecast.finished
    np.testing.assert_allclose(forecast.margin, night.result.margin)


@each_yardstick
def test_before_the_first_vote_nothing_is_known(model):
    forecast = told(model, Counts.empty(TRUTH.election))
    assert float(forecast.mean(forecast.margin)) == pytest.approx(0, abs=0.02)
    assert forecast.win_probability.sum() == pytest.approx(1)


@each_model
def test_a_single_count_will_do(model):
    night = night_of(fractions=(0.5,))
    np.testing.assert_allclose(told(model, night.counts.latest).margin, told(model, night.counts).margin)


@pytest.mark.parametrize("name", POINTS)
@each_level
def test_swapping_the_candidates_flips_the_simple_ones(name, level):
    night = night_of(level=level, fractions=(0.3,))
    frame = night.counts.frame.rename(columns={"ana": "bea", "bea": "ana"})
    swapped = Counts(_swapped(night.election), frame[night.counts.frame.columns].rename(columns=str))
    model = MODELS[name]
    np.testing.assert_allclose(told(model, swapped).margin, -told(model, night.counts).margin, atol=1e-12)


def _swapped(election: Election) -> Election:
    names = {"ana": "bea", "bea": "ana"}
    return replace(election, baseline=election.baseline.rename(columns=names)[list(election.baseline.columns)])


@each_level
def test_the_raw_count_keeps_its_margin(level):
    night = night_of(level=level)
    for time, count in zip(night.counts.times, night.counts, strict=True):
        assert float(told(RawCount(), night.counts.until(time)).margin[0]) == pytest.approx(count.margin)


def alike() -> Truth:
    """Every station of a unit votes the same; units differ."""
    base = simulated.truth()
    stations = base.election.units["stations"].to_numpy()
    per_station = (base.unit_votes / stations[:, None]).round()
    return Truth(base.election, base.unit, base.electorate, per_station[base.unit], base.void)


def test_extrapolation_is_exact_where_its_strata_are_alike():
    truth = alike()
    night = night_of(Random(), truth=truth, fractions=(0.95,), habits=Habits(contested=0.0))
    assert not set(truth.election.units.index) - set(night.counts.frame["place"])
    by_unit = told(StratifiedExtrapolation("unit"), night.counts)
    np.testing.assert_allclose(by_unit.margin, night.result.margin)
    by_region = told(StratifiedExtrapolation("region"), night.counts)
    assert abs(float(by_region.margin[0]) - night.result.margin) > 1e-6


def test_uniform_swing_is_exact_where_the_swing_is_uniform():
    base = simulated.truth()
    election = base.election
    share = own_shares(election) + np.array([0.04, -0.04])
    valid = election.baseline.sum(axis=1).to_numpy() / election.units["stations"].to_numpy()
    votes = np.hstack([share * valid[:, None], np.zeros((len(share), 2))])[base.unit]
    truth = Truth(election, base.unit, base.electorate, votes, base.void)
    night = night_of(truth=truth, fractions=(0.1, 0.3), habits=Habits(contested=0.0))
    assert abs(night.counts.latest.margin - night.result.margin) > 0.01
    assert float(told(UniformSwing(), night.counts).margin[0]) == pytest.approx(night.result.margin, abs=2e-3)


def test_without_own_lists_the_swing_says_so():
    night = rf.load("bolivia-2019")
    forecast = told(UniformSwing(), night.counts)
    assert "raw count" in forecast.diagnostics["warnings"][0]
    np.testing.assert_allclose(forecast.margin, told(RawCount(), night.counts).margin)


def test_the_design_based_estimate_is_the_stratified_one():
    night = night_of(fractions=(0.3, 0.6))
    sampled = told(DesignBased(draws=4000), night.counts)
    point = float(told(StratifiedExtrapolation("unit"), night.counts).margin[0])
    assert float(sampled.mean(sampled.margin)) == pytest.approx(point, abs=4 * float(sampled.sd(sampled.margin)) / 60)


@pytest.mark.parametrize("level", ["unit", "region", "nation"])
def test_the_design_based_interval_holds_under_its_design(level):
    held, nights = 0, 40
    for seed in range(nights):
        night = night_of(Random(), seed=seed, level=level, fractions=(0.2, 0.3, 0.4, 0.5), habits=Habits(contested=0.0))
        held += score(told(DesignBased(draws=300), night.counts, seed), night.result).covered_90
    assert held / nights >= 0.78


def test_the_dirichlet_is_far_too_sure():
    held, nights = 0, 40
    for seed in range(nights):
        night = night_of(BySize(), seed=seed, fractions=(0.3,))
        held += score(told(DistrictDirichlet(draws=300), night.counts, seed), night.result).covered_90
    assert held / nights < 0.6


def test_more_than_two_candidates_are_no_trouble():
    truth = simulated.truth(candidates=3)
    for name, model in MODELS.items():
        night = night_of(Random(), truth=truth, fractions=(0.5,))
        forecast = told(model, night.counts)
        assert list(forecast.candidates) == ["ana", "bea", "caro"], name
        assert float(forecast.mean(forecast.margin)) == pytest.approx(night.result.margin, abs=0.05)


def test_a_stratum_is_one_of_those_there_are():
    with pytest.raises(ValueError, match="by is 'region' or 'unit'"):
        StratifiedExtrapolation("province")


@pytest.mark.parametrize("moment", [0, 24, -1])
def test_they_take_real_counts_of_every_level(moment):
    night = rf.load("peru-2021-runoff")
    counts = night.counts.until(night.counts.times[moment])
    for name in ("raw", "region", "unit", "swing"):
        error = score(told(MODELS[name], counts), night.result).error
        assert abs(error) < 0.06, name


def test_own_shares_of_a_unit_without_baseline_are_the_nation_s():
    units = pd.DataFrame(
        {"unit": ["a", "b"], "region": "r", "stations": 2, "baseline_x": [30, np.nan], "baseline_y": [10, np.nan]}
    )
    election = Election.from_frames(
        id="t",
        title="t",
        date=simulated.election().date,
        candidates=[Candidate("x", "X"), Candidate("y", "Y")],
        units=units,
    )
    np.testing.assert_allclose(own_shares(election), [[0.75, 0.25], [0.75, 0.25]])
