"""What all charts share: themes, the candidates' colours, a blank page to draw on, and saving it."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Literal

import matplotlib as mpl
import numpy as np
from matplotlib import colors
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from ..election import Election

ThemeName = Literal["light", "dark"]

SIZE = (4.0, 4.9)
"""Inches; small, so that text of 9 points is still 11 pixels high on a phone that is 360 pixels wide."""
RESOLUTION = 300
SHOWN = 150
"""Pixels of a notebook per inch: half the resolution, so that a chart fits its column and stays sharp."""
POINTS_PER_INCH = 72
FORMATS = {".png": "Description", ".svg": "Description", ".pdf": "Subject"}
"""File endings, and where each format keeps a description for those who cannot see the picture."""

# Okabe and Ito (2008): told apart by every common kind of colour vision. Their yellow, too pale on white, is left out.
DISTINCT = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")

LEAST_CONTRAST = 2.0
"""Of full colours with their ground. The 3 of the WCAG would turn a party's yellow brown; and no mark stands without
words."""

FAINT = 0.25
"""How much of its colour a band has, so that lines on it are seen."""

OTHERS = "#8a8f98"
"""For candidates beyond the distinct colours."""


@dataclass(frozen=True)
class Theme:
    """Colours of the page: its ground, ink for text, a fainter ink for what is said aside, and lines."""

    ground: str
    ink: str
    faint: str
    line: str
    least_band: float
    """Contrast with the ground that a band of a colour has at least. On white a pale yellow passes, since to make it
    darker would make it brown; on a dark ground dark colours may be lighter and stay themselves."""


class _Themes(dict[str, Theme]):
    def __missing__(self, name: object) -> Theme:
        raise ValueError(f"theme is one of {', '.join(self)}, got {name!r}")


THEMES = _Themes(
    light=Theme(ground="#ffffff", ink="#1d1d1f", faint="#5f6368", line="#d5d8dc", least_band=1.1),
    dark=Theme(ground="#16181c", ink="#f1f3f4", faint="#a3a9b0", line="#3c4046", least_band=1.27),
)

_FONTS = {"font.family": "DejaVu Sans", "font.size": 9.0, "svg.fonttype": "path", "svg.hashsalt": "runoff-forecast"}

BOLD_WIDTH = 0.62
"""Of an average letter of bold text, as a share of its size."""
LINE_LENGTH = 58
"""Characters that fit a line of the caption."""
LINE = 12.0
"""Points from one line of text to the next."""


class Drawing(Figure):
    """A figure that a notebook shows where a cell ends with it."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        drawn = BytesIO()
        self.savefig(drawn, format="png", facecolor=self.get_facecolor())
        return drawn.getvalue(), {"width": round(SHOWN * self.get_figwidth())}


@contextmanager
def page(
    ax: Axes | None, theme: Theme, box: tuple[float, float, float, float], size: tuple[float, float] = SIZE
) -> Iterator[Axes]:
    """The Axes to draw on, without frame and ticks; where none is given, in `box` of a new figure (shares of it)."""
    with mpl.rc_context(_FONTS):
        if ax is None:
            ax = Drawing(figsize=size, dpi=RESOLUTION, facecolor=theme.ground).add_axes(box)
        plain(ax, theme)
        yield ax


def plain(ax: Axes, theme: Theme) -> None:
    """Take the frame and the ticks off, except for a line at the bottom."""
    ax.set_facecolor(theme.ground)
    for side in ("left", "right", "top"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(theme.line)
    ax.tick_params(axis="both", which="both", length=0, colors=theme.faint, labelsize=8.5)


def figure_of(ax: Axes) -> Figure:
    """The whole figure that the Axes are on; raises ValueError where they were taken off it."""
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError("these Axes are on no figure")
    return figure


def size_in_points(ax: Axes) -> tuple[float, float]:
    """Width and height of the Axes."""
    width, height = figure_of(ax).get_size_inches() * POINTS_PER_INCH
    box = ax.get_position()
    return float(box.width * width), float(box.height * height)


@cache
def text_width(text: str, size: float = 8.5, *, bold: bool = False) -> float:
    """Points that a line of text takes, with a little for the rounding of letters to pixels."""
    if not text.strip():
        return 0.3 * size * len(text)
    prop = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")
    return 1.03 * float(TextPath((0, 0), text, size=size, prop=prop).get_extents().width)


def fitting(text: str, room: float, size: float, *, bold: bool = False) -> float:
    """The size in which a line of text takes no more than `room` points, and no larger one than `size`."""
    return min(size, size * room / max(text_width(text, size, bold=bold), 1e-9))


def in_two(text: str) -> list[str]:
    """Text in two lines that are as even as can be, broken at a space or after a hyphen; a single word in one."""
    breaks = [[text[: gap.end()].rstrip(" "), text[gap.end() :]] for gap in re.finditer("[ -](?=.)", text)]
    return min(breaks, key=lambda lines: max(map(len, lines)), default=[text])


def note(
    ax: Axes,
    text: str,
    place: tuple[float, float],
    offset: tuple[float, float],
    *,
    color: str,
    size: float = 8.5,
    bold: bool = False,
    align: Literal["left", "center", "right"] = "left",
    from_top: bool = False,
    on: str | None = None,
) -> None:
    """Text at an offset in points from a place given in shares of the Axes; it stands on that line or hangs from it.

    on: a colour behind the text, where lines may run.
    """
    ax.annotate(
        text,
        place,
        offset,
        xycoords="axes fraction",
        textcoords="offset points",
        annotation_clip=False,
        ha=align,
        va="top" if from_top else "baseline",
        color=color,
        fontsize=size,
        fontweight="bold" if bold else "normal",
        linespacing=1.35,
        zorder=4 if on is None else 6,
        bbox=None if on is None else {"facecolor": on, "linewidth": 0, "pad": 1.0},
    )


def heading(ax: Axes, theme: Theme, title: str, below: str, *, height: float) -> None:
    """A title with a line below it, which stands `height` points above the Axes."""
    fits = size_in_points(ax)[0] / (BOLD_WIDTH * len(title))
    note(ax, title, (0, 1), (0, height + 15), color=theme.ink, size=min(12.5, fits), bold=True)
    size = fitting(below, size_in_points(ax)[0], 9)
    note(ax, below, (0, 1), (0, height), color=theme.faint, size=size)


def caption(ax: Axes, theme: Theme, sentences: Sequence[str], *, depth: float) -> None:
    """Sentences, each on its own line or lines, hanging `depth` points below the Axes."""
    note(ax, "\n".join(wrapped(sentences)), (0, 0), (0, -depth), color=theme.faint, from_top=True)


def wrapped(sentences: Sequence[str]) -> list[str]:
    """Sentences in lines of a caption, each from a new line on."""
    return [line for sentence in sentences for line in textwrap.wrap(sentence, LINE_LENGTH)]


def publishers(election: Election) -> str:
    """Whose figures they are, by their short names: "ONPE (Oficina Nacional de Procesos Electorales)" is ONPE."""
    return ", ".join(dict.fromkeys(source.publisher.split(" (")[0] for source in election.sources))


def candidate_colors(election: Election, theme: Theme = THEMES["light"]) -> dict[str, str]:
    """The colour of each candidate: its own where the election gives one, else one unlike those already in use.

    One that would be lost on the ground is moved towards the ink, no further than it takes to be seen.
    """
    free = iter(_unlike([candidate.color for candidate in election.candidates if candidate.color]))
    chosen = {candidate.id: candidate.color or next(free, OTHERS) for candidate in election.candidates}
    return {candidate: visible(color, theme) for candidate, color in chosen.items()}


def visible(color: str, theme: Theme) -> str:
    """The colour, or the nearest one on the way to the theme's ink that stands out from its ground, as do its bands."""
    start, ink = np.array(colors.to_rgb(color)), np.array(colors.to_rgb(theme.ink))
    for step in np.linspace(0.0, 1.0, 21):
        mixed = (1 - step) * start + step * ink
        if is_seen(mixed, theme):
            return color if step == 0 else colors.to_hex(mixed)
    return theme.ink


def is_seen(color: np.ndarray, theme: Theme) -> bool:
    """Whether a colour (red, green, blue) stands out from the theme's ground, in full and as a band."""
    ground = np.array(colors.to_rgb(theme.ground))
    band = FAINT * color + (1 - FAINT) * ground
    return contrast(color, ground) >= LEAST_CONTRAST and contrast(band, ground) >= theme.least_band


def readable_on(color: Sequence[float], theme: Theme) -> str:
    """The theme's ink or its ground, whichever is easier to read on a colour (red, green, blue, opacity)."""
    opacity, ground = color[3], np.array(colors.to_rgb(theme.ground))
    seen = opacity * np.array(color[:3]) + (1.0 - opacity) * ground
    return max((theme.ink, theme.ground), key=lambda text: contrast(colors.to_rgb(text), seen))


def contrast(one: Sequence[float], other: Sequence[float]) -> float:
    """How far two colours (red, green, blue, 0 to 1) are apart in lightness, 1 to 21, as the WCAG 2.2 reckon it."""
    dark, bright = sorted((_luminance(one), _luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def _luminance(color: Sequence[float]) -> float:
    value = np.asarray(color, dtype=float)
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def save(ax: Axes, path: str | Path, *, described: str) -> Path:
    """Write the figure of the Axes as .png, .svg or .pdf, its description inside; ValueError for other endings."""
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        raise ValueError(f"a chart is saved as {', '.join(FORMATS)}, got '{path.name}'")
    figure = figure_of(ax)
    with mpl.rc_context(_FONTS):
        inside = {FORMATS[path.suffix.lower()]: described}
        figure.savefig(path, dpi=RESOLUTION, facecolor=figure.get_facecolor(), metadata=inside)
    return path


def _unlike(taken: list[str]) -> list[str]:
    """The distinct colours, those farthest from the ones in use first."""
    used = np.array([colors.to_rgb(color) for color in taken]).reshape(-1, 3)

    def nearest(color: str) -> float:
        return float(np.linalg.norm(used - colors.to_rgb(color), axis=1).min(initial=np.inf))

    return sorted(DISTINCT, key=nearest, reverse=True)
