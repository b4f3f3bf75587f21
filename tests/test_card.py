"""The model card's tables are those of the code."""

from benchmarks import priors
from benchmarks.card import CARD, README


def test_the_table_of_priors_is_current():
    """`python -m benchmarks.priors` writes it."""
    assert priors.table() in CARD.read_text(encoding="utf-8")


def test_every_prior_says_its_unit_or_its_reason_in_a_sentence():
    said = priors._docstrings()
    assert [name for name, reason in said.items() if len(reason.split()) < 4 or not reason.endswith(".")] == []


def test_the_forecasts_that_the_readme_tells_are_the_cards():
    """`python -m benchmarks.founding` writes both."""
    table = README.read_text(encoding="utf-8").split("<!-- founding -->")[1].split("<!-- /founding -->")[0]
    rows = table.strip().splitlines()
    assert len(rows) >= 4
    card = CARD.read_text(encoding="utf-8").splitlines()
    assert [row for row in rows if row not in card] == []
