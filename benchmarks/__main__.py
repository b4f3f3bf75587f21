"""The timings: `python -m benchmarks` (`make bench`). Threads are pinned to two; each case has its own process."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from . import nights, peers
from .case import CASES, DRAWS, FROM_OFFICE_FILES, measure

THREADS = "2"
"""As many as the fast engine takes by itself."""
PINNED = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), THREADS)
RUNS = 5
SIDE_BY_SIDE: dict[str, Callable] = {
    "whole districts, 20 % in": lambda: nights.whole_districts(0.2),
    "whole districts, 50 % in": lambda: nights.whole_districts(0.5),
    "whole districts, 80 % in": lambda: nights.whole_districts(0.8),
    "station by station, 50 % in": lambda: nights.peru("unit", 0.5),
    "as it was on 7 June 2021, 15:21": nights.real_districts,
}


def main() -> None:
    """Print the tables that are asked for; those of the engine and of whole processes where none is."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("tables", nargs="*", choices=[*TABLES, []], metavar="TABLE", help=", ".join(TABLES))
    chosen = parser.parse_args().tables or ["engine", "process"]
    os.environ.update(PINNED)
    processor = platform.processor() or platform.machine()
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{processor}, {os.cpu_count()} cores, {THREADS} threads, {load}; Python {platform.python_version()}")
    stations = "the office's stations" if nights.has_stations() else "stations made up from the result by district"
    print(f"{DRAWS:,} draws by region, all covariates; medians of 3 to 9 runs; {stations}")
    for name in chosen:
        print()
        TABLES[name]()


def _in_process(*arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=nights.ROOT, env=os.environ | PINNED)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return json.loads(done.stdout.strip().splitlines()[-1])


def engine() -> None:
    """The fast engine by size and by level of the count, and how its time grows."""
    print(f"{'fast engine':<45}{'units':>9}{'seconds':>9}{'cpu':>8}{'runs':>6}{'peak GB':>9}")
    sizes, seconds = [], []
    for name in CASES:
        if name in FROM_OFFICE_FILES and not nights.has_stations():
            continue
        found = _in_process("benchmarks.case", name)
        print(
            f"{name:<45}{found['units']:>9,}{found['wall']:>9.2f}{found['cpu']:>8.2f}"
            f"{found['runs']:>6}{found['peak_gb']:>9.2f}",
            flush=True,
        )
        if name.startswith("synthetic") and "%" not in name:
            sizes.append(found["units"])
            seconds.append(found["cpu"])
    slope = np.polyfit(np.log(sizes), np.log(seconds), 1)[0]
    last = (seconds[-1] - seconds[0]) / (sizes[-1] - sizes[0])
    print(
        f"growth from {sizes[0]:,} to {sizes[-1]:,} units: time ~ units^{slope:.2f}; {1e6 * last:.1f} µs more per unit"
    )


def side_by_side() -> None:
    """The fast engine and the peers on the same counts."""
    print("margins in points; the true margin is that of the whole count")
    print(f"{'count':<33}{'model':<13}{'seconds':>9}{'error':>8}{'90 % width':>12}")
    votes = nights.truth().totals
    true = float((votes[0] - votes[1]) / votes.sum())
    for name, made in SIDE_BY_SIDE.items():
        counts = made()
        ours = measure(counts)
        rows = {"fast engine": {**ours, "seconds": ours["wall"]}}
        rows |= {peer: peers.run(peer, counts) for peer in peers.PEERS}
        for peer, row in rows.items():
            print(f"{name:<33}{peer:<13}{_peer_row(row, true)}", flush=True)
        if not isinstance(rows["elex-model"], str):
            times = rows["elex-model"]["seconds"] / ours["wall"]
            print(f"{'':<33}the fast engine is {times:.0f} times faster than elex-model")


def _peer_row(row: dict[str, float] | str, true: float) -> str:
    if isinstance(row, str):
        return f"  no answer: {row}"
    width = f"{100 * (row['high'] - row['low']):>12.2f}" if row.get("low") is not None else f"{'none':>12}"
    return f"{row['seconds']:>9.3f}{100 * (row['margin'] - true):>+8.2f}{width}"


def whole_process() -> None:
    """What a user waits for: the command, the import, the reading of a folder."""
    code = {
        "import runoff_forecast": "import runoff_forecast",
        "import, and read the folder": f"import runoff_forecast as rf; rf.load({nights.ELECTION!r})",
    }
    commands = {name: [sys.executable, "-c", text] for name, text in code.items()}
    arguments = ["-m", "runoff_forecast", "forecast", nights.ELECTION, "--engine", "fast"]
    commands["forecast peru-2021-runoff"] = [sys.executable, *arguments]
    print(f"{'whole process':<38}{'seconds':>9}{'cpu':>8}")
    for name, command in commands.items():
        wall, cpu = np.median([_seconds(command) for _ in range(RUNS)], axis=0)
        print(f"{name:<38}{wall:>9.2f}{cpu:>8.2f}", flush=True)


def _seconds(command: list[str]) -> tuple[float, float]:
    """Wall and processor time of a command."""
    start, before = time.perf_counter(), os.times()
    subprocess.run(command, capture_output=True, check=True, cwd=nights.ROOT, env=os.environ | PINNED)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - start, cpu


def nuts() -> None:
    """The sampler on the districts, compilation included."""
    name = "2,082 districts, 50 % in"
    fast, sampled = (_in_process("benchmarks.case", name, engine) for engine in ("fast", "nuts"))
    print(f"{'engine':<8}{'seconds':>9}{'margin':>9}{'sd':>8}{'worst ESS':>11}{'ESS/s':>8}")
    for kind, found in (("fast", fast), ("nuts", sampled)):
        ess = found["ess"]
        rate = "" if ess is None else f"{ess:>11.0f}{ess / found['wall']:>8.2f}"
        print(f"{kind:<8}{found['wall']:>9.2f}{100 * found['margin']:>+9.3f}{100 * found['sd']:>8.3f}{rate}")


TABLES: dict[str, Callable[[], None]] = {
    "engine": engine,
    "process": whole_process,
    "peers": side_by_side,
    "nuts": nuts,
}


if __name__ == "__main__":
    main()
