"""Peru 2016 by polling station, both rounds; its first round also lends its geography to 2006 and 2011."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from data.compile import peru
from data.compile.common import apportion, checked, place_name

LISTS = (
    # the order of the station file, p1 to p10
    "frente_esperanza",
    "fuerza_popular",
    "alianza_popular",
    "frente_amplio",
    "accion_popular",
    "democracia_directa",
    "peru_posible",
    "progresando_peru",
    "partido_politico_orden",
    "peruanos_por_el_kambio",
)
BASELINE = [f"baseline_{name}" for name in LISTS]
REGISTER = ["unit", "region", "area", "kind", "name", "stations", "electorate", "baseline_ballots", *BASELINE]


def read_first_round(reference: Path) -> pd.DataFrame:
    """First round by district and consulate city: unit, stations, electorate, ballots, blank, null, votes of 10 lists.

    In the station file blank and null votes stand before the lists.
    """
    columns = ["mesa", "unit", "electorate", "baseline_ballots", "blank", "null", *BASELINE]
    stations = read_stations(reference / "peru-2016" / "mesas-first-round.txt.gz", columns)
    table = by_unit(stations)
    checked(table["baseline_fuerza_popular"].sum(), 6_115_073, "Fuerza Popular in the first round")
    checked(table["baseline_peruanos_por_el_kambio"].sum(), 3_228_661, "Peruanos Por el Kambio in the first round")
    return table


def read_runoff(reference: Path) -> pd.DataFrame:
    """The runoff by district and consulate city: unit, stations, electorate, ballots, votes, blank, null."""
    columns = ["mesa", "unit", "electorate", "ballots", "blank", "null", "kuczynski", "fujimori"]
    table = by_unit(read_stations(reference / "peru-2016" / "mesas-runoff.txt.gz", columns))
    checked(table["kuczynski"].sum(), 8_596_937, "Kuczynski in the runoff")
    checked(table["fujimori"].sum(), 8_555_880, "Fujimori in the runoff")
    return table


def read_stations(path: Path, columns: list[str]) -> pd.DataFrame:
    """One of the space-separated station files; some lines end in a blank."""
    codes = {"mesa": str, "unit": str}
    return pd.read_csv(path, sep=r"\s+", header=None, names=columns, dtype=codes)


def by_unit(stations: pd.DataFrame) -> pd.DataFrame:
    """Station rows summed by district or consulate city."""
    grouped = stations.groupby("unit", sort=True)
    table = grouped.sum(numeric_only=True)
    table.insert(0, "stations", grouped.size())
    return table.reset_index()


def read_names(reference: Path) -> pd.Series:
    """Names of districts and consulate cities by code."""
    lines = (reference / "peru-2016" / "districts.txt").read_text(encoding="utf-8-sig").splitlines()
    fields = [line.split(" ", 2) for line in lines]
    return pd.Series({code: place_name(name) for code, _, name in fields})


def register(reference: Path) -> pd.DataFrame:
    """units.csv of the 2016 runoff: its stations are those of the first round."""
    table = read_first_round(reference)
    places = peru.places(table["unit"], table["electorate"])
    table = places.merge(table, on="unit")
    table["name"] = table["unit"].map(read_names(reference))
    return table[REGISTER]


def borrowed_register(reference: Path, *, home: int, abroad: int) -> pd.DataFrame:
    """The 2016 register scaled to the electorate of another year, at home and abroad; kinds stay those of 2016."""
    units = register(reference)
    outside = peru.is_abroad(units["unit"])
    then = units["electorate"].groupby(outside).transform("sum")
    factor = (np.where(outside, abroad, home) / then).to_numpy()
    units["stations"] = np.maximum(1, np.rint(units["stations"] * factor)).astype(int)
    units["electorate"] = np.maximum(1, np.rint(units["electorate"] * factor)).astype(int)
    valid = np.rint(units[BASELINE].sum(axis=1).to_numpy() * factor)
    ballots = np.rint(units["baseline_ballots"] * factor)
    units[BASELINE] = apportion(units[BASELINE].to_numpy(float), valid)
    units["baseline_ballots"] = np.maximum(ballots, valid).astype(int)
    return units
