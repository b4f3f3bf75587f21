"""The counts that are timed: Peru 2021 by region, district and station, and made-up registers of any size."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

import runoff_forecast as rf
from runoff_forecast.count import Counts
from runoff_forecast.election import Candidate, Election
from runoff_forecast.evaluate import BySize, Level, Truth, Whole, simulate
from runoff_forecast.evaluate.record import known_truth

ROOT = Path(__file__).resolve().parents[1]
OFFICE_FILES = ROOT.parent / "shared" / "data"
FIRST_ROUND = "peru-2026-first-round"
FINAL_LISTS = f"{FIRST_ROUND}/district-final.csv.gz"
ELECTION = "peru-2021-runoff"
NIGHT = "2021-06-07T15:21:00-05:00"
"""The first moment at which Peru 2021 is known by district."""
HISTORY = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
SEED = 3
LISTS = 6


def has_stations() -> bool:
    """Whether the office's station files are there."""
    return OFFICE_FILES.is_dir()


@cache
def truth() -> Truth:
    """Peru 2021 by station; made up from the result by district where the office's file is not there."""
    return known_truth(ELECTION, OFFICE_FILES, seed=SEED)[0]


def peru(level: Level, fraction: float) -> Counts:
    """The night of the 2,082 districts (86,488 stations at level `station`) until a fraction of the stations is in."""
    return _so_far(truth(), level, fraction)


def regions(fraction: float) -> Counts:
    """The same night where the register itself has regions only."""
    of_regions = replace(
        truth(), election=_by_region(truth().election), unit=truth().election.region_index[truth().unit]
    )
    return _so_far(of_regions, "unit", fraction)


def _so_far(night: Truth, level: Level, fraction: float) -> Counts:
    moments = (*(f for f in HISTORY if f < fraction), fraction)
    return simulate(night, BySize(), level=level, fractions=moments, rng=np.random.default_rng(SEED)).counts


def whole_districts(fraction: float) -> Counts:
    """Districts that come in whole, which is what the peers are made for."""
    order = Whole(BySize())
    return simulate(truth(), order, level="unit", fractions=(fraction,), rng=np.random.default_rng(SEED)).counts


def real_districts() -> Counts:
    """The districts of Peru 2021 as they were known at a moment of the night, without the nation's row beside them,
    which the peers cannot read."""
    counts = rf.load(ELECTION).counts.until(NIGHT)
    return Counts.from_frame(counts.election, counts.frame[counts.frame["level"] == "unit"])


def _by_region(election: Election) -> Election:
    code, names = election.region_index, election.regions.index
    units = election.units.groupby(names[code]).agg(
        region=("region", "first"),
        area=("region", "first"),
        kind=("kind", lambda kinds: kinds.mode().iloc[0]),
        name=("region", "first"),
        stations=("stations", "sum"),
        electorate=("electorate", "sum"),
        baseline_ballots=("baseline_ballots", "sum"),
    )
    baseline = election.baseline.groupby(names[code]).sum()
    order = pd.Index(names, name="unit")
    return replace(election, units=units.loc[order], baseline=baseline.loc[order], unit="region")


def first_round(election: str) -> Counts:
    """The first bulletin of a bundled first round."""
    counts = rf.load(election).counts
    return counts.until(counts.times[0])


def final_lists(candidates: int) -> Counts:
    """The lists of Peru's first round of 2026 by district, the smaller ones pooled, half of each district in.

    From the office's file, which has more lists than the bundled folder.
    """
    votes = pd.read_csv(OFFICE_FILES / FINAL_LISTS, dtype={"ubigeo": str}).set_index("ubigeo")
    lists = votes.drop(columns=["cast", "blank", "null", "other"]).sum().nlargest(candidates - 1).index
    rest = Candidate("rest", "Other lists", pooled=True)
    election = replace(rf.load(FIRST_ROUND).election, candidates=(*(Candidate(n, n.title()) for n in lists), rest))
    votes = votes.loc[election.units.index]
    tally = votes[list(lists)].assign(rest=votes.drop(columns=["cast", "blank", "null", *lists]).sum(axis=1))
    rng, parts = np.random.default_rng(SEED), []
    start = pd.Timestamp(election.date).tz_localize(election.timezone) + pd.Timedelta(hours=18)
    for hour, share in enumerate((0.2, 0.35, 0.5)):
        in_so_far = np.clip(rng.normal(share, 0.02, len(tally)), 0.0, 1.0)
        part = (tally.mul(in_so_far, axis=0)).round().assign(counted_share=in_so_far, level="unit", place=tally.index)
        parts.append(part.assign(time=start + pd.Timedelta(hours=hour)))
    return Counts.from_frame(election, pd.concat(parts, ignore_index=True))


def synthetic(units: int, fraction: float = 0.5) -> Counts:
    """A made-up register of one-station units in 30 regions, and a count of a part of it."""
    rng = np.random.default_rng(SEED)
    areas = max(30, min(2000, units // 10))
    area = np.sort(rng.integers(0, areas, units))
    region = area * 30 // areas
    lean = 0.6 * rng.standard_normal(30)[region] + 0.4 * rng.standard_normal(areas)[area]
    lean += 0.3 * rng.standard_normal(units)
    size = np.maximum(60, rng.lognormal(5.4, 0.3, units)).round()
    votes = np.minimum(size, 0.72 * size * np.exp(0.1 * rng.standard_normal(units))).astype(int)
    first = rng.binomial(votes, 1.0 / (1.0 + np.exp(-0.9 * lean - 0.2 * rng.standard_normal(units))))
    election = _register(lean, size, region, area, rng)
    seen = np.sort(rng.permutation(units)[: int(fraction * units)])
    frame = pd.DataFrame({"place": election.units.index[seen], "counted": 1, "ana": first[seen]})
    frame = frame.assign(bea=votes[seen] - first[seen], level="unit", time=pd.Timestamp("2021-06-06T22:00:00Z"))
    return Counts.from_frame(election, frame)


def _register(
    lean: np.ndarray, size: np.ndarray, region: np.ndarray, area: np.ndarray, rng: np.random.Generator
) -> Election:
    pull = np.linspace(1.0, -1.0, LISTS)
    lists = np.exp(lean[:, None] * pull) * rng.gamma(20.0, 1.0, (len(lean), LISTS))
    lists *= (0.75 * size / lists.sum(axis=1))[:, None]
    units = pd.DataFrame({"unit": [f"u{n:06d}" for n in range(len(lean))], "stations": 1, "electorate": size})
    units["region"] = np.char.mod("r%02d", region)
    units["area"] = np.char.mod("a%04d", area)
    units["kind"] = np.where(size > 220, "urban", "rural")
    units["baseline_ballots"] = (0.8 * size).round()
    units[[f"baseline_list{number}" for number in range(LISTS)]] = lists.round()
    return Election.from_frames(
        id="synthetic",
        title="A made-up runoff",
        date=date(2021, 6, 6),
        timezone="UTC",
        candidates=[Candidate("ana", "Ana", baseline="list0"), Candidate("bea", "Bea", baseline="list5")],
        units=units,
    )
