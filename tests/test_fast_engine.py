"""Laws of the fast engine: its algebra is that of dense matrices, symmetries hold, bad luck ends in sense."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import simulated
from scipy import linalg, stats

import runoff_forecast as rf
from runoff_forecast.count import Counts
from runoff_forecast.election import Candidate, Election
from runoff_forecast.evaluate import ORDERS, BySize, Habits, Random, Truth, simulate
from runoff_forecast.models import NoMode, Priors, StratifiedArrival, fast, laplace, quadrature, resampling
from runoff_forecast.models.arrival import counted_share, thresholds
from runoff_forecast.models.arrow import Arrow, Eliminated, Precisions, Vector, build_layout
from runoff_forecast.models.effects import SUPPORT, TURNOUT, Scale
from runoff_forecast.models.latent import log_joint, predictor, scale_widths, starting_point
from runoff_forecast.models.quadrature import (
    TURNOUT_POINTS,
    UNIT_LEVELS,
    integrate,
    peak_at,
    scales_at,
    scores_of,
    search,
)
from runoff_forecast.models.simplex import contrasts, mean_share, multinomial_information, shares_of, softmax

TRUTH = simulated.truth()
LEVELS = ("unit", "region", "nation", "unit+nation")
each_level = pytest.mark.parametrize("level", LEVELS)


def night_of(truth=TRUTH, *, level="unit", fractions=(0.2, 0.5), order=None, seed=3, contested=0.02):
    return simulate(
        truth,
        order or Random(),
        level=level,
        fractions=fractions,
        habits=Habits(contested=contested),
        rng=np.random.default_rng(seed),
    )


def told(counts, *, draws=1000, seed=1):
    return StratifiedArrival(draws=draws)(counts, rng=np.random.default_rng(seed))


def sane(forecast):
    """Every draw is a result that can be."""
    assert np.isfinite(forecast.margin).all()
    assert (abs(forecast.margin) <= 1).all()
    assert forecast.draws["outstanding"].min() >= 0
    assert forecast.win_probability.sum() == pytest.approx(1)
    return forecast


def votes_of(election: Election, **share: float) -> Counts:
    """A count of half of the stations of some units, at given shares of the first candidate; all if none is named."""
    share = share or dict.fromkeys(election.units.index, 0.5)
    stations = election.units["stations"].reindex(list(share)).to_numpy(float)
    counted = np.maximum(1, stations // 2)
    first = (200 * counted * np.array(list(share.values()))).round()
    frame = pd.DataFrame({"time": pd.Timestamp("2021-06-06T21:00:00-05:00"), "level": "unit", "place": list(share)})
    frame = frame.assign(counted=counted, ana=first, bea=200 * counted - first)
    return Counts.from_frame(election, frame)


# The algebra.


def arrow_of(d: int, seed: int = 1) -> tuple[Arrow, np.ndarray, np.ndarray]:
    """An arrow of 14 units, its precision as a dense matrix, and how core, areas and units stand in its rows."""
    rng = np.random.default_rng(seed)
    area = np.r_[0, 0, 1, 2, 2, 2, 3, 3, 4, 4, 1, 0, 3, 4]
    region = np.r_[0, 0, 0, 1, 1][area]
    told = np.setdiff1d(np.arange(14), [2, 9])
    x = rng.normal(size=(14, 3))
    layout = build_layout(x, region, area, 2, told)
    batches = [(u, np.r_[1.0, rng.normal(size=2)], _spd(rng, d)) for u in np.repeat(told, 2)]
    information = np.zeros((3, 3, len(told), d, d))
    precision = Precisions(rng.uniform(1, 2, layout.core), 1.7, 2.3)
    width = layout.core + 5 + 14
    dense = np.kron(np.diag(np.r_[precision.core, np.full(5, 1.7), np.full(14, 2.3)]), np.eye(d))
    for u, touch, weight in batches:
        information[:, :, layout.row[u]] += np.multiply.outer(np.outer(touch, touch), weight)
        row = np.zeros(width)
        row[:3], row[3 + region[u]], row[5], row[6 + region[u]] = x[u], 1.0, touch[1], touch[2]
        row[layout.core + area[u]] = row[layout.core + 5 + u] = 1.0
        dense += np.kron(np.outer(row, row), weight)
    return Arrow(Eliminated(layout, information, 2.3), precision), dense, np.r_[layout.core, 5, 14]


def _spd(rng, d):
    root = rng.normal(size=(d, d + 1))
    return root @ root.T


@pytest.mark.parametrize("d", [1, 2, 3])
def test_an_arrow_is_its_dense_matrix(d):
    arrow, dense, sizes = arrow_of(d)
    right = np.random.default_rng(2).normal(size=(sizes.sum(), d, 4))
    parts = np.split(right, sizes.cumsum()[:-1])
    solved = arrow.solve(Vector(*parts))
    found = np.concatenate([solved.core, solved.area, solved.unit]).reshape(len(dense), -1)
    np.testing.assert_allclose(found, np.linalg.solve(dense, right.reshape(len(dense), -1)), atol=1e-10)
    assert arrow.log_determinant == pytest.approx(np.linalg.slogdet(dense)[1])


@pytest.mark.parametrize("d", [1, 2])
def test_an_arrow_solves_for_some_units_alone(d):
    arrow, _, sizes = arrow_of(d)
    units = np.array([1, 2, 5, 9, 13])
    rng = np.random.default_rng(2)
    core, area, own = (rng.normal(size=(n, d, 2)) for n in (sizes[0], sizes[1], len(units)))
    unit = np.zeros((14, d, 2))
    unit[units] = own
    whole, some = arrow.solve(Vector(core, area, unit)), arrow.solve(Vector(core, area, own), units)
    np.testing.assert_allclose(some.core, whole.core)
    np.testing.assert_allclose(some.unit, whole.unit[units])


@pytest.mark.parametrize("d", [1, 2])
def test_draws_of_an_arrow_have_its_covariance(d):
    arrow, dense, _ = arrow_of(d)
    vector = fast.sample(arrow, np.arange(14), 40_000, np.random.default_rng(5))
    drawn = np.concatenate([vector.core, vector.area, vector.unit]).reshape(len(dense), -1)
    expected = np.linalg.inv(dense)
    spread = np.sqrt(np.diag(expected))
    np.testing.assert_allclose(np.cov(drawn) / np.outer(spread, spread), expected / np.outer(spread, spread), atol=0.03)


@pytest.mark.parametrize("candidates", [2, 3])
@each_level
def test_newton_ends_where_the_joint_density_is_highest(level, candidates):
    night = night_of(simulated.truth(candidates=candidates), level=level, order=BySize())
    evidence = StratifiedArrival().evidence(night.counts)
    solver, scales = laplace.build_solver(evidence), 0.4 * scale_widths(evidence.priors)
    _, mode = solver.climb(scales, solver.tangent(starting_point(evidence)))
    top, rng = log_joint(evidence, mode.latent, scales), np.random.default_rng(1)
    for name in ("fixed", "region", "area", "unit", "drift"):
        effect = getattr(mode.latent, name)
        for _ in range(3):
            aside = replace(mode.latent, **{name: effect + 0.05 * rng.standard_normal(effect.shape)})
            assert log_joint(evidence, aside, scales) < top + laplace.TOLERANCE


@pytest.mark.parametrize("candidates", [2, 3])
def test_the_mean_share_is_that_of_draws(candidates):
    contrast, rng = contrasts(candidates), np.random.default_rng(4)
    logits = rng.normal(0.0, 1.0, (6, candidates - 1)) @ contrast.T
    covariance = np.linspace(0.05, 1.0, 6)[:, None, None] * np.eye(candidates - 1)
    noise = np.linalg.cholesky(covariance) @ rng.standard_normal((6, candidates - 1, 200_000))
    drawn = np.exp(logits[:, :, None] + contrast @ noise)
    expected = (drawn / drawn.sum(axis=1, keepdims=True)).mean(axis=2)
    np.testing.assert_allclose(mean_share(logits, covariance, contrast), expected, atol=0.012)


@pytest.mark.parametrize("level", ["unit", "unit+nation"])
def test_pools_forecast_what_their_cells_do(level, monkeypatch):
    """Beside a row of the nation the cells abroad are tied to each other, and those at home may be pooled."""
    night = rf.load("peru-2021-runoff")
    truth = Truth.from_result(night.election, night.result, rng=np.random.default_rng(1))
    counts = night_of(truth, order=BySize(), level=level, fractions=(0.5,)).counts
    pooled, each = pooled_and_not(counts, 20_000, monkeypatch)
    sd = float(each.sd(each.margin))
    assert float(pooled.mean(pooled.margin) - each.mean(each.margin)) == pytest.approx(0.0, abs=0.06 * sd)
    assert float(pooled.sd(pooled.margin)) == pytest.approx(sd, rel=0.04)
    apart = pooled.mean(pooled.region_margin) - each.mean(each.region_margin)
    assert (abs(apart) < 0.15 * each.sd(each.region_margin) + 1e-6).all()


def test_pools_of_several_candidates_are_as_wide_as_their_cells(monkeypatch):
    night = rf.load("peru-2026-first-round")
    counts = night.counts.until(night.counts.times[0])
    pooled, each = pooled_and_not(counts, 4000, monkeypatch)
    shares = [told.draws["final"] / told.draws["final"].sum("candidate") for told in (pooled, each)]
    apart = pooled.mean(shares[0]) - each.mean(shares[1])
    assert (abs(apart) < 0.15 * each.sd(shares[1]) + 1e-6).all()
    widths = [
        told.quantiles(share, [0.05, 0.95]).diff("quantile") for told, share in zip((pooled, each), shares, strict=True)
    ]
    known = widths[1].to_numpy() > 1e-4
    ratio = (widths[0] / widths[1]).to_numpy()[known]
    assert np.quantile(ratio, [0.05, 0.95]) == pytest.approx(1.0, abs=0.12)


def test_of_many_rows_and_candidates_fewer_moments_are_evidence(monkeypatch):
    counts = night_of(level="region", fractions=(0.1, 0.2, 0.4, 0.6)).counts
    whole = StratifiedArrival().evidence(counts)
    monkeypatch.setattr("runoff_forecast.models.evidence.MOST_OBSERVATIONS", 20)
    short = StratifiedArrival().evidence(counts)
    assert np.bincount(whole.coarse.group).max() > 2
    assert np.bincount(short.coarse.group).max() == 2
    np.testing.assert_allclose(
        [group.votes.sum() for group in short.groups], [group.votes.sum() for group in whole.groups]
    )


def pooled_and_not(counts, draws, monkeypatch):
    """The same forecast with cells that vote alike drawn as one, and with each for itself."""
    pooled = told(counts, draws=draws)
    for drawn in (fast.FastDraws, resampling.ResampledDraws):
        monkeypatch.setattr(drawn, "_loose", lambda _, raw: np.zeros(len(raw.unit), bool))
    return pooled, told(counts, draws=draws)


@pytest.mark.parametrize("candidates", [2, 3])
@each_level
def test_the_slope_of_the_scales_is_that_of_their_posterior(level, candidates):
    night = night_of(simulated.truth(candidates=candidates), level=level, order=BySize())
    solver = laplace.build_solver(StratifiedArrival().evidence(night.counts))
    peak = search(solver, starting_point(solver.evidence))
    aside = peak.scores + 0.3 * np.random.default_rng(2).standard_normal(peak.scores.shape)
    scales = scales_at(aside, scale_widths(solver.evidence.priors))
    away = peak_at(solver, aside, peak.tangent, solver.posterior(peak.tangent, scales))
    near = 1e-3 * np.eye(aside.size).reshape(-1, 2, 5).swapaxes(1, 2)
    differences = [(away.height_at(aside + each) - away.height_at(aside - each)) / 2e-3 for each in near]
    np.testing.assert_allclose(away.slope, differences, rtol=1e-4, atol=1e-4)


@each_level
def test_a_warm_start_finds_the_same_scales(level):
    evidence = StratifiedArrival().evidence(night_of(level=level).counts)
    solver = laplace.build_solver(evidence)
    cold = integrate(solver, starting_point(evidence))
    warm = integrate(solver, cold.best.latent, cold.best.scales)
    np.testing.assert_allclose(np.log(warm.best.scales), np.log(cold.best.scales), atol=0.15)
    assert warm.weights.sum() == pytest.approx(1)


@each_level
def test_the_height_of_a_field_is_its_part_of_the_whole(level):
    solver = laplace.build_solver(StratifiedArrival().evidence(night_of(level=level).counts))
    peak = search(solver, starting_point(solver.evidence))
    for field in range(2):
        aside = peak.scores.copy()
        aside[:, field] += 0.2 * np.random.default_rng(field).standard_normal(5)
        fallen = peak.height_of(field, aside[:, field]) - peak.height_of(field, peak.scores[:, field])
        assert fallen == pytest.approx(peak.height_at(aside) - peak.height_at(peak.scores), abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_scales_far_from_where_the_search_starts_are_found(seed):
    """Regions and units that hardly have a vote in common, whole: steps as long as a tangent would have them lead
    nowhere."""
    contest, rng = simulated.election(candidates=3), np.random.default_rng(seed)
    logits = rng.normal(0.0, 2.5, (len(contest.units), 3)) + rng.normal(0.0, 3.0, (4, 3))[contest.region_index]
    votes = 200 * softmax(logits) * contest.units["stations"].to_numpy()[:, None]
    truth = Truth.from_totals(contest, np.pad(votes.round(), ((0, 0), (0, 2))), rng=rng, correlation=0.001)
    forecast = sane(told(night_of(truth, order=ORDERS["whole units, urban first"], fractions=(0.3, 0.6)).counts))
    assert forecast.diagnostics["quadrature_effective"] > 0.5 * forecast.diagnostics["quadrature_points"]


def test_a_list_without_a_vote_anywhere_tells_nothing():
    as_is, units = simulated.election(), simulated.election().units.reset_index(names="unit")
    lists = as_is.baseline.assign(dina=0.0).add_prefix("baseline_").reset_index(drop=True)
    units = pd.concat([units[["unit", "region", "kind", "stations", "electorate", "baseline_ballots"]], lists], axis=1)
    with_it = Election.from_frames(
        id="small",
        title="A small runoff",
        date=as_is.date,
        timezone=as_is.timezone,
        candidates=as_is.candidates,
        units=units,
    )
    frame = night_of().counts.frame
    plain, same = (sane(told(Counts.from_frame(election, frame), draws=4000)) for election in (as_is, with_it))
    sd = float(plain.sd(plain.margin))
    assert float(same.mean(same.margin)) == pytest.approx(float(plain.mean(plain.margin)), abs=0.3 * sd)
    assert float(same.sd(same.margin)) == pytest.approx(sd, rel=0.15)


def with_a_list_of(counts: Counts, share: float) -> Counts:
    """The same count and one list more, with so many votes for each of the others'."""
    more = replace(counts.election, candidates=(*counts.election.candidates, Candidate("tiny", "Tiny")))
    frame = counts.frame.assign(tiny=(share * counts.frame[["ana", "bea"]].sum(axis=1)).round())
    return Counts.from_frame(more, frame)


@pytest.mark.parametrize("level", ["region", "unit"])
def test_a_list_without_a_vote_leaves_the_others_as_sure_as_they_were(level):
    counts = night_of(level=level).counts
    alone, beside = told(counts), told(with_a_list_of(counts, 0.0))
    assert float(beside.sd(beside.margin)) == pytest.approx(float(alone.sd(alone.margin)), rel=0.3)


def test_a_small_list_is_not_pulled_up_by_the_prior():
    counts = with_a_list_of(night_of(level="nation").counts, 0.005)
    forecast = told(counts)
    assert float(forecast.mean(forecast.shares).sel(candidate="tiny")) < 0.01


def test_points_share_a_few_scales_of_units():
    solver = laplace.build_solver(StratifiedArrival().evidence(night_of().counts))
    mixture = integrate(solver, starting_point(solver.evidence))
    unit = np.array([mode.scales[Scale.UNIT, SUPPORT] for mode in mixture.modes])
    turnout = np.array([mode.scales[Scale.DRIFT, TURNOUT] for mode in mixture.modes])
    assert len(np.unique(unit)) == UNIT_LEVELS
    assert 1 < len(np.unique(turnout)) <= TURNOUT_POINTS
    assert len({id(mode.arrows[0].units) for mode in mixture.modes}) == UNIT_LEVELS


def many_points(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quadrature, "POINTS", 400)
    monkeypatch.setattr(quadrature, "UNIT_LEVELS", 20)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_few_points_are_as_wide_as_many(monkeypatch, seed):
    counts = night_of(seed=seed).counts

    def moments() -> tuple[float, float]:
        margin = rf.forecast(counts, draws=8000, seed=1).margin
        return float(margin.mean()), float(margin.std())

    few = moments()
    many_points(monkeypatch)
    many = moments()
    assert abs(few[0] - many[0]) < 0.05 * many[1]
    assert few[1] == pytest.approx(many[1], rel=0.1)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_few_points_know_of_each_scale_what_many_do(monkeypatch, seed):
    solver = laplace.build_solver(StratifiedArrival().evidence(night_of(seed=seed).counts))
    widths = scale_widths(solver.evidence.priors)

    def moments() -> tuple[np.ndarray, np.ndarray]:
        mixture = integrate(solver, starting_point(solver.evidence))
        # in scores, as logs have a long tail towards zero, on which nothing hangs
        score = np.array([quadrature.scores_of(mode.scales, widths)[:, 0] for mode in mixture.modes])
        mean = mixture.weights @ score
        return mean, np.sqrt(mixture.weights @ (score - mean) ** 2)

    few = moments()
    many_points(monkeypatch)
    many = moments()
    assert (np.abs(few[0] - many[0]) < 0.2 * many[1]).all()
    # that of covariates, on which the margin hangs least, is up to a fifth too sure
    short = np.where(np.arange(len(many[1])) == Scale.COVARIATE, 0.25, 0.12)
    assert (np.abs(few[1] / many[1] - 1.0) < short).all()


def test_scores_are_normal_quantiles_of_the_prior():
    widths = np.array([0.05, 1.0])
    scores = np.linspace(-6.0, 6.0, 13)[:, None] * np.ones(2)
    np.testing.assert_allclose(scores_of(scales_at(scores, widths), widths), scores, atol=1e-6)
    np.testing.assert_allclose(stats.halfnorm.cdf(scales_at(scores, widths) / widths), stats.norm.cdf(scores))


def test_thresholds_keep_the_sum():
    rng = np.random.default_rng(1)
    score, weight, starts = 2.0 * rng.normal(size=12), rng.uniform(1, 9, 12), np.array([0, 5, 7])
    fraction = np.array([0.01, 0.6, 0.999])
    found = thresholds(score, weight, fraction, starts)
    for k, f, members in zip(found, fraction, np.split(np.arange(12), starts[1:]), strict=True):
        assert np.average(1 / (1 + np.exp(-k - score[members])), weights=weight[members]) == pytest.approx(f, rel=1e-6)
    assert np.average(counted_share(score, weight, 0.3), weights=weight) == pytest.approx(0.3)
    assert np.average(counted_share(score.astype(np.float32), weight, 0.3), weights=weight) == pytest.approx(
        0.3, rel=1e-4
    )
    assert (counted_share(score, weight, 0.0) == 0).all()
    assert (counted_share(score, weight, 1.0) == 1).all()


def test_two_candidates_are_a_case_of_several():
    contrast, rng = contrasts(2), np.random.default_rng(1)
    support = rng.normal(size=(5, 1, 7))
    logits = np.einsum("kd,cdm->ckm", contrast, support)
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shares_of(support, contrast), shares)
    share = np.array([[0.2, 0.8], [0.5, 0.5]])
    mean = share @ contrast
    general = np.einsum("nk,ki,kj->nij", share, contrast, contrast) - mean[:, :, None] * mean[:, None, :]
    np.testing.assert_allclose(multinomial_information(share, contrast), general)


# Symmetries.


def alike(forecast, other, sign=1.0):
    """Margins that differ by chance alone."""
    sd = float(forecast.sd(forecast.margin))
    noise = 5 * sd / np.sqrt(forecast.draws.sizes["draw"])
    assert float(forecast.mean(forecast.margin)) == pytest.approx(sign * float(other.mean(other.margin)), abs=2 * noise)
    assert float(other.sd(other.margin)) == pytest.approx(sd, rel=0.15)


@each_level
def test_swapping_the_candidates_flips_the_margin(level):
    night = night_of(level=level, order=BySize())
    first, second = night.election.candidates
    swapped = replace(night.election, candidates=(second, first))
    frame = night.counts.frame[[c for c in night.counts.frame if c not in ("ana", "bea")]].copy()
    at = list(frame).index("void") + 1
    frame.insert(at, "bea", night.counts.frame["bea"])
    frame.insert(at + 1, "ana", night.counts.frame["ana"])
    alike(told(night.counts), told(Counts(swapped, frame)), sign=-1.0)


@each_level
def test_the_order_and_the_names_of_units_mean_nothing(level):
    night = night_of(level=level)
    election, order = night.election, np.random.default_rng(1).permutation(len(night.election.units))
    names = dict(zip(election.units.index, "x" + election.units.index[::-1], strict=True))
    units, baseline = (table.iloc[order].rename(index=names) for table in (election.units, election.baseline))
    regions = election.regions.loc[units["region"].unique()]
    other = replace(election, units=units, baseline=baseline, regions=regions)
    frame = night.counts.frame.assign(place=night.counts.frame["place"].astype(str).replace(names))
    alike(told(night.counts), told(Counts.from_frame(other, frame.astype({"level": str}))))


@each_level
def test_records_are_left_alone(level):
    night = night_of(level=level)
    tables = (night.counts.frame, night.election.units, night.election.baseline, night.counts.latest.holdings.frame)
    before = [table.copy() for table in tables]
    told(night.counts, draws=50)
    for table, copy in zip(tables, before, strict=True):
        pd.testing.assert_frame_equal(table, copy)


@each_level
def test_the_same_seed_gives_the_same_numbers(level):
    counts = night_of(level=level).counts
    np.testing.assert_array_equal(told(counts, draws=50).margin, told(counts, draws=50).margin)


@pytest.mark.parametrize("level", ["unit", "region"])
def test_three_candidates_share_all_chances(level):
    night = night_of(simulated.truth(candidates=3), level=level)
    forecast = sane(told(night.counts))
    assert len(forecast.win_probability) == 3
    inside = (forecast.votes - forecast.outstanding).mean("draw").to_numpy()
    np.testing.assert_allclose(inside, night.counts.latest.votes.to_numpy(), rtol=2e-3)


# Bad luck.


@each_level
def test_a_finished_count_leaves_no_doubt(level):
    night = night_of(level=level, fractions=(0.4, 1.0), contested=0.0)
    forecast = told(night.counts, draws=50)
    assert forecast.finished
    np.testing.assert_allclose(forecast.margin, night.counts.latest.margin, atol=1e-12)


def test_a_tie_that_a_row_of_the_nation_tells_is_a_tie():
    election = TRUTH.election
    row = {"time": pd.Timestamp("2021-06-07T21:00:00-05:00"), "level": "nation", "place": ""}
    total = election.units["stations"].sum()
    counts = Counts.from_frame(election, pd.DataFrame([row | {"counted": total, "ana": 23_457, "bea": 23_457}]))
    assert told(counts, draws=50).win_probability.to_dict() == pytest.approx({"ana": 0.5, "bea": 0.5})


def test_nothing_counted_is_the_prior_and_says_so():
    forecast = sane(told(Counts.empty(TRUTH.election)))
    assert any("forecast is the prior" in said for said in forecast.diagnostics["warnings"])
    assert float(forecast.sd(forecast.margin)) > 0.1
    assert 0.1 < forecast.win_probability.iloc[0] < 0.9


def test_one_counted_unit_tells_little():
    forecast = sane(told(votes_of(TRUTH.election, u00=0.6)))
    assert float(forecast.sd(forecast.margin)) > 0.03


def test_a_region_with_every_vote_for_one_side():
    share = {u: 1.0 if TRUTH.election.units.loc[u, "region"] == "north" else 0.5 for u in TRUTH.election.units.index}
    forecast = sane(told(votes_of(TRUTH.election, **share)))
    assert float(forecast.mean(forecast.region_margin).sel(region="north")) > 0.9
    assert abs(float(forecast.mean(forecast.region_margin).sel(region="south"))) < 0.1


def test_every_vote_for_one_side():
    forecast = sane(told(votes_of(TRUTH.election, **dict.fromkeys(TRUTH.election.units.index, 1.0))))
    assert float(forecast.mean(forecast.margin)) > 0.95


def part(election: Election, keep: np.ndarray) -> Election:
    """The election in some of its units."""
    units = election.units[keep]
    regions = election.regions.loc[units["region"].unique()]
    return replace(election, units=units, baseline=election.baseline[keep], regions=regions)


def test_one_region_will_do():
    forecast = sane(told(votes_of(part(TRUTH.election, np.arange(36) < 10))))
    assert abs(float(forecast.mean(forecast.margin))) < 0.05


def test_one_unit_will_do():
    forecast = sane(told(votes_of(part(bare(TRUTH.election), np.arange(36) < 1))))
    assert abs(float(forecast.mean(forecast.margin))) < 0.05


def bare(election: Election) -> Election:
    """The election without a baseline."""
    return replace(
        election, baseline=election.baseline.iloc[:, :0], units=election.units.assign(baseline_ballots=np.nan)
    )


def missing(election: Election) -> Election:
    """The election where some units have no baseline, and some only a part of it."""
    baseline = election.baseline.copy()
    baseline.iloc[:9] = np.nan
    baseline.iloc[9:12, 1] = np.nan
    return replace(election, baseline=baseline)


def scattered(election: Election) -> Election:
    """The election of which no unit has the votes of every list."""
    baseline = election.baseline.copy()
    for row in range(len(baseline)):
        baseline.iloc[row, row % baseline.shape[1]] = np.nan
    return replace(election, baseline=baseline)


def strangers(election: Election) -> Election:
    """The election of which one candidate has no list of their own."""
    return replace(election, baseline=election.baseline.rename(columns={"ana": "zoe"}))


@pytest.mark.parametrize("change", [bare, missing, scattered, strangers])
@each_level
def test_a_poor_baseline_will_do(change, level):
    night = night_of(Truth(change(TRUTH.election), TRUTH.unit, TRUTH.electorate, TRUTH.votes, TRUTH.void), level=level)
    forecast = sane(told(night.counts))
    assert abs(float(forecast.mean(forecast.margin)) - night.result.margin) < 6 * float(forecast.sd(forecast.margin))


def test_shares_of_the_count_in_the_place_of_stations():
    units = TRUTH.election.units.drop(columns=["stations", "name"]).reset_index()
    election = Election.from_frames(
        id="nominal",
        title="No stations known",
        date=TRUTH.election.date,
        timezone="America/Lima",
        candidates=[Candidate("ana", "Ana"), Candidate("bea", "Bea")],
        units=units,
    )
    names = election.units.index[:20]
    frame = pd.DataFrame({"time": pd.Timestamp("2021-06-06T21:00:00-05:00"), "level": "unit", "place": names})
    frame = frame.assign(counted_share=0.4, ana=300, bea=260)
    forecast = sane(told(Counts.from_frame(election, frame)))
    assert any("nominal" in said for said in forecast.diagnostics["warnings"])


def test_contested_sheets_alone_are_out():
    night = night_of(fractions=(1.0,), contested=0.1)
    forecast = sane(told(night.counts))
    contested, out = forecast.draws["contested"], forecast.draws["outstanding"]
    np.testing.assert_allclose(contested, out)
    assert float(out.sum(["region", "candidate"]).mean()) > 0


def test_a_density_without_curvature_is_an_error(monkeypatch):
    original = laplace.support_statistics

    def upside_down(evidence, layout, latent):
        information, score = original(evidence, layout, latent)
        return -1e6 * information, score

    monkeypatch.setattr(laplace, "support_statistics", upside_down)
    with pytest.raises(NoMode, match="contradicts"):
        told(night_of().counts)


def test_the_woodbury_correction_is_the_dense_one():
    evidence = StratifiedArrival().evidence(night_of(level="unit+nation", order=BySize()).counts)
    solver, scales = laplace.build_solver(evidence), 0.4 * scale_widths(evidence.priors)
    tangent = solver.tangent(starting_point(evidence))
    weight = solver.weigh(tangent, scales)
    rows = tangent.coarse.rows
    inner = tangent.coarse.arrival_inner + np.eye(len(weight.residual))
    for field, gram in zip(rows, weight.grams, strict=True):
        columns = Vector(field.core, field.area, field.dense(np.arange(evidence.design.n_units)))
        np.testing.assert_allclose(field.seen(gram.arrow.solve(columns)), gram.inner, atol=1e-8)
        inner = inner + gram.inner
    np.testing.assert_allclose(linalg.cholesky(inner, lower=True), weight.inner, atol=1e-8)


def test_the_evidence_is_read_as_it_stands():
    evidence = StratifiedArrival().evidence(night_of().counts)
    mode = integrate(laplace.build_solver(evidence), starting_point(evidence)).best
    share = 1 / (1 + np.exp(-predictor(evidence, mode.latent)[:, 0]))
    seen = evidence.votes.sum(axis=1) > 2000
    observed = evidence.votes[seen, 0] / evidence.votes[seen].sum(axis=1)
    assert np.abs(share[seen] - observed).max() < 0.1


@pytest.mark.parametrize(("preliminary", "width"), [(False, Priors().revision), (True, Priors().revision_preliminary)])
def test_votes_in_are_corrected_by_as_much_as_past_counts_were(preliminary, width):
    night = night_of()
    counts = Counts(replace(night.election, preliminary=preliminary), night.counts.frame)
    forecast = told(counts)
    factor = (forecast.votes - forecast.outstanding) / counts.latest.votes.to_numpy()
    assert float(factor.mean()) == pytest.approx(1.0, abs=0.1 * width)
    assert float(factor.std()) == pytest.approx(width, rel=0.1)
    assert abs(factor - 1.0).max() < 5 * width


def test_a_region_whose_only_sheets_are_contested_is_out():
    """Its row tells of no votes, and later rows of other regions still count."""
    truth = simulated.truth()
    made = simulate(truth, BySize(), level="region", fractions=(0.2, 0.5), rng=np.random.default_rng(1))
    frame = made.counts.frame.copy()
    region = frame["place"].iloc[-1]
    first = frame[frame["place"] == region].index[0]
    frame = frame.drop(index=[i for i in frame[frame["place"] == region].index if i != first])
    numbers = [*truth.election.candidate_ids, "blank", "null", "counted", "void"]
    frame.loc[first, [n for n in numbers if n in frame]] = 0.0
    frame.loc[first, "contested"] = 2.0
    forecast = StratifiedArrival(draws=200)(Counts(truth.election, frame), rng=np.random.default_rng(1))
    out = forecast.draws["outstanding"].sel(region=region).sum("candidate")
    assert np.isfinite(forecast.margin).all()
    assert (out > 0).all()


def later(counts: Counts, level: str, counted: float) -> Counts:
    """With rows of all regions or of the nation from an hour later, of so many sheets more and their usual votes."""
    known, names = counts.latest, list(counts.election.candidate_ids)
    units = known.rows.set_index("place").reindex(counts.election.units.index).fillna(0.0)
    place = counts.election.units["region"] if level == "region" else pd.Series("", counts.election.units.index)
    stations = counts.election.units["stations"].groupby(place).sum()
    row = units[["counted", "contested", "void", *names]].groupby(place).sum()
    more = np.minimum(np.ceil(counted * (stations - row["counted"])), stations - row["counted"] - row["void"])
    row["contested"] = (stations - row["counted"] - row["void"] - more).clip(upper=row["contested"])
    row[names] = np.ceil(row[names].mul(1.0 + more / row["counted"], axis=0))
    row["counted"] += more
    frame = row.rename_axis("place").reset_index().assign(level=level, time=known.time + pd.Timedelta(hours=1))
    return Counts(counts.election, pd.concat([counts.frame, frame.reindex(columns=counts.frame.columns)]))


@pytest.mark.parametrize("level", ["region", "nation"])
def test_newer_rows_of_all_places_beside_older_ones_of_every_unit(level):
    first = night_of(fractions=(0.9,), contested=0.05).counts
    before, after, end = (sane(told(counts)) for counts in (first, later(first, level, 0.5), later(first, level, 1.0)))
    votes = [float(forecast.outstanding.sum("candidate").mean()) for forecast in (before, after, end)]
    assert votes[1] == pytest.approx(0.5 * votes[0], rel=0.25)
    assert votes[2] == pytest.approx(0.0, abs=1e-6), "the sheets that waited are counted, not still to come"
    assert end.finished


@pytest.mark.parametrize("level", ["unit", "region", "nation"])
def test_counted_sheets_without_a_valid_vote_tell_nothing(level):
    counts = night_of(level=level, fractions=(0.3,)).counts
    names, blank = list(TRUTH.election.candidate_ids), counts.frame.iloc[[0]].copy()
    numbers = [column for column in counts.frame if column not in ("time", "level", "place")]
    blank[numbers] = 0.0
    blank["counted"] = 1.0
    sane(told(Counts(TRUTH.election, blank)))
    frame = counts.frame.copy()
    frame.iloc[0, [frame.columns.get_loc(name) for name in names]] = 0.0
    sane(told(Counts(TRUTH.election, frame)))


@pytest.mark.parametrize("share", [0.7, 0.95, 1.0])
def test_a_newer_row_of_the_nation_over_older_ones_of_the_regions(share):
    """The sheets of both together are as many as have come in, whatever their order."""
    first = night_of(level="region", fractions=(0.4,), order=BySize(), contested=0.0).counts
    known, names = first.latest, list(TRUTH.election.candidate_ids)
    row = {"time": known.time + pd.Timedelta(hours=1), "level": "nation", "place": "", "contested": 0.0, "void": 0.0}
    counted = np.round(share * TRUTH.election.stations_total)
    row |= {"counted": counted} | {name: np.round(known.votes[name] * counted / known.counted) for name in names}
    frame = pd.concat([first.frame, pd.DataFrame([row]).reindex(columns=first.frame.columns)], ignore_index=True)
    forecast = sane(told(Counts(TRUTH.election, frame)))
    out = forecast.outstanding.sum("candidate") / known.votes.sum()
    expected = (1.0 - counted / TRUTH.election.stations_total) / known.counted_share
    assert float(out.mean()) == pytest.approx(expected, rel=0.2, abs=1e-6)
