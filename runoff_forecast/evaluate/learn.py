"""What past counts teach the priors: one line of measurements per election, pooled later without the one at hand.

Run as `python -m runoff_forecast.evaluate.learn`, it rewrites `runoff_forecast/models/learnt.toml` from the bundled
elections.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import least_squares, minimize
from threadpoolctl import threadpool_limits

from ..count import Counts
from ..models.arrival import counted_share
from ..models.arrow import Arrow, Eliminated, Layout, Precisions, Vector, build_layout
from ..models.design import NATIONAL_ORDER, Design, build_design
from ..models.effects import Scale, core_of
from ..models.evidence import gather
from ..models.laplace import build_solver
from ..models.latent import starting_point
from ..models.priors import ATTENUATION, Priors
from ..models.quadrature import integrate
from ..night import Night
from ..sources import load

LATE = 0.97
"""Above this share counted what is out waits for rulings, not for its turn."""
NIGHTS = (
    "peru-2016-runoff",
    "peru-2021-first-round",
    "peru-2021-runoff",
    "peru-2026-first-round",
    "bolivia-2019",
    "turkey-2023-runoff",
)


@dataclass(frozen=True)
class Arrival:
    """The order of arrival of one snapshot: population-averaged slopes, deviations of regions and units, in logits."""

    counted: float
    slope: float
    between: float
    overseas: float
    region: float = np.nan
    slope_region: float = np.nan
    unit: float = np.nan
    fullness: float = np.nan
    lean: float = np.nan
    """Root mean square of the slopes along the leanings."""


def arrival_by_unit(design: Design, counted: np.ndarray, total: np.ndarray) -> Arrival:
    """Logistic regression of stations counted (U,) of `total` (U,) with random regions, slopes by region and units."""
    regression = _Arrivals(design, np.clip(counted, 0.0, total), total)
    best = minimize(
        lambda logs: -regression.fit(np.exp(logs))[0],
        np.log([0.7, 0.5, 1.5]),
        method="Nelder-Mead",
        options={"maxfev": 60, "xatol": 0.05, "fatol": 0.1},
    )
    region, slope_region, unit = np.exp(best.x)
    _, fixed = regression.fit(np.exp(best.x))
    shrink = 1.0 / np.sqrt(1.0 + ATTENUATION * unit**2)
    share = float(counted.sum() / total.sum())
    slope, between, overseas, *others = shrink * fixed[1:]
    leanings, fullness = others[: design.n_leanings], others[design.n_leanings :]
    known = np.ptp(design.arrival[total > 0, 2]) > 0
    return Arrival(
        counted=share,
        slope=slope,
        between=between,
        overseas=overseas if known else np.nan,
        region=shrink * region,
        slope_region=shrink * slope_region,
        unit=unit,
        fullness=fullness[0] if fullness else np.nan,
        lean=float(np.sqrt(np.mean(np.square(leanings)))) if leanings else np.nan,
    )


class _Arrivals:
    """Laplace's approximation of a logistic regression with nested normal effects."""

    def __init__(self, design: Design, counted: np.ndarray, total: np.ndarray) -> None:
        self.counted, self.total = counted, total
        everywhere = np.r_[: len(NATIONAL_ORDER), design.leanings, design.fullness]
        covariates = design.arrival[:, everywhere] * (total > 0)[:, None]
        self.x = np.column_stack([np.ones(len(total)), covariates])
        self.region, self.slope = design.region, design.arrival[:, 0]
        self.layout: Layout = build_layout(
            self.x, design.region, design.region, design.n_regions, np.arange(len(total))
        )
        self.slots = np.column_stack([np.ones(len(total)), np.zeros(len(total)), self.slope])

    def fit(self, deviations: np.ndarray) -> tuple[float, np.ndarray]:
        """Log marginal and fixed effects at given deviations of regions, slopes by region and units."""
        region, slope, unit = deviations
        r = self.layout.regions
        fixed, by_region, slopes = np.full(self.x.shape[1], 0.04), np.full(r, region**-2), np.full(r, slope**-2)
        core = core_of(fixed=fixed, region=by_region, drift_nation=[1e6], drift=slopes)
        precisions = Precisions(core, 1e6, unit**-2)
        theta, own = np.zeros(len(core)), np.zeros(len(self.total))
        value = self._value(theta, own, core, unit)
        for _ in range(30):
            arrow, step = self._step(theta, own, precisions)
            length = 1.0
            while length > 1e-3 and self._value(theta + length * step[0], own + length * step[1], core, unit) < value:
                length *= 0.5
            theta, own = theta + length * step[0], own + length * step[1]
            gained = self._value(theta, own, core, unit) - value
            value += gained
            if gained < 1e-3:
                break
        normaliser = 0.5 * (np.log(core).sum() - 2.0 * len(own) * np.log(unit) + r * np.log(1e6))
        weak = np.log(deviations).sum() - 0.5 * (deviations[:2] ** 2).sum()
        return value - 0.5 * arrow.log_determinant + normaliser + weak, theta[self.layout.places.fixed]

    def _predict(self, theta: np.ndarray, own: np.ndarray) -> np.ndarray:
        rows = self.layout.places
        offset, slope = theta[rows.region][self.region], theta[rows.drift][self.region]
        return self.x @ theta[rows.fixed] + offset + self.slope * slope + own

    def _value(self, theta: np.ndarray, own: np.ndarray, core: np.ndarray, unit: float) -> float:
        eta = self._predict(theta, own)
        likelihood = self.counted @ eta - self.total @ np.logaddexp(0.0, eta)
        return float(likelihood - 0.5 * (core * theta**2).sum() - 0.5 * (own**2).sum() / unit**2)

    def _step(
        self, theta: np.ndarray, own: np.ndarray, prior: Precisions
    ) -> tuple[Arrow, tuple[np.ndarray, np.ndarray]]:
        share = 1.0 / (1.0 + np.exp(-self._predict(theta, own)))
        score = self.counted - self.total * share
        information = (
            (self.total * share * (1.0 - share))[:, None, None] * self.slots[:, :, None] * self.slots[:, None, :]
        )
        information = np.moveaxis(information[self.layout.told.unit], 0, -1)[..., None, None]
        arrow = Arrow(Eliminated(self.layout, information, prior.unit), prior)
        by_region = self.layout.in_region @ (self.slots * score[:, None])
        core = core_of(fixed=self.x.T @ score, region=by_region[:, 0], drift_nation=[0.0], drift=by_region[:, 2])
        core -= prior.core * theta
        right = Vector(
            core[:, None, None], (self.layout.in_area @ score)[:, None, None], (score - prior.unit * own)[:, None, None]
        )
        solved = arrow.solve(right)
        return arrow, (solved.core[:, 0, 0], solved.unit[:, 0, 0])


def arrival_by_nation(
    design: Design, votes: np.ndarray, rows: pd.DataFrame, candidates: tuple[str, ...]
) -> list[Arrival]:
    """The slopes that carry the known result (U, K) through each national bulletin's margin and votes per station."""
    capacity, total, found = design.stations, votes.sum(axis=1), []
    for _, row in rows.iterrows():
        share = float((row["counted"] + row["contested"] + row["void"]) / capacity.sum())
        count = row[list(candidates)].to_numpy(float)
        seen = np.array([(count[0] - count[1]) / count.sum(), count.sum() / row["counted"]])
        if not 0.0 < share < LATE:
            continue
        start = np.array([0.5, 0.5, -2.5])

        def missed(
            psi: np.ndarray, share: float = share, seen: np.ndarray = seen, start: np.ndarray = start
        ) -> np.ndarray:
            weight = counted_share(design.arrival[:, : len(NATIONAL_ORDER)] @ psi, capacity, share)
            expected = weight @ votes
            per_station = (weight @ total) / (weight @ capacity)
            margin = (expected[0] - expected[1]) / expected.sum()
            return np.r_[
                (margin - seen[0]) / 0.005, (per_station / seen[1] - 1.0) / 0.01, (psi - start) / [0.7, 0.7, 1.5]
            ]

        found.append(Arrival(share, *least_squares(missed, start).x))
    return found


def arrivals_of(night: Night) -> list[Arrival]:
    """Every snapshot's order of arrival: by unit where units are published, else from the nation's path and the
    result."""
    design, counts = build_design(night.election), night.counts
    by_unit = counts.frame[counts.frame["level"] == "unit"]
    found = [
        arrival_by_unit(design, *_fractions(design, counts, time))
        for time in _spread(by_unit["time"])
        if counts.until(time).latest.counted_share < LATE
    ]
    votes, rows = result_by_unit(night), counts.frame[counts.frame["level"] == "nation"]
    if votes is not None and len(rows):
        rows = rows[rows["time"].isin(_spread(rows["time"]))]
        found += arrival_by_nation(design, votes, rows, night.election.candidate_ids)
    return found


def _spread(times: pd.Series) -> list[pd.Timestamp]:
    """Five of the moments, evenly from first to last."""
    if not len(times):
        return []
    sizes = times.value_counts()
    distinct = sizes[sizes > 0].index.sort_values()
    return [distinct[i] for i in np.unique(np.linspace(0, len(distinct) - 1, 5).astype(int))]


def _fractions(design: Design, counts: Counts, time: pd.Timestamp) -> tuple[np.ndarray, np.ndarray]:
    rows = counts.until(time).latest.rows
    rows = rows[rows["level"] == "unit"].set_index("place").reindex(design.election.units.index)
    counted = (rows["counted"] + rows["contested"] + rows["void"]).fillna(0.0).to_numpy(float)
    reported = np.bincount(design.region, counted, design.n_regions)[design.region] > 0
    return counted, np.where(reported, design.stations, 0.0)


def result_by_unit(night: Night) -> np.ndarray | None:
    """Final votes (U, K), or None where the result is not published by unit."""
    if night.result is None:
        return None
    rows = night.result.rows
    rows = rows[rows["level"] == "unit"].set_index("place").reindex(night.election.units.index)
    votes = rows[list(night.election.candidate_ids)].to_numpy(float)
    return None if not np.isfinite(votes).all(axis=1).mean() > 0.9 else np.nan_to_num(votes)


def scales_of(night: Night) -> dict[str, float] | None:
    """Deviations of support and turnout between regions, areas and units in the final result, given the baseline.

    Without one they are what they would be with one, as far as the model thinks that a baseline narrows them.
    """
    votes = result_by_unit(night)
    if votes is None:
        return None
    election = night.election
    frame = pd.DataFrame(votes, columns=list(election.candidate_ids)).assign(
        time=pd.Timestamp(election.date).tz_localize("UTC") + pd.Timedelta(days=3),
        level="unit",
        place=election.units.index,
    )
    share = "counted_share" if election.nominal_stations else "counted"
    frame[share] = 1.0 if election.nominal_stations else election.units["stations"].to_numpy()
    frame = frame[votes.sum(axis=1) > 0]
    evidence = gather(Counts.from_frame(election, frame), Priors(), moments=1)
    scales = integrate(build_solver(evidence), starting_point(evidence)).best.scales
    found = pd.DataFrame(scales, index=[scale.label for scale in Scale], columns=["", "turnout_"])
    found = found.drop(index=Scale.DRIFT.label)
    if not evidence.design.has_baseline:
        found = found.drop(index="covariate") / Priors().no_baseline
    return {field + name: float(scale) for field in found for name, scale in found[field].items()}


def lesson(night: Night) -> dict[str, float]:
    """One election's measurements: the median over its snapshots of what each says of arrival, and the scales of its
    result."""
    found = pd.DataFrame([vars(a) for a in arrivals_of(night)], columns=[field.name for field in fields(Arrival)])
    line = {
        "arrival_" + name: float(found[name].median())
        for name in found
        if name != "counted" and found[name].notna().any()
    }
    line |= scales_of(night) or {}
    return {"candidates": float(len(night.election.candidates)), "snapshots": float(len(found)), **line}


NOTED = {"peru-2006-first-round": {"arrival_overseas": -2.7}}
"""Said in words: at 89.48 % counted 40.47 % of the sheets from abroad (2.8 % of the electorate) were in:
the logit of 0.405 less that of 0.909."""


def main(path: Path = Path(__file__).parents[1] / "models" / "learnt.toml") -> None:
    """Rewrites the learnt priors from the bundled elections."""
    text = ["# What past counts teach the priors. Made by `python -m runoff_forecast.evaluate.learn`; do not edit.", ""]
    for name in NIGHTS:
        night = load(name)
        with threadpool_limits(1):
            line = lesson(night)
        known = [f"date = {night.election.date.isoformat()}", f"stations = {night.election.stations_total:.0f}"]
        text += [f'["{name}"]', *known, *(f"{key} = {value:.4g}" for key, value in line.items()), ""]
    for name, line in NOTED.items():
        text += [f'["{name}"]', *(f"{key} = {value:.4g}" for key, value in line.items()), ""]
    path.write_text("\n".join(text))


if __name__ == "__main__":
    main()
