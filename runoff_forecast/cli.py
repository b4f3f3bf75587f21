"""The command line: parse, call, print. Results go to stdout, all else to stderr."""

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.console import Console
from typer.core import TyperGroup

from . import models, saying, sources, terminal
from .checks import InvalidInput, listing
from .election import Election
from .outcome import Forecast

BAD_INPUT, WRONG_USAGE, SICK_POSTERIOR = 1, 2, 3
DEFAULT_SEED = 1
DEMO = "peru-2021-runoff"
CHART_ENDINGS = (".png", ".svg", ".pdf")
"""What `charts.save` can write; said here again so that a wrong ending is refused before the model is fitted."""

out, err = Console(highlight=False), Console(stderr=True, highlight=False)


class Engine(StrEnum):
    """How the model is fitted: in a second, or sampled in full."""

    FAST = "fast"
    NUTS = "nuts"


class Plainspoken(TyperGroup):
    """Ends with one clear message and the exit code that belongs to it, never with a traceback."""

    def invoke(self, ctx: typer.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except InvalidInput as invalid:
            _end(str(invalid), BAD_INPUT)
        except models.SickPosterior as sick:
            _end(str(sick), SICK_POSTERIOR)
        except OSError as failed:
            _end(f"{failed.filename}: {failed.strerror}", WRONG_USAGE)


app = typer.Typer(cls=Plainspoken, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

ElectionName = Annotated[str, typer.Argument(help="A bundled id (see `elections`) or a folder.", metavar="ELECTION")]
At = Annotated[
    str | None,
    typer.Option(help="Count as known at this time, ISO 8601; without an offset, local time of the election."),
]
CountsFile = Annotated[Path | None, typer.Option(help="Counts that take the place of the folder's.", metavar="FILE")]
EngineName = Annotated[Engine, typer.Option(help="fast: seconds; nuts: full sampling, with diagnostics.")]
Draws = Annotated[int, typer.Option(min=1, help="Joint draws of the finished count.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same numbers.")]
PriorsFile = Annotated[Path | None, typer.Option(help="A TOML file of priors to change, by name.", metavar="FILE")]
JsonFile = Annotated[
    str | None, typer.Option("--json", help="Write the forecast as JSON; - is stdout.", metavar="FILE")
]
ChartFile = Annotated[Path | None, typer.Option(help="Draw the final margin: .png, .svg or .pdf.", metavar="FILE")]
OutFolder = Annotated[Path, typer.Option("--out", help="Where the charts go.", metavar="FOLDER")]
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
def check(election: ElectionName, counts: CountsFile = None) -> None:
    """Every problem of an election's folder; exit code 1 if any is an error."""
    problems = sources.check_folder(sources.folder_of(election), counts=counts)
    out.print(listing(problems) if problems else "no problems", soft_wrap=True, markup=False)
    if any(problem.severity == "error" for problem in problems):
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
    so_far = night.counts if at is None else night.counts.until(_moment(at, night.election))
    with err.status("fitting the model"):
        found = models.forecast(so_far, engine=engine.value, draws=draws, seed=seed, priors=_priors(priors))
    _say_warnings(found)
    if json == "-":
        out.print(found.to_json(), soft_wrap=True, markup=False)
    else:
        _print_forecast(found, recount)
    if json not in (None, "-"):
        Path(json).write_text(found.to_json() + "\n", encoding="utf-8")
    if chart is not None:
        _draw(found, chart)


@app.command()
def demo(
    out_folder: OutFolder = Path("demo-output"),
    seed: Seed = DEFAULT_SEED,
) -> None:
    """Peru's runoff of 2021: the district counts of 7 and 8 June as they came in, forecast one by one."""
    night = sources.load(DEMO)
    out_folder.mkdir(parents=True, exist_ok=True)
    forecasts = []
    for moment in night.counts.frame.loc[night.counts.frame["level"] == "unit", "time"].unique():
        with err.status(f"forecasting from the count of {moment:%d %B, %H:%M}"):
            forecasts.append(models.forecast(night.counts.until(moment), seed=seed))
    out.print(terminal.progress(night, forecasts))
    for found in forecasts:
        _draw(found, out_folder / f"margin-{found.count.time:%Y-%m-%d-%H%M}.png")


def main() -> None:
    """The entry point of the `runoff-forecast` command."""
    app()


def _end(message: str, code: int) -> None:
    err.print(message, style="red", soft_wrap=True, markup=False)
    raise typer.Exit(code)


def _check_targets(json: str | None, chart: Path | None) -> None:
    """Complains of files that cannot be written before there is anything to write."""
    if chart is not None and chart.suffix.lower() not in CHART_ENDINGS:
        raise typer.BadParameter(f"a chart is {', '.join(CHART_ENDINGS)}, got '{chart.name}'", param_hint="--chart")
    for option, path in (("--json", None if json in (None, "-") else Path(json)), ("--chart", chart)):
        if path is not None and not path.parent.is_dir():
            raise typer.BadParameter(f"there is no folder '{path.parent}'", param_hint=option)


def _moment(text: str, election: Election) -> pd.Timestamp:
    try:
        time = pd.Timestamp(text)
        return time if time.tzinfo is not None else time.tz_localize(election.timezone)
    except ValueError as wrong:
        raise typer.BadParameter(f"a time like 2021-06-07T19:23:00-05:00, got '{text}'", param_hint="--at") from wrong


def _priors(path: Path | None) -> models.Priors | None:
    if path is None:
        return None
    try:
        return models.Priors().with_changes(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValueError as wrong:  # of TOML, of text encoding and of the priors alike
        raise typer.BadParameter(f"{path}: {wrong}", param_hint="--priors") from wrong


def _say_warnings(found: Forecast) -> None:
    about_count = found.count.warnings
    if about_count:
        err.print(listing(about_count), style="yellow", soft_wrap=True, markup=False)
    for warning in dict.fromkeys(found.diagnostics["warnings"]):
        if warning not in map(str, about_count):
            err.print(f"warning: {warning}", style="yellow", soft_wrap=True, markup=False)


def _print_forecast(found: Forecast, recount: float | None) -> None:
    out.print(terminal.candidates(found))
    if not found.finished:
        if found.election.first_round is not None:
            out.print("", terminal.pairings(found))
        out.print("", terminal.hurdle(found))
        if "outstanding_kind" in found.draws:
            out.print("", terminal.outstanding(found))
    if recount is not None:
        chance = saying.in_hundred(found.recount_probability(recount), certain=found.finished)
        out.print(f"Chances in 100 that first and second end within {100 * recount:g} points: {chance}.")
    out.print(f"engine {found.engine}, {found.draws.sizes['draw']:,} draws, seed {found.seed}", style="dim")


def _draw(found: Forecast, path: Path) -> None:
    from . import charts  # matplotlib takes as long to import as the rest together

    charts.save(charts.draw_margin(found), path, described=charts.describe_margin(found))
    err.print(f"chart: {path}", soft_wrap=True, markup=False)
