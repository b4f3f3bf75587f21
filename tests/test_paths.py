"""Orders on a published path reproduce it, whatever they do between and inside regions."""

import numpy as np
import pytest
import simulated

from runoff_forecast.evaluate import ByPlace, on_path

TRUTH = simulated.truth()


def raw_margin(order: ByPlace, fraction: float, seed: int) -> float:
    first = np.argsort(order(TRUTH, np.random.default_rng(seed)), kind="stable")[: round(fraction * len(TRUTH.unit))]
    votes = TRUTH.votes[first].sum(axis=0)
    return float((votes[0] - votes[1]) / votes[:-2].sum())


@pytest.mark.parametrize("between", [0.0, 0.5, 1.0])
def test_the_margin_so_far_is_the_published_one(between):
    steep = raw_margin(ByPlace(between, 1.0), 0.4, 1)
    found = on_path(TRUTH, between, 0.4, steep, seed=1)
    mean = np.mean([raw_margin(found, 0.4, 1 + t) for t in range(2)])
    assert mean == pytest.approx(steep, abs=2e-3)


def test_what_no_order_reaches_gets_the_nearest():
    out_of_reach = -0.9

    def missed(strength: float) -> float:
        return abs(np.mean([raw_margin(ByPlace(0.5, strength), 0.4, 1 + t) for t in range(2)]) - out_of_reach)

    found = on_path(TRUTH, 0.5, 0.4, out_of_reach, seed=1).strength
    assert missed(found) == pytest.approx(min(missed(strength) for strength in np.arange(0.0, 8.5, 0.5)))


def test_no_strength_is_no_order():
    assert ByPlace(0.5, 0.0)(TRUTH, np.random.default_rng(3)) == pytest.approx(
        np.random.default_rng(3).standard_normal(len(TRUTH.unit))
    )
