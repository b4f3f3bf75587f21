"""`Forecast`: joint draws of the finished count, and every summary of them.

All numbers come from the same draws, so they cannot contradict each other: intervals are nested, no candidate ends
below the votes already in, except for what offices correct, and a probability says what the interval says.
"""

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
import pandas as pd
import xarray as xr

from . import archive, ranking, still_out, telling, weighted
from .checks.draws import draws_problems, weights_problems
from .count import Count
from .election import Election, FirstRound

if TYPE_CHECKING:
    from rich.table import Table

FEW_DRAWS = 200
"""With fewer effective draws than this, each end of a 90 % interval is uncertain by 5 % of its width and more."""

EDGE = 1e-12
"""In shares: nearer to a rule's bound than this is at it, as 40 % less 30 % are not ten points in floating point."""
DECIMALS = 6
"""Of a vote: what is finer is the dust of sums."""
OUT_OF_REACH = 5.0
"""A condition that lies more tolerances than this from every draw is refused."""


@dataclass(frozen=True, eq=False, repr=False)
class Forecast:
    """What the finished count may be, given the count so far; raises ValueError where the draws cannot be one."""

    count: Count
    draws: xr.Dataset
    """Valid votes over (draw, region, candidate): `final`; `outstanding`, the part not yet counted; `contested`, the
    part of outstanding on sheets set aside. Optional: `outstanding_kind` and `contested_kind`, the same two by kind of
    place (draw, kind, candidate)."""
    parameters: xr.Dataset = field(default_factory=xr.Dataset)
    """Draws of the model's named parameters; may be empty."""
    engine: str = "fast"
    seed: int | None = None
    diagnostics: Mapping[str, object] = field(default_factory=lambda: {"warnings": []})
    trace: xr.DataTree | None = None
    """The sampler's own record, where there was a sampler."""
    weights: xr.DataArray | None = None
    """How much each draw counts (draw); None means alike. A conditional forecast has them."""

    def __post_init__(self) -> None:
        problems = draws_problems(self.draws, self.election.candidate_ids, list(self.election.regions.index))
        problems += weights_problems(self.weights, self.draws)
        if not isinstance(self.diagnostics.get("warnings"), list):
            problems.append("diagnostics need a list 'warnings', empty if there are none")
        if problems:
            raise ValueError("not a forecast: " + "; ".join(problems))

    # What is forecast: quantities with one value per draw.

    @property
    def election(self) -> Election:
        """The election whose count this is."""
        return self.count.election

    @cached_property
    def votes(self) -> xr.DataArray:
        """Final valid votes of each candidate (draw, candidate)."""
        # a row of the nation's votes is spread over regions: without its dust their sum is whole again, a tie a tie
        return self.draws["final"].sum("region").transpose("draw", "candidate").round(DECIMALS)

    @cached_property
    def outstanding(self) -> xr.DataArray:
        """Valid votes of each candidate that are still to come (draw, candidate)."""
        return self.draws["outstanding"].sum("region").transpose("draw", "candidate")

    @cached_property
    def shares(self) -> xr.DataArray:
        """Final shares of the valid votes (draw, candidate)."""
        return self.votes / self.votes.sum("candidate")

    @cached_property
    def margin(self) -> xr.DataArray:
        """First listed candidate minus second over the valid votes of all, -1 to 1 (draw)."""
        return self._margin(self.votes)

    @cached_property
    def region_margin(self) -> xr.DataArray:
        """The same in each region (draw, region); 0 where a region has no votes."""
        return self._margin(self.draws["final"]).transpose("draw", "region")

    @cached_property
    def lead(self) -> xr.DataArray:
        """Share of the first in the count minus share of the second, whoever they are (draw)."""
        return self._gap(1)

    @cached_property
    def gaps(self) -> xr.DataArray:
        """Share of the last to advance minus share of the first who does not, if anybody (draw).

        Raises ValueError where the election is no first round.
        """
        return self._gap(self.gap_rank)

    @property
    def gap_rank(self) -> int:
        """The rank of the last to advance, whom `gaps` sets against the next. Raises ValueError as these do."""
        return self._first_round.advance

    @cached_property
    def finished(self) -> bool:
        """Whether no draw leaves anything to count."""
        return bool(self.draws["outstanding"].max() == 0)

    # What the draws say.

    def mean(self, quantity: xr.DataArray) -> xr.DataArray:
        """The expected value of a quantity, without its draw dimension; raises ValueError where it has none."""
        return self._reduced(quantity, weighted.mean)

    def sd(self, quantity: xr.DataArray) -> xr.DataArray:
        """The standard deviation of a quantity, without its draw dimension; raises ValueError where it has none."""
        return self._reduced(quantity, weighted.deviation)

    def quantiles(self, quantity: xr.DataArray, shares: Sequence[float]) -> xr.DataArray:
        """Quantiles (quantile, ...) of a quantity, in the place of its draw dimension.

        Raises ValueError where it has none, and for shares outside 0 to 1.
        """
        quantity = quantity.transpose("draw", ...)
        found = weighted.quantiles(quantity.to_numpy(), shares, self.draw_weights)
        return quantity.isel(draw=0, drop=True).expand_dims(quantile=list(shares)).copy(data=found)

    def probability(self, event: xr.DataArray) -> float:
        """How probable an event (draw) of true and false is, as in `forecast.probability(forecast.margin > 0.01)`."""
        return float(self.mean(event))

    def quantile(self, share: float) -> float:
        """The final margin stays below this with the given probability; ValueError unless that is from 0 to 1."""
        return float(self.quantiles(self.margin, [share])[0])

    def interval(self, mass: float = 0.9) -> tuple[float, float]:
        """The central interval that holds the final margin with this probability; a larger mass gives a wider one.

        Raises ValueError where mass is not from 0 to 1.
        """
        if not 0 <= mass <= 1:
            raise ValueError(f"mass is a share between 0 and 1, got {mass}")
        low, high = self.quantiles(self.margin, [(1 - mass) / 2, (1 + mass) / 2]).to_numpy()
        return float(low), float(high)

    def outcomes(self, number: int = 100) -> np.ndarray:
        """Equally likely final margins (number,), ascending: for 100, each stands for one chance in 100."""
        return self.quantiles(self.margin, [(step + 0.5) / number for step in range(number)]).to_numpy()

    @cached_property
    def draw_weights(self) -> np.ndarray:
        """The weight of each draw (draw); they sum to one."""
        size = self.draws.sizes["draw"]
        return np.full(size, 1 / size) if self.weights is None else weighted.normalised(self.weights.to_numpy())

    @cached_property
    def effective_draws(self) -> float:
        """How many equally weighted draws this forecast is worth."""
        return weighted.effective_draws(self.draw_weights)

    # Who wins.

    @cached_property
    def rank_probability(self) -> pd.DataFrame:
        """The probability of each candidate (row) to finish at each rank (column, from 1); a tie is shared evenly.

        A pool of several candidates is last.
        """
        # sums of weights round above one
        shares = np.clip(weighted.mean(ranking.rank_shares(self._ranked), self.draw_weights), 0.0, 1.0)
        ranks = pd.RangeIndex(1, len(self.candidates) + 1, name="rank")
        return pd.DataFrame(shares, index=pd.Index(self.candidates, name="candidate"), columns=ranks)

    @cached_property
    def win_probability(self) -> pd.Series:
        """Share of draws in which each has the most valid votes (index candidate); a tie of two is half a win."""
        return self.rank_probability[1].rename("win_probability")

    @cached_property
    def ahead_probability(self) -> pd.Series:
        """The probability of the first two listed to end ahead of each other (index candidate, these two alone).

        Where there are no others, that is to win.
        """
        first = self.probability(self.margin > 0) + self.probability(self.margin == 0) / 2
        return pd.Series([first, 1 - first], pd.Index(self.candidates[:2], name="candidate"), name="ahead_probability")

    @cached_property
    def outright_probability(self) -> pd.Series:
        """The probability to win in the first round by any of the election's rules for that (index candidate).

        Raises ValueError where the election is no first round.
        """
        return self.mean(self._won_outright).to_series().rename("outright_probability")

    @cached_property
    def advance_probability(self) -> pd.Series:
        """The probability to be in a runoff (index candidate); where somebody wins outright, nobody is.

        Raises ValueError where the election is no first round.
        """
        chance = pd.Series(0.0, pd.Index(self.candidates, name="candidate"), name="advance_probability")
        for members, probability in self.pairings.items():
            chance[list(members)] += probability
        return chance

    @cached_property
    def pairings(self) -> pd.Series:
        """The probability of each runoff (index: tuples of candidate ids), likeliest first; the rest is outright wins.

        Runoffs that no draw has are left out. Raises ValueError where the election is no first round.
        """
        weights = self.draw_weights * ~self._won_outright.any("candidate").to_numpy()
        found = ranking.group_probability(self._ranked, self._first_round.advance, weights)
        groups = sorted((item for item in found.items() if item[1] > 0), key=lambda item: (-item[1], item[0]))
        index = pd.Index([tuple(self.candidates[p] for p in members) for members, _ in groups], tupleize_cols=False)
        return pd.Series([chance for _, chance in groups], index, dtype=float, name="probability")

    def recount_probability(self, threshold: float) -> float:
        """The probability that first and second end closer than the threshold, a share (0.005 is half a point).

        Raises ValueError where the threshold is not from 0 to 1.
        """
        if not 0 <= threshold <= 1:
            raise ValueError(f"threshold is a share between 0 and 1, got {threshold}")
        return self.probability(self.lead < threshold)

    # What is still out.

    def hurdle(self, places: int = 1) -> pd.DataFrame:
        """What each candidate must do with the outstanding votes to finish within the first `places`, a row each.

        rival: whom it mostly has to pass or hold off; deficit: votes it is behind that rival now (negative: ahead);
        outstanding: votes to come for the two; needed: the share of them it needs, (outstanding + deficit) /
        (2 outstanding), above 1 it cannot, below 0 it need not; expected: the share it gets; probability: that this
        suffices. Medians over the draws; NaN where nothing is out. A pool of several candidates has no row. Raises
        ValueError where `places` is not from 1 to one less than the candidates that have a row.
        """
        return still_out.hurdle(self, self._ranked, places)

    def outright_hurdle(self) -> pd.DataFrame:
        """What each candidate must do with the outstanding votes to win a first round at once, a row each.

        outstanding: valid votes to come, for anybody; needed: the share of them it needs by the rule that asks least,
        if the others share the rest as they do in the draw; above 1 it cannot, below 0 it need not. expected: the
        share it gets; probability: that this suffices. Medians over the draws; NaN where nothing is out or no rule
        lets anybody win at once. A pool of several candidates has no row. Raises ValueError where the election is no
        first round.
        """
        return still_out.outright_hurdle(self, self._ranked, self._first_round.outright)

    def outstanding_by_kind(self) -> pd.DataFrame:
        """What is out, index kind: stations (NaN where the office has not said), valid votes, and their margin.

        Columns: stations; votes, votes_q05, votes_q95; margin, margin_q05, margin_q95 (shares); net, what the kind adds
        to the first candidate's lead over the second, in votes; and a column per candidate, votes to come. Means over
        the draws, with 90 % intervals. Raises ValueError where the draws do not tell kinds apart.
        """
        if "outstanding_kind" not in self.draws:
            raise ValueError("these draws do not tell the outstanding votes by kind")
        return still_out.by_place(self, self.draws["outstanding_kind"], "kind")

    def outstanding_by_region(self, between: tuple[str, str] | None = None) -> pd.DataFrame:
        """What is out, index region: name, then the columns of `outstanding_by_kind`.

        between: the ids of the two whose margin and net are told; None takes the first two. Raises ValueError for an id
        that no candidate has.
        """
        table = still_out.by_place(self, self.draws["outstanding"], "region", between)
        table.insert(0, "name", self.election.regions["name"])
        return table

    # What if.

    def given(
        self,
        *,
        region_margin: Mapping[str, float] | None = None,
        tolerance: float = 0.01,
        contested: Literal["annulled"] | None = None,
        weights: xr.DataArray | np.ndarray | None = None,
    ) -> Self:
        """The forecast if something more were known; conditions may be combined, and repeated on the result.

        region_margin: final margins of regions (shares), each give or take a Normal `tolerance`; contested="annulled":
        no contested sheet counts (exact); weights: any other evidence as one likelihood per draw. Conditioning weighs
        the draws: few effective draws are warned of, and mean that the condition is far from what the model expects.
        Raises ValueError for an unknown region, a tolerance that is not above 0, margins that no draw comes near to,
        another word for contested, and weights that are not one number >= 0 per draw, some above 0.
        """
        forecast = self if contested is None else self._without_contested(contested)
        likelihood = self.draw_weights.copy()
        if weights is not None:
            if np.shape(weights) != (len(likelihood),):
                raise ValueError(f"weights are one number for each of {len(likelihood)} draws, got {np.shape(weights)}")
            likelihood = likelihood * np.asarray(weights, dtype=float)
        if region_margin:
            likelihood = likelihood * self._closeness(region_margin, tolerance, forecast.region_margin)
        if weights is None and not region_margin:
            return forecast
        return forecast._weighted(likelihood)

    # As tables, text and files.

    @property
    def candidates(self) -> tuple[str, ...]:
        """Candidate ids in the order of the election."""
        return tuple(self.election.candidate_ids)

    def to_frame(self) -> pd.DataFrame:
        """One row per region: its name, how far its count is, margin with 90 % interval, expected votes.

        counted_share is of stations where counted_share_known, elsewhere of votes, as the model expects them;
        outstanding is valid votes to come, and the candidates' columns are final votes.
        """
        final = self.draws["final"].transpose("draw", "region", "candidate")
        low, high = self.quantiles(self.region_margin, [0.05, 0.95]).to_numpy()
        table = pd.DataFrame(
            {
                "name": self.election.regions["name"],
                **still_out.counted_share(self),
                "margin": self.mean(self.region_margin).to_numpy(),
                "margin_q05": low,
                "margin_q95": high,
                "outstanding": self.mean(self.draws["outstanding"].sum("candidate")).to_numpy(),
            }
        )
        return table.join(pd.DataFrame(self.mean(final).to_numpy(), table.index, list(self.candidates)))

    def to_dict(self) -> dict[str, object]:
        """The forecast as plain values, in the fields of `runoff-forecast forecast --json`."""
        return telling.plain(self)

    def to_json(self, *, indent: int | None = 2) -> str:
        """`to_dict` as JSON text."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False, allow_nan=False)

    def summary(self) -> str:
        """The forecast in one paragraph."""
        return telling.paragraph(self)

    def __repr__(self) -> str:
        return f"<Forecast: {self.summary()}>"

    def table(self) -> "Table":
        """The forecast as a table for a terminal: a row per candidate, most votes first."""
        from . import terminal  # rich is for those who print

        return terminal.candidates(self)

    def __rich__(self) -> "Table":
        return self.table()

    def save(self, path: str | Path) -> None:
        """Keep the forecast, its count and its election in one netCDF file."""
        extra = {"engine": self.engine, "seed": self.seed, "diagnostics": telling.as_json(self.diagnostics)}
        draws = self.draws if self.weights is None else self.draws.assign(weights=self.weights)
        archive.write(path, self.count, {"draws": draws, "parameters": self.parameters}, extra, self.trace)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The forecast that was saved there.

        Raises FileNotFoundError where there is no file, OSError where it is not netCDF, and ValueError where it is
        netCDF but no saved forecast.
        """
        count, groups, extra, trace = archive.read(path)
        draws = groups["draws"]
        weights = draws.get("weights")
        if weights is not None:
            draws = draws.drop_vars("weights")
        return cls(count, draws, groups["parameters"], trace=trace, weights=weights, **extra)

    # The parts that the summaries share.

    @property
    def _first_round(self) -> FirstRound:
        if self.election.first_round is None:
            raise ValueError(f"{self.election.id} is decided by most votes: nobody advances from it")
        return self.election.first_round

    def _margin(self, votes: xr.DataArray) -> xr.DataArray:
        first, second = (votes.sel(candidate=name, drop=True) for name in self.candidates[:2])
        total = votes.sum("candidate")
        return (first - second) / total.where(total > 0, 1.0)

    def _gap(self, rank: int) -> xr.DataArray:
        shares = self.shares.to_numpy()[:, self.election.standing]
        ordered = np.sort(np.pad(shares, ((0, 0), (0, 1))), axis=1)[:, ::-1]  # a rank that nobody takes has no votes
        place = min(rank, shares.shape[1])
        return xr.DataArray(ordered[:, place - 1] - ordered[:, place], {"draw": self.shares["draw"]}, ("draw",))

    @cached_property
    def _won_outright(self) -> xr.DataArray:
        shares = ranking.pools_last(self.shares.to_numpy(), self.election.standing)
        lead = shares - np.take_along_axis(shares, ranking.best_rivals(shares, 1), axis=1)
        met = np.zeros(shares.shape, dtype=bool)
        for rule in self._first_round.outright:
            # Without a required lead the share must be passed ("more than half"); with one, both are "at least".
            enough = shares > rule.share + EDGE if rule.lead == 0 else shares >= rule.share - EDGE
            met |= enough & (lead > 0) & (lead >= rule.lead - EDGE)
        return self.shares.copy(data=met)

    @cached_property
    def _ranked(self) -> np.ndarray:
        """Votes (draw, candidate) by which the candidates are ranked."""
        return ranking.pools_last(self.votes.to_numpy(), self.election.standing)

    def _reduced(self, quantity: xr.DataArray, reduction: weighted.Reduction) -> xr.DataArray:
        quantity = quantity.transpose("draw", ...)
        return quantity.isel(draw=0, drop=True).copy(data=reduction(quantity.to_numpy(), self.draw_weights))

    def _weighted(self, likelihood: np.ndarray) -> Self:
        shares = weighted.normalised(likelihood)
        worth = weighted.effective_draws(shares)
        said = list(self.diagnostics["warnings"])
        if worth < FEW_DRAWS:
            said.append(
                f"the condition leaves {worth:.0f} effective draws of {len(shares)}; more draws would steady it"
            )
            warnings.warn(said[-1], stacklevel=3)
        weights = xr.DataArray(shares, {"draw": self.draws["draw"]}, ("draw",))
        return replace(self, weights=weights, diagnostics={**self.diagnostics, "warnings": said})

    def _closeness(self, wanted: Mapping[str, float], tolerance: float, margin: xr.DataArray) -> np.ndarray:
        unknown = [region for region in wanted if region not in self.election.regions.index]
        if unknown or not tolerance > 0:
            raise ValueError(f"unknown region {unknown[0]!r}" if unknown else f"tolerance is above 0, got {tolerance}")
        distance = margin.sel(region=list(wanted)).to_numpy() - np.array(list(wanted.values()))
        exponent = -0.5 * np.square(distance / tolerance).sum(axis=1)
        if exponent.max() < -0.5 * OUT_OF_REACH**2:
            raise ValueError(f"no draw comes near to {dict(wanted)}: the model holds it to be impossible")
        return np.exp(exponent - exponent.max())

    def _without_contested(self, contested: str) -> Self:
        if contested != "annulled":
            raise ValueError(f"contested may be 'annulled', got {contested!r}")
        gone = self.draws["contested"]
        final, outstanding = ((self.draws[name] - gone).clip(min=0) for name in ("final", "outstanding"))
        draws = self.draws.assign(final=final, outstanding=outstanding, contested=xr.zeros_like(gone))
        if "contested_kind" in draws:
            kinds = (draws["outstanding_kind"] - draws["contested_kind"]).clip(min=0)
            draws = draws.assign(outstanding_kind=kinds, contested_kind=xr.zeros_like(kinds))
        elif gone.any():
            draws = draws.drop_vars("outstanding_kind", errors="ignore")
        return replace(self, draws=draws)
