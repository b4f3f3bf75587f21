"""Laws of a replay: each forecast knows only what came before it, is made once, and is found again after a stop."""

import json
import re
from dataclasses import dataclass, replace

import numpy as np
import pytest
import simulated
from typer.testing import CliRunner

import runoff_forecast as rf
from runoff_forecast import cli
from runoff_forecast.count import Counts
from runoff_forecast.evaluate import BySize, Workers, replay, simulate, spread_over
from runoff_forecast.models.design_based import DesignBased
from runoff_forecast.models.yardsticks import RawCount

MODEL = DesignBased(draws=60)


@pytest.fixture
def night():
    return simulate(simulated.truth(), BySize(), fractions=(0.2, 0.5, 0.8), rng=np.random.default_rng(1))


@dataclass(frozen=True)
class Peeking:
    """A model that looks at the last moment it is shown, and refuses to see the end."""

    end: object

    def __call__(self, counts: Counts, *, rng: np.random.Generator) -> rf.Forecast:
        """The raw count."""
        if counts.times[-1] >= self.end:
            raise AssertionError("shown the end")
        return RawCount()(counts, rng=rng)


def test_each_forecast_is_made_from_the_night_so_far(night):
    played = replay(MODEL, night, seed=5)
    assert len(played) == 3
    for time, forecast in zip(night.counts.times, played, strict=True):
        alone = MODEL(night.counts.until(time), rng=np.random.default_rng(5))
        np.testing.assert_array_equal(forecast.margin, alone.margin)
        assert (forecast.seed, forecast.count.time) == (5, time)


def test_nothing_is_made_before_it_is_asked_for(night):
    played = replay(Peeking(night.counts.times[1]), night)
    assert played[0].count.time == night.counts.times[0]
    with pytest.raises(AssertionError, match="shown the end"):
        played[1]
    with pytest.raises(IndexError):
        played[3]


def test_moments_can_be_chosen(night):
    played = replay(MODEL, night, times=night.counts.times[[0, 2]])
    assert [forecast.count.time for forecast in played] == list(night.counts.times[[0, 2]])
    np.testing.assert_array_equal(played[-1].margin, played.forecasts[1].margin)
    with pytest.raises(ValueError, match="no snapshot of"):
        replay(MODEL, night, times=[night.counts.times[0].floor("h") - np.timedelta64(1, "D")])


def test_many_workers_give_what_one_gives(night):
    alone, together = replay(MODEL, night), replay(MODEL, night, workers=Workers(jobs=2))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one.margin, other.margin)


def test_a_replay_goes_on_where_it_was_stopped(night, tmp_path):
    diary = tmp_path / "diary"
    model = simulated.Sleepy(str(diary), seconds=0.0)
    first = replay(model, night, folder=tmp_path / "kept")
    made = [first[0], first[2]]
    again = replay(model, night, folder=tmp_path / "kept")
    found = list(again)
    assert diary.read_text().count("asked") == 3
    np.testing.assert_array_equal(found[0].margin, made[0].margin)
    np.testing.assert_array_equal(found[2].margin, made[1].margin)
    assert len(list((tmp_path / "kept").glob("*.nc"))) == 3
    assert not list((tmp_path / "kept").glob(".unfinished*"))


def test_a_folder_of_another_replay_is_refused(night, tmp_path):
    replay(MODEL, night, folder=tmp_path)
    replay(MODEL, night, folder=tmp_path)
    with pytest.raises(ValueError, match="another seed"):
        replay(MODEL, night, folder=tmp_path, seed=2)
    with pytest.raises(ValueError, match="another model"):
        replay(RawCount(), night, folder=tmp_path)
    other = simulate(simulated.truth(2), BySize(), rng=np.random.default_rng(1))
    with pytest.raises(ValueError, match="another counts"):
        replay(MODEL, other, folder=tmp_path)


def test_scores_are_a_row_a_moment(night):
    played = replay(MODEL, night)
    assert list(played.scores.index) == list(night.counts.times)
    assert played.scores["final_margin"].unique() == [night.result.margin]
    told = played.summary()
    assert told["moments"] == 3
    assert told["crps"] == pytest.approx(played.scores["crps"].mean())


def test_without_a_result_there_is_nothing_to_score_against(night):
    played = replay(MODEL, night.counts)
    assert len(played.forecasts) == 3
    with pytest.raises(ValueError, match="no result yet"):
        _ = played.scores
    told = json.loads(played.to_json())
    assert told["truth"] is None
    assert told["scores"] is None
    assert replay(MODEL, night.counts, result=night.result).scores["crps"].notna().all()


def test_json_has_the_fields_of_the_contract(night):
    told = json.loads(replay(MODEL, night).to_json())
    assert {"schema", "election", "truth", "forecasts", "scores"} <= set(told)
    assert told["truth"]["margin"] == pytest.approx(night.result.margin)
    assert [entry["time"] for entry in told["forecasts"]] == [time.isoformat() for time in night.counts.times]
    assert {"election", "margin", "win_probability", "counted"} <= set(told["forecasts"][0])
    assert len(told["scores"]["by_time"]) == 3


def test_an_empty_night_has_no_forecasts(night):
    played = replay(MODEL, replace(night, counts=Counts.empty(night.election)))
    assert len(played) == 0
    assert played.forecasts == ()
    assert played.to_dict()["scores"] is None
    with pytest.raises(ValueError, match="nothing to score"):
        _ = played.scores


def test_names_of_columns_are_part_of_a_night(night, tmp_path):
    kept = replay(MODEL, night, folder=tmp_path)
    baseline = night.election.baseline
    other = replace(
        night.election, baseline=baseline.rename(columns=dict(zip(baseline, baseline.columns[::-1], strict=True)))
    )
    with pytest.raises(ValueError, match="another counts"):
        replay(
            MODEL,
            replace(night, election=other, counts=Counts(other, night.counts.frame), result=None),
            folder=tmp_path,
        )
    assert len(kept)


def test_a_bundled_night_can_be_replayed():
    night = rf.load("peru-2021-runoff")
    units = night.counts.frame.loc[night.counts.frame["level"] == "unit", "time"].unique()
    played = replay(DesignBased(draws=100), night, times=units[:2])
    assert played.scores["error"].abs().max() < 0.01


# The command.


@pytest.fixture
def folder(night, tmp_path):
    rf.write_night(night, tmp_path / "small")
    return tmp_path / "small"


def run(*arguments):
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def test_the_command_prints_the_night_and_its_scores(folder, tmp_path):
    given = ("--draws", 60, "--seed", 3, "--json", tmp_path / "replay.json", "--chart", tmp_path / "night.svg")
    ended = run("replay", folder, *given)
    assert ended.exit_code == 0, ended.output
    assert "90 % interval held" in ended.stdout
    told = json.loads((tmp_path / "replay.json").read_text(encoding="utf-8"))
    assert len(told["forecasts"]) == 3
    assert told["forecasts"][0]["seed"] == 3
    assert "</svg>" in (tmp_path / "night.svg").read_text(encoding="utf-8")


def test_a_long_name_cuts_no_number_of_the_table(night, tmp_path):
    first, *others = night.election.candidates
    named = replace(first, name="María Belén de los Ángeles Soto Ibáñez")
    election = replace(night.election, candidates=(named, *others))
    renamed = rf.Night(election, Counts(election, night.counts.frame), replace(night.result, election=election))
    rf.write_night(renamed, tmp_path / "long")
    ended = run("replay", tmp_path / "long", "--draws", 60)
    assert ended.exit_code == 0, ended.output
    assert "…" not in ended.stdout
    assert len(re.findall(r"[+−]\d+\.\d\d to [+−]\d+\.\d\d", ended.stdout)) == 3


def test_the_command_goes_on_from_what_it_keeps(folder, tmp_path):
    given = ("--draws", 60, "--moments", 2, "--keep", tmp_path / "kept", "--json", "-")
    first, again = run("replay", folder, *given), run("replay", folder, *given)
    assert first.exit_code == 0, first.output
    assert first.stdout == again.stdout
    assert len(json.loads(again.stdout)["forecasts"]) == 2
    other = run("replay", folder, *given, "--seed", 9)
    assert other.exit_code == 2
    assert "another seed" in other.stderr


def test_moments_are_spread_from_the_last_to_the_first(night):
    times = night.counts.times
    assert list(spread_over(times, None)) == list(times)
    assert list(spread_over(times, 1)) == [times[-1]]
    assert list(spread_over(times, 2)) == [times[0], times[-1]]
