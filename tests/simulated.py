"""A small election with a known end: 36 units of four regions, one of them overseas, some 700 stations."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from runoff_forecast.count import Counts
from runoff_forecast.election import Candidate, Election
from runoff_forecast.evaluate import Truth
from runoff_forecast.models.yardsticks import RawCount
from runoff_forecast.outcome import Forecast

REGIONS = ("capital", "north", "south", "abroad")
UNITS_OF_REGION = (10, 12, 10, 4)
VALID_PER_STATION = 200


def election(seed: int = 1, candidates: int = 2) -> Election:
    """Big units in the capital, small ones elsewhere; the candidates' own lists among three in the baseline."""
    rng = np.random.default_rng(seed)
    region = np.repeat(REGIONS, UNITS_OF_REGION)
    typical = np.repeat([40, 12, 14, 6], UNITS_OF_REGION)
    stations = np.maximum(1, (typical * np.exp(0.7 * rng.standard_normal(len(region)))).round()).astype(int)
    names = ("ana", "bea", "caro")[:candidates]
    leaning = np.repeat([[0.2, 0.4], [0.4, 0.2], [0.45, 0.2], [0.1, 0.5]], UNITS_OF_REGION, axis=0)
    leaning = np.column_stack([leaning, 1 - leaning.sum(axis=1)])
    share = leaning * np.exp(0.3 * rng.standard_normal(leaning.shape))
    baseline = (share / share.sum(axis=1, keepdims=True) * stations[:, None] * VALID_PER_STATION).round()
    units = pd.DataFrame({"unit": [f"u{number:02d}" for number in range(len(region))], "region": region})
    units["kind"] = np.where(region == "abroad", "overseas", np.where(stations >= 20, "urban", "rural"))
    units["stations"] = stations
    units["electorate"] = stations * 400
    units["baseline_ballots"] = baseline.sum(axis=1) + 5
    units[["baseline_ana", "baseline_bea", "baseline_caro"]] = baseline
    return Election.from_frames(
        id="small",
        title="A small runoff",
        date=date(2021, 6, 6),
        timezone="America/Lima",
        candidates=[Candidate(name, name.title()) for name in names],
        units=units,
    )


def truth(seed: int = 1, candidates: int = 2, correlation: float = 0.02) -> Truth:
    """Votes that follow the baseline, with a leaning of each unit of its own."""
    contest, rng = election(seed, candidates), np.random.default_rng([seed, 7])
    own = contest.baseline.to_numpy()[:, :candidates]
    share = own * np.exp(0.2 * rng.standard_normal(own.shape))
    share /= share.sum(axis=1, keepdims=True)
    valid = contest.units["stations"].to_numpy() * VALID_PER_STATION * np.exp(0.1 * rng.standard_normal(len(own)))
    votes = (share * valid[:, None]).round()
    spoilt = np.column_stack([0.02 * valid, 0.03 * valid]).round()
    return Truth.from_totals(contest, np.hstack([votes, spoilt]), rng=rng, correlation=correlation)


@dataclass(frozen=True)
class Sleepy:
    """A model that takes its time and writes down that it was asked."""

    diary: str
    seconds: float = 0.05

    def __call__(self, counts: Counts, *, rng: np.random.Generator) -> Forecast:
        """The raw count, after a while."""
        import time
        from pathlib import Path

        with Path(self.diary).open("a") as diary:
            diary.write("asked\n")
        time.sleep(self.seconds)
        return RawCount()(counts, rng=rng)


@dataclass(frozen=True)
class Broken:
    """A model that never works."""

    def __call__(self, counts: Counts, *, rng: np.random.Generator) -> Forecast:  # noqa: ARG002
        """Nothing."""
        raise ArithmeticError("no mode")
