"""France 2012, presidential runoff by constituency: two real rounds, and no partial counts.

The tables come with the Python package `actuariat_python`, which keeps a copy of the ministry's; data/README.md says
how to get at them.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from data.compile.common import DATA, KIND_ABROAD, checked, with_nation, write_table

FILES = {1: "cdsp_presi2012t1_circ.xls", 2: "cdsp_presi2012t2_circ.xls"}
DEPARTMENT, NAME, NUMBER = "Code du département", "Libellé du département", "Code de la circonscription"
REGISTERED, VOTED, INVALID = "Inscrits", "Votants", "Blancs et nuls"
LISTS = {
    "LO": "arthaud",
    "NPA": "poutou",
    "FG": "melenchon",
    "PS": "hollande",
    "EELV": "joly",
    "MODEM": "bayrou",
    "UMP": "sarkozy",
    "DLR": "dupont_aignan",
    "FN": "le_pen",
    "SP": "cheminade",
}
"""Ids by the party that the tables print behind a name."""
VOTERS_A_STATION = 700
"""Registered voters; the tables do not say how many stations a constituency has. France had some 65,000."""
KIND_HOME = "metropolitan"
ABROAD = "99"

REGIONS = (
    # id, name, tile row, tile column, departments: the regions of 2012, north on top
    ("nord_pas_de_calais", "Nord-Pas-de-Calais", 0, 3, "59 62"),
    ("basse_normandie", "Basse-Normandie", 1, 1, "14 50 61"),
    ("haute_normandie", "Haute-Normandie", 1, 2, "27 76"),
    ("picardie", "Picardie", 1, 3, "02 60 80"),
    ("champagne_ardenne", "Champagne-Ardenne", 1, 4, "08 10 51 52"),
    ("lorraine", "Lorraine", 1, 5, "54 55 57 88"),
    ("alsace", "Alsace", 1, 6, "67 68"),
    ("bretagne", "Bretagne", 2, 0, "22 29 35 56"),
    ("pays_de_la_loire", "Pays de la Loire", 2, 1, "44 49 53 72 85"),
    ("centre", "Centre", 2, 2, "18 28 36 37 41 45"),
    ("ile_de_france", "Île-de-France", 2, 3, "75 77 78 91 92 93 94 95"),
    ("bourgogne", "Bourgogne", 2, 4, "21 58 71 89"),
    ("franche_comte", "Franche-Comté", 2, 5, "25 39 70 90"),
    ("poitou_charentes", "Poitou-Charentes", 3, 1, "16 17 79 86"),
    ("limousin", "Limousin", 3, 2, "19 23 87"),
    ("auvergne", "Auvergne", 3, 3, "03 15 43 63"),
    ("rhone_alpes", "Rhône-Alpes", 3, 4, "01 07 26 38 42 69 73 74"),
    ("aquitaine", "Aquitaine", 4, 1, "24 33 40 47 64"),
    ("midi_pyrenees", "Midi-Pyrénées", 4, 2, "09 12 31 32 46 65 81 82"),
    ("languedoc_roussillon", "Languedoc-Roussillon", 4, 3, "11 30 34 48 66"),
    ("provence", "Provence-Alpes-Côte d'Azur", 4, 4, "04 05 06 13 83 84"),
    ("corse", "Corse", 5, 5, "2A 2B"),
    ("outre_mer", "Outre-mer", 6, 0, "971 972 973 974 975 979 985 986 987 988"),
    ("etranger", "Français de l'étranger", 6, 1, ABROAD),
)
REGION_OF = {department: region for region, *_, departments in REGIONS for department in departments.split()}
FAR = ("outre_mer", "etranger")


def compile_runoff(reference: Path) -> None:
    """Write data/france-2012-runoff."""
    folder = DATA / "france-2012-runoff"
    first, second = (read_round(reference / "france-2012" / FILES[number]) for number in (1, 2))
    checked(int(first["hollande"].sum()), 10_272_705, "votes of Hollande in the first round")
    checked(int(second["hollande"].sum()), 18_000_668, "votes of Hollande in the runoff")
    checked(int(second["sarkozy"].sum()), 16_860_685, "votes of Sarkozy in the runoff")
    regions = pd.DataFrame([row[:4] for row in REGIONS], columns=["region", "name", "tile_row", "tile_column"])
    write_table(regions, folder / "regions.csv")
    write_table(register(first, second), folder / "units.csv.gz")
    write_table(result(second), folder / "result.csv.gz")


def read_round(path: Path) -> pd.DataFrame:
    """One round by unit, lists by their ids."""
    table = pd.read_excel(path, sheet_name=1, engine="calamine", dtype={DEPARTMENT: str})
    table = table.rename(columns={column: LISTS[_party(column)] for column in table if _party(column) in LISTS})
    table[DEPARTMENT] = table[DEPARTMENT].str.strip().str.upper().str.zfill(2)
    unit = table[DEPARTMENT] + "-" + table[NUMBER].astype(int).astype(str).str.zfill(2)
    return table.set_index(unit.rename("unit")).sort_index()


def _party(column: str) -> str:
    return column.rpartition("(")[2].rstrip(")")


def register(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """units.csv: a row a constituency, its area the department; the electorate is the runoff's."""
    region = first[DEPARTMENT].map(REGION_OF)
    electorate = second[REGISTERED].reindex(first.index)
    table = pd.DataFrame(
        {
            "region": region,
            "area": first[DEPARTMENT],
            "kind": region.isin(FAR).map({True: KIND_ABROAD, False: KIND_HOME}),
            "name": first[NAME].str.strip() + " " + first[NUMBER].astype(int).astype(str),
            "stations": (electorate / VOTERS_A_STATION).round().clip(lower=1).astype(int),
            "electorate": electorate,
            "baseline_ballots": first[VOTED],
        }
    )
    return table.join(first[list(LISTS.values())].add_prefix("baseline_")).reset_index()


def result(second: pd.DataFrame) -> pd.DataFrame:
    """result.csv: the tables give blank and null ballots in one number, which stands under null."""
    votes = second[["hollande", "sarkozy"]].assign(blank=pd.NA, null=second[INVALID])
    return with_nation(votes)
