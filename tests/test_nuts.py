"""The model in PyMC: one density with the fast engine, whatever the sampler moves in."""

import numpy as np
import pymc as pm
import pytensor
import pytest
import simulated

from runoff_forecast.evaluate import BySize, simulate
from runoff_forecast.models.evidence import Evidence, gather
from runoff_forecast.models.latent import Latent, grouped_units, log_joint, start_at_prior
from runoff_forecast.models.priors import Priors
from runoff_forecast.models.pymc_model import build_model

pytestmark = pytest.mark.nuts

NIGHTS = {
    "by unit": ("unit", 2),
    "nation": ("nation", 2),
    "regions": ("region", 2),
    "mixed": ("unit+nation", 2),
    "three": ("unit+nation", 3),
}
each_night = pytest.mark.parametrize("night", NIGHTS)
CENTRINGS = ("informed", "centred", "plain")
EFFECTS = ("fixed", "region_effect", "area", "unit", "drift_nation", "drift")
# graphs of a few hundred unknowns, called some times: not worth a compiler's minute
QUICK = pytensor.compile.mode.Mode(linker="py", optimizer="fast_compile")


def evidence_of(night: str, fractions=(0.2, 0.45)) -> Evidence:
    level, candidates = NIGHTS[night]
    truth = simulated.truth(candidates=candidates)
    made = simulate(truth, BySize(), level=level, fractions=fractions, rng=np.random.default_rng(1))
    return gather(made.counts, Priors())


def points(model: pm.Model, number: int = 3) -> list[dict[str, np.ndarray]]:
    rng, start = np.random.default_rng(3), model.initial_point()
    return [
        {name: value + 0.3 * rng.standard_normal(value.shape) for name, value in start.items()} for _ in range(number)
    ]


def effects_at(model: pm.Model, evidence: Evidence):
    """Function from the values that a sampler moves to effects and scales by name."""
    names = ["scales", *EFFECTS, *(["arrival", "arrival_unit"] if evidence.groups else [])]
    made = pytensor.function(model.value_vars, model.replace_rvs_by_values([model[n] for n in names]), mode=QUICK)
    return lambda *values: dict(zip(names, made(*values), strict=True))


def latent_of(evidence: Evidence, model: pm.Model, effects: dict[str, np.ndarray]) -> Latent:
    base = start_at_prior(evidence)
    place = {name: i for i, name in enumerate(evidence.design.election.units.index)}
    base.unit[[place[u] for u in model.coords["unit_id"]]] = effects["unit"]
    if evidence.groups:
        base.arrival_unit[grouped_units(evidence)] = effects["arrival_unit"]
    return Latent(
        fixed=effects["fixed"],
        region=effects["region_effect"],
        area=effects["area"],
        unit=base.unit,
        drift_nation=effects["drift_nation"][None],
        drift=effects["drift"],
        arrival=effects.get("arrival", base.arrival),
        arrival_unit=base.arrival_unit,
    )


def log_unsampled(evidence: Evidence, model: pm.Model, scales: np.ndarray) -> float:
    """Takes away the prior density, at zero, of units that the model in PyMC leaves out."""
    out = evidence.design.n_units - len(model.coords["unit_id"])
    return out * ((evidence.design.n_components - 1) * np.log(scales[3, 0]) + np.log(scales[3, 1]))


@each_night
@pytest.mark.parametrize("centring", CENTRINGS)
def test_it_is_the_density_of_the_fast_engine(night, centring):
    """Up to a constant, and the volume of the change of variables; scales are measured in their logs by both."""
    evidence = evidence_of(night)
    model = build_model(evidence, centring=centring)
    effects = effects_at(model, evidence)
    density = pytensor.function(model.value_vars, model.logp(), mode=QUICK)
    differences, sizes = [], []
    for point in points(model):
        values = [point[v.name] for v in model.value_vars]
        at = effects(*values)
        theirs = log_joint(evidence, latent_of(evidence, model, at), at["scales"])
        theirs += log_unsampled(evidence, model, at["scales"])
        differences.append(float(density(*values)) - log_volume(effects, values) - theirs)
        sizes.append(theirs)
    assert np.ptp(sizes) > 5.0  # the points lie apart
    assert np.ptp(differences) < 1e-6 * np.max(np.abs(sizes))


def log_volume(effects, values: list[np.ndarray], step: float = 1e-5) -> float:
    """Log determinant of effects and log scales in the values that a sampler moves, by differences."""
    rows = []
    for i, value in enumerate(values):
        for index in np.ndindex(value.shape):
            ends = []
            for sign in (1.0, -1.0):
                moved = value.copy()
                moved[index] += sign * step
                at = effects(*values[:i], moved, *values[i + 1 :])
                ends.append(np.concatenate([np.ravel(np.log(v) if k == "scales" else v) for k, v in at.items()]))
            rows.append((ends[0] - ends[1]) / (2.0 * step))
    return float(np.linalg.slogdet(np.array(rows))[1])


@pytest.mark.parametrize("night", ["nation", "mixed"])
def test_the_gradient_knows_that_the_threshold_moves(night):
    evidence = evidence_of(night)
    model = build_model(evidence)
    value = next(v for v in model.value_vars if v.name == "arrival_raw")
    both = pytensor.function(model.value_vars, [model.logp(), pytensor.grad(model.logp(), value)], mode=QUICK)
    point = points(model, 1)[0]
    ends = []
    for step in (1e-5, -1e-5):
        moved = point | {"arrival_raw": point["arrival_raw"] + step * (np.arange(len(point["arrival_raw"])) == 0)}
        ends.append(float(both(*(moved[v.name] for v in model.value_vars))[0]))
    told = both(*(point[v.name] for v in model.value_vars))[1][0]
    assert told == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-4)
