"""One record drawn on one Axes; the numbers come from the record."""

from .margin import describe_margin as describe_margin, draw_margin as draw_margin
from .style import save as save
