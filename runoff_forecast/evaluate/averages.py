"""Averages over many forecasts with their uncertainty, and what of them is drawn: coverage, PIT, reliability."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy.stats import beta, binom, t

from .scores import COVERED, MASSES


@dataclass(frozen=True)
class Average:
    """A mean over forecasts, with the uncertainty that is left where those of a cluster are alike."""

    mean: float
    se: float
    """NaN with fewer than two clusters."""
    low: float
    high: float
    """A 95 % interval, Student's t with one degree of freedom fewer than there are clusters."""
    forecasts: int
    clusters: int


def average(values: pd.Series, clusters: pd.Series) -> Average:
    """The mean of the known values; forecasts of a cluster (a night) may rise and fall together.

    Standard error of a ratio of cluster sums (Cochran 1977, section 9.9).
    """
    known = values.notna().to_numpy()
    numbers = values.to_numpy()[known].astype(float)
    if not len(numbers):
        return Average(np.nan, np.nan, np.nan, np.nan, 0, 0)
    mean = float(numbers.mean())
    code, names = pd.factorize(clusters.to_numpy()[known])
    sums, size = np.bincount(code, numbers - mean), len(names)
    se = float(np.sqrt(size / (size - 1) * np.square(sums).sum()) / len(numbers)) if size > 1 else np.nan
    low, high = mean + t.ppf([0.025, 0.975], size - 1) * se if size > 1 else (np.nan, np.nan)
    return Average(mean, se, float(low), float(high), len(numbers), size)


def averages(
    scores: pd.DataFrame, columns: Sequence[str], *, by: Sequence[str], cluster: str = "night"
) -> pd.DataFrame:
    """The average of each score column in every group: the columns `by`, score, and those of `Average`."""
    rows = []
    for key, group in scores.groupby(list(by), sort=False):
        named = dict(zip(by, key, strict=True))
        rows += [named | {"score": column} | asdict(average(group[column], group[cluster])) for column in columns]
    return pd.DataFrame(rows, columns=[*by, "score", *Average.__dataclass_fields__])


def coverage(scores: pd.DataFrame, *, by: Sequence[str], cluster: str = "night") -> pd.DataFrame:
    """How often each interval held the result: `by`, mass, and the columns of `Average`."""
    table = averages(scores, COVERED, by=by, cluster=cluster)
    table[["low", "high"]] = table[["low", "high"]].clip(0.0, 1.0)
    table.insert(len(by), "mass", table.pop("score").map(dict(zip(COVERED, MASSES, strict=True))))
    return table


def shortfalls(scores: pd.DataFrame, *, by: Sequence[str], level: float = 0.01) -> pd.DataFrame:
    """Groups in which an interval held the result less often than it said, beyond chance.

    One-sided binomial tests, Bonferroni-corrected over all groups and masses: `by`, mass, forecasts, held, p_value
    (corrected). A group should hold one forecast a night, since the test takes them as independent. Groups of few
    forecasts cannot fall short of a low mass: see `testable`.
    """
    rows = []
    for key, group in scores.groupby(list(by), sort=False):
        for mass, column in zip(MASSES, COVERED, strict=True):
            size, held = len(group), int(group[column].sum())
            chance = float(binom.cdf(held, size, mass))
            rows.append(
                dict(zip(by, key, strict=True)) | {"mass": mass, "forecasts": size, "held": held, "p_value": chance}
            )
    table = pd.DataFrame(rows, columns=[*by, "mass", "forecasts", "held", "p_value"])
    table["p_value"] = np.minimum(table["p_value"] * len(table), 1.0)
    return table[table["p_value"] < level].reset_index(drop=True)


def testable(scores: pd.DataFrame, *, by: Sequence[str], level: float = 0.01) -> list[float]:
    """The masses of which the smallest group could fall short in the test of `shortfalls`, were none of its forecasts
    held."""
    sizes = scores.groupby(list(by), sort=False).size()
    tests = len(sizes) * len(MASSES)
    return [mass for mass in MASSES if (1.0 - mass) ** sizes.min() * tests < level]


def pit_histogram(scores: pd.DataFrame, *, bins: int = 10) -> pd.DataFrame:
    """Share of forecasts whose PIT lies in each of equal bins: left, right, share, low, high.

    low and high are the 95 % limits within which chance leaves a calibrated forecaster's share, for as many
    independent nights as there are.
    """
    edges = np.linspace(0.0, 1.0, bins + 1)
    count, _ = np.histogram(scores["pit"], edges)
    nights = scores["night"].nunique()
    low, high = binom.interval(0.95, nights, 1.0 / bins)
    table = pd.DataFrame({"left": edges[:-1], "right": edges[1:], "share": count / max(count.sum(), 1)})
    return table.assign(low=low / nights, high=high / nights)


def reliability(scores: pd.DataFrame, *, bins: int = 10) -> pd.DataFrame:
    """How often the favourite won, by the chance it was given: said, came, low, high, forecasts.

    Bins of the favourite's probability, filled equally as far as equal chances allow; low and high are Jeffreys' 95 %
    interval, in which a night counts once.
    """
    won = (scores["favourite"] == scores["winner"]).to_numpy(float)
    table = pd.DataFrame({"said": scores["favourite_probability"], "came": won, "night": scores["night"]})
    place = pd.qcut(table["said"], min(bins, len(table)), labels=False, duplicates="drop")
    grouped = table.groupby(place)
    found = grouped.agg(
        said=("said", "mean"), came=("came", "mean"), forecasts=("came", "size"), nights=("night", "nunique")
    )
    wins, losses = found["came"] * found["nights"], (1.0 - found["came"]) * found["nights"]
    found["low"] = beta.ppf(0.025, wins + 0.5, losses + 0.5)
    found["high"] = beta.ppf(0.975, wins + 0.5, losses + 0.5)
    return found.reset_index(drop=True)
