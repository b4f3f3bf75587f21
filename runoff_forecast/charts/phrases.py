"""What the charts say, as phrases that every language has."""

from dataclasses import dataclass

import pandas as pd

from .. import saying
from ..election import Election


@dataclass(frozen=True)
class Words:
    """Phrases of one language; what stands in braces is filled in."""

    months: tuple[str, ...]
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
    margin_described: str

    # What several charts say.
    ahead: str
    expected_key: str
    so_far_key: str
    official_key: str
    share_axis: str
    points_axis: str

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

    # The bands.
    bands_key: str

    def time(self, time: pd.Timestamp, timezone: str) -> str:
        """Date and clock time where the count takes place."""
        local = time.tz_convert(timezone)
        return self.date.format(
            day=local.day, month=self.months[local.month - 1], year=local.year, clock=f"{local:%H:%M}"
        )

    def stations(self, share: float) -> str:
        """How much is counted."""
        return self.counted.format(share=f"{100 * share:.1f}")

    def in_hundred(self, probability: float, *, certain: bool) -> str:
        """A probability as a number of times in a hundred."""
        return self.chance.format(number=saying.in_hundred(probability, certain=certain))

    def leader(self, margin: float, election: Election) -> str:
        """Which of the first two is ahead, and by how many points."""
        first, second = election.candidates[:2]
        return saying.leader(margin, first.name, second.name, self.tie)

    def leaders(self, low: float, high: float, election: Election) -> str:
        """An interval of margins by who is ahead."""
        first, second = election.candidates[:2]
        return saying.leaders(low, high, first.name, second.name, self.limits, self.tie)
