"""The model card's tables are those of the code."""

from benchmarks import priors
from benchmarks.card import CARD


def test_the_table_of_priors_is_current():
    """`python -m benchmarks.priors` writes it."""
    assert priors.table() in CARD.read_text(encoding="utf-8")


def test_every_prior_says_why():
    assert all(len(reason) > 5 for reason in priors._docstrings().values())
