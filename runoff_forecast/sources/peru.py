"""What the files of Peru's electoral office share: codes of places, the rule for urban and rural, and capitals."""

import re

import numpy as np
import pandas as pd

from ..checks.register import OVERSEAS

ZONE = "America/Lima"

URBAN_FROM = 12_000
"""Registered voters from which a district is called urban.

The districts below it hold 21 % of the home electorate of 2021; the census of 2017 found 20.7 % of Peruvians in rural
places."""

CODE = re.compile(r"\d{6}")
"""A place: two digits each for department, province and district; 91 to 95 are the continents abroad."""

ABROAD = re.compile(r"9[1-5]\d{4}")
"""A consulate: the office codes continents as departments 91 to 95."""

LOWER_WORDS = {"de", "del", "la", "las", "los", "el", "y", "do", "da"}
"""Words that stay in lower case inside a Spanish place name."""


def is_abroad(ubigeo: pd.Series) -> pd.Series:
    """True for the codes of consulates."""
    return ubigeo.str.fullmatch(ABROAD)


def department(ubigeo: pd.Series) -> pd.Series:
    """The code of the department, abroad the continent."""
    return ubigeo.str[:2] + "0000"


def province(ubigeo: pd.Series) -> pd.Series:
    """The code of the province, abroad the country."""
    return ubigeo.str[:4] + "00"


def kind(electorate: pd.Series, *, abroad: pd.Series) -> pd.Series:
    """`overseas`, else `urban` or `rural` by the registered voters of the district."""
    words = np.where(abroad, OVERSEAS, np.where(electorate >= URBAN_FROM, "urban", "rural"))
    return pd.Series(words, index=electorate.index)


def place_name(upper: str) -> str:
    """A place name in the usual spelling; the offices print capitals: SAN JUAN DE LURIGANCHO."""
    words = [word.lower() if word.lower() in LOWER_WORDS else word.title() for word in upper.split()]
    return " ".join([words[0].title(), *words[1:]]) if words else ""
