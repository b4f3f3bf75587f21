"""Laws of a forecast: whatever the draws are, its summaries cannot contradict each other."""

import json
from dataclasses import replace
from itertools import combinations

import made_up
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from runoff_forecast import saying
from runoff_forecast.election import OutrightRule
from runoff_forecast.outcome import Forecast
from runoff_forecast.still_out import stations_in

MAJORITY = (OutrightRule(0.5),)
THREE = (*made_up.CANDIDATES, made_up.THIRD)


def forecasts() -> list[Forecast]:
    plain = made_up.forecast(whole=True)
    uneven = xr.DataArray(np.random.default_rng(2).gamma(0.5, size=400), dims="draw")
    return [
        plain,
        replace(plain, weights=uneven),
        made_up.forecast(made_up.election(THREE)),
        made_up.forecast(made_up.election(THREE, MAJORITY)),
        made_up.forecast(draws=1),
    ]


each_forecast = pytest.mark.parametrize(
    "shown", forecasts(), ids=["whole", "weighted", "three", "first-round", "one draw"]
)


@each_forecast
def test_wider_intervals_contain_narrower_ones(shown):
    masses = np.linspace(0, 1, 41)
    lows, highs = np.array([shown.interval(mass) for mass in masses]).T
    assert (np.diff(lows) <= 0).all()
    assert (np.diff(highs) >= 0).all()
    assert lows[0] == highs[0] == shown.quantile(0.5)


@each_forecast
def test_no_quantile_lies_beyond_the_draws(shown):
    found = shown.quantiles(shown.votes, [0.0, 0.001, 0.3, 0.999, 1.0])
    np.testing.assert_array_equal(found[[0, -1]], [shown.votes.min("draw"), shown.votes.max("draw")])
    assert (found.diff("quantile") >= 0).all()


@each_forecast
def test_probability_says_what_the_interval_says(shown):
    ahead = shown.probability(shown.margin > 0) + shown.probability(shown.margin == 0) / 2
    if len(shown.candidates) == 2:
        assert shown.win_probability["ana"] == pytest.approx(ahead)
    for share in np.linspace(0.01, 0.99, 99):
        if shown.quantile(share) > 0:
            assert ahead >= 1 - share - 1e-9
        if shown.quantile(share) < 0:
            assert ahead <= 1 - share + 1e-9


def test_who_is_told_apart_stands():
    with pytest.raises(ValueError, match="between is two of ana, bea, got 'zoe'"):
        made_up.forecast().outstanding_by_region(("ana", "zoe"))


@each_forecast
def test_swapping_the_candidates_flips_the_forecast(shown):
    contest = made_up.election(shown.election.candidates[1::-1] + shown.election.candidates[2:])
    ids = list(contest.candidate_ids)
    count = replace(shown.count, election=contest, rows=shown.count.rows[_reordered(shown.count.rows, ids)])
    swapped = Forecast(count, shown.draws.sel(candidate=ids), seed=1, weights=shown.weights)
    np.testing.assert_allclose(swapped.margin, -shown.margin)
    np.testing.assert_allclose(swapped.interval(0.8), [-limit for limit in shown.interval(0.8)[::-1]])
    np.testing.assert_allclose(swapped.win_probability[list(shown.candidates)], shown.win_probability)
    assert swapped.recount_probability(0.02) == pytest.approx(shown.recount_probability(0.02))


def _reordered(rows: pd.DataFrame, ids: list[str]) -> list[str]:
    head = [name for name in rows.columns if name not in (*ids, "blank", "null")]
    return [*head, *ids, "blank", "null"]


@each_forecast
def test_ranks_are_shared_out_completely(shown):
    ranks = shown.rank_probability
    np.testing.assert_allclose(ranks.sum(axis=0), 1)
    np.testing.assert_allclose(ranks.sum(axis=1), 1)
    assert shown.win_probability.sum() == pytest.approx(1)


@each_forecast
def test_whoever_takes_the_hurdle_has_the_place(shown):
    for draw in range(0, shown.draws.sizes["draw"], 40):
        alone = replace(shown, draws=shown.draws.isel(draw=[draw]), parameters=xr.Dataset(), weights=None)
        for places in range(1, len(shown.candidates)):
            table = alone.hurdle(places)
            clear = (table["expected"] - table["needed"]).abs() > 1e-9  # at the hurdle itself it is a tie
            taken = table["expected"] > table["needed"]
            assert (taken == (table["probability"] == 1.0))[clear].all()


@each_forecast
def test_the_hurdle_of_two_is_taken_as_often_as_the_election_is_won(shown):
    first, second = shown.candidates[:2]
    if len(shown.candidates) == 2:
        needed, got = _two_way_hurdle(shown)
        taken = shown.probability(got > needed) + shown.probability(got == needed) / 2
        assert taken == pytest.approx(shown.win_probability[first])
        hurdle = shown.hurdle()
        assert hurdle.loc[first, "needed"] == pytest.approx(1 - hurdle.loc[second, "needed"])
        assert hurdle.loc[first, "rival"] == second


def _two_way_hurdle(shown: Forecast) -> tuple[xr.DataArray, xr.DataArray]:
    first, second = shown.candidates
    inside = shown.votes - shown.outstanding
    out = shown.outstanding.sum("candidate")
    deficit = (inside.sel(candidate=second) - inside.sel(candidate=first)).round(6)
    return (out + deficit) / (2 * out), shown.outstanding.sel(candidate=first) / out


def test_hurdle_of_a_known_case():
    shown = made_up.forecast()
    flat = xr.full_like(shown.draws["final"], 0.0)
    inside = (shown.draws["final"] - shown.draws["outstanding"]).isel(draw=slice(1))
    out = flat.isel(draw=slice(1)) + xr.DataArray([40.0, 60.0], {"candidate": ["ana", "bea"]})
    draws = xr.Dataset({"final": inside + out, "outstanding": out, "contested": 0 * out})
    table = Forecast(shown.count, draws.transpose("draw", "region", "candidate")).hurdle()
    # Ana and Bea are level at 2,000 votes each, and 300 are out.
    assert table.loc["ana"].to_dict() == {
        "rival": "bea", "deficit": 0, "outstanding": 300, "needed": 0.5, "expected": 0.4, "probability": 0,
    }  # fmt: skip


def test_a_tie_is_half_a_win():
    tied = made_up.with_final(made_up.forecast(), np.array([[3000.0, 3000.0], [3001.0, 3000.0]]))
    assert tied.win_probability.to_dict() == {"ana": 0.75, "bea": 0.25}


def test_a_runoff_has_nobody_who_advances():
    with pytest.raises(ValueError, match="most votes"):
        _ = made_up.forecast().pairings


def test_stations_by_kind_are_told_where_the_office_told_them():
    shown = made_up.forecast()
    assert shown.outstanding_by_kind()["stations"].to_dict() == {"urban": 7, "rural": 5, "overseas": 4}
    table = shown.outstanding_by_kind()
    assert table["net"].sum() == pytest.approx(float(shown.mean(shown.outstanding[:, 0] - shown.outstanding[:, 1])))
    assert table["votes"].sum() == pytest.approx(float(shown.mean(shown.outstanding.sum("candidate"))))
    nation = pd.DataFrame(
        {"time": ["2021-06-06T21:00:00-05:00"], "level": "nation", "place": "", "counted": 9, "ana": 5, "bea": 4}
    )
    coarse = type(made_up.Counts.empty(shown.election)).from_frame(shown.election, nation).latest
    assert stations_in(coarse, "kind")["counted"].isna().all()
    assert stations_in(made_up.Counts.empty(shown.election).latest, "kind")["counted"].eq(0).all()


def test_region_table_adds_up():
    shown = made_up.forecast()
    table = shown.to_frame()
    np.testing.assert_allclose(table[list(shown.candidates)].sum(), shown.mean(shown.votes))
    assert table["counted_share"].to_dict() == pytest.approx({"north": 8 / 15, "south": 15 / 20, "abroad": 0})
    assert table["counted_share_known"].all()


def test_annulling_contested_sheets_is_exact():
    shown = made_up.forecast()
    annulled = shown.given(contested="annulled")
    np.testing.assert_allclose(annulled.votes, shown.votes - shown.draws["contested"].sum("region"))
    assert annulled.weights is None
    total = annulled.outstanding_by_kind()["votes"].sum()
    assert total == pytest.approx(float(annulled.mean(annulled.outstanding.sum("candidate"))))


def test_a_known_region_pulls_the_forecast_towards_it():
    shown = made_up.forecast(draws=4000)
    target = float(shown.quantiles(shown.region_margin.sel(region="north"), [0.9])[0])
    told = shown.given(region_margin={"north": target}, tolerance=0.01)
    assert float(told.mean(told.region_margin.sel(region="north"))) == pytest.approx(target, abs=0.005)
    assert float(told.mean(told.margin)) > float(shown.mean(shown.margin))
    assert told.effective_draws < 4000
    assert shown.weights is None
    assert told.to_dict()["effective_draws"] == pytest.approx(told.effective_draws, abs=0.1)


def test_a_far_condition_is_warned_of_or_refused():
    shown = made_up.forecast()
    far = float(shown.region_margin.sel(region="north").max()) + 0.01
    with pytest.warns(UserWarning, match="effective draws"):
        told = shown.given(region_margin={"north": far})
    assert "effective draws" in told.diagnostics["warnings"][0]
    assert shown.diagnostics["warnings"] == []
    with pytest.raises(ValueError, match="impossible"):
        shown.given(region_margin={"north": -0.9})
    with pytest.raises(ValueError, match="unknown region 'east'"):
        shown.given(region_margin={"east": 0.1})


def test_equal_weights_change_nothing():
    shown = made_up.forecast()
    told = shown.given(weights=np.full(400, 7.0))
    assert told.interval(0.9) == pytest.approx(shown.interval(0.9))
    assert told.effective_draws == pytest.approx(400)
    np.testing.assert_allclose(told.win_probability, shown.win_probability)


def test_weights_are_as_good_as_repeated_draws():
    shown = made_up.forecast(draws=50)
    times = np.random.default_rng(3).integers(0, 4, 50)
    repeated = replace(shown, draws=shown.draws.isel(draw=np.repeat(np.arange(50), times)), parameters=xr.Dataset())
    weighted = replace(shown, weights=xr.DataArray(times.astype(float), dims="draw"))
    assert weighted.interval(0.9) == pytest.approx(repeated.interval(0.9))
    assert float(weighted.sd(weighted.margin)) == pytest.approx(float(repeated.sd(repeated.margin)))
    np.testing.assert_allclose(weighted.win_probability, repeated.win_probability)


CONTRACT_FIELDS = {
    "schema", "election", "time", "engine", "draws", "seed", "counted", "win_probability", "margin", "votes",
    "outstanding", "regions", "diagnostics",
}  # fmt: skip


def test_json_has_the_fields_of_the_contract():
    told = json.loads(made_up.forecast().to_json())
    assert set(told) == CONTRACT_FIELDS | {"software"}
    assert told["schema"] == 1
    assert told["time"] == "2021-06-06T21:00:00-05:00"
    assert set(told["margin"]) == {"mean", "sd", "q05", "q25", "q50", "q75", "q95"}
    assert {"stations", "stations_total", "contested", "votes", "margin"} <= set(told["counted"])
    assert told["counted"]["votes"] == {"ana": 2000, "bea": 2000}
    assert set(told["votes"]["ana"]) == {"mean", "q05", "q95"}
    assert told["outstanding"]["stations"] == 16
    assert {"region", "counted_share", "margin", "outstanding_valid_votes"} <= set(told["regions"][0])
    assert told["diagnostics"] == {"warnings": []}


def test_json_of_a_first_round_names_the_runoffs():
    shown = made_up.forecast(made_up.election(THREE, MAJORITY))
    told = json.loads(shown.to_json())
    assert set(told) == CONTRACT_FIELDS | {
        "software",
        "gaps",
        "gap_ranks",
        "advance_probability",
        "outright_probability",
        "pairings",
    }
    assert told["gap_ranks"] == [2, 3]
    pairs = {frozenset(entry["candidates"]) for entry in told["pairings"]}
    assert pairs <= {frozenset(pair) for pair in combinations(shown.candidates, 2)}
    assert sum(entry["probability"] for entry in told["pairings"]) == pytest.approx(1, abs=1e-5)


def test_json_before_the_first_vote_is_json():
    shown = made_up.forecast()
    night = made_up.Counts.empty(shown.election).latest
    told = json.loads(replace(shown, count=night, diagnostics={"warnings": [], "worst": np.nan}).to_json())
    assert told["counted"]["margin"] is None
    assert told["diagnostics"]["worst"] is None


@each_forecast
def test_saving_loses_nothing(shown, tmp_path):
    shown.save(tmp_path / "night.nc")
    kept = Forecast.load(tmp_path / "night.nc")
    assert kept.to_json() == shown.to_json()
    xr.testing.assert_equal(kept.draws, shown.draws)
    xr.testing.assert_equal(kept.parameters, shown.parameters)
    pd.testing.assert_frame_equal(kept.count.rows, shown.count.rows)
    pd.testing.assert_frame_equal(kept.election.units, shown.election.units)
    pd.testing.assert_frame_equal(kept.election.regions, shown.election.regions)
    assert kept.election.header() == shown.election.header()
    assert kept.count.warnings == shown.count.warnings
    assert kept.effective_draws == pytest.approx(shown.effective_draws)


def test_the_trace_is_saved_with_it(tmp_path):
    trace = xr.DataTree.from_dict({"posterior": xr.Dataset({"drift": (("chain", "draw"), np.eye(2))})})
    replace(made_up.forecast(), trace=trace).save(tmp_path / "night.nc")
    xr.testing.assert_equal(
        Forecast.load(tmp_path / "night.nc").trace["posterior"].to_dataset(), trace["posterior"].to_dataset()
    )


def test_another_file_is_no_forecast(tmp_path):
    xr.Dataset({"x": 1.0}).to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    with pytest.raises(ValueError, match="not a saved forecast"):
        Forecast.load(tmp_path / "other.nc")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda draws: draws.drop_vars("contested"), "contested"),
        (lambda draws: draws.assign(final=draws["final"] - 1e5), "not negative"),
        (lambda draws: draws.assign(outstanding=draws["final"] + 1), "part of the final"),
        (lambda draws: draws.assign(contested=draws["outstanding"] + 1), "part of the outstanding"),
        (lambda draws: draws.assign(final=draws["final"] * np.nan), "finite"),
        (lambda draws: draws.isel(candidate=[1, 0]), "candidates"),
        (lambda draws: draws.isel(region=[0, 1]), "regions"),
        (lambda draws: draws.isel(draw=[]), "at least one draw"),
    ],
)
def test_draws_that_are_no_finished_count_are_refused(broken, said):
    shown = made_up.forecast()
    with pytest.raises(ValueError, match=said):
        replace(shown, draws=broken(shown.draws))


def test_never_certain_before_the_last_vote():
    shown = made_up.forecast(draws=3)
    sure = made_up.with_final(shown, np.array([[4000.0, 3000.0]]))
    assert "Ana Quispe 100, Bea Salas 0" in sure.summary()
    out = shown.draws["outstanding"] * 0.001
    nearly = replace(
        shown,
        draws=shown.draws.assign(final=shown.draws["final"].clip(min=3000) + out, outstanding=out, contested=0 * out),
    )
    assert " 100," not in nearly.summary()


def test_nonsense_questions_are_answered_with_what_is_allowed():
    shown = made_up.forecast()
    for question in (
        lambda: shown.interval(90),
        lambda: shown.quantile(-1),
        lambda: shown.recount_probability(2),
        lambda: shown.hurdle(2),
    ):
        with pytest.raises(ValueError, match="got"):
            question()


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (0.0, "<1"),
        (0.004, "<1"),
        (0.005, "1"),
        (0.988, "99"),
        (0.995, "99"),
        (0.9951, ">99"),
        (1.0, ">99"),
    ],
)
def test_a_probability_in_public(probability, said):
    assert saying.in_hundred(probability) == said


def test_a_margin_is_said_by_who_is_ahead():
    assert saying.leader(0.0025, "Ana", "Bea") == "Ana +0.25"
    assert saying.leader(-0.0025, "Ana", "Bea") == "Bea +0.25"
    assert saying.leader(0.00001, "Ana", "Bea") == "tie"
    assert saying.leaders(-0.0025, 0.001, "Ana", "Bea") == "Bea +0.25 to Ana +0.10"
    assert saying.leaders(-0.0025, -0.001, "Ana", "Bea") == "Bea +0.10 to +0.25"
    assert saying.points(-0.0025) == "−0.25"
