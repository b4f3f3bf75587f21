"""The command line keeps its contract: what goes where, which exit code, and never a traceback."""

import io
import json
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import made_up
import pytest
from folders import change, write_folder
from typer.testing import CliRunner

from runoff_forecast import cli, models, sources
from runoff_forecast.charts.style import FORMATS
from runoff_forecast.election import OutrightRule
from runoff_forecast.models import engines

QUICK = ["--draws", "200"]


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """A sound folder of four units."""
    return made_up.folder(tmp_path_factory.mktemp("night") / "made-up", made_up.election())


def run(*arguments: str | Path):
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def told_plainly(result, code: int) -> bool:
    """The exit code is right, and what went wrong is a message, not a traceback."""
    assert result.exit_code == code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    return bool(result.stderr.strip())


def test_elections_are_listed_one_a_line():
    result = run("elections")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(sources.elections())


def test_a_sound_folder_has_no_errors(small):
    assert run("check", small).exit_code == 0


def test_a_forecast_repeats_what_the_register_leaves_in_doubt(tmp_path):
    folder = write_folder(tmp_path)
    change(folder, "units.csv", "abroad,overseas", "abroad,Overseas")
    assert "'Overseas'" in run("forecast", folder, *QUICK).stderr


@pytest.mark.parametrize(
    ("command", "option"),
    [("forecast", "--json"), ("forecast", "--chart"), ("replay", "--json"), ("report", "--html"), ("watch", "--html")],
)
def test_a_folder_is_no_file_to_write(small, tmp_path, command, option):
    (tmp_path / "chart.png").mkdir()
    result = run(command, small, option, tmp_path / "chart.png")
    assert told_plainly(result, cli.WRONG_USAGE)
    assert "is a folder" in re.sub(r"[│\s]+", " ", result.stderr)
    assert result.stdout == ""


def test_stations_without_a_vote_are_not_nothing(tmp_path):
    folder = write_folder(tmp_path)
    row = "2021-06-06T20:00:00-05:00,unit,010101,4,0,0"
    (folder / "counts.csv").write_text(f"time,level,place,counted,ana,ben\n{row}\n")
    result = run("forecast", folder, *QUICK)
    assert "not one valid vote" in result.stderr
    assert "nothing is counted yet" not in result.stderr


@pytest.fixture
def broken(tmp_path) -> Path:
    """A folder with two faults of counts: an unknown region and votes below zero."""
    folder = made_up.folder(tmp_path / "broken", made_up.election())
    (folder / "counts.csv").write_text(
        "time,level,place,counted,ana,bea\n2021-06-06T18:00:00-05:00,region,atlantis,3,-1,5\n", encoding="utf-8"
    )
    return folder


def test_check_tells_every_problem_on_stdout(broken):
    result = run("check", broken)
    assert result.exit_code == 1
    assert "atlantis" in result.stdout
    assert "-1" in result.stdout


@pytest.mark.parametrize("command", [["forecast"], ["check"]])
def test_what_does_not_exist_is_bad_input(command):
    result = run(*command, "peru-2021-runof")
    assert result.exit_code == 1
    assert "peru-2021-runoff" in result.output


def test_bad_counts_end_with_one_message(broken):
    result = run("forecast", broken)
    assert told_plainly(result, 1)
    assert "atlantis" in result.stderr
    assert not result.stdout


@pytest.mark.parametrize(
    "wrong",
    [
        ["--at", "yesterdayish"],
        ["--at", "now"],
        ["--at", "2021"],
        ["--at", "20:45"],
        ["--engine", "magic"],
        ["--draws", "0"],
        ["--draws", "100000000000"],
        ["--seed", "x"],
        ["--chart", "margin.docx"],
        ["--json", "no-such-folder/forecast.json"],
        ["--recount", "7"],
        ["--priors", "no-such-file.toml"],
        ["--nonsense"],
    ],
)
def test_wrong_usage_is_said_before_any_work(small, wrong):
    assert told_plainly(run("forecast", small, *wrong), 2)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("revision = 0.3", "a share below 0.25"),
        ("drift_freedom = 0.1", "1 degree of freedom or more"),
        ("drift = " + 400 * "9", "1,000,000 at most, got 9999"),
        ("drift = true", "is a finite number, got True"),
    ],
)
def test_priors_beyond_use_are_wrong_usage(small, tmp_path, line, said):
    (tmp_path / "priors.toml").write_text(line + "\n")
    result = run("forecast", small, "--priors", tmp_path / "priors.toml")
    assert told_plainly(result, cli.WRONG_USAGE)
    assert said in " ".join(result.stderr.replace("│", " ").split())


def test_replay_repeats_what_is_odd_about_the_tables(tmp_path):
    folder = write_folder(tmp_path)
    change(folder, "result.csv", "nation,,4011,4480,76,158", "nation,,2011,2480,76,158")
    assert "the sum of the unit rows" in run("replay", folder, *QUICK).stderr


def test_all_problems_can_be_kept(tmp_path):
    folder, kept = write_folder(tmp_path / "night"), tmp_path / "problems.csv"
    change(folder, "counts.csv", "900,1200", "-900,-1200")
    assert run("check", folder, "--problems", kept).exit_code == cli.BAD_INPUT
    assert len(kept.read_text().splitlines()) == 3


def test_a_folder_called_as_a_bundled_election_is_not_passed_over(tmp_path, monkeypatch):
    made_up.folder(tmp_path / "peru-2021-runoff", made_up.election())
    monkeypatch.chdir(tmp_path)
    result = run("check", "peru-2021-runoff")
    assert told_plainly(result, cli.BAD_INPUT)
    assert "'./peru-2021-runoff' for this folder" in result.stderr
    assert run("check", "./peru-2021-runoff").exit_code == 0


def test_unknown_priors_are_wrong_usage(small, tmp_path):
    (tmp_path / "priors.toml").write_text("wishful_thinking = 1.0\n", encoding="utf-8")
    result = run("forecast", small, "--priors", tmp_path / "priors.toml")
    assert told_plainly(result, 2)
    assert "wishful_thinking" in result.stderr


def test_no_process_at_all_is_wrong_usage(small):
    assert told_plainly(run("replay", small, "--jobs", "0"), cli.WRONG_USAGE)


def test_priors_that_the_file_does_not_name_stay_as_learnt(small, tmp_path):
    (tmp_path / "none.toml").write_text("", encoding="utf-8")
    learnt, same = (run("forecast", small, "--json", "-", *more) for more in ((), ("--priors", tmp_path / "none.toml")))
    assert json.loads(learnt.stdout)["margin"] == json.loads(same.stdout)["margin"]


def test_a_night_without_counts_cannot_be_replayed():
    result = run("replay", "peru-2021-first-round")
    assert told_plainly(result, 1)
    assert "no night to replay" in result.stderr


@pytest.mark.parametrize("command", ["forecast", "replay", "report"])
def test_a_sick_posterior_of_the_sampler_asked_for_has_its_own_code(command, small, tmp_path, monkeypatch):
    def sick(*_):
        raise models.SickPosterior("R-hat is 1.3; try more draws")

    monkeypatch.setattr(engines, "run_nuts", sick)
    page = ["--html", tmp_path / "page.html"] if command == "report" else []
    result = run(command, small, *page, "--engine", "nuts")
    assert told_plainly(result, 3)
    assert "try more draws" in result.stderr


def test_json_on_stdout_is_nothing_but_json(small):
    told = json.loads(run("forecast", small, *QUICK, "--json", "-").stdout)
    assert (told["election"], told["draws"], told["seed"], told["engine"]) == ("made-up", 200, cli.DEFAULT_SEED, "fast")
    assert sum(told["win_probability"].values()) == pytest.approx(1, abs=1e-5)


def test_ids_come_through_json_on_stdout_as_they_are(capsys, monkeypatch):
    text = json.dumps({"region": ["c:100:t", "Áncash"]}, ensure_ascii=False)
    cli._print_json(text)
    assert capsys.readouterr().out == text + "\n"
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="replace")
    monkeypatch.setattr("sys.stdout", narrow)
    cli._print_json(text)
    narrow.flush()
    assert json.loads(narrow.buffer.getvalue()) == json.loads(text)


def test_the_same_seed_gives_the_same_numbers(small):
    first, again, other = (run("forecast", small, *QUICK, "--json", "-", "--seed", seed).stdout for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_files_are_written_where_told(small, tmp_path):
    result = run(
        "forecast", small, *QUICK, "--json", tmp_path / "f.json", "--chart", tmp_path / "f.svg", "--recount", 0.01
    )
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))["election"] == "made-up"
    assert "<svg" in (tmp_path / "f.svg").read_text(encoding="utf-8")
    assert "within 1 points" in result.stdout
    assert str(tmp_path / "f.svg") in result.stderr.replace("\n", "")


def test_a_first_round_tells_who_goes_on(tmp_path):
    contest = made_up.election((*made_up.CANDIDATES, made_up.THIRD), (OutrightRule(0.5),))
    result = run("forecast", made_up.folder(tmp_path / "first-round", contest), *QUICK)
    assert result.exit_code == 0, result.output
    assert "goes on" in result.stdout
    assert "Runoffs" in result.stdout


def test_times_without_offset_are_local(small):
    told = json.loads(run("forecast", small, *QUICK, "--at", "2021-06-06T20:45", "--json", "-").stdout)
    assert told["time"] == "2021-06-06T20:30:00-05:00"


def test_before_the_first_bulletin_there_is_a_forecast_too(small):
    early = ("forecast", small, *QUICK, "--at", "2021-06-06T12:00")
    told = json.loads(run(*early, "--json", "-").stdout)
    assert "6 June 2021: nothing counted yet." in " ".join(run(*early).stdout.split())
    assert told["counted"]["margin"] is None
    assert told["outstanding"]["stations"] == told["counted"]["stations_total"]


@pytest.mark.slow
def test_demo_forecasts_the_night_and_says_where_charts_and_page_are(tmp_path):
    result = run("demo", "--out", tmp_path / "shown")
    assert result.exit_code == 0, result.output
    assert "result" in result.stdout
    files = {path.name for path in (tmp_path / "shown").iterdir()}
    assert files == {"margin.png", "night.png", "outstanding.png", "page.html"}
    assert all(name in result.stderr.replace("\n", "") for name in files)


@pytest.mark.parametrize("lang", ["en", "es"])
def test_a_report_is_one_page_on_disk(small, tmp_path, lang):
    result = run("report", small, "--html", tmp_path / "page.html", "--lang", lang, *QUICK)
    assert result.exit_code == 0, result.output
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert f'<html lang="{lang}">' in text
    assert "page.html" in result.stderr.replace("\n", "")


def test_a_report_needs_a_place_to_go(small, tmp_path):
    assert told_plainly(run("report", small, "--html", tmp_path / "no" / "page.html"), 2)
    assert told_plainly(run("report", small, "--html", tmp_path / "page.html", "--lang", "qu"), 2)


def test_chart_endings_are_those_that_charts_can_write():
    assert set(cli.CHART_ENDINGS) == set(FORMATS)


def test_python_m_runoff_forecast_is_the_command_line():
    help_text = subprocess.run(
        [sys.executable, "-m", "runoff_forecast", "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for command in ("elections", "check", "forecast", "report", "demo"):
        assert command in help_text


def test_a_page_at_a_local_time(tmp_path):
    page = tmp_path / "page.html"
    made = run("report", "peru-2016-runoff", "--at", "2016-06-06T10:00", "--moments", "1", "--html", page)
    assert made.exit_code == 0, made.output
    assert page.exists()


@pytest.mark.parametrize(("old", "new"), [("Ana Quispe", "Ana [/x]"), ("A made-up runoff", "Runoff [draft]")])
def test_brackets_in_names_are_text(old, new, tmp_path):
    folder = made_up.folder(tmp_path / "night", made_up.election())
    change(folder, "election.toml", old, new)
    result = run("forecast", folder, *QUICK)
    assert result.exit_code == 0, result.output
    assert new in " ".join(result.stdout.split())


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_terminal_that_knows_no_minus_sign_is_served(encoding, small):
    command = [sys.executable, "-m", "runoff_forecast", "forecast", str(small), *QUICK]
    done = subprocess.run(command, capture_output=True, env={**os.environ, "PYTHONIOENCODING": encoding})
    assert done.returncode == 0, done.stderr
    assert b"Ana Quispe" in done.stdout


@pytest.mark.parametrize(("zone", "day"), [("America/Santiago", "2019-09-08"), ("America/Havana", "2019-11-03")])
def test_clocks_may_change_at_midnight_of_election_day(zone, day, tmp_path):
    folder = write_folder(tmp_path)
    header = (folder / "election.toml").read_text(encoding="utf-8")
    counts = (folder / "counts.csv").read_text(encoding="utf-8")
    was, where = (re.search(f"^{key} = (.*)$", header, re.M).group(1).strip('"') for key in ("date", "timezone"))
    (folder / "election.toml").write_text(header.replace(was, day).replace(where, zone), encoding="utf-8")
    (folder / "counts.csv").write_text(counts.replace(was, day), encoding="utf-8")
    result = run("check", folder)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert run("forecast", folder, *QUICK).exit_code in (0, 1)


def test_a_register_of_one_unit_with_a_baseline_is_forecast(tmp_path):
    folder = made_up.folder(tmp_path / "one", made_up.election())
    lists = "unit,region,stations,baseline_ana,baseline_bea,baseline_other\n01,north,20,1500,1200,300\n"
    (folder / "units.csv").write_text(lists, encoding="utf-8")
    (folder / "counts.csv").unlink()
    (folder / "regions.csv").unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        result = run("forecast", folder, *QUICK)
    assert result.exit_code == 0, result.output
