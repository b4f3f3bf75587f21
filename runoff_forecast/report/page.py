"""The page: one self-contained HTML file that says what is counted, what is out, and what may become of it."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from ..evaluate import Course
from ..evaluate.keeping import write_whole
from ..night import Night
from ..outcome import Forecast

TEMPLATE = "page.html.jinja"
READABLE = 0o644
"""A page is for others to read, also where the file was made by a web server's neighbour."""

_templates = Environment(
    loader=PackageLoader("runoff_forecast.report"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(
    night: Night,
    forecasts: Sequence[Forecast],
    *,
    course: Course | None = None,
    record: pd.DataFrame | None = None,
    lang: str = "en",
) -> str:
    """The page as HTML text. The last of the forecasts is the one it is about; the earlier ones tell the night.

    course: the night, where its forecasts were not kept; the last forecast need not be in it. record: how good earlier
    forecasts were, a row a night.
    """
    forecast = forecasts[-1]
    course = Course.of(forecasts, counts=night.counts, result=night.result) if course is None else course.then(forecast)
    return _templates.get_template(TEMPLATE).render(lang=lang, forecast=forecast, course=course, record=record)


def write_page(text: str, path: Path | str) -> Path:
    """Put a page where readers find it, whole: at no moment is there half of it. The folder is made if need be."""

    def write(unfinished: Path) -> None:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.chmod(READABLE)

    write_whole(Path(path), write)
    return Path(path)
