"""The pictures of the README, drawn anew from bundled data: `python -m benchmarks.gallery`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import runoff_forecast as rf
from runoff_forecast import charts
from runoff_forecast.evaluate import Course, Shift, route_of, spread_over

ELECTION, BULLETIN = "peru-2021-runoff", "2021-06-07T19:23:00-05:00"
MOMENTS = 8
"""Of the night, spread over it; as many forecasts."""
WIDTH, COLORS = 960, 256
FOLDER = Path(__file__).parent / "gallery"


def main() -> None:
    """Draw and save."""
    night = rf.load(ELECTION)
    shown = rf.forecast(night.counts.until(BULLETIN), seed=1)
    earlier = [
        rf.forecast(night.counts.until(time), seed=1, draws=2000) for time in spread_over(night.counts.times, MOMENTS)
    ]
    route, shift = route_of(shown), Shift.expected(shown)
    course = Course.of(earlier, counts=night.counts, result=night.result)
    pictures = {
        "margin": (charts.draw_margin(shown), charts.describe_margin(shown)),
        "night": (charts.draw_night(course), charts.describe_night(course)),
        "outstanding": (charts.draw_outstanding(shown), charts.describe_outstanding(shown)),
        "route": (charts.draw_route(route), charts.describe_route(route)),
        "shift": (charts.draw_shift(shift), charts.describe_shift(shift)),
        "tiles": (charts.draw_tiles(shown), charts.describe_places(shown)),
    }
    FOLDER.mkdir(exist_ok=True)
    for name, (axes, described) in pictures.items():
        path = FOLDER / f"{name}.png"
        charts.save(axes, path, described=described)
        _shrink(path)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB. {described}")


def _shrink(path: Path) -> None:
    """To `WIDTH` and a palette, the description kept: pictures of a README are loaded on phones too."""
    with Image.open(path) as drawn:
        said = PngInfo()
        for key, text in drawn.info.items():
            if isinstance(text, str):
                said.add_itxt(key, text)
        height = round(WIDTH * drawn.height / drawn.width)
        small = drawn.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS)
    _with_palette(small).save(path, optimize=True, pnginfo=said)


def _with_palette(drawn: Image.Image) -> Image.Image:
    """In its most frequent colours: those of areas stay as they are, which a palette of averages would shift."""
    pixels = np.asarray(drawn).reshape(-1, 3)
    colors, place, times = np.unique(pixels, axis=0, return_inverse=True, return_counts=True)
    kept = colors[np.argsort(-times, kind="stable")[:COLORS]].astype(int)
    nearest = ((colors[:, None, :].astype(int) - kept) ** 2).sum(axis=2).argmin(axis=1)  # Pillow's own is not exact
    shown = Image.fromarray(nearest[place.ravel()].astype(np.uint8).reshape(drawn.height, drawn.width), mode="P")
    shown.putpalette(kept.ravel().tolist())
    return shown


if __name__ == "__main__":
    main()
