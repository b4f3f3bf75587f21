"""Every judgement of the model: its name, its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from math import inf
from typing import Any

ATTENUATION = 0.346
"""How much a normal effect of variance one flattens a logistic slope: (16 sqrt(3) / 15 pi)^2 (Zeger, Liang & Albert
1988)."""

SIGNED = ("loyalty", "arrival_slope", "arrival_between", "arrival_overseas", "arrival_fullness")
"""Priors that may be of either sign; all others are above zero."""
SHARES = {
    "station_correlation": 1,
    "drift_followed": 1,
    "contested_counted": 1,
    "contested_untold": 1,
    "no_order": 0.5,
    "order_inside": 1,
    "by_vote": 1,
    "by_vote_untold": 1,
    "revision": 0.25,
    "revision_preliminary": 0.25,
}
"""Priors that are shares, and what they are below; even shares are as likely as no order, and an order likelier. No
correction, four deviations at most, leaves fewer votes than none."""
FREEDOMS = ("drift_freedom", "drift_last_freedom")
"""Degrees of freedom of a Student t, one at least: with fewer its tails reach beyond all numbers."""
MOST = 1e6
"""Nobody who changes a prior means one further from zero; beyond it numbers overflow."""

OF_PLACES = ("kind", "kind_home", "covariate", "region", "area", "unit")
"""Priors of how support differs between places; those of turnout have the same names after `turnout_`."""

NO_ORDER = 1e-4
"""What is left of the variance of drift and order where the night shows that there is none."""


def blurring(unit: float) -> float:
    """How many times as steep a slope of arrival is as it looks, where units have effects of such deviation."""
    return (1.0 + ATTENUATION * unit**2) ** 0.5


@dataclass(frozen=True)
class Priors:
    """Scales and means of the model; support in logits between two candidates, turnout in logs of valid votes a
    station."""

    intercept: float = 1.0
    """Logits. The nation's support beyond the candidates' own lists: 1 covers a 73:27 landslide at one deviation."""
    intercept_several: float = 2.5
    """The same of more than two candidates, between any two of them: the root mean square of the log of one's votes
    over another's is 1.9 to 2.7 in four contests of 9 to 18 lists. Narrower, small lists' shares are pulled up."""
    kind: float = 0.4
    """Logits. How much urban and rural places differ where no baseline tells them apart, and places abroad beyond
    what it tells (0.1 in Peru 2016, 0.5 in 2021)."""
    kind_home: float = 0.1
    """Logits. How much kinds of places at home differ beyond what the baseline's lists tell: 0.02 to 0.18 between
    urban and rural ones in three elections."""
    loyalty: float = 1.2
    """Support's slope on the contrast that the baseline's lists lead one to expect (1.6 in Peru 2021, 1.0 in 2016)."""
    covariate: float = 0.1
    """Logits per deviation of a covariate: scale of the half-normal over the coefficients' common deviation."""
    region: float = 0.2
    """Logits: half-normal scale of the deviation between regions."""
    area: float = 0.2
    """Logits: half-normal scale of the deviation between areas of a region."""
    unit: float = 0.2
    """Logits: half-normal scale of the deviation between units of an area."""

    no_baseline: float = 2.0
    """Factor on the scales of support and of turnout where no unit has a baseline: those learnt are of what it leaves
    open. Of 1, 2 and 3 the best by CRPS and interval score on nights of Peru 2016 and 2021 without theirs."""
    borrowed: float = 3.7
    """Factor on the scales of support between two candidates where the register and baseline are another election's:
    its lists are not these voters'. Those scales are as wide as with 3 before Turkey's, a fifth narrower, were among
    the ones multiplied. Between more, the scales are learnt with such a baseline."""

    turnout_intercept: float = 0.3
    """Logs: a runoff's valid votes against the baseline's."""
    turnout_kind: float = 0.2
    """Logs: abroad 0.15 to 0.35 from the nation in four elections."""
    turnout_kind_home: float = 0.1
    """Logs: 0.02 to 0.1 in rural places."""
    turnout_covariate: float = 0.05
    """Logs: half-normal scales, as for support."""
    turnout_region: float = 0.06
    """Logs, as for support."""
    turnout_area: float = 0.06
    """Logs, as for support."""
    turnout_unit: float = 0.06
    """Logs, as for support."""

    turnout_total: float = 0.13
    """Logs: how far all valid votes are in the end from the baseline's, beyond which no drift of votes a station may
    lead (-0.07 to 0.2 in ten contests). Of a kind of places, its own deviation comes on top."""

    station_correlation: float = 0.015
    """Intra-class correlation of votes within a unit's stations (Kish 1965): the design effect is 1 + (votes - 1)
    times this. 0.007 in Peru 2016, 0.013 in 2021; neighbouring stations come in together."""
    station_turnout: float = 0.15
    """Logs: deviation of valid votes between stations of one unit."""

    drift: float = 1.0
    """Half-normal scale of a factor on every deviation of drift, one for support and one for turnout. The night tells
    it: where regions do not drift, the nation is not believed to either."""
    drift_nation: float = 0.02
    """Logits per deviation of lateness: how far later stations lean from earlier ones everywhere, covariates held.
    Learnt with a wide prior it is 0.03 to 0.07 between candidates of Peru 2026, 0.02 in Peru 2021, 0.005 in
    Bolivia."""
    drift_headline: float = 0.1
    """The same where only national totals are known, and what is late must be guessed from the baseline alone."""
    drift_headline_several: float = 0.2
    """The same of more than two candidates, who differ more between places than two finalists do. Of 0.1, 0.2 and 0.3
    the middle one had the best CRPS on the first rounds of 2006 and 2011, the wider ones on simulated nights."""
    drift_freedom: float = 3.0
    """Degrees of freedom of the Student t of drift between what is in and what is out where headlines alone are known:
    an order of arrival that they do not show errs by many deviations. Of normal, 3 and 2 the best by log score and
    interval score on real and simulated nights by national totals."""
    drift_unit: float = 0.05
    """Logits per deviation of lateness, by region, where counts come by unit."""
    drift_region: float = 0.10
    """The same where counts come by region or coarser."""
    drift_uniform: float = 200.0
    """Stations of a typical unit (the geometric mean over stations) up to which late stations differ from early ones by
    the deviations above: those are of districts, 150 to 170 in Peru."""
    drift_growth: float = 0.5
    """Power of a typical unit's size beyond that with which the deviations grow, the nation's and by region where
    counts come by unit: a department has a city and hamlets, and its late stations are not like its early ones. Of 0,
    0.4 and 0.5 the best by interval score on nights of Peru whose units are departments."""
    drift_followed: float = 0.25
    """Share of the way from the last batch to what is pending on which a trend is believed to go on: damped trends
    forecast better than straight ones (Gardner & McKenzie 1985). On the rest drift may go in any direction."""
    drift_settled: float = 0.02
    """Share of a place's stations that tell half of what can be told of where its drift goes. What is pending of a
    place with hardly anything in is the place, whatever its first stations were, so the whole way is followed there.
    Of 0, 0.02 and 0.05 the best on nights of Turkey and on simulated ones together."""
    drift_shown: float = 1.0
    """Factor on the nation's trend that has shown, by which what is pending may stray from it in either direction, on
    top: late ballots that lean everywhere alike, as postal ones do, leave regions no sign of it."""
    drift_last: float = 0.07
    """Logits: how far the sheets that wait for rulings lean from their places, everywhere alike, however little the
    night drifted: the root mean square of two counts (0.01 in Peru 2021, 0.1 in 2026). They are what is set aside, or
    most of what is out at the end where an office does not tell them apart."""
    drift_last_freedom: float = 2.0
    """Degrees of freedom of its Student t: that of a normal whose deviation is known from as many counts (Gelman et al.
    2013, section 3.2)."""
    drift_overseas: float = 2.5
    """Factor on the drift of regions abroad, where the first consulates in are few and odd."""
    turnout_drift: float = 0.03
    """Logs per deviation of lateness."""

    arrival_slope: float = 0.65
    """Logits of being counted per deviation of earliness inside a region: mean."""
    arrival_slope_sd: float = 0.4
    """Its deviation between counts."""
    arrival_slope_region: float = 0.6
    """How the slope varies between regions."""
    arrival_between: float = 0.65
    """Logits of being counted per deviation of a region's mean earliness: mean."""
    arrival_between_sd: float = 0.5
    """Its deviation between counts."""
    arrival_overseas: float = -3.0
    """Logits: how much later overseas units are counted."""
    arrival_overseas_sd: float = 2.0
    """Its deviation between counts."""
    arrival_fullness: float = 0.0
    """Logits of being counted per log of the votes of a station: a box with few ballots is counted soon. Mean."""
    arrival_fullness_sd: float = 1.0
    """Its deviation between counts."""
    arrival_kind: float = 4.5
    """Logits: how early or late a kind is that is neither urban, rural nor overseas, such as postal votes. No count of
    one is among those learnt from, so it is as far from the rest as places abroad are, in either direction: the root
    mean square of six counts."""
    arrival_region: float = 0.9
    """Logits: regions early or late for reasons of their own."""
    arrival_lean: float = 0.3
    """Logits per deviation of a leaning, a principal component of the baseline's lists: how much earlier places of one
    leaning report than their region's others, whatever their size. Among what is out these slopes, too, may be others,
    by as much for each deviation of lateness."""
    arrival_turn: float = 0.6
    """Logits, per deviation of lateness: how far the slopes among what is out are from those that have shown; by
    district some 0.5 in Peru 2021 and 2026 and in Bolivia. Of 0 to 0.6 the widest had the best log score and coverage
    on nights by region."""
    arrival_turn_region: float = 0.8
    """Logits, per deviation by which what is out is late: how far regions are from where they stood in the order. What
    the deviation between regions' counted shares gained on four nights from their middle to their end: some 1.1 in Peru
    2021 and Turkey 2023, 0.3 and 0 in Peru's first round of 2026 and Bolivia 2019."""
    arrival_unit: float = 2.0
    """Logits: units early or late for reasons of their own; what makes the first few consulates odd."""
    arrival_unit_headline: float = 1.0
    """The same where only national totals are known. Of 1 and 2 the better by interval score on simulated nights and on
    those of 2006 to 2021."""

    no_order: float = 0.08
    """Probability, before the count, that stations come in in no order at all, as those of a quick count do: a little
    less than the ninth that Laplace's rule gives where none of seven counts known by place did. The night tells; drift
    and the order of arrival go with what is left."""

    order_inside: float = 0.05
    """Probability that stations come in in an order inside the places of a coarse count where the places themselves do
    in none: regions may keep in step, and each count its towns first. Of 0, 0.05, 0.1 and 0.25 the best by interval
    score on such nights."""

    by_vote: float = 0.08
    """Probability, before the count, that stations come in by how they vote, one side's strongholds first: none of
    seven real counts known by place did. The night tells."""
    by_vote_untold: float = 0.04
    """The same where national totals alone are known, and nothing can tell. On the nights of 2006 to 2021 it costs 1 %
    of the interval score, and 0.08 costs 6 %; on simulated nights it halves the calls that are wrong."""
    by_vote_slope: float = 2.0
    """Log odds of being in, for each logit of expected support, where they do: deviation. It is 0.3 to 4 where the
    record's nights are sorted by vote."""
    by_place_slope: float = 0.2
    """The same where they do not, at a given size of places: some 0.1 to 0.5 in four real counts, 0.3 in simulated
    nights in other orders."""
    by_region_slope: float = 0.5
    """The same between regions, where counts are by region: some 0.3 to 1.0 on a night of Turkey, up to 0.8 on
    simulated nights with regions in turn."""
    by_vote_part: float = 0.5
    """Share of that slope that goes by the votes themselves rather than by what was expected of them: mean. Of an
    exponential, a uniform and a normal with this mean the first had the best interval score on nights sorted by
    vote."""

    misfit: float = 0.4
    """Logits: how far the units of a coarse batch lie from their group's smooth order of arrival. A batch with a
    share of its group's units is a sample of them without replacement: the deviation of its mean is this over the
    root of their number."""
    misfit_turnout: float = 0.3
    """Logs: the same of valid votes a station."""
    misfit_spread: float = 0.7
    """Deviation of the log of a factor on both, which the night tells: districts that come in whole, or by station."""
    misfit_floor: float = 0.03
    """Logits and logs: how exactly a coarse group's mean is ever believed to be the one its units make."""
    misfit_whole: float = 0.3
    """The factor from which units come in whole; below it they come in by station, the more so the smaller it is, and
    how early each is for reasons of its own shrinks with it. Of 0, 0.3 and 0.6 the best by interval score on
    replays."""

    contested_counted: float = 0.8
    """Share of the sheets that are set aside that are counted in the end: 0.86 in Peru's runoff of 2021 (1,399 of
    1,619), 0.77 in its first round, some 0.76 in the runoff of 2016."""
    contested_sheets: float = 30.0
    """Weight of that share, in effective sheets: Beta(share * weight, (1 - share) * weight). It is what three counts
    differ by and a fourth may."""
    contested_untold: float = 0.03
    """Share of all sheets that wait for rulings rather than for their turn, where an office does not tell them
    apart."""
    revision: float = 2e-4
    """Relative deviation of counted votes by later corrections, official count."""
    revision_preliminary: float = 2e-3
    """The same where the folder says that the count is preliminary."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, int | float) or isinstance(value, bool) or not -inf < value < inf:
                raise ValueError(f"prior {field.name!r} is a finite number, got {_short(value)}")
            if field.name not in SIGNED and value <= 0:
                raise ValueError(f"prior {field.name!r} is a positive number, got {value!r}")
            if value >= SHARES.get(field.name, inf):
                raise ValueError(f"prior {field.name!r} is a share below {SHARES[field.name]}, got {value!r}")
            if field.name in FREEDOMS and value < 1:
                raise ValueError(f"prior {field.name!r} is 1 degree of freedom or more, got {value!r}")

    def with_changes(self, changes: dict[str, Any]) -> Priors:
        """The same priors with some replaced by name; raises ValueError that lists the names if one is unknown, and for
        values beyond use."""
        known = {field.name for field in fields(self)}
        unknown = sorted(set(changes) - known)
        if unknown:
            raise ValueError(f"unknown prior {', '.join(unknown)}; the priors are {', '.join(sorted(known))}")
        changed = replace(self, **changes)
        for name in changes:
            if abs(getattr(changed, name)) > MOST:
                raise ValueError(f"prior {name!r} is {MOST:,.0f} at most, got {_short(changes[name])}")
        return changed

    def with_order(self, probability: float) -> Priors:
        """The same where stations come in in an order with a probability: the variances of drift, of arrival, and of
        what units that come in whole make of a coarse batch, are as much of what they were."""
        factor = max(probability, NO_ORDER) ** 0.5
        arrival = [name for name in vars(self) if name.startswith("arrival_")]
        changed = ["drift", "misfit", "misfit_turnout", "misfit_floor", *arrival]
        return replace(self, **{name: factor * getattr(self, name) for name in changed})

    def with_lumps(self, factor: float) -> Priors:
        """The same with the units' own earliness multiplied by a factor.

        The order that a group shows stays: its slopes are steeper where it is blurred more.
        """
        unit = factor * self.arrival_unit
        steeper = blurring(unit) / blurring(self.arrival_unit)
        orders = [name for name in vars(self) if name.startswith("arrival_") and not name.startswith("arrival_unit")]
        changes = {name: steeper * getattr(self, name) for name in orders}
        return replace(self, arrival_unit=unit, **changes)

    def without_baseline(self, share: float) -> Priors:
        """The same with wider scales of support and turnout, where a share of the stations has no baseline: those
        learnt are of what it leaves open. Variances are averages over stations."""
        factor = (1.0 + share * (self.no_baseline**2 - 1.0)) ** 0.5
        names = [*OF_PLACES, *("turnout_" + name for name in OF_PLACES)]
        return replace(self, **{name: factor * getattr(self, name) for name in names})

    def for_several(self) -> Priors:
        """Those of more than two candidates."""
        return replace(self, intercept=self.intercept_several, drift_headline=self.drift_headline_several)

    def for_borrowed_register(self) -> Priors:
        """The same with wider scales of support."""
        return replace(self, **{name: self.borrowed * getattr(self, name) for name in OF_PLACES})


def _short(value: object) -> str:
    """A value as it was given, cut where it runs on."""
    said = repr(value)
    return said if len(said) <= 40 else said[:40] + "..."
