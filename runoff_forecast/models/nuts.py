"""The second engine: the model in PyMC sampled by NUTS, diagnosed, and completed as the fast engine's draws are."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from functools import partial
from importlib.util import find_spec

import arviz as az
import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr
from pymc.model.fgraph import fgraph_from_model, model_from_fgraph
from pytensor.compile.sharedvalue import SharedVariable, shared
from pytensor.tensor.type import TensorType

from ..outcome import Forecast
from .cautions import warnings_of
from .complete import Cells, Draws, complete, open_cells
from .coordinates import expected, field_of, find_coordinates, sampled_units
from .design import NATIONAL_ORDER
from .effects import Scale
from .evidence import Evidence
from .labels import labelled
from .latent import grouped_units
from .pymc_model import build_model
from .sickness import SickPosterior

KEPT = 500
"""Draws a chain keeps at most: they are far from repeating each other, and the completed count adds noise of its
own."""
ACCEPTED = 0.95
"""Share of proposals that the step is chosen for: shorter steps than by default, for scales that may go to zero."""
WORST_RHAT = 1.05
LEAST_ESS = 50.0
"""Effective draws for each chain that an estimate of R-hat needs (Vehtari et al. 2021); fewer where few were asked
for."""
LEAST_SHARE = 0.1
MOST_DIVERGENT = 0.01

STORED = ("scales", "fixed", "region_effect", "area", "unit", "drift_nation", "drift", "arrival", "arrival_unit")
JUDGED = ("scales", "fixed", "drift_nation", "drift", "arrival")
"""What diagnostics look at, beside the margin; the hundreds of units hang on these."""


def sample_forecast(evidence: Evidence, draws: int, tune: int, chains: int, rng: np.random.Generator) -> Forecast:
    """The forecast from NUTS draws. Raises `SickPosterior` where they cannot be trusted."""
    kept = min(max(draws // chains, 1), KEPT)
    trace = sample(evidence, draws=kept, tune=tune, chains=chains, rng=rng)
    return forecast_from(evidence, trace, draws, rng)


def forecast_from(evidence: Evidence, trace: xr.DataTree, draws: int, rng: np.random.Generator) -> Forecast:
    """The finished count from a trace, its draws used in turn. Raises `SickPosterior` where they cannot be trusted."""
    cells = open_cells(evidence)
    source = TraceDraws(evidence, trace.posterior.to_dataset(), cells)
    made, parameters = complete(evidence, cells, [partial(source.portion, draws)], rng)
    forecast = Forecast(evidence.count, made, parameters, engine="nuts", trace=trace)
    health = diagnose(trace, forecast.margin.to_numpy())
    if complaint := complaint_of(health):
        raise SickPosterior(complaint)
    return replace(forecast, diagnostics={"warnings": warnings_of(evidence, parameters), **health})


def sample(evidence: Evidence, *, draws: int, tune: int, chains: int, rng: np.random.Generator) -> xr.DataTree:
    """Draws by nutpie where it is installed, else by PyMC's own sampler; progress goes to stderr."""
    start = find_coordinates(evidence)
    model = build_model(evidence, coordinates=start)
    # the other coordinates are zero at the mode; these have a place of their own
    scales = {"scales": start.scales}
    names = [name for name in STORED if name in model.named_vars]
    length, seed = {"draws": draws, "tune": tune, "chains": chains}, int(rng.integers(2**31))
    if find_spec("nutpie") is None:
        with redirect_stdout(sys.stderr):
            return pm.sample(
                **length, model=model, initvals=scales, random_seed=seed, var_names=names, target_accept=ACCEPTED
            )
    import nutpie

    compiled = nutpie.compile_pymc_model(packed(model), var_names=names, initial_points=scales, freeze_model=False)
    return nutpie.sample(compiled, **length, seed=seed, save_warmup=False, target_accept=ACCEPTED)


def packed(model: pm.Model) -> pm.Model:
    """The same model with all its numbers in two vectors, one of reals and one of positions.

    nutpie hands each array of a model to the compiled code by a function of its own: with the sixty of Peru's
    districts its compilation took 117 s instead of 44 s, what can be cached being cached.
    """
    graph, _ = fgraph_from_model(model)
    found = dict.fromkeys(v for node in graph.toposort() for v in node.inputs if isinstance(v, SharedVariable))
    numbers = [v for v in found if isinstance(v.type, TensorType) and v.ndim]
    for dtype in sorted({v.dtype for v in numbers}):
        own = [v for v in numbers if v.dtype == dtype]
        values = [v.get_value(borrow=True) for v in own]
        whole = shared(np.concatenate([value.ravel() for value in values]), shape=(None,))
        sizes = shared(np.array([value.size for value in values]), shape=(None,))
        parts = pt.split(whole, sizes, n_splits=len(own))
        shaped = [part.reshape((-1, *value.shape[1:])) for part, value in zip(parts, values, strict=True)]
        graph.replace_all(zip(own, shaped, strict=True), import_missing=True)
    return model_from_fgraph(graph, mutate_fgraph=True)


class TraceDraws:
    """Posterior draws of the cells in the order of the chains, again and again as long as they are asked for."""

    def __init__(self, evidence: Evidence, posterior: xr.Dataset, cells: Cells) -> None:
        self.evidence, self.cells = evidence, cells
        self.columns = {
            str(name): np.moveaxis(v.to_numpy().reshape(-1, *v.shape[2:]), 0, -1) for name, v in posterior.items()
        }
        self.total = posterior.sizes["chain"] * posterior.sizes["draw"]

    def portion(self, draws: int, most: int, rng: np.random.Generator) -> Iterator[Draws]:
        """All that are asked for, `most` at once at most."""
        for made in range(0, draws, most):
            yield self._drawn(np.arange(made, min(made + most, draws)) % self.total, rng)

    def _drawn(self, index: np.ndarray, rng: np.random.Generator) -> Draws:
        at = {name: column[..., index] for name, column in self.columns.items()}
        eta = self._predictor(at, rng)
        named = {name: at[name] for name in ("fixed", "drift_nation", "drift")}
        if "arrival" in at:
            named["arrival"] = at["arrival"][: len(NATIONAL_ORDER)]
        return Draws(eta[:, :-1], eta[:, -1], self._earliness(at, len(index)), named, at["scales"][Scale.DRIFT])

    def _predictor(self, at: dict[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
        """(C, E, m), drift included."""
        design, cells = self.evidence.design, self.cells
        units, inverse = np.unique(cells.unit, return_inverse=True)
        eta = np.einsum("uf,fem->uem", design.fixed[units], at["fixed"]) + expected(self.evidence)[units][:, :, None]
        eta += at["region_effect"][design.region[units]] + at["area"][design.area[units]] + self._own(units, at, rng)
        drift = cells.late_region[:, None, None] * at["drift"][cells.region]
        return eta[inverse] + drift + cells.late_nation[:, None, None] * at["drift_nation"]

    def _own(self, units: np.ndarray, at: dict[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
        """(units, E, m) own effects: those sampled, and for the others draws from their prior."""
        deviation = at["scales"][Scale.UNIT][field_of(self.evidence)]
        own = rng.standard_normal((len(units), *deviation.shape)) * deviation
        sampled = sampled_units(self.evidence)
        known = np.isin(units, sampled)
        if known.any():
            own[known] = at["unit"][np.searchsorted(sampled, units[known])]
        return own

    def _earliness(self, at: dict[str, np.ndarray], m: int) -> np.ndarray:
        """(U, m) arrival scores; only those of units in coarse groups are ever asked for."""
        design = self.evidence.design
        if not self.evidence.groups:
            return np.zeros((0, m))
        score, members = np.zeros((design.n_units, m)), grouped_units(self.evidence)
        score[members] = design.arrival[members] @ at["arrival"] + at["arrival_unit"]
        return score


def diagnose(trace: xr.DataTree, margin: np.ndarray) -> dict[str, float | str]:
    """Worst R-hat, least bulk effective sample size, each with its parameter, and the share of divergent draws."""
    posterior = trace.posterior.to_dataset()
    shape = (posterior.sizes["chain"], posterior.sizes["draw"])
    judged = posterior[[name for name in JUDGED if name in posterior]]
    if np.ptp(margin) > 0.0:
        judged = judged.assign(margin=(("chain", "draw"), margin[: shape[0] * shape[1]].reshape(shape)))
    health: dict[str, float | str] = {"draws_by_chain": shape[1], "chains": shape[0]}
    if shape[0] > 1:
        health["rhat"], health["rhat_of"] = _extreme(az.rhat(judged), 1.0)
    health["ess"], health["ess_of"] = _extreme(az.ess(judged), -1.0)
    return health | {"divergent": float(trace.sample_stats["diverging"].mean())}


def _extreme(values: xr.Dataset, sign: float) -> tuple[float, str]:
    """The highest (or, by `sign`, lowest) value of all parameters, and whose it is; what cannot be computed is
    worst."""
    flat = sign * labelled(values).fillna(sign * np.inf)
    return float(sign * flat.max()), str(flat.idxmax())


def complaint_of(health: dict[str, float | str]) -> str | None:
    """What is wrong with the draws and what to try; None where they can be trusted."""
    advice = "try more draws or tuning, as StratifiedArrival(engine='nuts', tune=2000), or use engine='fast'"
    chains = float(health["chains"])
    least = chains * min(LEAST_ESS, LEAST_SHARE * float(health["draws_by_chain"]))
    if float(health["divergent"]) > MOST_DIVERGENT:
        return (
            f"{float(health['divergent']):.1%} of the sampler's draws diverged, {MOST_DIVERGENT:.0%} are allowed: "
            f"the evidence leaves a scale free to go to zero; {advice}"
        )
    if float(health.get("rhat", 1.0)) > WORST_RHAT:
        return f"the chains disagree on {health['rhat_of']}: R-hat {health['rhat']:.3f}, above {WORST_RHAT}; {advice}"
    if float(health["ess"]) < least:
        return f"{health['ess_of']} has {health['ess']:.0f} effective draws, {least:.0f} are needed; {advice}"
    return None
