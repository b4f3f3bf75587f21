"""Bolivia 2019, presidential election: two moments of the quick transmission and the final count, by polling place."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from data.compile.common import DATA, KIND_ABROAD, KIND_OF_LARGE, KIND_OF_SMALL, checked, with_nation, write_table

CANDIDATES = {
    "MAS - IPSP": "morales",
    "CC": "mesa",
    "PDC": "chi",
    "21F": "ortiz",
    "MTS": "patzi",
    "MNR": "lema",
    "PAN-BOL": "nina",
    "UCS": "cardenas",
    "FPV": "rodriguez",
}
COLUMNS = {
    "Número Mesa": "station",
    "País": "country",
    "Departamento": "department",
    "Provincia": "province",
    "Municipio": "municipality",
    "Localidad": "locality",
    "Recinto": "place",
    "Inscritos": "electorate",
    "Blancos": "blank",
    "Nulos": "null",
    **CANDIDATES,
}
VOTES = [*CANDIDATES.values(), "blank", "null"]

MOMENTS = {
    "trep-2019.10.20.19.40.57.zip": "2019-10-20T19:40:57-04:00",
    "trep-2019.10.21.18.29.53.zip": "2019-10-21T18:29:53-04:00",
}

URBAN_FROM = 1_200
"""Registered voters of a locality from which it is urban: the census calls localities of 2,000 inhabitants urban."""

REGIONS = (
    # id, name, tile row, tile column: north on top; the countries with most voters, then all others
    ("pando", "Pando", 0, 1),
    ("la_paz", "La Paz", 1, 0),
    ("beni", "Beni", 1, 1),
    ("oruro", "Oruro", 2, 0),
    ("cochabamba", "Cochabamba", 2, 1),
    ("santa_cruz", "Santa Cruz", 2, 2),
    ("potosi", "Potosí", 3, 0),
    ("chuquisaca", "Chuquisaca", 3, 1),
    ("tarija", "Tarija", 4, 1),
    ("argentina", "Argentina", 6, 0),
    ("espana", "España", 6, 1),
    ("brasil", "Brasil", 6, 2),
    ("chile", "Chile", 6, 3),
    ("estados_unidos", "Estados Unidos", 6, 4),
    ("otros_paises", "Otros países", 6, 5),
)
REGION_IDS = {name: region for region, name, _, _ in REGIONS}


def compile_election(reference: Path) -> None:
    """Write data/bolivia-2019."""
    folder = DATA / "bolivia-2019"
    source = reference / "bolivia-2019"
    final = with_units(read_stations(source / "final.zip"))
    checked(int(final["morales"].sum()), 2_889_359, "votes of MAS in the final count")
    checked(int(final["mesa"].sum()), 2_240_920, "votes of CC in the final count")
    regions = pd.DataFrame(REGIONS, columns=["region", "name", "tile_row", "tile_column"])
    write_table(regions, folder / "regions.csv")
    write_table(register(final), folder / "units.csv.gz")
    write_table(counts(source, final), folder / "counts.csv.gz")
    write_table(with_nation(final.groupby("unit")[VOTES].sum()), folder / "result.csv.gz")


def read_stations(path: Path) -> pd.DataFrame:
    """One of the office's files, a csv inside a zip, with short column names."""
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as stream:
        table = pd.read_csv(stream, encoding="utf-8-sig", usecols=list(COLUMNS), dtype={"Número Mesa": str})
    return table.rename(columns=COLUMNS)


def with_units(stations: pd.DataFrame) -> pd.DataFrame:
    """The stations with `unit`: a polling place has no code, so it is called by its lowest station number."""
    place = ["country", "department", "province", "municipality", "locality", "place"]
    number = stations["station"].astype(int)
    unit = number.groupby([stations[column] for column in place]).transform("min")
    return stations.assign(unit=unit.astype(str).str.zfill(5))


def register(stations: pd.DataFrame) -> pd.DataFrame:
    """units.csv: one row a polling place; area is the municipality, abroad the city."""
    home = stations["country"] == "Bolivia"
    region = stations["department"].where(home, stations["country"]).map(REGION_IDS).fillna(REGION_IDS["Otros países"])
    municipality = ["country", "department", "province", "municipality"]
    first = stations.groupby(municipality)["unit"].transform("min")
    locality = stations.groupby([*municipality, "locality"])["electorate"].transform("sum")
    kind = np.where(home, np.where(locality >= URBAN_FROM, KIND_OF_LARGE, KIND_OF_SMALL), KIND_ABROAD)
    units = stations.assign(region=region, area="m" + first, kind=kind).groupby("unit", sort=True)
    table = units.agg(
        region=("region", "first"),
        area=("area", "first"),
        kind=("kind", "first"),
        name=("place", "first"),
        stations=("station", "size"),
        electorate=("electorate", "sum"),
    )
    # some names end in a non-breaking space
    table["name"] = table["name"].str.split().str.join(" ")
    return table.reset_index()


def counts(source: Path, final: pd.DataFrame) -> pd.DataFrame:
    """counts.csv: the two moments, summed by the polling places of the final count."""
    unit = final.set_index("station")["unit"]
    parts = []
    for name, time in MOMENTS.items():
        stations = read_stations(source / name)
        grouped = stations.groupby(stations["station"].map(unit))
        rows = grouped[VOTES].sum()
        rows.insert(0, "counted", grouped.size())
        parts.append(rows.reset_index(names="place").assign(time=time, level="unit"))
    return pd.concat(parts, ignore_index=True)[["time", "level", "place", "counted", *VOTES]]
