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
    day="{day} de {month} de {year}",
    date="{day}, {clock}",
    chance="{number} de 100",
    to_win="de ganar",
    to_lead="de quedar por delante",
    tie="empate",
    lead_axis="ventaja final, en puntos",
    expected="Esperado: {leader}.",
    interval="90 de 100 resultados: {interval}.",
    limits="{low} a {high}",
    so_far="conteo hasta ahora:\n{leader}",
    counted="{share} de mesas contadas",
    nothing_counted="aún nada contado",
    source="Fuente: {publisher}.",
    one_dot="Cada punto es uno de 100 resultados igual de probables.",
    one_mark="Los 100 resultados igual de probables caben en {width} de punto.",
    final="El conteo terminó. Diferencia final: {leader}.",
    of_valid_votes="de los votos válidos",
    margin_described=(
        "Gráfico de puntos con 100 resultados finales igual de probables. {title}, {time}, {counted}. {chances}. "
        "Diferencia final esperada: {leader}; en 90 de 100 resultados, {interval}. {so_far}."
    ),
    final_described="Gráfico de la diferencia final. {title}, {time}, {counted}. {final} {shares}.",
    # What several charts say.
    ahead="{name} adelante",
    points_axis="puntos",
    in_points="{lead} puntos",
    expected_key="esperado",
    so_far_key="conteo hasta ahora",
    official_key="resultado",
    share_axis="mesas contadas",
    # The night over time.
    night_title="El conteo y la proyección",
    chance_to_win="probabilidad de ganar, de cada 100",
    chance_to_advance="probabilidad de ganar ya o pasar, de cada 100",
    night_note=(
        "El conteo parcial no es una proyección: donde se cuenta temprano se vota distinto que donde se cuenta tarde."
    ),
    night_described=(
        "Gráfico de líneas del conteo y su proyección en {moments}, {start} a {stop}. {title}. El "
        "conteo pasó de {so_far_first} a {so_far_last}; la proyección del final, de {first} a {last}, 90 de "
        "100 resultados: {interval}. {chances}.{official}"
    ),
    official_described=" Resultado: {leader}.",
    # The chances over time.
    to_advance="de ganar ya o pasar a segunda vuelta",
    chance_to_win_title="Las probabilidades durante el conteo",
    chance_to_advance_title="Las probabilidades de ganar ya o pasar a segunda vuelta",
    chances_described=("Gráfico de líneas de las probabilidades en {moments}. {title}. Al final: {chances}."),
    one_moment="1 momento",
    many_moments="{number} momentos",
    # The bands.
    bands_key="50 y 90 de 100 resultados",
    # What is still out.
    outstanding_title="Lo que falta contar, y hacia dónde se inclina",
    outstanding_note=(
        "Votos que se espera que lleguen{for_two}, con las actas observadas. En color pleno, lo que uno le "
        "saca al otro."
    ),
    votes_to_come="votos por llegar{for_two}",
    # Follows votes of two candidates where others have votes too.
    for_two=" para estos dos",
    net_column="ganancia neta",
    other_regions="{number} regiones más",
    outstanding_described=(
        "Gráfico de barras de los votos por llegar{for_two}, por región. {title}, {time}. Se esperan {votes} votos "
        "válidos; de ellos, {first} {first_votes}, {second} {second_votes}. Donde más faltan, con la ventaja esperada "
        "en puntos: {largest}."
    ),
    # Regions abroad.
    abroad="{name} (exterior)",
    # Regions and maps.
    counted_column="contado",
    regions_title="Cómo terminan las regiones",
    regions_note="Puntos: ventaja final esperada. Líneas: 90 de 100 resultados.",
    regions_described=(
        "Gráfico de puntos del margen final por región. {title}, {time}. Se espera a {first} adelante en "
        "{ahead} regiones y a {second} en {behind}; {open} están abiertas. Mayores márgenes de {first} sobre "
        "{second}, en puntos: {best}; menores: {worst}."
    ),
    places_title="Quién gana dónde",
    tiles_note=(
        "Ventaja final esperada en puntos; cuanto mayor, más fuerte el color. Borde de trazos: no es seguro quién gana."
    ),
    tiles_foot="Barra al pie: parte contada.",
    map_note=("Ventaja final esperada; cuanto mayor, más fuerte el color. Borde de trazos: no es seguro quién gana."),
    leads_in="{name} gana en {number}: {places}.",
    places_described="Mapa de las ventajas finales esperadas por región, en puntos. {title}, {time}. {leads}",
    # The way to victory, and kinds of places.
    route_title="Lo que necesita {name}",
    route_told=(
        "{name} está {deficit} votos detrás de {rival}, necesita {needed} de los votos por llegar{for_two} y se "
        "espera que obtenga {expected} ({low} a {high} en 90 de 100 resultados). Probabilidad: {chance}."
    ),
    route_cannot="{name} está {deficit} votos detrás de {rival}: más de los que faltan{for_two}.",
    route_need_not="{name} aventaja a {rival} por más de lo que pueden cambiar los votos por llegar{for_two}.",
    route_note="Cuanto más alto el bloque, más votos faltan allí{for_two}.",
    route_described=(
        "Gráfico de bloques de los votos por llegar{for_two}, por tipo de lugar. {title}. {told} Votos por llegar"
        "{for_two} y parte esperada de ellos: {kinds}."
    ),
    needed_key="necesario",
    votes_out="{votes} votos",
    votes_out_two="{votes} para los dos",
    share_of="parte de {name}",
    share_of_two="parte de {name} entre los dos",
    urban="ciudades",
    rural="campo",
    overseas="exterior",
    unknown="todos los lugares",
    # The bulletins.
    bulletins_title="Cada boletín frente a lo que hace falta",
    bulletins_note=(
        "Barras: la ventaja entre los votos propios de cada boletín; el ancho, sus mesas. Un boletín más "
        "allá de la línea acerca el empate o amplía la ventaja."
    ),
    tie_key="necesario para empatar",
    rest_key="esperado del resto",
    bulletins_rest=(
        "Lo que falta necesita {needed} para un empate; se espera {expected}, 90 de 100 resultados: {interval}."
    ),
    bulletins_rest_cannot=(
        "Lo que falta no alcanza para un empate; se espera {expected}, 90 de 100 resultados: {interval}."
    ),
    bulletins_finished="Ya no falta nada.",
    bulletins_described=(
        "Gráfico de barras de la ventaja entre los votos propios de cada boletín. {title}. El primero, con "
        "{share} de las mesas: {start}. De los {number} siguientes, {first} ganó {won} y {second} {lost}. "
        "{rest}"
    ),
    # The shift of late votes.
    shift_title="Por qué los votos tardíos son distintos",
    shift_note=(
        "De la ventaja entre los votos contados a la de los que faltan: porque vienen de otras regiones, de "
        "ciudades o pueblos, de lugares más grandes o pequeños, de otros lugares parecidos; el resto es cómo "
        "votan tarde los mismos lugares."
    ),
    shift_axis="ventaja, en puntos",
    shift_counted="contado hasta ahora",
    shift_to_come="por llegar (esperado)",
    shift_came="llegó después",
    part_region="otras regiones",
    part_kind="ciudad o pueblo",
    part_size="tamaño del lugar",
    part_place="lugares parecidos",
    part_rest="mismos, más tarde",
    shift_described=(
        "Gráfico de cascada de la ventaja entre los votos contados a la de los votos por llegar. {title}. "
        "Contados: {counted}; por llegar: {to_come}. Pasos en puntos, {first} menos {second}: {parts}."
    ),
    # Arrival.
    arrival_title="Hasta dónde va el conteo",
    contested_key="observadas",
    guessed_key="contado, de los votos esperados",
    nation="total",
    not_known="no se sabe",
    arrival_described=(
        "Gráfico de barras de la parte contada. {title}, {time}: {counted}. Por tipo de lugar: {kinds}. "
        "Regiones menos contadas: {regions}."
    ),
    # First rounds.
    ninety_key="90 de 100 resultados",
    shares_title="Cómo terminan los candidatos",
    share_of_valid="parte de los votos válidos",
    chances_note="A la derecha: probabilidad {aim}, de cada 100.",
    others_end_below="Sin mostrar: {number} de {all} candidatos, de quienes se esperan menos votos.",
    share_told="{name} {share} ({low} a {high}), {chance}",
    shares_described=(
        "Gráfico de puntos de la parte final de cada candidato con 90 de 100 resultados, y probabilidad "
        "{aim}. {title}, {time}. {shares}."
    ),
    race_title="La carrera por el último lugar de la segunda vuelta",
    gap_label="{first} menos {second}, en puntos",
    race_so_far="{share} hasta ahora",
    race_told="{name}: {so_far}, {share} esperado, {chance} de pasar",
    race_described=(
        "Gráfico de líneas de la carrera por el último lugar de la segunda vuelta, en {moments}. "
        "{title}. Al final: {told}."
    ),
    pairings_title="Quiénes se enfrentan en la segunda vuelta",
    pairings_note="Probabilidad de cada segunda vuelta, de cada 100; de ganar en primera: {outright}.",
    others_less_likely="Sin mostrar: {number} de {all} candidatos, con menos probabilidad de pasar.",
    pairings_described=(
        "Matriz de la probabilidad de cada segunda vuelta. {title}, {time}. {pairings}. Triunfo en primera "
        "vuelta: {outright}."
    ),
    # The drift.
    drift_title="¿Votan distinto las mesas tardías?",
    drift_note=(
        "Cuánto se apartan las mesas tardías de las tempranas, más allá del lugar: lo que se creía posible "
        "antes del conteo y lo que se ve en él. Intervalos de 90 %."
    ),
    before_key="antes del conteo",
    after_key="después",
    drift_axis="logits por desviación de tardanza",
    drift_described=(
        "Gráfico de intervalos de la deriva, a priori y a posteriori. {title}, {time}. Nación: antes del "
        "conteo dentro de {prior} logits a cada lado, después {low} a {high}. Lugares donde el conteo está "
        "seguro de una deriva: {sure}."
    ),
    # The sampler's diagnostics.
    sampling_title="¿Concuerdan las cadenas?",
    sampling_note="Cada punto es un número muestreado; los sanos están abajo y a la derecha de las líneas.",
    sampling_sound="{chains} cadenas de {draws} muestras, {numbers} números: todo sano, sin divergencias.",
    sampling_sick=(
        "{chains} cadenas de {draws} muestras, {numbers} números: {sick} no llegan ({worst}); divergencias: "
        "{divergences}."
    ),
    bulk_key="del centro",
    tail_key="de las colas",
    ess_axis="muestras efectivas",
    sampling_described=(
        "Gráfico de puntos de R-hat y muestras efectivas. {title}. {told} Peor R-hat {rhat}, menos muestras "
        "efectivas {ess}."
    ),
    # Where nobody is behind.
    route_ahead=(
        "{name} está {deficit} votos por delante de {rival}, necesita {needed} de los votos por llegar{for_two} y se "
        "espera que obtenga {expected} ({low} a {high} en 90 de 100 resultados). Probabilidad: {chance}."
    ),
    route_level=(
        "{name} y {rival} están por ahora iguales. {name} necesita {needed} de los votos por llegar{for_two} y se "
        "espera que obtenga {expected} ({low} a {high} en 90 de 100 resultados). Probabilidad: {chance}."
    ),
    # A win in the first round.
    to_win_or_advance="de ganar ya o pasar",
    outright_bar="Punteada: una ventaja de {lead} puntos, con {share} % de los votos, gana de una vez.",
)
