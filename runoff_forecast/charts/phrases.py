"""What the charts say, as phrases that every language has."""

from dataclasses import dataclass

import pandas as pd

from .. import saying
from ..count import Count
from ..election import Election


@dataclass(frozen=True)
class Words:
    """Phrases of one language; what stands in braces is filled in."""

    months: tuple[str, ...]
    day: str
    date: str
    chance: str
    to_win: str
    to_lead: str
    tie: str
    lead_axis: str
    expected: str
    interval: str
    limits: str
    so_far: str
    counted: str
    nothing_counted: str
    source: str
    one_dot: str
    one_mark: str
    final: str
    of_valid_votes: str
    margin_described: str
    final_described: str

    # What several charts say.
    ahead: str
    points_axis: str
    in_points: str
    expected_key: str
    so_far_key: str
    official_key: str
    share_axis: str

    # The night over time.
    night_title: str
    chance_to_win: str
    chance_to_advance: str
    night_note: str
    night_described: str
    official_described: str

    # The chances over time.
    to_advance: str
    chance_to_win_title: str
    chance_to_advance_title: str
    chances_described: str
    one_moment: str
    many_moments: str

    # The bands.
    bands_key: str

    # What is still out.
    outstanding_title: str
    outstanding_note: str
    votes_to_come: str
    for_two: str
    net_column: str
    other_regions: str
    outstanding_described: str

    # Regions abroad.
    abroad: str

    # Regions and maps.
    counted_column: str
    regions_title: str
    regions_note: str
    regions_described: str
    places_title: str
    tiles_note: str
    tiles_foot: str
    map_note: str
    leads_in: str
    places_described: str

    # The way to victory, and kinds of places.
    route_title: str
    route_told: str
    route_cannot: str
    route_need_not: str
    route_note: str
    route_described: str
    needed_key: str
    votes_out: str
    votes_out_two: str
    share_of: str
    share_of_two: str
    urban: str
    rural: str
    overseas: str
    unknown: str

    # The bulletins.
    bulletins_title: str
    bulletins_note: str
    tie_key: str
    rest_key: str
    bulletins_rest: str
    bulletins_rest_cannot: str
    bulletins_finished: str
    bulletins_described: str

    # The shift of late votes.
    shift_title: str
    shift_note: str
    shift_axis: str
    shift_counted: str
    shift_to_come: str
    shift_came: str
    part_region: str
    part_kind: str
    part_size: str
    part_place: str
    part_rest: str
    shift_described: str

    # Arrival.
    arrival_title: str
    contested_key: str
    guessed_key: str
    nation: str
    not_known: str
    arrival_described: str

    # First rounds.
    ninety_key: str
    shares_title: str
    share_of_valid: str
    chances_note: str
    others_end_below: str
    share_told: str
    shares_described: str
    race_title: str
    gap_label: str
    race_told: str
    race_so_far: str
    race_described: str
    pairings_title: str
    pairings_note: str
    others_less_likely: str
    pairings_described: str

    # The drift.
    drift_title: str
    drift_note: str
    before_key: str
    after_key: str
    drift_axis: str
    drift_described: str

    # The sampler's diagnostics.
    sampling_title: str
    sampling_note: str
    sampling_sound: str
    sampling_sick: str
    bulk_key: str
    tail_key: str
    ess_axis: str
    sampling_described: str

    # Where nobody is behind.
    route_ahead: str
    route_level: str

    # A win in the first round.
    to_win_or_advance: str
    outright_bar: str

    def time(self, time: pd.Timestamp, timezone: str) -> str:
        """Date and clock time where the count takes place."""
        return self.date.format(day=self._day(time, timezone), clock=f"{time.tz_convert(timezone):%H:%M}")

    def _day(self, time: pd.Timestamp, timezone: str) -> str:
        local = time.tz_convert(timezone)
        return self.day.format(day=local.day, month=self.months[local.month - 1], year=local.year)

    def moment(self, count: Count) -> str:
        """When a count stood so: the day alone where nothing is counted yet, since no clock tells then."""
        timezone = count.election.timezone
        return self._day(count.time, timezone) if count.rows.empty else self.time(count.time, timezone)

    def of_two(self, election: Election) -> str:
        """What follows votes of two candidates: nothing where there are no others."""
        return self.for_two if len(election.candidates) > 2 else ""

    def stations(self, share: float) -> str:
        """How much is counted."""
        return self.counted.format(share=self.percent(share, 1))

    def moments(self, number: int) -> str:
        """A number of moments."""
        return (self.one_moment if number == 1 else self.many_moments).format(number=number)

    def in_hundred(self, probability: float, *, certain: bool) -> str:
        """A probability as a number of times in a hundred."""
        return self.chance.format(number=saying.in_hundred(probability, certain=certain))

    def leader(self, margin: float, election: Election) -> str:
        """Which of the first two is ahead, and by how many points."""
        first, second = election.candidates[:2]
        return self.leader_of(margin, first.name, second.name)

    def leader_of(self, margin: float, first: str, second: str) -> str:
        """Which of two is ahead, and by how many points."""
        return saying.leader(margin, first, second, self.tie)

    def leader_in_points(self, margin: float, election: Election) -> str:
        """`leader` with its unit, for where no scale tells it."""
        told = self.leader(margin, election)
        return told if told == self.tie else self.in_points.format(lead=told)

    def leaders(self, low: float, high: float, election: Election) -> str:
        """An interval of margins by who is ahead."""
        first, second = election.candidates[:2]
        return self.leaders_of(low, high, first.name, second.name)

    def leaders_of(self, low: float, high: float, first: str, second: str) -> str:
        """An interval of the margin of two by who is ahead."""
        return saying.leaders(low, high, first, second, self.limits, self.tie)

    def number(self, votes: float) -> str:
        """A whole number of votes; thousands are set apart as Peru's and the world's offices do it, with a comma."""
        return f"{votes:,.0f}"

    def about(self, votes: float) -> str:
        """Votes that are expected, with three digits: a forecast of them has no more."""
        return self.number(float(f"{votes:.3g}"))

    def percent(self, share: float, digits: int = 0) -> str:
        """A share in percent; never rounded up to 100 or down to 0 while it is neither."""
        number = f"{100 * share:.{digits}f}"
        least = 10.0**-digits
        if 0 < share < 1 and float(number) in (0.0, 100.0):
            return f"<{least:g} %" if share < 0.5 else f">{100 - least:g} %"
        return f"{number} %"

    def points(self, margin: float, digits: int = 1) -> str:
        """A margin in points, with its sign."""
        return saying.points(margin, digits)

    def lead_tick(self, margin: float, _: int = 0) -> str:
        """A place on a scale of margins, which has the lead of either side in points, and a tie between them."""
        return self.tie if abs(margin) < 1e-9 else f"+{100 * abs(margin):.4g}"

    def point_tick(self, margin: float, _: int = 0) -> str:
        """A place on a scale of differences in points, with its sign."""
        return f"{100 * margin:+.4g}".replace("-", "\N{MINUS SIGN}") if abs(margin) > 1e-9 else "0"

    def kind(self, name: str) -> str:
        """A kind of place; those that the library does not know keep the register's word."""
        known = {"urban": self.urban, "rural": self.rural, "overseas": self.overseas, "unknown": self.unknown}
        return known.get(name, name)

    def part(self, name: str) -> str:
        """A part of the shift of late votes."""
        return {
            "region": self.part_region,
            "kind": self.part_kind,
            "size": self.part_size,
            "place": self.part_place,
            "rest": self.part_rest,
        }[name]
