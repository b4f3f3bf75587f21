"""Maps of who leads where: tiles of equal size, and the shapes of the land where the user has them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from ..evaluate import leads_of
from ..outcome import Forecast
from .rows import overseas_regions, shortened
from .sheet import Mark, Sheet, drawn, source, standing
from .style import POINTS_PER_INCH, SIZE, THEMES, Theme, ThemeName, candidate_colors, in_two, readable_on, text_width
from .subject import of
from .words import Words, words

TILE = 38.0
"""Height of a tile in points."""
GAP = 0.05
"""Between tiles, in shares of one."""
LARGEST, SMALLEST = 7.5, 5.4
"""Points; names that are too long for a tile in these are cut."""
FULL = 0.6
"""The lead that has its candidate's colour in full strength."""
PALEST, STRONGEST = 0.12, 0.85
SURE = 0.9
"""Where the leader's chances are below this, the edge is dashed."""
HEIGHT = 320.0


class Shapes(Protocol):
    """Anything that tells its shapes as GeoJSON does: a GeoDataFrame, or what other libraries read from a file."""

    @property
    def __geo_interface__(self) -> Mapping: ...


@of(Forecast)
def draw_tiles(forecast: Forecast, *, ax: Axes | None = None, lang: str = "en", theme: ThemeName = "light") -> Axes:
    """Draw a tile per region in the colour of who leads there; raises ValueError where regions have no tiles."""
    drawing = _Drawing(forecast, words(lang), THEMES[theme])
    with drawn(drawing.tiles_sheet, ax, drawing.theme) as ax:
        drawing.tiles(ax)
    return ax


@of(Forecast)
def draw_map(
    forecast: Forecast,
    shapes: Shapes | Mapping,
    *,
    by: str = "region",
    ax: Axes | None = None,
    lang: str = "en",
    theme: ThemeName = "light",
) -> Axes:
    """Draw the regions' shapes in the colour of who leads there.

    shapes: a GeoDataFrame, or GeoJSON features; `by` names the property that holds the region's id, and where there is
    none the feature's own id is taken. Raises ValueError where no shape belongs to a region.
    """
    drawing = _Drawing(forecast, words(lang), THEMES[theme])
    with drawn(drawing.map_sheet, ax, drawing.theme) as ax:
        drawing.land(ax, shapes, by)
    return ax


def has_tiles(forecast: Forecast) -> bool:
    """Whether every region of the election has its place on a tile map."""
    return bool(forecast.election.regions[["tile_row", "tile_column"]].notna().all(axis=None))


@of(Forecast)
def describe_places(forecast: Forecast, lang: str = "en") -> str:
    """What a map of the leads shows, in words for those who cannot see it."""
    says, election, table = words(lang), forecast.election, leads_of(forecast)
    told = []
    for candidate in election.candidates:
        led = table[table["leader"] == candidate.id].sort_values("lead", ascending=False)
        if len(led):
            places = ", ".join(f"{row['name']} {says.points(row['lead'])}" for _, row in led.iterrows())
            told.append(says.leads_in.format(name=candidate.name, number=len(led), places=places))
    return says.places_described.format(title=election.title, time=says.moment(forecast.count), leads=" ".join(told))


@dataclass(frozen=True)
class _Drawing:
    """One map while it is drawn."""

    forecast: Forecast
    says: Words
    theme: Theme

    @cached_property
    def table(self) -> pd.DataFrame:
        places = self.forecast.election.regions[["tile_row", "tile_column"]]
        return leads_of(self.forecast).join(places).join(self.forecast.to_frame()["counted_share_known"])

    @property
    def colors(self) -> dict[str, str]:
        return candidate_colors(self.forecast.election, self.theme)

    @property
    def tiles_sheet(self) -> Sheet:
        if not has_tiles(self.forecast):
            raise ValueError(f"not every region of {self.forecast.election.id} has a tile_row and a tile_column")
        rows = self.table["tile_row"].max() - self.table["tile_row"].min() + 1
        foot = [self.says.tiles_foot] if self.table["counted_share_known"].any() else []
        return self._sheet(height=TILE * rows, note=" ".join([self.says.tiles_note, *foot]))

    @property
    def map_sheet(self) -> Sheet:
        return self._sheet(height=HEIGHT, note=self.says.map_note)

    def _sheet(self, *, height: float, note: str) -> Sheet:
        says, election = self.says, self.forecast.election
        leading = [candidate for candidate in election.candidates if (self.table["leader"] == candidate.id).any()]
        return Sheet(
            title=says.places_title,
            lines=standing(says, election, self.forecast.count),
            sentences=(note, *source(says, election)),
            height=height,
            key=tuple(Mark("dot", self.colors[candidate.id], candidate.name) for candidate in leading),
            under=8,
        )

    def tiles(self, ax: Axes) -> None:
        low, high = (self.table[["tile_column", "tile_row"]].agg(edge) for edge in ("min", "max"))
        ax.set_xlim(low["tile_column"], high["tile_column"] + 1)
        ax.set_ylim(high["tile_row"] + 1, low["tile_row"])
        ax.axis("off")
        for _, row in self.table.iterrows():
            self._tile(ax, row)
        self._abroad(ax)

    def _tile(self, ax: Axes, row: pd.Series) -> None:
        x, y, side = row["tile_column"] + GAP / 2, row["tile_row"] + GAP / 2, 1 - GAP
        look = self._look(row)
        text = readable_on(to_rgba(look["facecolor"]), self.theme)
        ax.add_patch(Rectangle((x, y), side, side, **look, linewidth=1.0))
        if row["counted_share_known"]:
            self._foot(ax, (x, y + 0.93 * side), float(np.clip(row["counted_share"], 0, 1)))
        lines, size = _fitted(row["name"], self._tile_width(ax) - 3)
        ax.annotate(
            "\n".join(lines), (x + side / 2, y), (0, -3.5), textcoords="offset points", ha="center", va="top",
            color=text, fontsize=size, linespacing=1.0,
        )  # fmt: skip
        if row["leader"] is not None:
            lead = self.says.points(row["lead"], digits=0)
            ax.annotate(
                lead, (x + side / 2, y + 0.93 * side), (0, 2.5), textcoords="offset points", ha="center",
                va="bottom", color=text, fontsize=8.5, fontweight="bold",
            )  # fmt: skip

    def _foot(self, ax: Axes, corner: tuple[float, float], counted: float) -> None:
        """How much is counted; where the office has not said, there is none."""
        for share, alpha in ((1.0, 0.15), (counted, 0.75)):
            look = {"color": self.theme.ink, "alpha": alpha, "linewidth": 0}
            ax.add_patch(Rectangle(corner, share * (1 - GAP), 0.07 * (1 - GAP), **look))

    def _abroad(self, ax: Axes) -> None:
        """A word above the tiles of regions abroad, where they stand in rows of their own."""
        abroad = self.table[overseas_regions(self.forecast.election).to_numpy()]
        at_home = self.table.drop(abroad.index)
        if len(abroad) and len(at_home) and abroad["tile_row"].min() > at_home["tile_row"].max() + 1:
            place = (abroad["tile_column"].min() + GAP / 2, abroad["tile_row"].min() + GAP / 2)
            look = {"textcoords": "offset points", "va": "bottom", "color": self.theme.faint, "fontsize": 8.5}
            ax.annotate(self.says.overseas, place, (0, 3), **look)

    def _tile_width(self, ax: Axes) -> float:
        low, high = ax.get_xlim()
        return ax.get_position().width * SIZE[0] * POINTS_PER_INCH / (high - low) * (1 - GAP)

    def land(self, ax: Axes, shapes: Shapes | Mapping, by: str) -> None:
        ax.axis("off")
        drawn_regions = 0
        for region, rings in _shapes(shapes, by):
            known = region in self.table.index
            drawn_regions += known
            look = self._look(self.table.loc[region]) if known else {"facecolor": "none", "edgecolor": self.theme.line}
            ax.add_patch(PathPatch(_path(rings), linewidth=0.7, **look))
        if not drawn_regions:
            raise ValueError(f"no shape has the id of a region, such as {self.table.index[0]!r}, in {by!r}")
        ax.autoscale_view()
        ax.set_aspect(_aspect(ax.get_ylim()), anchor="N")

    def _look(self, row: pd.Series) -> dict[str, object]:
        """Fill and edge of a region: the leader's colour by how far it leads, a dashed edge where that is not sure."""
        if row["leader"] is None:
            return {"facecolor": "none", "edgecolor": self.theme.line}
        red, green, blue = to_rgb(self.colors[row["leader"]])
        strength = PALEST + (STRONGEST - PALEST) * min(row["lead"] / FULL, 1.0)
        sure = row["sure"] >= SURE
        edge = {"edgecolor": self.theme.ground} if sure else {"edgecolor": self.theme.ink, "linestyle": (0, (2, 1.5))}
        return {"facecolor": (red, green, blue, strength), **edge}


def _fitted(name: str, width: float) -> tuple[list[str], float]:
    """A name in one line or two, and the size in which it fits the width; in the smallest it is cut short."""
    lines = [name] if text_width(name, LARGEST) <= width else in_two(name)
    widest = max(text_width(line, LARGEST) for line in lines)
    size = LARGEST * min(1.0, width / widest)
    return (lines, size) if size >= SMALLEST else ([shortened(line, width, SMALLEST) for line in lines], SMALLEST)


def _shapes(shapes: Shapes | Mapping, by: str) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Region id and rings (points, 2) of each feature."""
    told = shapes if isinstance(shapes, Mapping) else shapes.__geo_interface__
    for feature in told["features"]:
        region = (feature.get("properties") or {}).get(by, feature.get("id"))
        yield str(region), _rings(feature["geometry"])


def _rings(geometry: Mapping | None) -> list[np.ndarray]:
    if geometry is None:
        return []
    if geometry["type"] == "Polygon":
        polygons: Sequence = [geometry["coordinates"]]
    elif geometry["type"] == "MultiPolygon":
        polygons = geometry["coordinates"]
    else:
        raise ValueError(f"a region's shape is a Polygon or a MultiPolygon, got {geometry['type']}")
    return [
        _wound(np.asarray(ring, dtype=float)[:, :2], number > 0) for one in polygons for number, ring in enumerate(one)
    ]


def _wound(ring: np.ndarray, is_hole: bool) -> np.ndarray:
    """The ring, turned if need be: outlines run one way and holes the other, which is what keeps holes open."""
    x, y = ring.T
    anticlockwise = np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) > 0
    return ring[::-1] if anticlockwise == is_hole else ring


def _path(rings: list[np.ndarray]) -> Path:
    """Outlines and holes in one."""
    if not rings:
        return Path(np.zeros((1, 2)))
    return Path.make_compound_path(*(Path(ring, closed=True) for ring in rings))


def _aspect(latitudes: tuple[float, float]) -> float:
    """Height of a degree of latitude over a degree of longitude in the middle; 1 for maps in other units."""
    low, high = latitudes
    return 1.0 / np.cos(np.radians((low + high) / 2)) if -90 <= low < high <= 90 else 1.0
