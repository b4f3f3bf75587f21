"""Whether draws of votes can be a forecast: what is out is part of the end, and the ids are those of the election."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

ROUNDING = 1e-6
"""Sums of float votes may miss each other by this share of a vote or of the sum, whichever is more."""


def draws_problems(draws: xr.Dataset, candidates: Sequence[str], regions: Sequence[str]) -> list[str]:
    """What keeps draws of votes from being a finished count of these candidates and regions, each in a few words."""
    wanted = {"draw", "region", "candidate"}
    problems = [
        f"draws need {name!r} over draw, region and candidate"
        for name in ("final", "outstanding", "contested")
        if name not in draws or set(draws[name].dims) != wanted
    ]
    if problems:
        return problems
    for name, ids in (("candidate", candidates), ("region", regions)):
        if name not in draws.coords or list(draws[name].to_numpy()) != list(ids):
            problems.append(f"the {name}s of the draws are not those of the election, in its order")
    return problems or _votes_problems(draws)


def _votes_problems(draws: xr.Dataset) -> list[str]:
    final, outstanding, contested = (
        draws[name].transpose("draw", "region", "candidate").to_numpy()
        for name in ("final", "outstanding", "contested")
    )
    slack = ROUNDING * np.maximum(np.abs(final), 1.0)
    rules = {
        "draws are finite numbers of votes": all(
            np.isfinite(values).all() for values in (final, outstanding, contested)
        ),
        "votes are not negative": min(values.min(initial=0) for values in (final, outstanding, contested)) >= 0,
        "outstanding votes are part of the final ones": bool((outstanding <= final + slack).all()),
        "contested votes are part of the outstanding ones": bool((contested <= outstanding + slack).all()),
        "there is at least one draw": len(final) > 0,
    }
    return [f"broken: {rule}" for rule, holds in rules.items() if not holds]


def weights_problems(weights: xr.DataArray | None, draws: xr.Dataset) -> list[str]:
    """The same of weights of the draws."""
    if weights is None:
        return []
    if weights.dims != ("draw",) or weights.sizes["draw"] != draws.sizes.get("draw"):
        return ["weights need one value per draw"]
    values = weights.to_numpy()
    return (
        []
        if np.isfinite(values).all() and (values >= 0).all() and values.sum() > 0
        else ["weights are shares >= 0, not all zero"]
    )
