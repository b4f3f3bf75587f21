"""The track record: what is tried, the tables that say how it went, and whether the bars that were set are met."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import t

from ..models import StratifiedArrival
from ..models.design_based import DesignBased
from ..models.yardsticks import DistrictDirichlet, RawCount, StratifiedExtrapolation, UniformSwing
from ..sources import load
from ..sources.stations import STATION_FILES, read_stations
from .averages import averages, shortfalls, testable
from .backtest import Backtest
from .calls import calls_of, calls_summary
from .paths import on_path
from .replay import Model, replay, spread_over
from .sensitivity import DriftTimes, LatestOnly
from .truth import Truth
from .working import ALONE, Workers

OURS = "stratified arrival"
NO_DRIFT = "stratified arrival, no drift"
FRACTIONS = (0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.97)
LATEST = "stratified arrival, latest state only"
BETWEEN = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How much of an order on the national path is between regions."""
PATH_FRACTIONS = (0.2, 0.46, 0.8)
EARLY, LATER = 0.46, 0.8
"""Shares counted at which orders on the national path are judged."""
LEVELS = ("unit", "unit+nation", "region", "nation")
CELL = ["order", "level", "fraction"]
ADVERSARIAL = ("adversarial", "missing by vote")
"""Orders set against the eventual winner, which no office works in; calls under them are told apart."""
USUAL = ("urban first", "mixed")
"""Orders whose coverage is held against its promise."""
MADE_UP = " (made-up stations)"
MOMENTS = 12
"""Of a real night, at most, spread over it."""

POINTS = ("absolute_error", "crps", "interval_score_90", "width_90")
"""Scores told in points."""
SHARES = ("covered_50", "covered_80", "covered_90", "covered_95")


def yardsticks() -> dict[str, Model]:
    """The simple models that ours is held against."""
    return {
        "raw count": RawCount(),
        "by region": StratifiedExtrapolation("region"),
        "by district": StratifiedExtrapolation("unit"),
        "uniform swing": UniformSwing(),
        "district Dirichlet": DistrictDirichlet(),
        "design-based": DesignBased(),
    }


def known_truths(reference: Path, *, seed: int = 1) -> tuple[dict[str, Truth], list[str]]:
    """Truths of the elections with a station file, and what is skipped and why where one is missing.

    There, stations made up from the bundled result by district stand in, under a name that says so.
    """
    truths: dict[str, Truth] = {}
    skipped = []
    for name in STATION_FILES:
        truth, missing = known_truth(name, reference, seed=seed)
        truths[name if missing is None else name + MADE_UP] = truth
        if missing is not None:
            skipped.append(f"{name} by its real stations: there is no {missing}")
    return truths, skipped


def known_truth(name: str, reference: Path, *, seed: int = 1) -> tuple[Truth, str | None]:
    """An election by its real stations; or where their file is missing by made-up ones, and that file's name."""
    night = load(name)
    try:
        return Truth.from_stations(night.election, read_stations(name, reference)), None
    except FileNotFoundError as missing:
        made_up = Truth.from_result(night.election, night.result, rng=np.random.default_rng(seed))
        return made_up, missing.filename


def plan_of(truths: Mapping[str, Truth], *, seeds: Sequence[int], draws: int = 2000) -> tuple[Backtest, ...]:
    """The nights of the record: all orders and levels for all models, and, in no order, ours without its drift."""
    ours = StratifiedArrival(draws=draws)
    all_models: dict[str, Model] = {OURS: ours, **yardsticks()}
    first = Backtest(truths, all_models, levels=LEVELS, seeds=seeds, fractions=FRACTIONS)
    random = {"random": first.orders["random"]}
    without = Backtest(truths, {NO_DRIFT: DriftTimes(ours, 1e-3)}, random, ("unit",), seeds, FRACTIONS)
    return first, without


def path_plans(truths: Mapping[str, Truth], *, seeds: Sequence[int], draws: int = 2000) -> tuple[Backtest, ...]:
    """Counts by region under orders that all reproduce the first national bulletin of the night as it was."""
    ours = StratifiedArrival(draws=draws)
    models = {OURS: ours} | {name: yardsticks()[name] for name in ("raw count", "by region", "uniform swing")}
    plans = []
    for name, truth in truths.items():
        counts = load(name.removesuffix(MADE_UP)).counts
        first = counts.until(counts.times[0]).latest
        orders = {
            f"{between:.0%} between regions": on_path(truth, between, first.counted_share, first.margin)
            for between in BETWEEN
        }
        plans.append(Backtest({name: truth}, models, orders, ("region",), seeds, PATH_FRACTIONS))
        few = seeds[: max(len(seeds) // 4, 1)]
        plans.append(Backtest({name: truth}, {LATEST: LatestOnly(ours)}, orders, ("region",), few, PATH_FRACTIONS))
    return tuple(plans)


def real_nights(model: Model, names: Sequence[str], *, seed: int = 1, workers: Workers = ALONE) -> pd.DataFrame:
    """Scores of a model on bundled nights as they were: election, night, model, and the fields of `Scores`.

    A last snapshot that is itself the result is no forecast, and is left out.
    """
    parts = []
    for name in names:
        night = load(name)
        if night.result is None or not len(night.counts):
            continue
        times = night.counts.times[:-1] if night.counts.latest.votes.equals(night.result.votes) else night.counts.times
        played = replay(model, night, times=spread_over(times, MOMENTS), seed=seed, workers=workers)
        parts.append(played.scores.reset_index().assign(election=name, night=name, model=OURS))
    return pd.concat(parts, ignore_index=True)


@dataclass(frozen=True, eq=False)
class Record:
    """Scores of the simulated nights, in tables and against the bars."""

    scores: pd.DataFrame

    @cached_property
    def known(self) -> pd.DataFrame:
        """The forecasts that did not fail, with their absolute error."""
        found = self.scores[self.scores["failed"].isna()]
        return found.astype(dict.fromkeys(SHARES, float)).assign(absolute_error=found["error"].abs())

    def table(self, by: Sequence[str]) -> pd.DataFrame:
        """One row a model and group: forecasts, nights, absolute error, CRPS, interval score (points), coverage."""
        groups = self.known.groupby(["model", *by], sort=False)
        sizes = groups.agg(forecasts=("crps", "size"), nights=("night", "nunique"))
        means = groups[[*POINTS, *SHARES, "brier", "log_score", "seconds"]].mean()
        means[list(POINTS)] *= 100
        return sizes.join(means).reset_index()

    def calls(self) -> pd.DataFrame:
        """Calls by model, those under adversarial orders apart."""
        known = self.known[self.known["model"] != NO_DRIFT]
        parts = []
        for name, against in (("others", False), ("adversarial", True)):
            chosen = known[known["order"].isin(ADVERSARIAL) == against]
            parts.append(calls_summary(calls_of(chosen, by=("model", "night"))).assign(orders=name))
        return pd.concat(parts, ignore_index=True)

    def failures(self) -> pd.Series:
        """Number of failed forecasts by model and reason."""
        failed = self.scores[self.scores["failed"].notna()]
        return failed.groupby(["model", "failed"]).size()

    def usual_coverage(self) -> pd.DataFrame:
        """Coverage of ours under the usual orders by election and together; held: within 1 % limits, by night."""
        ours = self.known[(self.known["model"] == OURS) & self.known["order"].isin(USUAL)]
        parts = [
            averages(ours, SHARES[:3], by=["election"]),
            averages(ours.assign(election="all"), SHARES[:3], by=["election"]),
        ]
        table = pd.concat(parts, ignore_index=True)
        table["promised"] = table["score"].map(dict(zip(SHARES, (0.5, 0.8, 0.9, 0.95), strict=True)))
        reach = t.ppf(0.995, table["clusters"] - 1) * table["se"]
        return table.assign(held=(table["mean"] - table["promised"]).abs() <= reach)

    def too_narrow(self) -> pd.DataFrame:
        """Cells of order x level x fraction in which intervals of ours held less often than promised, beyond chance."""
        ours = self.known[self.known["model"] == OURS]
        return shortfalls(ours, by=CELL)

    def testable(self) -> list[float]:
        """Masses that a cell has forecasts enough to fall short of."""
        return testable(self.known[self.known["model"] == OURS], by=CELL)

    def against_the_best(self) -> pd.DataFrame:
        """Ours over the best yardstick, by level and order: ratios of mean CRPS and interval score, same nights."""
        known = self.known[self.known["model"] != NO_DRIFT]
        moment = pd.MultiIndex.from_frame(known[["night", "fraction"]])
        known = known[moment.isin(moment[known["model"] == OURS])]
        means = known.groupby(["level", "order", "model"], sort=False)[["crps", "interval_score_90"]].mean()
        ours = means.xs(OURS, level="model")
        best = means.drop(OURS, level="model").groupby(["level", "order"], sort=False).min()
        return (ours / best.reindex(ours.index)).reset_index()

    def gain_of_history(self) -> tuple[float, float]:
        """CRPS and 90 % width from the latest state alone, over those from the night so far; same nights."""
        both = self.known[self.known["night"].isin(self.known.loc[self.known["model"] == LATEST, "night"])]
        means = both.groupby("model")[["crps", "width_90"]].mean()
        ratio = means.loc[LATEST] / means.loc[OURS]
        return float(ratio["crps"]), float(ratio["width_90"])

    def learning(self) -> pd.Series:
        """Mean absolute error at `LATER` over that at `EARLY`, by model."""
        means = self.known.groupby(["fraction", "model"], sort=False)["absolute_error"].mean()
        return means[LATER] / means[EARLY]

    def coverage_at(self, fraction: float) -> pd.DataFrame:
        """Coverage of ours at a share counted, with its error clustered by election."""
        ours = self.known[(self.known["model"] == OURS) & (self.known["fraction"] == fraction)]
        return averages(ours.assign(all="all"), SHARES[:3], by=["all"], cluster="election")

    def price_of_drift(self) -> float:
        """How many times as wide the 90 % interval is as without drift, under the random order, by district."""
        chosen = self.known[(self.known["order"] == "random") & (self.known["level"] == "unit")]
        width = chosen.groupby("model")["width_90"].mean()
        return float(width[OURS] / width[NO_DRIFT]) if {OURS, NO_DRIFT} <= set(width.index) else np.nan


def markdown(table: pd.DataFrame, *, digits: Mapping[str, int] | None = None) -> str:
    """A table in Markdown; numbers with as many digits as said, three where nothing is said."""
    digits = digits or {}

    def cell(column: str, value: object) -> str:
        if isinstance(value, bool | np.bool_):
            return "yes" if value else "no"
        if isinstance(value, float | np.floating):
            return "–" if np.isnan(value) else f"{value:.{digits.get(column, 3)}f}"
        return str(value)

    columns = list(table.columns)
    rows = [
        [cell(column, value) for column, value in zip(columns, row, strict=True)]
        for row in table.itertuples(index=False)
    ]
    head = [columns, ["---"] * len(columns)]
    return "\n".join("| " + " | ".join(line) + " |" for line in [*head, *rows])
