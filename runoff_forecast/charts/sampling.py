"""Diagnostics of the sampler: whether the chains agree, and how many draws they are worth."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from ..evaluate import Sampling
from ..evaluate.sampling import RHAT
from .sheet import Mark, Sheet, drawn, standing
from .style import DISTINCT, THEMES, Theme, ThemeName
from .subject import of
from .words import Words, words

HEIGHT = 190.0
NAMED = 3
"""Parameters that miss a bar and are named, at most."""
LEAST_EXCESS = 1e-4
"""R-hat less 1 below this is drawn as this."""


@of(Sampling)
def draw_sampling(sampling: Sampling, *, ax: Axes | None = None, lang: str = "en", theme: ThemeName = "light") -> Axes:
    """Draw R-hat less one against effective draws, a dot per sampled number; the sound ones lie in the lower right."""
    drawing = _Drawing(sampling, words(lang), THEMES[theme])
    with drawn(drawing.sheet, ax, drawing.theme) as ax:
        drawing.dots(ax)
        drawing.scale(ax)
    return ax


@of(Sampling)
def describe_sampling(sampling: Sampling, lang: str = "en") -> str:
    """What the chart shows, in words for those who cannot see it."""
    says, table = words(lang), sampling.table
    return says.sampling_described.format(
        title=sampling.forecast.election.title,
        told=_told(sampling, says),
        rhat=f"{table['rhat'].max():.3f}",
        ess=f"{table[['ess_bulk', 'ess_tail']].min(axis=None):,.0f}",
    )


def _told(sampling: Sampling, says: Words) -> str:
    sick = list(sampling.sick.index)
    text = says.sampling_sick if sick or sampling.divergences else says.sampling_sound
    return text.format(
        chains=sampling.chains,
        draws=sampling.draws,
        numbers=f"{len(sampling.table):,}",
        sick=len(sick),
        divergences=sampling.divergences,
        worst=", ".join(sick[:NAMED]) or "–",
    )


@dataclass(frozen=True)
class _Drawing:
    """One chart while it is drawn; x is effective draws, y is R-hat less 1, both on scales of powers."""

    sampling: Sampling
    says: Words
    theme: Theme

    @property
    def sheet(self) -> Sheet:
        says = self.says
        return Sheet(
            title=says.sampling_title,
            lines=standing(says, self.sampling.forecast.election, self.sampling.forecast.count),
            sentences=(_told(self.sampling, says), says.sampling_note),
            height=HEIGHT,
            key=(Mark("dot", DISTINCT[0], says.bulk_key), Mark("ring", DISTINCT[1], says.tail_key)),
            over=22,
            under=40,
            left=46,
            right=22,
        )

    def dots(self, ax: Axes) -> None:
        table = self.sampling.table
        excess = np.maximum(table["rhat"] - 1, LEAST_EXCESS)
        ax.scatter(table["ess_bulk"], excess, s=14, color=DISTINCT[0], alpha=0.6, linewidths=0, zorder=3)
        look = {"facecolors": "none", "edgecolors": DISTINCT[1], "linewidths": 0.8, "alpha": 0.7}
        ax.scatter(table["ess_tail"], excess, s=14, zorder=3, **look)

    def scale(self, ax: Axes) -> None:
        table = self.sampling.table[["ess_bulk", "ess_tail"]]
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_xlim(min(table.min(axis=None), self.sampling.enough) / 1.6, 1.6 * max(table.max(axis=None), 1000))
        ax.set_ylim(LEAST_EXCESS / 1.5, 3 * max(self.sampling.table["rhat"].max() - 1, RHAT - 1))
        ax.axhline(RHAT - 1, color=self.theme.ink, linewidth=1.0, linestyle=(0, (2.5, 1.5)))
        ax.axvline(self.sampling.enough, color=self.theme.ink, linewidth=1.0, linestyle=(0, (2.5, 1.5)))
        ax.minorticks_off()
        ax.yaxis.set_major_formatter(FuncFormatter(lambda excess, _: f"{1 + excess:.6g}"))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.0f}"))
        ax.grid(color=self.theme.line, linewidth=0.6)
        ax.set_axisbelow(True)
        ax.set_xlabel(self.says.ess_axis, color=self.theme.faint, fontsize=8.5, labelpad=3)
        look = {"xycoords": "axes fraction", "textcoords": "offset points", "color": self.theme.faint, "fontsize": 8.5}
        ax.annotate("R\u0302", (0, 1), (-8, 6), ha="right", **look)
