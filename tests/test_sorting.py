"""Laws of counts sorted by vote: known as such and wide, other orders are not taken for one, and the law behind it."""

from dataclasses import replace
from datetime import date

import made_up
import numpy as np
import pytest
from scipy.special import expit

import runoff_forecast as rf
from runoff_forecast.count import Counts
from runoff_forecast.election import Election
from runoff_forecast.evaluate import BySize, KindLast, Random, RegionsInTurn, StrongholdsLast, Truth, simulate
from runoff_forecast.models import Priors, StratifiedArrival
from runoff_forecast.models.cautions import BY_VOTE
from runoff_forecast.models.design import build_design
from runoff_forecast.models.evidence import gather
from runoff_forecast.models.sorting import Sorting, inside_regions, unknown_variance
from runoff_forecast.outcome import Forecast

PRIORS = Priors()
OFF = {"by_vote_slope": 1e-6, "by_place_slope": 1e-6, "by_region_slope": 1e-6}
SAID = BY_VOTE.split(" (")[0]


@pytest.fixture(scope="module")
def truth() -> Truth:
    night = rf.load("peru-2021-runoff")
    return Truth.from_result(night.election, night.result, rng=np.random.default_rng(1))


def night_of(truth: Truth, order, level: str = "unit", fractions: tuple[float, ...] = (0.1, 0.2)) -> Counts:
    return simulate(truth, order, level=level, fractions=fractions, rng=np.random.default_rng(3)).counts


def forecast(counts: Counts, **changes: float) -> Forecast:
    return StratifiedArrival(draws=1000, priors=PRIORS.with_changes(changes))(counts, rng=np.random.default_rng(1))


@pytest.fixture(scope="module")
def strongholds_last(truth) -> Counts:
    return night_of(truth, StrongholdsLast())


def test_strongholds_that_come_last_are_known_and_not_trusted(truth, strongholds_last):
    blind, aware = forecast(strongholds_last, **OFF), forecast(strongholds_last)
    margin = (truth.totals[0] - truth.totals[1]) / truth.totals.sum()
    low, high = aware.interval(0.9)
    assert low < margin < high
    assert not blind.interval(0.9)[0] < margin < blind.interval(0.9)[1]
    assert abs(float(aware.margin.mean()) - margin) < abs(float(blind.margin.mean()) - margin)
    assert any(SAID in warning for warning in aware.diagnostics["warnings"])


@pytest.mark.parametrize("order", [Random(), BySize(), BySize(strength=-1.0), RegionsInTurn()])
def test_other_orders_are_not_taken_for_one(truth, order):
    night = night_of(truth, order)
    blind, aware = forecast(night, **OFF), forecast(night)
    assert not any(SAID in warning for warning in aware.diagnostics["warnings"])
    assert np.diff(aware.interval(0.5)) == pytest.approx(np.diff(blind.interval(0.5)), rel=0.15)
    moved = float(aware.margin.mean() - blind.margin.mean())
    assert abs(moved) < 0.15 * np.diff(blind.interval(0.5))[0]


@pytest.mark.parametrize("kind", ["postal", "overseas"])
def test_strongholds_of_a_kind_of_their_own_are_late_for_their_kind(truth, kind):
    """Postal ballots lean and come last; half of them are in, and vote as the other half does."""
    share = truth.share_of(truth.ranking[0])
    late = share > np.quantile(share, 0.8)
    units = truth.election.units
    units = units.assign(kind=np.where(late, kind, units["kind"].where(units["kind"] != "overseas", "rural")))
    told = replace(truth, election=replace(truth.election, units=units))
    counts = night_of(told, KindLast(kind, Random()), fractions=(0.5, 1.0 - 0.5 * late[truth.unit].mean()))
    assert not any(SAID in warning for warning in forecast(counts).diagnostics["warnings"])
    plain = replace(counts, election=replace(truth.election, units=units.assign(kind="unknown")))
    assert any(SAID in warning for warning in forecast(plain).diagnostics["warnings"])


def test_rows_of_regions_are_compared_with_one_another(truth):
    counts = night_of(truth, StrongholdsLast(), "region", (0.3, 0.6))
    blind, aware = forecast(counts, **OFF), forecast(counts)
    assert aware.win_probability.max() < blind.win_probability.max()
    assert np.diff(aware.interval(0.9)) > 1.2 * np.diff(blind.interval(0.9))


def probability_at_nothing_expected(counts: Counts) -> float:
    sorting = gather(counts, PRIORS).sorting
    assert sorting is not None
    return sorting.probability(PRIORS, np.zeros((len(sorting.score) - 1, 1, 1))).item()


def test_of_national_totals_nothing_can_be_told(truth):
    found = probability_at_nothing_expected(night_of(truth, StrongholdsLast(), "nation"))
    assert found == pytest.approx(PRIORS.by_vote_untold)


def test_of_a_register_of_one_unit_nothing_can_be_told():
    contest = Election.from_frames(
        id="one",
        title="One unit",
        date=date(2021, 6, 6),
        timezone="America/Lima",
        candidates=made_up.CANDIDATES,
        units=made_up.UNITS.iloc[:1],
    )
    counts = rf.bulletin(contest, time="2021-06-06T21:00:00-05:00", counted_share=0.4, shares={"ana": 0.52})
    assert probability_at_nothing_expected(counts) == pytest.approx(PRIORS.by_vote_untold)


@pytest.mark.parametrize("level", ["unit", "unit+nation"])
def test_places_known_one_by_one_are_looked_at(truth, level):
    evidence = gather(night_of(truth, StrongholdsLast(), level), PRIORS)
    assert evidence.sorting is not None
    members = np.concatenate([np.zeros(0, int), *(group.members for group in evidence.groups)])
    assert not evidence.sorted_variance[members].any()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_where_nothing_or_all_is_in_there_is_nothing_to_tell(truth, share):
    design = build_design(truth.election)
    assert inside_regions(design, PRIORS, (1.0 - share) * design.stations, np.ones(design.n_units, bool)) is None


@pytest.mark.parametrize("slope", [-0.2, 0.0, 0.2])
def test_the_slope_is_that_of_a_logistic_selection(truth, slope):
    design, every = build_design(truth.election), np.ones(len(truth.election.units), bool)
    expected = PRIORS.loyalty * design.own[:, 0]
    fixed = np.zeros((design.fixed.shape[1], 1, 1))
    rng, steps, noises = np.random.default_rng(1), [], []
    for _ in range(60):
        counted = rng.binomial(design.stations.astype(int), expit(-1.0 + slope * expected))
        sorting = inside_regions(design, PRIORS, design.stations - counted, every)
        assert sorting is not None
        score, information, noise = (each.item() for each in sorting._at(PRIORS, fixed))
        steps.append(score / information)
        noises.append(noise / information**2)
    # the first step of a climb that starts at no slope
    assert np.mean(steps) == pytest.approx(slope, abs=0.02)
    assert np.var(steps) == pytest.approx(np.mean(noises), rel=0.5)


def test_what_is_out_leans_by_slope_times_variance():
    rng = np.random.default_rng(1)
    expected, beyond = 0.8 * rng.standard_normal(400_000), 0.4 * rng.standard_normal(400_000)
    arrives = rng.random(400_000) < expit(-0.5 + 0.7 * (expected + beyond))
    lean = beyond[~arrives].mean() - beyond[arrives].mean()
    share = arrives.mean()
    slope = np.cov(arrives, expected)[0, 1] / expected.var() / (share * (1.0 - share))
    assert lean == pytest.approx(-slope * beyond.var(), rel=0.05)


def test_what_is_counted_leaves_the_spread_between_stations_unknown(truth):
    design = build_design(truth.election)
    told = np.arange(design.n_units) % 2 == 0
    variance, large = unknown_variance(design, PRIORS, told), design.stations > 1.5
    assert variance[told & large] == pytest.approx(4 * PRIORS.station_correlation)
    assert variance[told & ~large] == pytest.approx(0.0)
    assert (variance[~told & large] >= 4 * PRIORS.station_correlation + PRIORS.unit**2 - 1e-12).all()
    nothing = unknown_variance(design, PRIORS, np.zeros(design.n_units, bool))
    everything = 4 * PRIORS.station_correlation + PRIORS.unit**2 + PRIORS.area**2 + PRIORS.region**2
    assert nothing[large] == pytest.approx(everything)


@pytest.mark.parametrize("known", [0, 3, 17])
@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_orders_that_tell_all_or_nothing_of_some_contrasts_are_no_trouble(known, noise):
    rng = np.random.default_rng(1)
    columns = rng.standard_normal((30, 20 + 17))
    columns[:, 20 + known :] = 0.0
    columns[:, :20] = 0.0
    information = 1e5 * columns.T @ columns
    sorting = Sorting(information @ np.full(37, 0.3), information, noise * information, 1.0, 0.2, 0.08)
    fixed = rng.standard_normal((20, 17, 50))
    probability, leans = sorting.probability(PRIORS, fixed), sorting.leans(PRIORS, fixed, rng)
    assert np.isfinite(leans).all()
    assert ((probability >= 0.0) & (probability <= 1.0)).all()
    if not known:
        assert probability == pytest.approx(0.08)
