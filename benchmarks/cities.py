"""Thirty nights in their real order of arrival, which nothing is learnt from: `python -m benchmarks.cities`.

Turkey's local elections of 31 March 2019: the two first of each metropolitan municipality's contest for mayor, by
neighbourhood, by district and in all; the moment of each ballot box is known, and the presidential election of 2018 is
the baseline. The boxes come with the Python package `ysk` (data/README.md says how to get at it). The tables go to
MODEL.md, between the lines `<!-- cities -->` and `<!-- /cities -->`.
"""

from __future__ import annotations

import argparse
from datetime import date

import numpy as np
import pandas as pd

import runoff_forecast as rf
from data.compile.turkey_2023 import BOX, ZONE, read_contest
from runoff_forecast.evaluate import Workers, replay
from runoff_forecast.evaluate.record import markdown
from runoff_forecast.models import StratifiedArrival

from .card import into_card

BEFORE, CONTEST = ("2018-06-24", "CB"), ("2019-03-31", "BBB")
"""Day and office (president, mayor of a metropolitan municipality) of the baseline and of the contest."""
PLACES = ["il_id", "ilce_id", "mahalle_id"]
"""Province, district, neighbourhood"""
LISTS = {
    "recep_tayyip_erdogan": "erdogan",
    "muharrem_ince": "ince",
    "selahattin_demirtas": "demirtas",
    "meral_aksener": "aksener",
    "temel_karamollaoglu": "karamollaoglu",
}
URBAN_FROM = 3000
"""Registered voters of a neighbourhood from which it is urban."""
SHARES = (0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 0.95)
"""Shares of the boxes that are in at the moments looked at."""
LEVELS = {"unit": "neighbourhoods", "region": "districts", "nation": "the city's totals"}


def main() -> None:
    """Replay, print, and write into the card."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cities", description=main.__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=-1, help="processes; -1: one for each core")
    chosen = parser.parse_args()
    workers, model = Workers(jobs=chosen.jobs, progress=True), StratifiedArrival(draws=chosen.draws)
    parts = []
    before, boxes = read(*BEFORE), read(*CONTEST)
    for province, part in boxes.groupby("il_id"):
        for level in LEVELS:
            night = night_of(part, before[before["il_id"] == province], level)
            played = replay(model, night, seed=1, workers=workers)
            parts.append(played.scores.reset_index().assign(city=part["il"].iloc[0], level=level))
    text = tables(pd.concat(parts, ignore_index=True))
    into_card("cities", text)
    print(text)


def read(day: str, office: str) -> pd.DataFrame:
    """The boxes at home of one contest: places, moment, voters, ballots and, by option, votes."""
    columns = ["kapsam_detay", *PLACES, "il", "mahalle", "son_guncelleme", "kayitli_secmen", "oy_kullanan"]
    table, votes = read_contest(day, office, columns)
    table = pd.concat([table, votes.loc[:, votes.sum() > 0].fillna(0)], axis=1)
    table = table[table["kapsam_detay"].astype(str) == BOX]
    codes = table[PLACES].astype(str)
    return table.assign(
        unit=codes["ilce_id"] + "-" + codes["mahalle_id"],
        region="d" + codes["ilce_id"],
        time=pd.to_datetime(table["son_guncelleme"].astype(str), utc=True, format="ISO8601"),
        counted=1,
    ).sort_values("time", kind="stable")


def night_of(boxes: pd.DataFrame, before: pd.DataFrame, level: str) -> rf.Night:
    """One city's night, published at a level; its two first candidates, in the order of the alphabet."""
    options = boxes.columns.difference(["counted"], sort=False)
    options = [name for name in options if pd.api.types.is_numeric_dtype(boxes[name])]
    options = [name for name in options if name not in (*PLACES, "kayitli_secmen", "oy_kullanan")]
    candidates = sorted(boxes[options].sum().nlargest(2).index)
    election = rf.Election.from_frames(
        id="city",
        title=f"{boxes['il'].iloc[0]}, mayor",
        date=date.fromisoformat(CONTEST[0]),
        timezone=ZONE,
        candidates=[rf.Candidate(name, name) for name in candidates],
        units=register(boxes, before),
        rule="runoff",
    )
    columns = ["counted", *candidates]
    result = boxes.groupby("unit")[candidates].sum().reset_index(names="place").assign(level="unit")
    rows = counts(boxes, columns, level)
    return rf.Night(election, rf.Counts.from_frame(election, rows), rf.Result.from_frame(election, result))


def register(boxes: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """The neighbourhoods; who votes elsewhere than registered, as officials may, is added to the electorate."""
    units = boxes.groupby("unit").agg(
        region=("region", "first"),
        name=("mahalle", "first"),
        stations=("counted", "sum"),
        electorate=("kayitli_secmen", "sum"),
        ballots=("oy_kullanan", "sum"),
    )
    units["electorate"] = units[["electorate", "ballots"]].max(axis=1).clip(lower=1).astype(int)
    units["kind"] = np.where(units["electorate"] > URBAN_FROM, "urban", "rural")
    old = before.groupby("unit")[[*LISTS, "oy_kullanan"]].sum().reindex(units.index)
    old = old.where(old["oy_kullanan"] > 0).astype("Int64")
    names = {name: f"baseline_{short}" for name, short in LISTS.items()} | {"oy_kullanan": "baseline_ballots"}
    return units.drop(columns="ballots").join(old.rename(columns=names)).reset_index()


def counts(boxes: pd.DataFrame, columns: list[str], level: str) -> pd.DataFrame:
    """counts.csv: what had come in when each share of the boxes had, at a level."""
    parts = []
    for share in SHARES:
        state = boxes.iloc[: int(np.ceil(share * len(boxes)))]
        place = pd.Series("", index=state.index) if level == "nation" else state[level]
        rows = state.groupby(place)[columns].sum().reset_index(names="place")
        parts.append(rows.assign(time=state["time"].iloc[-1].isoformat(), level=level))
    return pd.concat(parts, ignore_index=True).drop_duplicates(["time", "place"], keep="last")


def tables(scores: pd.DataFrame) -> str:
    """By level, over all cities and moments; and the CRPS and coverage by the share that is in."""
    points = ["raw", "error", "crps", "interval_score_90"]
    covered = [f"covered_{mass}" for mass in (50, 80, 90)]
    table = scores.assign(raw=scores["raw_error"].abs(), error=scores["error"].abs())
    table[points] *= 100
    table[covered] = table[covered].astype(float)
    table["moment"] = table.groupby(["city", "level"]).cumcount().map(dict(enumerate(SHARES)))
    by_level = table.groupby("level", sort=False)
    found = by_level.agg({"time": "size"} | dict.fromkeys([*points, *covered], "mean"))
    found = found.rename(index=LEVELS, columns={"time": "forecasts"}).reset_index(names="counts by")
    late = table.pivot_table(index="level", columns="moment", values=["crps", "covered_90"])
    lines = [
        {"counts by": LEVELS[str(level)], "score": score}
        | {f"{share:.0%}": late.loc[level, (score, share)] for share in SHARES}
        for level in LEVELS
        for score in ("crps", "covered_90")
    ]
    digits = dict.fromkeys(points, 2)
    return (
        f"{table['city'].nunique()} cities, {len(SHARES)} moments each, in points.\n\n"
        + markdown(found, digits=digits)
        + "\n\nBy the share of the boxes that is in:\n\n"
        + markdown(pd.DataFrame(lines), digits=dict.fromkeys([f"{share:.0%}" for share in SHARES], 2))
    )


if __name__ == "__main__":
    main()
