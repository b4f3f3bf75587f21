"""The page: one self-contained HTML file that says what is counted, what is out, and what may become of it."""

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..charts.words import words
from ..election import Source
from ..evaluate import Course
from ..evaluate.keeping import write_whole
from ..models.cautions import NO_BASELINE, NOMINAL_STATIONS, NOT_A_VOTE, NOTHING_COUNTED, RETROSPECTIVE
from ..night import Night
from ..outcome import Forecast
from ..telling import SOFTWARE
from .figures import figures_of, themed_colors
from .headline import details, headline, rough
from .phrases import PageWords
from .tables import kind_rows, record_rows, region_rows, sides
from .words import page_words

TEMPLATE = "page.html.jinja"
READABLE = 0o644
"""Everybody may read a page: a web server often runs as another user than the one who writes the file."""

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
    forecasts were, a row a night: title, moments, absolute_error, raw_absolute_error (shares) and covered_90. Raises
    ValueError for a language that there is not (en, es), IndexError where there is no forecast.
    """
    forecast = forecasts[-1]
    if course is None:
        # Only the charts of a runoff show bulletins that were not forecast.
        so_far = night.counts.until(forecast.count.time) if forecast.election.first_round is None else None
        course = Course.of(forecasts, counts=so_far, result=night.result)
    else:
        course = course.then(forecast)
    text, says = page_words(lang), words(lang)
    regions = region_rows(forecast, says, text.of_votes)
    return _templates.get_template(TEMPLATE).render(
        lang=lang,
        text=text,
        forecast=forecast,
        headline=headline(forecast, text, says),
        details=details(forecast, night, text, says),
        as_of=text.as_of.format(time=says.moment(forecast.count)),
        colors=themed_colors(forecast),
        figures=figures_of(forecast, course, lang),
        sides=sides(forecast),
        regions=regions,
        region_note=text.of_votes if any(cell.note for row in regions for cell in row.cells) else "",
        kinds=kind_rows(forecast, says),
        out=_out(forecast, text, lang),
        how=_how(forecast, text, lang),
        record=[] if record is None else record_rows(record, says),
        sources=[_source(source, text) for source in forecast.election.sources],
        warnings=_warnings(forecast, night, text),
        made=_made(forecast, text, lang),
        data=_as_script(forecast),
    )


def write_page(text: str, path: Path | str) -> Path:
    """Put a page where readers find it, whole: at no moment is there half of it. The folder is made if need be."""

    def write(unfinished: Path) -> None:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.chmod(READABLE)

    write_whole(Path(path), write)
    return Path(path)


def _out(forecast: Forecast, text: PageWords, lang: str) -> str:
    says, votes = words(lang), forecast.outstanding.sum("candidate")
    low, high = forecast.quantiles(votes, [0.05, 0.95]).to_numpy()
    told = (rough(number, says, spread=high - low) for number in (float(forecast.mean(votes)), low, high))
    return text.out_text.format(**dict(zip(("votes", "low", "high"), told, strict=True)))


def _how(forecast: Forecast, text: PageWords, lang: str) -> list[str]:
    draws = words(lang).number(forecast.draws.sizes["draw"])
    return [
        text.how_count,
        text.how_model.format(unit=forecast.election.unit),
        text.how_contested,
        text.how_draws.format(draws=draws),
        text.how_words,
    ]


def _warnings(forecast: Forecast, night: Night, text: PageWords) -> list[str]:
    """What readers should keep in mind. Lines and columns of files are for those who keep them: `check` lists these."""
    about_files = {str(problem) for problem in (*forecast.election.warnings, *forecast.count.warnings)}
    known = {NOTHING_COUNTED: text.prior_alone, NOT_A_VOTE: text.not_a_vote}
    known |= {NOMINAL_STATIONS: text.nominal_stations, NO_BASELINE: text.no_baseline}
    if forecast.election.retrospective:
        known[RETROSPECTIVE + forecast.election.retrospective] = text.borrowed
    said = [known.get(warning, warning) for warning in forecast.diagnostics["warnings"] if warning not in about_files]
    taken_back = night.counts.until(forecast.count.time).corrections
    if len(taken_back):
        said.append(text.taken_back.format(places=len(taken_back[["level", "place"]].drop_duplicates())))
    return list(dict.fromkeys(said))


def _source(source: Source, text: PageWords) -> dict[str, str | None]:
    notes = [source.publisher]
    if source.licence:
        notes.append(text.licence.format(licence=source.licence))
    if source.retrieved:
        notes.append(text.retrieved.format(date=source.retrieved.isoformat()))
    return {"title": source.title, "notes": ", ".join(notes), "url": source.url}


def _made(forecast: Forecast, text: PageWords, lang: str) -> str:
    draws = words(lang).number(forecast.draws.sizes["draw"])
    return text.made.format(
        software=SOFTWARE, engine=forecast.engine, draws=draws, seed="–" if forecast.seed is None else forecast.seed
    )


def _as_script(forecast: Forecast) -> Markup:
    """JSON that no text in it can end early."""
    told = json.dumps(forecast.to_dict(), ensure_ascii=False, allow_nan=False)
    return Markup(told.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))
