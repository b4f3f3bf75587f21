"""Laws of the margin's chart and of what charts share: they draw what the record says, and can be heard."""

import re
from dataclasses import replace

import made_up
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba
from PIL import Image

from runoff_forecast import charts
from runoff_forecast.charts import places
from runoff_forecast.charts.style import candidate_colors, in_two, text_width
from runoff_forecast.charts.words import LANGUAGES
from runoff_forecast.election import Candidate, OutrightRule, Source

THREE = (*made_up.CANDIDATES, made_up.THIRD)


def before_the_first_vote(shown=None):
    shown = shown or made_up.forecast()
    return replace(shown, count=made_up.Counts.empty(shown.election).latest)


def decided():
    return made_up.with_final(made_up.forecast(), np.array([[4000.0, 3000.0]]))


def long_names():
    """In the months whose Spanish names are the longest."""
    given = zip(made_up.CANDIDATES, ("Luiz Inácio Lula da Silva", "Jair Messias Bolsonaro"), strict=True)
    shown = made_up.forecast(made_up.election(tuple(replace(candidate, name=name) for candidate, name in given)))
    return replace(shown, count=replace(shown.count, time=shown.count.time + pd.Timedelta(days=100)))


def wordy():
    """Everything that a caption may have to say."""
    source = Source("https://example.org", "An Office of a Long Name for Electoral Processes of the Whole Country")
    contest = made_up.election(THREE, (OutrightRule(0.4, lead=0.1),))
    return before_the_first_vote(made_up.forecast(replace(contest, sources=(source, replace(source, publisher="B")))))


def nearly_decided():
    """All results within a hundredth of a point, and votes out."""
    votes = 1e6 * np.array([[0.52, 0.48], [0.520001, 0.479999]])
    return made_up.with_final(made_up.forecast(), votes, out=1e-4 * votes)


OPEN = {
    "two": made_up.forecast(),
    "three": made_up.forecast(made_up.election(THREE)),
    "nothing counted": before_the_first_vote(),
    "long names": long_names(),
    "wordy": wordy(),
}
FORECASTS = OPEN | {"nearly decided": nearly_decided(), "decided": decided()}
each_forecast = pytest.mark.parametrize("shown", FORECASTS.values(), ids=FORECASTS)


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


@each_forecast
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_forecast_can_be_drawn_in_words_that_are_whole(shown, lang, theme):
    ax = charts.draw_margin(shown, lang=lang, theme=theme)
    ax.get_figure().canvas.draw()
    assert not [text for text in texts(ax) if re.search(r"[{}]|\bnan\b", text)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_before_the_first_vote_no_clock_is_told(lang):
    told = [*texts(charts.draw_margin(OPEN["two"], lang=lang)), charts.describe_margin(OPEN["two"], lang=lang)]
    assert sum(bool(re.search(r"\d\d:\d\d", text)) for text in told) == 2
    told = [
        *texts(charts.draw_margin(before_the_first_vote(), lang=lang)),
        charts.describe_margin(before_the_first_vote(), lang=lang),
    ]
    assert not any(re.search(r"\d\d:\d\d", text) for text in told)


@pytest.mark.parametrize("shown", OPEN.values(), ids=OPEN)
def test_a_dot_is_one_chance_in_a_hundred(shown):
    ax = charts.draw_margin(shown)
    (dots,) = ax.collections[:1]
    assert len(dots.get_offsets()) == 100
    first = to_rgba(candidate_colors(shown.election)["ana"])
    won = sum(np.allclose(color, first) for color in dots.get_facecolors())
    assert won == pytest.approx(100 * shown.ahead_probability["ana"], abs=1)
    np.testing.assert_array_equal(dots.get_offsets()[:, 0] > 0, shown.outcomes(100) > 0)


def test_nothing_leaves_the_page_or_lies_on_something_else():
    for shown in FORECASTS.values():
        figure = charts.draw_margin(shown, lang="es").get_figure()
        figure.canvas.draw()
        boxes = [text.get_window_extent() for text in figure.axes[0].texts]
        page = figure.bbox
        assert all(box.x0 >= page.x0 and box.x1 <= page.x1 and box.y0 >= page.y0 and box.y1 <= page.y1 for box in boxes)
        overlapping = [(a, b) for place, a in enumerate(boxes) for b in boxes[:place] if a.overlaps(b)]
        assert not overlapping


def test_words_never_promise_more_than_the_draws():
    shown = made_up.forecast()
    sure = made_up.with_final(shown, np.array([[4000.0, 3000.0]]))
    open_end = replace(sure, draws=sure.draws.assign(outstanding=sure.draws["final"] * 0.001))
    assert {">99 in 100", "<1 in 100"} <= set(texts(charts.draw_margin(open_end)))


def test_a_finished_count_has_no_chances_but_shares():
    shown = decided()
    told = [*texts(charts.draw_margin(shown)), charts.describe_margin(shown)]
    assert {"57.14 %", "42.86 %", "Ana Quispe +14.29 points"} <= set(told)
    assert not any(re.search(r"in 100|of 100|equally likely|so far", text) for text in told)
    low, high = charts.draw_margin(shown).get_xlim()
    assert low < 0 < 1 / 7 < high


def test_results_that_are_as_good_as_one_are_one_mark():
    ax = charts.draw_margin(nearly_decided())
    assert not [dots for dots in ax.collections if len(dots.get_offsets()) == 100]
    assert any("lie within <0.01 of a point" in text.replace("\n", " ") for text in texts(ax))


def test_description_says_what_the_picture_shows():
    shown = made_up.forecast()
    said = charts.describe_margin(shown)
    for part in ("Ana Quispe", "Bea Salas", "6 June 2021, 21:00", "59.0 % of stations", "Count so far: tie"):
        assert part in said
    assert "6 de junio de 2021" in charts.describe_margin(shown, "es")
    with pytest.raises(ValueError, match="lang is one of en, es"):
        charts.describe_margin(shown, "qu")


def test_a_theme_that_is_none_is_told():
    with pytest.raises(ValueError, match="theme is one of light, dark, got 'sepia'"):
        charts.draw_margin(made_up.forecast(), theme="sepia")


def test_description_travels_inside_the_file(tmp_path):
    shown = made_up.forecast()
    said = charts.describe_margin(shown)
    path = charts.save(charts.draw_margin(shown), tmp_path / "margin.png", described=said)
    assert Image.open(path).text["Description"] == said
    charts.save(charts.draw_margin(shown), tmp_path / "margin.svg", described=said)
    assert said in (tmp_path / "margin.svg").read_text(encoding="utf-8")
    charts.save(charts.draw_margin(shown), tmp_path / "margin.pdf", described=said)
    with pytest.raises(ValueError, match=r"\.png, \.svg, \.pdf"):
        charts.save(charts.draw_margin(shown), tmp_path / "margin.docx", described=said)


def test_the_election_s_colours_are_kept_and_others_differ():
    given = made_up.election((Candidate("a", "A", color="#0072b2"), Candidate("b", "B"), Candidate("c", "C")))
    chosen = candidate_colors(given)
    assert chosen["a"] == "#0072b2"
    assert len(set(chosen.values())) == 3
    many = made_up.election(tuple(Candidate(f"c{number}", f"C{number}") for number in range(9)))
    assert len(candidate_colors(many)) == 9


# Names that are too long.


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("Lima", ["Lima"]),
        ("Pays de la Loire", ["Pays de", "la Loire"]),
        ("Basse-Normandie", ["Basse-", "Normandie"]),
        ("Provence-Alpes-Côte d'Azur", ["Provence-Alpes-", "Côte d'Azur"]),
    ],
)
def test_a_name_breaks_at_a_space_or_after_a_hyphen(name, lines):
    assert in_two(name) == lines


@pytest.mark.parametrize(
    "name", ["Lima", "Midi-Pyrénées", "Provence-Alpes-Côte d'Azur", "Llanfairpwllgwyngyllgogerych"]
)
@pytest.mark.parametrize("width", [20.0, 35.0, 200.0])
def test_a_name_on_a_tile_fits_it(name, width):
    lines, size = places._fitted(name, width)
    assert max(text_width(line, size) for line in lines) <= 1.02 * width
    if width > 100:
        assert (lines, size) == ([name], places.LARGEST)
