"""One record drawn on one Axes; the numbers come from the record."""

from .margin import describe_margin as describe_margin, draw_margin as draw_margin
from .night import (
    describe_night as describe_night,
    describe_win_probability as describe_win_probability,
    draw_night as draw_night,
    draw_win_probability as draw_win_probability,
)
from .style import save as save
