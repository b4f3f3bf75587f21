"""The model in PyMC: one density with the fast engine, whatever the sampler moves in."""

import made_up
import numpy as np
import pymc as pm
import pytensor
import pytest
import simulated
import xarray as xr

import runoff_forecast as rf
from runoff_forecast.evaluate import BySize, simulate
from runoff_forecast.models.effects import SUPPORT, TURNOUT, Scale
from runoff_forecast.models.evidence import Evidence, gather
from runoff_forecast.models.latent import Latent, grouped_units, log_joint, starting_point
from runoff_forecast.models.nuts import STORED, complaint_of, forecast_from
from runoff_forecast.models.priors import Priors
from runoff_forecast.models.pymc_model import build_model
from runoff_forecast.models.sickness import SickPosterior

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
    """Points so far apart that their densities differ by much more than rounding."""
    rng, start = np.random.default_rng(3), model.initial_point()
    return [
        {name: value + 0.6 * rng.standard_normal(value.shape) for name, value in start.items()} for _ in range(number)
    ]


def effects_at(model: pm.Model, evidence: Evidence):
    """Function from the values that a sampler moves to effects and scales by name."""
    names = ["scales", *EFFECTS, *(["arrival", "arrival_unit"] if evidence.groups else [])]
    made = pytensor.function(model.value_vars, model.replace_rvs_by_values([model[n] for n in names]), mode=QUICK)
    return lambda *values: dict(zip(names, made(*values), strict=True))


def latent_of(evidence: Evidence, model: pm.Model, effects: dict[str, np.ndarray]) -> Latent:
    base = starting_point(evidence)
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
    unit = np.log(scales[Scale.UNIT])
    return out * ((evidence.design.n_components - 1) * unit[SUPPORT] + unit[TURNOUT])


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


def trace_of(model: pm.Model, *, apart: float = 0.0, walk: bool = False, divergent: float = 0.0) -> xr.DataTree:
    """What a sampler could have drawn: two chains that lie `apart`, of draws that are independent or walk at random."""
    rng, chains, draws = np.random.default_rng(4), 2, 200
    posterior = {}
    for name in (name for name in STORED if name in model.named_vars):
        dims = model.named_vars_to_dims[name]
        noise = rng.standard_normal((chains, draws, *(len(model.coords[dim]) for dim in dims)))
        if walk:
            noise = noise.cumsum(axis=1) / np.sqrt(draws)
        noise[1] += apart
        posterior[name] = (("chain", "draw", *dims), np.exp(0.1 * noise - 3.0))
    diverging = rng.random((chains, draws)) < divergent
    stats = xr.Dataset({"diverging": (("chain", "draw"), diverging)})
    return xr.DataTree.from_dict({"posterior": xr.Dataset(posterior), "sample_stats": stats})


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ({"apart": 3.0}, "the chains disagree on .*: R-hat .*, above 1.05; try more draws or tuning"),
        ({"walk": True}, "R-hat|effective draws"),
        ({"divergent": 0.1}, "of the sampler's draws diverged, 1% are allowed"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_sick_posterior_is_an_error_that_says_what_to_try(fault, complaint):
    evidence = evidence_of("by unit")
    trace = trace_of(build_model(evidence), **fault)
    with pytest.raises(SickPosterior, match=complaint) as raised:
        forecast_from(evidence, trace, 400, np.random.default_rng(1))
    assert "engine='fast'" in str(raised.value)


def test_few_effective_draws_are_a_complaint():
    health = {"chains": 2, "draws_by_chain": 500, "rhat": 1.01, "ess": 40.0, "ess_of": "drift", "divergent": 0.0}
    assert "drift has 40 effective draws, 100 are needed" in complaint_of(health)
    assert complaint_of(health | {"ess": 100.0}) is None


def test_healthy_draws_make_a_forecast():
    evidence = evidence_of("by unit")
    forecast = forecast_from(evidence, trace_of(build_model(evidence)), 400, np.random.default_rng(1))
    assert forecast.diagnostics["rhat"] < 1.05
    assert forecast.diagnostics["draws_by_chain"] == 200


def test_a_small_count_is_sampled_from_end_to_end():
    """Half a minute, nearly all of which the compiler takes: so one run, and all that it promises of it."""
    count = made_up.count(made_up.election())
    sampled, fast = (rf.forecast(count, engine=engine, draws=1000, seed=1) for engine in ("nuts", "fast"))
    assert (sampled.engine, dict(sampled.draws.sizes)) == ("nuts", dict(fast.draws.sizes))
    for name, labels in fast.draws.coords.items():
        np.testing.assert_array_equal(sampled.draws[name], labels)
    inside = (sampled.votes - sampled.outstanding) / count.votes[list(sampled.candidates)].to_numpy()
    np.testing.assert_allclose(inside, 1.0, atol=4 * Priors().revision)
    assert sampled.outstanding.min() > 0
    assert dict(sampled.trace.posterior.sizes) | {"chain": 2, "draw": 500} == dict(sampled.trace.posterior.sizes)
    assert {"rhat", "rhat_of", "ess", "ess_of", "divergent"} <= set(sampled.diagnostics)
    assert complaint_of(sampled.diagnostics) is None
    # of some 250 effective draws
    sd = float(fast.sd(fast.margin))
    assert float(sampled.mean(sampled.margin)) == pytest.approx(float(fast.mean(fast.margin)), abs=0.3 * sd)
    assert float(sampled.sd(sampled.margin)) == pytest.approx(sd, rel=0.2)
