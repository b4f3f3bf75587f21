"""Calls: the first moment of a night at which a forecast was sure of the winner, and what became of it."""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

CALL = 0.995
"""A call is the first moment at which a candidate's win probability passes this."""
TAKEN_BACK = 0.95
"""A call is taken back where the probability later falls below this; between the two the forecast wavers."""


@dataclass(frozen=True)
class Call:
    """Whether and when a night was called; shares are of the stations counted."""

    lead_settled: float
    """Share counted from which on the raw count had the leader of the end; NaN where it had not by the last moment."""
    candidate: str | None = None
    """None where the night was not called."""
    counted_share: float = np.nan
    """At the call."""
    wrong: bool = False
    wavered: bool = False
    """The probability was later below the bar again."""
    taken_back: bool = False
    """It later fell below `TAKEN_BACK`."""


def call_of(scores: pd.DataFrame, *, bar: float = CALL) -> Call:
    """The call of a night from the scores of its moments, in order."""
    settled = _lead_settled(scores)
    sure = (scores["favourite_probability"] > bar).to_numpy()
    if not sure.any():
        return Call(settled)
    night = scores.iloc[int(sure.argmax()) :]
    candidate, winner = str(night["favourite"].iloc[0]), str(night["winner"].iloc[0])
    chance = _chance_of(night, candidate)
    return Call(
        settled,
        candidate=candidate,
        counted_share=float(night["counted_share"].iloc[0]),
        wrong=candidate != winner,
        wavered=bool((chance <= bar).any()),
        taken_back=bool((chance < TAKEN_BACK).any()),
    )


def calls_of(scores: pd.DataFrame, *, by: tuple[str, ...], bar: float = CALL) -> pd.DataFrame:
    """The call of every group of scores (a night and a model, say): the columns `by` and those of `Call`."""
    rows = []
    for key, night in scores.groupby(list(by), sort=False):
        rows.append(dict(zip(by, key, strict=True)) | asdict(call_of(night, bar=bar)))
    return pd.DataFrame(rows)


def call_curve(calls: pd.DataFrame) -> pd.DataFrame:
    """Share of the nights called by each share of stations counted, model by model: model, counted_share, called.

    A night that is never called keeps its model below one.
    """
    parts = []
    for model, group in calls.groupby("model", sort=False):
        stops = np.sort(group["counted_share"].dropna().to_numpy())
        called = np.arange(1, len(stops) + 1) / len(group)
        steps = {
            "counted_share": np.r_[0.0, stops, 1.0],
            "called": np.r_[0.0, called, called[-1:] if len(stops) else 0.0],
        }
        parts.append(pd.DataFrame(steps).assign(model=model))
    return pd.concat(parts, ignore_index=True)[["model", "counted_share", "called"]]


def calls_summary(calls: pd.DataFrame) -> pd.DataFrame:
    """One row a model: nights, called, wrong, wavered, taken_back (numbers); median share counted at the call, and how
    many nights were called before the raw lead had settled, with the median distance in share counted.
    """
    rows = []
    for model, group in calls.groupby("model", sort=False):
        ahead = (group["lead_settled"].fillna(1.0) - group["counted_share"])[group["candidate"].notna()]
        rows.append(
            {
                "model": model,
                "nights": len(group),
                "called": int(group["candidate"].notna().sum()),
                "wrong": int(group["wrong"].sum()),
                "wavered": int(group["wavered"].sum()),
                "taken_back": int(group["taken_back"].sum()),
                "median_at": float(group["counted_share"].median()),
                "before_the_lead": int((ahead > 0).sum()),
                "median_ahead": float(ahead[ahead > 0].median()) if (ahead > 0).any() else np.nan,
            }
        )
    return pd.DataFrame(rows)


def _chance_of(night: pd.DataFrame, candidate: str) -> np.ndarray:
    """The candidate's win probability from then on; where another is the favourite and a third won, 0 stands for it."""
    favoured = (night["favourite"] == candidate).to_numpy()
    won = (night["winner"] == candidate).to_numpy()
    chance = np.where(won, night["win_probability"], 0.0)
    return np.where(favoured, night["favourite_probability"], chance)


def _lead_settled(scores: pd.DataFrame) -> float:
    raw = (scores["raw_error"] + scores["final_margin"]).fillna(0.0)
    wrong = np.flatnonzero(np.sign(raw) != np.sign(scores["final_margin"]))
    first = int(wrong[-1]) + 1 if len(wrong) else 0
    return float(scores["counted_share"].iloc[first]) if first < len(scores) else np.nan
