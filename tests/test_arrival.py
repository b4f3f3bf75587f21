"""The order of arrival beyond a place's size: along how places vote, and among what is still out."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import simulated

import runoff_forecast as rf
from runoff_forecast.count import Counts
from runoff_forecast.election import Election
from runoff_forecast.evaluate import ByList, BySize, Habits, Truth, simulate
from runoff_forecast.models import Priors
from runoff_forecast.models.design import LEANINGS, build_design


def night_by(order, *, level="region", fractions=(0.4, 0.6, 0.8), seed=1) -> Counts:
    rng, habits = np.random.default_rng(seed), Habits(contested=0.0)
    return simulate(simulated.truth(seed), order, level=level, fractions=fractions, habits=habits, rng=rng).counts


def forecast(night: Counts, **changes: float) -> rf.Forecast:
    return rf.forecast(night, draws=4000, seed=1, priors=Priors().with_changes(changes))


# How places lean.


def leanings(election: Election) -> np.ndarray:
    design = build_design(election)
    return design.arrival[:, design.leanings]


def with_lists(election: Election, baseline: pd.DataFrame) -> Election:
    return replace(election, baseline=baseline)


def test_leanings_are_beyond_the_mean_of_a_region():
    election = simulated.election()
    found = leanings(election)
    assert found.shape == (len(election.units), LEANINGS)
    weighted = pd.DataFrame(found * election.units["stations"].to_numpy()[:, None])
    np.testing.assert_allclose(weighted.groupby(election.region_index).sum(), 0.0, atol=1e-9)


def test_leanings_are_in_deviations_over_the_stations_at_home():
    one_region = simulated.election().units.assign(region="all", kind="urban")
    election = Election.from_frames(
        **{name: getattr(simulated.election(), name) for name in ("id", "title", "date", "timezone", "candidates")},
        units=one_region.reset_index().join(
            simulated.election().baseline.reset_index(drop=True).add_prefix("baseline_")
        ),
    )
    weight = election.units["stations"].to_numpy(float)
    covariance = (leanings(election).T * weight) @ leanings(election) / weight.sum()
    np.testing.assert_allclose(covariance, np.eye(LEANINGS), atol=1e-6)


def test_the_first_leaning_goes_along_the_list_that_tells_places_apart():
    election = simulated.election()
    split = np.random.default_rng(5).uniform(0.2, 0.8, len(election.units))
    shares = np.column_stack([0.7 * split, 0.7 * (1.0 - split), np.full(len(split), 0.3)])
    votes = (100_000 * shares).round()
    found = leanings(with_lists(election, pd.DataFrame(votes, election.baseline.index, election.baseline.columns)))
    code = election.region_index
    inside = np.log(split / (1.0 - split)) - np.array([np.log(split / (1 - split))[code == r].mean() for r in code])
    assert abs(np.corrcoef(found[:, 0], inside)[0, 1]) > 0.97


def test_a_list_of_few_votes_says_little_of_how_places_lean():
    election = simulated.election()
    noisy = election.baseline.copy()
    noisy["tiny"] = 0.01 * noisy.sum(axis=1) * np.exp(np.random.default_rng(2).standard_normal(len(noisy)))
    before, after = leanings(election)[:, 0], leanings(with_lists(election, noisy.round()))[:, 0]
    assert abs(np.corrcoef(before, after)[0, 1]) > 0.9


@pytest.mark.parametrize("known", [0, 1])
def test_without_a_baseline_nothing_is_known_of_leanings(known):
    election = simulated.election()
    baseline = election.baseline.copy()
    baseline.iloc[known:] = np.nan
    assert leanings(with_lists(election, baseline)).shape == (len(election.units), 0)


def test_a_unit_without_a_baseline_leans_as_its_region_does():
    election = simulated.election()
    baseline = election.baseline.copy()
    baseline.iloc[3] = np.nan
    found = leanings(with_lists(election, baseline))
    np.testing.assert_array_equal(found[3], 0.0)
    assert (found[4:] != 0.0).any(axis=1).all()


# What leanings and turning orders do to a forecast.


@pytest.mark.parametrize("level", ["unit", "region"])
@pytest.mark.parametrize("prior", ["arrival_turn", "arrival_lean"])
def test_the_order_among_what_is_out_of_a_group_is_open_and_that_of_units_is_known(level, prior):
    night = night_by(BySize(), level=level)
    settled, open_order = forecast(night, **{prior: 1e-9}), forecast(night, **{prior: 2.0})
    if level == "unit":
        assert open_order.margin.equals(settled.margin)
    else:
        assert open_order.margin.std() > 1.1 * settled.margin.std()


def test_an_order_that_may_turn_does_not_move_the_forecast():
    night = night_by(BySize())
    settled, turning = forecast(night, arrival_turn=1e-9), forecast(night, arrival_turn=2.0)
    assert abs(turning.margin.mean() - settled.margin.mean()) < settled.margin.std()


@pytest.mark.parametrize("strength", [1.0, -1.0])
def test_nights_that_count_one_side_first_are_read_better_with_leanings(strength):
    order = ByList("ana", strength=2.0 * strength, unit_noise=0.3, station_noise=0.5)

    def error(seed: int, lean: float) -> float:
        votes = simulated.truth(seed).totals
        came = float((votes[0] - votes[1]) / votes.sum())
        found = forecast(night_by(order, fractions=(0.2, 0.4), seed=seed), arrival_lean=lean)
        return abs(float(found.margin.mean()) - came)

    without, leaning = (sum(error(seed, lean) for seed in range(1, 9)) for lean in (1e-9, 1.0))
    assert leaning < without


# How full boxes are.


def fullness(election: Election) -> np.ndarray:
    design = build_design(election)
    return design.arrival[:, design.fullness]


def test_fullness_is_the_log_of_votes_a_station_beyond_the_mean_at_home():
    election = rf.load("turkey-2023-runoff").election
    expected, home = np.log(build_design(election).valid_per_station), ~election.overseas
    found = fullness(election)[:, 0]
    assert np.average(found[home], weights=election.units["stations"][home]) == pytest.approx(0.0, abs=1e-9)
    np.testing.assert_allclose(np.diff(found[home]), np.diff(expected[home]))


def test_boxes_that_are_all_as_full_have_no_order_of_their_own():
    units = simulated.election().units[["region", "stations"]].reset_index()
    election = Election.from_frames(
        **{name: getattr(simulated.election(), name) for name in ("id", "title", "date", "timezone", "candidates")},
        units=units.assign(electorate=units["stations"] * 300),
    )
    assert fullness(election).shape == (len(units), 0)


def test_nights_that_count_small_boxes_first_are_read_better_with_fullness():
    night = rf.load("turkey-2023-runoff")
    truth = Truth.from_result(night.election, night.result, rng=np.random.default_rng(1))
    size = np.log(build_design(night.election).valid_per_station)

    def small_first(truth: Truth, rng: np.random.Generator) -> np.ndarray:
        return 4.0 * size[truth.unit] + rng.standard_normal(len(truth.unit))

    def error(seed: int, deviation: float) -> float:
        counts = simulate(truth, small_first, level="region", fractions=(0.15,), rng=np.random.default_rng(seed)).counts
        priors = Priors().with_changes({"arrival_fullness_sd": deviation})
        found = rf.forecast(counts, draws=500, seed=1, priors=priors)
        return abs(float(found.margin.mean()) - night.result.margin)

    without, with_it = (sum(error(seed, deviation) for seed in (1, 2, 3)) for deviation in (1e-6, 1.0))
    assert with_it < 0.7 * without


# Whose turn it is at the end.


def test_rows_of_regions_say_themselves_where_each_stands():
    night = night_by(BySize())
    still, turning = (forecast(night, arrival_turn_region=deviation) for deviation in (1e-6, 2.0))
    np.testing.assert_array_equal(still.draws["final"], turning.draws["final"])


def test_what_is_out_of_a_headline_may_lie_in_a_few_regions():
    night = night_by(BySize(), level="nation", fractions=(0.4, 0.9))
    still, turning = (
        forecast(night, arrival_turn_region=deviation).draws["outstanding"].sum("candidate")
        for deviation in (1e-6, 2.0)
    )
    assert (turning.std("draw") > 1.2 * still.std("draw")).all()
    # as many sheets are out in either case, and their votes hang on places a little
    assert float(turning.sum("region").mean()) == pytest.approx(float(still.sum("region").mean()), rel=0.03)


def test_the_later_the_count_the_more_a_headline_leaves_open():
    def wider(fraction: float) -> float:
        night = night_by(BySize(), level="nation", fractions=(fraction,))
        still, turning = (forecast(night, arrival_turn_region=deviation) for deviation in (1e-6, 2.0))
        return float(turning.sd(turning.margin) / still.sd(still.margin))

    assert wider(0.1) < 1.1 < wider(0.95)
