"""An election, its counts and, once it is known, its result."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from .checks.problem import InvalidCount, Problem, settled
from .checks.table import Table
from .checks.tally import read_result
from .count import Counts, margin_of, row_problems
from .election import Candidate, Election


@dataclass(frozen=True, eq=False)
class Result:
    """The official final votes. `rows`: level, place, one column per candidate, blank, null (NaN where not given).

    A nation row is what was proclaimed, and is the truth where late rulings make it differ from the sum of the others.
    Raises `InvalidCount` where the columns are others, there is no row, a place is not in the register, or a
    candidate's votes are missing or negative.
    """

    election: Election
    rows: pd.DataFrame
    warnings: tuple[Problem, ...] = ()

    def __post_init__(self) -> None:
        expected = ["level", "place", *self.election.candidate_ids, "blank", "null"]
        if list(self.rows.columns) != expected or self.rows.empty:
            raise InvalidCount([Problem("result", None, None, None, "rows in the columns " + ", ".join(expected))])
        codes = self.election.ballot.codes(self.rows["level"], self.rows["place"])
        settled(row_problems("result", self.rows, codes, self.election.candidate_ids), InvalidCount)

    @classmethod
    def from_frame(cls, election: Election, frame: pd.DataFrame) -> Self:
        """A checked result in the columns of result.csv. Raises `InvalidCount`."""
        rows, problems = read_result(Table.of_frame("result", frame), election.ballot)
        return cls(election, rows, settled(problems, InvalidCount))

    @cached_property
    def votes(self) -> pd.Series:
        """Final votes; the index is the candidates' ids."""
        nation = self.rows.loc[self.rows["level"] == "nation", list(self.election.candidate_ids)]
        return nation.iloc[0] if len(nation) else self._by_row_region().sum()

    @cached_property
    def margin(self) -> float:
        """First candidate minus second over the valid votes of all."""
        return margin_of(self.votes)

    def by_region(self) -> pd.DataFrame | None:
        """Final votes, a row per region and a column per candidate; None where the rows leave a region out."""
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

    def as_baseline_for(
        self,
        candidates: Sequence[Candidate | str],
        *,
        id: str,  # noqa: A002 (the key of election.toml)
        title: str,
        date: datetime.date,
    ) -> Election:
        """The runoff that follows: the same register, with the votes of this first round as its baseline.

        Candidates are records, or ids of this round. A list's column is called by its candidate's id here. Units have
        their result, else the votes counted, scaled to all their stations, else none (NaN). Raises ValueError where no
        unit has votes, `InvalidElection` where the runoff cannot be one.
        """
        first = self.election
        known = dict(zip(first.candidate_ids, first.candidates, strict=True))
        strangers = [name for name in candidates if isinstance(name, str) and name not in known]
        if strangers:
            raise ValueError(f"{strangers[0]!r} did not stand in {first.id}; these did: {', '.join(known)}")
        votes = self._votes_by_unit()
        baseline = votes[list(known)].add_prefix("baseline_")
        ballots = votes.sum(axis="columns", min_count=votes.shape[1]).rename("baseline_ballots")
        idle = ["baseline_ballots", *(["stations"] if first.nominal_stations else [])]
        units = first.units.drop(columns=idle).join([ballots, baseline]).dropna(axis="columns", how="all")
        return Election.from_frames(
            id=id,
            title=title,
            date=date,
            candidates=[replace(known[one], baseline=one) if isinstance(one, str) else one for one in candidates],
            units=units.reset_index(),
            regions=first.regions.dropna(axis="columns", how="all").reset_index(),
            timezone=first.timezone,
            unit=first.unit,
            sources=first.sources,
            retrospective=first.retrospective,
        )

    def _votes_by_unit(self) -> pd.DataFrame:
        """Final votes by unit (all units), candidates, blank and null: official, else scaled up from the count."""
        columns = [*self.election.candidate_ids, "blank", "null"]
        votes = pd.DataFrame(np.nan, self.election.units.index, columns)
        if len(self.counts):
            rows = self.counts.latest.rows
            rows = rows[(rows["level"] == "unit") & (rows["counted"] > 0)].set_index("place")
            stations = self.election.units["stations"].reindex(rows.index) - rows["void"]
            votes.update(rows[columns].mul(stations / rows["counted"], axis="index").round())
        if self.result is not None:
            rows = self.result.rows[self.result.rows["level"] == "unit"].set_index("place")
            votes.loc[rows.index] = rows[columns]
        if votes[columns[0]].isna().all():
            raise ValueError(f"the votes of {self.election.id} are known for no unit, only for larger places")
        return votes
