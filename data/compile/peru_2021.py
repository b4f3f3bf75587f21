"""Peru 2021, both rounds: the station files give the register and the end, the office's snapshots the night."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from data.compile import peru, peru_2016
from data.compile.common import DATA, apportion, checked, local_time, place_name, whole, write_table

CANDIDATES = ["castillo", "fujimori"]

PROCLAIMED = {"castillo": 8_836_380, "fujimori": 8_792_117}
"""Resolution 0750-2021-JNE of 20 July 2021; the station file lacks the last rulings."""

LISTS = {
    # list: (column of the district table, column of the station file)
    "accion_popular": ("ACCION POPULAR", "v1_ap"),
    "alianza_para_el_progreso": ("ALIANZA PARA EL PROGRESO", "v1_app"),
    "avanza_pais": ("AVANZA PAIS - PARTIDO DE INTEGRACION SOCIAL", "v1_avpais"),
    "democracia_directa": ("DEMOCRACIA DIRECTA", "v1_dd"),
    "frente_amplio": ("EL FRENTE AMPLIO POR JUSTICIA, VIDA Y LIBERTAD", "v1_fa"),
    "fuerza_popular": ("FUERZA POPULAR", "v1_fp"),
    "juntos_por_el_peru": ("JUNTOS POR EL PERU", "v1_jpp"),
    "partido_morado": ("PARTIDO MORADO", "v1_morado"),
    "partido_nacionalista": ("PARTIDO NACIONALISTA PERUANO", "v1_pnp"),
    "partido_popular_cristiano": ("PARTIDO POPULAR CRISTIANO - PPC", "v1_ppc"),
    "peru_libre": ("PARTIDO POLITICO NACIONAL PERU LIBRE", "v1_perulibre"),
    "peru_patria_segura": ("PERU PATRIA SEGURA", "v1_pps"),
    "podemos_peru": ("PODEMOS PERU", "v1_pp"),
    "renacimiento_unido_nacional": ("RENACIMIENTO UNIDO NACIONAL", "v1_runa"),
    "renovacion_popular": ("RENOVACION POPULAR", "v1_rp"),
    "somos_peru": ("PARTIDO DEMOCRATICO SOMOS PERU", "v1_sp"),
    "union_por_el_peru": ("UNION POR EL PERU", "v1_upp"),
    "victoria_nacional": ("VICTORIA NACIONAL", "v1_vn"),
}
BASELINE = [f"baseline_{name}" for name in LISTS]

FIRST_ROUND = {
    # candidate: list; in the order of the proclaimed result
    "castillo": "peru_libre",
    "fujimori": "fuerza_popular",
    "lopez_aliaga": "renovacion_popular",
    "de_soto": "avanza_pais",
    "lescano": "accion_popular",
    "mendoza": "juntos_por_el_peru",
    "acuna": "alianza_para_el_progreso",
    "forsyth": "victoria_nacional",
    "urresti": "podemos_peru",
    "guzman": "partido_morado",
    "beingolea": "partido_popular_cristiano",
    "salaverry": "somos_peru",
    "humala": "partido_nacionalista",
    "vega": "union_por_el_peru",
    "galvez": "renacimiento_unido_nacional",
    "arana": "frente_amplio",
    "santos": "peru_patria_segura",
    "alcantara": "democracia_directa",
}

FIRST_ROUND_VOTES = (
    # with the votes from abroad, in the order of FIRST_ROUND; 14,400,630 valid votes in all
    *(2_724_752, 1_930_762, 1_692_279, 1_674_201, 1_306_288, 1_132_577, 867_025, 814_516, 812_721),
    *(325_608, 286_447, 240_234, 230_831, 101_267, 89_376, 65_300, 55_644, 50_802),
)

NEAREST_BULLETIN = {"2021-06-08T13:48:00Z": "2021-06-08T12:52:00Z"}
"""The last district snapshot has no national bulletin of its time; the department totals did not change in between."""

STATE_OF_SHEET = {
    "CONTABILIZADAS NORMALES": "counted",
    "ACTA ELECTORAL PENDIENTE": "pending",
    "EN PROCESO DE DIGITACION": "pending",
    "ACTA ELECTORAL ANULADA": "void",
    "MESA NO INSTALADA": "void",
}
"""What the office's status of a tally sheet means here; every other status is a reason to contest it."""

SWEEP_VOTES = {
    "votos_perulibre": "castillo",
    "votos_fuerzapopular": "fujimori",
    "votos_blancos": "blank",
    "votos_nulos": "null",
}

COUNT_COLUMNS = ["time", "level", "place", "counted", "contested", "void", *CANDIDATES, "blank", "null"]


def compile_runoff(reference: Path) -> None:
    """Write data/peru-2021-runoff."""
    folder = DATA / "peru-2021-runoff"
    source = reference / "peru-2021"
    stations = read_runoff_stations(source)
    units = register(stations, first_round_baseline(source, stations))
    write_table(peru.regions(), folder / "regions.csv")
    write_table(units, folder / "units.csv.gz")
    write_table(runoff_result(stations), folder / "result.csv.gz")
    national, departments, districts = read_snapshots(source)
    by_district = night(national, departments, districts)
    write_table(ordered(by_district, station_sweep(source, stations)), folder / "counts.csv.gz")
    write_table(night(national, departments, districts.iloc[:0]), folder / "counts-by-department.csv.gz")
    write_table(national, folder / "counts-national.csv")


def read_runoff_stations(source: Path) -> pd.DataFrame:
    """The 86,488 polling stations of the runoff."""
    codes = {"mesa": str, "v2_CCODI_UBIGEO": str}
    stations = pd.read_csv(source / "mesas-runoff.csv.gz", dtype=codes, low_memory=False)
    return stations.rename(columns={"v2_CCODI_UBIGEO": "unit", "v2_NNUME_HABILM": "electorate"})


def read_first_round_stations(source: Path) -> pd.DataFrame:
    """The stations of the first round; whole rows but the number are blank where the file lacks the station."""
    stations = pd.read_csv(source / "mesas-first-round.csv.gz", dtype={"mesa": str}, low_memory=False)
    columns = {column: f"baseline_{name}" for name, (_, column) in LISTS.items()}
    stations["installed"] = stations["v1_OBSERVACION"].notna() & (stations["v1_OBSERVACION"] != "MESA NO INSTALADA")
    return stations.rename(columns=columns | {"v1_emitidos": "baseline_ballots"})


def register(stations: pd.DataFrame, baseline: pd.DataFrame, *, lists: list[str] = BASELINE) -> pd.DataFrame:
    """units.csv: one row a district or consulate city."""
    grouped = stations.groupby("unit", sort=True)
    sizes = grouped.agg(stations=("mesa", "size"), electorate=("electorate", "sum"), name=("v2_DISTRITO", "first"))
    sizes = sizes.reset_index()
    units = peru.places(sizes["unit"], sizes["electorate"])
    units["name"] = sizes["name"].map(place_name)
    units[["stations", "electorate"]] = sizes[["stations", "electorate"]]
    units = units.merge(baseline, on="unit", how="left", validate="one_to_one")
    return units[["unit", "region", "area", "kind", "name", "stations", "electorate", "baseline_ballots", *lists]]


def first_round_baseline(source: Path, runoff: pd.DataFrame) -> pd.DataFrame:
    """First-round votes by district (the office's complete table) and consulate city (its stations, scaled up)."""
    home = district_first_round(source).drop(columns=["blank", "null"])
    checked(home[BASELINE].to_numpy().sum(), 14_239_057, "first-round valid votes at home")
    stations = read_first_round_stations(source)
    place = runoff[["mesa", "unit", "electorate"]]
    abroad = place[peru.is_abroad(place["unit"])].merge(stations, on="mesa", validate="one_to_one")
    return pd.concat([home, consulate_baseline(abroad)], ignore_index=True)


def district_first_round(source: Path) -> pd.DataFrame:
    """The complete first round by district, home only: unit, ballots, votes of 18 lists, blank, null."""
    table = pd.read_csv(source / "district-first-round.csv.gz", dtype={"ubigeo": str})
    columns = {column: f"baseline_{name}" for name, (column, _) in LISTS.items()}
    table = table.rename(columns=columns | {"ubigeo": "unit", "cast": "baseline_ballots"})
    return table.astype(dict.fromkeys(BASELINE, int))[["unit", "baseline_ballots", *BASELINE, "blank", "null"]]


def consulate_baseline(stations: pd.DataFrame) -> pd.DataFrame:
    """Ballots and votes of each consulate city, scaled by electorate from the stations known to all.

    A city without a single known vote gets the rates of its country, and where the country has none, of its continent;
    those rates are taken over installed stations, since a station that never opened says nothing about its voters.
    """
    votes = ["baseline_ballots", *BASELINE]
    stations = stations.assign(
        country=stations["unit"].str[:4],
        continent=stations["unit"].str[:2],
        known=stations["electorate"].where(stations["baseline_ballots"].notna(), 0),
        opened=stations["electorate"].where(stations["installed"], 0),
    )
    city = stations.groupby("unit")[["electorate", "known", *votes]].sum()
    rates = city[votes].div(city["known"].where(city["known"] > 0), axis=0)
    rates[city[BASELINE].sum(axis=1) == 0] = np.nan
    for level, length in (("country", 4), ("continent", 2)):
        pool = stations.groupby(level)[["opened", *votes]].sum()
        pooled = pool[votes].div(pool["opened"].where(pool[BASELINE].sum(axis=1) > 0), axis=0)
        rates = rates.fillna(pooled.reindex(rates.index.str[:length]).set_axis(rates.index))
    return rounded(rates.mul(city["electorate"], axis=0))


def rounded(baseline: pd.DataFrame) -> pd.DataFrame:
    """Whole ballots and votes: the valid total is rounded, then shared out by largest remainder."""
    valid = baseline[BASELINE].sum(axis=1).round().to_numpy()
    table = pd.DataFrame(apportion(baseline[BASELINE].to_numpy(), valid), index=baseline.index, columns=BASELINE)
    table.insert(0, "baseline_ballots", np.maximum(baseline["baseline_ballots"].round(), valid).astype(int))
    return table.reset_index()


def runoff_result(stations: pd.DataFrame) -> pd.DataFrame:
    """result.csv: the station file summed by unit, and the proclaimed votes as the nation row."""
    columns = {"v2_perulibre": "castillo", "v2_fp": "fujimori", "v2_blanco": "blank", "v2_nulos": "null"}
    votes = stations.rename(columns=columns).groupby("unit", sort=True)[[*CANDIDATES, "blank", "null"]].sum()
    checked(int(votes["castillo"].sum()), 8_835_653, "Castillo's votes in the station file")
    checked(int(votes["fujimori"].sum()), 8_791_696, "Fujimori's votes in the station file")
    rows = votes.reset_index(names="place")
    rows.insert(0, "level", "unit")
    nation = pd.DataFrame([{"level": "nation", "place": "", **PROCLAIMED}])
    return whole(pd.concat([rows, nation], ignore_index=True).astype(dict.fromkeys(["blank", "null"], float)))


def read_snapshots(source: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The national, department and district snapshots as rows of counts.csv."""
    national = pd.read_csv(source / "national-snapshots.csv")
    departments = pd.read_csv(source / "department-snapshots.csv.gz", dtype={"ubigeo": str})
    districts = pd.read_csv(source / "district-snapshots.csv.gz", dtype={"ubigeo": str})
    # one stray collection of 284 districts (01:18 UTC), with no national bulletin to stand beside
    size = districts.groupby("updated")["ubigeo"].transform("size")
    return (
        count_rows(national, level="nation", place=pd.Series("", index=national.index)),
        count_rows(departments, level="region", place=departments["ubigeo"]),
        count_rows(districts[size == 1_874], level="unit", place=districts["ubigeo"]),
    )


def count_rows(snapshots: pd.DataFrame, *, level: str, place: pd.Series) -> pd.DataFrame:
    """Rows of counts.csv; the office counts annulled and uninstalled stations as done, here they are void."""
    void = snapshots["CONT_ANULADA"] + snapshots["MESAS_NO_INST"]
    rows = snapshots.assign(
        time=local_time(snapshots["updated"], peru.ZONE),
        level=level,
        place=place,
        counted=snapshots["CONTABILIZA"] - void,
        contested=snapshots["TOTAL_JEE"],
        void=void,
    )[COUNT_COLUMNS]
    return rows.astype(dict.fromkeys([*CANDIDATES, "blank", "null"], int))


def night(national: pd.DataFrame, departments: pd.DataFrame, districts: pd.DataFrame) -> pd.DataFrame:
    """counts.csv: all bulletins, finer rows where a national row stands beside them, coarse rows first at each time."""
    repeats = []
    for time, bulletin in NEAREST_BULLETIN.items():
        own, nearest = local_time(pd.Series([time, bulletin]), peru.ZONE)
        repeats.append(national[national["time"] == nearest].assign(time=own))
    nation = pd.concat([national, *repeats], ignore_index=True)
    # once districts are known, departments add nothing but an hour, and a correction of one makes them disagree
    first = districts["time"].min() if len(districts) else departments["time"].max()
    finer = departments[departments["time"] <= first]
    rows = ordered(nation, finer[~finer["time"].isin(districts["time"])], districts)
    return rows[rows["time"].isin(nation["time"])]


def ordered(*parts: pd.DataFrame) -> pd.DataFrame:
    """Rows of counts.csv by time, the coarse ones first."""
    rows = pd.concat(parts, ignore_index=True)
    order = rows["level"].map({"nation": 0, "region": 1, "unit": 2})
    return rows.assign(order=order).sort_values(["time", "order", "place"], kind="stable").drop(columns="order")


def station_sweep(source: Path, stations: pd.DataFrame) -> pd.DataFrame:
    """The one sweep over all stations, 8 June 16:15 UTC, summed by district and consulate city.

    The office shows the votes of contested sheets too; they are in no official total and are left out here.
    """
    sweep = pd.read_csv(source / "mesa-snapshots.csv.gz", dtype={"num_mesa": str})
    sweep = sweep[sweep["downloaded"] == sweep["downloaded"].min()]
    sweep = sweep.assign(mesa=sweep["num_mesa"].str.zfill(6)).merge(stations[["mesa", "unit"]], validate="one_to_one")
    state = sweep["observacion"].map(STATE_OF_SHEET).fillna("contested")
    votes = sweep.set_index("unit")[list(SWEEP_VOTES)].rename(columns=SWEEP_VOTES)
    votes = votes.mul((state == "counted").to_numpy(), axis=0).groupby("unit").sum().astype(int)
    states = pd.crosstab(sweep["unit"], state)[["counted", "contested", "void"]]
    rows = states.join(votes).reset_index(names="place")
    time = local_time(sweep["downloaded"].head(1), peru.ZONE).iloc[0]
    return rows.assign(time=time, level="unit")[COUNT_COLUMNS]


def compile_first_round(reference: Path) -> None:
    """Write data/peru-2021-first-round: register and result, no partial counts."""
    folder = DATA / "peru-2021-first-round"
    source = reference / "peru-2021"
    checked(sum(FIRST_ROUND_VOTES), 14_400_630, "valid votes of the first round")
    write_table(peru.regions(), folder / "regions.csv")
    write_table(first_round_register(reference), folder / "units.csv.gz")
    columns = {f"baseline_{name}": candidate for candidate, name in FIRST_ROUND.items()} | {"unit": "place"}
    rows = district_first_round(source).rename(columns=columns).assign(level="unit")
    nation = {"level": "nation", "place": "", **dict(zip(FIRST_ROUND, FIRST_ROUND_VOTES, strict=True))}
    result = pd.concat([rows.astype({"blank": float, "null": float}), pd.DataFrame([nation])], ignore_index=True)
    write_table(whole(result[["level", "place", *FIRST_ROUND, "blank", "null"]]), folder / "result.csv.gz")


def first_round_register(reference: Path) -> pd.DataFrame:
    """The stations of 2021 with the first round of 2016 as baseline, where the code existed then."""
    stations = read_runoff_stations(reference / "peru-2021")
    then = peru_2016.read_first_round(reference)[["unit", "baseline_ballots", *peru_2016.BASELINE]]
    units = register(stations, then, lists=peru_2016.BASELINE)
    return units.astype(dict.fromkeys(["baseline_ballots", *peru_2016.BASELINE], "Int64"))
