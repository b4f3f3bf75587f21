"""Laws of no order: a random sample is known as one, every order is known as an order, even shares say nothing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import simulated

import runoff_forecast as rf
from runoff_forecast.count import Counts
from runoff_forecast.evaluate import BySize, KindLast, MissingByVote, Random, RegionsInTurn, Truth, Whole, simulate
from runoff_forecast.models import Priors, StratifiedArrival
from runoff_forecast.models.cautions import IN_NO_ORDER
from runoff_forecast.models.design import build_design
from runoff_forecast.models.evidence import gather

FRACTIONS = (0.1, 0.2, 0.4)
PRIOR = Priors().no_order


@pytest.fixture(scope="module")
def truth() -> Truth:
    night = rf.load("peru-2021-runoff")
    return Truth.from_result(night.election, night.result, rng=np.random.default_rng(1))


def night_of(truth, order, level="unit", fractions=FRACTIONS, seed=3) -> Counts:
    return simulate(truth, order, level=level, fractions=fractions, rng=np.random.default_rng(seed)).counts


def no_order(counts: Counts) -> float:
    return gather(counts, Priors(), moments=8).no_order


@pytest.mark.parametrize("level", ["unit", "region", "unit+nation"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_random_sample_is_known_as_one(truth, level, seed):
    assert no_order(night_of(truth, Random(), level, seed=seed)) > 0.95


@pytest.mark.parametrize("level", ["unit", "region", "unit+nation"])
@pytest.mark.parametrize(
    "order", [BySize(), BySize(strength=0.3), RegionsInTurn(), Whole(), KindLast(), MissingByVote()]
)
def test_every_order_is_known_as_an_order(truth, level, order):
    for fraction in FRACTIONS:
        assert no_order(night_of(truth, order, level, fractions=(fraction,))) < 1e-6


def test_stations_as_units_are_told_by_region(truth):
    by_station = truth.by_station()
    assert (build_design(by_station.election).stations == 1).all()
    assert no_order(night_of(truth, Random(), "station")) > 0.95
    assert no_order(night_of(truth, BySize(), "station")) < 1e-6


def test_an_order_that_begins_later_ends_it(truth):
    counts = night_of(truth, Random(), fractions=(0.2, 0.4))
    abroad = truth.election.units.index[truth.election.overseas]
    first = counts.frame["time"] == counts.times[0]
    only_at_home = counts.frame[first | ~counts.frame["place"].isin(abroad)].reset_index(drop=True)
    changed = Counts(truth.election, only_at_home)
    assert no_order(changed.until(changed.times[0])) > 0.5
    assert no_order(changed) < 1e-6


def test_stations_that_vote_otherwise_the_later_they_are_end_it(truth):
    def leaning(strength: float) -> Counts:
        late = np.random.default_rng(5).standard_normal(len(truth.unit))
        logit = np.log((truth.votes[:, 0] + 0.5) / (truth.votes[:, 1] + 0.5)) + strength * late
        valid = truth.votes[:, :2].sum(axis=1)
        share = 1.0 / (1.0 + np.exp(-logit))
        votes = np.column_stack([share * valid, (1.0 - share) * valid, truth.votes[:, 2:]]).round()
        return night_of(replace(truth, votes=votes), lambda *_: late, fractions=FRACTIONS)

    assert no_order(leaning(0.0)) > 0.95
    assert no_order(leaning(0.1)) < 1e-6


def test_even_shares_say_nothing():
    """Thirty per cent of each unit's stations may be a stratified sample, or those that its office counts first."""
    contest = simulated.election()
    units = contest.units.assign(stations=200)
    rows = pd.DataFrame({"place": units.index, "level": "unit", "counted": 60, "ana": 100, "bea": 100})
    rows["time"] = "2021-06-06T20:00:00-05:00"
    assert no_order(Counts.from_frame(replace(contest, units=units), rows)) < 0.1


@pytest.mark.parametrize("nominal", [True, False])
def test_nominal_stations_and_a_single_place_tell_nothing(nominal):
    contest = simulated.election()
    level = "unit" if nominal else "nation"
    counts = night_of(simulated.truth(), Random(), level)
    if nominal:
        counts = Counts(replace(contest, nominal_stations=True), counts.frame)
    assert no_order(counts) == 0.0


def test_no_order_narrows_what_an_order_would_ask_for_and_says_so(truth):
    counts = night_of(truth, Random(), "region", fractions=(0.1, 0.2))
    sure, blind = (
        StratifiedArrival(draws=500, priors=Priors(no_order=p))(counts, rng=np.random.default_rng(1))
        for p in (PRIOR, 1e-12)
    )
    assert float(sure.margin.std()) < 0.7 * float(blind.margin.std())
    said = IN_NO_ORDER.split("(")[0]
    assert any(warning.startswith(said) for warning in sure.diagnostics["warnings"])
    assert not any(warning.startswith(said) for warning in blind.diagnostics["warnings"])


def test_with_order_for_sure_the_priors_are_as_they_were():
    assert Priors().with_order(1.0) == Priors()
