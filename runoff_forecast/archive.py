"""A count with its election as labelled arrays in one netCDF file, and back without loss."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from .checks.problem import Problem
from .checks.register import Register
from .count import Count
from .election import Election

LAYOUT = "runoff-forecast 1"
ENGINE = "h5netcdf"


def write(
    path: str | Path, count: Count, draws: Mapping[str, xr.Dataset], said: Mapping[str, Any], trace: xr.DataTree | None
) -> None:
    """Keep a count, the datasets of a forecast and what is said about them (anything JSON knows) in one file."""
    election = count.election
    head = {
        "layout": LAYOUT,
        "election": json.dumps(election.header(), default=date.isoformat),
        "nominal_stations": int(election.nominal_stations),
        "time": count.time.isoformat(),
        "warnings": _problems_text(count.warnings),
        "warnings of the register": _problems_text(election.warnings),
        "said": json.dumps(dict(said)),
    }
    frames = {"units": election.units, "baseline": election.baseline, "regions": election.regions, "rows": count.rows}
    groups = {name: _packed(frame) for name, frame in frames.items()} | dict(draws)
    tree = xr.DataTree.from_dict({"/": xr.Dataset(attrs=head), **groups})
    if trace is not None:
        tree["trace"] = trace
    packing = {
        "/" + name: {str(variable): {"zlib": True, "complevel": 3} for variable in data} for name, data in draws.items()
    }
    tree.to_netcdf(path, engine=ENGINE, encoding=packing)


def read(path: str | Path) -> tuple[Count, dict[str, xr.Dataset], dict[str, Any], xr.DataTree | None]:
    """What `write` kept; raises OSError where there is no netCDF file, ValueError where it holds something else."""
    with xr.open_datatree(Path(path), engine=ENGINE) as opened:
        tree = opened.load()
    head = tree.attrs
    if head.get("layout") != LAYOUT:
        raise ValueError(f"{path} is not a saved forecast")
    register = Register(
        *(_unpacked(tree[name]) for name in ("units", "baseline", "regions")), bool(head["nominal_stations"])
    )
    of_register = _problems(head.get("warnings of the register", "[]"))  # older files have none
    election = Election.from_header(_dated(json.loads(head["election"])), register, of_register)
    time = pd.Timestamp(head["time"]).tz_convert(election.timezone)
    count = Count(election, time, _unpacked(tree["rows"]), _problems(head["warnings"]))
    draws = {name: tree[name].to_dataset() for name in ("draws", "parameters")}
    return count, draws, json.loads(head["said"]), tree.get("trace")


def _problems_text(problems: Sequence[Problem]) -> str:
    return json.dumps([asdict(problem) for problem in problems])


def _problems(text: str) -> tuple[Problem, ...]:
    return tuple(Problem(**problem) for problem in json.loads(text))


def _packed(frame: pd.DataFrame) -> xr.Dataset:
    # One array of numbers and one of text: names of lists and candidates need not be names that netCDF allows.
    numeric = [name for name in frame.columns if frame[name].dtype.kind in "fiub"]
    texts = [name for name in frame.columns if name not in numeric]
    words = [
        [value.isoformat() if isinstance(value, pd.Timestamp) else str(value) for value in frame[name]]
        for name in texts
    ]
    kinds = {name: str(frame[name].dtype) for name in frame.columns}
    return xr.Dataset(
        {
            "numbers": (("row", "number"), frame[numeric].to_numpy(dtype=float).reshape(len(frame), len(numeric))),
            "texts": (("text", "row"), np.array(words, dtype=object).reshape(len(texts), len(frame))),
            "label": ("row", frame.index.astype(str).to_numpy(dtype=object)),
        },
        attrs={"columns": json.dumps(kinds), "numeric": json.dumps(numeric), "index": frame.index.name or ""},
    )


def _unpacked(group: xr.DataTree) -> pd.DataFrame:
    kinds, numeric = json.loads(group.attrs["columns"]), json.loads(group.attrs["numeric"])
    texts = [name for name in kinds if name not in numeric]
    index = pd.RangeIndex(group.sizes["row"])
    if group.attrs["index"]:
        index = pd.Index(group["label"].to_numpy().astype(str), name=group.attrs["index"], dtype="str")
    values = {name: group["numbers"].to_numpy()[:, position] for position, name in enumerate(numeric)}
    values |= {name: _text(group["texts"].to_numpy()[position], kinds[name]) for position, name in enumerate(texts)}
    return pd.DataFrame({name: values[name] for name in kinds}, index=index).astype(kinds)


def _text(values: np.ndarray, kind: str) -> np.ndarray | pd.DatetimeIndex:
    return pd.to_datetime(values, utc=True, format="ISO8601") if kind.startswith("datetime64") else values


def _dated(header: dict[str, Any]) -> dict[str, Any]:
    header["date"] = date.fromisoformat(header["date"])
    for source in header["sources"]:
        if "retrieved" in source:
            source["retrieved"] = date.fromisoformat(source["retrieved"])
    return header
