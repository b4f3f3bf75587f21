"""The model in PyMC: one density with the fast engine, whatever the sampler moves in."""

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
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


def points(model: pm.Model, number: int = 4) -> list[dict[str, np.ndarray]]:
    rng, start = np.random.default_rng(3), model.initial_point()
    return [
        {name: value + 0.3 * rng.standard_normal(value.shape) for name, value in start.items()} for _ in range(number)
    ]


def effects_at(model: pm.Model, evidence: Evidence):
    """Function from a point to the latent effects and scales there."""
    names = ["scales", *EFFECTS, *(["arrival", "arrival_unit"] if evidence.groups else [])]
    values = pytensor.function(model.value_vars, model.replace_rvs_by_values([model[n] for n in names]), mode=QUICK)
    return lambda point: dict(zip(names, values(*(point[v.name] for v in model.value_vars)), strict=True))


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
    """The prior density at zero of units that the model in PyMC integrates out."""
    out = evidence.design.n_units - len(model.coords["unit_id"])
    return -out * ((evidence.design.n_components - 1) * np.log(scales[3, 0]) + np.log(scales[3, 1]))


@each_night
@pytest.mark.parametrize("centring", CENTRINGS)
def test_it_is_the_density_of_the_fast_engine(night, centring):
    evidence = evidence_of(night)
    model = build_model(evidence, centring=centring)
    effects = effects_at(model, evidence)
    density = pytensor.function(model.value_vars, model.logp(jacobian=False), mode=QUICK)
    differences, sizes = [], []
    for point in points(model):
        at = effects(point)
        mine = float(density(*(point[v.name] for v in model.value_vars))) + np.log(at["scales"]).sum()
        theirs = log_joint(evidence, latent_of(evidence, model, at), at["scales"])
        differences.append(mine - theirs + log_unsampled(evidence, model, at["scales"]))
        sizes.append(theirs)
    assert np.ptp(sizes) > 10.0
    assert np.ptp(differences) < 1e-6 * np.max(np.abs(sizes))


@pytest.mark.parametrize("night", ["by unit", "mixed"])
@pytest.mark.parametrize("centring", CENTRINGS)
def test_the_change_of_variables_has_its_jacobian(night, centring):
    evidence = evidence_of(night)
    model = build_model(evidence, centring=centring)
    names = ["scales", "fixed", "region_effect", "drift_nation", "drift", "area", "unit"]
    names += ["arrival", "arrival_unit"] if evidence.groups else []
    flat = pt.concatenate([pt.flatten(v) for v in model.replace_rvs_by_values([model[n] for n in names])])
    told = model.logp(jacobian=True) - model.logp(jacobian=False)
    made = pytensor.function(model.value_vars, [flat, told], mode=QUICK)
    point = points(model, 1)[0]
    values = [point[v.name] for v in model.value_vars]
    jacobian = numerical_jacobian(lambda *given: made(*given)[0], values)
    assert np.linalg.slogdet(jacobian)[1] == pytest.approx(float(made(*values)[1]), rel=1e-6)


def numerical_jacobian(function, values: list[np.ndarray], step: float = 1e-5) -> np.ndarray:
    rows = []
    for i, value in enumerate(values):
        for index in np.ndindex(value.shape):
            ends = []
            for sign in (1.0, -1.0):
                moved = value.copy()
                moved[index] += sign * step
                ends.append(function(*values[:i], moved, *values[i + 1 :]))
            rows.append((ends[0] - ends[1]) / (2.0 * step))
    return np.array(rows)
