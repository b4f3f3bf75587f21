"""Posterior against prior of the drift: how far later stations lean from earlier ones, before and after the count."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from scipy.stats import norm

from ..evaluate import Drift
from .rows import ROW, beside, name_rows, region_names
from .sheet import Mark, Sheet, drawn, source, standing
from .style import THEMES, Theme, ThemeName, candidate_colors
from .subject import of
from .words import Words, words

NINETY = float(norm.ppf(0.95))
"""Deviations from the middle of a Normal to the end of its central 90 %."""


@of(Drift)
def draw_drift(drift: Drift, *, ax: Axes | None = None, lang: str = "en", theme: ThemeName = "light") -> Axes:
    """Draw the 90 % interval of the drift after the count over that before it, for the nation and each open region."""
    drawing = _Drawing(drift, words(lang), THEMES[theme])
    with drawn(drawing.sheet, ax, drawing.theme) as ax:
        drawing.intervals(ax)
        drawing.scale(ax)
    return ax


@of(Drift)
def describe_drift(drift: Drift, lang: str = "en") -> str:
    """What the chart shows, in words for those who cannot see it."""
    says, table = words(lang), drift.table
    nation = table.iloc[0]
    sure = table[(table["q05"] > 0) | (table["q95"] < 0)]
    return says.drift_described.format(
        title=drift.forecast.election.title,
        time=says.moment(drift.forecast.count),
        prior=f"{NINETY * nation['prior_sd']:.3f}",
        low=f"{nation['q05']:+.3f}",
        high=f"{nation['q95']:+.3f}",
        sure=", ".join(f"{row['name']} {row['mean']:+.3f}" for _, row in sure.iterrows()) or "–",
    )


@dataclass(frozen=True)
class _Drawing:
    """One chart while it is drawn; x is logits, a row per place."""

    drift: Drift
    says: Words
    theme: Theme

    @cached_property
    def table(self) -> pd.DataFrame:
        table = self.drift.table
        names = region_names(self.drift.forecast.election, self.says)
        table = table.assign(name=[names.get(place, self.says.nation) for place in table.index])
        return pd.concat([table.iloc[:1], table.iloc[1:].sort_values("mean", ascending=False)])

    @property
    def sheet(self) -> Sheet:
        says, election = self.says, self.drift.forecast.election
        return Sheet(
            title=says.drift_title,
            lines=standing(says, election, self.drift.forecast.count),
            sentences=(says.drift_note, *source(says, election)),
            height=max(len(self.table), 2) * ROW,
            key=(Mark("band", self.theme.line, says.before_key), Mark("line", self.theme.ink, says.after_key)),
            over=22,
            under=40,
            left=beside(self.table["name"]),
        )

    def intervals(self, ax: Axes) -> None:
        colors = candidate_colors(self.drift.forecast.election, self.theme)
        first, second = (colors[name] for name in self.drift.forecast.candidates[:2])
        table, rows = self.table, np.arange(len(self.table))
        ax.barh(rows, 2 * NINETY * table["prior_sd"], left=-NINETY * table["prior_sd"], height=0.72,
                color=self.theme.line, linewidth=0)  # fmt: skip
        tints = [first if mean > 0 else second for mean in table["mean"]]
        ax.hlines(rows, table["q05"], table["q95"], color=tints, linewidth=2.6, zorder=3)
        ax.scatter(table["mean"], rows, s=18, c=tints, linewidths=0, zorder=4)

    def scale(self, ax: Axes) -> None:
        name_rows(ax, list(self.table["name"]), self.theme)
        table = self.table
        reach = 1.05 * max(NINETY * table["prior_sd"].max(), table[["q05", "q95"]].abs().max(axis=None))
        ax.set_xlim(-reach, reach)
        ax.axvline(0, color=self.theme.ink, linewidth=0.9, zorder=2)
        ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], symmetric=True))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda drift, _: f"{abs(drift):.3g}"))
        ax.set_xlabel(self.says.drift_axis, color=self.theme.faint, fontsize=8.5, labelpad=3)
        sides = self.drift.forecast.election.candidates[1::-1]
        look = {"xycoords": "axes fraction", "textcoords": "offset points", "color": self.theme.faint, "fontsize": 8.5}
        ax.annotate(f"← {sides[0].name}", (0.5, 1), (-6, 4), ha="right", **look)
        ax.annotate(f"{sides[1].name} →", (0.5, 1), (6, 4), ha="left", **look)
