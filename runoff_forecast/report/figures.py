"""The charts of a page: which of them this forecast can fill, drawn and described."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from matplotlib.axes import Axes

from .. import charts
from ..charts.style import THEMES
from ..evaluate import Course, Shift, bulletins_of, route_of, tells_shift
from ..outcome import Forecast

CLOSE = 0.05
"""Shares by which two are apart whose race is told."""


@dataclass(frozen=True)
class Figure:
    """One chart of the page."""

    name: str
    svg: str
    described: str


@dataclass(frozen=True)
class Figures:
    """The charts of a page by section; a section without any is left out."""

    forecast: tuple[Figure, ...]
    night: tuple[Figure, ...]
    out: tuple[Figure, ...]
    shift: tuple[Figure, ...]
    regions: tuple[Figure, ...]


def figures_of(forecast: Forecast, course: Course, lang: str) -> Figures:
    """All charts that this forecast and its night can fill."""
    drawer = _Drawer(forecast, course, lang)
    return Figures(
        forecast=tuple(drawer.chances()),
        night=tuple(drawer.night()),
        out=tuple(drawer.out()),
        shift=tuple(drawer.shift()),
        regions=tuple(drawer.regions()),
    )


def themed_colors(forecast: Forecast) -> dict[str, tuple[str, str]]:
    """The candidates' colours on light and on dark ground, by custom property of the page."""
    light, dark = (charts.candidate_colors(forecast.election, THEMES[theme]) for theme in ("light", "dark"))
    return {f"--candidate-{number}": (light[name], dark[name]) for number, name in enumerate(forecast.candidates)}


@dataclass(frozen=True)
class _Drawer:
    forecast: Forecast
    course: Course
    lang: str

    @property
    def first_round(self) -> bool:
        return self.forecast.election.first_round is not None

    @property
    def outright(self) -> bool:
        """Whether somebody may win the first round: then the first two are what it is about."""
        return charts.in_play(self.forecast)

    @property
    def close_race(self) -> bool:
        """Whether the last place in the runoff was in reach of both rivals at any time of the night; where all who
        stand go on nobody races for it."""
        election = self.forecast.election
        if election.first_round is None or election.first_round.advance >= election.standing.sum():
            return False
        return bool(abs(self.course.duel.sel(quantile=0.5)).min() < CLOSE)

    def chances(self) -> Iterator[Figure]:
        if not self.first_round or self.outright:
            yield self._figure("margin", charts.draw_margin, charts.describe_margin, self.forecast)
        if self.first_round or len(self.forecast.candidates) > 2:
            yield self._figure("shares", charts.draw_shares, charts.describe_shares, self.forecast)
        if not self.first_round and charts.has_tiles(self.forecast):
            yield self._figure("tiles", charts.draw_tiles, charts.describe_places, self.forecast)
        first_round = self.forecast.election.first_round
        if first_round is not None and first_round.advance == 2 and self.forecast.outright_probability.sum() < 0.5:
            yield self._figure("pairings", charts.draw_pairings, charts.describe_pairings, self.forecast)

    def night(self) -> Iterator[Figure]:
        if len(self.course) > 1:
            if self.close_race:
                yield self._figure("race", charts.draw_race, charts.describe_race, self.course)
            if not self.first_round or self.outright:
                yield self._figure("night", charts.draw_night, charts.describe_night, self.course)
        if not self.first_round and (self.course.bulletins["votes"] > 0).sum() > 1:
            bulletins = bulletins_of(self.course, self.forecast)
            yield self._figure("bulletins", charts.draw_bulletins, charts.describe_bulletins, bulletins)

    def out(self) -> Iterator[Figure]:
        if self.forecast.finished:
            return
        if "outstanding_kind" in self.forecast.draws and self.forecast.count.votes.sum() > 0:
            route = route_of(self.forecast)
            if not self.first_round or 0 <= route.needed <= 1:
                yield self._figure("route", charts.draw_route, charts.describe_route, route)
        between = self.course.rivals if self.first_round and not self.outright else None
        draw, describe = (
            partial(one, between=between) for one in (charts.draw_outstanding, charts.describe_outstanding)
        )
        yield self._figure("outstanding", draw, describe, self.forecast)

    def shift(self) -> Iterator[Figure]:
        if tells_shift(self.forecast.count) and not self.forecast.finished and not self.first_round:
            yield self._figure("shift", charts.draw_shift, charts.describe_shift, Shift.expected(self.forecast))

    def regions(self) -> Iterator[Figure]:
        if self.first_round and charts.has_tiles(self.forecast):
            yield self._figure("tiles", charts.draw_tiles, charts.describe_places, self.forecast)
        elif not self.first_round:
            yield self._figure("regions", charts.draw_regions, charts.describe_regions, self.forecast)
        yield self._figure("arrival", charts.draw_arrival, charts.describe_arrival, self.forecast)

    def _figure(self, name: str, draw: Callable[..., Axes], describe: Callable[..., str], record: object) -> Figure:
        said = describe(record, lang=self.lang)
        colors = dict(charts.PAGE_COLORS)
        for custom, (light, _) in themed_colors(self.forecast).items():
            colors.setdefault(light, f"var({custom})")
        svg = charts.inline_svg(draw(record, lang=self.lang), name=name, described=said, colors=colors)
        return Figure(name, svg, said)
