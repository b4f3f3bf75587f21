"""The command line: parse, call, print. Results go to stdout, all else to stderr."""

import contextlib
import gc
import io
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from json import dumps, loads
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import pandas as pd
import typer
from rich.console import Console
from typer.core import TyperGroup

from . import contest, models, saying, sources, terminal
from .checks import InvalidCount, InvalidInput, Problem, listing
from .checks.problem import AT_MOST_EACH
from .count import Counts
from .election import Election
from .night import Night, Result
from .outcome import Forecast
from .sources.feeds import CountsFile as GrowingCounts, Feed
from .sources.peru import ZONE as PERU

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .evaluate import Course

BAD_INPUT, WRONG_USAGE, SICK_POSTERIOR = 1, 2, 3
DEFAULT_SEED = 1
DEMO = "peru-2021-runoff"
CHART_ENDINGS = (".png", ".svg", ".pdf")
"""What `charts.save` can write; said here again so that a wrong ending is refused before the model is fitted."""

out, err = (
    Console(highlight=False, markup=False, emoji=False),
    Console(stderr=True, highlight=False, markup=False, emoji=False),
)


def _some(jobs: int) -> int:
    if jobs == 0:
        raise typer.BadParameter("1 process or more, or -1 for one for each core, got 0")
    return jobs


class Engine(StrEnum):
    """How the model is fitted: in a second, or sampled in full."""

    FAST = "fast"
    NUTS = "nuts"


class Language(StrEnum):
    """Languages of the page."""

    EN = "en"
    ES = "es"


class UnitLevel(StrEnum):
    """What one row of an imported register is."""

    STATION = "station"
    PLACE = "place"
    DISTRICT = "district"


class Depth(StrEnum):
    """How fine the places are that an office is asked for."""

    NATION = "nation"
    REGION = "region"
    UNIT = "unit"


class Plainspoken(TyperGroup):
    """Ends with one clear message and the exit code that belongs to it, never with a traceback."""

    def invoke(self, ctx: typer.Context) -> object:
        """Run the command."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")  # a terminal may not know a minus sign
        try:
            return super().invoke(ctx)
        except InvalidInput as invalid:
            _end(str(invalid), BAD_INPUT)
        except (models.SickPosterior, models.NoMode) as sick:
            _end(str(sick), SICK_POSTERIOR)
        except OSError as failed:
            _end(str(failed) if failed.filename is None else f"{failed.filename}: {failed.strerror}", WRONG_USAGE)


app = typer.Typer(cls=Plainspoken, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
importers = typer.Typer(no_args_is_help=True, help="Files of an election office to an election's folder.")
app.add_typer(importers, name="import")

ElectionName = Annotated[str, typer.Argument(help="A bundled id (see `elections`) or a folder.", metavar="ELECTION")]
At = Annotated[
    str | None,
    typer.Option(help="Count as known at this time, ISO 8601; without an offset, local time of the election."),
]
CountsFile = Annotated[Path | None, typer.Option(help="Counts that take the place of the folder's.", metavar="FILE")]
EngineName = Annotated[Engine, typer.Option(help="fast: seconds; nuts: full sampling, with diagnostics.")]
Draws = Annotated[int, typer.Option(min=1, max=1_000_000, help="Joint draws of the finished count.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same numbers.")]
PriorsFile = Annotated[
    Path | None,
    typer.Option(help="A TOML file of priors to change, by name; the others stay as learnt.", metavar="FILE"),
]
JsonFile = Annotated[
    str | None, typer.Option("--json", help="Write the forecast as JSON; - is stdout.", metavar="FILE")
]
ChartFile = Annotated[
    Path | None,
    typer.Option(help="Draw the final margin, or a first round's shares: .png, .svg, .pdf.", metavar="FILE"),
]
OutFolder = Annotated[Path, typer.Option("--out", help="Where the charts go.", metavar="FOLDER")]
NightChartFile = Annotated[
    Path | None, typer.Option("--chart", help="Draw the night: .png, .svg, .pdf.", metavar="FILE")
]
HtmlFile = Annotated[Path, typer.Option(help="The page to write.", metavar="FILE")]
Earlier = Annotated[int, typer.Option(min=1, help="Moments of the night that are forecast, the last one included.")]
LanguageName = Annotated[Language, typer.Option("--lang", help="The language of the page.")]
Moments = Annotated[int | None, typer.Option(min=1, help="At most this many moments, spread over the night.")]
Jobs = Annotated[
    int,
    typer.Option(min=-1, help="Processes that share the work; -1: one for each core.", callback=_some),
]
KeepFolder = Annotated[
    Path | None, typer.Option(help="Keep finished forecasts here, and go on from those found.", metavar="FOLDER")
]
ProblemsFile = Annotated[Path | None, typer.Option(help="Write every problem found as csv.", metavar="FILE")]
Recount = Annotated[
    float | None,
    typer.Option(min=0, max=1, help="Also the chance of an end closer than this share (0.005 is half a point)."),
]


@app.callback()
def _about() -> None:
    """From a partial vote count to an honest forecast of the finished count."""


@app.command()
def elections() -> None:
    """The bundled elections."""
    for name, title in sources.elections().items():
        out.print(f"{name:<28} {title}", soft_wrap=True, markup=False)


@app.command()
def check(election: ElectionName, counts: CountsFile = None, problems: ProblemsFile = None) -> None:
    """Every problem of an election's folder; exit code 1 if any is an error."""
    found = sources.check_folder(sources.folder_of(election), counts=counts)
    out.print(listing(found) if found else "no problems", soft_wrap=True, markup=False)
    _say_where_all_are(found, problems)
    if any(problem.severity == "error" for problem in found):
        raise typer.Exit(BAD_INPUT)


@app.command()
def forecast(
    election: ElectionName,
    at: At = None,
    counts: CountsFile = None,
    engine: EngineName = Engine.FAST,
    draws: Draws = 4000,
    seed: Seed = DEFAULT_SEED,
    priors: PriorsFile = None,
    json: JsonFile = None,
    chart: ChartFile = None,
    recount: Recount = None,
) -> None:
    """The finished count, forecast from a partial one."""
    _check_targets(json, chart)
    night = sources.load(election, counts=counts)
    so_far = _so_far(night, at)
    with err.status("fitting the model"):
        found = models.forecast(
            so_far, engine=engine.value, draws=draws, seed=seed, priors=_priors(_changes(priors), night.election)
        )
    _say_warnings(found)
    if json == "-":
        _print_json(found.to_json())
    else:
        _print_forecast(found, recount)
    if json not in (None, "-"):
        Path(json).write_text(found.to_json() + "\n", encoding="utf-8")
    if chart is not None:
        _draw(found, chart)


@app.command()
def replay(
    election: ElectionName,
    counts: CountsFile = None,
    engine: EngineName = Engine.FAST,
    draws: Draws = 4000,
    seed: Seed = DEFAULT_SEED,
    priors: PriorsFile = None,
    moments: Moments = None,
    jobs: Jobs = 1,
    keep: KeepFolder = None,
    json: JsonFile = None,
    chart: NightChartFile = None,
) -> None:
    """Every moment of a night, forecast as if it were the last; scored where the result is known."""
    from . import evaluate  # joblib and the scores are needed here alone

    _check_targets(json, chart)
    night = sources.load(election, counts=counts)
    if not len(night.counts):
        nothing = "at least one row: without any there is no night to replay"
        raise InvalidCount([Problem("counts", None, None, None, nothing)])
    model = models.StratifiedArrival(engine=engine.value, draws=draws, priors=_priors(_changes(priors), night.election))
    workers = evaluate.Workers(jobs=jobs, progress=True)
    times = evaluate.spread_over(night.counts.times, moments)
    try:
        played = evaluate.replay(model, night, times=times, seed=seed, folder=keep, workers=workers)
    except ValueError as wrong:  # the folder holds another replay
        raise typer.BadParameter(str(wrong), param_hint="--keep") from wrong
    _say_warnings(played.forecasts[-1], night.result)
    if json == "-":
        _print_json(played.to_json())
    else:
        out.print(terminal.progress(night, played.forecasts))
        if night.result is not None:
            out.print("", terminal.scores(played.summary(), night))
    if json not in (None, "-"):
        Path(json).write_text(played.to_json() + "\n", encoding="utf-8")
    if chart is not None:
        _draw_night(played.course, chart)


@app.command("report")
def report_page(
    election: ElectionName,
    html: HtmlFile,
    at: At = None,
    counts: CountsFile = None,
    moments: Earlier = 8,
    lang: LanguageName = Language.EN,
    engine: EngineName = Engine.FAST,
    draws: Draws = 4000,
    seed: Seed = DEFAULT_SEED,
    priors: PriorsFile = None,
    jobs: Jobs = 1,
) -> None:
    """One self-contained page: the forecast, the night, what is still out and where it leans."""
    from . import evaluate, report  # matplotlib takes as long to import as the rest together

    _check_target(html, "--html")
    night = sources.load(election, counts=counts)
    so_far = _so_far(night, at)
    model = models.StratifiedArrival(engine=engine.value, draws=draws, priors=_priors(_changes(priors), night.election))
    if len(so_far):
        times = evaluate.spread_over(so_far.times, moments)
        workers = evaluate.Workers(jobs=jobs, progress=True)
        forecasts = evaluate.replay(
            model, replace(night, counts=so_far), times=times, seed=seed, workers=workers
        ).forecasts
    else:
        forecasts = (models.forecast(so_far, engine=engine.value, draws=draws, seed=seed, priors=model.priors),)
    _say_warnings(forecasts[-1])
    text = report.page(night, forecasts, record=report.track_record(), lang=lang.value)
    report.write_page(text, html)
    out.print(forecasts[-1].summary(), soft_wrap=True, markup=False)
    err.print(f"page: {html}", soft_wrap=True, markup=False)


@app.command()
def demo(
    out_folder: OutFolder = Path("demo-output"),
    seed: Seed = DEFAULT_SEED,
) -> None:
    """Peru's runoff of 2021: the district counts of 7 and 8 June, forecast as they came in; charts and a page of it."""
    night = sources.load(DEMO)
    out_folder.mkdir(parents=True, exist_ok=True)
    forecasts = []
    for moment in night.counts.frame.loc[night.counts.frame["level"] == "unit", "time"].unique():
        with err.status(f"forecasting from the count of {moment:%d %B, %H:%M}"):
            forecasts.append(models.forecast(night.counts.until(moment), seed=seed))
    out.print(terminal.progress(night, forecasts))
    _show(night, forecasts, out_folder)


@app.command()
def watch(
    source: Annotated[str, typer.Argument(help="An election's folder, or an address.", metavar="FOLDER_OR_URL")],
    html: Annotated[Path, typer.Option(help="The page to keep up to date.", metavar="FILE")],
    every: Annotated[float, typer.Option(min=0, help="Seconds between looks.")] = 60.0,
    election: Annotated[
        str | None, typer.Option(help="With an address: whose register it is, a bundled id or a folder.")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(help="Where snapshots are kept; beside the page by default.", metavar="FOLDER")
    ] = None,
    depth: Annotated[Depth, typer.Option(help="With ONPE's address: the finest level asked for.")] = Depth.REGION,
    code: Annotated[
        list[str] | None, typer.Option(help="With ONPE's address: the code of a candidate's list.", metavar="ID=CODE")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="One look, then end.")] = False,
    bulletins: Annotated[int | None, typer.Option(min=1, help="End after this many bulletins.")] = None,
    allow_shrinking: Annotated[
        bool, typer.Option("--allow-shrinking", help="Believe bulletins that take back much of the count.")
    ] = False,
    engine: EngineName = Engine.FAST,
    lang: LanguageName = Language.EN,
    draws: Draws = 4000,
    seed: Seed = DEFAULT_SEED,
    priors: PriorsFile = None,
) -> None:
    """Follows a count while it grows, keeps every snapshot, and keeps a page up to date."""
    from . import report  # matplotlib takes as long to import as the rest together
    from .sources.keeper import Keeper

    _check_target(html, "--html")
    changes = _changes(priors)

    def model(counts: Counts) -> Forecast:
        learnt = _priors(changes, counts.election)
        return models.forecast(counts, engine=engine.value, draws=draws, seed=seed, priors=learnt)

    with (
        contextlib.suppress(KeyboardInterrupt),
        _feed(source, election, depth, _pairs(code, "--code", "ID=CODE")) as feed,
    ):
        followed = report.Watch(
            feed,
            Keeper(keep or html.with_name(html.stem + "-snapshots")),
            report.LivePage(model, lang=lang.value),
            html,
            _log,
            every=every,
            allow_shrinking=allow_shrinking,
        )
        if not followed.run(bulletins=bulletins, once=once):
            raise typer.Exit(BAD_INPUT)


@importers.command()
def onpe(
    runoff: Annotated[Path, typer.Option(help="Station file of the runoff, as the office offers it.", metavar="FILE")],
    level: Annotated[UnitLevel, typer.Option(help="What one row of the register is to be.")],
    out_folder: Annotated[Path, typer.Option("--out", help="The election's folder to write.", metavar="FOLDER")],
    first_round: Annotated[
        Path | None, typer.Option(help="Station file of the first round, for the baseline.", metavar="FILE")
    ] = None,
    places: Annotated[
        Path | None, typer.Option(help="Station, place, ubigeo with blanks between, for --level place.", metavar="FILE")
    ] = None,
    day: Annotated[
        datetime | None,
        typer.Option("--date", help="Day of the runoff, if another than its layout says.", formats=["%Y-%m-%d"]),
    ] = None,
    at: Annotated[str | None, typer.Option(help="When the file was as it is, if the count goes on.")] = None,
    name: Annotated[str | None, typer.Option("--id", help="Id of the election; by default the folder's name.")] = None,
    title: Annotated[str | None, typer.Option(help="Title of the election.")] = None,
    candidate: Annotated[list[str] | None, typer.Option(help="A candidate's name.", metavar="P1=NAME")] = None,
    own_list: Annotated[
        list[str] | None, typer.Option(help="A candidate's list in the first round.", metavar="P1=P16")
    ] = None,
    problems: ProblemsFile = None,
) -> None:
    """Station files of Peru's ONPE: the open data since 2021, the layout of 2016."""
    wanted = sources.Wanted(
        id=name or out_folder.resolve().name,
        level=level.value,
        date=None if day is None else day.date(),
        title=title,
        names=_pairs(candidate, "--candidate", "P1=NAME"),
        own_lists=_pairs(own_list, "--own-list", "P1=P16"),
        at=None if at is None else _moment(at, PERU),
    )
    try:
        night = sources.read_onpe(sources.StationFiles(runoff, first_round, places), wanted)
    except InvalidInput as invalid:
        _say_problems(invalid.problems, problems)
        raise typer.Exit(BAD_INPUT) from invalid
    sources.write_night(night, out_folder)
    _say_problems(night.warnings, problems)
    _say_imported(night, out_folder)


def main() -> None:
    """The entry point of the `runoff-forecast` command."""
    try:
        app()
    finally:
        gc.freeze()  # what ends with the process anyway need not be looked through for cycles, which takes 0.3 s


def _end(message: str, code: int) -> NoReturn:
    err.print(message, style="red", soft_wrap=True, markup=False)
    raise typer.Exit(code)


def _print_json(text: str) -> None:
    """JSON to stdout as it is; letters that the terminal cannot show are escaped, as JSON allows."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = dumps(loads(text))
    typer.echo(text)


def _check_targets(json: str | None, chart: Path | None) -> None:
    """Complains of files that cannot be written before there is anything to write."""
    if chart is not None and chart.suffix.lower() not in CHART_ENDINGS:
        raise typer.BadParameter(f"a chart is {', '.join(CHART_ENDINGS)}, got '{chart.name}'", param_hint="--chart")
    for option, path in (("--json", None if json in (None, "-") else Path(json)), ("--chart", chart)):
        if path is not None:
            _check_target(path, option)


def _check_target(path: Path, option: str) -> None:
    if not path.parent.is_dir():
        raise typer.BadParameter(f"there is no folder '{path.parent}'", param_hint=option)
    if path.is_dir():
        raise typer.BadParameter(f"a file to write, but '{path}' is a folder", param_hint=option)


def _so_far(night: Night, at: str | None) -> Counts:
    """The counts known at a moment, local time where it has no offset; all of them where there is none."""
    return night.counts if at is None else night.counts.until(_moment(at, night.election.timezone))


def _moment(text: str, timezone: str) -> pd.Timestamp:
    try:
        time = pd.Timestamp(datetime.fromisoformat(text))
        return time if time.tzinfo is not None else time.tz_localize(timezone)
    except ValueError as wrong:
        expected = f"a date and time like 2021-06-07T19:23:00-05:00, got '{text}'"
        raise typer.BadParameter(expected, param_hint="--at") from wrong


def _pairs(given: list[str] | None, option: str, like: str) -> dict[str, str]:
    """Texts such as `P1=castillo` as a mapping; `like` is what the help calls them."""
    pairs = [text.partition("=") for text in given or ()]
    for key, sign, value in pairs:
        if not (key and sign and value):
            raise typer.BadParameter(f"{like}, got '{key}{sign}{value}'", param_hint=option)
    return {key.strip(): value.strip() for key, _, value in pairs}


@contextlib.contextmanager
def _feed(source: str, election: str | None, depth: Depth, codes: dict[str, str]) -> Iterator[Feed]:
    """What is to be followed: a folder, or an address as long as it is open."""
    if "://" not in source:
        folder = sources.folder_of(source)
        yield GrowingCounts(folder, sources.read_election(folder if election is None else sources.folder_of(election)))
        return
    if election is None:
        raise typer.BadParameter("an address needs --election, a bundled id or a folder", param_hint="--election")
    try:
        from .sources import addresses
    except ModuleNotFoundError as missing:
        _end(f"{missing.name} is needed to follow an address: pip install 'runoff-forecast[live]'", WRONG_USAGE)
    register = sources.read_election(sources.folder_of(election))
    with addresses.open_client() as client:
        yield addresses.feed_at(source, register, addresses.Asking(client, _log, depth.value, codes=codes))


def _log(line: str) -> None:
    err.print(f"{datetime.now():%H:%M:%S}  {line}", soft_wrap=True, markup=False)


def _say_problems(found: Sequence[Problem], path: Path | None) -> None:
    """The problems in short on stderr, and in full in a file where one is named."""
    if found:
        is_bad = any(problem.severity == "error" for problem in found)
        err.print(listing(found), style="red" if is_bad else "yellow", soft_wrap=True, markup=False)
    _say_where_all_are(found, path)


def _say_where_all_are(found: Sequence[Problem], path: Path | None) -> None:
    if path is not None:
        sources.write_problems(found, path)
        err.print(f"all of them: {path}", soft_wrap=True, markup=False)
    elif len(found) > AT_MOST_EACH:
        err.print("--problems FILE writes all of them")


def _say_imported(night: Night, folder: Path) -> None:
    election = night.election
    names = ", ".join(f"{candidate.id} {candidate.name}" for candidate in election.candidates)
    out.print(f"{election.title} ({election.date}; {names})", soft_wrap=True, markup=False)
    known = "its result" if night.result is not None else "its count so far"
    units = f"{len(election.units):,} units, {election.stations_total:,.0f} stations and {known}"
    out.print(f"{units}: {folder}", soft_wrap=True, markup=False)


def _changes(path: Path | None) -> dict[str, float]:
    """What a file of priors changes, none without one."""
    if path is None:
        return {}
    try:
        changes = tomllib.loads(path.read_text(encoding="utf-8"))
        models.Priors().with_changes(changes)
    except ValueError as wrong:  # of TOML, of text encoding and of the priors alike
        raise typer.BadParameter(f"{path}: {wrong}", param_hint="--priors") from wrong
    return changes


def _priors(changes: dict[str, float], election: Election) -> models.Priors:
    """The priors learnt for the election, with the changes."""
    return models.learnt_priors(election).with_changes(changes)


def _say_warnings(found: Forecast, result: Result | None = None) -> None:
    about_input = (*found.election.warnings, *found.count.warnings, *(() if result is None else result.warnings))
    if about_input:
        err.print(listing(about_input), style="yellow", soft_wrap=True, markup=False)
    for warning in dict.fromkeys(found.diagnostics["warnings"]):
        if warning not in map(str, about_input):
            err.print(f"warning: {warning}", style="yellow", soft_wrap=True, markup=False)


def _print_forecast(found: Forecast, recount: float | None) -> None:
    out.print(terminal.candidates(found))
    if not found.finished:
        if found.election.first_round is not None:
            out.print("", terminal.pairings(found))
        out.print("", terminal.hurdle(found))
        if contest.in_play(found):
            out.print("", terminal.outright_hurdle(found))
        if "outstanding_kind" in found.draws:
            out.print("", terminal.outstanding(found))
    if recount is not None:
        chance = saying.in_hundred(found.recount_probability(recount), certain=found.finished)
        out.print(f"Chances in 100 that first and second end within {100 * recount:g} points: {chance}.")
    out.print(f"engine {found.engine}, {found.draws.sizes['draw']:,} draws, seed {found.seed}", style="dim")


def _draw(found: Forecast, path: Path) -> None:
    from . import charts  # matplotlib takes as long to import as the rest together

    if found.election.first_round is None:
        _save(charts.draw_margin(found), path, charts.describe_margin(found))
    else:
        _save(charts.draw_shares(found), path, charts.describe_shares(found))


def _show(night: Night, forecasts: Sequence[Forecast], folder: Path) -> None:
    """Three charts of the last forecast and the page of all, and where they are."""
    from . import charts, evaluate, report

    last = forecasts[-1]
    course = evaluate.Course.of(forecasts, counts=night.counts, result=night.result)
    _draw(last, folder / "margin.png")
    _draw_night(course, folder / "night.png")
    _save(charts.draw_outstanding(last), folder / "outstanding.png", charts.describe_outstanding(last))
    page = report.write_page(
        report.page(night, forecasts, course=course, record=report.track_record()), folder / "page.html"
    )
    err.print(f"page: {page}", soft_wrap=True, markup=False)


def _draw_night(course: "Course", path: Path) -> None:
    from . import charts

    _save(charts.draw_night(course), path, charts.describe_night(course))


def _save(drawn: "Axes", path: Path, described: str) -> None:
    from . import charts

    charts.save(drawn, path, described=described)
    err.print(f"chart: {path}", soft_wrap=True, markup=False)
