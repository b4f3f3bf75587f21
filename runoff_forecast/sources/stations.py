"""Station files of past elections: what every polling station counted in the end, for replaying nights that were."""

from pathlib import Path

import pandas as pd

from runoff_forecast.checks.problem import InvalidCount, settled

from .sheets import read_sheets

STATION_FILES = {
    "peru-2016-runoff": Path("peru-2016/mesas-runoff.txt.gz"),
    "peru-2021-runoff": Path("peru-2021/mesas-runoff.csv.gz"),
}
"""Where the station file of a bundled election stands in a folder of the offices' files."""
CANDIDATES = {
    "peru-2016-runoff": {"P1": "kuczynski", "P2": "fujimori"},
    "peru-2021-runoff": {"P1": "castillo", "P2": "fujimori"},
}
"""The candidates of the bundled election by option on the ballot paper."""


def read_stations(election: str, folder: Path | str) -> pd.DataFrame:
    """Final votes by station of a bundled election, from its station file in the folder.

    Index station; unit (id), electorate, one column per candidate, blank, null (votes), contested, void (True where the
    sheet was set aside first; where it never counted). Raises `FileNotFoundError` where the file is not there,
    `KeyError` where an election has none, and `InvalidCount` where the sheets do not add up.
    """
    path = Path(folder) / STATION_FILES[election]
    if not path.exists():
        raise FileNotFoundError(2, "no station file of " + election, str(path))
    sheets, problems = read_sheets(path)
    if sheets is None:
        raise InvalidCount(problems)
    settled(problems, InvalidCount)
    names = CANDIDATES[election]
    frame = sheets.frame.set_index("station")
    columns = ["unit", "electorate", *names, "blank", "null"]
    return frame[columns].rename(columns=names).assign(contested=frame["ruled"], void=frame["state"] == "void")
