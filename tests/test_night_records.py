"""Laws of the records that charts draw: the course of a night, its bulletins, the hurdle, the shift, places."""

from dataclasses import replace

import made_up
import numpy as np
import pandas as pd
import pytest
import simulated
import xarray as xr

import runoff_forecast as rf
from runoff_forecast import evaluate
from runoff_forecast.count import Counts
from runoff_forecast.election import OutrightRule
from runoff_forecast.evaluate import BySize, simulate
from runoff_forecast.evaluate.bulletins import LEAST
from runoff_forecast.evaluate.course import BULLETINS
from runoff_forecast.evaluate.shift import tells_shift
from runoff_forecast.models import StratifiedArrival
from runoff_forecast.night import Result
from runoff_forecast.outcome import Forecast

THREE = (*made_up.CANDIDATES, made_up.THIRD)


@pytest.fixture(scope="module")
def shown() -> Forecast:
    return made_up.forecast()


@pytest.fixture(scope="module")
def night(shown) -> Counts:
    return made_up.counts(shown.election)


def early(shown: Forecast, night: Counts) -> Forecast:
    return replace(shown, count=night[0])


# The course of a night.


def test_a_course_says_what_its_forecasts_say(shown, night):
    course = evaluate.Course.of([early(shown, night), shown], counts=night)
    assert len(course) == 2
    assert list(course.times) == list(night.times)
    last = course.moments.isel(time=-1)
    assert float(last["margin"].sel(quantile=0.5)) == shown.quantile(0.5)
    assert float(last["expected"]) == pytest.approx(float(shown.mean(shown.margin)))
    np.testing.assert_allclose(last["expected_share"], shown.mean(shown.shares))
    assert float(last["chance"].sel(candidate="ana")) == shown.win_probability["ana"]
    assert course.bulletins["votes"].tolist() == [count.votes.sum() for count in night]
    assert course.margin is None


def test_a_course_grows_by_one_forecast_at_a_time(shown, night):
    whole = evaluate.Course.of([early(shown, night), shown])
    grown = evaluate.Course.of([early(shown, night)]).then(shown)
    xr.testing.assert_identical(grown.moments, whole.moments)
    pd.testing.assert_frame_equal(grown.bulletins, whole.bulletins)
    again = grown.then(shown)
    xr.testing.assert_identical(again.moments, whole.moments)


def test_a_course_needs_a_forecast():
    with pytest.raises(ValueError, match="at least one"):
        evaluate.Course.of([])


def test_rivals_stand_on_both_sides_of_the_cut():
    forecast = made_up.forecast(made_up.election(THREE, (OutrightRule(0.5),)))
    course = evaluate.Course.of([forecast])
    order = forecast.mean(forecast.votes).to_series().sort_values(ascending=False).index
    assert course.rivals == (order[1], order[2])
    apart = forecast.shares.sel(candidate=order[1]) - forecast.shares.sel(candidate=order[2])
    assert float(course.duel.sel(quantile=0.5)[0]) == pytest.approx(float(apart.median()))
    with pytest.raises(ValueError, match="no first round"):
        _ = evaluate.Course.of([made_up.forecast()]).rivals


def test_of_a_long_night_a_course_keeps_the_ends_and_some_between(shown):
    clock = pd.date_range("2021-06-06T18:00:00-05:00", periods=300, freq="min")
    votes = np.arange(1, 301)
    frame = pd.DataFrame({"time": clock, "level": "unit", "place": "03", "counted": 20, "ana": votes, "bea": votes})
    counts = Counts.from_frame(shown.election, frame)
    course = evaluate.Course.of([replace(shown, count=counts.latest)], counts=counts)
    assert len(course.bulletins) == BULLETINS
    assert course.bulletins.index[[0, -1]].tolist() == [clock[0], clock[-1]]


# Bulletins against the hurdle.


def test_bulletins_add_up_to_the_count(shown, night):
    bulletins = evaluate.bulletins_of(evaluate.Course.of([shown], counts=night), shown)
    table = bulletins.table
    assert table["votes"].sum() == pytest.approx(shown.count.votes.sum())
    lead = (table["votes"] * table["margin"]).sum()
    assert lead == pytest.approx(shown.count.votes["ana"] - shown.count.votes["bea"], abs=1e-6)
    assert table["start"].tolist() == [0.0, *table["stop"][:-1]]
    assert table["stop"].iloc[-1] == pytest.approx(shown.count.counted_share)


def test_whoever_meets_the_hurdle_ends_in_a_tie(shown, night):
    bulletins = evaluate.bulletins_of(evaluate.Course.of([shown], counts=night), shown)
    votes = shown.count.votes
    out = float(shown.mean(shown.votes.sum("candidate"))) - votes.sum()
    assert votes["ana"] - votes["bea"] + bulletins.needed * out == pytest.approx(0.0, abs=1e-6)
    assert bulletins.low <= bulletins.expected <= bulletins.high


def test_a_correction_is_no_bulletin(shown):
    states = [("20:30", 4, 450, 300), ("20:45", 8, 500, 310), ("21:00", 8, 490, 300)]
    rows = [
        {"time": f"2021-06-06T{clock}:00-05:00", "level": "unit", "place": "01", "counted": n, "ana": a, "bea": b}
        for clock, n, a, b in states
    ]
    counts = Counts.from_frame(shown.election, pd.DataFrame(rows))
    forecast = replace(shown, count=counts.latest)
    table = evaluate.bulletins_of(evaluate.Course.of([forecast], counts=counts), forecast).table
    assert (table["votes"] > 0).all()
    assert (table["stop"] - table["start"] >= LEAST - 1e-9).all()
    assert table["votes"].sum() == 790


# The way to victory.


def test_the_route_is_the_hurdle_of_the_one_behind(shown):
    votes = {"ana": [700.0, 500.0], "bea": [600.0, 900.0]}
    frame = pd.DataFrame(
        {"time": "2021-06-06T21:00:00-05:00", "level": "unit", "place": ["01", "03"], "counted": [8, 15]}
    )
    behind = replace(shown, count=Counts.from_frame(shown.election, frame.assign(**votes)).latest)
    behind = replace(behind, draws=behind.draws.assign(final=behind.draws["outstanding"] + 700.0 * np.ones((3, 2))))
    route = evaluate.route_of(behind)
    hurdle = behind.hurdle().loc[route.candidate]
    assert route.rival == hurdle["rival"]
    assert route.needed == hurdle["needed"]
    assert route.low <= route.expected <= route.high
    kinds = route.kinds
    assert kinds["votes"].sum() == pytest.approx(float(behind.mean(behind.outstanding.sum("candidate"))))
    assert (kinds["share_q05"] <= kinds["share"]).all()


def test_a_finished_count_has_no_route(shown):
    with pytest.raises(ValueError, match="finished"):
        evaluate.route_of(made_up.with_final(shown, np.array([[4000.0, 3000.0]])))
    blind = replace(shown, draws=shown.draws.drop_vars("outstanding_kind"))
    with pytest.raises(ValueError, match="by kind"):
        evaluate.route_of(blind)


# The shift of late votes.


def test_the_parts_of_a_shift_sum_to_it(shown):
    shift = evaluate.Shift.expected(shown)
    assert shift.counted + shift.parts.sum() == pytest.approx(shift.to_come)
    assert list(shift.parts.index) == ["region", "kind", "size", "place", "rest"]
    out = shown.mean(shown.outstanding).to_numpy()
    assert shift.to_come == pytest.approx((out[0] - out[1]) / out.sum())


def result_of(shown: Forecast, votes: dict[str, tuple[float, float]]) -> Result:
    rows = pd.DataFrame([{"level": "unit", "place": unit, "ana": a, "bea": b} for unit, (a, b) in votes.items()])
    return Result.from_frame(shown.election, rows)


def test_late_votes_from_the_same_places_that_vote_the_same_are_no_shift_of_these(shown):
    """Each place votes late as early: what moves the margin is where the late votes lie, and no rest is left."""
    early_votes = {"01": (900.0, 600.0), "03": (1100.0, 1400.0)}
    late = result_of(shown, {"01": (1200.0, 800.0), "03": (3300.0, 4200.0), "02": (0.0, 0.0), "04": (0.0, 0.0)})
    frame = pd.DataFrame(
        [
            {"time": "2021-06-06T21:00:00-05:00", "level": "unit", "place": unit, "counted": 6, "ana": a, "bea": b}
            for unit, (a, b) in early_votes.items()
        ]
    )
    count = Counts.from_frame(shown.election, frame).latest
    shift = evaluate.Shift.between(count, late)
    assert shift.known
    assert shift.counted == pytest.approx(0.0)
    assert shift.to_come == pytest.approx((2500.0 - 3000.0) / 5500.0)
    assert shift.parts["rest"] == pytest.approx(0.0, abs=1e-12)
    assert shift.parts[["region", "kind", "size", "place"]].sum() == pytest.approx(shift.to_come)


def test_places_that_vote_otherwise_late_are_the_rest(shown):
    late = result_of(shown, {"01": (1200.0, 1200.0), "03": (1100.0, 1400.0), "02": (0.0, 0.0), "04": (0.0, 0.0)})
    frame = pd.DataFrame(
        [{"time": "2021-06-06T21:00:00-05:00", "level": "unit", "place": "01", "counted": 6, "ana": 900, "bea": 900},
         {"time": "2021-06-06T21:00:00-05:00", "level": "unit", "place": "03", "counted": 6, "ana": 1100, "bea": 1400}]
    )  # fmt: skip
    count = Counts.from_frame(shown.election, frame).latest
    shift = evaluate.Shift.between(
        count, result_of(shown, {"01": (900.0, 1500.0), "03": (1100.0, 1400.0), "02": (0.0, 0.0), "04": (0.0, 0.0)})
    )
    assert shift.to_come == pytest.approx(-1.0)
    assert shift.parts["rest"] == pytest.approx(-1.0)
    assert evaluate.Shift.between(count, late).parts["rest"] == pytest.approx(0.0, abs=1e-12)


def test_what_came_from_abroad_is_no_late_vote_of_the_districts():
    """The nation's row of that evening is newer than the districts': what it has beyond them is mostly from abroad, and
    districts that have nothing of it must not look as if they voted like the consulates."""
    counts = rf.load("peru-2021-runoff").counts
    shift = evaluate.Shift.expected(rf.forecast(counts.until("2021-06-08T18:19:00-05:00"), seed=1, draws=500))
    assert shift.parts[["region", "kind"]].sum() < -0.10  # the places that are out lean to Fujimori
    assert shift.parts[["place", "rest"]].abs().max() < 0.05


def test_of_a_national_count_no_shift_can_be_told(shown):
    frame = pd.DataFrame(
        [{"time": "2021-06-06T21:00:00-05:00", "level": "nation", "place": "", "counted": 20, "ana": 900, "bea": 800}]
    )
    count = Counts.from_frame(shown.election, frame).latest
    assert not tells_shift(count)
    with pytest.raises(ValueError, match="by unit or by region"):
        evaluate.Shift.expected(replace(shown, count=count))


# Places.


def test_the_leader_of_a_region_has_most_votes_there(shown):
    table, told = evaluate.leads_of(shown), shown.to_frame()
    expected = told[["ana", "bea"]].idxmax(axis=1)
    assert table["leader"].tolist() == expected.tolist()
    np.testing.assert_allclose(table["lead"], (told["ana"] - told["bea"]).abs() / (told["ana"] + told["bea"]))
    assert table["sure"].between(0.5, 1).all()


def test_arrival_agrees_with_the_count(shown):
    table = evaluate.arrival_of(shown).set_index(["label", "place"])
    assert table.loc[("nation", ""), "counted"] == pytest.approx(shown.count.counted_share)
    assert table.loc[("kind", "overseas"), "counted"] == 0
    assert table.loc[("region", "north"), "counted"] == pytest.approx(8 / 15)
    assert table.loc[("region", "south"), "contested"] == pytest.approx(2 / 20)
    assert table["known"].all()


def test_kinds_that_the_office_has_not_told_are_left_out(shown):
    frame = pd.DataFrame(
        [{"time": "2021-06-06T21:00:00-05:00", "level": "nation", "place": "", "counted": 20, "ana": 900, "bea": 800}]
    )
    blind = replace(shown, count=Counts.from_frame(shown.election, frame).latest)
    table = evaluate.arrival_of(blind)
    assert set(table["label"]) == {"nation", "region"}
    assert not table.loc[table["label"] == "region", "known"].any()
    assert table["counted"].between(0, 1).all()


def test_votes_out_by_region_and_by_kind_are_the_same_votes():
    night = simulate(simulated.truth(), BySize(), fractions=(0.3,), rng=np.random.default_rng(1))
    shown = StratifiedArrival(draws=100)(night.counts, rng=np.random.default_rng(1))
    region, kind = shown.outstanding_by_region(), shown.outstanding_by_kind()
    for column in ("votes", "net", "ana", "bea"):
        assert region[column].sum() == pytest.approx(kind[column].sum(), rel=1e-5)
    assert (region["margin_q05"] <= region["margin_q95"]).all()
    np.testing.assert_allclose(region["net"], region["ana"] - region["bea"])
