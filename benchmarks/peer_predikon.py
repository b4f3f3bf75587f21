"""predikon's sub-matrix factorisation on one partial count, in an environment of its own: FILE -> JSON on stdout."""

import json
import sys
import time

import numpy as np
import pandas as pd
from predikon import GaussianSubSVD


def main(path: str) -> None:
    """The baseline's list shares are the history; units that are not whole yet are missing. It has no interval."""
    table = pd.read_csv(path, dtype={"unit": str})
    history = table[[name for name in table if name.startswith("share_")]].to_numpy(float)
    weight = table["baseline_turnout"].to_numpy(float)
    votes = (table["first"] + table["second"]).to_numpy(float)
    whole = (table["percent"] >= 100).to_numpy() & (votes > 0)
    share = np.where(whole, table["first"].to_numpy(float) / np.maximum(votes, 1.0), np.nan)
    start = time.perf_counter()
    found = GaussianSubSVD(history, weight).fit_predict(share)
    seconds = time.perf_counter() - start
    final = np.where(whole, votes, weight * votes[whole].sum() / weight[whole].sum())
    print(json.dumps({"seconds": seconds, "margin": float((final * (2.0 * found - 1.0)).sum() / final.sum())}))


if __name__ == "__main__":
    main(sys.argv[1])
