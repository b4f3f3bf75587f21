"""First rounds: who advances, who wins at once, and what a pool of several lists may not do."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from made_up import CANDIDATES, THIRD, election, folder, forecast, with_final

import runoff_forecast as rf
from runoff_forecast.election import InvalidElection, OutrightRule
from runoff_forecast.sources import read_election

HALF = (OutrightRule(0.5),)
BOLIVIA = (OutrightRule(0.5), OutrightRule(0.4, 0.1))
POOL = replace(THIRD, pooled=True)
FOURTH = rf.Candidate("dina", "Dina Rojas")


def of_votes(*draws: tuple[float, ...], rules=HALF, candidates=(*CANDIDATES, THIRD)) -> rf.Forecast:
    """A first round with these national votes, a row a draw."""
    contest = election(candidates, rules)
    return with_final(forecast(contest, draws=len(draws)), np.array(draws, dtype=float))


@given(
    st.lists(st.tuples(*[st.integers(1, 60)] * 4), min_size=1, max_size=20),
    st.sampled_from([HALF, BOLIVIA]),
    st.booleans(),
)
@settings(max_examples=30, deadline=None)
def test_a_first_round_ends_in_a_runoff_or_an_outright_win(votes, rules, pooled):
    last = replace(FOURTH, pooled=pooled)
    shown = of_votes(*votes, candidates=(*CANDIDATES, THIRD, last), rules=rules)
    outright = shown.outright_probability.sum()
    assert shown.pairings.sum() + outright == pytest.approx(1)
    assert shown.advance_probability.sum() == pytest.approx(2 * (1 - outright))
    if outright == 0:
        np.testing.assert_allclose(shown.advance_probability, shown.rank_probability.loc[:, :2].sum(axis=1))
    assert (shown.gaps >= 0).all()
    np.testing.assert_allclose(shown.rank_probability.sum(axis=0), 1)
    np.testing.assert_allclose(shown.rank_probability.sum(axis=1), 1)
    for name in shown.candidates:
        inside = sum(chance for pair, chance in shown.pairings.items() if name in pair)
        assert shown.advance_probability[name] == pytest.approx(inside)
        assert shown.advance_probability[name] <= shown.rank_probability.loc[name, :2].sum() + 1e-12


@pytest.mark.parametrize(
    ("votes", "rules", "wins"),
    [
        ((50, 30, 20), HALF, 0.0),  # half is not more than half
        ((51, 29, 20), HALF, 1.0),
        ((50, 45, 5), BOLIVIA, 0.0),
        ((51, 45, 4), BOLIVIA, 1.0),
        ((45, 35, 20), BOLIVIA, 1.0),  # forty with ten points: "at least" both
        ((45, 36, 19), BOLIVIA, 0.0),
        ((40, 30, 30), BOLIVIA, 1.0),
        ((39, 20, 41), BOLIVIA, 0.0),
    ],
)
def test_a_win_at_once_is_by_any_of_the_rules(votes, rules, wins):
    won = of_votes(votes, rules=rules).outright_probability
    assert won["ana"] == won.sum() == wins


def test_a_tie_is_so_many_runoffs_of_equal_chance():
    shown = of_votes((40, 30, 30))
    assert shown.pairings.to_dict() == {("ana", "bea"): 0.5, ("ana", "caro"): 0.5}
    assert shown.advance_probability.to_dict() == {"ana": 1.0, "bea": 0.5, "caro": 0.5}
    assert float(shown.gaps[0]) == 0
    level = of_votes((30, 30, 30))
    assert list(level.pairings) == pytest.approx([1 / 3] * 3)
    assert list(level.advance_probability) == pytest.approx([2 / 3] * 3)


def test_a_pool_is_in_the_denominator_and_in_no_runoff():
    shown = of_votes((30, 22, 48), (26, 24, 50), candidates=(*CANDIDATES, POOL))
    assert shown.pairings.to_dict() == {("ana", "bea"): 1.0}
    assert shown.advance_probability["caro"] == 0
    assert shown.outright_probability.sum() == 0
    np.testing.assert_allclose(shown.shares[:, 2], [0.48, 0.5])
    np.testing.assert_allclose(shown.gaps, [0.22, 0.24])  # nobody is third
    assert list(shown.hurdle(1).index) == ["ana", "bea"]


def test_a_pool_does_not_win_at_once_and_nobody_has_to_lead_it():
    assert of_votes((20, 10, 70), candidates=(*CANDIDATES, POOL)).outright_probability.sum() == 0
    rules, candidates = BOLIVIA, (*CANDIDATES, POOL)
    assert of_votes((42, 8, 50), rules=rules, candidates=candidates).outright_probability["ana"] == 1


@given(
    st.tuples(*[st.integers(0, 60)] * 4),
    st.tuples(*[st.integers(1, 60)] * 4),
    st.sampled_from([HALF, BOLIVIA, (OutrightRule(0.01, 0.05),)]),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_whoever_takes_the_outright_hurdle_wins_at_once(now, out, rules, pooled):
    contest = election((*CANDIDATES, THIRD, replace(FOURTH, pooled=pooled)), rules)
    shown = with_final(forecast(contest, draws=1), np.array([now]) + np.array([out], dtype=float), np.array([out]))
    hurdle, won = shown.outright_hurdle(), shown.outright_probability
    assert list(hurdle.index) == list(shown.candidates[: 3 if pooled else 4])
    clear = (hurdle["expected"] - hurdle["needed"]).abs() > 1e-9  # at the hurdle itself the rules differ
    taken = hurdle["expected"] > hurdle["needed"]
    assert (taken == (won[hurdle.index] == 1.0))[clear].all()
    pd.testing.assert_series_equal(hurdle["probability"], won[hurdle.index], check_names=False)


def test_the_outright_hurdle_of_a_known_case():
    contest, votes, out = election((*CANDIDATES, THIRD), BOLIVIA), [[45.0, 35.0, 20.0]], [[5.0, 1.0, 4.0]]
    ana = with_final(forecast(contest, draws=1), np.array(votes), np.array(out)).outright_hurdle().loc["ana"]
    # Ana is 6 ahead and must be 10; of what she leaves Bea takes a fifth: 6 + 10 x - 10 (1 - x) / 5 = 10
    assert ana["needed"] == pytest.approx(0.5)
    assert (ana["outstanding"], ana["expected"], ana["probability"]) == (10.0, 0.5, 1.0)


def test_a_runoff_has_no_outright_hurdle():
    with pytest.raises(ValueError, match="decided by most votes"):
        forecast().outright_hurdle()


def test_a_pool_is_kept_in_the_folder(tmp_path):
    contest = election((*CANDIDATES, POOL), HALF)
    assert read_election(folder(tmp_path, contest)).candidates == contest.candidates
    with pytest.raises(InvalidElection, match="two or more who are not pooled"):
        election((CANDIDATES[0], POOL), HALF)


@pytest.mark.parametrize("name", ["peru-2006-first-round", "peru-2011-first-round", "peru-2026-first-round"])
def test_other_lists_are_a_pool(name):
    contest = rf.load(name).election
    assert [candidate.id for candidate in contest.candidates if candidate.pooled] == ["other"]


def test_the_margin_told_is_named_for_what_it_decides():
    for_second_place = of_votes((400, 350, 340), (400, 330, 350))
    assert "At the last place in the runoff, " in str(for_second_place)
    assert "Final margin" not in str(for_second_place)
    at_once = of_votes((520, 300, 180), (490, 320, 190))
    assert "Final margin, " in str(at_once)
