"""Valid votes to expect of a station before any is counted."""

import numpy as np

from .election import Election

VALID_PER_ELECTOR = 0.70
"""Valid votes per registered voter where no baseline tells."""
VALID_PER_STATION = 200.0
"""The same of a station where the electorate is not known either."""


def valid_per_station(election: Election) -> np.ndarray:
    """(U,) the baseline's; where a unit has none, a share of its electorate that is the baseline's elsewhere."""
    stations = election.units["stations"].to_numpy(float)
    electorate = election.units["electorate"].to_numpy(float)
    valid = (
        election.baseline.sum(axis=1, min_count=1).to_numpy(float)
        if election.baseline.shape[1]
        else np.full_like(stations, np.nan)
    )
    per_station = np.where(np.isfinite(valid) & (valid > 0), valid / stations, np.nan)
    by_electorate = np.where(
        np.isfinite(electorate) & (electorate > 0), VALID_PER_ELECTOR * electorate / stations, np.nan
    )
    known = np.isfinite(per_station) & np.isfinite(by_electorate)
    if known.any():
        by_electorate = (
            by_electorate
            * (per_station[known] * stations[known]).sum()
            / (by_electorate[known] * stations[known]).sum()
        )
    filled = np.where(np.isfinite(per_station), per_station, by_electorate)
    average = (
        np.nansum(filled * stations) / stations[np.isfinite(filled)].sum()
        if np.isfinite(filled).any()
        else VALID_PER_STATION
    )
    return np.where(np.isfinite(filled), filled, average)
