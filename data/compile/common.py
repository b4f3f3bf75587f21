"""Small verbs every compile script needs: rounding without losing votes, names, times, writing the same bytes again."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import numpy as np
import pandas as pd

from runoff_forecast.sources.peru import place_name as place_name

DATA = Path(__file__).resolve().parent.parent
"""The folder of the bundled elections."""

KIND_OF_SMALL = "rural"
KIND_OF_LARGE = "urban"
KIND_ABROAD = "overseas"


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as UTF-8 csv, compressed where the name ends in .gz; the same table gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = frame.to_csv(index=False, lineterminator="\n").encode()
    if path.suffix != ".gz":
        path.write_bytes(text)
        return
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0, compresslevel=9) as stream:
        stream.write(text)
    path.write_bytes(packed.getvalue())


def apportion(shares: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Whole numbers in the proportions of each row of `shares`, with exactly the row sums `totals`."""
    weight = shares.sum(axis=1, keepdims=True)
    exact = np.divide(shares, weight, out=np.zeros_like(shares, dtype=float), where=weight > 0) * totals[:, None]
    whole = np.floor(exact)
    missing = np.where(weight[:, 0] > 0, totals - whole.sum(axis=1), 0).astype(int)
    # a stable sort, so that equal remainders always go to the same list
    rank = np.argsort(np.argsort(whole - exact, axis=1, kind="stable"), axis=1, kind="stable")
    return (whole + (rank < missing[:, None])).astype(int)


def with_nation(votes: pd.DataFrame) -> pd.DataFrame:
    """result.csv from votes by unit: a row each, and the nation's, their sum."""
    nation = votes.sum(min_count=1).to_frame().T.assign(level="nation", place="")
    rows = votes.reset_index(names="place").assign(level="unit")
    return pd.concat([rows, nation], ignore_index=True)[["level", "place", *votes]]


def whole(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with float columns as nullable whole numbers, so that csv prints 12 and not 12.0 beside a gap."""
    floats = frame.select_dtypes("float").columns
    return frame.astype(dict.fromkeys(floats, "Int64"))


def local_time(stamps: pd.Series, zone: str) -> pd.Series:
    """Time stamps as ISO 8601 text with the offset of `zone`."""
    local = pd.to_datetime(stamps, utc=True, format="ISO8601").dt.tz_convert(zone)
    return local.map(lambda stamp: stamp.isoformat())


def checked(value: float, expected: float, what: str) -> None:
    """Stop the compilation where a total is not the official one."""
    if value != expected:
        raise ValueError(f"{what}: compiled {value}, the office published {expected}")
