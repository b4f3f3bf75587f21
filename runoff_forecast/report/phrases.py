"""The phrases of the page; what stands in braces is filled in."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PageWords:
    """Phrases of one language."""

    # The headline, by how sure it is.
    won: str
    tied: str
    certain: str
    very_likely: str
    likely: str
    leaning: str
    open: str
    meet_done: str
    meet_certain: str
    meet_very_likely: str
    meet_likely: str
    meet_leaning: str
    meet_open: str
    meet_half_open: str
    won_outright: str
    at_once: str
    outright: str

    # Below it.
    chances: str
    chances_outright: str
    chances_to_advance: str
    expected: str
    in_the_count: str
    count_done: str
    nothing_yet: str
    as_of: str
    preliminary: str
    final: str
    official: str

    # The sections.
    skip: str
    forecast_section: str
    forecast_first_section: str
    night_section: str
    night_text: str
    out_section: str
    out_text: str
    shift_section: str
    shift_text: str
    regions_section: str
    how_section: str
    record_section: str
    sources_section: str
    in_words: str
    warnings: str

    # Tables.
    kinds_caption: str
    regions_caption: str
    regions_first_caption: str
    sure: str
    sort_hint: str
    kind: str
    region: str
    counted: str
    stations_out: str
    votes_out: str
    lead_there: str
    lead: str
    interval: str
    of_votes: str

    # How it works.
    how_count: str
    how_model: str
    how_contested: str
    how_draws: str
    how_words: str

    # What to keep in mind.
    prior_alone: str
    not_a_vote: str
    nominal_stations: str
    borrowed: str
    no_baseline: str
    taken_back: str

    # The record, and where the figures are from.
    record_text: str
    record_night: str
    record_moments: str
    record_error: str
    record_raw: str
    record_covered: str
    licence: str
    retrieved: str
    made: str
    for_machines: str
