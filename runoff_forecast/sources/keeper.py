"""Snapshots kept for good while a count is followed: a file each, only ever added, whole or not there at all."""

import os
from pathlib import Path

import pandas as pd

from runoff_forecast.checks.problem import InvalidCount, Problem, settled
from runoff_forecast.count import Counts
from runoff_forecast.election import Election

from .files import read_table
from .writing import counts_table

UNFINISHED = ".unfinished-"
KEY = ["time", "level", "place"]


class Keeper:
    """A folder of snapshots. A file that has its name is complete and on the disk; what a kill leaves has another."""

    def __init__(self, folder: Path):
        self.folder = folder
        numbers = (path.name.partition("-")[0] for path in self.files())
        self._last = max((int(number) for number in numbers if number.isdigit()), default=0)

    def keep(self, counts: Counts) -> Path:
        """Add rows as one file more."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # With the process in its name: two that keep in one folder never write over each other.
        self._last += 1
        name = f"{self._last:06d}-{os.getpid()}.csv"
        unfinished = self.folder / (UNFINISHED + name)
        with unfinished.open("w", encoding="utf-8", newline="") as stream:
            counts_table(counts).to_csv(stream, index=False, lineterminator="\n")
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(self.folder / name)
        _sync(self.folder)
        return self.folder / name

    def read(self, election: Election) -> Counts:
        """All that was kept; where a place has two rows of one time, the later kept. Raises `InvalidCount`."""
        frames: list[pd.DataFrame] = []
        problems: list[Problem] = []
        for path in self.files():
            table, found = read_table(path)
            problems += found
            frames += [] if table is None else [table.frame]
        settled(problems, InvalidCount)
        if not frames:
            return Counts.empty(election)
        together = pd.concat(frames, ignore_index=True)
        return Counts.from_frame(election, together.drop_duplicates(KEY, keep="last"))

    def files(self) -> list[Path]:
        """The complete files, in the order in which they were kept."""
        return sorted(path for path in self.folder.glob("*.csv") if not path.name.startswith(UNFINISHED))


def _sync(folder: Path) -> None:
    """Has the folder's list of names on the disk too; where a folder cannot be opened (Windows), that is no concern."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
