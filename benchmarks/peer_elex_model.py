"""elex-model's bootstrap election model on one partial count, in an environment of its own: FILE -> JSON on stdout."""

import json
import logging
import os
import sys
import time

os.environ.setdefault("APP_ENV", "local")

import pandas as pd
from elexmodel.client import ModelClient

logging.disable(logging.CRITICAL)
ELECTION, OFFICE = "2021-06-06_XX_G", "G"


def main(path: str) -> None:
    """One contest, regions as fixed effects; candidates stand as `dem` and `gop`, its names for first and second."""
    table = pd.read_csv(path, dtype={"unit": str, "region": str, "kind": str})
    features = [name for name in table if name.startswith("x_")]
    ids = {"postal_code": "XX", "geographic_unit_fips": table["unit"]}
    prepared = pd.DataFrame(ids).assign(
        county_fips=table["region"],
        county_classification=table["kind"],
        baseline_dem=table["baseline_first"],
        baseline_gop=table["baseline_second"],
        baseline_turnout=table["baseline_turnout"],
        **{name: table[name] for name in features},
    )
    current = pd.DataFrame(ids).assign(
        results_dem=table["first"],
        results_gop=table["second"],
        results_turnout=table["first"] + table["second"],
        percent_expected_vote=table["percent"],
    )
    config = {
        "office": OFFICE,
        "states": ["XX"],
        "geographic_unit_types": ["precinct"],
        "baseline_pointer": {"dem": "dem", "gop": "gop", "turnout": "turnout"},
        "features": features,
        "aggregates": ["postal_code", "county_fips", "county_classification", "unit"],
        "fixed_effect": ["county_fips", "county_classification"],
    }
    start = time.perf_counter()
    found = ModelClient().get_estimates(
        current,
        ELECTION,
        OFFICE,
        ["margin"],
        prediction_intervals=[0.9],
        percent_reporting_threshold=100,
        geographic_unit_type="precinct",
        raw_config={ELECTION: [config]},
        preprocessed_data=prepared,
        features=["baseline_normalized_margin", *features],
        fixed_effects={"county_fips": "all"},
        aggregates=["postal_code"],
        pi_method="bootstrap",
        save_output=[],
    )
    seconds = time.perf_counter() - start
    row = found["state_data"].iloc[0]
    low, high = float(row["lower_0.9_margin"]), float(row["upper_0.9_margin"])
    print(json.dumps({"seconds": seconds, "margin": float(row["pred_margin"]), "low": low, "high": high}))


if __name__ == "__main__":
    main(sys.argv[1])
