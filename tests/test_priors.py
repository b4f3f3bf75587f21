"""Laws of the priors: none has seen the election at hand, and a poorer register widens what it cannot tell."""

from dataclasses import fields, replace
from datetime import date

import numpy as np
import pytest
import simulated

import runoff_forecast as rf
from runoff_forecast.count import Counts
from runoff_forecast.election import Election
from runoff_forecast.evaluate.learn import scales_of
from runoff_forecast.models import Priors, StratifiedArrival, learnt, learnt_priors
from runoff_forecast.models.effects import WIDTHS, Scale
from runoff_forecast.models.evidence import gather

LINES = dict(learnt._lines())
SUPPORT = {"kind", "kind_home", "covariate", "region", "area", "unit"}
TURNOUT = {"turnout_" + name for name in SUPPORT}
RICH = simulated.election()
BARE = replace(RICH, id="bare", baseline=RICH.baseline.iloc[:, :0], units=RICH.units.assign(baseline_ballots=np.nan))
BORROWED = replace(RICH, id="borrowed", retrospective="another election's register")

ANOTHER = {"id": "my-election", "date": date(2031, 1, 5)}

each_learnt_from = pytest.mark.parametrize("name", LINES)


def absurd(line: dict[str, float]) -> dict[str, float]:
    """What no count ever taught, in as many candidates."""
    told = ("candidates", "date", "stations")
    return {key: value if key in told else 50.0 + 10.0 * value for key, value in line.items()}


def test_every_scale_has_a_prior_for_support_and_one_for_turnout():
    named = {field.name for field in fields(Priors)}
    assert list(WIDTHS) == list(Scale)
    assert all(len(names) == 2 and set(names) <= named for names in WIDTHS.values())


@each_learnt_from
def test_no_line_of_an_election_reaches_its_own_priors(name, monkeypatch):
    election = rf.load(name).election
    own, new = learnt_priors(election), learnt_priors(replace(election, **ANOTHER))
    monkeypatch.setitem(learnt._lines(), name, absurd(LINES[name]))
    assert learnt_priors(election) == own
    assert learnt_priors(replace(election, **ANOTHER)) != new


@each_learnt_from
def test_leaving_a_line_out_changes_what_is_learnt_and_nothing_else(name):
    election = rf.load(name).election
    new = learnt_priors(replace(election, **ANOTHER))
    changed = differing(learnt_priors(election), new)
    assert changed
    assert changed <= differing(new, Priors())


def differing(one: Priors, other: Priors) -> set[str]:
    return {name for name in vars(one) if getattr(one, name) != getattr(other, name)}


@each_learnt_from
def test_what_is_left_out_goes_by_the_name_of_a_bundled_election(name):
    """A line under another name would be left out of no forecast."""
    assert name in rf.elections()


def test_an_election_is_known_under_another_id_too():
    election = rf.load("peru-2021-runoff").election
    assert learnt_priors(replace(election, id="imported")) == learnt_priors(election)
    assert learnt_priors(replace(election, id="another", date=date(2021, 6, 7))) == learnt_priors()


def test_a_runoff_of_its_own_learns_from_every_count():
    assert learnt_priors(RICH) == learnt_priors()


def test_a_model_without_priors_takes_those_that_never_saw_its_election(monkeypatch):
    counts = rf.load("bolivia-2019").counts
    before = StratifiedArrival().evidence(counts).priors
    monkeypatch.setitem(learnt._lines(), "bolivia-2019", absurd(LINES["bolivia-2019"]))
    assert StratifiedArrival().evidence(counts).priors == before


@pytest.mark.parametrize(
    ("election", "factor", "scales"),
    [(RICH, 1.0, set()), (BARE, 1.5, SUPPORT | TURNOUT), (BORROWED, 4.0, SUPPORT)],
    ids=["rich", "bare", "borrowed"],
)
def test_a_poorer_register_widens_what_it_cannot_tell(election: Election, factor, scales):
    given = Priors().with_changes({"no_baseline": 1.5, "borrowed": 4.0})
    used = gather(Counts.empty(election), given).priors
    assert differing(used, given) == scales
    for name in scales:
        assert getattr(used, name) == pytest.approx(factor * getattr(given, name)), name


@pytest.mark.parametrize("night", ["peru-2016-runoff", "peru-2026-first-round"])
def test_what_is_learnt_is_what_the_model_of_today_would_learn(night):
    """A change of the model that moves these asks for `python -m runoff_forecast.evaluate.learn`."""
    found = scales_of(rf.load(night))
    assert found is not None
    assert {name: LINES[night][name] for name in found} == pytest.approx(found, rel=0.1)
