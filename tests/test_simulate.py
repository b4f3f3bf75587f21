"""Laws of simulated nights: they are ordinary counts, they lead to the known end, and each order is the one it says."""

from pathlib import Path

import numpy as np
import pytest
import simulated

import runoff_forecast as rf
from runoff_forecast.count import Counts
from runoff_forecast.evaluate import (
    LEVELS,
    ORDERS,
    ByList,
    BySize,
    Habits,
    KindLast,
    MissingByVote,
    Random,
    RegionLast,
    RegionsInTurn,
    StrongholdsLast,
    Truth,
    Whole,
    moments,
    simulate,
)
from runoff_forecast.evaluate.orders import normal_scores
from runoff_forecast.sources.stations import read_stations

TRUTH = simulated.truth()
THREE = simulated.truth(candidates=3)
CLEAN = Habits(contested=0.0)
REFERENCE = Path(__file__).parents[2] / "shared" / "data"

each_order = pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
each_level = pytest.mark.parametrize("level", LEVELS)


def night_of(order=None, *, truth=TRUTH, seed=1, **given):
    return simulate(truth, order or Random(), rng=np.random.default_rng(seed), **given)


@each_order
@each_level
def test_a_simulated_night_passes_every_check_of_a_real_one(order, level):
    night = night_of(order, level=level, truth=THREE)
    again = Counts.from_frame(night.election, night.counts.frame)
    assert not again.warnings
    assert not [warning for count in again for warning in count.warnings]
    assert len(night.counts) == 8


@each_order
@each_level
def test_the_last_sheet_brings_the_result(order, level):
    night = night_of(order, level=level, fractions=(0.3, 1.0), habits=CLEAN)
    np.testing.assert_allclose(night.counts.latest.votes, night.result.votes)
    np.testing.assert_allclose(night.result.votes, TRUTH.totals)
    assert night.counts.latest.counted_share == 1


@each_level
def test_every_level_tells_of_the_same_night(level):
    fine, other = night_of(ORDERS["mixed"]), night_of(ORDERS["mixed"], level=level)
    assert list(other.counts.times) == list(fine.counts.times)
    for count, known in zip(other.counts, fine.counts, strict=True):
        np.testing.assert_allclose(count.votes, known.votes)
        assert (count.counted, count.contested) == (known.counted, known.contested)


def test_the_same_seed_is_the_same_night():
    first, second, other = night_of(seed=3), night_of(seed=3), night_of(seed=4)
    assert first.counts.frame.equals(second.counts.frame)
    assert not first.counts.frame.equals(other.counts.frame)


def test_shares_processed_are_those_asked_for():
    night = night_of(fractions=(0.1, 0.5, 0.9), habits=Habits(contested=0.05))
    total = night.election.stations_total
    for count, fraction in zip(night.counts, (0.1, 0.5, 0.9), strict=True):
        assert count.counted + count.contested + count.void == round(fraction * total)
    assert list(night.counts.times) == list(moments(night.election, (0.1, 0.5, 0.9)))


def test_contested_sheets_count_in_the_end_as_often_as_told():
    habits = Habits(contested=0.5, contested_counted=0.8)
    night = night_of(fractions=(1.0,), habits=habits)
    assert night.counts.latest.contested / night.election.stations_total == pytest.approx(0.5, abs=0.07)
    lost = TRUTH.totals.sum() - night.result.votes.sum()
    assert lost / TRUTH.totals.sum() == pytest.approx(0.1, abs=0.05)


@each_level
def test_withdrawn_sheets_make_numbers_go_down(level):
    habits, fractions = Habits(contested=0.2, withdrawn=1.0), (0.5, 0.52, 0.9)
    night = night_of(level=level, habits=habits, fractions=fractions)
    checked = Counts.from_frame(night.election, night.counts.frame)
    assert (checked.corrections["column"] == "counted").any()
    steady = night_of(level=level, habits=Habits(contested=0.2), fractions=fractions)
    assert steady.counts.corrections.empty
    np.testing.assert_allclose(night.result.votes, steady.result.votes)


@pytest.mark.parametrize("level", ["unit", "region", "unit+nation"])
def test_delayed_rows_are_missed_and_made_up_for(level):
    late = night_of(level=level, habits=Habits(delayed=0.5))
    prompt = night_of(level=level)
    assert len(late.counts.frame) < len(prompt.counts.frame)
    assert Counts.from_frame(late.election, late.counts.frame).latest.counted <= prompt.counts.latest.counted


def test_overseas_is_in_the_nation_row_alone():
    night = night_of(level="unit+nation")
    frame = night.counts.frame
    kinds = night.election.units["kind"].reindex(frame.loc[frame["level"] == "unit", "place"])
    assert set(kinds) == {"urban", "rural"}
    remainder = night.counts.latest.holdings
    (row,) = np.flatnonzero(remainder.frame["remainder"])
    assert set(night.election.units["kind"].iloc[remainder.members[row]]) == {"overseas"}


@pytest.mark.parametrize("fractions", [(0.5, 0.2), (0.5, 1.2), (-0.1, 0.5)])
def test_fractions_that_are_none_are_refused(fractions):
    with pytest.raises(ValueError, match="fractions ascend"):
        night_of(fractions=fractions)


def test_an_unknown_level_is_refused():
    with pytest.raises(ValueError, match="level is one of unit, region"):
        night_of(level="province")


# What each order says.


def ranks(order, truth=TRUTH, seed=1) -> np.ndarray:
    return np.argsort(np.argsort(order(truth, np.random.default_rng(seed)), kind="stable"))


def test_big_places_come_first_or_last():
    size = np.log(TRUTH.election.units["electorate"].to_numpy()[TRUTH.unit])
    assert np.corrcoef(ranks(BySize()), size)[0, 1] < -0.2
    assert np.corrcoef(ranks(BySize(strength=-1.0)), size)[0, 1] > 0.2
    assert abs(np.corrcoef(ranks(Random()), size)[0, 1]) < 0.1


@pytest.mark.parametrize("strength", [1.0, -1.0])
def test_strongholds_of_a_baseline_list_come_first_or_last(strength):
    scores, baseline = ByList("bea", strength=strength)(TRUTH, np.random.default_rng(1)), TRUTH.election.baseline
    share = (baseline["bea"] / baseline.sum(axis=1)).to_numpy()[TRUTH.unit]
    assert strength * np.corrcoef(share, scores)[0, 1] < -0.2
    with pytest.raises(KeyError, match="dina"):
        ByList("dina")(TRUTH, np.random.default_rng(1))


def test_the_last_region_and_kind_are_last():
    region = TRUTH.election.units["region"].to_numpy()[TRUTH.unit]
    south = ranks(RegionLast("south"))[region == "south"]
    assert south.min() == len(region) - len(south)
    abroad = ranks(KindLast())[region == "abroad"]
    assert abroad.min() == len(region) - len(abroad)
    drawn = {region[ranks(RegionLast(), seed=seed).argmax()] for seed in range(12)}
    assert len(drawn) > 1


def test_the_capital_comes_before_the_other_regions():
    place = ranks(RegionsInTurn())
    region = TRUTH.election.units["region"].to_numpy()[TRUTH.unit]
    means = {name: place[region == name].mean() for name in simulated.REGIONS}
    assert min(means, key=means.get) == "capital"


def test_whole_units_come_at_once():
    order = np.argsort(ranks(Whole()))
    units = TRUTH.unit[order]
    assert (np.diff(units) != 0).sum() == len(TRUTH.election.units) - 1


def test_stations_are_missing_in_proportion_to_votes():
    winner = TRUTH.votes[:, TRUTH.ranking[0]]
    last = np.mean([winner[ranks(MissingByVote(), seed=seed) >= 0.9 * len(winner)].mean() for seed in range(20)])
    expected = np.square(winner).sum() / winner.sum()
    assert last == pytest.approx(expected, rel=0.1)


def test_strongholds_come_last():
    share = TRUTH.share_of(TRUTH.ranking[0])[TRUTH.unit]
    for by in ("unit", "station"):
        assert np.corrcoef(ranks(StrongholdsLast(by=by)), share)[0, 1] > 0.8
    assert np.corrcoef(ranks(StrongholdsLast(rank=1)), share)[0, 1] < -0.8


def test_equal_scores_stay_equal():
    np.testing.assert_allclose(normal_scores(np.array([1, 1, 2, 2])), [-0.6745, -0.6745, 0.6745, 0.6745], atol=1e-4)


# Truths.


def test_made_up_stations_add_up_to_their_units():
    truth = simulated.truth(seed=5, candidates=3)
    assert (truth.votes >= 0).all()
    assert (truth.votes % 1 == 0).all()
    stations = np.bincount(truth.unit)
    np.testing.assert_array_equal(stations, truth.election.units["stations"])
    again = Truth.from_totals(truth.election, truth.unit_votes, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(again.unit_votes, truth.unit_votes)


def test_made_up_stations_are_clustered_as_told():
    alike, mixed = (simulated.truth(correlation=correlation) for correlation in (0.001, 0.1))
    assert _icc(alike) == pytest.approx(0.001, abs=0.002)
    assert _icc(mixed) == pytest.approx(0.1, rel=0.25)


def _icc(truth: Truth) -> float:
    valid = truth.votes[:, :2].sum(axis=1)
    overall, share = truth.share_of(0)[truth.unit], truth.votes[:, 0] / valid
    stations = np.bincount(truth.unit)[truth.unit]
    big = stations >= 5
    spread = (share - overall) ** 2 * stations / np.maximum(stations - 1, 1) / (overall * (1 - overall))
    return float(np.mean((spread - 1 / valid)[big]))


def test_stations_can_be_the_register():
    fine = TRUTH.by_station()
    assert (fine.election.units["stations"] == 1).all()
    np.testing.assert_allclose(fine.election.baseline.sum(), TRUTH.election.baseline.sum())
    np.testing.assert_array_equal(fine.votes, TRUTH.votes)
    assert fine.by_station() is fine


def test_a_truth_has_the_stations_of_its_register():
    with pytest.raises(ValueError, match="unit 'u00' has"):
        Truth(TRUTH.election, TRUTH.unit[1:], TRUTH.electorate[1:], TRUTH.votes[1:], TRUTH.void[1:])
    with pytest.raises(ValueError, match=r"votes are \(stations, candidates \+ 2\)"):
        Truth(TRUTH.election, TRUTH.unit, TRUTH.electorate, TRUTH.votes[:, 1:], TRUTH.void)


def test_a_bundled_result_becomes_a_truth():
    bundled = rf.load("peru-2016-runoff")
    truth = Truth.from_result(bundled.election, bundled.result, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(truth.totals, [8_596_937, 8_555_880])
    lacking = rf.load("peru-2021-first-round")
    with pytest.raises(ValueError, match="no row of unit"):
        Truth.from_result(lacking.election, lacking.result, rng=np.random.default_rng(1))
    nominal = rf.load("peru-2011-runoff")
    with pytest.raises(ValueError, match="no row of unit"):
        Truth.from_result(nominal.election, nominal.result, rng=np.random.default_rng(1))


@pytest.mark.reference_data
@pytest.mark.skipif(not REFERENCE.is_dir(), reason="the offices' station files are not in ../shared/data")
@pytest.mark.parametrize(
    ("name", "votes", "void"),
    [("peru-2016-runoff", [8_596_937, 8_555_880], 334), ("peru-2021-runoff", [8_835_653, 8_791_696], 226)],
)
def test_station_files_add_up_to_the_official_result(name, votes, void):
    truth = Truth.from_stations(rf.load(name).election, read_stations(name, REFERENCE))
    np.testing.assert_array_equal(truth.totals, votes)
    assert truth.void.sum() == void


def test_a_missing_station_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"mesas-runoff\.csv\.gz"):
        read_stations("peru-2021-runoff", tmp_path)
