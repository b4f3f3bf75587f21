"""Laws of the charts of the record: each draws the table it is given, in every language and theme, on its page."""

import re

import numpy as np
import pandas as pd
import pytest

from runoff_forecast.charts import calibration, save
from runoff_forecast.evaluate import averages, call_curve, calls_of, coverage, pit_histogram, reliability

FRACTIONS = (0.2, 0.5, 0.9)


def scores() -> pd.DataFrame:
    """Two models on forty nights; nothing of them matters but that they are drawn."""
    rng = np.random.default_rng(1)
    index = pd.MultiIndex.from_product([["ours", "theirs"], range(40), FRACTIONS], names=["model", "night", "fraction"])
    table = index.to_frame(index=False)
    size = len(table)
    table["pit"] = rng.random(size)
    table["favourite_probability"] = 0.5 + 0.5 * rng.random(size)
    table["win_probability"] = table["favourite_probability"]
    table["favourite"] = np.where(rng.random(size) < table["favourite_probability"], "ana", "bea")
    table["winner"], table["final_margin"], table["raw_error"] = "ana", 0.01, 0.001
    table["counted_share"] = table["fraction"]
    table["crps"] = 0.01 * (1 - table["fraction"]) * rng.random(size)
    table["interval_score_90"] = table["crps"] * 5
    for column, mass in (("covered_50", 0.5), ("covered_80", 0.8), ("covered_90", 0.9), ("covered_95", 0.95)):
        table[column] = rng.random(size) < mass
    return table


SCORES = scores()
OURS = SCORES[SCORES["model"] == "ours"]
BY = ["model", "fraction"]
CHARTS = {
    "reliability": lambda **look: calibration.draw_reliability(reliability(OURS, bins=6), **look),
    "pit": lambda **look: calibration.draw_pit(pit_histogram(OURS), **look),
    "coverage": lambda **look: calibration.draw_coverage(coverage(SCORES, by=BY), **look),
    "crps": lambda **look: calibration.draw_score(averages(SCORES, ["crps"], by=BY), **look),
    "calls": lambda **look: calibration.draw_calls(call_curve(calls_of(SCORES, by=("model", "night"))), **look),
}
each_chart = pytest.mark.parametrize("draw", CHARTS.values(), ids=CHARTS)


@each_chart
@pytest.mark.parametrize("lang", calibration.LANGUAGES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_table_can_be_drawn_and_stays_on_its_page(draw, lang, theme, tmp_path):
    ax = draw(lang=lang, theme=theme)
    figure = ax.get_figure()
    figure.canvas.draw()
    page = figure.bbox
    boxes = [text.get_window_extent() for text in ax.texts]
    assert all(box.x0 >= page.x0 and box.x1 <= page.x1 and box.y0 >= page.y0 and box.y1 <= page.y1 for box in boxes)
    assert save(ax, tmp_path / "chart.svg", described="what it shows").exists()


@pytest.mark.parametrize("lang", calibration.LANGUAGES)
def test_every_table_can_be_heard(lang):
    said = {
        calibration.describe_reliability(reliability(OURS, bins=6), lang),
        calibration.describe_pit(pit_histogram(OURS), lang),
        calibration.describe_calls(call_curve(calls_of(SCORES, by=("model", "night"))), lang),
        calibration.describe_record(coverage(SCORES, by=BY), lang),
    }
    assert len(said) == 4
    assert not [text for text in said if re.search(r"[{}]|\bnan\b", text)]


def test_a_subtitle_stays_on_the_page():
    for lang in calibration.LANGUAGES:
        ax = calibration.draw_score(
            averages(SCORES, ["interval_score_90"], by=BY), score="interval_score_90", lang=lang
        )
        figure = ax.get_figure()
        figure.canvas.draw()
        assert max(text.get_window_extent().x1 for text in ax.texts) <= figure.bbox.x1
        assert not any(tick.tick1line.get_markersize() for tick in ax.yaxis.get_minor_ticks())


def test_lines_are_the_means_of_the_table():
    table = coverage(SCORES, by=BY)
    ax = calibration.draw_coverage(table, mass=0.8)
    drawn = {tuple(np.round(line.get_ydata(), 9)) for line in ax.lines}
    for _, group in table[table["mass"] == 0.8].groupby("model"):
        assert tuple(np.round(group.sort_values("fraction")["mean"], 9)) in drawn


def test_bars_are_the_shares_of_the_table():
    table = pit_histogram(OURS)
    ax = calibration.draw_pit(table)
    heights = [bar.get_height() for bar in ax.patches[: len(table)]]
    np.testing.assert_allclose(heights, table["share"])


def test_descriptions_name_every_model():
    said = calibration.describe_record(coverage(SCORES, by=BY))
    assert "ours, 0.9" in said
    assert "theirs, 0.5" in said
    with pytest.raises(ValueError, match="lang is one of en, es"):
        calibration.describe_record(coverage(SCORES, by=BY), "qu")
    with pytest.raises(ValueError, match="score is one of crps"):
        calibration.draw_score(averages(SCORES, ["crps"], by=BY), score="pit")
