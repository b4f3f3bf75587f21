"""The live watch: follows a count while it grows, keeps every snapshot, and keeps the page up to date."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from .. import contest, saying
from ..checks.problem import InvalidCount
from ..count import Count, Counts
from ..evaluate import Course
from ..night import Night
from ..outcome import Forecast
from ..sources.feeds import BrokenDownload, Feed
from ..sources.keeper import KEY, Keeper
from .page import page, write_page

AHEAD = pd.Timedelta(hours=1)
"""Rows dated further ahead than clocks go wrong are left out: once kept, they would hide all that come later."""
TAKEN_BACK = 0.1
"""Offices correct themselves by less than this share of the stations counted; more is a download that broke."""
FEW = 20.0
"""Stations that a single place may lose without its row being taken for broken."""
FIRST_PAUSE = 1.0
"""Seconds before another try after a failure; it doubles with each further one, up to `LONGEST_PAUSE`."""
LONGEST_PAUSE = 10.0
"""Times the usual pause."""
LONGEST_ASKED = 3600.0
"""Seconds for which a server may ask for silence."""
IF_MEANT = "if that is the office's own word, start again with --allow-shrinking"
CATCH_UP = 6
"""Moments of a night already under way that are forecast at the start, so that the page can tell of them."""


@dataclass(frozen=True)
class Page:
    """A page as HTML, and what it says in a few words, for the log."""

    html: str
    said: str


type Render = Callable[[Night], Page]


class LivePage:
    """Renders a night that goes on: forecasts it, and remembers the forecasts before."""

    def __init__(self, forecast: Callable[[Counts], Forecast], *, lang: str = "en"):
        self.forecast, self.lang = forecast, lang
        self._course: Course | None = None

    def __call__(self, night: Night) -> Page:
        """The page about the night as it is now."""
        found = self.forecast(night.counts)
        if self._course is None:
            earlier = [self.forecast(night.counts.until(moment)) for moment in _spread(night.counts)]
            self._course = Course.of([*earlier, found], result=night.result)
        else:
            self._course = self._course.then(found)
        return Page(page(night, [found], course=self._course, lang=self.lang), _chance(found))


@dataclass
class Watch:
    """Looks at a feed again and again. A bulletin is first kept, then told on the page, then in the log."""

    feed: Feed
    keeper: Keeper
    render: Render
    path: Path
    """Where the page is."""
    say: Callable[[str], object]
    """Told a line for each bulletin, and for each look that failed."""
    every: float = 60.0
    """Seconds between looks."""
    allow_shrinking: bool = False
    """Take a bulletin that takes back a great part of the count for a correction."""
    sleep: Callable[[float], object] = time.sleep
    """Waits for a number of seconds."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    """Tells the present moment, with its offset."""
    counts: Counts = field(init=False)
    """All that is known so far."""

    def __post_init__(self) -> None:
        self.counts = self.keeper.read(self.feed.election)

    def run(self, *, bulletins: int | None = None, once: bool = False) -> bool:
        """Follows the feed until this many bulletins came, or for one look; whether the last look went well.

        Raises `InvalidElection` where the feed is not of the election, which no other try would mend.
        """
        came = failures = 0
        shown = False
        while True:
            pause, news = self.every, None
            try:
                news = self._look()
                failures = 0
            except (BrokenDownload, InvalidCount, OSError) as broken:
                failures += 1
                pause = _pause(failures, self.every, broken)
                self.say("refused: " + _line(broken))
            if news is not None or not shown:
                self._show(news)
                shown = True
            came += news is not None
            if once or came == bulletins:
                return failures == 0
            self.sleep(pause)

    def _look(self) -> Count | None:
        """The count of the newest bulletin that a look brought, which is then kept; None where it brought nothing."""
        seen = self.feed.look()
        if seen is None or seen.frame.empty:
            return None
        fresh, together = _merged(self.counts.frame, self._plausible(seen.frame))
        if fresh.empty:
            return None
        merged = Counts(self.feed.election, together, seen.warnings)
        self._refuse_collapse(merged.latest)
        newest = fresh["time"].iloc[-1]
        news = merged.latest if newest == merged.times[-1] else merged.until(newest).latest
        self.keeper.keep(Counts(self.feed.election, fresh))
        self.counts = merged
        return news

    def _plausible(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows that can be; raises `BrokenDownload` where the whole cannot."""
        late = frame["time"] > pd.Timestamp(self.now()) + AHEAD
        if late.any():
            self.say(f"{late.sum()} rows left out: of the future, {frame['time'].max().isoformat()}")
        frame = frame.loc[~late]
        if self.allow_shrinking:
            return frame
        if self.feed.cumulative:
            known = pd.MultiIndex.from_frame(self.counts.frame[KEY])
            lost = int((~known.isin(pd.MultiIndex.from_frame(frame[KEY]))).sum())
            if lost:
                raise BrokenDownload(f"{lost:,} rows fewer than before: the counts have shrunk; {IF_MEANT}")
        fallen = _fallen(self.counts.frame, frame)
        if fallen.any():
            places = ", ".join((frame["level"] + " " + frame["place"])[fallen].str.strip().unique()[:5])
            self.say(f"{fallen.sum()} rows left out: stations counted fell by more than a tenth in {places}")
        return frame.loc[~fallen]

    def _refuse_collapse(self, count: Count) -> None:
        before = 0.0 if self.counts.frame.empty else self.counts.latest.counted
        if not self.allow_shrinking and count.counted < (1 - TAKEN_BACK) * before:
            fell = f"stations counted fell from {before:,.0f} to {count.counted:,.0f}"
            raise BrokenDownload(f"{fell}; {IF_MEANT}")

    def _show(self, news: Count | None) -> None:
        """Writes the page. What goes wrong with that is told, and the last good page stays."""
        if news is not None:
            line = _state(news)
        else:
            line = "no bulletin yet" if self.counts.frame.empty else "known so far, " + _state(self.counts.latest)
        try:
            made = self.render(Night(self.feed.election, self.counts))
            write_page(made.html, self.path)
        except Exception as failed:  # whatever it is, the next bulletin must find the watch alive
            self.say(f"{line}; the page stays as it was: {type(failed).__name__}: {_line(failed)}")
        else:
            self.say(f"{line}; {made.said}" if made.said else line)


def _merged(known: pd.DataFrame, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows that are new or say something new, and all rows together; of two for a place and time the newer."""
    both = pd.concat([known, frame], ignore_index=True) if len(known) else frame
    is_new = np.arange(len(both)) >= len(known)
    fresh = both[is_new & ~both.duplicated().to_numpy()]
    together = both.drop_duplicates(KEY, keep="last").sort_values("time", kind="stable", ignore_index=True)
    return fresh.sort_values("time", kind="stable", ignore_index=True), together


def _fallen(known: pd.DataFrame, frame: pd.DataFrame) -> np.ndarray:
    """Rows whose place had far more stations counted at its last row before."""
    if known.empty:
        return np.zeros(len(frame), dtype=bool)
    asked = frame[KEY].assign(position=np.arange(len(frame)))
    before = pd.merge_asof(
        asked, known[[*KEY, "counted"]], on="time", by=["level", "place"], allow_exact_matches=False
    ).sort_values("position")
    lost = before["counted"].to_numpy() - frame["counted"].to_numpy()
    return (lost > FEW) & (lost > TAKEN_BACK * before["counted"].to_numpy())


def _spread(counts: Counts) -> pd.DatetimeIndex:
    """Some moments before the last, evenly spread."""
    earlier = counts.times[:-1]
    if len(earlier) <= CATCH_UP:
        return earlier
    return earlier[np.linspace(0, len(earlier) - 1, CATCH_UP).round().astype(int)]


def _pause(failures: int, every: float, broken: Exception) -> float:
    """Seconds to the next try: as long as the server asks for, otherwise doubling."""
    asked = getattr(broken, "retry_after", None)
    if asked is not None:
        return min(asked, LONGEST_ASKED)
    return min(FIRST_PAUSE * 2.0 ** min(failures - 1, 20), LONGEST_PAUSE * every)


def _state(count: Count) -> str:
    """A count in a few words."""
    first, lead = contest.lead(count.election, count.votes)
    ahead = "no votes" if np.isnan(lead) else saying.leader(lead, count.election.names[first], "")
    when = saying.local_time(count.time, count.election.timezone)
    return f"{when}: {100 * count.counted_share:.1f} % of stations, {ahead}"


def _chance(found: Forecast) -> str:
    first_round = found.election.first_round
    chances = contest.chances(found)
    names = found.election.names
    likeliest = chances.sort_values(ascending=False).index[: 1 if first_round is None else 3]
    told = (f"{names[name]} {saying.in_hundred(chances[name], certain=found.finished)}" for name in likeliest)
    return "of 100 chances to " + ("win: " if first_round is None else "go on: ") + ", ".join(told)


def _line(problem: Exception) -> str:
    """A problem on one line."""
    return " ".join(str(problem).split()) or type(problem).__name__
