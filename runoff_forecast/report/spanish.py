"""The phrases of the page in Spanish."""

from .phrases import PageWords

SPANISH = PageWords(
    # The headline, by how sure it is.
    won="{name} ganó el conteo por {votes} votos",
    tied="El conteo termina en empate",
    certain="Es casi seguro que gane {name}",
    very_likely="Es muy probable que gane {name}",
    likely="Es probable que gane {name}",
    leaning="Lo más probable es que gane {name}",
    open="Demasiado reñido: {name} o {rival}",
    meet_done="{name} y {rival} van a la segunda vuelta",
    meet_certain="Es casi seguro que {name} y {rival} vayan a la segunda vuelta",
    meet_very_likely="Es muy probable que {name} y {rival} vayan a la segunda vuelta",
    meet_likely="Es probable que {name} y {rival} vayan a la segunda vuelta",
    meet_leaning="Lo más probable es que {name} y {rival} vayan a la segunda vuelta",
    meet_open="Está abierto quién pasa a la segunda vuelta",
    meet_half_open="{name} pasa a la segunda vuelta; está abierto quién más",
    won_outright="{name} ganó en primera vuelta",
    at_once="{sentence} en primera vuelta",
    outright="{name}: la probabilidad de ganar en primera vuelta es {chance}",
    # Below it.
    chances="Probabilidad de ganar: {chances}.",
    chances_outright="Probabilidad de ganar en primera vuelta: {chances}; de que haya segunda: {runoff}.",
    chances_to_advance="Probabilidad de pasar a segunda vuelta: {chances}.",
    expected="Se espera al final: {leader} puntos; en 90 de 100 resultados posibles, {interval}.",
    in_the_count="En el conteo hasta ahora: {leader}, con {counted}; faltan unos {votes} votos.",
    count_done="Están contadas todas las mesas que pueden contarse.",
    nothing_yet=(
        "Aún no se ha contado nada: esto es lo que elecciones anteriores hacen esperar, y es amplio a propósito."
    ),
    as_of="Conteo del {time}",
    preliminary="Este conteo es preliminar: el oficial puede corregirlo.",
    final="Diferencia final: {leader} puntos.",
    official="Resultado: {leader} puntos.",
    # The sections.
    skip="Ir a la proyección",
    forecast_section="¿Quién gana?",
    forecast_first_section="¿Quién pasa?",
    night_section="¿Cómo se llegó hasta aquí?",
    night_text=(
        "Un conteo no es una muestra: donde las mesas informan temprano se vota distinto que donde informan "
        "tarde. Por eso la ventaja en el conteo se mueve, y por eso la proyección se mueve menos."
    ),
    out_section="¿Qué falta contar?",
    out_text="Faltan unos {votes} votos válidos ({low} a {high} en 90 de 100 resultados).",
    shift_section="¿Por qué son distintos los votos tardíos?",
    shift_text=(
        "Una ventaja que se derrite o crece tarde no es señal de fraude. Tarde informan otros lugares que "
        "temprano; lo que queda es cómo votan tarde los mismos lugares."
    ),
    regions_section="Región por región",
    how_section="Cómo funciona",
    record_section="Qué tan bueno ha sido",
    sources_section="Datos y fuentes",
    in_words="El gráfico en palabras",
    warnings="Qué tener en cuenta",
    # Tables.
    kinds_caption="Lo que falta, por tipo de lugar",
    regions_caption=(
        "Ventaja final esperada por región, con el intervalo de 90 de 100 resultados; primero donde faltan más votos."
    ),
    regions_first_caption=(
        "Quién se espera primero en cada región, por cuántos puntos y con qué seguridad; primero donde "
        "faltan más votos."
    ),
    sure="Seguridad",
    sort_hint="Elija un encabezado para ordenar.",
    kind="Tipo de lugar",
    region="Región",
    counted="Contado",
    stations_out="Mesas que faltan",
    votes_out="Votos que faltan",
    lead_there="Ventaja entre ellos",
    lead="Ventaja esperada",
    interval="90 de 100 resultados",
    of_votes="de los votos esperados; la oficina no ha dicho cuántas mesas",
    # How it works.
    how_count=(
        "Cada mesa cuenta sus votos y la oficina los suma en el orden en que llegan las actas: primero las "
        "ciudades, después los pueblos, al final los consulados. Por eso lo contado dice poco de lo que "
        "falta, si no se mira el lugar."
    ),
    how_model=(
        "La proyección mira cada unidad del padrón: cómo votó en una elección anterior si se sabe, cómo "
        "votan ahora ella y los lugares parecidos, cuántos votos válidos da una mesa y qué lugares suelen "
        "informar tarde. Admite que las mesas tardías se inclinen distinto que las tempranas tanto como lo "
        "han mostrado conteos pasados."
    ),
    how_contested=("Las actas observadas se toman como sus vecinas; en conteos pasados la mayoría terminó contándose."),
    how_draws=(
        "Todos los números de esta página salen de los mismos {draws} finales posibles del conteo. «80 de "
        "100» dice que 80 de cada 100 de esos finales tienen ese ganador; en 20 de 100 gana el otro, y no "
        "debería sorprender. Mientras falten votos nunca se dice 0 ni 100."
    ),
    how_words=(
        "«Casi seguro» es más de 99 de 100, «muy probable» 95 o más, «probable» 80 o más, «más probable que "
        "lo contrario» 60 o más; por debajo, demasiado reñido."
    ),
    # What to keep in mind.
    not_a_vote="Hay mesas contadas, pero ni un voto válido: la proyección descansa en lo anterior a esta elección.",
    prior_alone="Aún no hay nada contado: la proyección descansa en lo anterior a esta elección.",
    nominal_stations="El padrón no da mesas: se supone una por cada 300 electores.",
    borrowed="Los lugares y sus votos anteriores son prestados de otra elección: la proyección es amplia y mira atrás.",
    no_baseline="No hay elección anterior por lugares: lo que falta se proyecta solo por lugar y orden de llegada.",
    taken_back="Lugares cuyas cifras la oficina corrigió a la baja durante el conteo: {places}.",
    # The record, and where the figures are from.
    record_text=(
        "Conteos reales del pasado, proyectados boletín por boletín sin conocer su final; los errores son de "
        "la ventaja final, en puntos."
    ),
    record_night="Conteo",
    record_moments="Proyecciones",
    record_error="Error medio",
    record_raw="Del conteo parcial",
    record_covered="Dentro del intervalo de 90 %",
    licence="licencia {licence}",
    retrieved="consultado el {date}",
    made="Hecho con {software}; motor {engine}, {draws} muestras, semilla {seed}.",
    for_machines=(
        "Los mismos números para programas están en este archivo como JSON, en el elemento con id «forecast»."
    ),
)
