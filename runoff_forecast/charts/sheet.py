"""A chart of its own: the drawing, the words above and below it, and a figure that is just as high as they need."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.offsetbox import AnnotationBbox, DrawingArea, HPacker, TextArea, VPacker
from matplotlib.patches import Rectangle

from ..count import Count
from ..election import Election
from .style import LINE, POINTS_PER_INCH, SIZE, Theme, figure_of, fitting, note, page, publishers, text_width, wrapped
from .words import Words

EDGE = 14.0
"""Points between words and the edge of the page."""
ACROSS = SIZE[0] * POINTS_PER_INCH - 2 * EDGE
"""Points from edge to edge."""
TITLE = 12.5
"""Points; a title that is too long for a line is smaller."""
MARK = 19.0
"""Points that the mark of an entry of the key takes, with the gaps beside it."""
STROKES = {"line": "-", "dashes": (0, (2, 1.5)), "dots": (0, (1, 1.2))}


@dataclass(frozen=True)
class Mark:
    """One entry of a key: what it looks like, and what it stands for."""

    shape: Literal["line", "dashes", "dots", "band", "dot", "ring"]
    color: str
    text: str
    alpha: float = 1.0


@dataclass(frozen=True)
class Sheet:
    """All of a chart but the drawing; lengths in points."""

    title: str
    lines: tuple[str, ...]
    """Below the title."""
    sentences: tuple[str, ...]
    """Below the drawing."""
    height: float
    """Of the drawing."""
    key: tuple[Mark, ...] = ()
    over: float = 8.0
    """Between the words above and the drawing."""
    under: float = 20.0
    """Below the drawing, for its scale."""
    left: float = EDGE
    right: float = EDGE
    """Beside the drawing, for its labels."""

    @property
    def above(self) -> float:
        """Room for the words above."""
        return EDGE + 14.0 + LINE * len(self.lines) + (LINE + 3.0) * len(self.key_rows) + self.over

    @property
    def below(self) -> float:
        """Room for the scale and the words below."""
        return self.under + LINE * len(self.wrapped) + EDGE - 2.0

    @property
    def wrapped(self) -> list[str]:
        """The sentences, broken into lines."""
        return wrapped(self.sentences)

    @property
    def key_rows(self) -> list[list[Mark]]:
        """The key, as many entries in a row as fit."""
        rows: list[list[Mark]] = []
        room = 0.0
        for mark in self.key:
            width = text_width(mark.text) + MARK
            if width > room:
                rows.append([])
                room = ACROSS + MARK / 2
            rows[-1].append(mark)
            room -= width
        return rows

    @property
    def size(self) -> tuple[float, float]:
        """Of the figure, in inches."""
        return SIZE[0], (self.height + self.above + self.below) / POINTS_PER_INCH

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Where the drawing stands in the figure, in shares of it: left, bottom, width, height."""
        width, height = (inches * POINTS_PER_INCH for inches in self.size)
        return self.left / width, self.below / height, (width - self.left - self.right) / width, self.height / height


@contextmanager
def drawn(sheet: Sheet, ax: Axes | None, theme: Theme) -> Iterator[Axes]:
    """The Axes to draw on, the words around them set; in a new figure where none are given."""
    with page(ax, theme, sheet.box, sheet.size) as ax:
        bottom = _bottom(ax)
        yield ax
        _above(ax, sheet, theme)
        _below(ax, sheet, theme, depth=sheet.under + _bottom(ax) - bottom)


def standing(says: Words, election: Election, count: Count) -> tuple[str, str]:
    """Two lines below a title: which election, and where its count stands."""
    time = says.moment(count)
    return election.title, f"{time} · {says.stations(count.counted_share)}"


def source(says: Words, election: Election) -> tuple[str, ...]:
    """Whose figures they are, as a sentence, if the election says."""
    return (says.source.format(publisher=publishers(election)),) if election.sources else ()


def left_out(sentence: str, election: Election, shown: int) -> tuple[str, ...]:
    """That some who stand are not among those shown, as a sentence with `number` and `all`, where that is so."""
    everybody = int(election.standing.sum())
    return (sentence.format(number=everybody - shown, all=everybody),) if everybody > shown else ()


def _above(ax: Axes, sheet: Sheet, theme: Theme) -> None:
    left, height = EDGE - sheet.left, sheet.above - EDGE - 11.0
    size = fitting(sheet.title, ACROSS, TITLE, bold=True)
    note(ax, sheet.title, (0, 1), (left, height), color=theme.ink, size=size, bold=True)
    for line in sheet.lines:
        height -= LINE if line is not sheet.lines[0] else 14.5
        note(ax, line, (0, 1), (left, height), color=theme.faint, size=fitting(line, ACROSS, 8.5))
    if sheet.key:
        _key(ax, sheet, theme, (left, height - 5.0))


def _below(ax: Axes, sheet: Sheet, theme: Theme, depth: float) -> None:
    text = "\n".join(sheet.wrapped)
    note(ax, text, (0, 0), (EDGE - sheet.left, -depth), color=theme.faint, from_top=True)


def _bottom(ax: Axes) -> float:
    """Points from the bottom of the figure to the Axes, which rise where a panel is put below them."""
    return ax.get_position().y0 * figure_of(ax).get_size_inches()[1] * POINTS_PER_INCH


def _key(ax: Axes, sheet: Sheet, theme: Theme, offset: tuple[float, float]) -> None:
    rows = [HPacker(children=_entries(row, theme), pad=0, sep=3.5, align="center") for row in sheet.key_rows]
    box = VPacker(children=rows, pad=0, sep=3.0, align="left")
    placed = AnnotationBbox(
        box,
        (0, 1),
        xybox=offset,
        xycoords="axes fraction",
        boxcoords="offset points",
        box_alignment=(0, 1),
        frameon=False,
        pad=0,
        annotation_clip=False,
    )
    placed.set_zorder(5)
    ax.add_artist(placed)


def _entries(row: Sequence[Mark], theme: Theme) -> list:
    entries = []
    for mark in row:
        area = DrawingArea(10, 8, 0, 0)
        area.add_artist(_shape(mark))
        entries += [area, TextArea(mark.text + " ", textprops={"color": theme.faint, "fontsize": 8.5})]
    return entries


def _shape(mark: Mark) -> Line2D | Rectangle:
    look = {"color": mark.color, "alpha": mark.alpha}
    if mark.shape in STROKES:
        return Line2D([0, 10], [4, 4], linewidth=1.6, linestyle=STROKES[mark.shape], **look)
    if mark.shape in ("dot", "ring"):
        fill = mark.color if mark.shape == "dot" else "none"
        return Line2D([5], [4], marker="o", markersize=5, markerfacecolor=fill, linestyle="none", **look)
    return Rectangle((0, 0.5), 10, 7, linewidth=0, **look)
