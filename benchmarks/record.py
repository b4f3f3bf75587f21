"""The track record, made anew: `python -m benchmarks.record`.

Replays of simulated nights on real station files (../shared/data, if there) and of the bundled nights as they were.
What is finished is kept in the folder, so that a run that was stopped goes on; the tables go to its record.md and,
between the lines `<!-- record -->` and `<!-- /record -->`, to MODEL.md.
"""

from __future__ import annotations

import argparse
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from runoff_forecast.evaluate import Workers, backtest
from runoff_forecast.evaluate.record import (
    EARLY,
    LATER,
    LATEST,
    OURS,
    Record,
    known_truths,
    markdown,
    path_plans,
    plan_of,
    real_nights,
)
from runoff_forecast.models import StratifiedArrival
from runoff_forecast.report.past_nights import RECORD, record_of
from runoff_forecast.sources import elections, load

from .card import README, into_card

ROOT = Path(__file__).resolve().parents[1]
DIGITS = {"absolute_error": 2, "crps": 3, "interval_score_90": 2, "width_90": 2, "seconds": 2, "median_at": 2}


def main() -> None:
    """Run it."""
    chosen = _arguments()
    workers = Workers(jobs=chosen.jobs, scheduler=chosen.scheduler, progress=True)
    commit, start = _commit(), time.perf_counter()  # before it writes what git would call a change
    truths, skipped = known_truths(chosen.reference)
    plans = plan_of(truths, seeds=range(1, chosen.seeds + 1), draws=chosen.draws)
    scores = pd.concat(
        [
            backtest(plan, chosen.folder / name, workers=workers)
            for plan, name in zip(plans, ("all", "no-drift"), strict=True)
        ]
    )
    paths = path_plans(truths, seeds=range(1, chosen.path_seeds + 1), draws=chosen.draws)
    on_paths = pd.concat([backtest(plan, chosen.folder / f"path-{i}", workers=workers) for i, plan in enumerate(paths)])
    real = real_nights(StratifiedArrival(draws=chosen.draws), list(elections()), workers=workers)
    write_page_record(real)
    minutes = (time.perf_counter() - start) / 60
    text = "\n\n".join([_made(chosen, commit, minutes, skipped), *_sections(Record(scores), Record(on_paths), real)])
    (chosen.folder / "record.md").write_text(text + "\n", encoding="utf-8")
    into_card("record", text)
    into_card("record", in_short(Record(on_paths)), README)
    print(text)


def write_page_record(real: pd.DataFrame) -> None:
    """What the page tells of past nights, kept in the package."""
    titles = pd.Series({name: load(name).election.title for name in elections()})
    record_of(real, titles).round(6).to_csv(RECORD, index=False)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", type=Path, default=ROOT.parent / "shared" / "data", help="the offices' files")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "record", help="where finished cells are kept")
    parser.add_argument("--seeds", type=int, default=5, help="nights of each election, order and level")
    parser.add_argument("--path-seeds", type=int, default=20, help="the same of each order on the national path")
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--jobs", type=int, default=-1, help="processes; -1: one for each core")
    parser.add_argument("--scheduler", help="address of a dask.distributed scheduler")
    return parser.parse_args()


def _made(chosen: argparse.Namespace, commit: str, minutes: float, skipped: list[str]) -> str:
    said = (
        f"Made on {datetime.now(UTC):%Y-%m-%d} at commit {commit}, seeds 1 to {chosen.seeds}, "
        f"{chosen.draws:,} draws, in {minutes:.0f} minutes (cells finished earlier are not in that)."
    )
    missing = [f"Skipped: {reason}; made-up stations stand in." for reason in skipped]
    return " ".join([said, *missing])


def _commit() -> str:
    def git(*arguments: str) -> str:
        found = subprocess.run(["git", *arguments], capture_output=True, text=True, cwd=ROOT, check=False)
        return found.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + (", with changes" if changed else "")


def _sections(record: Record, paths: Record, real: pd.DataFrame) -> list[str]:
    narrow, calls = record.too_narrow(), record.calls()
    masses = " and ".join(f"{mass:.0%}" for mass in record.testable()) or "no mass"
    ratios = record.against_the_best()
    ours = record.table(["fraction"])
    return [
        "### By level\n\n" + markdown(record.table(["level"]).drop(columns="width_90"), digits=DIGITS),
        "### By order of arrival\n\n" + markdown(_short(record.table(["order"])), digits=DIGITS),
        "### By share counted, our model\n\n" + markdown(ours[ours["model"] == OURS], digits=DIGITS),
        "### Calls\n\n" + markdown(calls, digits=DIGITS),
        "### Coverage under the usual orders\n\n" + markdown(record.usual_coverage()),
        f"### Cells below their promise beyond chance: {len(narrow)}\n\n"
        + (markdown(narrow) if len(narrow) else "None.")
        + f"\n\nCells have forecasts enough to fall short of {masses} only.",
        "### Our model over the best yardstick\n\n" + markdown(ratios, digits={"crps": 2, "interval_score_90": 2}),
        f"Where stations come in no order, our 90 % interval by district is {record.price_of_drift():.2f} times as "
        "wide as without drift.",
        *_on_paths(paths),
        "### Nights as they were\n\n" + markdown(_real(real), digits=DIGITS),
        *[f"Failed forecasts: {count} of {model} ({why})." for (model, why), count in record.failures().items()],
    ]


def _on_paths(record: Record) -> list[str]:
    """Counts by region under orders that the nation's path cannot tell apart."""
    early = record.known[record.known["fraction"] == EARLY]
    by_order = (
        Record(early[early["model"] != LATEST]).table(["order"]).drop(columns=["forecasts", "width_90", "covered_95"])
    )
    learning = ", ".join(f"{name} {ratio:.2f}" for name, ratio in record.learning().items())
    crps, width = record.gain_of_history()
    return [
        f"### Counts by department at {EARLY:.0%}, orders on the national path\n\n"
        "Big departments first, big districts first inside them, and mixtures; each as strong as brings the raw margin "
        "of the night's first national bulletin.\n\n"
        + markdown(Record(early).table(["level"]), digits=DIGITS)
        + "\n\n"
        + markdown(by_order, digits=DIGITS)
        + "\n\nCoverage of ours, its error clustered by election:\n\n"
        + markdown(record.coverage_at(EARLY)),
        f"Error at {LATER:.0%} over that at {EARLY:.0%} of the same nights: {learning}. The latest state alone has "
        f"{crps:.2f} times the CRPS of the night so far, and a 90 % interval {width:.2f} times as wide.",
    ]


def in_short(record: Record) -> str:
    """What the README says of counts by region under orders that the nation's path cannot tell apart."""
    early = record.known[record.known["fraction"] == EARLY]
    table = Record(early).table(["level"]).set_index("model")
    ours, simple = table.loc[OURS], table.loc["by region"]
    return (
        f"In {ours['nights']} replays of counts by department under orders of arrival that the national path cannot "
        f"tell apart, at {EARLY:.0%} counted, the mean error was {ours['absolute_error']:.1f} points against "
        f"{simple['absolute_error']:.1f} of extrapolating each department, and the 90 % interval held in "
        f"{ours['covered_90'] * ours['forecasts']:.0f} of {ours['forecasts']}."
    )


def _short(table: pd.DataFrame) -> pd.DataFrame:
    return table[
        ["model", "order", "nights", "absolute_error", "crps", "interval_score_90", "covered_50", "covered_90"]
    ]


def _real(scores: pd.DataFrame) -> pd.DataFrame:
    table = scores.assign(absolute_error=100 * scores["error"].abs(), raw=100 * scores["raw_error"].abs())
    table[["width_90", "crps"]] *= 100
    columns = {"raw": "mean", "absolute_error": "mean", "crps": "mean", "width_90": "mean", "covered_50": "mean"}
    found = table.groupby("election", sort=False).agg(
        {"time": "size", **columns, "covered_90": "mean", "brier": "mean"}
    )
    return found.rename(columns={"time": "moments"}).reset_index()


if __name__ == "__main__":
    main()
