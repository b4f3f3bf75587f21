"""A country that no prior was learnt from: `python -m benchmarks.elsewhere`.

France 2012 by constituency, in orders of arrival of its own. The tables go to MODEL.md, between the lines
`<!-- elsewhere -->` and `<!-- /elsewhere -->`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

import runoff_forecast as rf
from runoff_forecast.evaluate import (
    Backtest,
    Blend,
    ByList,
    KindLast,
    Random,
    RegionLast,
    RegionsInTurn,
    Truth,
    Whole,
    Workers,
    backtest,
)
from runoff_forecast.evaluate.record import FRACTIONS, OURS, Record, markdown, yardsticks
from runoff_forecast.models import StratifiedArrival, learnt_priors

from .card import README, into_card

ELECTION = "france-2012-runoff"
VILLAGES = ByList("le_pen")
"""The far right was strong in villages, and these report first."""
ORDERS = {
    "random": Random(),
    "villages first": VILLAGES,
    "cities first": ByList("le_pen", strength=-1.0),
    "whole units, villages first": Whole(ByList("le_pen", station_noise=0.0)),
    "regions in turn": RegionsInTurn(),
    "mixed": Blend((RegionsInTurn(), VILLAGES)),
    "one region last": RegionLast(rest=VILLAGES),
    "overseas last": KindLast(rest=VILLAGES),
}
LEVELS = {"unit": "by constituency", "region": "by region", "nation": "by national totals"}
"""Levels, in words."""
BEFORE = "the same, without leanings"
COLUMNS = ["absolute_error", "crps", "interval_score_90", "covered_50", "covered_80", "covered_90"]


def main() -> None:
    """Replay, print, and write into the card."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.elsewhere", description=main.__doc__)
    parser.add_argument("--folder", type=Path, help="where finished cells are kept; a later run goes on from there")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--draws", type=int, default=1000)
    chosen = parser.parse_args()
    with TemporaryDirectory() as passing:
        record = Record(replayed(chosen.folder or Path(passing), range(1, chosen.seeds + 1), chosen.draws))
    text = tables(record)
    into_card("elsewhere", text)
    into_card("elsewhere", in_short(record), README)
    print(text)


def replayed(folder: Path, seeds: range, draws: int) -> pd.DataFrame:
    """Scores of all nights: ours at every level beside two simple models, and by region what leanings do."""
    night = rf.load(ELECTION)
    truth = Truth.from_result(night.election, night.result, rng=np.random.default_rng(1))
    simple = {name: yardsticks()[name] for name in ("by region", "uniform swing")}
    straight = learnt_priors(truth.election).with_changes({"arrival_lean": 1e-9})
    every = Backtest(
        {ELECTION: truth}, {OURS: StratifiedArrival(draws=draws), **simple}, ORDERS, tuple(LEVELS), seeds, FRACTIONS
    )
    before = Backtest(
        {ELECTION: truth},
        {BEFORE: StratifiedArrival(draws=draws, priors=straight)},
        ORDERS,
        ("region",),
        seeds,
        FRACTIONS,
    )
    workers = Workers(jobs=-1, progress=True)
    return pd.concat([backtest(plan, folder, workers=workers) for plan in (every, before)], ignore_index=True)


def tables(record: Record) -> str:
    """By model and level, and ours by order of arrival."""
    by_level = record.table(["level"])[["model", "level", "forecasts", "nights", *COLUMNS]]
    by_order = record.table(["level", "order"])
    by_order = by_order[by_order["model"] == OURS].drop(columns="model")[["level", "order", "forecasts", *COLUMNS]]
    return f"{markdown(by_level)}\n\n{markdown(by_order)}"


def in_short(record: Record) -> str:
    """What the README says of it."""
    ours = record.table(["level"]).set_index(["model", "level"]).loc[OURS]
    held = [f"{100 * ours.loc[level, 'covered_90']:.0f} % {said}" for level, said in LEVELS.items()]
    return (
        f"On {ours['nights'].sum()} simulated nights of France 2012, an election that no prior is learnt from, the "
        f"90 % interval held in {', '.join(held[:-1])} and {held[-1]}."
    )


if __name__ == "__main__":
    main()
