"""The rules for the register: units.csv and regions.csv, every place at which votes can be counted."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .problem import Problem
from .table import Table, figure, is_blank, labels, missing_columns, numbers, repeated, repeated_columns, texts

NOMINAL_ELECTORATE = 300
"""Voters that make one nominal station where a register has no stations; about what a polling station in Peru has."""
BASELINE = "baseline_"
BALLOTS = "baseline_ballots"
GROWN = 2.0
"""Times today's electorate: an earlier election with more valid votes than this is warned of."""
THIN, LARGE = 0.1, 0.002
"""A unit with more than the second share of all stations and less than the first of the votes that are usual for so
many in the earlier election is warned of: its baseline may be of a part of it alone."""
HUNDRED, VOTERS = 2.0, 1000
"""How near to 100 the lists of every unit sum if they are percentages, and the voters of a typical unit from which they
cannot be votes."""
SAME_NUMBERS = 3
"""Numbers above 0 that are all sums of other rows' before a row is taken for one of totals."""
SUMMED = 3
"""Rows at least that they are the sums of: of fewer round numbers one may well be."""
KNOWN = ("unit", "region", "stations", "area", "kind", "name", "electorate", BALLOTS)
OVERSEAS = "overseas"
ABROAD = ("abroad", "exterior", "extranjero", "foreign", "diaspora", "expatriate", "consulate", "consular", OVERSEAS)
"""What registers call places abroad, among others."""
UNIT_COLUMNS = ("region", "area", "kind", "name", "stations", "electorate", "baseline_ballots")
REGION_COLUMNS = ("name", "tile_row", "tile_column")


@dataclass(frozen=True, eq=False)
class Register:
    """Units, baseline and regions as an `Election` holds them, as far as they could be read."""

    units: pd.DataFrame
    baseline: pd.DataFrame
    regions: pd.DataFrame
    nominal_stations: bool
    is_whole: bool = True
    """Whether every unit could be read."""


def read_register(units: Table, regions: Table | None, *, is_whole: bool = True) -> tuple[Register, list[Problem]]:
    """The register and all that is wrong with it; with an error among that it serves only to check counts further.

    `is_whole` says whether the table has all rows of its file.
    """
    is_whole = is_whole and units.has("unit") and len(units.frame) > 0
    found = [
        *repeated_columns(units),
        *missing_columns(units, ("unit", "region")),
        *_no_size(units),
        *_unknown_columns(units),
    ]
    if len(units.frame) == 0:
        found.append(
            Problem(units.file, None, None, None, "at least one reporting unit below the header; the register is empty")
        )
    table, nominal, problems = _units(units)
    found += problems
    baseline, problems = _baseline(units, table)
    found += [*problems, *_baseline_sums(units, table, baseline), *_baseline_gaps(units, baseline)]
    baseline = baseline.mask(baseline.isna().any(axis=1))
    found += [*_thin_baselines(units, table, baseline), *_percentages(units, table, baseline)]
    found += _totals(units, table, baseline)
    tiles, problems = _regions(regions, table, is_whole=is_whole)
    return Register(table, baseline, tiles, nominal, is_whole), [*found, *problems]


def unread_register(regions: Table | None) -> tuple[Register, list[Problem]]:
    """A register of which no unit could be read, and what is wrong with its regions."""
    table = pd.DataFrame(columns=list(UNIT_COLUMNS), index=pd.Index([], name="unit", dtype=str))
    tiles, problems = _regions(regions, table, is_whole=False)
    return Register(table, table[[]], tiles, nominal_stations=False, is_whole=False), problems


def shape_problems(register: Register) -> list[Problem]:
    """What keeps frames from being those of an `Election`: columns, index, sizes."""
    units, baseline, regions = register.units, register.baseline, register.regions
    sound = [
        ("units", list(units.columns) == list(UNIT_COLUMNS), "the columns " + ", ".join(UNIT_COLUMNS)),
        ("units", len(units) > 0 and units.index.is_unique, "one row for each unit, at least one"),
        ("baseline", baseline.index.equals(units.index), "the index of units"),
        ("regions", list(regions.columns) == list(REGION_COLUMNS), "the columns " + ", ".join(REGION_COLUMNS)),
        ("regions", regions.index.is_unique, "one row for each region"),
    ]
    found = [Problem(file, None, None, None, expected) for file, is_so, expected in sound if not is_so]
    if not found and not (units["stations"] > 0).all():
        found.append(Problem("units", None, "stations", None, "a number above 0 for every unit"))
    if not found and set(regions.index) != set(units["region"].unique()):
        found.append(Problem("regions", None, "region", None, "exactly the regions of the units"))
    return found


def _no_size(units: Table) -> Iterator[Problem]:
    if not units.has("stations") and not units.has("electorate"):
        yield Problem(units.file, None, "stations", None, "this column, or electorate in its place; both are missing")


def _unknown_columns(units: Table) -> Iterator[Problem]:
    """Warnings for columns that look like a known one spelt wrong; other extra columns are the user's own business."""
    for column in map(str, units.frame.columns):
        if column in KNOWN or (column.startswith(BASELINE) and column != BASELINE):
            continue
        near = difflib.get_close_matches(column.strip().lower(), [*KNOWN, BASELINE], n=1, cutoff=0.8)
        if near:
            expected = "'" + near[0] + "'" if near[0] != BASELINE else "a column such as 'baseline_<list>'"
            yield Problem(
                units.file, None, column, None, expected + "? This column is not known and is passed over", "warning"
            )


def _kinds(units: Table, kind: pd.Series) -> Iterator[Problem]:
    """Warnings for words that look like places abroad, of which only one is taken for them, and for words that differ
    from an earlier one in capital letters alone."""
    known: dict[str, str] = {}
    for position, word in kind.drop_duplicates().items():
        row, folded = int(units.rows[position]), word.strip().lower()
        if word != OVERSEAS and difflib.get_close_matches(folded, ABROAD, n=1, cutoff=0.8):
            expected = f"'{OVERSEAS}', if these places are abroad; as it stands they are a class like any other"
            yield Problem(units.file, row, "kind", word, expected, "warning")
        first = known.setdefault(folded, word)
        if first != word:
            expected = f"'{first}', as in other rows, if the same kind is meant; these two are taken for different ones"
            yield Problem(units.file, row, "kind", word, expected, "warning")


def _units(units: Table) -> tuple[pd.DataFrame, bool, list[Problem]]:
    found: list[Problem] = []
    columns: dict[str, pd.Series] = {}
    for column in ("unit", "region", "area", "kind"):
        columns[column], problems = texts(units, column, required=column in ("unit", "region"))
        found += problems
    found += _kinds(units, columns["kind"])
    columns["name"] = labels(units, "name")
    if units.has("unit"):
        named = columns["unit"] != ""
        found += repeated(
            units,
            columns["unit"].where(named, pd.Series(np.arange(len(named))).astype(str) + " "),
            "unit",
            "an id of its own",
        )
    sizes, nominal, problems = _sizes(units)
    area = columns["area"].where(columns["area"] != "", columns["region"])
    table = pd.DataFrame(
        {
            "region": columns["region"],
            "area": area,
            "kind": columns["kind"].where(columns["kind"] != "", "unknown"),
            "name": columns["name"].where(columns["name"] != "", columns["unit"]),
            **sizes,
        }
    )
    table.index = pd.Index(columns["unit"], name="unit")
    return table, nominal, found + problems


def _sizes(units: Table) -> tuple[dict[str, np.ndarray], bool, list[Problem]]:
    nominal = units.has("electorate") and not units.has("stations")
    sizes: dict[str, np.ndarray] = {}
    found: list[Problem] = []
    for column in ("stations", "electorate", BALLOTS):
        sizes[column] = np.full(len(units.frame), np.nan)
        if units.has(column):
            sizes[column], problems = numbers(units, column, required=column == "electorate" and nominal)
            found += problems
    if units.has("stations"):
        expected = "a number, not an empty cell"
        if units.has("electorate"):
            expected += "; where some units have none, leave the whole column out, and the electorate stands in for it"
        found += units.problems(is_blank(units.frame["stations"]), "stations", expected)
        found += units.problems(sizes["stations"] == 0, "stations", "1 or more")
        over = (sizes["stations"] > sizes["electorate"]) & (sizes["electorate"] > 0)
        texts = [f"no more stations than registered voters, {figure(voters)}" for voters in sizes["electorate"][over]]
        found += units.problems(over, "stations", texts, "warning")
    elif nominal:
        found += units.problems(sizes["electorate"] == 0, "electorate", "1 or more, since it stands in for stations")
        sizes["stations"] = sizes["electorate"] / NOMINAL_ELECTORATE
    return sizes, nominal, found


def _baseline(units: Table, table: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    lists: dict[str, np.ndarray] = {}
    found: list[Problem] = []
    for column in units.frame.columns:
        if str(column).startswith(BASELINE) and column not in (BALLOTS, BASELINE):
            lists[str(column).removeprefix(BASELINE)], problems = numbers(units, column, required=False)
            found += problems
    return pd.DataFrame(lists, index=table.index, dtype=float), found


def _baseline_gaps(units: Table, baseline: pd.DataFrame) -> Iterator[Problem]:
    """Units with votes of some lists alone: what they tell is left out, so one warning of all."""
    if not baseline.shape[1]:
        return
    empty = np.column_stack([is_blank(units.frame[BASELINE + name]) for name in baseline.columns])
    partly = np.flatnonzero(empty.any(axis=1) & ~empty.all(axis=1))
    if len(partly):
        column = BASELINE + baseline.columns[int(empty[partly[0]].argmax())]
        many = (
            f"{len(partly)} {'units have' if len(partly) > 1 else 'unit has'} votes of some lists only, this the first"
        )
        expected = f"votes of every list (0 where nobody chose it), or of none; {many}, and count as without a baseline"
        yield Problem(units.file, int(units.rows[partly[0]]), column, "", expected, "warning")


def _thin_baselines(units: Table, table: pd.DataFrame, baseline: pd.DataFrame) -> Iterator[Problem]:
    """Large units with hardly a vote in the earlier election."""
    votes, stations = baseline.sum(axis=1, min_count=1).to_numpy(), table["stations"].to_numpy()
    known = ~np.isnan(votes + stations)
    if not known.any() or not votes[known].any():
        return
    usual = stations * votes[known].sum() / stations[known].sum()
    thin = known & (votes < THIN * usual) & (stations > LARGE * np.nansum(stations))
    texts = [
        f"about {figure(round(number))} votes of all lists, as usual for {figure(size)} stations; "
        f"with {figure(given)} the baseline may be of a part of the unit alone"
        for number, size, given in zip(usual[thin], stations[thin], votes[thin], strict=True)
    ]
    yield from units.problems(thin, BASELINE + str(next(iter(baseline.columns), "")), texts, "warning")


def _percentages(units: Table, table: pd.DataFrame, baseline: pd.DataFrame) -> Iterator[Problem]:
    """Lists that sum to 100 in every unit of many voters."""
    sums = baseline.sum(axis=1, min_count=1).to_numpy()
    voters = table["electorate"].fillna(table["stations"] * NOMINAL_ELECTORATE).to_numpy()
    known = ~np.isnan(sums) & (sums > 0)
    if known.sum() < 2 or np.abs(sums[known] - 100.0).max() > HUNDRED or np.median(voters[known]) < VOTERS:
        return
    row = int(units.rows[np.flatnonzero(known)[0]])
    expected = "votes, not percentages: the lists sum to 100 in every unit, whatever its size"
    yield Problem(units.file, row, BASELINE + baseline.columns[0], None, expected, "warning")


def _totals(units: Table, table: pd.DataFrame, baseline: pd.DataFrame) -> Iterator[Problem]:
    """Rows that are the sums of the others of their region, or of all others, number by number: those would be counted
    twice."""
    numbers = table[["stations", "electorate", BALLOTS]].join(baseline).dropna(axis=1, how="all").fillna(0.0)
    if numbers.shape[1] < SAME_NUMBERS or len(numbers) <= SUMMED or table.index.duplicated().any():
        return
    by_region = numbers.groupby(table["region"].to_numpy())
    all_others, of_region = numbers.sum() - numbers, by_region.transform("sum") - numbers
    size = table.groupby("region")["region"].transform("size").to_numpy()
    filled = (numbers > 0).sum(axis=1) >= SAME_NUMBERS
    # beside totals of all regions the others have each vote twice
    whole = ((all_others == numbers).all(axis=1) | (all_others == 2.0 * numbers).all(axis=1)) & filled
    part = (of_region == numbers).all(axis=1) & filled & (size > SUMMED) & ~whole
    for rows, what in ((whole, "of all other units"), (part, "of the other units of its region")):
        expected = f"a unit, not a row of totals: its numbers are the sums of those {what}"
        yield from units.problems(rows.to_numpy(), "unit", expected, "warning")


def _baseline_sums(units: Table, table: pd.DataFrame, baseline: pd.DataFrame) -> Iterator[Problem]:
    if baseline.shape[1] == 0:
        return
    votes, electorate = baseline.sum(axis=1).to_numpy(), table["electorate"].to_numpy()
    over = votes > GROWN * electorate
    texts = [
        f"votes of all lists near the electorate, {figure(voters)}, not above it by far" for voters in electorate[over]
    ]
    yield from units.problems(over, BASELINE + baseline.columns[0], texts, "warning")
    if not units.has(BALLOTS):
        return
    valid, ballots = baseline.sum(axis=1).to_numpy(), table[BALLOTS].to_numpy()
    over = valid > ballots
    texts = ["at least " + format(int(sum_), ",") + ", the valid votes of the baseline lists" for sum_ in valid[over]]
    yield from units.problems(over, BALLOTS, texts)


def _regions(regions: Table | None, table: pd.DataFrame, *, is_whole: bool) -> tuple[pd.DataFrame, list[Problem]]:
    index = pd.Index(
        [name for name in table["region"].unique() if name != ""], name="region", dtype=table["region"].dtype
    )
    tiles = pd.DataFrame({"name": index, "tile_row": np.nan, "tile_column": np.nan}, index=index)
    if regions is None:
        return tiles, []
    found = [*repeated_columns(regions), *missing_columns(regions, ("region",))]
    if len(regions.frame) == 0:
        found.append(Problem(regions.file, None, None, None, "at least one row; without any leave the table out"))
    if found:
        return tiles, found
    ids, found = texts(regions, "region")
    found += repeated(regions, ids, "region", "an id of its own")
    if is_whole and len(index):
        found += regions.problems(~ids.isin(["", *index]).to_numpy(), "region", "a region of the units in the register")
    given = pd.DataFrame({"region": ids})
    for column in ("tile_row", "tile_column"):
        if regions.has(column):
            given[column], problems = numbers(regions, column, required=False)
            found += problems
    found += _one_on_another(regions, given)
    if regions.has("name"):
        given["name"] = labels(regions, "name")
        given["name"] = given["name"].where(given["name"] != "", given["region"])
    known = given[given["region"].isin(index)].drop_duplicates("region").set_index("region")
    lacking = index.difference(known.index, sort=False) if is_whole else []
    found += [
        Problem(regions.file, None, "region", name, "a row for this region of the register", "warning")
        for name in lacking
    ]
    tiles.update(known)
    return tiles, found


def _one_on_another(regions: Table, given: pd.DataFrame) -> list[Problem]:
    """Regions on the same tile of the map, of which only one would be seen."""
    columns = ["tile_row", "tile_column"]
    if not all(column in given for column in columns):
        return []
    again = given[columns].notna().all(axis=1) & given.duplicated(columns)
    return list(regions.problems(again.to_numpy(), "tile_row", "a tile of its own on the map", "warning"))
