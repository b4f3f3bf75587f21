"""Coarse batches beside fine ones, weighed draw by draw instead of linearised."""

import numpy as np
import pytest
import simulated

from runoff_forecast.evaluate import BySize, simulate
from runoff_forecast.models.arrow import Vector
from runoff_forecast.models.evidence import Evidence, gather
from runoff_forecast.models.laplace import pack, unpack
from runoff_forecast.models.latent import grouped_units, log_likelihood
from runoff_forecast.models.priors import Priors
from runoff_forecast.models.resampling import ResampledDraws, resampled_draws


def evidence_of(level: str, candidates: int = 2) -> Evidence:
    truth = simulated.truth(candidates=candidates)
    made = simulate(truth, BySize(), level=level, fractions=(0.2, 0.45), rng=np.random.default_rng(1))
    return gather(made.counts, Priors())


def source_of(evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> ResampledDraws:
    monkeypatch.setattr("runoff_forecast.models.resampling.LEAST", 0.0)
    return resampled_draws(evidence, 400, np.random.default_rng(1))


@pytest.mark.parametrize("candidates", [2, 3])
def test_a_weight_is_the_coarse_batches_likelihood(candidates, monkeypatch):
    evidence, rng = evidence_of("unit+nation", candidates), np.random.default_rng(2)
    source = source_of(evidence, monkeypatch)
    mode, m = source.mixture.best, 5
    points = [pack(mode.latent, field) for field in range(2)]
    fields = [
        Vector(*(0.1 * rng.standard_normal((*getattr(p, n).shape[:2], m)) for n in ("core", "area", "unit")))
        for p in points
    ]
    arrival = 0.5 * rng.standard_normal((evidence.design.arrival.shape[1] + evidence.design.n_units, m))
    q, members = evidence.design.arrival.shape[1], source.members
    drawn = tuple(Vector(f.core, f.area, f.unit[members]) for f in fields)
    found, expected = source._log_weights(mode, drawn, np.r_[arrival[:q], arrival[q + members]]), []
    start = np.r_[mode.latent.arrival, mode.latent.arrival_unit]
    for i in range(m):
        moved = tuple(
            Vector(p.core + f.core[..., [i]], p.area + f.area[..., [i]], p.unit + f.unit[..., [i]])
            for p, f in zip(points, fields, strict=True)
        )
        latent = unpack(evidence, (moved[0], moved[1]), start + arrival[:, i])
        expected.append(log_likelihood(evidence, latent) - log_likelihood(source.solver.evidence, latent))
    assert np.ptp(expected) > 1.0
    np.testing.assert_allclose(found - found[0], np.array(expected) - expected[0], rtol=1e-3, atol=1e-3)


def test_draws_are_at_most_those_asked_for(monkeypatch):
    evidence = evidence_of("unit+nation")
    source = source_of(evidence, monkeypatch)
    rng, made = np.random.default_rng(3), 0
    for portion in source.portions():
        for drawn in portion(25, rng):
            cells, m = drawn.turnout.shape
            assert cells == len(source.cells.unit)
            assert 1 <= m <= 25
            assert np.isfinite(drawn.earliness[grouped_units(evidence)]).all()
            made += m
    assert made == 400


@pytest.mark.parametrize("level", ["unit", "region", "nation"])
def test_without_batches_of_both_sorts_nothing_is_weighed(level):
    assert resampled_draws(evidence_of(level), 400, np.random.default_rng(1)) is None


def test_where_hardly_a_draw_would_survive_nothing_is_weighed(monkeypatch):
    monkeypatch.setattr("runoff_forecast.models.resampling.LEAST", 1.0)
    assert resampled_draws(evidence_of("unit+nation"), 400, np.random.default_rng(1)) is None
