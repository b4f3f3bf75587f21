"""The page says what the forecast says, is whole wherever it is opened, and needs neither eyes nor mouse nor script."""

import json
import re
import shutil
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import made_up
import numpy as np
import pandas as pd
import pytest
from test_all_charts import first_round, placed

from runoff_forecast import report
from runoff_forecast.charts.words import words
from runoff_forecast.election import Candidate, OutrightRule, Source
from runoff_forecast.evaluate import Course
from runoff_forecast.night import Night
from runoff_forecast.outcome import Forecast
from runoff_forecast.report.headline import details, headline, rough
from runoff_forecast.report.past_nights import record_of, track_record
from runoff_forecast.report.words import LANGUAGES, page_words

VOID = {"meta", "link", "br", "hr", "img", "input"}
RECORD = pd.DataFrame(
    {
        "title": ["Peru 2016"],
        "moments": [9],
        "absolute_error": [0.001],
        "raw_absolute_error": [0.01],
        "covered_90": [1.0],
    }
)


def night_of(forecast: Forecast) -> Night:
    return Night(forecast.election, made_up.counts(forecast.election))


def a_night() -> tuple[Night, list[Forecast]]:
    """A runoff with tiles, sources, a name that tries to be markup, and two moments."""
    bad = (Candidate("ana", "Ana <script>alert(1)</script> & Co", color="#0b6e4f"), made_up.CANDIDATES[1])
    contest = placed(made_up.election(bad))
    contest = replace(
        contest, sources=(Source("Results", "Office", licence="CC0", url="https://example.org/?a=1&b=2"),)
    )
    last = made_up.forecast(contest)
    return night_of(last), [replace(last, count=made_up.counts(contest)[0]), last]


@pytest.fixture(scope="module", params=["en", "es"])
def shown(request) -> str:
    night, forecasts = a_night()
    return report.page(night, forecasts, record=RECORD, lang=request.param)


@pytest.fixture(scope="module")
def english() -> str:
    night, forecasts = a_night()
    return report.page(night, forecasts, record=RECORD)


class Outline(HTMLParser):
    """Tags of a page, whether they close in the order in which they open, and its ids."""

    def __init__(self, text: str):
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def values(self, attribute: str) -> list[str]:
        return [attributes[attribute] for _, attributes in self.found if attributes.get(attribute)]


def test_the_page_is_sound_markup(shown):
    outline = Outline(shown)
    assert shown.startswith("<!doctype html>\n")
    assert (outline.open, outline.wrong) == ([], [])
    ids = outline.values("id")
    assert [name for name, times in Counter(ids).items() if times > 1] == []
    assert {name for told in outline.values("aria-labelledby") for name in told.split()} <= set(ids)
    assert {link[1:] for link in outline.values("href") if link.startswith("#")} <= set(ids)
    assert Counter(tag for tag, _ in outline.found)["h1"] == 1


def test_the_page_needs_nothing_from_elsewhere(shown):
    outline = Outline(shown)
    assert not outline.values("src")
    loaded = [attributes["href"] for tag, attributes in outline.found if tag == "link"]
    assert all(link.startswith("data:") for link in loaded)
    assert all(link.startswith("#") for link in outline.values("xlink:href"))
    assert "default-src 'none'" in shown
    assert "@import" not in shown
    assert "url(http" not in shown


def test_names_cannot_become_markup(english):
    assert "<script>alert" not in english
    assert "Ana &lt;script&gt;" in english
    told = re.search(r'<script type="application/json" id="forecast">(.*?)</script>', english, re.DOTALL)
    assert json.loads(told[1])["schema"] == 1


def test_every_chart_has_words_and_every_table_headings(shown):
    outline = Outline(shown)
    pictures = [attributes for tag, attributes in outline.found if tag == "svg"]
    assert len(pictures) >= 8
    assert all(picture["role"] == "img" and picture["aria-label"] for picture in pictures)
    named = [attributes["aria-labelledby"] for tag, attributes in outline.found if tag == "table"]
    captions = [attributes.get("id") for tag, attributes in outline.found if attributes.get("class") == "caption"]
    assert len(named) == 3
    assert set(named) <= set(captions)
    assert all(attributes.get("scope") in ("col", "row") for tag, attributes in outline.found if tag == "th")


def test_the_page_speaks_one_language_at_a_time(shown):
    lang = re.search(r'<html lang="(\w+)">', shown)[1]
    assert page_words(lang).how_section in shown
    other = next(name for name in LANGUAGES if name != lang)
    assert page_words(other).how_section not in shown
    assert not re.search(r"\{\w*\}", re.sub(r"<(style|script).*?</\1>", "", shown, flags=re.DOTALL))
    with pytest.raises(ValueError, match="lang is one of"):
        page_words("qu")


def test_the_page_tells_the_numbers_of_the_forecast(english):
    _, forecasts = a_night()
    low, high = forecasts[-1].interval(0.9)
    assert f"{100 * abs(low):.2f}" in english
    assert f"{100 * high:.2f}" in english
    assert "6 June 2021, 21:00" in english
    assert "https://example.org/?a=1&amp;b=2" in english
    assert "0.10" in english, "the record's mean error in points"


def with_chance(chance: float) -> Forecast:
    """A forecast that gives Ana this chance, with a few votes out."""
    wins = np.arange(400) < chance * 400
    votes = np.column_stack([np.where(wins, 10000.0, 8000.0), np.where(wins, 8000.0, 10000.0)])
    shown = made_up.with_final(made_up.forecast(), votes)
    return replace(shown, draws=shown.draws.assign(outstanding=0.001 * shown.draws["final"]))


@pytest.mark.parametrize(
    ("chance", "said"),
    [
        (1.0, "Ana Quispe is all but certain to win"),
        (0.97, "Ana Quispe is very likely to win"),
        (0.85, "Ana Quispe is likely to win"),
        (0.65, "Ana Quispe is more likely than not to win"),
        (0.55, "Too close to call: Ana Quispe or Bea Salas"),
        (0.1, "Bea Salas is likely to win"),
    ],
)
def test_the_headline_is_no_surer_than_the_draws(chance, said):
    assert headline(with_chance(chance), page_words("en"), words("en")) == said


def test_a_winner_is_named_once_nothing_is_out():
    shown = made_up.with_final(made_up.forecast(), np.array([[4000.0, 3000.0]]))
    assert headline(shown, page_words("en"), words("en")) == "Ana Quispe has won the count by 1,000 votes"
    level = made_up.with_final(made_up.forecast(), np.array([[4000.0, 4000.0]]))
    assert headline(level, page_words("en"), words("en")) == "The count ends in a tie"


def test_a_pool_of_several_comes_second_to_nobody():
    pool = replace(made_up.THIRD, pooled=True)
    contest = made_up.election((*made_up.CANDIDATES, pool))
    shown = made_up.with_final(made_up.forecast(contest), np.array([[5000.0, 2000.0, 3000.0]]))
    assert headline(shown, page_words("en"), words("en")) == "Ana Quispe has won the count by 3,000 votes"


def test_of_three_the_two_first_are_told_whoever_is_listed_first():
    contest = made_up.election((*made_up.CANDIDATES, made_up.THIRD))
    final = np.array([[2000.0, 3600.0, 4400.0]] * 4)
    shown = made_up.with_final(made_up.forecast(contest), final, out=0.01 * final)
    told = " ".join(details(shown, night_of(shown), page_words("en"), words("en")))
    assert "Caro Inga +8.00" in told
    assert "Bea Salas +" not in told
    assert "Final margin, Caro Inga minus Bea Salas: +8.00 points" in str(shown)


def test_nobody_races_for_a_place_where_all_who_stand_go_on():
    shown = made_up.forecast(made_up.election(rules=(OutrightRule(0.5),)))
    course = Course.of([shown], counts=made_up.counts(shown.election))
    assert set(course.rivals) == {"ana", "bea"}
    later = replace(shown, count=made_up.counts(shown.election)[0])
    assert 'id="chart-race"' not in report.page(night_of(shown), [later, shown])


def test_a_first_round_has_a_page_of_its_own():
    shown = first_round()
    text = report.page(night_of(shown), [shown])
    assert page_words("en").forecast_first_section in text
    assert 'id="chart-pairings"' in text
    assert 'id="chart-margin"' not in text
    assert "Other lists is" not in text


def outright(forecast: Forecast) -> Forecast:
    """The forecast with Ana far above the bar of the first round in nine draws of ten."""
    final = 0.001 * forecast.draws["final"].to_numpy()
    final[:, 0, 0] += np.where(np.arange(len(final)) < 0.9 * len(final), 9000.0, 40.0)
    final[:, 0, 1:3] += 45.0
    draws = forecast.draws.assign(final=(("draw", "region", "candidate"), final))
    few = {name: 1e-9 * draws[name] for name in ("outstanding", "contested", "outstanding_kind", "contested_kind")}
    return replace(forecast, draws=draws.assign(few))


def test_a_win_in_the_first_round_is_told_before_a_runoff():
    shown = outright(first_round())
    text = report.page(night_of(shown), [shown])
    assert headline(shown, page_words("en"), words("en")) == "Ana Quispe is likely to win in the first round"
    assert "Chances to win in the first round: Ana Quispe 90 in 100" in text
    assert 'id="chart-margin"' in text
    assert 'id="chart-pairings"' not in text


def test_before_the_first_bulletin_there_is_a_page_too():
    shown = made_up.forecast()
    empty = made_up.Counts.empty(shown.election)
    text = report.page(Night(shown.election, empty), [replace(shown, count=empty.latest)])
    assert page_words("en").nothing_yet in text
    assert not re.search(r"\bnan\b", text)


def test_after_the_last_bulletin_there_is_a_page_too():
    shown = made_up.with_final(made_up.forecast(), np.array([[4000.0, 3000.0]]))
    text = report.page(night_of(shown), [shown])
    assert page_words("en").count_done in text
    assert page_words("en").out_section not in text
    assert not re.search(r"\bnan\b", text)


def test_a_night_may_come_as_a_course():
    night, forecasts = a_night()
    course = Course.of(forecasts[:1], counts=night.counts)
    assert report.page(night, forecasts[-1:], course=course) == report.page(night, forecasts)


def test_a_page_is_written_whole(tmp_path):
    path = report.write_page("<!doctype html>ñ", tmp_path / "new" / "page.html")
    assert path.read_text(encoding="utf-8") == "<!doctype html>ñ"
    assert path.stat().st_mode & 0o044
    report.write_page("second", path)
    assert path.read_text(encoding="utf-8") == "second"
    assert [file.name for file in path.parent.iterdir()] == ["page.html"]


def test_the_record_is_told_if_there_is_one(tmp_path):
    assert track_record(tmp_path / "none.csv") is None
    RECORD.to_csv(tmp_path / "record.csv", index=False)
    pd.testing.assert_frame_equal(track_record(tmp_path / "record.csv"), RECORD)
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ValueError, match="a record has"):
        track_record(tmp_path / "other.csv")
    scores = pd.DataFrame(
        {"election": ["x", "x"], "error": [0.01, -0.03], "raw_error": [0.1, 0.1], "covered_90": [True, False]}
    )
    told = record_of(scores, pd.Series({"x": "X 2020"}))
    assert told.iloc[0].tolist() == ["X 2020", 2, pytest.approx(0.02), pytest.approx(0.1), 0.5]


# In a real browser.

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    night, forecasts = a_night()
    path = tmp_path_factory.mktemp("page") / "page.html"
    return report.write_page(report.page(night, forecasts, record=RECORD), path)


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_the_page_loads_without_a_complaint_and_fits(browser, file, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    tab = context.new_page()
    complaints, requests = [], []
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("request", lambda request: requests.append(request.url))
    tab.goto(file.as_uri())
    assert complaints == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    ink, ground = (tab.evaluate(f"getComputedStyle(document.body).{name}") for name in ("color", "backgroundColor"))
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    assert ink != ground
    assert tab.evaluate("[...document.querySelectorAll('svg')].every(s => s.getBoundingClientRect().height > 100)")
    context.close()


@pytest.mark.browser
def test_the_regions_are_sorted_by_mouse_and_by_keyboard(browser, file):
    tab = browser.new_page()
    tab.goto(file.as_uri())

    def names() -> list[str]:
        return tab.locator("#regions tbody th").all_inner_texts()

    before = names()
    tab.get_by_role("button", name="Region").click()
    assert names() == sorted(before)
    assert tab.locator("#regions thead th").first.get_attribute("aria-sort") == "ascending"
    tab.keyboard.press("Enter")
    assert names() == sorted(before, reverse=True)
    tab.get_by_role("button", name="Votes out").press("Enter")
    values = [float(cell.get_attribute("data-value")) for cell in tab.locator("#regions tbody td:nth-child(2)").all()]
    assert values == sorted(values, reverse=True)
    tab.close()


@pytest.mark.browser
def test_the_page_works_without_script_and_on_paper(browser, file):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(file.as_uri())
    assert tab.locator("#regions tbody tr").count() == 3
    assert not tab.locator(".hint").first.is_visible()
    assert tab.get_by_role("heading", level=1).inner_text().startswith("Ana")
    tab.emulate_media(media="print")
    assert not tab.locator(".skip").is_visible()
    assert len(tab.pdf()) > 10_000
    context.close()


@pytest.mark.browser
def test_the_first_stop_of_the_keyboard_skips_to_the_forecast(browser, file):
    tab = browser.new_page()
    tab.goto(file.as_uri())
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    tab.keyboard.press("Enter")
    assert tab.evaluate("location.hash") == "#forecast-section"
    tab.close()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_finished_count_has_no_chances_and_no_interval(lang):
    shown = made_up.with_final(made_up.forecast(), np.array([[3000.0, 2900.0]] * 4))
    assert shown.finished
    told = " ".join(details(shown, night_of(shown), page_words(lang), words(lang)))
    assert page_words(lang).count_done in told
    assert "+1.69" in told
    assert "100" not in told


@pytest.mark.parametrize(
    ("votes", "spread", "told"),
    [
        (13_741_268, np.inf, "14,000,000"),
        (13_741_268, 302_118, "13,700,000"),
        (618_912, 99_000, "620,000"),
        (85, np.inf, "85"),
        (1_240, 3, "1,240"),
    ],
)
def test_votes_are_told_as_roughly_as_they_are_known(votes, spread, told):
    assert rough(votes, words("en"), spread=spread) == told
