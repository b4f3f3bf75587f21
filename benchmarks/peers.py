"""The public peers from PyPI, each in an environment of its own, on the same partial counts as the fast engine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from runoff_forecast.count import Counts
from runoff_forecast.models.design import COVARIATE, build_design, smoothed_shares

HERE = Path(__file__).resolve().parent
PEERS = {
    "elex-model": (["elex-model==2.2.5"], "peer_elex_model.py"),
    "predikon": (["predikon==0.4", "pandas", "scikit-learn"], "peer_predikon.py"),
}
PYTHONS = ("python3.11", "python3.12", "python3.10", "python3")
"""Those that the peers are known to install on, best first."""
PATIENCE = 1200
"""Seconds after which a peer has failed."""


def cache_folder() -> Path:
    """Where the peers' environments are kept, outside the checkout."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "runoff-forecast" / "peers"


def environment(peer: str) -> Path:
    """The peer's Python, its environment made first where there is none yet."""
    folder = cache_folder() / peer
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        subprocess.run([_python(), "-m", "venv", "--clear", str(folder)], check=True)
        wanted = ["setuptools<81", *PEERS[peer][0]]
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *wanted], check=True, capture_output=True)
        (folder / "complete").touch()
    return python


def _python() -> str:
    for name in PYTHONS:
        found = shutil.which(name)
        if found and subprocess.run([found, "-c", "import venv, ensurepip"], capture_output=True).returncode == 0:
            return found
    raise FileNotFoundError(f"no Python to run the peers with; tried {', '.join(PYTHONS)}")


def run(peer: str, counts: Counts) -> dict[str, float] | str:
    """What a peer makes of a count: seconds, margin, 90 % interval where it has one; else the end of its error."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "count.csv"
        table_of(counts).to_csv(path, index=False)
        command = [str(environment(peer)), str(HERE / PEERS[peer][1]), str(path)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, cwd=folder)
        except subprocess.TimeoutExpired:
            return f"no answer in {PATIENCE} s"
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["failed"])[-1][:100]
    return json.loads(done.stdout.strip().splitlines()[-1])


def table_of(counts: Counts) -> pd.DataFrame:
    """A row a unit: votes so far, percent of stations in, the two own lists, the model's own covariates."""
    election, design = counts.election, build_design(counts.election)
    rows = counts.latest.rows.set_index("place").reindex(election.units.index)
    done = rows["counted"] + rows["contested"] + rows["void"]
    first, second = (rows[name].fillna(0.0).to_numpy() for name in election.candidate_ids[:2])
    lists = election.baseline.fillna(election.baseline.mean())
    expected = design.valid_per_station * design.stations
    # support that the lists lead one to expect, so that the peers too know which list is whose neighbour
    share = 1.0 / (1.0 + np.exp(-design.own[:, 0]))
    table = pd.DataFrame(
        {
            "unit": election.units.index,
            "region": np.char.mod("%05d", design.region),
            "kind": election.units["kind"].to_numpy(),
            "percent": np.floor(100.0 * (done / design.stations).fillna(0.0).to_numpy() + 1e-6),
            "first": first,
            "second": second,
            "baseline_first": (expected * share).round(),
            "baseline_second": (expected * (1.0 - share)).round(),
            "baseline_turnout": expected.round(),
        }
    )
    covariates = design.fixed[:, design.fixed_role == COVARIATE]
    names = {f"x_{number}": column for number, column in enumerate(covariates.T)}
    shares = {f"share_{number}": column for number, column in enumerate(smoothed_shares(lists.to_numpy(float)).T)}
    return table.assign(**names, **shares)
