"""Laws of the backtest: one row a forecast, the same nights for all models, and nothing done twice or lost."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import simulated

from runoff_forecast.evaluate import Backtest, BySize, Random, Workers, backtest
from runoff_forecast.models.yardsticks import RawCount, StratifiedExtrapolation

ROOT = Path(__file__).parents[1]
FRACTIONS = (0.2, 0.6)


def plan_of(models=None, **given) -> Backtest:
    models = models or {"raw": RawCount(), "unit": StratifiedExtrapolation("unit")}
    given = {"orders": {"random": Random(), "urban first": BySize()}, "seeds": (1, 2), "fractions": FRACTIONS} | given
    return Backtest({"small": simulated.truth()}, models, **given)


def test_one_row_a_forecast(tmp_path):
    plan = plan_of(levels=("unit", "nation"))
    table = backtest(plan, tmp_path)
    assert len(table) == len(plan.cells) * len(FRACTIONS) == 2 * 2 * 2 * 2 * 2
    assert table["failed"].isna().all()
    assert set(table["fraction"]) == set(FRACTIONS)
    kept = pd.read_parquet(tmp_path / "backtest.parquet")
    pd.testing.assert_frame_equal(kept, table, check_dtype=False)


def test_all_models_see_the_same_nights(tmp_path):
    table = backtest(plan_of(), tmp_path)
    by_night = table.groupby(["night", "fraction"])
    assert (by_night["raw_error"].max() == by_night["raw_error"].min()).all()
    assert (by_night.size() == 2).all()
    assert table.groupby("model")["raw_error"].nunique().eq(8).all()


def test_finished_cells_are_not_done_again(tmp_path):
    diary = tmp_path / "diary"
    model = simulated.Sleepy(str(diary), seconds=0)
    first = backtest(plan_of({"sleepy": model}, seeds=(1,)), tmp_path)
    again = backtest(plan_of({"sleepy": model}, seeds=(1,)), tmp_path)
    assert diary.read_text().count("asked") == 4
    pd.testing.assert_frame_equal(first, again)
    more = backtest(plan_of({"sleepy": model}, seeds=(1, 2)), tmp_path)
    assert diary.read_text().count("asked") == 8
    assert len(more) == 8


def test_another_question_is_another_cell():
    plan = plan_of()
    cell = plan.cells[0]
    others = [
        plan_of(fractions=(0.2, 0.7)),
        plan_of(orders={"random": BySize(strength=2.0)}),
        plan_of({"raw": StratifiedExtrapolation("region")}),
        Backtest({"small": simulated.truth(2)}, plan.models, orders=plan.orders, seeds=(1, 2), fractions=FRACTIONS),
    ]
    names = {other.file_of(cell) for other in [plan, *others]}
    assert len(names) == 5
    assert plan_of().file_of(cell) == plan.file_of(cell)


def test_a_model_that_fails_is_told_and_the_others_go_on(tmp_path):
    table = backtest(plan_of({"broken": simulated.Broken(), "raw": RawCount()}), tmp_path)
    broken = table[table["model"] == "broken"]
    assert set(broken["failed"]) == {"ArithmeticError: no mode"}
    assert broken["crps"].isna().all()
    assert table.loc[table["model"] == "raw", "crps"].notna().all()


def test_many_workers_give_what_one_gives(tmp_path):
    alone = backtest(plan_of(), tmp_path / "alone")
    together = backtest(plan_of(), tmp_path / "together", workers=Workers(jobs=2))
    pd.testing.assert_frame_equal(alone.drop(columns="seconds"), together.drop(columns="seconds"))


def test_a_cluster_gives_what_one_machine_gives(tmp_path):
    distributed = pytest.importorskip("distributed")
    alone = backtest(plan_of(), tmp_path / "alone")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
    ) as cluster:
        workers = Workers(scheduler=cluster.scheduler_address)
        together = backtest(plan_of(), tmp_path / "together", workers=workers)
        # A connection left open goes on calling the scheduler after it is gone, from a thread of its own.
        own = [name for name in cluster.scheduler.clients if not name.startswith(("Client-worker", "fire-and-forget"))]
        assert own == []
    pd.testing.assert_frame_equal(alone.drop(columns="seconds"), together.drop(columns="seconds"))


def test_a_cluster_without_its_package_says_what_to_install(monkeypatch):
    monkeypatch.setattr("runoff_forecast.evaluate.working.find_spec", lambda _: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'runoff-forecast\[distributed\]'"):
        Workers(scheduler="tcp://localhost:8786")


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import simulated, test_backtest
from runoff_forecast.evaluate import Workers, backtest
folder = Path(sys.argv[2])
model = simulated.Sleepy(str(folder / "diary"), seconds=0.1)
backtest(test_backtest.plan_of({"sleepy": model}, seeds=range(20)), folder, workers=Workers(jobs=2))
"""


@pytest.mark.slow
def test_a_killed_run_loses_no_finished_cell(tmp_path):
    cells = tmp_path / "cells"
    running = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(Path(__file__).parent), str(tmp_path)], cwd=ROOT, start_new_session=True
    )
    try:
        end = time.monotonic() + 300
        while time.monotonic() < end and running.poll() is None and len(list(cells.glob("*.json"))) < 3:
            time.sleep(0.05)
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    finished = {path.name: path.stat().st_mtime_ns for path in cells.glob("*.json")}
    assert 3 <= len(finished) < 40
    (tmp_path / "diary").write_text("")
    plan = plan_of({"sleepy": simulated.Sleepy(str(tmp_path / "diary"), seconds=0.1)}, seeds=range(3))
    due = {plan.file_of(cell) for cell in plan.cells}
    table = backtest(plan, tmp_path)
    assert len(table) == len(plan.cells) * len(FRACTIONS)
    assert {name: (cells / name).stat().st_mtime_ns for name in finished} == finished
    assert (tmp_path / "diary").read_text().count("asked") == len(due - set(finished)) * len(FRACTIONS)


@pytest.mark.parametrize("level", ["unit", "region", "nation", "unit+nation", "station"])
def test_every_level_can_be_tried(level, tmp_path):
    table = backtest(plan_of({"raw": RawCount()}, levels=(level,), seeds=(1,)), tmp_path)
    assert (table["error"] - table["raw_error"]).abs().max() < 1e-9
