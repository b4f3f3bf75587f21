"""What charts over a night share: the scale they run along, and a panel below another."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..evaluate import Course
from .style import FAINT, Theme, figure_of, plain, size_in_points
from .words import Words

Against = Literal["time", "counted"]
ALONE = 0.01
"""Room on either side of a single stop, in shares or days."""
BAR = 9.0
"""Points across a band that has a single moment."""
SHORT_NIGHT = 2.0
"""Days up to which a scale of time shows hours."""


@dataclass(frozen=True)
class Along:
    """The scale that a night is drawn along: its time, or the share of stations counted."""

    course: Course
    against: Against
    says: Words

    def __post_init__(self) -> None:
        if self.against not in ("time", "counted"):
            raise ValueError(f"against is 'time' or 'counted', got {self.against!r}")

    @property
    def forecasts(self) -> np.ndarray:
        """Where the forecasts stand."""
        if self.against == "counted":
            return self.course.moments["counted_share"].to_numpy()
        return self._clock(self.course.times)

    @property
    def bulletins(self) -> np.ndarray:
        """Where the bulletins stand."""
        if self.against == "counted":
            return self.course.bulletins["counted_share"].to_numpy()
        return self._clock(self.course.bulletins.index)

    def scale(self, ax: Axes, theme: Theme, stops: np.ndarray) -> None:
        """Limits, ticks and words of the axis, which runs from the first of the stops that are drawn to the last."""
        low, high = float(np.nanmin(stops)), float(np.nanmax(stops))
        room = 0.02 * (high - low) or ALONE
        ax.set_xlim(low - room, high + room)
        if self.against == "counted":
            ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
            ax.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.4g} %"))
            ax.set_xlabel(self.says.share_axis, color=theme.faint, fontsize=8.5, labelpad=3)
        else:
            hours = high - low <= SHORT_NIGHT
            locator = dates.AutoDateLocator(minticks=3, maxticks=5)
            for frequency, whole in ((dates.SECONDLY, 60), (dates.MINUTELY, 60), (dates.HOURLY, 24)):
                # Otherwise some lengths have none.
                locator.intervald[frequency] = [*locator.intervald[frequency], whole]
            ax.xaxis.set_major_locator(locator)
            ax.xaxis.set_major_formatter(FuncFormatter(self._day_and_hour if hours else self._day))
        if low == high:
            ax.set_xticks([low])

    def _clock(self, times: pd.DatetimeIndex) -> np.ndarray:
        return dates.date2num(times.tz_convert(self.course.election.timezone).tz_localize(None).to_numpy())

    def _day(self, number: float, _: int | None = 0) -> str:
        day = dates.num2date(number)
        return f"{day.day} {self.says.months[day.month - 1][:3]}"

    def _day_and_hour(self, number: float, position: int | None = 0) -> str:
        moment = dates.num2date(number)
        return f"{moment:%H:%M}" + (f"\n{self._day(number)}" if moment.hour == 0 or position == 0 else "")


def draw_band(ax: Axes, x: np.ndarray, low: np.ndarray, high: np.ndarray, *, color: str, alpha: float = FAINT) -> None:
    """From low to high along the night; a bar where it has a single moment, since that has no extent."""
    if len(x) > 1:
        ax.fill_between(x, low, high, color=color, alpha=alpha, linewidth=0)
    else:
        ax.vlines(x, low, high, color=color, alpha=alpha, linewidth=BAR)


def panel_below(ax: Axes, theme: Theme, *, share: float, gap: float) -> Axes:
    """New Axes in the lowest share of the room of these, which shrink; `gap` points lie between the two."""
    figure, box = figure_of(ax), ax.get_position()
    space = gap / size_in_points(ax)[1] * box.height
    height = share * box.height
    ax.set_position([box.x0, box.y0 + height + space, box.width, box.height - height - space])
    below = figure.add_axes([box.x0, box.y0, box.width, height], sharex=ax)
    plain(below, theme)
    return below
