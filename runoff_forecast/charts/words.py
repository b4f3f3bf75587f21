"""The words of the charts in each language."""

from .english import ENGLISH
from .phrases import Words as Words
from .spanish import SPANISH

LANGUAGES = {"en": ENGLISH, "es": SPANISH}


def words(lang: str) -> Words:
    """The phrases of a language; raises ValueError where there are none."""
    if lang not in LANGUAGES:
        raise ValueError(f"lang is one of {', '.join(LANGUAGES)}, got {lang!r}")
    return LANGUAGES[lang]
