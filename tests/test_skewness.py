"""From the mode to the mean: noise leaves shares where they were, and small lists get no votes for nothing."""

from dataclasses import replace

import numpy as np
import pytest
import simulated

from runoff_forecast.count import Counts
from runoff_forecast.election import Candidate
from runoff_forecast.evaluate import Habits, Random, simulate
from runoff_forecast.evaluate.simulate import Level
from runoff_forecast.models import StratifiedArrival
from runoff_forecast.models.complete import _mean_kept
from runoff_forecast.models.effects import SUPPORT
from runoff_forecast.models.laplace import build_solver
from runoff_forecast.models.latent import fine_predictor, predictor, starting_point
from runoff_forecast.models.quadrature import integrate
from runoff_forecast.models.simplex import contrasts, mean_share, softmax, to_contrasts, to_logits
from runoff_forecast.models.skewness import _doubt, at_mean

TRUTH = simulated.truth()


def with_a_tiny_list(level: Level) -> Counts:
    """Half of a count whose smallest list has the same small share everywhere."""
    chance, habits = np.random.default_rng(3), Habits(contested=0.0)
    counts = simulate(TRUTH, Random(), level=level, fractions=(0.5,), habits=habits, rng=chance).counts
    election = replace(counts.election, candidates=(*counts.election.candidates, Candidate("tiny", "Tiny")))
    tiny = (0.004 * counts.frame[["ana", "bea"]].sum(axis=1)).round()
    return Counts.from_frame(election, counts.frame.assign(tiny=tiny))


@pytest.mark.parametrize("share", [(0.9, 0.1), (0.5, 0.5), (0.9, 0.02, 0.05, 0.03)])
def test_noise_of_stations_leaves_the_mean_where_it_was(share):
    shares, contrast, rng = np.array([share]), contrasts(len(share)), np.random.default_rng(1)
    variance = np.array([0.3])
    noise = np.sqrt(variance) * rng.standard_normal((100_000, len(share) - 1))
    centre = to_contrasts(np.log(shares), contrast)
    kept = softmax(to_logits(centre + _mean_kept(shares, variance, contrast) + noise, contrast)).mean(axis=0)
    pulled = softmax(to_logits(centre + noise, contrast)).mean(axis=0)
    np.testing.assert_allclose(kept, share, atol=0.002)
    assert max(share) == 0.5 or abs(pulled - share).max() > 0.005


def test_votes_are_those_of_the_mean_and_no_longer_of_the_mode():
    evidence = StratifiedArrival().evidence(with_a_tiny_list("unit"))
    solver, rows = build_solver(evidence), evidence.fine
    mixture = integrate(solver, starting_point(evidence))
    doubt = _doubt(mixture.best.arrows[SUPPORT], rows.group)

    def left_over(latent) -> float:
        z = fine_predictor(evidence, latent, predictor(evidence, latent))
        expected = mean_share(to_logits(z[:, :-1], evidence.design.contrast), doubt, evidence.design.contrast)
        return np.linalg.norm(rows.effective @ (rows.observed - expected))

    before, after = (left_over(each.best.latent) for each in (mixture, at_mean(solver, mixture)))
    assert after < 0.5 * before


@pytest.mark.parametrize(("level", "most"), [("station", 1.02), ("region", 1.12)])
def test_a_tiny_list_gets_no_votes_for_nothing(level, most):
    counts = with_a_tiny_list(level)
    forecast = StratifiedArrival(draws=2000)(counts, rng=np.random.default_rng(1))
    raw = counts.latest.votes["tiny"] / counts.latest.votes.sum()
    assert raw < float(forecast.mean(forecast.shares).sel(candidate="tiny")) < most * raw
