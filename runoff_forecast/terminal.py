"""A forecast as tables on a terminal."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from . import contest, saying, telling
from .night import Night

if TYPE_CHECKING:
    from .outcome import Forecast


POINT_SCORES = {
    "raw_absolute_error": "raw margin so far, off by (points)",
    "absolute_error": "expected margin, off by (points)",
    "crps": "CRPS (points)",
    "width_90": "width of the 90 % interval (points)",
}
SHARE_SCORES = {
    "covered_50": "50 % interval held",
    "covered_90": "90 % interval held",
    "regions_covered_90": "regions' 90 % intervals held",
}

SHOWN = 8
"""Rows of candidates or pairs at most; a first round may have twenty candidates."""


def candidates(forecast: "Forecast") -> Table:
    """A row per candidate, the one with most expected votes first."""
    first_round = forecast.election.first_round
    chances = contest.chances(forecast)
    chance = "first,\nof 100" if first_round is None else "goes on,\nof 100"
    table = _table(forecast.election.title, ["candidate"], "votes in", "%", "final votes", "%", "90 % interval", chance)
    table.caption, table.caption_justify = telling.paragraph(forecast), "left"
    votes, total = forecast.count.votes, forecast.count.votes.sum()
    expected, shares = (forecast.mean(quantity).to_series() for quantity in (forecast.votes, forecast.shares))
    low, high = (limit.to_series() for limit in forecast.quantiles(forecast.shares, [0.05, 0.95]))
    for name, full in _leading(forecast).items():
        table.add_row(
            full,
            _whole(votes[name]),
            _hundredths(votes[name] / total if total else float("nan")),
            _whole(expected[name]),
            _hundredths(shares[name]),
            f"{_hundredths(low[name])} to {_hundredths(high[name])}",
            _hundred(forecast, chances[name]),
        )
    return table


def pairings(forecast: "Forecast") -> Table:
    """The likeliest runoffs of a first round."""
    table = _table("Runoffs", ["between"], "chances\nin 100")
    names = forecast.election.names
    for group, chance in forecast.pairings.head(SHOWN).items():
        table.add_row(" and ".join(names[name] for name in group), _hundred(forecast, chance))
    return table


def hurdle(forecast: "Forecast") -> Table:
    """What each candidate needs of the votes still out: to win, or in a first round to advance."""
    places = contest.places(forecast.election)
    aim = "to be first" if places == 1 else f"to be in the first {places}"
    left = ["candidate", "against"]
    title = f"What each needs of the two's votes still out {aim}"
    table = _table(title, left, "votes behind", "needs", "expected", "chances\nin 100")
    names = forecast.election.names
    needs = forecast.hurdle(places)
    for name, row in needs.loc[[name for name in _leading(forecast) if name in needs.index]].iterrows():
        table.add_row(
            names[name],
            names[row["rival"]],
            f"{row['deficit']:,.0f}" if row["deficit"] >= 0 else f"{-row['deficit']:,.0f} ahead",
            _needed(row["needed"]),
            _percent(row["expected"]),
            _hundred(forecast, row["probability"]),
        )
    return table


def outright_hurdle(forecast: "Forecast") -> Table:
    """What those who still can need of all votes still out to win a first round at once."""
    table = _table("To win at once, of all votes out", ["candidate"], "needs", "expected", "chances\nin 100")
    needs = forecast.outright_hurdle()
    for name, full in _leading(forecast).items():
        if name in needs.index and needs.loc[name, "needed"] <= 1.0:
            row = needs.loc[name]
            chance = _hundred(forecast, row["probability"])
            table.add_row(full, _needed(row["needed"]), _percent(row["expected"]), chance)
    return table


def outstanding(forecast: "Forecast") -> Table:
    """What is still out, by kind of place."""
    first, second = (candidate.name for candidate in forecast.election.candidates[:2])
    title = f"What is still out, by kind of place; + is {first} ahead of {second}"
    numbers = "stations", "valid votes", "90 % interval", "margin", "net votes"
    table = _table(title, ["kind"], *numbers, folding=["90 % interval"])  # two numbers may stand below each other
    for kind, row in forecast.outstanding_by_kind().iterrows():
        table.add_row(
            str(kind),
            _whole(row["stations"]),
            _whole(row["votes"]),
            f"{_whole(row['votes_q05'])} to {_whole(row['votes_q95'])}",
            "–" if pd.isna(row["margin"]) else saying.points(row["margin"], 1),
            saying.signed(row["net"]),
        )
    return table


def progress(night: Night, forecasts: Sequence["Forecast"]) -> Table:
    """A row per forecast of a night, the margin so far beside the one expected; below, the official end if known."""
    first, second = night.election.candidates[:2]
    title = f"{night.election.title}; + is {first.name} ahead of {second.name}"
    wins = f"{first.name} first, of 100"
    numbers = "count of", "counted", "so far", "forecast", "90 % interval", wins
    table = _table(title, [], *numbers, folding=[wins])
    for forecast in forecasts:
        low, high = (saying.points(limit) for limit in forecast.interval(0.9))
        local = forecast.count.time.tz_convert(night.election.timezone)
        table.add_row(
            f"{local.day} {local.month_name()[:3]} {local:%H:%M}",
            _percent(forecast.count.counted_share),
            "–" if pd.isna(forecast.count.margin) else saying.points(forecast.count.margin),
            saying.points(float(forecast.mean(forecast.margin))),
            f"{low} to {high}",
            _hundred(forecast, forecast.win_probability[first.id]),
        )
    if night.result is not None:
        table.add_section()
        table.add_row("result", "", "", saying.points(night.result.margin), style="bold")
    return table


def scores(summary: Mapping[str, object], night: Night) -> Table:
    """Averages over a replayed night, and when it was called."""
    names = night.election.names
    table = _table("Mean scores over the night's moments", ["score"], "value")
    for name, said in POINT_SCORES.items():
        table.add_row(said, saying.points(summary[name], 3).lstrip("+"))
    for name, said in SHARE_SCORES.items():
        table.add_row(said, _percent(summary[name]))
    table.add_row("Brier score of the winner", f"{summary['brier']:.4f}")
    call = summary["call"]
    if call["candidate"] is None:
        table.caption = "The night was not called: no chance passed 99.5 %."
    else:
        ends = "wrongly" if call["wrong"] else "rightly"
        back = ", and taken back later" if call["taken_back"] else ""
        table.caption = (
            f"Called for {names[call['candidate']]} at {_percent(call['counted_share'])} counted, {ends}{back}."
        )
    table.caption_justify = "left"
    return table


def _table(title: str, left: Sequence[str], *numbers: str, folding: Sequence[str] | None = None) -> Table:
    """An empty table with columns of texts and, right of them, of numbers; those that fold may run over lines, by
    default the texts: numbers are never cut."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, title=title, title_justify="left")
    folding = left if folding is None else folding
    for heading in left:
        table.add_column(heading, no_wrap=heading not in folding)
    for heading in numbers:
        table.add_column(heading, justify="right", no_wrap=heading not in folding)
    return table


def _leading(forecast: "Forecast") -> dict[str, str]:
    """Names of the candidates with most expected votes, by id."""
    expected = forecast.mean(forecast.votes).to_series().sort_values(ascending=False, kind="stable")
    names = forecast.election.names
    return {name: names[name] for name in expected.index[:SHOWN]}


def _hundred(forecast: "Forecast", probability: float) -> str:
    return saying.in_hundred(probability, certain=forecast.finished)


def _whole(number: float) -> str:
    return "–" if pd.isna(number) else f"{number:,.0f}"


def _hundredths(share: float) -> str:
    """A share in percent, without the sign."""
    return "–" if pd.isna(share) else f"{100 * share:.2f}"


def _percent(share: float) -> str:
    return "–" if pd.isna(share) else f"{100 * share:.1f} %"


def _needed(share: float) -> str:
    if share > 1:
        return "cannot"
    return "nothing" if share < 0 else _percent(share)


@contextmanager
def bar(said: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar on stderr for as many pieces of work; gives what is to be called after each."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as shown:
        task = shown.add_task(said, total=total)
        yield lambda: shown.advance(task)
