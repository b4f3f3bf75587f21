"""Where counts come from while they grow: each look at a feed gives the counts that are there now."""

import time
from pathlib import Path
from typing import Protocol

from runoff_forecast.checks.problem import InvalidCount
from runoff_forecast.count import Counts
from runoff_forecast.election import Election

from .files import find_table
from .folder import read_counts

AT_REST = 2.0
"""Seconds after which a file that does not end with its last line is no longer being written."""


class BrokenDownload(ValueError):
    """What came is not what was asked for; `retry_after` (seconds) is what the server says, if it says."""

    def __init__(self, what: str, retry_after: float | None = None):
        super().__init__(what)
        self.retry_after = retry_after


class Feed(Protocol):
    """Something that knows more and more of a count."""

    election: Election
    cumulative: bool
    """Whether each look gives the whole night so far, so that rows that are gone mean that something broke."""

    def look(self) -> Counts | None:
        """The counts that are there now, None where nothing changed since the last look.

        Raises `BrokenDownload`, `InvalidCount`, or `InvalidElection` where it is not of this election.
        """
        ...


class CountsFile:
    """The counts file of an election's folder, which somebody else writes to."""

    cumulative = True

    def __init__(self, folder: Path, election: Election):
        self.folder, self.election = folder, election
        self._seen: tuple[str, int, int] | None = None

    def look(self) -> Counts | None:
        """The file's counts, None while it is absent, unchanged or being written."""
        path, problems = find_table(self.folder, "counts")
        if problems:
            raise InvalidCount(problems)
        if path is None:
            return None
        state = path.stat()
        seen = (path.name, state.st_mtime_ns, state.st_size)
        if seen == self._seen or (_is_cut(path) and time.time() - state.st_mtime < AT_REST):
            return None
        self._seen = seen  # a file that is broken is looked at again once it changes
        return read_counts(path, self.election)


def _is_cut(path: Path) -> bool:
    """Whether a plain csv file lacks the end of its last line."""
    if path.suffix != ".csv":
        return False
    with path.open("rb") as stream:
        stream.seek(0, 2)
        if stream.tell() == 0:
            return True
        stream.seek(-1, 2)
        return stream.read(1) != b"\n"
