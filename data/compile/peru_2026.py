"""Peru 2026, first round: three weeks of the count by district and consulate city, to 97.9 % of the ballots."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from data.compile import peru, peru_2016, peru_2021
from data.compile.common import DATA, apportion, checked, local_time, place_name, write_table

CANDIDATES = ["fujimori", "sanchez", "lopez_aliaga", "nieto"]
COUNTS = ["time", "level", "place", "counted_share", *CANDIDATES, "other", "blank", "null"]

STATIONS_ABROAD = {"91": 6, "92": 1_570, "93": 107, "94": 839, "95": 21}
"""By continent; the office's total by city is not in the data."""

VOTERS_PER_STATION = 300
"""The most a station may have; it turns the rule for urban districts into 40 stations, since no electorate is known."""


def compile_first_round(reference: Path) -> None:
    """Write data/peru-2026-first-round."""
    folder = DATA / "peru-2026-first-round"
    source = reference / "peru-2026-first-round"
    final = pd.read_csv(source / "district-final.csv.gz", dtype={"ubigeo": str}).rename(columns={"ubigeo": "unit"})
    checked(final["sanchez"].sum() - final["lopez_aliaga"].sum(), 26_491, "Sánchez's lead in the last state")
    changes = read_changes(source)
    write_table(peru.regions(), folder / "regions.csv")
    write_table(register(reference, changes), folder / "units.csv.gz")
    write_table(count_rows(changes), folder / "counts.csv.gz")
    final["other"] = final.drop(columns=["unit", "cast", *CANDIDATES, "blank", "null"]).sum(axis=1)
    result = final.rename(columns={"unit": "place"}).assign(level="unit")
    write_table(result[["level", "place", *CANDIDATES, "other", "blank", "null"]], folder / "result.csv.gz")


def read_changes(source: Path) -> pd.DataFrame:
    """Every change of a district by time; codes that end in 00 are totals of provinces."""
    changes = pd.read_csv(source / "district-changes.csv.gz", dtype={"ubigeo": str})
    changes = changes.rename(columns={"ubigeo": "unit", "blancos": "blank", "nulos": "null"})
    changes["time"] = local_time(changes["commit_time"], peru.ZONE)
    return changes[~changes["unit"].str.endswith("00")].sort_values(["time", "unit"])


def register(reference: Path, changes: pd.DataFrame) -> pd.DataFrame:
    """units.csv; the baseline is the first round of 2021 where the code existed then."""
    panel = pd.read_csv(reference / "peru-2026-first-round" / "district-panel.csv.gz", dtype={"ubigeo_dist": str})
    home = panel.set_index("ubigeo_dist")["total_actas"]
    last = changes.groupby("unit").last()
    abroad = stations_abroad((last["emitidos"] + last["restantes"])[lambda ballots: ballots.index >= "91"])
    stations = pd.concat([home, abroad]).sort_index().rename_axis("unit").reset_index(name="stations")
    units = peru.places(stations["unit"], stations["stations"] * VOTERS_PER_STATION)
    units["name"] = units["unit"].map(names(reference, panel))
    units["stations"] = stations["stations"]
    source = reference / "peru-2021"
    baseline = peru_2021.first_round_baseline(source, peru_2021.read_runoff_stations(source))
    units = units.merge(baseline, on="unit", how="left", validate="one_to_one")
    return units.astype(dict.fromkeys(baseline.columns.drop("unit"), "Int64"))


def stations_abroad(ballots: pd.Series) -> pd.Series:
    """Stations of each consulate city: one, and the rest of its continent's in proportion to the ballots."""
    parts = []
    for continent, cities in ballots.groupby(ballots.index.str[:2]):
        spare = STATIONS_ABROAD[continent] - len(cities)
        share = apportion(cities.to_numpy(float)[None, :], np.array([spare]))[0]
        parts.append(pd.Series(1 + share, index=cities.index))
    return pd.concat(parts)


def names(reference: Path, panel: pd.DataFrame) -> dict[str, str]:
    """Names by code: the panel's at home, those of earlier elections abroad; a new city is called by its code."""
    stations = peru_2021.read_runoff_stations(reference / "peru-2021").drop_duplicates("unit").set_index("unit")
    known = peru_2016.read_names(reference).to_dict() | stations["v2_DISTRITO"].map(place_name).to_dict()
    known |= panel.set_index("ubigeo_dist")["distrito"].map(place_name).to_dict()
    return _Names(known)


class _Names(dict):
    def __missing__(self, code: str) -> str:
        return f"Consulate {code}"


def count_rows(changes: pd.DataFrame) -> pd.DataFrame:
    """counts.csv: a row whenever a district changed.

    Rows in which the ballots lag behind the votes (122: two pages of one district read from different bulletins) are
    left out, as are those of districts with nothing in.
    """
    votes = changes[["validos", "blank", "null"]].sum(axis=1)
    rows = changes[(changes["emitidos"] > 0) & (changes["emitidos"] >= votes)]
    share = (rows["emitidos"] / (rows["emitidos"] + rows["restantes"])).round(6)
    other = rows["validos"] - rows[CANDIDATES].sum(axis=1)
    return rows.assign(level="unit", place=rows["unit"], counted_share=share, other=other)[COUNTS]
