"""What is in of every unit, told plainly: coarse groups shared out among their units by stations, no model in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr
from scipy import sparse

from ..checks.ballot import DUST
from ..count import Count
from ..election import Election
from ..outcome import Forecast
from ..turnout import VALID_PER_STATION
from .arrow import indicator
from .priors import Priors


@dataclass(frozen=True, eq=False)
class UnitTallies:
    """Stations and votes by unit, U of them, as far as the count tells; K candidates."""

    count: Count
    counted: np.ndarray
    """(U,) stations"""
    contested: np.ndarray
    void: np.ndarray
    votes: np.ndarray
    """(U, K) votes in"""
    group: np.ndarray
    """(U,) the row of the count's holdings that tells most of the unit; -1 where none does"""

    @property
    def election(self) -> Election:
        """The election whose count this is."""
        return self.count.election

    @cached_property
    def out(self) -> np.ndarray:
        """(U,) stations that will still count: all pending ones, and contested ones by their usual share."""
        pending = self.election.units["stations"].to_numpy(float) - self.counted - self.contested - self.void
        return np.where(pending > DUST, pending, 0.0) + Priors().contested_counted * self.contested

    @cached_property
    def out_contested(self) -> np.ndarray:
        """(U,) the contested ones among these."""
        return Priors().contested_counted * self.contested

    @cached_property
    def national_rate(self) -> np.ndarray:
        """(K,) valid votes per counted station; a tie of stations of usual size before the first."""
        stations = self.counted.sum()
        if stations > 0 and self.votes.sum() > 0:
            return self.votes.sum(axis=0) / stations
        return np.full(self.votes.shape[1], VALID_PER_STATION / self.votes.shape[1])

    def rates(self, *codes: np.ndarray) -> np.ndarray:
        """(U, K) votes per counted station of the first of the strata in which a unit has any; else the nation's."""
        found = np.repeat(self.national_rate[None], len(self.counted), axis=0)
        for code in reversed(codes):
            stations = np.bincount(code, self.counted)[code]
            votes = np.column_stack([np.bincount(code, column)[code] for column in self.votes.T])
            known = stations > 0
            found[known] = votes[known] / stations[known, None]
        return found


def tallies_of(count: Count) -> UnitTallies:
    """The tallies of every unit, rows of several shared out by the stations that their units leave open."""
    election, frame = count.election, count.holdings.frame
    columns = ["counted", "contested", "void", *election.candidate_ids]
    known = frame[columns].to_numpy(float)
    state = np.zeros((len(election.units), len(columns)))
    group = np.full(len(election.units), -1)
    single = np.flatnonzero(count.holdings.single)
    own = count.holdings.unit[single]
    np.add.at(state, own, known[single])
    group[own[known[single, 0] > 0]] = single[known[single, 0] > 0]
    room = np.maximum(election.units["stations"].to_numpy(float) - state[:, :3].sum(axis=1), 0.0)
    for row in np.setdiff1d(np.arange(len(frame)), single):
        members = count.holdings.members[row]
        state[members] += np.outer(parts_by(room[members], np.ones(len(members))), known[row])
        group[members] = np.where(group[members] < 0, row, group[members])
    return UnitTallies(count, state[:, 0], state[:, 1], state[:, 2], state[:, 3:], group)


def parts_by(room: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """Parts, one in sum, in proportion to the stations that places leave open; to something else where none does."""
    weight = room if room.sum() > 0 else otherwise
    return weight / weight.sum()


def extrapolated(
    tallies: UnitTallies, per_station: Iterable[np.ndarray], *, engine: str, said: Sequence[str] = ()
) -> Forecast:
    """The forecast in which outstanding stations bring these votes: blocks of draws, each (draw, unit, candidate)."""
    election = tallies.election
    kind, kinds = pd.factorize(election.units["kind"])
    places = {
        "region": indicator(election.region_index, len(election.regions)),
        "kind": indicator(kind, len(kinds)),
    }
    blocks = [_block(tallies, rates, places) for rates in per_station]
    sums = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    known = places["region"] @ tallies.votes
    place = ("draw", "region", "candidate")
    draws = xr.Dataset(
        {
            "final": (place, known + sums["region"]),
            "outstanding": (place, sums["region"]),
            "contested": (place, sums["contested"]),
            "outstanding_kind": (("draw", "kind", "candidate"), sums["kind"]),
        },
        coords={
            "region": election.regions.index.to_numpy(),
            "kind": np.asarray(kinds),
            "candidate": list(election.candidate_ids),
        },
    )
    return Forecast(tallies.count, draws, engine=engine, diagnostics={"warnings": list(said)})


def _block(tallies: UnitTallies, rates: np.ndarray, places: Mapping[str, sparse.csr_array]) -> dict[str, np.ndarray]:
    draws, _, candidates = rates.shape

    def total(place: str, stations: np.ndarray) -> np.ndarray:
        votes = (rates * stations[:, None]).transpose(1, 0, 2).reshape(len(stations), -1)
        summed = (places[place] @ votes).reshape(-1, draws, candidates).transpose(1, 0, 2)
        # Noise may take a place below nothing; cut off unit by unit, it would lean towards whoever is weak there.
        return np.maximum(summed, 0.0)

    outstanding = total("region", tallies.out)
    return {
        "region": outstanding,
        "kind": total("kind", tallies.out),
        "contested": np.minimum(total("region", tallies.out_contested), outstanding),
    }
