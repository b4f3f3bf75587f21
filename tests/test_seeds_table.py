"""The founding bulletins as data: consistent in themselves and with the bundled elections."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parent.parent
BULLETINS = pd.read_csv(ROOT / "seeds" / "bulletins.csv")
RESULTS = pd.read_csv(ROOT / "seeds" / "results.csv")
STATEMENTS = [key for key, _ in BULLETINS.groupby(["document", "statement"], sort=True)]

each_statement = pytest.mark.parametrize(("document", "statement"), STATEMENTS)


def rows_of(document: str, statement: str) -> pd.DataFrame:
    """The candidates of one bulletin."""
    return BULLETINS[(BULLETINS["document"] == document) & (BULLETINS["statement"] == statement)]


def counts_of(election: str) -> pd.DataFrame:
    """The bundled national rows of an election."""
    folder = ROOT / "data" / election
    path = next(path for path in (folder / "counts.csv", folder / "counts.csv.gz") if path.exists())
    rows = pd.read_csv(path, dtype={"place": str})
    return rows[rows["level"] == "nation"]


def test_all_five_documents_are_there():
    assert BULLETINS["document"].nunique() == 5
    circumstances = pd.read_csv(ROOT / "seeds" / "circumstances.csv")
    assert set(circumstances["document"]) == set(BULLETINS["document"])


@each_statement
def test_candidates_are_those_of_the_election(document, statement):
    rows = rows_of(document, statement)
    election = rows["election"].iloc[0]
    header = tomllib.loads((ROOT / "data" / election / "election.toml").read_text(encoding="utf-8"))
    assert set(rows["candidate"]) <= {candidate["id"] for candidate in header["candidates"]}
    assert (pd.to_datetime(rows["time"], utc=True).dt.date >= header["date"]).all()
    assert rows["share"].sum() <= 1 + rows["share_rounding"].sum()


@each_statement
def test_bundled_night_has_the_bulletin(document, statement):
    rows = rows_of(document, statement).set_index("candidate")
    night = counts_of(rows["election"].iloc[0]).set_index("time")
    bulletin = night.loc[rows["time"].iloc[0]]
    printed = rows["votes"].dropna()
    assert bulletin[printed.index].astype(float).tolist() == printed.tolist()
    candidates = [
        c for c in night.columns[2:] if c not in {"counted", "counted_share", "contested", "void", "blank", "null"}
    ]
    share = bulletin[rows.index].astype(float) / bulletin[candidates].astype(float).sum()
    # a cut share may be off by twice what a rounded one can
    assert ((share - rows["share"]).abs() <= 2 * rows["share_rounding"]).all()


def test_results_are_the_bundled_ones():
    for election, rows in RESULTS.groupby("election"):
        folder = ROOT / "data" / election
        path = next(path for path in (folder / "result.csv", folder / "result.csv.gz") if path.exists())
        result = pd.read_csv(path)
        nation = result[result["level"] == "nation"].iloc[0]
        assert nation[rows["candidate"]].astype(int).tolist() == rows["votes"].tolist()
        assert rows["votes"].is_monotonic_decreasing
        assert rows["rank"].tolist() == list(range(1, len(rows) + 1))


def test_shares_follow_from_votes():
    whole = RESULTS[RESULTS["election"].str.endswith("runoff")]
    share = whole["votes"] / whole.groupby("election")["votes"].transform("sum")
    assert ((share - whole["share"]).abs() <= whole["share_rounding"]).all()
