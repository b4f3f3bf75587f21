"""The rules for election.toml: what is being decided, by whom, where the figures are from."""

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from .ballot import FIRST_YEAR, LAST_YEAR
from .problem import Problem

RULES = ("runoff", "first-round")
RESERVED = frozenset(
    [
        "time",
        "level",
        "place",
        "counted",
        "counted_share",
        "contested",
        "void",
        "blank",
        "null",
        "as_of",
        "remainder",
        "group",
        "start",
        "stop",
        "unit",
        "region",
        "nation",
        "name",
        "counted_share_known",
        "margin",
        "margin_q05",
        "margin_q95",
        "outstanding",
        "stations",
        "votes",
        "votes_q05",
        "votes_q95",
        "net",
    ]
)
"""Column names of the tables that candidates' votes stand in."""
KEYS = {
    "": [
        "id",
        "title",
        "date",
        "timezone",
        "rule",
        "unit",
        "first_round",
        "candidates",
        "sources",
        "preliminary",
        "retrospective",
    ],
    "candidates": ["id", "name", "list", "color", "baseline", "pooled"],
    "first_round": ["advance", "outright"],
    "outright": ["share", "lead"],
    "sources": ["title", "publisher", "licence", "retrieved", "url"],
}
COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def header_problems(header: Mapping, file: str) -> list[Problem]:
    """Everything wrong with the content of election.toml, given as a mapping of the same keys."""
    rules: Sequence[Callable[[Mapping, str], Iterator[Problem]]] = (
        _unknown_keys,
        _texts,
        _date,
        _timezone,
        _rule,
        _first_round,
        _candidates,
        _sources,
    )
    return [problem for rule in rules for problem in rule(header, file)]


def known_timezone(header: Mapping) -> str | None:
    """The timezone of the header if there is such a one."""
    name = header.get("timezone")
    return name if isinstance(name, str) and _is_timezone(name) else None


def known_date(header: Mapping) -> date | None:
    """The election day of the header if it is a date."""
    day = header.get("date")
    if not isinstance(day, date) or isinstance(day, datetime):
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def candidate_ids(header: Mapping) -> tuple[str, ...] | None:
    """The candidates' ids as far as they can be told; None where any is in doubt."""
    listed = header.get("candidates")
    if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
        return None
    ids = [entry.get("id") if isinstance(entry, Mapping) else None for entry in listed]
    sound = all(isinstance(name, str) and name and name not in RESERVED for name in ids) and len(set(ids)) == len(ids)
    return tuple(ids) if sound else None


def _problem(file: str, key: str, value: object, expected: str, *, warn: bool = False) -> Problem:
    shown = None if value is None else str(value)
    return Problem(file, None, key, shown, expected, "warning" if warn else "error")


def _unknown_keys(header: Mapping, file: str) -> Iterator[Problem]:
    # Otherwise a misspelt key would be passed over in silence: `advanced = 3` would leave two to advance.
    for key in header:
        if key not in KEYS[""]:
            yield _problem(
                file, str(key), None, "one of the keys " + ", ".join(KEYS[""]) + _nearest(str(key), KEYS[""]), warn=True
            )


def _unknown_in(entry: Mapping, kind: str, where: str, file: str) -> Iterator[Problem]:
    for key in entry:
        if key not in KEYS[kind]:
            expected = "one of the keys " + ", ".join(KEYS[kind]) + _nearest(str(key), KEYS[kind])
            yield _problem(file, where + "." + str(key), None, expected, warn=True)


def _nearest(word: str, words: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(words), n=1)
    return " (did you mean '" + near[0] + "'?)" if near else ""


def _text(entry: Mapping, key: str, file: str, where: str = "", *, required: bool = True) -> Iterator[Problem]:
    value = entry.get(key)
    if value is None:
        if required:
            yield _problem(file, where + key, None, "this key; it is missing")
    elif not isinstance(value, str) or not value.strip() or value != value.strip():
        yield _problem(file, where + key, value, "a text, not empty, without spaces around it")


def _texts(header: Mapping, file: str) -> Iterator[Problem]:
    for key in ("id", "title", "unit"):
        yield from _text(header, key, file)
    yield from _text(header, "retrospective", file, required=False)
    if not isinstance(header.get("preliminary", False), bool):
        yield _problem(file, "preliminary", header["preliminary"], "true or false")


def _date(header: Mapping, file: str) -> Iterator[Problem]:
    if header.get("date") is None:
        yield _problem(file, "date", None, "this key; it is missing")
    elif known_date(header) is None:
        expected = "a date without quotes or time of day, such as 2021-06-06, "
        expected += "of the years " + str(FIRST_YEAR) + " to " + str(LAST_YEAR)
        yield _problem(file, "date", header["date"], expected)


def _timezone(header: Mapping, file: str) -> Iterator[Problem]:
    missing = list(_text(header, "timezone", file))
    yield from missing
    if not missing and known_timezone(header) is None:
        yield _problem(file, "timezone", header["timezone"], "a name of the IANA timezone list, such as 'America/Lima'")


def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _rule(header: Mapping, file: str) -> Iterator[Problem]:
    rule = header.get("rule")
    if rule is None:
        yield _problem(file, "rule", None, "this key; it is missing: " + _either(RULES))
    elif rule not in RULES:
        yield _problem(file, "rule", rule, _either(RULES))
    elif rule == "runoff" and header.get("first_round") is not None:
        yield _problem(file, "first_round", None, "no such table, since the rule is 'runoff'")


def _either(words: Iterable[str]) -> str:
    return " or ".join("'" + word + "'" for word in words)


def _first_round(header: Mapping, file: str) -> Iterator[Problem]:
    entry = header.get("first_round")
    if entry is None:
        return
    if not isinstance(entry, Mapping):
        yield _problem(file, "first_round", entry, "a table with the keys advance and outright")
        return
    yield from _unknown_in(entry, "first_round", "first_round", file)
    listed = header.get("candidates")
    candidates = _standing(listed) if isinstance(listed, Sequence) else 0
    advance = entry.get("advance", 2)
    if not isinstance(advance, int) or isinstance(advance, bool) or not advance >= 1:
        yield _problem(file, "first_round.advance", advance, "a whole number of candidates, 1 or more")
    elif candidates and advance > candidates:
        yield _problem(
            file, "first_round.advance", advance, "at most " + str(candidates) + ", the number of candidates"
        )
    yield from _outright(entry.get("outright", []), file)


def _outright(listed: object, file: str) -> Iterator[Problem]:
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        yield _problem(file, "first_round.outright", listed, "a list such as [{ share = 0.5 }]")
        return
    for number, rule in enumerate(listed, start=1):
        where = "first_round.outright[" + str(number) + "]"
        if not isinstance(rule, Mapping):
            yield _problem(file, where, rule, "a table such as { share = 0.4, lead = 0.1 }")
            continue
        yield from _unknown_in(rule, "outright", where, file)
        if not _is_number(rule.get("share")) or not 0 < rule["share"] <= 1:
            yield _problem(
                file, where + ".share", rule.get("share"), "a share of the valid votes, above 0 and at most 1"
            )
        if not _is_number(rule.get("lead", 0.0)) or not 0 <= rule.get("lead", 0.0) < 1:
            yield _problem(
                file, where + ".lead", rule["lead"], "a lead as a share of the valid votes, from 0 to below 1"
            )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _candidates(header: Mapping, file: str) -> Iterator[Problem]:
    listed = header.get("candidates")
    if listed is None:
        yield _problem(file, "candidates", None, "two or more [[candidates]]; there are none")
        return
    if (
        not isinstance(listed, Sequence)
        or isinstance(listed, str)
        or not all(isinstance(one, Mapping) for one in listed)
    ):
        yield _problem(file, "candidates", listed, "two or more tables headed [[candidates]]")
        return
    standing = _standing(listed)
    if standing < 2:
        yield _problem(file, "candidates", standing, "two or more" + " who are not pooled" * (standing < len(listed)))
    for number, entry in enumerate(listed, start=1):
        yield from _candidate(entry, "candidates[" + str(number) + "]", file)
    ids = Counter(str(entry["id"]) for entry in listed if entry.get("id") is not None)
    for name in (name for name, times in ids.items() if times > 1):
        yield _problem(file, "candidates.id", name, "an id that no other candidate has")
    names = Counter(entry["name"] for entry in listed if isinstance(entry.get("name"), str))
    for name in (name for name, times in names.items() if times > 1):
        yield _problem(file, "candidates.name", name, "a name that tells a candidate from the others", warn=True)


def _standing(listed: Sequence) -> int:
    """How many of the candidates are one list, not several taken together."""
    return sum(not (isinstance(one, Mapping) and one.get("pooled") is True) for one in listed)


def _candidate(entry: Mapping, where: str, file: str) -> Iterator[Problem]:
    yield from _unknown_in(entry, "candidates", where, file)
    yield from _text(entry, "id", file, where + ".")
    yield from _text(entry, "name", file, where + ".")
    yield from _text(entry, "list", file, where + ".", required=False)
    yield from _text(entry, "baseline", file, where + ".", required=False)
    if isinstance(entry.get("id"), str) and entry["id"] in RESERVED:
        yield _problem(
            file,
            where + ".id",
            entry["id"],
            "another id: this one is the name of a column in the tables of counts and forecasts",
        )
    color = entry.get("color")
    if color is not None and not (isinstance(color, str) and COLOR.fullmatch(color)):
        yield _problem(file, where + ".color", color, "a colour such as '#c8102e'")
    if not isinstance(entry.get("pooled", False), bool):
        yield _problem(file, where + ".pooled", entry["pooled"], "true or false")


def _sources(header: Mapping, file: str) -> Iterator[Problem]:
    listed = header.get("sources", [])
    if (
        not isinstance(listed, Sequence)
        or isinstance(listed, str)
        or not all(isinstance(one, Mapping) for one in listed)
    ):
        yield _problem(file, "sources", listed, "tables headed [[sources]]")
        return
    for number, entry in enumerate(listed, start=1):
        where = "sources[" + str(number) + "]"
        yield from _unknown_in(entry, "sources", where, file)
        for key in ("title", "publisher"):
            yield from _text(entry, key, file, where + ".")
        for key in ("licence", "url"):
            yield from _text(entry, key, file, where + ".", required=False)
        retrieved = entry.get("retrieved")
        if retrieved is not None and (not isinstance(retrieved, date) or isinstance(retrieved, datetime)):
            yield _problem(file, where + ".retrieved", retrieved, "a date without quotes, such as 2021-06-18")
