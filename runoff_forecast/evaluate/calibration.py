"""Simulation-based calibration: nights drawn from the model's own prior, and where the truth falls in its forecasts.

Truths drawn from the prior, observed as the model says, must fall uniformly into the posterior draws, or the
computation is wrong (Talts et al. 2018). Batches are drawn from the model's likelihood, and what is out from its
predictive distribution. (simuk does this for a PyMC model with observed variables; what is judged here, the finished
count, is made after the sampler, and the fast engine has no PyMC model.)
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import kstest

from ..count import Counts
from ..election import Election
from ..models import Priors, StratifiedArrival
from ..models.complete import Cells, Draws, complete, open_cells
from ..models.effects import Scale
from ..models.evidence import Evidence, design_effect, gather
from ..models.latent import Latent, build_prior, coarse_means, fine_predictor, predictor, scale_widths
from ..models.observed import Batches
from ..models.simplex import softmax, to_logits
from ..night import Night, Result
from ..outcome import Forecast
from .orders import BySize, Order
from .simulate import Habits, Level, simulate
from .truth import Truth
from .working import ALONE, Workers

FRACTIONS = (0.15, 0.35)
USUAL_ORDER = BySize()


@dataclass(frozen=True, eq=False)
class PriorNight:
    """A night drawn from the prior: ordinary counts with their end, and the parameters that made it."""

    counts: Counts
    result: Result
    latent: Latent
    evidence: Evidence

    @property
    def night(self) -> Night:
        """The night as a model and a replay take it."""
        return Night(self.counts.election, self.counts, self.result)

    @property
    def quantities(self) -> dict[str, float]:
        """The true values of what is ranked."""
        found = {
            "margin": self.result.margin,
            "turnout": float(self.result.votes.sum()),
            "intercept": float(self.latent.fixed[0, 0]),
            "drift": float(self.latent.drift_nation[0, 0]),
        }
        return found | ({"arrival slope": float(self.latent.arrival[0])} if self.evidence.groups else {})


def draw_night(
    election: Election,
    priors: Priors,
    *,
    level: Level = "unit",
    order: Order = USUAL_ORDER,
    fractions: Sequence[float] = FRACTIONS,
    rng: np.random.Generator,
) -> PriorNight:
    """A fully synthetic night of an election's register; only which stations come when is taken from the order.

    Where counts come by unit the model conditions on that; where they are coarse it sees the share of each group alone.
    """
    skeleton = _skeleton(election, level, order, fractions, rng)
    seen = gather(skeleton, priors, moments=len(skeleton))
    scales = np.abs(rng.standard_normal((len(Scale), 2))) * scale_widths(seen.priors)
    latent = _from_prior(seen, scales, rng)
    counts = _counted(skeleton, seen, latent, rng)
    evidence = gather(counts, priors, moments=len(counts))
    return PriorNight(counts, _finished(evidence, latent, scales, rng), latent, evidence)


def calibrate(
    model: StratifiedArrival,
    election: Election,
    *,
    priors: Priors | None = None,
    level: Level = "unit",
    nights: int = 100,
    seed: int = 1,
    workers: Workers = ALONE,
) -> pd.DataFrame:
    """One row a night and quantity: night, quantity, truth, pit (the share of draws below the truth).

    `pit_histogram` of one quantity is its rank plot, `uniformity` its test.
    """
    priors = priors or Priors()
    model = replace(model, priors=priors)
    pieces = [(model, election, priors, level, [seed, number]) for number in range(nights)]
    rows = [row for _, found in workers.run(_ranks, pieces, said="calibrating") for row in found]
    return pd.DataFrame(rows).sort_values(["night", "quantity"], ignore_index=True)


def uniformity(ranks: pd.DataFrame) -> pd.Series:
    """The p-value of the Kolmogorov-Smirnov test that a quantity's PIT values are uniform (index quantity)."""
    return ranks.groupby("quantity")["pit"].apply(lambda pit: float(kstest(pit, "uniform").pvalue)).rename("p_value")


def _ranks(
    model: StratifiedArrival, election: Election, priors: Priors, level: Level, seed: list[int]
) -> list[dict[str, object]]:
    rng = np.random.default_rng(seed)
    drawn = draw_night(election, priors, level=level, rng=rng)
    forecast = model(drawn.counts, rng=rng)
    values = _values(forecast)
    return [
        {
            "night": seed[-1],
            "quantity": name,
            "truth": truth,
            "pit": float(np.mean(values[name] < truth) + 0.5 * np.mean(values[name] == truth)),
        }
        for name, truth in drawn.quantities.items()
    ]


def _values(forecast: Forecast) -> dict[str, np.ndarray]:
    """Draws of what is ranked."""
    named = forecast.parameters
    found = {
        "margin": forecast.margin.to_numpy(),
        "turnout": forecast.votes.sum("candidate").to_numpy(),
        "intercept": named["fixed"].transpose("draw", "effect", "component").to_numpy()[:, 0, 0],
        "drift": named["drift_nation"].transpose("draw", "component").to_numpy()[:, 0],
    }
    return found | ({"arrival slope": named["arrival"].isel(order=0).to_numpy()} if "arrival" in named else {})


def _skeleton(
    election: Election, level: Level, order: Order, fractions: Sequence[float], rng: np.random.Generator
) -> Counts:
    """Counts whose votes say nothing: which stations are in at each moment."""
    stations = election.units["stations"].to_numpy(float)
    votes = np.full((len(stations), len(election.candidates) + 2), 100.0) * stations[:, None]
    truth = Truth.from_totals(election, votes, rng=rng)
    return simulate(truth, order, level=level, fractions=fractions, habits=Habits(contested=0.0), rng=rng).counts


def _from_prior(evidence: Evidence, scales: np.ndarray, rng: np.random.Generator) -> Latent:
    """Effects at given scales."""
    design = evidence.design
    prior = build_prior(evidence, scales)
    contrasts = design.n_components - 1

    def effects(rows: int, deviation: np.ndarray) -> np.ndarray:
        both = np.broadcast_to(deviation, (rows, 2))
        return rng.standard_normal((rows, contrasts + 1)) * np.repeat(both, (contrasts, 1), axis=1)

    return Latent(
        fixed=effects(design.fixed.shape[1], prior.fixed),
        region=effects(design.n_regions, prior.region),
        area=effects(design.n_areas, prior.area),
        unit=effects(design.n_units, prior.unit),
        drift_nation=effects(1, prior.drift_nation),
        drift=effects(design.n_regions, prior.drift),
        arrival=prior.arrival_mean + prior.arrival * rng.standard_normal(len(prior.arrival)),
        arrival_unit=prior.arrival_unit * rng.standard_normal(design.n_units),
    )


def _counted(skeleton: Counts, seen: Evidence, latent: Latent, rng: np.random.Generator) -> Counts:
    """The skeleton's batches with votes drawn from the likelihood, added up to counts."""
    batches = skeleton.batches(at_most=len(skeleton))
    single = seen.count.holdings.single[batches["group"].to_numpy(int)]
    votes = np.zeros((len(batches), len(skeleton.election.candidates)))
    eta = predictor(seen, latent)
    if single.any():
        z, rows = fine_predictor(seen, latent, eta), seen.fine
        expected = np.log(rows.stations * seen.design.valid_per_station[rows.group]) + z[:, -1]
        several = seen.design.stations[rows.group] > 1.5
        votes[single] = _drawn(seen, rows, softmax(to_logits(z[:, :-1], seen.design.contrast)), expected, several, rng)
    if not single.all():
        means, rows = coarse_means(seen, latent, eta), seen.coarse
        votes[~single] = _drawn(seen, rows, means.mean, means.log_votes, np.ones(len(rows), dtype=bool), rng)
    return _added_up(skeleton, batches, votes)


def _drawn(
    seen: Evidence,
    rows: Batches,
    share: np.ndarray,
    log_votes: np.ndarray,
    several: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """(N, K) votes: normal in the log of their number, multinomial in as many as they are effectively worth."""
    ballots = np.exp(log_votes + rng.standard_normal(len(rows)) / np.sqrt(rows.turnout_precision))
    correlation = seen.priors.station_correlation * several
    before = rows.votes.sum(axis=1)
    # What besides clustering makes a batch worth less does not depend on its votes, and is kept from the skeleton.
    besides = 1.0 / rows.effective - design_effect(before, rows.stations, correlation) / before
    worth = 1.0 / (design_effect(ballots, rows.stations, correlation) / ballots + besides)
    size = np.maximum(np.round(worth), 1.0).astype(int)
    return rng.multinomial(size, share) * (ballots / size)[:, None]


def _added_up(skeleton: Counts, batches: pd.DataFrame, votes: np.ndarray) -> Counts:
    election = skeleton.election
    group = batches["group"].to_numpy(int)
    known = pd.DataFrame(votes, columns=list(election.candidate_ids)).groupby(group).cumsum()
    holdings = skeleton.latest.holdings.frame.iloc[group]
    head = {
        "time": batches["time"].to_numpy(),
        "level": holdings["level"].to_numpy(),
        "place": holdings["place"].to_numpy(),
    }
    frame = pd.DataFrame(head | {"counted": batches["stop"].to_numpy(), "contested": 0.0, "void": 0.0})
    frame["time"] = pd.DatetimeIndex(batches["time"])
    frame = pd.concat([frame, known], axis="columns").assign(blank=np.nan, null=np.nan)
    return Counts(election, frame.sort_values("time", kind="stable", ignore_index=True))


def _finished(evidence: Evidence, latent: Latent, scales: np.ndarray, rng: np.random.Generator) -> Result:
    """What is out, drawn once from the predictive distribution of the true parameters."""
    election, cells = evidence.design.election, open_cells(evidence)
    votes, _ = complete(evidence, cells, [lambda *_: iter([_known_draw(evidence, latent, scales, cells)])], rng)
    rows = pd.DataFrame(votes["final"].isel(draw=0).to_numpy(), columns=list(election.candidate_ids))
    rows.insert(0, "level", "region")
    rows.insert(1, "place", election.regions.index.to_numpy())
    return Result(election, rows.assign(blank=np.nan, null=np.nan))


def _known_draw(evidence: Evidence, latent: Latent, scales: np.ndarray, cells: Cells) -> Draws:
    """The true parameters as the one draw of a posterior that is sure."""
    design = evidence.design
    eta = predictor(evidence, latent)[cells.unit]
    eta += cells.late_nation[:, None] * latent.drift_nation + cells.late_region[:, None] * latent.drift[cells.region]
    score = (design.arrival @ latent.arrival + latent.arrival_unit)[:, None]
    earliness = score if evidence.groups else np.zeros((0, 1))
    named = {"fixed": latent.fixed[:, :, None], "drift_nation": latent.drift_nation.T}
    return Draws(eta[:, :-1, None], eta[:, -1:], earliness, named, scales[Scale.DRIFT][:, None])
