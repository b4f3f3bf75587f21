"""The record of forecasts: whether chances and intervals held, how far off they were, and when nights were called.

Each chart draws a table that `evaluate` reckons: `reliability`, `pit_histogram`, `coverage`, `averages`, `call_curve`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from .sheet import Mark, Sheet, drawn
from .style import DISTINCT, FAINT, OTHERS, THEMES, Theme, ThemeName, note, visible

HEIGHT = 230.0
BESIDE = 40.0
"""Points for the labels on the left."""
RIGHT = 22.0
DASHES = (0, (2, 1.5))
LEAST_ERROR = 1e-6
"""In shares; what is below is drawn at it, since a logarithm needs something."""


@dataclass(frozen=True)
class Phrases:
    """What these charts say in one language; what stands in braces is filled in."""

    reliability: str
    reliability_below: str
    said: str
    came: str
    reliability_told: str
    perfect: str
    uncertain: str
    pit: str
    pit_below: str
    pit_axis: str
    pit_share: str
    pit_told: str
    by_chance: str
    coverage: str
    coverage_below: str
    held: str
    promised: str
    counted: str
    crps: str
    interval_score: str
    interval_score_name: str
    points: str
    score_below: str
    calls: str
    calls_below: str
    called: str
    calls_told: str
    forecasts: str
    nights: str


ENGLISH = Phrases(
    reliability="Chances, and what came of them",
    reliability_below="How often the favourite won, by the chance it was given",
    said="chance given to the favourite",
    came="how often it won",
    reliability_told="given {said}, won {came} ({low} to {high} by chance; {forecasts} forecasts)",
    perfect="as promised",
    uncertain="95 % by chance",
    pit="Where results fell in the forecasts",
    pit_below="Level if the forecasts are as wide as they should be",
    pit_axis="result above this share of the forecast",
    pit_share="share of the results",
    pit_told="{left} to {right}: {share}",
    by_chance="95 % of what chance does",
    coverage="How often the interval held",
    coverage_below="{mass:.0f} % intervals of the final margin",
    held="intervals that held the result",
    promised="promised",
    counted="stations counted",
    crps="How far off the forecasts were",
    interval_score="What the intervals cost",
    interval_score_name="interval score (90 %)",
    points="points",
    score_below="Mean {name} of the final margin; lower is better",
    calls="When nights were called",
    calls_below="Share of nights called; a call is a chance above 99.5 %",
    called="nights called",
    calls_told="{model}: {half} by half of the count, {all} by its end",
    forecasts="{forecasts:,} forecasts.",
    nights="{nights:,} nights.",
)

SPANISH = Phrases(
    reliability="Las probabilidades y lo que pasó",
    reliability_below="Cuántas veces ganó el favorito, según lo que se le daba",
    said="probabilidad dada al favorito",
    came="cuántas veces ganó",
    reliability_told="se le daba {said}, ganó {came} ({low} a {high} por azar; {forecasts} pronósticos)",
    perfect="lo prometido",
    uncertain="95 % por azar",
    pit="Dónde cayó el resultado",
    pit_below="Parejo si los pronósticos son tan anchos como deben",
    pit_axis="resultado por encima de esta parte del pronóstico",
    pit_share="parte de los resultados",
    pit_told="{left} a {right}: {share}",
    by_chance="95 % de lo que hace el azar",
    coverage="Cuántas veces acertó el intervalo",
    coverage_below="Intervalos de {mass:.0f} % del margen final",
    held="intervalos que acertaron",
    promised="prometido",
    counted="mesas contadas",
    crps="Cuánto se equivocaron los pronósticos",
    interval_score="Lo que costaron los intervalos",
    interval_score_name="puntaje del intervalo (90 %)",
    points="puntos",
    score_below="{name} medio del margen final; menos es mejor",
    calls="Cuándo se dio un ganador",
    calls_below="Parte de las noches; hace falta más de 99.5 %",
    called="noches con ganador",
    calls_told="{model}: {half} a la mitad del conteo, {all} al final",
    forecasts="{forecasts:,} pronósticos.",
    nights="{nights:,} noches.",
)

LANGUAGES = {"en": ENGLISH, "es": SPANISH}

SCORES = ("crps", "interval_score_90")


def draw_reliability(
    table: pd.DataFrame, *, ax: Axes | None = None, lang: str = "en", theme: ThemeName = "light"
) -> Axes:
    """Draw a table of `evaluate.reliability`: chances given, how often they came, and the band of chance."""
    says, paper = _phrases(lang), THEMES[theme]
    color = visible(DISTINCT[0], paper)
    sheet = Sheet(
        title=says.reliability,
        lines=(says.reliability_below,),
        sentences=(says.forecasts.format(forecasts=int(table["forecasts"].sum())),),
        height=HEIGHT,
        over=22,
        key=(Mark("dashes", paper.faint, says.perfect), Mark("band", color, says.uncertain, alpha=FAINT)),
        under=36,
        left=BESIDE,
        right=RIGHT,
    )
    with drawn(sheet, ax, paper) as ax:
        left, low = min(0.5, float(table["said"].min())), min(0.5, float(table["low"].min()))
        ax.plot([left, 1], [left, 1], color=paper.faint, linestyle=DASHES, linewidth=1.2)
        ax.fill_between(table["said"], table["low"], table["high"], color=color, alpha=FAINT, linewidth=0)
        ax.plot(table["said"], table["came"], color=color, marker="o", markersize=4, linewidth=1.6)
        ax.set_xlim(left, 1.01)
        ax.set_ylim(low, 1.01)
        _shares(ax, paper, says.said, upwards=says.came)
    return ax


def draw_pit(table: pd.DataFrame, *, ax: Axes | None = None, lang: str = "en", theme: ThemeName = "light") -> Axes:
    """Draw a table of `evaluate.pit_histogram`: bars, and the band in which chance leaves the calibrated."""
    says, paper = _phrases(lang), THEMES[theme]
    color = visible(DISTINCT[0], paper)
    sheet = Sheet(
        title=says.pit,
        lines=(says.pit_below,),
        sentences=(),
        height=HEIGHT,
        over=22,
        key=(Mark("band", paper.faint, says.by_chance, alpha=FAINT),),
        under=36,
        left=BESIDE,
        right=RIGHT,
    )
    with drawn(sheet, ax, paper) as ax:
        width = (table["right"] - table["left"]).to_numpy()
        ax.bar(table["left"], table["share"], width=0.92 * width, align="edge", color=color, linewidth=0)
        low, high = table["low"].iloc[0], table["high"].iloc[0]
        ax.axhspan(low, high, color=paper.faint, alpha=FAINT, linewidth=0, zorder=3)
        ax.axhline(1 / len(table), color=paper.faint, linestyle=DASHES, linewidth=1.2, zorder=4)
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1.08 * max(float(table["share"].max()), high))
        _shares(ax, paper, says.pit_axis, upwards=says.pit_share)
    return ax


def draw_coverage(
    table: pd.DataFrame,
    *,
    mass: float = 0.9,
    ax: Axes | None = None,
    lang: str = "en",
    theme: ThemeName = "light",
) -> Axes:
    """Draw a table of `evaluate.coverage` by model and fraction: how often intervals held over the count."""
    says, paper = _phrases(lang), THEMES[theme]
    shown = table.loc[np.isclose(table["mass"], mass)]
    colors = model_colors(list(shown["model"].unique()), paper)
    sheet = Sheet(
        title=says.coverage,
        lines=(says.coverage_below.format(mass=100 * mass),),
        sentences=(says.nights.format(nights=int(shown["clusters"].max())),),
        height=HEIGHT,
        over=22,
        key=(*_key(colors), Mark("dashes", paper.faint, says.promised)),
        under=36,
        left=BESIDE,
        right=RIGHT,
    )
    with drawn(sheet, ax, paper) as ax:
        ax.axhline(mass, color=paper.faint, linestyle=DASHES, linewidth=1.2)
        _lines(ax, shown, colors)
        ax.set_ylim(-0.02, 1.02)
        ax.set_xlim(0, 1)
        _shares(ax, paper, says.counted, upwards=says.held)
    return ax


def draw_score(
    table: pd.DataFrame,
    *,
    score: str = "crps",
    ax: Axes | None = None,
    lang: str = "en",
    theme: ThemeName = "light",
) -> Axes:
    """Draw a table of `evaluate.averages` by model and fraction: one score (in shares) over the count, in points.

    score: crps or interval_score_90. Raises ValueError for another one.
    """
    says, paper = _phrases(lang), THEMES[theme]
    if score not in SCORES:
        raise ValueError(f"score is one of {', '.join(SCORES)}, got {score!r}")
    shown = table.loc[table["score"] == score]
    colors = model_colors(list(shown["model"].unique()), paper)
    sheet = Sheet(
        title=says.crps if score == "crps" else says.interval_score,
        lines=(says.score_below.format(name="CRPS" if score == "crps" else says.interval_score_name),),
        sentences=(says.nights.format(nights=int(shown["clusters"].max())),),
        height=HEIGHT,
        over=22,
        key=_key(colors),
        under=36,
        left=BESIDE,
        right=RIGHT,
    )
    with drawn(sheet, ax, paper) as ax:
        raised = shown.assign(**{name: shown[name].clip(lower=LEAST_ERROR) for name in ("mean", "low", "high")})
        _lines(ax, raised, colors)
        ax.set_yscale("log")
        ax.set_xlim(0, 1)
        _shares(ax, paper, says.counted, upwards=says.points)
        ax.yaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}"))
        ax.yaxis.set_minor_formatter(NullFormatter())
    return ax


def draw_calls(table: pd.DataFrame, *, ax: Axes | None = None, lang: str = "en", theme: ThemeName = "light") -> Axes:
    """Draw a table of `evaluate.call_curve`: share of the nights called by each share of stations counted."""
    says, paper = _phrases(lang), THEMES[theme]
    colors = model_colors(list(table["model"].unique()), paper)
    sheet = Sheet(
        title=says.calls,
        lines=(says.calls_below,),
        sentences=(),
        height=HEIGHT,
        over=22,
        key=_key(colors),
        under=36,
        left=BESIDE,
        right=RIGHT,
    )
    with drawn(sheet, ax, paper) as ax:
        for model, steps in table.groupby("model", sort=False):
            ax.step(steps["counted_share"], steps["called"], where="post", color=colors[model], linewidth=1.6)
        ax.set_xlim(0, 1)
        ax.set_ylim(-0.02, 1.02)
        _shares(ax, paper, says.counted, upwards=says.called)
    return ax


def describe_reliability(table: pd.DataFrame, lang: str = "en") -> str:
    """A table of `evaluate.reliability` in words, for those who cannot see its chart."""
    says = _phrases(lang)
    told = [
        says.reliability_told.format(
            forecasts=f"{row.forecasts:,.0f}",
            **{name: _percent(getattr(row, name), 0) for name in ("said", "came", "low", "high")},
        )
        for row in table.itertuples()
    ]
    return _told(says.reliability, says.reliability_below, told)


def describe_pit(table: pd.DataFrame, lang: str = "en") -> str:
    """A table of `evaluate.pit_histogram` in words, for those who cannot see its chart."""
    says = _phrases(lang)
    told = [
        says.pit_told.format(left=_percent(row.left, 0), right=_percent(row.right, 0), share=_percent(row.share, 1))
        for row in table.itertuples()
    ]
    return _told(says.pit, says.pit_below, told)


def describe_calls(table: pd.DataFrame, lang: str = "en") -> str:
    """A table of `evaluate.call_curve` in words, for those who cannot see its chart."""
    says, told = _phrases(lang), []
    for model, steps in table.groupby("model", sort=False):
        early = steps.loc[steps["counted_share"] <= 0.5, "called"]
        half, whole = (_percent(called.max() if len(called) else 0.0, 0) for called in (early, steps["called"]))
        told.append(says.calls_told.format(model=model, half=half, all=whole))
    return _told(says.calls, says.calls_below, told)


def _told(title: str, below: str, parts: Sequence[str]) -> str:
    return f"{title}. {below}: {'; '.join(parts)}."


def _percent(share: float, digits: int | None = None) -> str:
    """Percent as on the scales, or with so many digits."""
    return f"{100 * share:.4g} %" if digits is None else f"{100 * share:.{digits}f} %"


def describe_record(table: pd.DataFrame, lang: str = "en") -> str:
    """A table of `coverage` or `averages` in words, for those who cannot see its chart: each model's mean."""
    says = _phrases(lang)
    column = "mass" if "mass" in table else "score"
    parts = [
        f"{model}, {name}: {group['mean'].mean():.4g}"
        for (model, name), group in table.groupby(["model", column], sort=False)
    ]
    return f"{says.coverage if column == 'mass' else says.crps}. " + "; ".join(parts) + "."


def model_colors(models: Sequence[str], theme: Theme) -> dict[str, str]:
    """A colour for each model, in the order given; grey once they run out."""
    chosen = [*DISTINCT, *[OTHERS] * len(models)]
    return {model: visible(color, theme) for model, color in zip(models, chosen, strict=False)}


def _phrases(lang: str) -> Phrases:
    if lang not in LANGUAGES:
        raise ValueError(f"lang is one of {', '.join(LANGUAGES)}, got {lang!r}")
    return LANGUAGES[lang]


def _key(colors: dict[str, str]) -> tuple[Mark, ...]:
    return tuple(Mark("line", color, model) for model, color in colors.items())


def _lines(ax: Axes, table: pd.DataFrame, colors: dict[str, str]) -> None:
    """A line a model over the fraction counted, its 95 % interval as a band."""
    for model, group in table.groupby("model", sort=False):
        group = group.sort_values("fraction")
        ax.fill_between(group["fraction"], group["low"], group["high"], color=colors[model], alpha=0.15, linewidth=0)
        ax.plot(group["fraction"], group["mean"], color=colors[model], marker="o", markersize=3, linewidth=1.6)


def _shares(ax: Axes, theme: Theme, label: str, *, upwards: str) -> None:
    """Scales in percent with what they are of, and faint lines across."""
    percent = FuncFormatter(lambda share, _: _percent(share))
    ax.xaxis.set_major_formatter(percent)
    ax.yaxis.set_major_formatter(percent)
    note(ax, upwards, (0, 1), (0, 6), color=theme.ink)
    ax.set_xlabel(label, color=theme.faint, fontsize=8.5, labelpad=3)
    ax.grid(axis="y", color=theme.line, linewidth=0.6)
    ax.set_axisbelow(True)
