"""What the page says, as phrases that every language has."""

from .english import ENGLISH
from .phrases import PageWords as PageWords
from .spanish import SPANISH

LANGUAGES = {"en": ENGLISH, "es": SPANISH}


def page_words(lang: str) -> PageWords:
    """The phrases of a language; raises ValueError where there are none."""
    if lang not in LANGUAGES:
        raise ValueError(f"lang is one of {', '.join(LANGUAGES)}, got {lang!r}")
    return LANGUAGES[lang]
