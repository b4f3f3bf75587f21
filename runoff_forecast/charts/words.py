"""The words of the charts in each language, in one place."""

from dataclasses import dataclass

import pandas as pd

from ..saying import in_hundred

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}


@dataclass(frozen=True)
class Words:
    """Phrases of one language; what stands in braces is filled in."""

    months: tuple[str, ...]
    date: str
    chance: str
    to_win: str
    to_lead: str
    tie: str
    lead_axis: str
    expected: str
    interval: str
    limits: str
    so_far: str
    counted: str
    nothing_counted: str
    source: str
    one_dot: str
    margin_described: str

    def time(self, time: pd.Timestamp, timezone: str) -> str:
        """Date and clock time where the count takes place."""
        local = time.tz_convert(timezone)
        return self.date.format(
            day=local.day, month=self.months[local.month - 1], year=local.year, clock=f"{local:%H:%M}"
        )

    def stations(self, share: float) -> str:
        """How much is counted."""
        return self.counted.format(share=f"{100 * share:.1f}")

    def in_hundred(self, probability: float, *, certain: bool) -> str:
        """A probability as a number of times in a hundred."""
        return self.chance.format(number=in_hundred(probability, certain=certain))


ENGLISH = Words(
    months=tuple(MONTHS["en"].split()),
    date="{day} {month} {year}, {clock}",
    chance="{number} in 100",
    to_win="to win",
    to_lead="to end ahead",
    tie="tie",
    lead_axis="final lead, in points",
    expected="Expected: {leader}.",
    interval="90 of 100 results: {interval}.",
    limits="{low} to {high}",
    so_far="count so far:\n{leader}",
    counted="{share} % of stations counted",
    nothing_counted="nothing counted yet",
    source="Source: {publisher}.",
    one_dot="Each dot is one of 100 equally likely results.",
    margin_described=(
        "Dot chart of 100 equally likely final results. {title}, {time}, {counted}. {chances}. "
        "Expected final margin: {leader} points; in 90 of 100 results {interval}. {so_far}."
    ),
)

SPANISH = Words(
    months=tuple(MONTHS["es"].split()),
    date="{day} de {month} de {year}, {clock}",
    chance="{number} de 100",
    to_win="de ganar",
    to_lead="de quedar por delante",
    tie="empate",
    lead_axis="ventaja final, en puntos",
    expected="Esperado: {leader}.",
    interval="90 de 100 resultados: {interval}.",
    limits="{low} a {high}",
    so_far="conteo hasta ahora:\n{leader}",
    counted="{share} % de mesas contadas",
    nothing_counted="aún nada contado",
    source="Fuente: {publisher}.",
    one_dot="Cada punto es uno de 100 resultados igual de probables.",
    margin_described=(
        "Gráfico de puntos con 100 resultados finales igual de probables. {title}, {time}, {counted}. {chances}. "
        "Diferencia final esperada: {leader} puntos; en 90 de 100 resultados, {interval}. {so_far}."
    ),
)

LANGUAGES = {"en": ENGLISH, "es": SPANISH}


def words(lang: str) -> Words:
    """The phrases of a language; raises ValueError where there are none."""
    if lang not in LANGUAGES:
        raise ValueError(f"lang is one of {', '.join(LANGUAGES)}, got {lang!r}")
    return LANGUAGES[lang]
