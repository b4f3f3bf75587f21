"""Station files of Peru's electoral office, one tally sheet a row, in each layout they come in, to one table."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from runoff_forecast.checks.problem import Problem
from runoff_forecast.checks.rows import BEYOND_ELECTORATE
from runoff_forecast.checks.table import Table, figure, is_blank, labels, missing_columns, numbers, repeated

from . import peru
from .files import Read, read_bytes

STATES = {
    "CONTABILIZADA": "counted",
    "CONTABILIZADAS NORMALES": "counted",
    "COMPUTADA RESUELTA": "counted",
    "ANULADA": "void",
    "ACTA ELECTORAL ANULADA": "void",
    "SIN INSTALAR": "void",
    "MESA NO INSTALADA": "void",
    "EXTRAVIADA": "void",
    "SINIESTRADA": "void",
    "EN PROCESO": "pending",
    "EN PROCESO DE DIGITACION": "pending",
    "PENDIENTE": "pending",
    "POR PROCESAR": "pending",
    "ACTA ELECTORAL PENDIENTE": "pending",
    "OBSERVADA": "contested",
    "ACTA ELECTORAL OBSERVADA": "contested",
    "PARA ENVIO AL JEE": "contested",
    "ENVIADA A JEE": "contested",
    "ENVIADA AL JEE": "contested",
}
"""What the office's words for the state of a tally sheet mean here."""
KNOWN_STATES = ("counted", "void")
RULED_ON = ("COMPUTADA RESUELTA", "ANULADA", "ACTA ELECTORAL RESUELTA")
"""What is said of a sheet that was contested, and on which an election jury has ruled."""
ABSENT = "absent"
"""A row with nothing but the station's number: the collection lacks it."""


@dataclass(frozen=True)
class Layout:
    """How a kind of station file names its columns; None where it has no such column."""

    station: str
    electorate: str
    ballots: str
    blank: str
    null: str
    option: re.Pattern[str]
    """What the columns of votes are called; the group is the number on the ballot paper."""
    ubigeo: str | None = None
    names: tuple[str, str, str] | None = None
    """Columns with the names of department, province and district."""
    challenged: str | None = None
    state: str | None = None
    """The state of the sheet. Without it, a sheet with no valid vote is void."""
    ruling: str | None = None
    """Where it is said that a jury ruled on the sheet."""
    place: tuple[str, ...] = ()
    """The columns that name a polling place within its district, the name last."""
    separator: str = ","
    runoff: date = date(2021, 6, 6)
    """The runoff whose files have this layout."""
    numbered: Mapping[str, int] = field(default_factory=dict)
    """Numbers on the ballot paper, where columns have other names."""

    def options(self, columns: Iterable[str]) -> dict[str, str]:
        """The columns of votes by the id of the option, P1 and so on, in the order of the ballot paper."""
        found = {column: self.numbered.get(column) for column in columns}
        found |= {column: int(hit[1]) for column in found if (hit := self.option.fullmatch(column))}
        ordered = sorted((number, column) for column, number in found.items() if number is not None)
        return {"P" + str(number): column for number, column in ordered}

    @property
    def needed(self) -> list[str]:
        columns = (self.station, self.ubigeo, *(self.names or ()), self.electorate, self.ballots, self.blank, self.null)
        return [column for column in (*columns, self.state) if column is not None]


NEVER = re.compile(r"(?!)")
OPEN_DATA = Layout(
    "MESA_DE_VOTACION",
    "N_ELEC_HABIL",
    "N_CVAS",
    "VOTOS_VB",
    "VOTOS_VN",
    re.compile(r"VOTOS_P(\d+)"),
    ubigeo="UBIGEO",
    names=("DEPARTAMENTO", "PROVINCIA", "DISTRITO"),
    challenged="VOTOS_VI",
    state="DESCRIP_ESTADO_ACTA",
    ruling="DESCRIP_ESTADO_ACTA",
    separator=";",
)
"""What the office offers as open data since 2021."""
PLAIN_2016 = Layout(
    "mesa",
    "electorate",
    "ballots",
    "blank",
    "null",
    re.compile(r"P(\d+)"),
    ubigeo="ubigeo",
    separator=" ",
    runoff=date(2016, 6, 5),
)
"""Space separated, without a header: station, place, electorate, ballots, blank, null, then the options."""
NAMED_2016 = Layout(
    "mesa",
    "electores_habiles",
    "total_votantes",
    "blancos",
    "nulos",
    re.compile(r"p(\d+)_\w+"),
    names=("departamento", "provincia", "distrito"),
    challenged="impugnados",
    place=("direccion", "local"),
    runoff=date(2016, 6, 5),
)
"""Comma separated, places by name only."""


def _collected(prefix: str, lists: Iterable[str]) -> Layout:
    """The layout of the 2021 collection, whose columns of a round have a prefix of their own."""
    return Layout(
        "mesa",
        *(prefix + name for name in ("NNUME_HABILM", "TOT_CIUDADANOS_VOTARON", "blanco", "nulos")),
        option=NEVER,
        ubigeo=prefix + "CCODI_UBIGEO",
        names=(prefix + "DEPARTAMENTO", prefix + "PROVINCIA", prefix + "DISTRITO"),
        challenged=prefix + "impugnados",
        state=prefix + "OBSERVACION",
        ruling=prefix + "OBSERVACION_TXT",
        place=(prefix + "TDIRE_LOCAL", prefix + "TNOMB_LOCAL"),
        numbered={prefix + name: number for number, name in enumerate(lists, start=1)},
    )


FIRST_ROUND_2021 = (
    *("pnp", "fa", "morado", "pps", "vn", "ap", "avpais", "pp", "jpp"),
    *("ppc", "fp", "upp", "rp", "runa", "sp", "perulibre", "dd", "app"),
)
"""The lists of the first round of 2021 as the collection calls them, in the order of the ballot paper."""
COLLECTED_RUNOFF = _collected("v2_", ("perulibre", "fp"))
COLLECTED_FIRST_ROUND = _collected("v1_", FIRST_ROUND_2021)
WITH_HEADER = (OPEN_DATA, COLLECTED_RUNOFF, COLLECTED_FIRST_ROUND, NAMED_2016)
PLAIN_ROW = re.compile(r"\s*\d{6}\s+\d{6}(\s+\d+){5,}\s*")


@dataclass(frozen=True, eq=False)
class Sheets:
    """The tally sheets of one file. `frame` has a row a sheet and the columns station, unit (district), region, area,
    name, place (of the district, polling place; texts), electorate, ballots, one per option, blank, null (votes, NaN
    where the cell is empty), state (counted, void, pending, contested, absent), ruled (True where a jury ruled on it).
    """

    file: str
    layout: Layout
    options: tuple[str, ...]
    """P1, P2 and so on, in the order of the ballot paper."""
    frame: pd.DataFrame


def read_sheets(path: Path) -> Read[Sheets]:
    """A station file in whichever layout it is; sheets that do not add up, and all else that is wrong, as problems."""
    data, problems = read_bytes(path)
    if data is None:
        return None, problems
    text = _decoded(data)
    if PLAIN_ROW.fullmatch(text.partition("\n")[0]):
        layout, (table, problems) = PLAIN_2016, _plain_table(text, path.name)
    else:
        layout, (table, problems) = _with_header(text, path.name)
    if layout is None or table is None:
        return None, problems
    problems += missing_columns(table, layout.needed)
    if problems:
        return None, problems
    return _sheets(table, layout)


def _decoded(data: bytes) -> str:
    # The office writes Latin-1; a copy saved by somebody's editor is UTF-8, which Latin-1 text with accents never is.
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _with_header(text: str, file: str) -> tuple[Layout | None, Read[Table]]:
    first = text.partition("\n")[0]
    for layout in WITH_HEADER:
        header = _cells(first, layout.separator)
        if layout.station in header and layout.electorate in header:
            return layout, _delimited(text, layout.separator, file)
    expected = "a station file of the office: a header with MESA_DE_VOTACION, N_ELEC_HABIL, VOTOS_P1 and so on, "
    expected += "or rows of station, place, electorate, ballots, blank, null and votes with blanks between"
    return None, (None, [Problem(file, 1, None, first.strip()[:80], expected)])


def _cells(line: str, separator: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]


def _delimited(text: str, separator: str, file: str) -> Read[Table]:
    """Rows as texts; what stands beyond the header's last named column must be empty, as the office leaves it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    header = [name.strip() for name in next(reader)]
    while header and not header[-1]:
        header.pop()
    width, kept, lines = len(header), [], []
    found = [Problem(file, 1, name, name, "each column once") for name in set(header) if header.count(name) > 1]
    for cells in reader:
        if len(cells) == width or (len(cells) > width and not "".join(cells[width:]).strip()):
            kept.append(cells[:width])
            lines.append(reader.line_num)
        elif any(cells):
            expected = str(width) + " cells, as in the header"
            found.append(Problem(file, reader.line_num, None, str(len(cells)) + " cells", expected))
    return _table(file, header, kept, lines), found


def _plain_table(text: str, file: str) -> Read[Table]:
    rows = [line.split() for line in text.splitlines()]
    width = len(rows[0])
    options = ["P" + str(number) for number in range(1, width - 5)]
    header = ["mesa", "ubigeo", "electorate", "ballots", "blank", "null", *options]
    lines = [number for number, cells in enumerate(rows, start=1) if len(cells) == width]
    found = [
        Problem(file, number, None, str(len(cells)) + " numbers", str(width) + " numbers, as in line 1")
        for number, cells in enumerate(rows, start=1)
        if cells and len(cells) != width
    ]
    return _table(file, header, [rows[number - 1] for number in lines], lines), found


def _table(file: str, header: list[str], rows: list[list[str]], lines: list[int]) -> Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(header)
    frame = pd.DataFrame({name: pd.Series(cells, dtype=str) for name, cells in zip(header, columns, strict=True)})
    # A ubigeo is sometimes quoted twice over, or written ="010101" to survive a spreadsheet; NA is an empty cell.
    frame = frame.apply(lambda cells: cells.str.strip(' "=').replace("NA", ""))
    return Table(file, frame, np.array(lines, dtype=int))


def _votes(table: Table, column: str) -> tuple[np.ndarray, list[Problem]]:
    """Like `numbers`, quick where every cell is of digits or empty, as in nearly all files."""
    cells = table.frame[column]
    empty = cells == ""
    if (cells.str.isdigit() | empty).all():
        return cells.where(~empty, "nan").to_numpy(dtype=object).astype(float), []
    return numbers(table, column, required=False)


def _sheets(table: Table, layout: Layout) -> Read[Sheets]:
    options = layout.options(table.frame.columns)
    found = [] if options else [Problem(table.file, 1, None, None, "columns of votes, such as VOTOS_P1")]
    if len(table.frame) == 0:
        found.append(Problem(table.file, None, None, None, "at least one tally sheet"))
    if found:
        return None, found
    frame = _places(table, layout)
    sources = {"electorate": layout.electorate, "ballots": layout.ballots, **options}
    for column, source in (sources | {"blank": layout.blank, "null": layout.null}).items():
        frame[column], problems = _votes(table, source)
        found += problems
    if layout.challenged is not None and table.has(layout.challenged):
        challenged, problems = _votes(table, layout.challenged)
        frame["null"] += np.nan_to_num(challenged)  # a vote challenged to the end is no valid vote
        found += problems
    frame["state"], problems = _states(table, layout, frame, list(options))
    frame["ruled"] = False if layout.ruling is None else table.frame[layout.ruling].isin(RULED_ON)
    found += [*problems, *_wrong_codes(table, layout, frame)]
    found += [*_empty(table, layout, frame, options), *_sums(table, layout, frame, list(options))]
    found += _crowded(table, layout, frame)
    return Sheets(table.file, layout, tuple(options), frame), found


def _places(table: Table, layout: Layout) -> pd.DataFrame:
    names = [labels(table, column) for column in layout.names or ()]
    if layout.ubigeo is not None:
        unit = labels(table, layout.ubigeo)
        region, area = peru.department(unit), peru.province(unit)
    else:
        area = names[0] + "/" + names[1]
        unit, region = area + "/" + names[2], names[0]
    place = pd.Series("", index=unit.index)
    for column in layout.place:
        place = place + labels(table, column) + "\n"
    columns = {"station": labels(table, layout.station), "unit": unit, "region": region, "area": area}
    return pd.DataFrame(columns | {"name": names[2] if names else unit, "place": place.str.strip("\n")})


def _states(table: Table, layout: Layout, frame: pd.DataFrame, options: list[str]) -> tuple[pd.Series, list[Problem]]:
    """The state of each sheet; a row empty except for its number is a sheet that the collection lacks."""
    if layout.state is None:
        valid = frame[options].sum(axis="columns")
        return pd.Series(np.where(valid > 0, "counted", "void"), index=frame.index), []
    words = labels(table, layout.state).str.upper()
    state = words.map(STATES)
    absent = (words == "") & (frame["unit"] == "") & frame["electorate"].isna() & frame["ballots"].isna()
    expected = "a state of the sheet: " + ", ".join(STATES)
    found = list(table.problems((state.isna() & ~absent).to_numpy(), layout.state, expected))
    return state.where(~absent, ABSENT), found


def _wrong_codes(table: Table, layout: Layout, frame: pd.DataFrame) -> Iterator[Problem]:
    present = (frame["state"] != ABSENT).to_numpy()
    yield from repeated(table, frame["station"], layout.station, "one sheet for each station")
    expected = "six digits; a spreadsheet may have taken leading zeros away"
    yield from table.problems(~_is_code(frame["station"]), layout.station, expected, "warning")
    if layout.ubigeo is not None:
        yield from table.problems(present & ~_is_code(frame["unit"]), layout.ubigeo, expected)


def _is_code(cells: pd.Series) -> np.ndarray:
    return cells.str.fullmatch(peru.CODE.pattern).to_numpy(dtype=bool, na_value=False)


def _empty(table: Table, layout: Layout, frame: pd.DataFrame, options: Mapping[str, str]) -> Iterator[Problem]:
    """Cells that are empty where they may not be: votes of counted sheets, the electorate of every sheet."""
    present, counted = (frame["state"] != ABSENT).to_numpy(), (frame["state"] == "counted").to_numpy()
    blank = {column: is_blank(table.frame[column]) for column in (layout.electorate, layout.ballots, *options.values())}
    yield from table.problems(present & blank.pop(layout.electorate), layout.electorate, "a number, not an empty cell")
    for column, empty in blank.items():
        yield from table.problems(counted & empty, column, "a number on a counted sheet, not an empty cell")


def _sums(table: Table, layout: Layout, frame: pd.DataFrame, options: list[str]) -> Iterator[Problem]:
    """Sheets whose votes are not as many as their ballots; where the office gives a state, of the counted ones."""
    votes = frame[options].sum(axis="columns", skipna=False) + frame[["blank", "null"]].sum(axis="columns")
    votes, ballots = votes.to_numpy(), frame["ballots"].to_numpy()
    looked_at = (frame["state"] == "counted").to_numpy() | (layout.state is None)
    off = looked_at & (np.abs(votes - ballots) > 0)
    stations = frame["station"][off]
    texts = [
        figure(total) + ", the sum of all votes of station " + station
        for total, station in zip(votes[off], stations, strict=True)
    ]
    yield from table.problems(off, layout.ballots, texts)


def _crowded(table: Table, layout: Layout, frame: pd.DataFrame) -> Iterator[Problem]:
    """Sheets with more ballots than registered voters can explain."""
    voters, ballots = frame["electorate"].to_numpy(), frame["ballots"].to_numpy()
    over = ballots > BEYOND_ELECTORATE * voters
    texts = [
        "at least about " + figure(given) + " registered voters for the ballots of station " + station
        for given, station in zip(ballots[over], frame["station"][over], strict=True)
    ]
    yield from table.problems(over, layout.electorate, texts)
