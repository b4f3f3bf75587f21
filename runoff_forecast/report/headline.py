"""The headline: what the forecast says, in words no surer than its draws."""

import numpy as np
import pandas as pd

from .. import contest
from ..charts.words import Words
from ..election import Election
from ..night import Night
from ..outcome import Forecast
from .phrases import PageWords

BANDS = ((0.995, "certain"), (0.95, "very_likely"), (0.8, "likely"), (0.6, "leaning"))
"""From which probability on which word is used; below the last it is open. The page explains them."""
NAMED = 4
"""Candidates whose chances are told, at most."""


def headline(forecast: Forecast, text: PageWords, says: Words) -> str:
    """One sentence on who wins, or on who goes on to the runoff."""
    if forecast.election.first_round is not None:
        return _who_goes_on(forecast, text, says)
    chances = forecast.win_probability.sort_values(ascending=False, kind="stable")
    first, second = (forecast.election.names[name] for name in chances.index[:2])
    if forecast.finished:
        votes = contest.ranked(forecast.election, forecast.mean(forecast.votes).to_series())
        ahead = votes.iloc[0] - votes.iloc[1]
        return text.won.format(name=first, votes=says.number(ahead)) if ahead > 0 else text.tied
    return _phrase(text, "", chances.iloc[0]).format(name=first, rival=second)


def details(forecast: Forecast, night: Night, text: PageWords, says: Words) -> list[str]:
    """The sentences below the headline."""
    count, election = forecast.count, forecast.election
    runoff, told = election.first_round is None, []
    if not forecast.finished:
        told += _chances(forecast, text, says)
    elif runoff and night.result is None:
        told.append(text.final.format(leader=_in_the_lead(election, forecast.mean(forecast.votes).to_series(), says)))
    if runoff and not forecast.finished:
        told.append(_expected(forecast, text, says))
    if np.isnan(count.margin):
        told.append(text.nothing_yet)
    elif forecast.finished:
        told.append(text.count_done)
    else:
        out = float(forecast.mean(forecast.outstanding.sum("candidate")))
        told.append(
            text.in_the_count.format(
                leader=_in_the_lead(election, count.votes, says),
                counted=says.stations(count.counted_share),
                votes=rough(out, says),
            )
        )
    if election.preliminary:
        told.append(text.preliminary)
    if night.result is not None and runoff:
        told.append(text.official.format(leader=_in_the_lead(election, night.result.votes, says)))
    return told


def _expected(forecast: Forecast, text: PageWords, says: Words) -> str:
    first, second, margin = contest.deciding_margin(forecast)
    pair = forecast.election.names[first], forecast.election.names[second]
    low, high = forecast.quantiles(margin, [0.05, 0.95])
    return text.expected.format(
        leader=says.leader_of(float(forecast.mean(margin)), *pair),
        interval=says.leaders_of(float(low), float(high), *pair),
    )


def _who_goes_on(forecast: Forecast, text: PageWords, says: Words) -> str:
    names = forecast.election.names
    outright = forecast.outright_probability.sort_values(ascending=False)
    if outright.sum() > 0.5:
        winner = names[outright.index[0]]
        if forecast.finished and outright.iloc[0] >= 1:
            return text.won_outright.format(name=winner)
        if outright.iloc[0] >= BANDS[-1][0]:
            return text.at_once.format(sentence=_phrase(text, "", outright.iloc[0]).format(name=winner))
        return text.outright.format(name=winner, chance=says.in_hundred(outright.iloc[0], certain=forecast.finished))
    pair, chance = forecast.pairings.index[0], float(forecast.pairings.iloc[0])
    if len(pair) == 2 and chance >= BANDS[-1][0]:
        phrase = text.meet_done if forecast.finished else _phrase(text, "meet_", chance)
        return phrase.format(name=names[pair[0]], rival=names[pair[1]])
    likeliest = forecast.advance_probability.sort_values(ascending=False, kind="stable")
    sure = likeliest.iloc[0] >= BANDS[0][0]
    return text.meet_half_open.format(name=names[likeliest.index[0]]) if sure else text.meet_open


def _phrase(text: PageWords, aim: str, probability: float) -> str:
    for least, word in BANDS:
        if probability >= least:
            return getattr(text, aim + word)
    return getattr(text, aim + "open")


def _chances(forecast: Forecast, text: PageWords, says: Words) -> list[str]:
    if forecast.election.first_round is None:
        return [text.chances.format(chances=_likeliest(forecast, says, forecast.win_probability))]
    told = []
    if contest.in_play(forecast):
        runoff = says.in_hundred(1.0 - float(forecast.outright_probability.sum()), certain=forecast.finished)
        chances = _likeliest(forecast, says, forecast.outright_probability)
        told.append(text.chances_outright.format(chances=chances, runoff=runoff))
    if forecast.outright_probability.sum() < 1 - contest.SLIGHT:
        told.append(text.chances_to_advance.format(chances=_likeliest(forecast, says, forecast.advance_probability)))
    return told


def _likeliest(forecast: Forecast, says: Words, chances: pd.Series) -> str:
    likeliest = chances[forecast.election.standing].sort_values(ascending=False, kind="stable")[:NAMED]
    return "; ".join(_chance(forecast, says, name, chance) for name, chance in likeliest.items())


def _chance(forecast: Forecast, says: Words, name: str, chance: float) -> str:
    return f"{forecast.election.names[name]} {says.in_hundred(chance, certain=forecast.finished)}"


def _in_the_lead(election: Election, votes: pd.Series, says: Words) -> str:
    """Who is first, and by how much of the valid votes."""
    first, lead = contest.lead(election, votes)
    return says.leader_of(lead, election.names[first], "")


def rough(votes: float, says: Words, *, spread: float = np.inf) -> str:
    """To two figures, or to as many as tell apart the ends of an interval that is `spread` votes wide: an estimate that
    is told to the last vote looks like a count."""
    digits = max(len(f"{min(votes / 10, spread):.0f}") - 1, 0)
    return says.number(round(votes, -digits))
