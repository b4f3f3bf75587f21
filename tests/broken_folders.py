"""Ways to break the sound folder, each with the problem that is to come of it."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from folders import COUNTS, ELECTION, UNITS, change

Break = Callable[[Path], object]


@dataclass(frozen=True)
class Case:
    """A way to break the folder and the one problem that is to come of it."""

    name: str
    breaks: Break
    file: str
    row: int | None
    column: str | None
    value: str | None
    expected: str
    severity: str = "error"
    others: int = 0
    """Further problems that the same fault rightly causes."""


def edit(name: str, old: str, new: str) -> Break:
    return lambda folder: change(folder, name, old, new)


def put(name: str, content: str | bytes) -> Break:
    data = content.encode() if isinstance(content, str) else content
    return lambda folder: (folder / name).write_bytes(data)


def remove(name: str) -> Break:
    return lambda folder: (folder / name).unlink()


def rename(name: str, new: str) -> Break:
    return lambda folder: (folder / name).rename(folder / new)


def counts_row(old: str, new: str) -> Break:
    return edit("counts.csv", old, new)


FIRST = "2021-06-06T20:00:00-05:00,unit,010101,4,0,0,400,500,10,20"
SOUTH = "2021-06-06T20:00:00-05:00,unit,020101,10,1,0,900,1200,20,40"
NATION = "2021-06-07T08:00:00-05:00,nation,,36,2,1,3500,3900,70,140"


def first(**cells: str) -> Break:
    """The first row of the counts with some cells changed."""
    names = COUNTS.splitlines()[0].split(",")
    row = dict(zip(names, FIRST.split(","), strict=True)) | cells
    return counts_row(FIRST, ",".join(row[name] for name in names))


TOML = "election.toml"

CASES = [
    # election.toml
    Case("no election.toml", remove(TOML), TOML, None, None, None, "it is missing"),
    Case(
        "toml not well formed", edit(TOML, 'rule = "runoff"', 'rule = "runoff'), TOML, 5, None, None, "well-formed TOML"
    ),
    Case("toml in Latin-1", put(TOML, ELECTION.encode("latin-1")), TOML, 11, None, "byte 0xfa", "UTF-8"),
    Case("no title", edit(TOML, 'title = "A made-up runoff"\n', ""), TOML, None, "title", None, "it is missing"),
    Case("title not a text", edit(TOML, '"A made-up runoff"', "7"), TOML, None, "title", "7", "a text"),
    Case("no date", edit(TOML, "date = 2021-06-06\n", ""), TOML, None, "date", None, "it is missing"),
    Case("date in quotes", edit(TOML, "2021-06-06", '"6 June"'), TOML, None, "date", "6 June", "such as 2021-06-06"),
    Case(
        "unknown timezone",
        edit(TOML, "America/Lima", "Peru/Lima"),
        TOML,
        None,
        "timezone",
        "Peru/Lima",
        "'America/Lima'",
    ),
    Case(
        "unknown rule",
        edit(TOML, '"runoff"', '"plurality"'),
        TOML,
        None,
        "rule",
        "plurality",
        "'runoff' or 'first-round'",
    ),
    Case("no rule", edit(TOML, 'rule = "runoff"\n', ""), TOML, None, "rule", None, "it is missing"),
    Case(
        "first_round in a runoff",
        edit(TOML, "[[candidates]]", "[first_round]\nadvance = 2\n\n[[candidates]]"),
        TOML,
        None,
        "first_round",
        None,
        "no such table",
    ),
    Case(
        "more advance than stand",
        edit(
            TOML,
            'rule = "runoff"\nunit = "district"',
            'rule = "first-round"\nunit = "district"\n[first_round]\nadvance = 3',
        ),
        TOML,
        None,
        "first_round.advance",
        "3",
        "at most 2",
    ),
    Case(
        "outright share in percent",
        edit(
            TOML,
            'rule = "runoff"\nunit = "district"',
            'rule = "first-round"\nunit = "district"\n[first_round]\noutright = [{ share = 50 }]',
        ),
        TOML,
        None,
        "first_round.outright[1].share",
        "50",
        "above 0 and at most 1",
    ),
    Case(
        "one candidate",
        lambda folder: [
            change(folder, TOML, '[[candidates]]\nid = "ben"\nname = "Ben Bravo"\n', ""),
            *(change(folder, name, ",ben", "") for name in ("counts.csv", "result.csv")),
            *((folder / name).unlink() for name in ("counts.csv", "result.csv")),
        ],
        TOML,
        None,
        "candidates",
        "1",
        "two or more",
    ),
    Case("duplicate candidate", edit(TOML, '"ben"', '"ana"'), TOML, None, "candidates.id", "ana", "no other candidate"),
    Case(
        "candidate named like a column",
        edit(TOML, '"ben"', '"void"'),
        TOML,
        None,
        "candidates[2].id",
        "void",
        "name of a column",
    ),
    Case("bad colour", edit(TOML, "#c8102e", "crimson"), TOML, None, "candidates[1].color", "crimson", "'#c8102e'"),
    Case(
        "candidate without name",
        edit(TOML, 'name = "Ben Bravo"\n', ""),
        TOML,
        None,
        "candidates[2].name",
        None,
        "missing",
    ),
    Case(
        "baseline list that is not there",
        edit(TOML, 'name = "Ben Bravo"', 'name = "Ben Bravo"\nbaseline = "centre"'),
        TOML,
        None,
        "candidates.baseline",
        "centre",
        "peru_libre, right",
    ),
    Case(
        "key spelt wrong",
        edit(TOML, "unit =", 'retrospectiv = "yes"\nunit ='),
        TOML,
        None,
        "retrospectiv",
        None,
        "did you mean 'retrospective'",
        "warning",
    ),
    # units.csv
    Case("no units.csv", remove("units.csv"), "units.csv", None, None, None, "it is missing"),
    Case("units empty", put("units.csv", ""), "units.csv", None, None, None, "the file is empty"),
    Case(
        "units header only",
        put("units.csv", UNITS.splitlines()[0] + "\n"),
        "units.csv",
        None,
        None,
        None,
        "register is empty",
    ),
    Case(
        "units in Latin-1",
        put("units.csv", UNITS.replace("south,urban", "sur,búrbana").encode("latin-1")),
        "units.csv",
        4,
        None,
        "byte 0xfa",
        "UTF-8",
    ),
    Case(
        "units by semicolon",
        put("units.csv", UNITS.replace(",", ";")),
        "units.csv",
        1,
        None,
        UNITS.splitlines()[0].replace(",", ";"),
        "separated by a semicolon",
    ),
    Case(
        "no region column",
        edit("units.csv", "unit,region", "unit,zone"),
        "units.csv",
        None,
        "region",
        None,
        "it is missing",
    ),
    Case(
        "neither stations nor electorate",
        edit("units.csv", "stations,electorate", "tables,voters"),
        "units.csv",
        None,
        "stations",
        None,
        "electorate in its place",
    ),
    Case(
        "unit twice",
        edit("units.csv", "020102,south", "020101,south"),
        "units.csv",
        5,
        "unit",
        "020101",
        "stood in line 4 already",
        others=1,
    ),
    Case(
        "unit without id",
        edit("units.csv", "900001,abroad", ",abroad"),
        "units.csv",
        6,
        "unit",
        "",
        "not an empty cell",
        others=1,
    ),
    Case(
        "unit with a space",
        edit("units.csv", "020102,south", "020102 ,south"),
        "units.csv",
        5,
        "unit",
        "020102 ",
        "without spaces",
        others=1,
    ),
    Case("no stations", edit("units.csv", "rural,4,", "rural,0,"), "units.csv", 5, "stations", "0", "1 or more"),
    Case(
        "negative stations", edit("units.csv", "rural,4,", "rural,-4,"), "units.csv", 5, "stations", "-4", "0 or more"
    ),
    Case(
        "fractional stations",
        edit("units.csv", "rural,4,", "rural,4.5,"),
        "units.csv",
        5,
        "stations",
        "4.5",
        "a whole number",
    ),
    Case(
        "stations not a number",
        edit("units.csv", "rural,4,", "rural,four,"),
        "units.csv",
        5,
        "stations",
        "four",
        "a number",
    ),
    Case(
        "stations left out",
        edit("units.csv", "rural,4,", "rural,,"),
        "units.csv",
        5,
        "stations",
        "",
        "not an empty cell",
    ),
    Case(
        "electorate endless",
        edit("units.csv", "rural,4,1000", "rural,4,inf"),
        "units.csv",
        5,
        "electorate",
        "inf",
        "finite",
    ),
    Case(
        "row too short",
        edit("units.csv", ",600,400,100\n", ",600,400\n"),
        "units.csv",
        5,
        None,
        "7 cells",
        "8 cells",
    ),
    Case(
        "row too long",
        edit("units.csv", ",600,400,100\n", ",600,400,100,9\n"),
        "units.csv",
        5,
        None,
        "9 cells",
        "8 cells",
    ),
    Case(
        "one row too long for another too short",
        lambda folder: [
            change(folder, "units.csv", ",600,400,100\n", ",600,400\n"),
            change(folder, "units.csv", ",500,100,300\n", ",500,100,300,7\n"),
        ],
        "units.csv",
        6,
        None,
        "9 cells",
        "8 cells",
        others=1,
    ),
    Case(
        "column twice",
        edit("units.csv", "baseline_right", "baseline_peru_libre"),
        "units.csv",
        1,
        "baseline_peru_libre",
        "baseline_peru_libre",
        "each column once",
    ),
    Case(
        "column spelt wrong",
        edit("units.csv", "electorate", "electorat"),
        "units.csv",
        None,
        "electorat",
        None,
        "'electorate'?",
        "warning",
    ),
    Case(
        "far more votes than the stations counted have voters",
        first(counted="1", ana="700", ben="600"),
        "counts.csv",
        2,
        "counted",
        "1",
        "more stations for 1,330 ballots, since these have some 300 voters",
        "warning",
    ),
    Case(
        "an earlier election with more votes than there are voters",
        edit("units.csv", ",600,400,100", ",9600,9400,100"),
        "units.csv",
        5,
        "baseline_peru_libre",
        "9400",
        "near the electorate, 1,000",
        "warning",
    ),
    Case(
        "votes of some lists only",
        edit("units.csv", ",600,400,100", ",600,,100"),
        "units.csv",
        5,
        "baseline_peru_libre",
        "",
        "1 unit has votes of some lists only",
        "warning",
    ),
    Case(
        "places abroad under another word",
        edit("units.csv", "abroad,overseas", "abroad,Overseas"),
        "units.csv",
        6,
        "kind",
        "Overseas",
        "'overseas', if these places are abroad",
        "warning",
    ),
    Case(
        "lists above ballots",
        edit("units.csv", ",600,400,100", ",450,400,100"),
        "units.csv",
        5,
        "baseline_ballots",
        "450",
        "at least 500",
    ),
    Case(
        "two files of units",
        lambda folder: (folder / "units.csv.gz").write_bytes(gzip.compress(UNITS.encode())),
        "units.csv",
        None,
        None,
        "units.csv, units.csv.gz",
        "one file",
    ),
    # regions.csv
    Case(
        "region not in the register",
        edit("regions.csv", "abroad,Abroad,1,0", "abroad,Abroad,1,0\neast,The East,2,2"),
        "regions.csv",
        5,
        "region",
        "east",
        "a region of the units",
    ),
    Case(
        "region twice",
        edit("regions.csv", "abroad,Abroad,1,0", "abroad,Abroad,1,0\nnorth,North,2,2"),
        "regions.csv",
        5,
        "region",
        "north",
        "line 2",
    ),
    Case(
        "region left out",
        edit("regions.csv", "abroad,Abroad,1,0\n", ""),
        "regions.csv",
        None,
        "region",
        "abroad",
        "a row for this region",
        "warning",
    ),
    # counts.csv
    Case(
        "counts header only",
        put("counts.csv", COUNTS.splitlines()[0]),
        "counts.csv",
        None,
        None,
        None,
        "at least one row",
    ),
    Case("counts empty", put("counts.csv", b""), "counts.csv", None, None, None, "the file is empty"),
    Case("unknown unit", first(place="010199"), "counts.csv", 2, "place", "010199", "a unit of the register"),
    Case(
        "unit lost its zero",
        first(place="10101"),
        "counts.csv",
        2,
        "place",
        "10101",
        "'010101' with its leading zeros lost",
    ),
    Case(
        "unknown region",
        counts_row("region,north", "region,nord"),
        "counts.csv",
        7,
        "place",
        "nord",
        "a region of the register",
    ),
    Case(
        "region in another case",
        counts_row("region,north", "region,North"),
        "counts.csv",
        7,
        "place",
        "North",
        "is it 'north'?",
    ),
    Case("unknown level", first(level="district"), "counts.csv", 2, "level", "district", "unit, region or nation"),
    Case(
        "nation with a place", counts_row("nation,,", "nation,peru,"), "counts.csv", 8, "place", "peru", "an empty cell"
    ),
    Case("unit row without place", first(place=""), "counts.csv", 2, "place", "", "the id of a unit"),
    Case(
        "unknown candidate",
        lambda folder: put(
            "counts.csv",
            "".join(line + end + "\n" for line, end in zip(COUNTS.splitlines(), [",carla", *[",1"] * 7], strict=True)),
        )(folder),
        "counts.csv",
        None,
        "carla",
        None,
        "one of the candidates ana, ben",
    ),
    Case(
        "candidate left out", counts_row(",ben,", ",bob,"), "counts.csv", None, "ben", None, "it is missing", others=1
    ),
    Case(
        "more stations than exist",
        first(counted="11"),
        "counts.csv",
        2,
        "counted",
        "11",
        "at most 10 stations, what unit '010101'",
    ),
    Case(
        "more with contested than exist",
        first(counted="9", contested="2"),
        "counts.csv",
        2,
        "counted",
        "9",
        "(with contested and void 11)",
    ),
    Case("negative votes", first(ana="-400"), "counts.csv", 2, "ana", "-400", "0 or more"),
    Case("fractional votes", first(ana="400.5"), "counts.csv", 2, "ana", "400.5", "a whole number"),
    Case("votes not a number", first(ana="four hundred"), "counts.csv", 2, "ana", "four hundred", "a number"),
    Case("votes with a thousands sign", first(ana='"4,00"'), "counts.csv", 2, "ana", "4,00", "a number"),
    Case("votes with an underscore", first(ana="4_00"), "counts.csv", 2, "ana", "4_00", "a number"),
    Case("votes endless", first(ana="inf"), "counts.csv", 2, "ana", "inf", "a finite number"),
    Case("votes NaN", first(ana="NaN"), "counts.csv", 2, "ana", "NaN", "a number"),
    Case("votes left out", first(ana=""), "counts.csv", 2, "ana", "", "not an empty cell"),
    Case("stations left out of a count", first(counted=""), "counts.csv", 2, "counted", "", "not an empty cell"),
    Case(
        "votes without a station",
        first(counted="0"),
        "counts.csv",
        2,
        "counted",
        "0",
        "above 0, since the row has 900 votes",
    ),
    Case(
        "more votes than voters",
        first(ana="3000"),
        "counts.csv",
        2,
        "ana",
        "3,530 together",
        "electorate of unit '010101', 3,000",
    ),
    Case(
        "a few more votes than voters",
        first(ana="2600"),
        "counts.csv",
        2,
        "ana",
        "3,130 together",
        "electorate of unit '010101', 3,000",
        "warning",
    ),
    Case(
        "row twice",
        counts_row(FIRST, FIRST + "\n" + FIRST),
        "counts.csv",
        3,
        "place",
        "010101",
        "stood in line 2 already",
    ),
    Case(
        "units above their region",
        counts_row("region,north,14,0,1,1570", "region,north,14,0,1,1500"),
        "counts.csv",
        7,
        "ana",
        "1,500",
        "at least 1,570 votes, the sum of the unit rows of the same time below region 'north'",
    ),
    Case(
        "places above the nation",
        counts_row("nation,,36,2,1,3500", "nation,,36,2,1,3000"),
        "counts.csv",
        8,
        "ana",
        "3,000",
        "at least 3,270 votes, the sum of the finer rows of the same time below the nation",
    ),
    Case(
        "stations above the nation",
        counts_row("nation,,36,", "nation,,31,"),
        "counts.csv",
        8,
        "counted",
        "31",
        "at least 32",
    ),
    Case(
        "more votes in no more stations",
        counts_row("nation,,36,", "nation,,32,"),
        "counts.csv",
        8,
        "counted",
        "32",
        "more stations than the 32 of the finer rows of the same time below the nation, since it has 530 more votes",
    ),
    Case(
        "more stations than the places without a row have",
        lambda folder: [
            change(folder, "counts.csv", "020101,18,2,0,1700,2200", "020101,10,2,0,1000,1200"),
            change(folder, "counts.csv", "nation,,36,", "nation,,42,"),
        ],
        "counts.csv",
        8,
        "counted",
        "42",
        "at most 10 stations more than the 24 of the finer rows of the same time below the nation",
    ),
    Case(
        "more votes than the places without a row have voters",
        counts_row("nation,,36,2,1,3500", "nation,,36,2,1,6500"),
        "counts.csv",
        8,
        "ana",
        "3,530 votes beyond",
        "than the 2,800 registered voters of the places without such a row",
    ),
    Case(
        "time without offset",
        first(time="2021-06-06T20:00:00"),
        "counts.csv",
        2,
        "time",
        "2021-06-06T20:00:00",
        "offset from UTC",
    ),
    Case(
        "time before the day",
        first(time="2021-06-06T04:59:00Z"),
        "counts.csv",
        2,
        "time",
        "2021-06-06T04:59:00Z",
        "on or after the election day, 2021-06-06 in America/Lima",
    ),
    Case(
        "time unreadable",
        first(time="eight in the evening"),
        "counts.csv",
        2,
        "time",
        "eight in the evening",
        "ISO 8601",
    ),
    Case("time left out", first(time=""), "counts.csv", 2, "time", "", "not an empty cell"),
    Case("no level column", counts_row("level,", "tier,"), "counts.csv", None, "level", None, "missing", others=1),
    Case("no place column", counts_row("place,", "spot,"), "counts.csv", None, "place", None, "missing", others=1),
    Case("no time column", counts_row("time,", "when,"), "counts.csv", None, "time", None, "it is missing", others=1),
    Case(
        "no stations column",
        counts_row(",counted,", ",stations,"),
        "counts.csv",
        None,
        "counted",
        None,
        "counted_share in its place",
        others=1,
    ),
    Case(
        "share in percent",
        put(
            "counts.csv",
            "time,level,place,counted_share,ana,ben\n2021-06-06T20:00:00-05:00,unit,010101,40,400,500\n",
        ),
        "counts.csv",
        2,
        "counted_share",
        "40",
        "not percent",
    ),
    Case(
        "counts cut off",
        lambda folder: [
            (folder / "counts.csv").unlink(),
            put("counts.csv.gz", gzip.compress(COUNTS.encode())[:60])(folder),
        ],
        "counts.csv.gz",
        None,
        None,
        None,
        "gzip",
    ),
    Case(
        "counts not gzip",
        lambda folder: [(folder / "counts.csv").unlink(), put("counts.csv.gz", COUNTS)(folder)],
        "counts.csv.gz",
        None,
        None,
        None,
        "gzip",
    ),
    Case("counts not parquet", rename("counts.csv", "counts.parquet"), "counts.parquet", None, None, None, "parquet"),
    Case(
        "counts not text",
        put("counts.csv", COUNTS.replace("010101", "01\x00101")),
        "counts.csv",
        2,
        None,
        "\\0",
        "text",
    ),
    Case("quote not closed", first(place='"010101'), "counts.csv", 2, None, None, "well-formed csv row"),
    # result.csv
    Case(
        "result for an unknown unit",
        edit("result.csv", "unit,020102", "unit,020109"),
        "result.csv",
        5,
        "place",
        "020109",
        "a unit of the register",
    ),
    Case(
        "result above the electorate",
        edit("result.csv", "nation,,4011", "nation,,40110"),
        "result.csv",
        7,
        "ana",
        "44,824 together",
        "electorate of the nation, 13,200",
        others=1,
    ),
    Case(
        "nation far from the sum of the result",
        edit("result.csv", "nation,,4011", "nation,,4111"),
        "result.csv",
        7,
        "ana",
        "4111",
        "about 4,010, the sum of the unit rows",
        "warning",
    ),
    Case(
        "result header only",
        put("result.csv", "level,place,ana,ben\n"),
        "result.csv",
        None,
        None,
        None,
        "at least one row",
    ),
    Case(
        "result twice",
        edit("result.csv", "nation,", "nation,,4011,4480,76,158\nnation,"),
        "result.csv",
        8,
        "place",
        "",
        "one row for each place",
    ),
]
