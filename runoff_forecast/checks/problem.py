"""What is wrong with an input: one `Problem` a fault, and the errors that carry all of them at once."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

AT_MOST_EACH = 20
"""More problems of one sort than this are shown as the first few and a number."""
SHOWN_OF_MANY = 5
WITH_LINES = (".csv", ".csv.gz", ".toml", ".txt", ".txt.gz")
"""Files whose rows are lines in an editor."""


@dataclass(frozen=True)
class Problem:
    """One fault: where it stands, what stands there and what was expected.

    `row` is the line an editor shows (the header is line 1); in a data frame or parquet file, its position from 0.
    """

    file: str
    row: int | None
    column: str | None
    value: str | None
    expected: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        where = [self.file]
        if self.row is not None:
            where.append(("line " if self.file.endswith(WITH_LINES) else "row ") + str(self.row))
        if self.column is not None:
            where.append("column '" + self.column + "'" if not self.file.endswith(".toml") else "'" + self.column + "'")
        found = "" if self.value is None else "found " + repr(self.value) + ", "
        return ", ".join(where) + ": " + found + "expected " + self.expected


class InvalidInput(ValueError):
    """An election or a count that cannot be used as it is; `problems` holds all that was found."""

    def __init__(self, problems: Sequence[Problem]):
        super().__init__(tuple(problems))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem found, warnings included; at least one is an error."""
        return self.args[0]

    def __str__(self) -> str:
        return listing(self.problems)


class InvalidElection(InvalidInput):
    """What is fixed before counting (election.toml, units.csv, regions.csv) is at fault."""


class InvalidCount(InvalidInput):
    """The counted votes (counts.csv) or the final result (result.csv) are at fault."""


def is_error(problem: Problem) -> bool:
    return problem.severity == "error"


def settled(problems: Iterable[Problem], kind: type[InvalidInput]) -> tuple[Problem, ...]:
    """The warnings among the problems; raises `kind` with all of them when one is an error."""
    problems = tuple(problems)
    if any(map(is_error, problems)):
        raise kind(problems)
    return problems


def listing(problems: Sequence[Problem]) -> str:
    """All problems as text, errors first; where many are of one sort, the first few and how many there are."""
    errors = [problem for problem in problems if problem.severity == "error"]
    warnings = [problem for problem in problems if problem.severity == "warning"]
    parts = [_titled(group, word) for group, word in ((errors, "error"), (warnings, "warning")) if group]
    return "\n".join(parts)


def _titled(problems: Sequence[Problem], word: str) -> str:
    title = str(len(problems)) + " " + word + ("s" if len(problems) > 1 else "")
    return title + ":\n" + "\n".join("  " + line for line in _lines(problems))


def _lines(problems: Sequence[Problem]) -> list[str]:
    sorts: dict[tuple, list[Problem]] = {}
    for problem in problems:
        sorts.setdefault(_sort(problem), []).append(problem)
    lines = []
    for alike in sorts.values():
        many = len(alike) > AT_MOST_EACH
        lines += [str(problem) for problem in (alike[:SHOWN_OF_MANY] if many else alike)]
        if many:
            lines.append("... " + str(len(alike)) + " such rows in " + alike[0].file)
    return lines


def _sort(problem: Problem) -> tuple:
    # Texts that differ only in the names and numbers they quote are one sort of problem.
    pattern = re.sub(r"'[^']*'|\d[\d,.]*", "#", problem.expected)
    return problem.file, problem.column, pattern
