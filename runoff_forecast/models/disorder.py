"""Whether the stations that are in are a simple random sample of all: a count in no order at all, as a quick count is.

Every order of arrival that is known leaves some places further on than others. Of a random sample each place has its
share, give or take what chance makes of it (the hypergeometric law), so the spread of the places' shares tells the two
apart as soon as a few hundred stations are in. An order also shows where later stations of a place vote otherwise than
its early ones.

The chi-square statistic of homogeneity is weighed under three hypotheses: no order; an order, which makes it larger;
shares handed out evenly, as a sample stratified by place has them, or an office that keeps its places in step, which
make it smaller. The last says nothing of the order inside a place, so only the first means that none need be feared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.special import gammaln, logsumexp

from ..checks.ballot import SHEETS
from ..holdings import Holdings
from .design import Design
from .gaps import means_by

LOG_ORDER = np.linspace(-5.0, 5.0, 101)
"""Logs of the deviation between places of the logit of their counted share, under an order."""
ORDER_WEIGHT = np.exp(-0.5 * LOG_ORDER**2) / np.exp(-0.5 * LOG_ORDER**2).sum()
"""Its prior: half of the orders lie between 0.5 and 2 logits; those of seven real counts between 0.7 and 9."""
EVEN, EVEN_SPREAD = -4.0, 1.0
"""Mean and deviation of the log of what evenly handed out shares leave of the statistic."""


@dataclass(frozen=True, eq=False)
class Trend:
    """What the batches of a night measure along the order of arrival, such as a candidate's share: (N,) each."""

    value: np.ndarray
    weight: np.ndarray
    """One over the variance that chance gives the value"""
    slope: float
    """Prior deviation of its slope in lateness, where there is an order"""


def probability_of_no_order(design: Design, states: Sequence[Holdings], prior: float, log_odds: float = 0.0) -> float:
    """The posterior probability that stations come in in no order, from the states of a night so far.

    `prior` is that of no order, and of evenly shared out places as well; `log_odds` what else speaks for an order, as
    `log_odds_of_trends` does. Zero where nothing can be told: of one place, and where stations are nominal.
    """
    if design.election.nominal_stations:
        return 0.0
    place = _places(design, states)
    total = np.bincount(place, design.stations)
    pending, told = total, []
    for state in states:
        left = np.clip(total - _arrived(state, place, len(total)), 0.0, pending)
        # in no order, what comes in is a random sample of what was still out, whatever came before
        told.append(_log_likelihoods(pending - left, pending))
        pending = left
    if not any(likelihoods.any() for likelihoods in told):
        return 0.0
    weighed = np.log([prior, 1.0 - 2.0 * prior, prior]) + np.sum(told, axis=0) + np.array([0.0, log_odds, log_odds])
    return float(np.exp(weighed[0] - logsumexp(weighed)))


def log_odds_of_trends(trends: Sequence[Trend], late: np.ndarray, group: np.ndarray, region: np.ndarray) -> float:
    """How much likelier the batches (N,) are where their values may go along the order of arrival than where they
    cannot.

    Each batch is held against the others of its `group`. Under an order there are slopes by `region` (N,), one of the
    nation, or none, as likely each: that nothing drifts says little against an order.
    """
    found = 0.0
    for trend in trends:
        later, beyond = (values - means_by(group, values, trend.weight) for values in (late, trend.value))
        score = np.bincount(region, trend.weight * later * beyond)
        information = np.bincount(region, trend.weight * later**2)
        by_region = _log_odds(score, information, trend.slope)
        nation = _log_odds(score.sum(), information.sum(), trend.slope)
        found += logsumexp([by_region, nation, 0.0]) - np.log(3.0)
    return float(found)


def _log_odds(score: np.ndarray, information: np.ndarray, slope: float) -> np.ndarray:
    """Of normal slopes with mean zero over none, from the score and information of each at zero; all of them."""
    return 0.5 * np.sum(score**2 / (information + slope**-2) - np.log1p(information * slope**2))


def _places(design: Design, states: Sequence[Holdings]) -> np.ndarray:
    """(U,) codes of the smallest sets of units that no group of any state straddles; units of one station, which are in
    or are not, go by region."""
    units, regions = design.n_units, design.n_regions
    coarse = [state.members[group] for state in states for group in np.flatnonzero(~state.single)]
    single = np.flatnonzero(design.stations < 2.0)
    unit = np.concatenate([single, *coarse])
    of_coarse = np.repeat(np.arange(len(coarse)), [len(members) for members in coarse])
    group = units + np.concatenate([design.region[single], regions + of_coarse])
    size = units + regions + len(coarse)
    linked = sparse.csr_array((np.ones(len(unit)), (unit, group)), shape=(size, size))
    return connected_components(linked, directed=False)[1][:units]


def _arrived(holdings: Holdings, place: np.ndarray, places: int) -> np.ndarray:
    """(places,) stations in."""
    sheets = holdings.frame[list(SHEETS)].to_numpy(float).sum(axis=1)
    return np.bincount(place[holdings.first], sheets, places)


def _log_likelihoods(arrived: np.ndarray, pending: np.ndarray) -> np.ndarray:
    """(3,) of no order, an order, and even shares: what came in (places,) of what was out (places,). Zeros where that
    tells nothing."""
    open_still = pending > 1.0
    arrived, pending = arrived[open_still], pending[open_still]
    share = arrived.sum() / max(pending.sum(), 1e-9)
    if len(pending) < 2 or not 0.0 < share < 1.0:
        return np.zeros(3)
    freedom, information = len(pending) - 1.0, pending * share * (1.0 - share)
    statistic = float((np.square(arrived - pending * share) / information).sum()) + 1e-9
    # of small places the statistic varies more than a chi-square: a gamma with its mean and variance
    variance = float((2.0 + (1.0 - 6.0 * share * (1.0 - share)) / information).sum())
    shape, scale = freedom**2 / variance, variance / freedom
    larger = 1.0 + (pending - 1.0).sum() * share * (1.0 - share) / freedom * np.exp(2.0 * LOG_ORDER)
    none, *orders = _log_gamma(statistic, shape, scale * np.r_[1.0, larger])
    deviation = (np.log(statistic / freedom) - EVEN) / EVEN_SPREAD
    even = -0.5 * deviation**2 - np.log(np.sqrt(2.0 * np.pi) * EVEN_SPREAD * statistic)
    return np.array([none, logsumexp(orders, b=ORDER_WEIGHT), even])


def _log_gamma(x: float, shape: float, scale: np.ndarray) -> np.ndarray:
    return (shape - 1.0) * np.log(x / scale) - x / scale - gammaln(shape) - np.log(scale)
