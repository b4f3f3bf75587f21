"""An election, its counts and, once it is known, its result."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import pandas as pd

from .checks.problem import InvalidCount, Problem, settled
from .checks.table import Table
from .checks.tally import read_result
from .count import Counts, margin_of
from .election import Election


@dataclass(frozen=True, eq=False)
class Result:
    """The official final votes. `rows`: level, place, one column per candidate, blank, null (NaN where not given).

    A nation row is what was proclaimed, and is the truth where late rulings make it differ from the sum of the others.
    """

    election: Election
    rows: pd.DataFrame
    warnings: tuple[Problem, ...] = ()

    def __post_init__(self) -> None:
        expected = ["level", "place", *self.election.candidate_ids, "blank", "null"]
        if list(self.rows.columns) != expected or self.rows.empty:
            raise InvalidCount([Problem("result", None, None, None, "rows in the columns " + ", ".join(expected))])

    @classmethod
    def from_frame(cls, election: Election, frame: pd.DataFrame) -> Self:
        """A checked result in the columns of result.csv. Raises `InvalidCount`."""
        rows, problems = read_result(Table.of_frame("result", frame), election.ballot)
        return cls(election, rows, settled(problems, InvalidCount))

    @cached_property
    def votes(self) -> pd.Series:
        """Final votes per candidate."""
        nation = self.rows.loc[self.rows["level"] == "nation", list(self.election.candidate_ids)]
        return nation.iloc[0] if len(nation) else self._by_row_region().sum()

    @cached_property
    def margin(self) -> float:
        """First candidate minus second over the valid votes of all."""
        return margin_of(self.votes)

    def by_region(self) -> pd.DataFrame | None:
        """Final votes by region and candidate; None where the rows leave a region out."""
        whole = set(self.rows.loc[self.rows["level"] == "region", "place"])
        units = self.election.units.index
        lacking = ~units.isin(self.rows.loc[self.rows["level"] == "unit", "place"])
        if set(self.election.units["region"][lacking]) - whole:
            return None
        return self._by_row_region().reindex(self.election.regions.index)

    def _by_row_region(self) -> pd.DataFrame:
        """Votes by region: its own row where there is one, else the sum of its units' rows."""
        columns = list(self.election.candidate_ids)
        regions = self.rows[self.rows["level"] == "region"].set_index("place")[columns]
        units = self.rows[self.rows["level"] == "unit"]
        region = self.election.units["region"].reindex(units["place"]).to_numpy()
        sums = units[columns].groupby(region).sum()
        return pd.concat([regions, sums[~sums.index.isin(regions.index)]]).rename_axis("region")


@dataclass(frozen=True)
class Night:
    """All that a folder holds: what was fixed before, what was counted, and what came out."""

    election: Election
    counts: Counts
    result: Result | None = None

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is odd about the tables, but can be overridden."""
        result = () if self.result is None else self.result.warnings
        return tuple(dict.fromkeys((*self.election.warnings, *self.counts.warnings, *result)))
