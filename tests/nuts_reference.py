"""Long NUTS runs on counts of Peru 2021, kept in reference/nuts.json: what the fast engine must give.

`python tests/nuts_reference.py [CASE ...]` makes them anew, all or those named: some three minutes each on two cores,
the count in no order ten.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import arviz as az
import numpy as np
import pandas as pd

import runoff_forecast as rf
from runoff_forecast.count import Counts
from runoff_forecast.evaluate import Random, Truth, simulate
from runoff_forecast.models import Priors, StratifiedArrival
from runoff_forecast.models.learnt import learnt_priors

STORED = Path(__file__).parent / "reference" / "nuts.json"
ELECTION = "peru-2021-runoff"
SEED, CHAINS, TUNE, KEPT = 20210606, 2, 1000, 2000
RANDOM = "random 30 %"
KEPT_RANDOM = 12_000
"""One state of a night says nothing of how far it drifts, and the margin's variance is that of a long tail: of 2,000
draws a chain the deviation is known to some 10 % only."""
MOMENTS = 6
"""Of a night, that either engine is shown, the latest among them."""
CASES = (
    # the four snapshots of all districts at home, the nation's total beside them
    "2021-06-07T15:21-05:00",
    "2021-06-07T18:18-05:00",
    "2021-06-07T19:54-05:00",
    "2021-06-08T08:48-05:00",
    # all units, then hours of national bulletins alone
    "2021-06-08T18:19-05:00",
    RANDOM,
)


def counts_of(case: str) -> Counts:
    """The night so far at a moment of Peru 2021, or 30 % of its stations in no order at all."""
    night = rf.load(ELECTION)
    if case != RANDOM:
        return night.counts.until(pd.Timestamp(case))
    rng = np.random.default_rng(SEED)
    truth = Truth.from_result(night.election, night.result, rng=rng)
    return simulate(truth, Random(), level="unit", fractions=(0.3,), rng=rng).counts


def sampled(case: str, priors: Priors) -> dict:
    """What NUTS makes of a case: the margin (mean, sd), the scales (5 x 2, of support and turnout), its health."""
    from runoff_forecast.models.nuts import forecast_from, sample

    counts, rng = counts_of(case), np.random.default_rng(SEED)
    evidence = StratifiedArrival(priors=priors, moments=MOMENTS).evidence(counts)
    kept = KEPT_RANDOM if case == RANDOM else KEPT
    trace = sample(evidence, draws=kept, tune=TUNE, chains=CHAINS, rng=rng)
    forecast = forecast_from(evidence, trace, CHAINS * kept, rng)
    margin, log_scales = forecast.margin, np.log(trace.posterior["scales"])
    health = {name: forecast.diagnostics[name] for name in ("rhat", "rhat_of", "ess", "ess_of", "divergent")}
    return {
        "votes": counts.latest.votes.tolist(),
        "margin": {"mean": float(margin.mean()), "sd": float(margin.std())},
        "log_scales": {
            "mean": log_scales.mean(("chain", "draw")).to_numpy().round(4).tolist(),
            "sd": log_scales.std(("chain", "draw")).to_numpy().round(4).tolist(),
        },
        "margin_ess": float(az.ess(margin.to_numpy().reshape(CHAINS, kept))),
        **health,
    }


def read() -> tuple[Priors, dict[str, dict]]:
    """The priors that the reference was made with, and its cases."""
    kept = json.loads(STORED.read_text(encoding="utf-8"))
    return Priors(**kept["priors"]), kept["cases"]


def main(cases: list[str]) -> None:
    """All cases share one set of priors, so a part is made anew with those that are stored."""
    priors, made = read() if cases else (learnt_priors(rf.load(ELECTION).election), {})
    kept = {"draws_by_chain": KEPT, "draws_by_chain_random": KEPT_RANDOM}
    settings = {"seed": SEED, "chains": CHAINS, "tune": TUNE, **kept}
    STORED.parent.mkdir(exist_ok=True)
    for case in cases or CASES:
        made[case] = sampled(case, priors)
        text = json.dumps({"settings": settings, "priors": asdict(priors), "cases": made}, indent=1)
        STORED.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
