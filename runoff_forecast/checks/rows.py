"""Rows of votes, read column by column against the ballot, and the rules that each row obeys by itself."""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
import pandas as pd

from .ballot import DUST, LEVELS, NEAREST, NOT_CANDIDATES, ROUNDING, SHEETS, SPOILT, Ballot
from .problem import Problem
from .table import Table, figure, is_blank, numbers, texts

BEYOND_ELECTORATE = 1.1
"""Times the electorate. Late registration and voters from elsewhere explain a few ballots more, nothing a tenth."""
HARDLY = 0.02
"""Valid votes a registered voter; fewer, over all rows of a level, are a warning."""
NEARLY_ALL, HARDLY_ANY_NATION = 0.99, 0.1
"""Share of a nation's stations from which it is all counted, and the valid votes a voter that it then has at least."""
ENOUGH = 1000.0
"""Voters that the stations counted have, from which that is told."""
CROWDED = 3.0
"""Times the voters that as many stations of the place have on average; more ballots than that are a warning."""


class Rows:
    """The rows of one table, read column by column; `numbers` grows as they are read."""

    def __init__(self, table: Table, ballot: Ballot):
        self.table, self.ballot = table, ballot
        self.level, level_problems = texts(table, "level")
        self.place, place_problems = texts(table, "place", required=False)
        self.codes = ballot.codes(self.level, self.place)
        self.place_problems = [*level_problems, *place_problems, *self._unknown_places()]
        self.numbers: dict[str, np.ndarray] = {}

    def _unknown_places(self) -> Iterator[Problem]:
        level, place = self.level, self.place
        unknown = ~level.isin(["", *LEVELS]).to_numpy()
        yield from self.table.problems(unknown, "level", "unit, region or nation")
        nation = (level == "nation").to_numpy() & (place != "").to_numpy()
        yield from self.table.problems(nation, "place", "an empty cell beside the level nation")
        if not self.ballot.is_whole or not self.table.has("place"):
            return  # one fault, told already, would be told of every row
        for name, index in (("unit", self.ballot.units.index), ("region", self.ballot.regions)):
            wrong = (level == name).to_numpy() & (self.codes < 0)
            if wrong.any() and len(index):  # without regions in the register every one would be unknown
                hints = Hints(index, name)
                yield from self.table.problems(wrong, "place", [hints.expected(cell) for cell in place[wrong]])

    def of_place(self, column: str) -> np.ndarray:
        return np.where(self.codes >= 0, self.ballot.of_places(column)[self.codes], np.nan)

    def name(self, row: int) -> str:
        level, place = self.level.iloc[row], self.place.iloc[row]
        return "the nation" if level == "nation" else level + " '" + place + "'"

    def read_sheets(self) -> list[Problem]:
        """Fills counted, contested and void, and says what is wrong with them."""
        found: list[Problem] = []
        for column in ("contested", "void"):
            values, problems = self._optional(column)
            self.numbers[column], found = values, [*found, *problems]
        share, problems = self._optional("counted_share", whole=False)
        found += problems
        expected = "a share of the stations, from 0 to 1, not percent"
        found += self.table.problems(share > 1, "counted_share", expected)
        share = np.where(share > 1, np.nan, share)
        counted, problems = self._optional("counted")
        found += problems
        self.by_share = np.isnan(counted) & ~np.isnan(share)
        self.numbers["counted"] = np.where(self.by_share, share * self.of_place("stations"), counted)
        found += self._neither()
        return [*found, *self._nominal(), *self._disagreeing(share, counted)]

    def _optional(self, column: str, *, whole: bool = True) -> tuple[np.ndarray, list[Problem]]:
        if not self.table.has(column):
            return np.full(len(self.level), np.nan), []
        return numbers(self.table, column, whole=whole, required=False)

    def _neither(self) -> Iterator[Problem]:
        columns = [column for column in ("counted", "counted_share") if self.table.has(column)]
        if columns:
            empty = np.logical_and.reduce([is_blank(self.table.frame[column]) for column in columns])
            yield from self.table.problems(
                empty, columns[0], "the stations counted (counted, or counted_share), not an empty cell"
            )

    def _nominal(self) -> Iterator[Problem]:
        if not self.ballot.nominal_stations:
            return
        for column in SHEETS:
            given = ~np.isnan(self.numbers[column]) & (self.numbers[column] > 0)
            if column == "counted":
                given &= ~self.by_share
            expected = "counted_share in its place" if column == "counted" else "0, or no such column"
            yield from self.table.problems(given, column, expected + ", since the register does not give stations")

    def _disagreeing(self, share: np.ndarray, counted: np.ndarray) -> Iterator[Problem]:
        stations = self.of_place("stations")
        off = np.abs(counted - share * stations) > 1 + 0.01 * stations
        texts = ["the same as counted_share says, " + figure(value) for value in (share * stations)[off]]
        yield from self.table.problems(off, "counted", texts)

    def read_votes(self) -> list[Problem]:
        """Fills the candidates', blank and null votes, and says what is wrong with them."""
        found: list[Problem] = []
        for column in (*self._voted_for(), *SPOILT):
            self.numbers[column] = np.full(len(self.level), np.nan)
            if self.table.has(column):
                self.numbers[column], problems = numbers(self.table, column, required=column not in SPOILT)
                found += problems
        return found

    def _voted_for(self) -> Sequence[str]:
        """The candidates; where nobody knows who stands, the columns that can be of nothing else."""
        if self.ballot.candidates is not None:
            return self.ballot.candidates
        return [column for column in map(str, self.table.frame.columns) if column not in NOT_CANDIDATES]

    @property
    def counted_column(self) -> str:
        """The column that says how far the count is, for problems to name."""
        return "counted" if self.table.has("counted") else "counted_share"

    @property
    def votes_column(self) -> str:
        """The first candidate's, for problems of all votes of a row to name."""
        return (self.ballot.candidates or ("",))[0]

    @cached_property
    def valid(self) -> np.ndarray:
        candidates = [self.numbers[column] for column in self.ballot.candidates or ()]
        return np.sum(candidates, axis=0) if candidates else np.full(len(self.level), np.nan)

    @property
    def ballots(self) -> np.ndarray:
        """Valid, blank and null ones, as far as they are given."""
        return self.valid + sum(np.nan_to_num(self.numbers[column]) for column in SPOILT)

    @cached_property
    def voters(self) -> np.ndarray:
        """Registered voters of the stations counted, as many a station as the place has on average."""
        return self.of_place("electorate") * self.numbers["counted"] / np.maximum(self.of_place("stations"), 1)

    def capacity(self) -> Iterator[Problem]:
        """More stations than the place has."""
        stations = self.of_place("stations")
        counted = self.numbers["counted"]
        together = counted + np.nan_to_num(self.numbers["contested"]) + np.nan_to_num(self.numbers["void"])
        # a share, which may be one of ballots, says how many sheets are in to the nearest sheet only
        over = together > stations + np.where(self.by_share, ROUNDING * stations + NEAREST, DUST)
        expected = []
        for row in np.flatnonzero(over):
            also = "" if together[row] == counted[row] else " (with contested and void " + figure(together[row]) + ")"
            expected.append("at most " + figure(stations[row]) + " stations, what " + self.name(row) + " has" + also)
        yield from self.table.problems(over, self.counted_column, expected)

    def votes_without_stations(self) -> Iterator[Problem]:
        without = (self.numbers["counted"] == 0) & (self.valid > 0)
        texts = ["above 0, since the row has " + figure(votes) + " votes" for votes in self.valid[without]]
        yield from self.table.problems(without, self.counted_column, texts)

    def not_a_vote(self) -> Iterator[Problem]:
        """Stations counted and not one valid vote in the whole table."""
        counted = np.nansum(self.numbers["counted"])
        if counted > 0 and (self.valid == 0).all():
            row = int(self.table.rows[np.nan_to_num(self.numbers["counted"]).argmax()])
            expected = "votes of candidates, since stations are counted; no row has any"
            yield Problem(self.table.file, row, self.votes_column, "0", expected, "warning")

    def electorate(self) -> Iterator[Problem]:
        """More ballots than voters: a little more can be explained, and is a warning."""
        electorate, ballots = self.of_place("electorate"), self.ballots
        column = self.votes_column
        impossible = ballots > BEYOND_ELECTORATE * electorate
        for over, severity in ((impossible, "error"), (~impossible & (ballots > electorate), "warning")):
            for row in np.flatnonzero(over):
                expected = "votes of all candidates, blank and null within the electorate of " + self.name(row) + ", "
                yield Problem(
                    self.table.file,
                    int(self.table.rows[row]),
                    column,
                    figure(ballots[row]) + " together",
                    expected + figure(electorate[row]),
                    severity,
                )

    def too_few_sheets(self) -> Iterator[Problem]:
        """More ballots than the stations counted have voters, by far: stations of a place differ in size."""
        ballots, electorate = self.ballots, self.of_place("electorate")
        over = (self.numbers["counted"] > 0) & (ballots > CROWDED * self.voters) & (ballots <= electorate)
        texts = [
            f"more stations for {figure(votes)} ballots, since these have some {figure(round(voters))} voters"
            for votes, voters in zip(ballots[over], self.voters[over], strict=True)
        ]
        yield from self.table.problems(over, self.counted_column, texts, "warning")

    def too_few_votes(self) -> Iterator[Problem]:
        """Hardly a vote in the stations counted, over all rows of a level: percentages or thousands, as a rule."""
        known = (self.numbers["counted"] > 0) & ~np.isnan(self.voters) & ~np.isnan(self.valid)
        for level in LEVELS:
            here = (self.level == level).to_numpy() & known
            votes, voters = self.valid[here].sum(), self.voters[here].sum()
            if not 0 < votes < HARDLY * voters or voters < ENOUGH:
                yield from self._hardly_any(here)
                continue
            row = np.flatnonzero(here)[self.voters[here].argmax()]
            found = f"{figure(self.valid[row])} together"
            expected = "votes of people, not percentages or thousands; the stations counted have some "
            expected += figure(round(self.voters[row])) + " voters"
            yield Problem(self.table.file, int(self.table.rows[row]), self.votes_column, found, expected, "warning")

    def _hardly_any(self, here: np.ndarray) -> Iterator[Problem]:
        """Single rows with hardly a vote where the others have votes: digits are lost, or stations are counted before
        their votes are in. Of a nation that is all counted a tenth of the voters is hardly any, too."""
        whole = (self.level == "nation").to_numpy() & (
            self.numbers["counted"] >= NEARLY_ALL * self.of_place("stations")
        )
        least = np.where(whole, HARDLY_ANY_NATION, HARDLY) * self.voters
        few = here & (self.valid < least) & (self.voters >= ENOUGH) & (np.nansum(self.valid) > 0)
        texts = [
            f"votes of some {figure(round(voters))} voters, whom {figure(stations)} stations have; "
            f"there are {figure(votes)} in all"
            for voters, stations, votes in zip(
                self.voters[few], self.numbers["counted"][few], self.valid[few], strict=True
            )
        ]
        yield from self.table.problems(few, self.votes_column, texts, "warning")


class Hints:
    """What to say of a place that is not in the register."""

    def __init__(self, index: pd.Index, what: str):
        self.what = what
        self.unpadded = {name.lstrip("0"): name for name in map(str, index)}
        self.folded = {_folded(name): name for name in map(str, index)}

    def expected(self, place: str) -> str:
        if place == "":
            return "the id of a " + self.what + ", not an empty cell"
        text = "a " + self.what + " of the register"
        if place.lstrip("0") in self.unpadded:
            return text + "; is it '" + self.unpadded[place.lstrip("0")] + "' with its leading zeros lost?"
        near = self.folded.get(_folded(place))
        if near is not None and unicodedata.normalize("NFC", place) == unicodedata.normalize("NFC", near):
            return text + "; '" + near + "' looks the same, but its accents are coded in another way (Unicode NFC, NFD)"
        if near is not None:
            return text + "; is it '" + near + "'?"
        return text


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip().lower().removesuffix(".0"))
