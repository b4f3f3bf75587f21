"""The phrases of the charts in English."""

from .phrases import Words

# fmt: off
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)
# fmt: on

ENGLISH = Words(
    months=MONTHS,
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
    # What several charts say.
    ahead="{name} ahead",
    expected_key="expected",
    so_far_key="count so far",
    official_key="official result",
    share_axis="stations counted",
    points_axis="points",
    # The night over time.
    night_title="The count and the forecast",
    chance_to_win="chances to win, in 100",
    chance_to_advance="chances to go on to the runoff, in 100",
    night_note=("The count so far is no forecast: places that count early vote otherwise than those that count late."),
    night_described=(
        "Line chart of the count and its forecast at {moments} moments, {start} to {stop}. {title}. The "
        "count so far went from {so_far_first} to {so_far_last}; the forecast of the end from {first} to "
        "{last}, 90 of 100 results: {interval}. {chances}.{official}"
    ),
    official_described=" Official result: {leader}.",
    # The chances over time.
    to_advance="to go on to the runoff",
    chance_to_win_title="The chances over the night",
    chance_to_advance_title="The chances to go on to the runoff",
    chances_described="Line chart of the chances at {moments} moments. {title}. At the end: {chances}.",
    # The bands.
    bands_key="50 and 90 of 100 results",
)
