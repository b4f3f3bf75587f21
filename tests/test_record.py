"""Laws of the record: its tables are those of its scores, its bars say what is missed, and drift can be taken out."""

import numpy as np
import pandas as pd
import pytest
import simulated

from benchmarks import record as script
from benchmarks.card import into_card
from runoff_forecast.evaluate import ORDERS, Backtest, DriftTimes, Random, backtest, sensitivity, simulate, with_drift
from runoff_forecast.evaluate.record import (
    EARLY,
    LATER,
    LATEST,
    MADE_UP,
    NO_DRIFT,
    OURS,
    Record,
    known_truths,
    markdown,
    path_plans,
    plan_of,
    yardsticks,
)
from runoff_forecast.models import StratifiedArrival, learnt_priors
from runoff_forecast.models.design_based import DesignBased
from runoff_forecast.models.evidence import gather
from runoff_forecast.models.latent import build_prior, scale_widths
from runoff_forecast.models.yardsticks import RawCount
from runoff_forecast.sources import load

ORDERS_TRIED = {name: ORDERS[name] for name in ("random", "urban first", "adversarial")}


@pytest.fixture(scope="module")
def record(tmp_path_factory) -> Record:
    models = {OURS: DesignBased(draws=60), NO_DRIFT: DesignBased(draws=50), "raw count": RawCount()}
    models["broken"] = simulated.Broken()
    plan = Backtest({"small": simulated.truth()}, models, ORDERS_TRIED, ("unit", "nation"), range(2), (0.2, 0.6))
    return Record(backtest(plan, tmp_path_factory.mktemp("record")))


def test_tables_are_means_of_the_scores(record):
    table = record.table(["level"]).set_index(["model", "level"])
    scores = record.scores[(record.scores["model"] == OURS) & (record.scores["level"] == "unit")]
    assert table.loc[(OURS, "unit"), "crps"] == pytest.approx(100 * scores["crps"].mean())
    assert table.loc[(OURS, "unit"), "covered_90"] == pytest.approx(scores["covered_90"].astype(float).mean())
    assert table.loc[(OURS, "unit"), ["forecasts", "nights"]].to_list() == [12, 6]


def test_bars_are_judged(record):
    assert set(record.too_narrow().columns) >= {"order", "level", "fraction", "mass", "p_value"}
    ratios = record.against_the_best()
    assert len(ratios) == 6
    assert (ratios["crps"] > 0).all()
    assert set(record.usual_coverage()["election"]) == {"small", "all"}
    scores = record.scores[(record.scores["level"] == "unit") & (record.scores["order"] == "random")]
    means = scores.groupby("model")[["crps", "width_90"]].mean()
    row = ratios[(ratios["level"] == "unit") & (ratios["order"] == "random")].iloc[0]
    assert row["crps"] == pytest.approx(means.loc[OURS, "crps"] / means.loc["raw count", "crps"])
    assert record.price_of_drift() == pytest.approx(means.loc[OURS, "width_90"] / means.loc[NO_DRIFT, "width_90"])


def judged(held: dict[str, float], nights: int = 40) -> Record:
    """A record of one cell whose intervals held so often, in nights one after the other."""
    scores = pd.DataFrame(
        {"model": OURS, "order": "mixed", "level": "unit", "fraction": 0.4, "election": "small"}, range(nights)
    )
    scores["night"], scores["failed"], scores["error"] = range(nights), None, 0.01
    return Record(scores.assign(**{name: np.arange(nights) < share * nights for name, share in held.items()}))


def test_coverage_is_judged_both_ways():
    promised = {"covered_50": 0.5, "covered_80": 0.8, "covered_90": 0.9, "covered_95": 0.95}
    assert judged(promised).usual_coverage()["held"].all()
    assert judged(promised).too_narrow().empty
    narrow = judged(promised | {"covered_90": 0.6})
    assert narrow.usual_coverage().set_index(["election", "score"]).loc[("all", "covered_90"), "held"] == np.False_
    assert narrow.too_narrow()["mass"].tolist() == [0.9]
    wide = judged(promised | {"covered_80": 1.0})
    assert not wide.usual_coverage().set_index(["election", "score"]).loc[("all", "covered_80"), "held"]
    assert wide.too_narrow().empty, "too wide is no shortfall"


def test_few_forecasts_cannot_fall_short_of_a_low_mass():
    held = {"covered_50": 0.0, "covered_80": 0.0, "covered_90": 0.0, "covered_95": 0.0}
    for nights in (2, 4, 8, 40):
        record = judged(held, nights)
        assert record.too_narrow()["mass"].tolist() == record.testable()
    assert judged(held, 2).testable() == []
    assert judged(held, 4).testable() == [0.8, 0.9, 0.95]


def test_calls_under_adversarial_orders_are_told_apart(record):
    calls = record.calls().set_index(["orders", "model"])
    assert calls.loc[("others", "raw count"), "nights"] == 8
    assert calls.loc[("adversarial", "raw count"), "nights"] == 4


def test_failures_are_told(record):
    assert record.failures().to_dict() == {("broken", "ArithmeticError: no mode"): 24}
    assert "broken" not in set(record.known["model"])


def test_the_script_writes_every_section(record):
    real = record.scores[record.scores["model"] == OURS].assign(time=0)
    latest = record.scores[record.scores["model"] == OURS].assign(model=LATEST)
    paths = Record(pd.concat([record.scores, latest]).replace({"fraction": {0.2: EARLY, 0.6: LATER}}))
    text = "\n\n".join(script._sections(record, paths, real))
    assert "The latest state alone has 1.00 times the CRPS" in text
    for part in ("By level", "By order of arrival", "Calls", "beyond chance", "Failed forecasts: 24 of broken"):
        assert part in text


def test_without_station_files_what_is_skipped_is_said(tmp_path):
    truths, skipped = known_truths(tmp_path)
    assert list(truths) == [name + MADE_UP for name in ("peru-2016-runoff", "peru-2021-runoff")]
    assert len(skipped) == 2
    assert all("mesas-runoff" in reason for reason in skipped)
    plans = plan_of(truths, seeds=range(5))
    assert len({cell.night for cell in plans[0].cells}) == 400
    assert set(plans[0].models) == {OURS, *yardsticks()}
    paths = path_plans(truths, seeds=range(20))
    assert len({cell.night for plan in paths for cell in plan.cells}) == 200


def test_markdown_is_a_table():
    table = pd.DataFrame({"a": [1.23456, np.nan], "b": ["x", "y"], "c": [True, False]})
    assert markdown(table, digits={"a": 1}).splitlines() == [
        "| a | b | c |",
        "| --- | --- | --- |",
        "| 1.2 | x | yes |",
        "| – | y | no |",
    ]


def test_the_card_takes_the_record_between_its_marks(tmp_path):
    card = tmp_path / "MODEL.md"
    into_card("record", "tables", card)  # there is no card yet
    card.write_text("before <!-- record -->old<!-- /record --> after", encoding="utf-8")
    into_card("record", "tables", card)
    assert card.read_text(encoding="utf-8") == "before <!-- record -->\ntables\n<!-- /record --> after"


# Sensitivity.


def test_wider_drift_is_a_wider_forecast():
    night = simulate(simulated.truth(), Random(), fractions=(0.5,), rng=np.random.default_rng(1))
    found = sensitivity(StratifiedArrival(draws=800), night.counts, factors=(0.5, 1.0, 20.0))
    table = found.to_frame()
    assert list(table.index) == ["drift x 0.5", "drift x 1", "drift x 20", "design-based"]
    assert table.loc["drift x 20", "sd"] > 1.5 * table.loc["drift x 0.5", "sd"]
    chances = table.loc[table.index != "design-based", "win_probability"]
    assert found.swing == pytest.approx(chances.max() - chances.min())
    assert found.swing > 0.0
    alone = StratifiedArrival(draws=800)(night.counts, rng=np.random.default_rng(1))
    assert table.loc["drift x 1", "mean"] == pytest.approx(float(alone.mean(alone.margin)))
    none = DriftTimes(StratifiedArrival(draws=800), 1e-3)(night.counts, rng=np.random.default_rng(1))
    assert float(none.sd(none.margin)) <= table.loc["drift x 0.5", "sd"] * 1.05


def test_only_drift_is_scaled():
    night = load("peru-2021-runoff")
    whole, less = (gather(night.counts, with_drift(learnt_priors(night.election), f)) for f in (1.0, 0.5))
    with_it, with_less = (build_prior(e, 0.4 * scale_widths(e.priors)) for e in (whole, less))
    for name in ("drift", "drift_nation"):
        np.testing.assert_allclose(0.5 * getattr(with_it, name), getattr(with_less, name))
    for name in ("fixed", "region", "area", "unit", "arrival"):
        np.testing.assert_array_equal(getattr(with_it, name), getattr(with_less, name))


def test_without_drift_what_waits_for_rulings_is_like_the_rest():
    counts, model = load("peru-2021-runoff").counts, StratifiedArrival(draws=800)
    as_is = model(counts, rng=np.random.default_rng(1))
    without = DriftTimes(model, 1e-3)(counts, rng=np.random.default_rng(1))
    assert float(without.sd(without.margin)) < 0.5 * float(as_is.sd(as_is.margin))
