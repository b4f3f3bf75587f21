"""Laws that every chart keeps, whatever it shows."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from types import SimpleNamespace

import made_up
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from runoff_forecast import charts, evaluate
from runoff_forecast.charts.rows import LONGEST, shortened
from runoff_forecast.charts.sheet import Sheet
from runoff_forecast.charts.style import THEMES, contrast, is_seen, readable_on, text_width, visible
from runoff_forecast.charts.words import LANGUAGES, words
from runoff_forecast.election import Candidate, Election, OutrightRule
from runoff_forecast.models import StratifiedArrival
from runoff_forecast.outcome import Forecast

TILES = pd.DataFrame(
    {
        "region": ["north", "south", "abroad"],
        "name": ["The North", "The South of the Country", "América"],
        "tile_row": [0, 1, 3],
        "tile_column": [0, 0, 0],
    }
)
SHAPES = {
    "type": "FeatureCollection",
    "features": [
        {
            "id": "north",
            "properties": {},
            "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
        },
        {
            "id": "7",
            "properties": {"region": "south"},
            "geometry": {"type": "MultiPolygon", "coordinates": [[[[2, 2], [3, 2], [3, 3], [2, 2]]]]},
        },
        {"id": "lake", "properties": None, "geometry": None},
    ],
}  # fmt: skip


def placed(contest: Election) -> Election:
    return replace(contest, regions=TILES.set_index("region"))


@cache
def runoff() -> Forecast:
    return made_up.forecast(placed(made_up.election()))


@cache
def first_round() -> Forecast:
    pool = Candidate("rest", "Other lists", pooled=True)
    fourth = Candidate("dora", "Dora María de los Ángeles Huamán")
    rivals = (*made_up.CANDIDATES, made_up.THIRD, fourth, pool)
    return made_up.forecast(placed(made_up.election(rivals, (OutrightRule(0.5),))), whole=True)


def course_of(forecast: Forecast) -> evaluate.Course:
    night = made_up.counts(forecast.election)
    early = replace(forecast, count=night[0])
    return evaluate.Course.of([early, forecast], counts=night)


@cache
def drift() -> evaluate.Drift:
    counts, model = made_up.counts(placed(made_up.election())), StratifiedArrival(draws=200)
    return evaluate.drift_of(model(counts, rng=np.random.default_rng(3)), model.evidence(counts))


def sampling() -> evaluate.Sampling:
    rng = np.random.default_rng(2)
    posterior = xr.Dataset(
        {
            "slope": (("chain", "draw"), rng.normal(size=(2, 300))),
            "stuck": (("chain", "draw"), rng.normal([[0.0], [3.0]], 1.0, (2, 300))),
            "region": (("chain", "draw", "place"), rng.normal(size=(2, 300, 4))),
        }
    )
    stats = xr.Dataset({"diverging": (("chain", "draw"), np.zeros((2, 300), dtype=bool))})
    trace = xr.DataTree.from_dict({"/posterior": posterior, "/sample_stats": stats})
    return evaluate.sampling_of(replace(runoff(), trace=trace))


@dataclass(frozen=True)
class Chart:
    draw: Callable
    describe: Callable
    record: Callable


CHARTS = {
    "margin": Chart(charts.draw_margin, charts.describe_margin, runoff),
    "night": Chart(charts.draw_night, charts.describe_night, lambda: course_of(runoff())),
    "chances": Chart(charts.draw_win_probability, charts.describe_win_probability, lambda: course_of(first_round())),
    "outstanding": Chart(charts.draw_outstanding, charts.describe_outstanding, runoff),
    "regions": Chart(charts.draw_regions, charts.describe_regions, runoff),
    "tiles": Chart(charts.draw_tiles, charts.describe_places, runoff),
    "tiles of a first round": Chart(charts.draw_tiles, charts.describe_places, first_round),
    "map": Chart(lambda shown, **how: charts.draw_map(shown, SHAPES, **how), charts.describe_places, runoff),
    "route": Chart(charts.draw_route, charts.describe_route, lambda: evaluate.route_of(runoff())),
    "route of a first round": Chart(charts.draw_route, charts.describe_route, lambda: evaluate.route_of(first_round())),
    "bulletins": Chart(
        charts.draw_bulletins,
        charts.describe_bulletins,
        lambda: evaluate.bulletins_of(course_of(runoff()), runoff()),
    ),
    "shift": Chart(charts.draw_shift, charts.describe_shift, lambda: evaluate.Shift.expected(runoff())),
    "arrival": Chart(charts.draw_arrival, charts.describe_arrival, runoff),
    "drift": Chart(charts.draw_drift, charts.describe_drift, drift),
    "sampling": Chart(charts.draw_sampling, charts.describe_sampling, sampling),
    "shares": Chart(charts.draw_shares, charts.describe_shares, first_round),
    "race": Chart(charts.draw_race, charts.describe_race, lambda: course_of(first_round())),
    "pairings": Chart(charts.draw_pairings, charts.describe_pairings, first_round),
}
each_chart = pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)


def rendered(figure: Figure) -> np.ndarray:
    """Pixels (row, column, channel) of a figure, at few dots an inch: the drawing also puts every text in its place."""
    figure.set_dpi(144)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


def words_of(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_text().strip()]


@each_chart
@pytest.mark.parametrize(("lang", "theme"), [("en", "light"), ("es", "dark")])
def test_every_chart_is_drawn_whole_and_nothing_else_changes(chart, lang, theme):
    before = dict(mpl.rcParams)
    figure = chart.draw(chart.record(), lang=lang, theme=theme).get_figure()
    rendered(figure)
    assert dict(mpl.rcParams) == before
    assert not [text for text in words_of(figure) if re.search(r"[{}]|\bnan\b", text)]
    outside = [text.get_text() for text in shown_texts(figure) if not inside(text.get_window_extent(), figure.bbox)]
    assert outside == []


def shown_texts(figure: Figure) -> list:
    """All words of a figure, but for ticks beyond the ends of a scale."""
    ticks = [tick for ax in figure.axes for axis in (ax.xaxis, ax.yaxis) for tick in axis.findobj(mpl.axis.Tick)]
    labels = {label for tick in ticks for label in tick.findobj(mpl.text.Text)}
    return [text for text in figure.findobj(mpl.text.Text) if text.get_text().strip() and text not in labels]


def inside(box, page) -> bool:
    return box.x0 >= page.x0 - 1 and box.x1 <= page.x1 + 1 and box.y0 >= page.y0 - 1 and box.y1 <= page.y1 + 1


@each_chart
def test_every_chart_can_be_heard(chart):
    record = chart.record()
    said = {lang: chart.describe(record, lang=lang) for lang in LANGUAGES}
    assert len(set(said.values())) == len(LANGUAGES)
    assert all("A made-up runoff" in text and not re.search(r"[{}]|\bnan\b", text) for text in said.values())


@each_chart
def test_every_chart_goes_where_it_is_told(chart):
    figure = Figure(figsize=(9, 6))
    left, right = figure.subplots(1, 2)
    assert chart.draw(chart.record(), ax=right) is right
    assert not left.texts
    assert not left.has_data()


@each_chart
def test_every_chart_can_be_part_of_a_page(chart):
    text = charts.inline_svg(chart.draw(chart.record()), name="here", described='The "chart" & <more>')
    assert text.startswith("<svg ")
    assert "&quot;chart&quot; &amp; &lt;more&gt;" in text
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(set(ids)) == len(ids)
    assert all(name.startswith("here-") for name in ids)
    referred = re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', text)
    assert {name for pair in referred for name in pair if name} == set(ids)
    assert "<style" not in text
    assert "font-family" not in text
    light = THEMES["light"]
    assert not re.search(rf"(fill|stroke): ({light.ground}|{light.ink}|{light.faint}|{light.line})", text)


def test_outstanding_votes_are_those_of_the_record():
    shown = runoff()
    ax = charts.draw_outstanding(shown)
    table = shown.outstanding_by_region()
    ends = [bar.get_x() + bar.get_width() for bar in ax.patches]
    assert max(ends) == pytest.approx(table["ana"].max())
    assert min(ends) == pytest.approx(-table["bea"].max())


def headline() -> Forecast:
    """Made from one row for the nation: nothing is known of the regions."""
    known = made_up.Counts.from_frame(
        runoff().election,
        pd.DataFrame(
            {
                "time": ["2021-06-06T21:00:00-05:00"],
                "level": "nation",
                "place": "",
                "counted_share": [0.6],
                "ana": [2000],
                "bea": [2100],
            }
        ),
    )
    return replace(runoff(), count=known.latest)


def test_what_the_office_has_not_said_is_not_told_as_counted():
    for draw in (charts.draw_regions, charts.draw_tiles):
        said = " ".join(words_of(draw(runoff()).get_figure()))
        silent = " ".join(words_of(draw(headline()).get_figure()))
        assert "counted" in said.replace("stations counted", "")
        assert "counted" not in silent.replace("stations counted", "")
    assert len(charts.draw_tiles(headline()).patches) < len(charts.draw_tiles(runoff()).patches)


def test_nearly_all_is_not_all():
    for lang in LANGUAGES:
        says = words(lang)
        assert says.stations(0.9995).startswith(">99.9 % ")
        assert says.stations(1.0).startswith("100.0 % ")
        assert says.stations(0.0).startswith("0.0 % ")


def test_a_night_of_one_moment_is_seen_and_heard():
    nothing = replace(first_round(), count=made_up.Counts.empty(first_round().election).latest)
    for forecast in (first_round(), nothing):
        course = evaluate.Course.of([forecast])
        for draw, describe in ((charts.draw_race, charts.describe_race), (charts.draw_night, charts.describe_night)):
            for against in ("time", "counted"):
                ax = draw(course, against=against)
                rendered(ax.get_figure())
                below = ax.get_figure().axes[1]
                low, high = below.get_xlim()
                assert sum(low <= tick <= high for tick in below.xaxis.get_ticklocs()) == 1
                assert [line for line in ax.lines if line.get_marker() == "o"]
            assert "1 moment." in describe(course) + "." or "1 moment," in describe(course)
            assert "nan" not in describe(course)


def test_a_scale_of_forecasts_ends_with_them():
    night = made_up.counts(first_round().election)
    course = evaluate.Course.of([replace(first_round(), count=night[0])], counts=night)
    assert len(course.bulletins) == 2
    for draw in (charts.draw_race, charts.draw_win_probability):
        left, right = draw(course, against="counted").get_xlim()
        assert left < night[0].counted_share < right < night[1].counted_share


def test_a_finished_count_as_its_only_bulletin_has_a_whole_scale():
    shown = made_up.with_final(runoff(), np.array([[4000.0, 3000.0]]))
    table = evaluate.bulletins_of(course_of(runoff()), runoff()).table.iloc[-1:].assign(start=0.0, stop=1.0)
    nothing = dict.fromkeys(("needed", "expected", "low", "high"), np.nan)
    ax = charts.draw_bulletins(evaluate.Bulletins(shown, table, **nothing))
    assert ax.get_xlim() == (0.0, 1.0)
    rendered(ax.get_figure())


def test_a_hurdle_beyond_reach_is_not_told_in_points():
    bulletins = replace(evaluate.bulletins_of(course_of(runoff()), runoff()), needed=-190.0)
    assert "too little for a tie" in charts.describe_bulletins(bulletins)
    assert "19000" not in charts.describe_bulletins(bulletins)


def test_those_who_are_not_shown_are_counted():
    rivals = tuple(Candidate(f"c{number}", f"Candidate Number {number}") for number in range(11))
    shown = made_up.forecast(made_up.election(rivals, (OutrightRule(0.5),)))
    said = " ".join(words_of(charts.draw_shares(shown).get_figure())).replace("\n", " ")
    assert "Not shown: 3 of 11 candidates" in said
    said = " ".join(words_of(charts.draw_pairings(shown).get_figure())).replace("\n", " ")
    assert "Not shown: 6 of 11 candidates" in said
    assert not any("Not shown" in text for text in words_of(charts.draw_shares(first_round()).get_figure()))


def test_names_are_cut_only_where_they_have_no_room():
    assert shortened("Estados Unidos (abroad)") == "Estados Unidos (abroad)"
    cut = shortened("Dora María de los Ángeles Huamán")
    assert cut.endswith("…")
    assert text_width(cut) <= LONGEST


def test_nothing_out_is_no_chart():
    finished = made_up.with_final(runoff(), np.array([[4000.0, 3000.0]]))
    for shown in (charts.draw_outstanding, charts.describe_outstanding):
        with pytest.raises(ValueError, match="nothing is out"):
            shown(finished)


def test_votes_of_two_among_many_are_said_to_be_theirs():
    for lang, theirs in (("en", "for these two"), ("es", "para estos dos")):
        for name in ("outstanding", "route"):
            two, many = CHARTS[name], CHARTS["route of a first round" if name == "route" else name]
            record = first_round() if name == "outstanding" else many.record()
            drawn = words_of(many.draw(record, lang=lang).get_figure())
            assert any(theirs in text.replace("\n", " ") for text in drawn)
            assert theirs in many.describe(record, lang=lang)
            assert theirs not in two.describe(two.record(), lang=lang)


@pytest.mark.parametrize(("needed", "deficit"), [(1.4, 900.0), (-0.4, -900.0), (np.nan, 900.0), (0.5, 0.0)])
def test_a_route_that_is_none_is_told_without_a_hurdle(needed, deficit):
    route = replace(evaluate.route_of(runoff()), needed=needed, deficit=deficit)
    said = charts.describe_route(route)
    assert ("level so far" in said) == (deficit == 0)
    assert ("needs" in said) == (deficit == 0)
    drawn = [text.strip() for text in words_of(charts.draw_route(route).get_figure())]
    assert ("needed" in drawn) == (deficit == 0)
    assert not [text for text in [said, *drawn] if "nan" in text]


def test_more_regions_than_rows_share_one():
    units = pd.DataFrame(
        {"unit": [f"u{n}" for n in range(40)], "region": [f"r{n:02d}" for n in range(40)], "stations": 5}
    )
    contest = Election.from_frames(
        id="many", title="Many", date=made_up.election().date, candidates=made_up.CANDIDATES, units=units
    )
    pending = np.random.default_rng(1).gamma(4.0, 100.0, (50, 40, 2))
    dims = ("draw", "region", "candidate")
    draws = {"final": (dims, pending), "outstanding": (dims, pending), "contested": (dims, 0 * pending)}
    shown = Forecast(
        made_up.Counts.empty(contest).latest,
        xr.Dataset(draws, {"region": contest.regions.index.to_numpy(), "candidate": ["ana", "bea"]}),
    )
    ax = charts.draw_outstanding(shown)
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels[-1] == "26 other regions"
    assert len(labels) == 15
    longest = sum(bar.get_width() for bar in ax.patches if bar.get_width() > 0)
    assert longest == pytest.approx(shown.outstanding_by_region()["ana"].sum())
    rendered(charts.draw_regions(shown).get_figure())


def test_tiles_stand_where_the_election_puts_them():
    ax = charts.draw_tiles(runoff())
    corners = {(int(tile.get_x()), int(tile.get_y())) for tile in ax.patches}
    assert corners == {(0, 0), (0, 1), (0, 3)}
    with pytest.raises(ValueError, match="tile_row"):
        charts.draw_tiles(made_up.forecast())


def test_a_map_is_drawn_from_anything_that_tells_its_shapes():
    told = SimpleNamespace(__geo_interface__=SHAPES)
    ax = charts.draw_map(runoff(), told)
    assert len(ax.patches) == 3
    with pytest.raises(ValueError, match="no shape has the id"):
        charts.draw_map(runoff(), {"features": []})
    line = {"features": [{"id": "north", "geometry": {"type": "Point", "coordinates": [0, 0]}}]}
    with pytest.raises(ValueError, match="Polygon"):
        charts.draw_map(runoff(), line)


def test_a_hole_in_a_shape_stays_open():
    outline = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]
    hole = [[1, 1], [1, 3], [3, 3], [3, 1], [1, 1]]
    shape = {"id": "north", "geometry": {"type": "Polygon", "coordinates": [outline, hole]}}
    ax = charts.draw_map(runoff(), {"features": [shape]})
    pixels = rendered(ax.get_figure())
    row, column = (int(part) for part in ax.transData.transform((2, 2))[::-1])
    edge = [int(part) for part in ax.transData.transform((0.5, 2))[::-1]]
    assert pixels[-row, column, :3].tolist() == [255, 255, 255]
    assert pixels[-edge[0], edge[1], :3].tolist() != [255, 255, 255]


def test_a_lead_that_wins_at_once_is_marked():
    contest = made_up.election((*made_up.CANDIDATES, made_up.THIRD), (OutrightRule(0.4, lead=0.1),))
    ax = charts.draw_margin(made_up.forecast(contest))
    assert any("a lead of 10 points, with 40 % of the votes" in text.get_text() for text in ax.texts)
    assert not any("wins at once" in text.get_text() for text in charts.draw_margin(runoff()).texts)


def test_only_a_first_round_has_a_race_and_pairings():
    with pytest.raises(ValueError, match="no first round"):
        charts.draw_race(course_of(runoff()))
    with pytest.raises(ValueError, match="not a first round"):
        charts.draw_pairings(runoff())


def test_the_night_runs_along_time_or_the_count():
    course = course_of(runoff())
    for against in ("time", "counted"):
        rendered(charts.draw_night(course, against=against).get_figure())
    with pytest.raises(ValueError, match="against is"):
        charts.draw_night(course, against="weather")


@pytest.mark.parametrize("minutes", [2.5, 20, 150, 170, 700, 3000, 90_000])
def test_a_night_of_any_length_has_ticks(minutes):
    """matplotlib's own intervals leave lengths without any, and warn."""
    course = course_of(runoff())
    first = course.bulletins.index[0]
    course = replace(
        course,
        bulletins=course.bulletins.set_axis([first, first + pd.Timedelta(minutes=minutes)]),
        moments=course.moments.assign_coords(
            time=[
                time.tz_convert("UTC").tz_localize(None).to_datetime64()
                for time in (first, first + pd.Timedelta(minutes=minutes))
            ]
        ),
    )
    ax = charts.draw_night(course)
    ax.get_figure().canvas.draw()
    low, high = ax.get_xlim()
    assert 2 <= sum(low <= tick <= high for tick in ax.xaxis.get_ticklocs()) <= 7


def test_text_on_a_colour_can_be_read():
    for theme in THEMES.values():
        for color in ("#c8102e", "#e8d15a", "#1f3f8f", "#f28e2b", "#1b7f5c", "#2b6cb0"):
            for opacity in np.linspace(0.0, 1.0, 6):
                face = (*mpl.colors.to_rgb(color), opacity)
                seen = opacity * np.array(face[:3]) + (1 - opacity) * np.array(mpl.colors.to_rgb(theme.ground))
                assert contrast(mpl.colors.to_rgb(readable_on(face, theme)), seen) > 4, (color, opacity)


def test_a_party_s_colour_is_changed_only_where_it_would_be_lost():
    for theme in THEMES.values():
        for color in ("#c8102e", "#e8d15a", "#1f3f8f", "#ffffff", "#000000"):
            seen = visible(color, theme)
            assert is_seen(np.array(mpl.colors.to_rgb(seen)), theme)
            assert seen == color or not is_seen(np.array(mpl.colors.to_rgb(color)), theme)
    assert contrast((1, 1, 1), (0, 0, 0)) == pytest.approx(21.0)
    blue, dark = np.array(mpl.colors.to_rgb("#294894")), THEMES["dark"]
    assert contrast(blue, mpl.colors.to_rgb(dark.ground)) > 2
    assert not is_seen(blue, dark)  # in full it is, as a band it is not


def test_what_stands_above_and_below_makes_room_for_itself():
    bare = Sheet("Title", ("below",), (), height=100)
    wordy = replace(bare, sentences=("word " * 60,), lines=("one", "two", "three"))
    assert wordy.size[1] > bare.size[1]
    assert wordy.box[3] * wordy.size[1] == pytest.approx(bare.box[3] * bare.size[1])


OF_A_RECORD = [name for name in dir(charts) if hasattr(getattr(charts, name), "__wrapped__")]


@pytest.mark.parametrize("name", OF_A_RECORD)
def test_what_is_no_record_of_the_chart_is_told_with_where_to_get_one(name):
    with pytest.raises(TypeError, match=rf"{name} takes a \w+, such as .+\(.+\).*, got dict"):
        getattr(charts, name)({})


def test_a_record_may_be_given_by_name():
    assert charts.describe_margin(forecast=runoff()) == charts.describe_margin(runoff())
