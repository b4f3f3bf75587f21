"""Laws of the scores: right where the answer is known, fair to the calibrated, honest about an average."""

from dataclasses import asdict, replace

import made_up
import numpy as np
import pandas as pd
import pytest
import scoringrules as sr
import xarray as xr

from runoff_forecast.evaluate import (
    average,
    averages,
    call_of,
    calls_of,
    coverage,
    pit_histogram,
    reliability,
    score,
    shortfalls,
)
from runoff_forecast.evaluate.scores import COVERED, INTERVAL_SCORE, LEAST_PROBABILITY, MASSES, WIDTH
from runoff_forecast.night import Result
from runoff_forecast.outcome import Forecast

VALID = 10_000.0
BASE = made_up.forecast()


def result_of(margin: float) -> Result:
    contest = BASE.election
    rows = {"level": "nation", "place": "", "ana": VALID * (1 + margin) / 2, "bea": VALID * (1 - margin) / 2}
    frame = pd.DataFrame([rows | {"blank": np.nan, "null": np.nan}])
    return Result(contest, frame)


def forecast_of(margins: np.ndarray) -> Forecast:
    votes = VALID * np.column_stack([1 + margins, 1 - margins]) / 2
    return made_up.with_final(BASE, votes)


def test_a_sure_and_right_forecast_is_perfect():
    found = score(forecast_of(np.full(10, 0.02)), result_of(0.02))
    assert found.crps == pytest.approx(0, abs=1e-12)
    assert (found.covered_50, found.covered_95, found.brier, found.log_score) == (True, True, 0, 0)
    assert found.pit == pytest.approx(0.5)
    assert found.turnout_error == pytest.approx(0)
    assert found.interval_score_90 == pytest.approx(0, abs=1e-9)


def test_a_sure_and_wrong_forecast_pays():
    found = score(forecast_of(np.full(10, 0.02)), result_of(-0.01))
    assert found.error == pytest.approx(0.03)
    assert found.crps == pytest.approx(0.03)
    assert found.interval_score_90 == pytest.approx(2 / 0.1 * 0.03)
    assert (found.pit, found.covered_95, found.brier) == (0, False, 1)
    assert found.log_score == pytest.approx(-np.log(LEAST_PROBABILITY))
    assert (found.winner, found.favourite, found.favourite_probability) == ("bea", "ana", 1)


def test_draws_of_a_normal_score_as_the_normal_does():
    draws = np.random.default_rng(1).normal(0.01, 0.02, 40_000)
    found = score(forecast_of(draws), result_of(0.03))
    assert found.crps == pytest.approx(float(sr.crps_normal(0.03, 0.01, 0.02)), rel=0.02)
    assert found.pit == pytest.approx(0.8413, abs=0.01)
    assert found.width_90 == pytest.approx(2 * 1.645 * 0.02, rel=0.03)
    assert (found.covered_50, found.covered_80) == (False, True)
    assert found.sd == pytest.approx(0.02, rel=0.02)


def test_interval_scores_are_those_of_their_intervals():
    forecast = forecast_of(np.random.default_rng(2).normal(0, 0.01, 500))
    found = asdict(score(forecast, result_of(0.015)))
    for mass, covered, width, interval_score in zip(MASSES, COVERED, WIDTH, INTERVAL_SCORE, strict=True):
        low, high = forecast.interval(mass)
        assert found[width] == pytest.approx(high - low)
        assert found[covered] == (low <= 0.015 <= high)
        missed = max(low - 0.015, 0.015 - high, 0)
        assert found[interval_score] == pytest.approx(high - low + 2 / (1 - mass) * missed)


def test_weights_count_as_repeated_draws_do():
    draws = np.random.default_rng(3).normal(0, 0.02, 50)
    times = np.random.default_rng(4).integers(0, 4, 50)
    repeated = asdict(score(forecast_of(np.repeat(draws, times)), result_of(0.01)))
    weighted = replace(forecast_of(draws), weights=xr.DataArray(times.astype(float), dims="draw"))
    told = asdict(score(weighted, result_of(0.01)))
    # The fair CRPS differs by the pairs of a draw with itself; everything else is the same.
    for name in set(told) - {"crps"}:
        assert told[name] == pytest.approx(repeated[name], nan_ok=True), name
    assert told["crps"] == pytest.approx(repeated["crps"], rel=0.05)


def test_a_tie_is_half_a_win_for_both():
    found = score(forecast_of(np.array([-0.01, 0.01])), result_of(0.0))
    assert found.win_probability == 0.5
    assert found.log_score == pytest.approx(np.log(2))
    assert not found.winner


def test_regions_are_scored_where_they_are_open():
    rows = pd.DataFrame({"level": "region", "place": ["north", "south", "abroad"], "ana": 600.0, "bea": 400.0})
    result = Result(BASE.election, rows.assign(blank=np.nan, null=np.nan))
    # 0.2 everywhere: in the middle of the north's draws, beyond those of the south, and abroad nothing is out
    margins = np.array([0.2, 0.5, -0.9]) + np.linspace(-0.1, 0.1, 101)[:, None]
    final = 500 * np.stack([1 + margins, 1 - margins], axis=2)
    out = 0.5 * final * np.array([1.0, 1.0, 0.0])[:, None]
    draws = made_up.forecast(draws=101).draws[["final", "outstanding", "contested"]]
    shown = Forecast(BASE.count, draws.copy(data={"final": final, "outstanding": out, "contested": 0 * out}))
    found = score(shown, result)
    assert found.regions_covered_90 == 0.5
    assert found.region_error == pytest.approx((0.0 + 0.3) / 2)
    assert np.isnan(score(shown, result_of(0.0)).regions_covered_90)


def test_three_candidates_pay_half_the_squared_distance():
    contest = made_up.election((*made_up.CANDIDATES, made_up.THIRD))
    votes = np.array([[3.0, 2, 1], [2, 3, 1], [1, 2, 3], [3, 2, 1]]) * 1000
    found = score(made_up.with_final(made_up.forecast(contest), votes), _three(contest))
    assert found.win_probability == 0.5
    assert found.brier == pytest.approx(0.5 * (0.5**2 + 0.25**2 + 0.25**2))


def _three(contest) -> Result:
    row = {
        "level": "nation",
        "place": "",
        "ana": 3000.0,
        "bea": 2000.0,
        "caro": 1000.0,
        "blank": np.nan,
        "null": np.nan,
    }
    return Result(contest, pd.DataFrame([row]))


# Many nights.


def nights(spread: float, size: int = 150, seed: int = 1) -> pd.DataFrame:
    """Scores of forecasters whose normals are `spread` times as wide as their errors."""
    rng = np.random.default_rng(seed)
    rows = []
    for night in range(size):
        expected = rng.normal(0, 0.02)
        truth = expected + rng.normal(0, 0.01)
        draws = expected + spread * 0.01 * rng.standard_normal(200)
        rows.append(asdict(score(forecast_of(draws), result_of(truth))) | {"night": night, "model": "m"})
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def calibrated() -> pd.DataFrame:
    return nights(1.0)


@pytest.fixture(scope="module")
def too_sure() -> pd.DataFrame:
    return nights(0.4)


def test_the_calibrated_cover_as_they_say(calibrated, too_sure):
    table = coverage(calibrated, by=["model"]).set_index("mass")
    for mass in MASSES:
        assert table.loc[mass, "mean"] == pytest.approx(mass, abs=3 * table.loc[mass, "se"] + 0.01)
    assert shortfalls(calibrated, by=["model"]).empty
    narrow = shortfalls(too_sure, by=["model"])
    assert set(narrow["mass"]) == set(MASSES)
    assert (narrow["p_value"] < 0.01).all()


def test_honest_width_scores_best(calibrated, too_sure):
    too_wide = nights(2.5)
    for name in ("crps", "interval_score_90", "log_score"):
        assert calibrated[name].mean() < too_sure[name].mean(), name
    for name in ("crps", "interval_score_90"):
        assert calibrated[name].mean() < too_wide[name].mean(), name


def test_pit_is_flat_for_the_calibrated_alone(calibrated, too_sure):
    flat, deep = pit_histogram(calibrated), pit_histogram(too_sure)
    assert flat["share"].sum() == pytest.approx(1)
    outside = (flat["share"] < flat["low"]) | (flat["share"] > flat["high"])
    assert outside.sum() <= 2
    assert deep["share"].iloc[[0, -1]].min() > deep["high"].iloc[0]


def test_the_favourite_of_the_calibrated_wins_as_often_as_said(calibrated, too_sure):
    honest = reliability(calibrated, bins=5)
    inside = (honest["low"] <= honest["said"]) & (honest["said"] <= honest["high"])
    assert inside.sum() >= 4
    assert honest["forecasts"].sum() == 150
    boast = reliability(too_sure, bins=5)
    assert (boast["said"] - boast["came"]).mean() > 0.05


def test_alone_a_forecast_is_its_own_cluster():
    values = pd.Series(np.random.default_rng(5).normal(size=50))
    found = average(values, pd.Series(range(50)))
    assert found.mean == pytest.approx(values.mean())
    assert found.se == pytest.approx(values.std(ddof=1) / np.sqrt(50))
    assert (found.forecasts, found.clusters) == (50, 50)


def test_saying_it_ten_times_makes_nothing_surer():
    values = pd.Series(np.random.default_rng(6).normal(size=30))
    once = average(values, pd.Series(range(30)))
    often = average(pd.Series(np.repeat(values, 10)), pd.Series(np.repeat(range(30), 10)))
    assert often.se == pytest.approx(once.se)
    assert average(values, pd.Series(np.zeros(30))).clusters == 1
    assert np.isnan(average(values, pd.Series(np.zeros(30))).se)


def test_what_is_unknown_is_left_out():
    values = pd.Series([1.0, np.nan, 3.0])
    assert average(values, pd.Series([0, 1, 2])).mean == 2
    assert average(pd.Series([np.nan]), pd.Series([0])).forecasts == 0
    table = averages(pd.DataFrame({"m": "a", "night": [1, 2, 3], "x": values}), ["x"], by=["m"])
    assert table.loc[0, ["m", "score", "forecasts"]].to_list() == ["a", "x", 2]


# Calls.


def moments(*chances: float, winner: str = "ana", raw: tuple[float, ...] | None = None) -> pd.DataFrame:
    """A night by the chances of Ana."""
    chance = np.array(chances)
    came = chance if winner == "ana" else 1 - chance
    final = 0.01 if winner == "ana" else -0.01
    margins = np.array(raw if raw is not None else [final] * len(chance))
    return pd.DataFrame(
        {
            "counted_share": np.linspace(0.1, 0.9, len(chance)),
            "favourite": np.where(chance >= 0.5, "ana", "bea"),
            "favourite_probability": np.maximum(chance, 1 - chance),
            "win_probability": came,
            "winner": winner,
            "final_margin": final,
            "raw_error": margins - final,
        }
    )


def test_a_call_is_the_first_sure_moment():
    call = call_of(moments(0.6, 0.9, 0.996, 0.999, 0.9999))
    assert (call.candidate, call.wrong, call.wavered, call.taken_back) == ("ana", False, False, False)
    assert call.counted_share == pytest.approx(0.5)


def test_a_night_without_a_sure_moment_is_not_called():
    call = call_of(moments(0.6, 0.9, 0.95))
    assert call.candidate is None
    assert not call.wrong
    assert np.isnan(call.counted_share)


def test_wrong_calls_and_calls_taken_back_are_told():
    assert call_of(moments(0.999, 0.999, winner="bea")).wrong
    back = call_of(moments(0.999, 0.5, 0.999))
    assert (back.wavered, back.taken_back, back.wrong) == (True, True, False)
    wavering = call_of(moments(0.999, 0.99, 0.999))
    assert (wavering.wavered, wavering.taken_back) == (True, False)
    turned = call_of(moments(0.999, 0.001, winner="bea"))
    assert (turned.wrong, turned.taken_back) == (True, True)


def test_the_raw_lead_settles_once_it_changes_no_more():
    assert call_of(moments(0.5, 0.5, 0.5, raw=(-0.1, 0.1, 0.1))).lead_settled == pytest.approx(0.5)
    assert call_of(moments(0.5, 0.5, 0.5, raw=(0.1, -0.1, 0.1))).lead_settled == pytest.approx(0.9)
    assert call_of(moments(0.5, 0.5, raw=(0.1, 0.1))).lead_settled == pytest.approx(0.1)
    assert np.isnan(call_of(moments(0.5, 0.5, raw=(-0.1, -0.1))).lead_settled)


def test_every_night_has_its_call():
    table = pd.concat([moments(0.9, 0.999).assign(night=1, model="m"), moments(0.6, 0.7).assign(night=2, model="m")])
    calls = calls_of(table, by=("model", "night"))
    assert calls["candidate"].to_list()[0] == "ana"
    assert calls["candidate"].isna().to_list() == [False, True]
