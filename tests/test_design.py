"""What is known of units before the count: gaps in the baseline, and kinds that only the register knows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import simulated
from scipy.special import expit

import runoff_forecast as rf
from runoff_forecast.count import Counts
from runoff_forecast.election import Election
from runoff_forecast.evaluate import Habits, KindLast, Random, Truth, simulate
from runoff_forecast.evaluate.orders import Order
from runoff_forecast.models import Priors, StratifiedArrival
from runoff_forecast.models.cautions import TREND
from runoff_forecast.models.design import build_design
from runoff_forecast.models.evidence import gather
from runoff_forecast.models.laplace import build_solver
from runoff_forecast.models.latent import orders_to_try, starting_point
from runoff_forecast.models.quadrature import integrate, joined

ELECTION = simulated.election()
SIZE = np.log(ELECTION.units["electorate"].to_numpy())


def with_shares(of_ana: np.ndarray) -> Election:
    """The election with a baseline in which Ana has these shares."""
    shares = np.column_stack([0.7 * of_ana, 0.7 * (1.0 - of_ana), np.full(len(of_ana), 0.3)])
    votes = pd.DataFrame((1e6 * shares).round(), ELECTION.baseline.index, ELECTION.baseline.columns)
    return replace(ELECTION, baseline=votes, units=ELECTION.units.assign(kind="urban", baseline_ballots=1.1e6))


def without(election: Election, gaps: np.ndarray) -> Election:
    baseline, ballots = election.baseline.copy(), election.units["baseline_ballots"].copy()
    baseline.iloc[gaps], ballots.iloc[gaps] = np.nan, np.nan
    return replace(election, baseline=baseline, units=election.units.assign(baseline_ballots=ballots))


def column(election: Election, name: str) -> np.ndarray:
    design = build_design(election)
    return design.fixed[:, design.fixed_names.index(name)]


def assert_filled(whole: Election, gaps: np.ndarray, *, within: float) -> None:
    """The gaps of every list's covariate hold what stood there, in deviations of what is still known."""
    filled, stations = without(whole, gaps), whole.units["stations"].to_numpy(float)
    known = np.setdiff1d(np.arange(len(stations)), gaps)
    for name in ("list ana", "list bea"):
        before = column(whole, name)
        mean = np.average(before[known], weights=stations[known])
        deviation = np.sqrt(np.average((before[known] - mean) ** 2, weights=stations[known]))
        np.testing.assert_allclose(column(filled, name)[gaps], ((before - mean) / deviation)[gaps], atol=within)


def night_of(truth: Truth, order: Order, *, level: str, fractions: tuple[float, ...]) -> Counts:
    rng, habits = np.random.default_rng(1), Habits(contested=0.0)
    return simulate(truth, order, level=level, fractions=fractions, habits=habits, rng=rng).counts


@pytest.mark.parametrize("gaps", [[0, 12, 25], range(10, 22)], ids=["single units", "a whole region"])
def test_a_gap_is_filled_by_the_size_of_the_place(gaps):
    whole, gaps = with_shares(expit(0.4 * (SIZE - SIZE.mean()))), np.array(gaps)
    assert_filled(whole, gaps, within=0.15)  # the logs of such shares are not quite straight in the log of size
    np.testing.assert_allclose(build_design(without(whole, gaps)).own[gaps], build_design(whole).own[gaps], atol=0.35)


def test_a_gap_is_filled_by_the_region():
    assert_filled(
        with_shares(np.array([0.2, 0.5, 0.7, 0.4])[ELECTION.region_index]), np.array([0, 12, 25]), within=0.05
    )


def test_the_area_tells_more_than_the_region():
    area = np.where(np.arange(len(SIZE)) % 2, "hills", "coast")
    whole = with_shares(np.where(area == "hills", 0.7, 0.3))
    assert_filled(replace(whole, units=whole.units.assign(area=area)), np.array([0, 1, 12, 13]), within=0.2)


def test_without_gaps_nothing_is_filled():
    design = build_design(ELECTION)
    assert design.without_baseline == 0.0
    assert "no baseline" not in design.fixed_names


def test_scales_are_as_wide_as_the_share_of_stations_without_a_baseline():
    gaps = np.arange(18)
    election, stations = without(ELECTION, gaps), ELECTION.units["stations"].to_numpy()
    share = stations[gaps].sum() / stations.sum()
    assert build_design(election).without_baseline == pytest.approx(share)
    used = gather(rf.Counts.empty(election), Priors()).priors
    assert used.region == pytest.approx(Priors().region * np.sqrt(1.0 + 3.0 * share))
    assert used.turnout_unit == pytest.approx(Priors().turnout_unit * np.sqrt(1.0 + 3.0 * share))


def test_knowing_less_makes_no_forecast_surer():
    truth = simulated.truth()
    sds = []
    for election in (truth.election, without(truth.election, np.arange(10, 32))):
        night = night_of(replace(truth, election=election), Random(), level="region", fractions=(0.3,))
        found = rf.forecast(night, draws=2000, seed=1, priors=Priors())
        sds.append(float(found.margin.std()))
        told = [said for said in found.diagnostics["warnings"] if "without a baseline" in said]
        assert len(told) == (election is not truth.election)
    assert sds[1] > sds[0]


# Kinds of their own.


def with_postal() -> Truth:
    """Every other unit holds postal votes, which lean another way than the rest."""
    truth = simulated.truth()
    kind = np.where(np.arange(len(SIZE)) % 2, "postal", "home")
    return replace(truth, election=replace(truth.election, units=truth.election.units.assign(kind=kind)))


def test_kinds_that_the_register_alone_knows_have_an_order_of_their_own():
    design = build_design(with_postal().election)
    assert design.own_kinds == ("home", "postal")
    assert {"kind home", "kind postal"} <= set(design.order_names)
    assert len(design.order_names) == design.arrival.shape[1]
    postal = design.arrival[:, design.order_names.index("kind postal")]
    np.testing.assert_array_equal(postal, (with_postal().election.units["kind"] == "postal").astype(float))


@pytest.mark.parametrize("kinds", [["urban", "rural", "overseas"], ["postal"]], ids=["usual ones", "one for all"])
def test_other_kinds_have_none(kinds):
    units = ELECTION.units.assign(kind=np.resize(kinds, len(ELECTION.units)))
    assert build_design(replace(ELECTION, units=units)).own_kinds == ()


def test_a_kind_that_comes_last_is_thought_possible():
    """How many of its votes are out is then much less sure."""
    night = night_of(with_postal(), KindLast("postal"), level="region", fractions=(0.2, 0.4))
    sds = []
    for each in (1e-9, 1.5):
        found = rf.forecast(night, draws=2000, seed=1, priors=Priors().with_changes({"arrival_kind": each}))
        sds.append(float(found.draws["outstanding_kind"].sel(kind="postal").sum("candidate").std()))
    assert sds[1] > 1.5 * sds[0]


def test_both_ends_of_the_order_are_looked_at_and_weighed_by_their_mass():
    evidence = StratifiedArrival().evidence(
        night_of(with_postal(), KindLast("postal"), level="region", fractions=(0.4,))
    )
    start = starting_point(evidence)
    columns = evidence.design.own_kind_columns
    tried = np.array([each.arrival[columns] for each in orders_to_try(evidence, start)])
    np.testing.assert_array_equal(np.unique(np.sign(tried), axis=0), [[-1, -1], [-1, 1], [1, -1], [1, 1]])
    solver = build_solver(evidence)
    one = integrate(solver, start)
    both = joined([replace(one, log_mass=np.log(3.0)), replace(one, log_mass=0.0)])
    assert both.weights.sum() == pytest.approx(1.0)
    assert both.weights[: len(one.modes)].sum() == pytest.approx(0.75)
    by_unit = StratifiedArrival().evidence(night_of(with_postal(), KindLast("postal"), level="unit", fractions=(0.4,)))
    assert orders_to_try(by_unit, start) == [start]


# A trend that all places share.


@pytest.mark.parametrize("lean", [0.0, 1.2])
def test_late_ballots_that_lean_everywhere_alike_are_told(lean):
    truth = simulated.truth()
    late = np.random.default_rng(3).random(len(truth.unit)) < 0.4
    votes, valid = truth.votes.copy(), truth.votes[:, :2].sum(axis=1)
    moved = np.minimum(np.round(lean * 0.25 * valid * late), votes[:, 1])
    votes[:, 0], votes[:, 1] = votes[:, 0] + moved, votes[:, 1] - moved

    def order(truth: Truth, rng: np.random.Generator) -> np.ndarray:
        return 1.5 * late + rng.standard_normal(len(truth.unit))

    night = night_of(replace(truth, votes=votes), order, level="unit", fractions=(0.2, 0.4, 0.6, 0.75))
    found = rf.forecast(night, draws=500, seed=1)
    assert (TREND in found.diagnostics["warnings"]) == (lean > 0.0)
