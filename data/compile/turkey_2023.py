"""Turkey 2023, presidential runoff by district: the order in which ballot boxes came in, from the clock of each.

The board's tables of both rounds come with the Python package `ysk`; data/README.md says how to get at them.
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data.compile.common import (
    DATA,
    KIND_ABROAD,
    KIND_OF_LARGE,
    KIND_OF_SMALL,
    checked,
    local_time,
    with_nation,
    write_table,
)

FIRST, SECOND = "2023-05-14", "2023-05-28"
LISTS = {
    "recep_tayyip_erdogan": "erdogan",
    "kemal_kilicdaroglu": "kilicdaroglu",
    "sinan_ogan": "ogan",
    "muharrem_ince": "ince",
}
CANDIDATES = ["erdogan", "kilicdaroglu"]
COLUMNS = {
    "kapsam_detay": "sort",
    "il_id": "province",
    "il": "province_name",
    "ilce_id": "district",
    "ilce": "district_name",
    "ulke_id": "country",
    "gumruk_id": "gate",
    "son_guncelleme": "time",
    "kayitli_secmen": "electorate",
    "oy_kullanan": "ballots",
    "gecersiz_oy": "null",
}
BOX, COUNTRY, GATE = "yurtici_sandik", "yurtdisi_ulke", "gumruk"
"""Sorts of rows: a ballot box at home, all boxes of a country, all boxes of a border gate."""
ABROAD = "abroad"
AREA = {COUNTRY: "countries", GATE: "gates"}
VOTERS_A_STATION = 700
"""Registered voters; the tables do not say how many boxes a country has. At home a box has some 320."""
BALLOTS_A_STATION = 400
"""The same where more voted than are registered, as at gates: ballots of the first round."""
URBAN_FROM = 50_000
"""Registered voters of a district from which it is urban: these have 81 % of the electorate at home."""
SHARES = [0.01, 0.02, *np.arange(0.05, 0.96, 0.05).round(2).tolist(), 0.97, 0.98, 0.99, 0.999]
"""Shares of the stations that are in at the moments kept; the next full minute is the moment."""
ZONE = "Europe/Istanbul"

TILES = """
22 39  .  .  . 74  .  . 57  .  .  .  .  .  .  .  .
 . 59 34 41 81 67 78 37 05 55 52 28 61 53 08 75  .
17  . 77 11 54 14 06 18 19 60  .  . 29 69  . 36  .
 . 10 16 43 26  . 71 40 66  . 58 24 62  . 25 04 76
35 45  . 64 03  .  . 50 38  .  . 44 23 12 49 13 65
 . 09 20 15 32  . 42 68 51  . 46 02 21 72 56 73 30
 .  . 48  . 07  . 70 33 01 80 27 63  . 47  .  .  .
 .  .  .  .  .  .  .  .  . 31 79  .  .  .  .  .  .
"""
"""Where provinces lie on a tile map, by their numbers, north on top."""


def compile_runoff(reference: Path) -> None:
    """Write data/turkey-2023-runoff. `reference` holds nothing of it: the tables are in a package."""
    del reference
    folder = DATA / "turkey-2023-runoff"
    first, second = read_round(FIRST), read_round(SECOND)
    checked(int(first["erdogan"].sum()), 27_133_849, "votes of Erdoğan in the first round")
    checked(int(second["erdogan"].sum()), 27_834_589, "votes of Erdoğan in the runoff")
    checked(int(second["kilicdaroglu"].sum()), 25_504_724, "votes of Kılıçdaroğlu in the runoff")
    units = register(first, second)
    rows = counts(second, units)
    write_table(units, folder / "units.csv.gz")
    write_table(regions(second), folder / "regions.csv")
    write_table(rows, folder / "counts.csv.gz")
    write_table(summed(rows, units.set_index("unit")["region"]), folder / "counts-by-province.csv.gz")
    write_table(summed(rows, None), folder / "counts-national.csv")
    write_table(result(second), folder / "result.csv.gz")


def read_round(date: str) -> pd.DataFrame:
    """The rows of one round: a box at home, a country or a border gate each, lists by their ids."""
    table, votes = read_contest(date, "CB", list(COLUMNS))
    table = table.rename(columns=COLUMNS)
    for option, name in LISTS.items():
        table[name] = votes[option]
    table = table.astype(dict.fromkeys(("sort", "province_name", "district_name", "time"), str))
    table = table[table["sort"].isin([BOX, COUNTRY, GATE])]
    code = {BOX: table["province"] * 10_000 + table["district"], COUNTRY: table["country"], GATE: table["gate"]}
    letter = {BOX: "", COUNTRY: "c", GATE: "g"}
    unit = pd.concat([letter[sort] + code[sort][table["sort"] == sort].astype(str) for sort in code])
    return table.assign(unit=unit, time=pd.to_datetime(table["time"], utc=True, format="ISO8601")).sort_index()


def read_contest(date: str, office: str, columns: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The package's rows of one contest, such as of president ("CB"): some columns, and the votes of each option.

    Raises FileNotFoundError where the package is not installed.
    """
    dataset = _package().load_dataset()
    chosen = (np.asarray(dataset["secim"]) == date) & (np.asarray(dataset["makam"]) == office)
    part = dataset.isel(yer_dim=np.flatnonzero(chosen))
    table = pd.DataFrame({name: np.asarray(part[name]) for name in columns})
    options = [str(option) for option in np.asarray(part["tercih"])]
    return table, pd.DataFrame(np.asarray(part["oy"]), columns=options)


def _package() -> Any:
    try:
        import ysk  # pyright: ignore[reportMissingImports]
    except ImportError as missing:
        raise FileNotFoundError(errno.ENOENT, "no such package", "package ysk") from missing
    return ysk


def register(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """units.csv: a row a district, a country or a border gate; the electorate is the runoff's."""
    rows = second.assign(
        region=_number(second["province"]).where(second["sort"] == BOX, ABROAD),
        area=_number(second["province"]).where(second["sort"] == BOX, second["sort"].map(AREA)),
        name=second["district_name"].where(second["sort"] == BOX, second["province_name"]).str.title(),
        stations=1,
    )
    grouped = rows.groupby("unit")
    table = grouped.agg(
        region=("region", "first"),
        area=("area", "first"),
        sort=("sort", "first"),
        name=("name", "first"),
        stations=("stations", "sum"),
        electorate=("electorate", "sum"),
    )
    before = first.groupby("unit")[["ballots", *LISTS.values()]].sum().reindex(table.index)
    home, gate = table["sort"] == BOX, table["sort"] == GATE
    # who is registered in one country may vote in another, and at a gate nobody is registered
    cast = np.maximum(before["ballots"], second.groupby("unit")["ballots"].sum().reindex(table.index))
    unknown = cast > table["electorate"]
    by_voters = np.ceil(table["electorate"] / VOTERS_A_STATION).clip(lower=1)
    by_ballots = np.ceil(before["ballots"] / BALLOTS_A_STATION).clip(lower=1)
    table["stations"] = table["stations"].where(home, by_voters.where(~unknown, by_ballots)).astype(int)
    kind = np.where(table["electorate"] >= URBAN_FROM, KIND_OF_LARGE, KIND_OF_SMALL)
    table.insert(2, "kind", np.where(home, kind, KIND_ABROAD))
    table["name"] = table["name"].where(~gate, table["name"] + ", border gate")
    table["electorate"] = table["electorate"].astype("Int64").mask(unknown)
    table["baseline_ballots"] = before["ballots"]
    table = table.drop(columns="sort").join(before[[*LISTS.values()]].add_prefix("baseline_"))
    return table.reset_index()


def regions(second: pd.DataFrame) -> pd.DataFrame:
    """regions.csv: the provinces by their numbers, and abroad."""
    home = second[second["sort"] == BOX].drop_duplicates("province").sort_values("province")
    code, name = _number(home["province"]), home["province_name"].str.title()
    lines = [line.split() for line in TILES.strip().splitlines()]
    tile = {number: (row, column) for row, line in enumerate(lines) for column, number in enumerate(line)}
    rows = [(number, each, *tile[number]) for number, each in zip(code, name, strict=True)]
    rows.append((ABROAD, "Abroad and at the border", len(lines), 0))
    return pd.DataFrame(rows, columns=["region", "name", "tile_row", "tile_column"])


def _number(province: pd.Series) -> pd.Series:
    """As on its number plates: 01 to 81."""
    return province.astype(str).str.zfill(2)


def counts(second: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """counts.csv: at each moment the boxes whose results were last changed before it, by unit.

    A unit is printed only where something came in since the moment before.
    """
    stations = units.set_index("unit")["stations"]
    rows = second.assign(counted=np.where(second["sort"] == BOX, 1, second["unit"].map(stations)))
    rows = rows.sort_values("time", kind="stable")
    share = rows["counted"].cumsum() / rows["counted"].sum()
    columns = ["counted", *CANDIDATES, "null"]
    parts, before = [], None
    for wanted in SHARES:
        moment = rows["time"].iloc[int(np.searchsorted(share, wanted))].ceil("min")
        state = rows[rows["time"] <= moment].groupby("unit")[columns].sum()
        old = 0 if before is None else before["counted"].reindex(state.index, fill_value=0)
        parts.append(state[state["counted"] > old].reset_index(names="place").assign(time=moment))
        before = state
    table = pd.concat(parts, ignore_index=True).assign(level="unit")
    table["time"] = local_time(table["time"].astype(str), ZONE)
    return table[["time", "level", "place", *columns]].drop_duplicates(["time", "place"], keep="last")


def summed(rows: pd.DataFrame, region: pd.Series | None) -> pd.DataFrame:
    """The same counts by region, or for the nation where none are given."""
    columns = list(rows.columns[3:])
    every = pd.MultiIndex.from_product([sorted(set(rows["time"])), sorted(set(rows["place"]))], names=["time", "place"])
    states = rows.set_index(["time", "place"])[columns].reindex(every)
    states = states.groupby("place").ffill().fillna(0).reset_index()
    states["place"] = "" if region is None else states["place"].map(region)
    table = states.groupby(["time", "place"], as_index=False)[columns].sum()
    table = table[table["counted"] > 0].astype(dict.fromkeys(columns, int))
    table.insert(1, "level", "nation" if region is None else "region")
    return table


def result(second: pd.DataFrame) -> pd.DataFrame:
    """result.csv: by unit, and as proclaimed, which is their sum."""
    votes = second.groupby("unit")[[*CANDIDATES, "null"]].sum()
    votes.insert(len(CANDIDATES), "blank", pd.NA)
    return with_nation(votes)
