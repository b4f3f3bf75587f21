"""One timing in a process of its own, so that its peak of memory is its own: `python -m benchmarks.case NAME`."""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from runoff_forecast.count import Counts
from runoff_forecast.models import StratifiedArrival

from . import nights

DRAWS = 4000
SECONDS = 5.0
"""A case is repeated until it has taken this long, three to nine times."""

CASES: dict[str, Callable[[], Counts]] = {
    "26 regions as units": lambda: nights.regions(0.5),
    "2,082 districts, 2 % in": lambda: nights.peru("unit", 0.02),
    "2,082 districts, 50 % in": lambda: nights.peru("unit", 0.5),
    "2,082 districts, rows of regions": lambda: nights.peru("region", 0.5),
    "2,082 districts, rows of the nation": lambda: nights.peru("nation", 0.5),
    "86,488 stations, 50 % in": lambda: nights.peru("station", 0.5),
    "2,102 districts, 5 candidates": lambda: nights.first_round(nights.FIRST_ROUND),
    "2,102 districts, 8 candidates (final lists)": lambda: nights.final_lists(8),
    "5,296 units, 9 candidates": lambda: nights.first_round("bolivia-2019"),
    "synthetic 2,000": lambda: nights.synthetic(2_000),
    "synthetic 20,000": lambda: nights.synthetic(20_000),
    "synthetic 100,000": lambda: nights.synthetic(100_000),
    "synthetic 500,000": lambda: nights.synthetic(500_000),
    "synthetic 500,000, 90 % in": lambda: nights.synthetic(500_000, 0.9),
}

FROM_OFFICE_FILES = ("86,488 stations, 50 % in", "2,102 districts, 8 candidates (final lists)")
"""Cases that cannot be made without them."""


def measure(counts: Counts, engine: str = "fast") -> dict[str, float]:
    """Medians over several forecasts: wall and processor seconds; the margin's mean and deviation of the last."""
    model, wall, cpu = StratifiedArrival(engine=engine, draws=DRAWS), [], []
    most = 1 if engine == "nuts" else 9
    while len(wall) < min(3, most) or (sum(wall) < SECONDS and len(wall) < most):
        start, start_cpu = time.perf_counter(), time.process_time()
        forecast = model(counts, rng=np.random.default_rng(len(wall)))
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
    return {
        "units": len(counts.election.units),
        "wall": statistics.median(wall),
        "cpu": statistics.median(cpu),
        "runs": len(wall),
        "margin": float(forecast.mean(forecast.margin)),
        "sd": float(forecast.sd(forecast.margin)),
        "low": forecast.interval(0.9)[0],
        "high": forecast.interval(0.9)[1],
        "ess": _ess(forecast.trace),
    }


def _ess(trace: object) -> float | None:
    """Effective draws of the worst parameter of a sampler's trace."""
    if trace is None:
        return None
    import arviz

    sizes = arviz.ess(trace)
    return float(min(float(values.min()) for values in sizes.to_dataset().data_vars.values()))


def main() -> None:
    """Time the case and write it as JSON."""
    name, engine = sys.argv[1], (sys.argv[2] if len(sys.argv) > 2 else "fast")
    found = measure(CASES[name](), engine)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**30 if sys.platform == "darwin" else 2**20)
    print(json.dumps({**found, "peak_gb": peak}))


if __name__ == "__main__":
    main()
