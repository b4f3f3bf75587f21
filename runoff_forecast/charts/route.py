"""The way to victory: what share of the votes still out the one behind needs, and what each kind of place gives."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from ..evaluate import Route
from .sheet import Mark, Sheet, drawn, source, standing
from .style import FAINT, THEMES, Theme, ThemeName, candidate_colors, text_width
from .subject import of
from .words import Words, words

HEIGHT = 170.0
GAP = 5.0
"""Points between the blocks of two kinds."""
LEAST = 15.0
"""Points that the block of a kind with few votes still has, for its name."""
LEVEL = 0.5
"""Votes: who is behind by fewer is not behind."""
NEAREST = 0.08
"""Numbers above the lines come no nearer to the ends of the scale than this."""


@of(Route)
def draw_route(route: Route, *, ax: Axes | None = None, lang: str = "en", theme: ThemeName = "light") -> Axes:
    """Draw the votes still out as blocks by kind of place, split as expected, against the share that is needed."""
    drawing = _Drawing(route, words(lang), THEMES[theme])
    with drawn(drawing.sheet, ax, drawing.theme) as ax:
        drawing.blocks(ax)
        drawing.marks(ax)
        drawing.scale(ax)
    return ax


@of(Route)
def describe_route(route: Route, lang: str = "en") -> str:
    """What the chart shows, in words for those who cannot see it."""
    says = words(lang)
    kinds = "; ".join(
        f"{says.kind(kind)}: {says.about(row['votes'])}, {says.percent(row['share'])}"
        for kind, row in route.kinds.iterrows()
    )
    election = route.forecast.election
    return says.route_described.format(
        title=election.title, told=_told(route, says), kinds=kinds, for_two=says.of_two(election)
    )


def _names(route: Route) -> tuple[str, str]:
    names = route.forecast.election.names
    return names[route.candidate], names[route.rival]


def _told(route: Route, says: Words) -> str:
    """The hurdle in a sentence or two."""
    name, rival = _names(route)
    if not 0 <= route.needed <= 1:
        text = says.route_cannot if route.deficit > 0 else says.route_need_not
    elif abs(route.deficit) < LEVEL:
        text = says.route_level
    else:
        text = says.route_told if route.deficit > 0 else says.route_ahead
    return text.format(
        name=name,
        rival=rival,
        deficit=says.number(abs(route.deficit)),
        for_two=says.of_two(route.forecast.election),
        needed=says.percent(route.needed, 1),
        expected=says.percent(route.expected, 1),
        low=says.percent(route.low, 1),
        high=says.percent(route.high, 1),
        chance=says.in_hundred(route.probability, certain=route.forecast.finished),
    )


@dataclass(frozen=True)
class _Drawing:
    """One chart while it is drawn; x is the share of the one behind, y is points from the top."""

    route: Route
    says: Words
    theme: Theme

    @property
    def colors(self) -> tuple[str, str]:
        """Of the one behind and of its rival."""
        chosen = candidate_colors(self.route.forecast.election, self.theme)
        return chosen[self.route.candidate], chosen[self.route.rival]

    @property
    def of_two(self) -> str:
        """What says that votes are those of the two, where others have votes too."""
        return self.says.of_two(self.route.forecast.election)

    @property
    def sheet(self) -> Sheet:
        says, route = self.says, self.route
        (name, rival), (own, other) = _names(route), self.colors
        key = [Mark("dot", own, name), Mark("dot", other, rival)]
        if self.reachable:
            key.append(Mark("line", self.theme.ink, says.needed_key))
        if np.isfinite(route.expected):
            key.append(Mark("dashes", self.theme.ink, says.expected_key))
        return Sheet(
            title=says.route_title.format(name=name),
            lines=standing(says, route.forecast.election, route.forecast.count),
            sentences=(
                _told(route, says),
                says.route_note.format(for_two=self.of_two),
                *source(says, route.forecast.election),
            ),
            height=self.bottoms[-1] if len(route.kinds) else LEAST,
            key=tuple(key),
            over=20,
            under=40,
            left=14 + 8 + max((text_width(line) for line in self.labels), default=0.0),
            right=22,
        )

    @property
    def reachable(self) -> bool:
        """Whether the votes to come can decide it; else no line says how many of them are needed."""
        return 0 <= self.route.needed <= 1

    @property
    def labels(self) -> list[str]:
        return [text for kind, row in self.route.kinds.iterrows() for text in (self.says.kind(kind), self._votes(row))]

    def _votes(self, row) -> str:
        text = self.says.votes_out_two if self.of_two else self.says.votes_out
        return text.format(votes=self.says.about(row["votes"]))

    @property
    def heights(self) -> np.ndarray:
        """Points of each block, by its votes."""
        votes = self.route.kinds["votes"].to_numpy()
        return np.maximum(HEIGHT * votes / votes.sum(), LEAST)

    @property
    def bottoms(self) -> np.ndarray:
        return np.cumsum(self.heights + GAP) - GAP

    def blocks(self, ax: Axes) -> None:
        own, other = self.colors
        kinds = self.route.kinds
        ax.set_ylim(self.bottoms[-1] if len(kinds) else LEAST, 0)
        middle, share = self.bottoms - self.heights / 2, kinds["share"].to_numpy()
        ax.barh(middle, share, height=self.heights, color=own, alpha=0.55, linewidth=0)
        ax.barh(middle, 1 - share, left=share, height=self.heights, color=other, alpha=FAINT, linewidth=0)
        ax.hlines(middle, kinds["share_q05"], kinds["share_q95"], color=self.theme.ink, linewidth=2.0, zorder=4)
        ax.scatter(share, middle, s=20, color=self.theme.ink, linewidths=0, zorder=5)
        for place, height, (kind, row) in zip(middle, self.heights, kinds.iterrows(), strict=True):
            name = self.says.kind(kind)
            text = f"{name}\n{self._votes(row)}" if height > 24 else name
            ax.annotate(
                text, (0, place), (-8, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
                ha="right", va="center", color=self.theme.ink, fontsize=8.5, annotation_clip=False, linespacing=1.3,
            )  # fmt: skip

    def marks(self, ax: Axes) -> None:
        needed, expected = self.route.needed, self.route.expected
        if self.reachable:
            ax.axvline(needed, color=self.theme.ink, linewidth=1.6, zorder=3)
        ax.axvline(expected, color=self.theme.ink, linewidth=1.2, linestyle=(0, (2.5, 1.5)), zorder=3)
        left, right = sorted((needed, expected))
        for value, align, offset in ((left, "right", -1), (right, "left", 1)):
            if 0 <= value <= 1:
                place = min(max(value, NEAREST), 1 - NEAREST)
                ax.annotate(
                    self.says.percent(value, 1), (place, 1), (offset, 4), xycoords=("data", "axes fraction"),
                    textcoords="offset points", ha=align, va="bottom", color=self.theme.ink, fontsize=8.5,
                    fontweight="bold" if value == needed else "normal", annotation_clip=False,
                )  # fmt: skip

    def scale(self, ax: Axes) -> None:
        ax.set_xlim(0, 1)
        ax.set_yticks([])
        ax.set_xticks([0, 0.25, 0.5, 0.75, 1.0])
        ax.xaxis.set_major_formatter(FuncFormatter(lambda share, _: self.says.percent(share)))
        label = (self.says.share_of_two if self.of_two else self.says.share_of).format(name=_names(self.route)[0])
        ax.set_xlabel(label, color=self.theme.faint, fontsize=8.5, labelpad=3)
