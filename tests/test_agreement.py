"""The two engines on the same counts of Peru 2021: the fast one gives what long runs of the sampler gave."""

import numpy as np
import nuts_reference
import pytest

from runoff_forecast.models import StratifiedArrival

NEAR, WITHIN = 0.1, 0.1
"""How far the margin's mean may lie from the reference, in its deviations, and how far the deviation, as a part."""
DRAWS = 4000
PRIORS, REFERENCE = nuts_reference.read()


def agree(mean: float, sd: float, kept: dict, effective: float) -> None:
    """Two errors of the means' and deviations' own, as draws are few, are allowed for."""
    noise = 2.0 * np.sqrt(1.0 / effective + 1.0 / kept["margin_ess"])
    assert abs(mean - kept["margin"]["mean"]) < (NEAR + noise) * kept["margin"]["sd"]
    assert abs(np.log(sd / kept["margin"]["sd"])) < WITHIN + noise / np.sqrt(2.0)


@pytest.mark.parametrize("case", nuts_reference.CASES)
def test_the_fast_engine_agrees_with_a_long_nuts_run(case):
    counts = nuts_reference.counts_of(case)
    assert counts.latest.votes.tolist() == REFERENCE[case]["votes"], "another count: make the reference anew"
    margin = StratifiedArrival(priors=PRIORS, draws=DRAWS, moments=nuts_reference.MOMENTS)(
        counts, rng=np.random.default_rng(1)
    ).margin
    agree(float(margin.mean()), float(margin.std()), REFERENCE[case], DRAWS)


@pytest.mark.slow
@pytest.mark.nuts
@pytest.mark.parametrize("case", nuts_reference.CASES)
def test_the_reference_can_be_made_again(case):
    made = nuts_reference.sampled(case, PRIORS)
    agree(made["margin"]["mean"], made["margin"]["sd"], REFERENCE[case], made["margin_ess"])
