"""The track record that a page tells: how good forecasts of past counts were."""

from pathlib import Path

import pandas as pd

COLUMNS = ("title", "moments", "absolute_error", "raw_absolute_error", "covered_90")
RECORD = Path(__file__).with_name("record.csv")


def track_record(path: Path = RECORD) -> pd.DataFrame | None:
    """The record kept in a file, a row a night; None where there is none yet. Raises ValueError where it is another.

    title; moments, how many forecasts; absolute_error and raw_absolute_error, means in shares, of the forecast and of
    the count so far; covered_90, the share of results within the 90 % interval.
    """
    if not path.exists():
        return None
    found = pd.read_csv(path, encoding="utf-8")
    if tuple(found.columns) != COLUMNS:
        raise ValueError(f"{path.name} has the columns {', '.join(found.columns)}; a record has {', '.join(COLUMNS)}")
    return found


def record_of(scores: pd.DataFrame, titles: pd.Series) -> pd.DataFrame:
    """The record from scores of real nights (a row a forecast, column election), with each election's title by id."""
    scored = scores.assign(error=scores["error"].abs(), raw_error=scores["raw_error"].abs())
    nights = scored.groupby("election", sort=False)
    table = nights.agg(
        moments=("error", "size"),
        absolute_error=("error", "mean"),
        raw_absolute_error=("raw_error", "mean"),
        covered_90=("covered_90", "mean"),
    )
    return table.assign(title=titles.reindex(table.index)).reset_index(drop=True)[list(COLUMNS)]
