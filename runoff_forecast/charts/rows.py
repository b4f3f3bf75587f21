"""What charts with a row per place share: names on the left, numbers on the right, everything on the line."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..checks.register import OVERSEAS
from ..election import Election
from .sheet import EDGE
from .style import Theme, text_width
from .words import Words

ROW = 12.5
"""Points from one row to the next."""
GAP = 8.0
"""Points between words and the drawing."""
DOT = 10.0
"""Points that a dot takes."""
LONGEST = 122.0
"""Points of a name that fit beside the drawing."""


def name_rows(
    ax: Axes,
    names: Sequence[str],
    theme: Theme,
    *,
    strong: Sequence[bool] | None = None,
    at: Sequence[float] | None = None,
) -> None:
    """Rows from the top down, at 0, 1, 2 ... or where told; `strong` ones in ink."""
    places = np.arange(len(names)) if at is None else np.asarray(at)
    ax.set_ylim(places[-1] + 0.5 if len(names) else 0.5, -0.5)
    ax.set_yticks(places, [shortened(name) for name in names], fontsize=8.5)
    ax.tick_params(axis="y", pad=5)
    for label, inked in zip(ax.get_yticklabels(), strong or [True] * len(names), strict=True):
        label.set_color(theme.ink if inked else theme.faint)


def column(
    ax: Axes,
    texts: Sequence[str],
    theme: Theme,
    *,
    title: str = "",
    dots: Sequence[str] = (),
    at: Sequence[float] | None = None,
) -> None:
    """Texts on the right of the drawing, one a row, right-aligned below a title; coloured dots say whose they are."""
    widest = max((text_width(text) for text in texts), default=0.0)
    offset = beyond(texts, dots=bool(dots)) - EDGE
    look = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "annotation_clip": False}
    for row, text in zip(range(len(texts)) if at is None else at, texts, strict=True):
        ax.annotate(
            text, (1, row), (offset, 0), ha="right", va="center_baseline", color=theme.ink, fontsize=8.5, **look
        )
    for row, color in enumerate(dots):
        ax.annotate("●", (1, row), (offset - widest - 4, 0), ha="right", va="center", color=color, fontsize=7, **look)
    look["xycoords"] = "axes fraction"
    ax.annotate(title, (1, 1), (offset, 3), ha="right", va="bottom", color=theme.faint, fontsize=8.5, **look)


def region_names(election: Election, says: Words) -> pd.Series:
    """The name of each region, those abroad marked as such, except where the name says so."""
    names = election.regions["name"]
    marked = overseas_regions(election) & ~names.str.lower().isin([says.overseas, OVERSEAS])
    return names.where(~marked, names.map(lambda name: says.abroad.format(name=name)))


def overseas_regions(election: Election) -> pd.Series:
    """Whether all of a region lies overseas, by region."""
    overseas = pd.Series(election.overseas, election.units.index).groupby(election.units["region"]).all()
    return overseas.reindex(election.regions.index, fill_value=False)


def shortened(name: str, width: float = LONGEST, size: float = 8.5) -> str:
    """A name that fits the width in points, cut with an ellipsis where it does not; a letter is always left."""
    kept = name
    while text_width(kept, size) > width and len(kept.rstrip("…")) > 1:
        kept = kept.rstrip("…")[:-1].rstrip() + "…"
    return kept


def beside(names: Sequence[str]) -> float:
    """Points that the names take on the left of the drawing."""
    return max((text_width(shortened(name)) for name in names), default=0.0) + EDGE + GAP


def beyond(texts: Sequence[str], *, dots: bool = False) -> float:
    """Points that a column of texts takes on the right of the drawing."""
    return max((text_width(text) for text in texts), default=0.0) + (DOT if dots else 0.0) + EDGE + GAP
