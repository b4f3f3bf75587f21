"""The phrases of the page in English."""

from .phrases import PageWords

ENGLISH = PageWords(
    # The headline, by how sure it is.
    won="{name} has won the count by {votes} votes",
    tied="The count ends in a tie",
    certain="{name} is all but certain to win",
    very_likely="{name} is very likely to win",
    likely="{name} is likely to win",
    leaning="{name} is more likely than not to win",
    open="Too close to call: {name} or {rival}",
    meet_done="{name} and {rival} meet in the runoff",
    meet_certain="{name} and {rival} are all but certain to meet in the runoff",
    meet_very_likely="{name} and {rival} are very likely to meet in the runoff",
    meet_likely="{name} and {rival} are likely to meet in the runoff",
    meet_leaning="{name} and {rival} are more likely than not to meet in the runoff",
    meet_open="Who goes on to the runoff is open",
    meet_half_open="{name} goes on to the runoff; who else does is still open",
    won_outright="{name} has won in the first round",
    at_once="{sentence} in the first round",
    outright="{name}: chances to win in the first round are {chance}",
    # Below it.
    chances="Chances to win: {chances}.",
    chances_outright="Chances to win in the first round: {chances}; of a runoff: {runoff}.",
    chances_to_advance="Chances to go on to the runoff: {chances}.",
    expected="Expected at the end: {leader} points; in 90 of 100 possible results {interval}.",
    in_the_count="In the count so far: {leader}, with {counted}; about {votes} votes are still out.",
    count_done="All stations that can count are counted.",
    nothing_yet=("Nothing is counted yet: this is what earlier elections lead to expect, and it is wide on purpose."),
    as_of="Count of {time}",
    preliminary="This count is preliminary: the official one may revise it.",
    final="Final margin: {leader} points.",
    official="Result: {leader} points.",
    # The sections.
    skip="Skip to the forecast",
    forecast_section="Who wins?",
    forecast_first_section="Who goes on?",
    night_section="How did it get here?",
    night_text=(
        "A count is no sample: where polling stations report early, people vote differently from where they "
        "report late. That is why the lead in the count moves, and why the forecast moves less."
    ),
    out_section="What is still out?",
    out_text="About {votes} valid votes are still to come ({low} to {high} in 90 of 100 results).",
    shift_section="Why do late votes differ?",
    shift_text=(
        "A lead that melts or grows late is no sign of fraud. The places that report late are not those that "
        "report early; what is left is how the same places vote late."
    ),
    regions_section="Region by region",
    how_section="How it works",
    record_section="How good it has been",
    sources_section="Data and sources",
    in_words="The chart in words",
    warnings="What to keep in mind",
    # Tables.
    kinds_caption="What is still out, by kind of place",
    regions_caption=(
        "Expected final lead by region, with the interval that holds 90 of 100 results; most votes out first."
    ),
    regions_first_caption=(
        "Who is expected first in each region, by how many points, and how sure that is; most votes out first."
    ),
    sure="How sure",
    sort_hint="Choose a heading to sort by it.",
    kind="Kind of place",
    region="Region",
    counted="Counted",
    stations_out="Stations out",
    votes_out="Votes out",
    lead_there="Lead among them",
    lead="Expected lead",
    interval="90 of 100 results",
    of_votes="of the votes expected; the office has not said how many stations",
    # How it works.
    how_count=(
        "Each polling station counts its ballots, and the office adds them up in the order in which tally "
        "sheets arrive: towns first, villages later, consulates last. So what is in tells little of what is "
        "out, unless you allow for where the votes come from."
    ),
    how_model=(
        "The forecast looks at every {unit} of the register: how it voted in an earlier election where that "
        "is known, how it and places like it vote now, how many valid votes a station gives, and which "
        "places tend to report late. It allows for late stations to lean differently from early ones by as "
        "much as past counts have shown."
    ),
    how_contested=(
        "Contested tally sheets are taken to be like their neighbours; in past counts most were counted in the end."
    ),
    how_draws=(
        "Every number here comes from the same {draws} possible ends of this count. “80 in 100” says that 80 "
        "of 100 such ends have that winner; in 20 of 100 the other wins, and that should not surprise. "
        "Chances are never said to be 0 or 100 while votes are out."
    ),
    how_words=(
        "“All but certain” is more than 99 in 100, “very likely” 95 or more, “likely” 80 or more, “more "
        "likely than not” 60 or more; below, it is too close to call."
    ),
    # What to keep in mind.
    not_a_vote="Stations are counted, but not one valid vote: the forecast rests on what was known before.",
    prior_alone="Nothing is counted yet: the forecast rests on what was known before.",
    nominal_stations="The register has no polling stations: one is assumed for every 300 registered voters.",
    borrowed="Places and their earlier votes are borrowed from another election: the forecast is wide, and looks back.",
    no_baseline="No earlier election is known by place: what is out is expected by place and order of arrival alone.",
    taken_back="Places whose numbers the office corrected downwards during the count: {places}.",
    # The record, and where the figures are from.
    record_text=(
        "Real counts of the past, each forecast bulletin by bulletin without knowing its end; errors are of "
        "the final lead, in points."
    ),
    record_night="Count",
    record_moments="Forecasts",
    record_error="Mean error",
    record_raw="Of the raw count",
    record_covered="Within the 90 % interval",
    licence="licence {licence}",
    retrieved="retrieved {date}",
    made="Made with {software}; engine {engine}, {draws} draws, seed {seed}.",
    for_machines=("The same numbers for programs are in this file as JSON, in the element with the id “forecast”."),
)
