"""Station files of past elections: what every polling station counted in the end, for replaying nights that were."""

from pathlib import Path

import pandas as pd

STATION_FILES = {
    "peru-2016-runoff": Path("peru-2016/mesas-runoff.txt.gz"),
    "peru-2021-runoff": Path("peru-2021/mesas-runoff.csv.gz"),
}
"""Where the station file of a bundled election stands in a folder of the offices' files."""

COLUMNS_2021 = {
    "mesa": "station",
    "v2_CCODI_UBIGEO": "unit",
    "v2_NNUME_HABILM": "electorate",
    "v2_perulibre": "castillo",
    "v2_fp": "fujimori",
    "v2_blanco": "blank",
    "v2_nulos": "null",
    "v2_OBSERVACION": "state",
    "v2_OBSERVACION_TXT": "review",
}


def read_stations(election: str, folder: Path | str) -> pd.DataFrame:
    """Final votes by station of a bundled election, from its station file in the folder.

    Index station; unit (id), electorate, one column per candidate, blank, null (votes), contested, void (True where the
    sheet was set aside first; where it never counted). Raises `FileNotFoundError` where the file is not there, and
    `KeyError` where an election has none.
    """
    path = Path(folder) / STATION_FILES[election]
    if not path.exists():
        raise FileNotFoundError(2, "no station file of " + election, str(path))
    frame = _read_2016(path) if path.suffixes[0] == ".txt" else _read_2021(path)
    return frame.set_index("station").astype({"contested": bool, "void": bool})


def _read_2016(path: Path) -> pd.DataFrame:
    # Some lines end in a blank. No status is printed: a sheet without a valid vote was annulled, or never opened.
    names = ["station", "unit", "electorate", "ballots", "blank", "null", "kuczynski", "fujimori"]
    frame = pd.read_csv(path, sep=r"\s+", header=None, names=names, dtype={"station": str, "unit": str})
    void = frame["kuczynski"] + frame["fujimori"] == 0
    columns = ["station", "unit", "electorate", "kuczynski", "fujimori", "blank", "null"]
    return frame[columns].assign(contested=False, void=void)


def _read_2021(path: Path) -> pd.DataFrame:
    text = {"mesa": str, "v2_CCODI_UBIGEO": str}
    frame = pd.read_csv(path, usecols=list(COLUMNS_2021), dtype=text).rename(columns=COLUMNS_2021)
    void = frame["state"] != "CONTABILIZADAS NORMALES"
    contested = frame["review"] == "ACTA ELECTORAL RESUELTA"
    columns = ["station", "unit", "electorate", "castillo", "fujimori", "blank", "null"]
    return frame[columns].assign(contested=contested, void=void)
