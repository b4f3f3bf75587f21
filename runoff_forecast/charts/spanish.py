"""The phrases of the charts in Spanish."""

from .phrases import Words

# fmt: off
MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio",
    "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
)
# fmt: on

SPANISH = Words(
    months=MONTHS,
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
    # What several charts say.
    ahead="{name} adelante",
    expected_key="esperado",
    so_far_key="conteo hasta ahora",
    official_key="resultado oficial",
    share_axis="mesas contadas",
    points_axis="puntos",
    # The night over time.
    night_title="El conteo y la proyección",
    chance_to_win="probabilidad de ganar, de 100",
    chance_to_advance="probabilidad de pasar a segunda vuelta, de 100",
    night_note=(
        "El conteo parcial no es una proyección: donde se cuenta temprano se vota distinto que donde se cuenta tarde."
    ),
    night_described=(
        "Gráfico de líneas del conteo y su proyección en {moments} momentos, {start} a {stop}. {title}. El "
        "conteo pasó de {so_far_first} a {so_far_last}; la proyección del final, de {first} a {last}, 90 de "
        "100 resultados: {interval}. {chances}.{official}"
    ),
    official_described=" Resultado oficial: {leader}.",
    # The chances over time.
    to_advance="de pasar a segunda vuelta",
    chance_to_win_title="Las probabilidades durante el conteo",
    chance_to_advance_title="Las probabilidades de pasar a segunda vuelta",
    chances_described=("Gráfico de líneas de las probabilidades en {moments} momentos. {title}. Al final: {chances}."),
    # The bands.
    bands_key="50 y 90 de 100 resultados",
)
