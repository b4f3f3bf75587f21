"""Why late votes differ: the way from the margin counted to the margin to come, step by step."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..evaluate import Shift
from .rows import beside, beyond, column, name_rows
from .sheet import Mark, Sheet, drawn, source, standing
from .style import FAINT, THEMES, Theme, ThemeName, candidate_colors
from .subject import of
from .words import Words, words

ROW = 19.0
"""Points from one step to the next."""


@of(Shift)
def draw_shift(shift: Shift, *, ax: Axes | None = None, lang: str = "en", theme: ThemeName = "light") -> Axes:
    """Draw what moves the margin from the votes counted to those to come, a bar per reason."""
    drawing = _Drawing(shift, words(lang), THEMES[theme])
    with drawn(drawing.sheet, ax, drawing.theme) as ax:
        drawing.bars(ax)
        drawing.scale(ax)
    return ax


@of(Shift)
def describe_shift(shift: Shift, lang: str = "en") -> str:
    """What the chart shows, in words for those who cannot see it."""
    says = words(lang)
    parts = "; ".join(f"{says.part(name)} {says.points(part)}" for name, part in shift.parts.items())
    first, second = shift.election.candidates[:2]
    return says.shift_described.format(
        title=shift.election.title,
        counted=says.leader(shift.counted, shift.election),
        to_come=says.leader(shift.to_come, shift.election),
        first=first.name,
        second=second.name,
        parts=parts,
    )


@dataclass(frozen=True)
class _Drawing:
    """One chart while it is drawn; x is the margin in shares, a row per step."""

    shift: Shift
    says: Words
    theme: Theme

    @property
    def names(self) -> list[str]:
        end = self.says.shift_came if self.shift.known else self.says.shift_to_come
        return [self.says.shift_counted, *(self.says.part(name) for name in self.shift.parts.index), end]

    @property
    def steps(self) -> list[float]:
        return [self.shift.counted, *self.shift.parts, self.shift.to_come]

    @property
    def texts(self) -> list[str]:
        return [f"{100 * abs(step):.1f}" for step in self.steps]

    @property
    def dots(self) -> list[str]:
        first, second = self.colors
        return [first if step > 0 else second for step in self.steps]

    @property
    def colors(self) -> tuple[str, str]:
        chosen = candidate_colors(self.shift.election, self.theme)
        first, second = self.shift.election.candidate_ids[:2]
        return chosen[first], chosen[second]

    @property
    def sheet(self) -> Sheet:
        says, election = self.says, self.shift.election
        named = [Mark("dot", color, who.name) for who, color in zip(election.candidates, self.colors, strict=False)]
        return Sheet(
            title=says.shift_title,
            lines=standing(says, election, self.shift.count),
            sentences=(says.shift_note, *source(says, election)),
            height=ROW * len(self.names),
            key=tuple(named[::-1]),
            under=40,
            left=beside(self.names),
            right=beyond(self.texts, dots=True),
        )

    def bars(self, ax: Axes) -> None:
        first, second = self.colors
        ends = self.shift.counted + np.cumsum([0.0, *self.shift.parts])
        for row, (start, end) in enumerate(pairwise(ends), start=1):
            color = first if end > start else second
            ax.barh(row, end - start, left=start, height=0.62, color=color, alpha=0.85, linewidth=0, zorder=3)
            ax.vlines(start, row - 1, row + 0.31, color=self.theme.faint, linewidth=0.8, zorder=2)
        ax.vlines(ends[-1], len(ends) - 1, len(ends), color=self.theme.faint, linewidth=0.8, zorder=2)
        for row, margin in ((0, self.shift.counted), (len(ends), self.shift.to_come)):
            color = first if margin > 0 else second
            ax.barh(row, margin, height=0.62, color=color, alpha=FAINT, linewidth=0)
            ax.scatter([margin], [row], s=26, color=color, linewidths=0, zorder=4)

    def scale(self, ax: Axes) -> None:
        ends = self.shift.counted + np.cumsum([0.0, *self.shift.parts])
        low, high = min(ends.min(), 0.0), max(ends.max(), 0.0)
        room = 0.08 * max(high - low, 0.01)
        name_rows(ax, self.names, self.theme)
        ax.set_xlim(low - room, high + room)
        ax.axvline(0, color=self.theme.ink, linewidth=0.9, zorder=2)
        ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
        ax.xaxis.set_major_formatter(FuncFormatter(self.says.lead_tick))
        ax.grid(axis="x", color=self.theme.line, linewidth=0.6)
        ax.set_axisbelow(True)
        ax.set_xlabel(self.says.shift_axis, color=self.theme.faint, fontsize=8.5, labelpad=3)
        column(ax, self.texts, self.theme, dots=self.dots)
