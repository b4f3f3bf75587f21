"""Laws of all the votes of a kind: drift leads no further than the prior reached, and what is known is left alone."""

from dataclasses import replace

import numpy as np
import pytest
import simulated
from scipy import special

import runoff_forecast as rf
from runoff_forecast.count import Counts
from runoff_forecast.evaluate import Habits, Random, simulate
from runoff_forecast.models import Priors
from runoff_forecast.models.evidence import Evidence, gather
from runoff_forecast.models.totals import kept_in_reach

PRIORS = Priors()
REACH = {
    "overseas": np.hypot(PRIORS.turnout_total, PRIORS.turnout_kind),
    "rural": np.hypot(PRIORS.turnout_total, PRIORS.turnout_kind_home),
    "urban": np.hypot(PRIORS.turnout_total, PRIORS.turnout_kind_home),
}


def night_of(*, smallest_first: float = 0.0, baseline: bool = True) -> Counts:
    """A night in no order by place, whose stations have by so much more votes, in logs, the later they are."""
    truth = simulated.truth()
    late = special.ndtri((np.random.default_rng(1).permutation(len(truth.unit)) + 0.5) / len(truth.unit))
    size = np.exp(smallest_first * late)
    votes = (truth.votes * (size / size.mean())[:, None]).round()
    if not baseline:
        units = truth.election.units.assign(baseline_ballots=np.nan)
        bare = replace(truth.election, units=units, baseline=truth.election.baseline.iloc[:, :0])
        truth = replace(truth, election=bare)
    habits, rng = Habits(contested=0.0), np.random.default_rng(1)
    order = (lambda *_: late) if smallest_first else Random()
    fractions = (0.03, 0.06, 0.1, 0.15, 0.2)
    return simulate(
        replace(truth, votes=votes), order, level="unit", fractions=fractions, habits=habits, rng=rng
    ).counts


def factors(evidence: Evidence, log: float, deviation: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Factors, and the logs (kinds, m) of a kind's votes over the baseline's before and after them, for normal ones of
    which nothing is counted."""
    design = evidence.design
    before = np.bincount(design.kind, design.stations * design.valid_per_station)
    drawn = log + deviation * special.ndtri((np.arange(999) + 0.5) / 999)
    votes = before[:, None] * np.exp(drawn)
    found = kept_in_reach(evidence, votes, np.zeros_like(votes))
    return found, np.log(votes / before[:, None]), np.log(votes * found / before[:, None])


def test_what_a_night_tells_better_than_the_prior_is_left_alone():
    assert (factors(gather(night_of(), PRIORS), 0.3, 0.05)[0] == 1.0).all()


def test_what_drift_leaves_wider_is_brought_back_to_the_prior():
    evidence = gather(night_of(), PRIORS)
    _, wide, kept = factors(evidence, 0.3, 0.5)
    for kind, name in enumerate(evidence.design.kinds):
        share = REACH[name] / wide[kind].std()
        assert kept[kind].std() == pytest.approx(REACH[name], rel=1e-6)
        assert kept[kind].mean() == pytest.approx(0.3 * share**2, abs=1e-6)
        assert np.corrcoef(wide[kind], kept[kind])[0, 1] == pytest.approx(1.0)


def test_nothing_is_held_to_a_baseline_that_is_not_there():
    assert (factors(gather(night_of(baseline=False), PRIORS), 0.3, 0.5)[0] == 1.0).all()


@pytest.mark.parametrize("growth", [0.7, -0.5])
def test_sizes_of_stations_in_their_order_of_arrival_are_no_change_of_turnout(growth):
    counts = night_of(smallest_first=growth)
    truth = float(simulated.truth().votes[:, :2].sum())
    kept, free = (
        rf.forecast(counts, draws=1000, seed=1, priors=Priors(turnout_total=reach))
        .draws["final"]
        .sum(["region", "candidate"])
        for reach in (PRIORS.turnout_total, 9.0)
    )
    assert kept.quantile(0.05) < truth < kept.quantile(0.95)
    assert abs(kept.mean() - truth) < 0.5 * abs(free.mean() - truth)
