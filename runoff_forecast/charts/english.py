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
    day="{day} {month} {year}",
    date="{day}, {clock}",
    chance="{number} in 100",
    to_win="to win",
    to_lead="to end ahead",
    tie="tie",
    lead_axis="final lead, in points",
    expected="Expected: {leader}.",
    interval="90 of 100 results: {interval}.",
    limits="{low} to {high}",
    so_far="count so far:\n{leader}",
    counted="{share} of stations counted",
    nothing_counted="nothing counted yet",
    source="Source: {publisher}.",
    one_dot="Each dot is one of 100 equally likely results.",
    one_mark="All of 100 equally likely results lie within {width} of a point.",
    final="The count is finished. Final margin: {leader}.",
    of_valid_votes="of valid votes",
    margin_described=(
        "Dot chart of 100 equally likely final results. {title}, {time}, {counted}. {chances}. "
        "Expected final margin: {leader}; in 90 of 100 results {interval}. {so_far}."
    ),
    final_described="Chart of the final margin. {title}, {time}, {counted}. {final} {shares}.",
    # What several charts say.
    ahead="{name} ahead",
    points_axis="points",
    in_points="{lead} points",
    expected_key="expected",
    so_far_key="count so far",
    official_key="result",
    share_axis="stations counted",
    # The night over time.
    night_title="The count and the forecast",
    chance_to_win="chances to win, in 100",
    chance_to_advance="chances to win now or go on, in 100",
    night_note=("The count so far is no forecast: places that count early do not vote like those that count late."),
    night_described=(
        "Line chart of the count and its forecast at {moments}, {start} to {stop}. {title}. The "
        "count so far went from {so_far_first} to {so_far_last}; the forecast of the end from {first} to "
        "{last}, 90 of 100 results: {interval}. {chances}.{official}"
    ),
    official_described=" Result: {leader}.",
    # The chances over time.
    to_advance="to win now or go on to the runoff",
    chance_to_win_title="The chances over the night",
    chance_to_advance_title="The chances to win now or go on to the runoff",
    chances_described="Line chart of the chances at {moments}. {title}. At the end: {chances}.",
    one_moment="1 moment",
    many_moments="{number} moments",
    # The bands.
    bands_key="50 and 90 of 100 results",
    # What is still out.
    outstanding_title="What is still out, and where it leans",
    outstanding_note=(
        "Expected votes to come{for_two}, contested sheets included. What one candidate gains on the "
        "other is in full colour."
    ),
    votes_to_come="votes to come{for_two}",
    # Follows votes of two candidates where others have votes too.
    for_two=" for these two",
    net_column="net gain",
    other_regions="{number} other regions",
    outstanding_described=(
        "Bar chart of the votes still to come{for_two}, by region. {title}, {time}. Expected: {votes} valid votes, "
        "of them {first} {first_votes}, {second} {second_votes}. Where most are out, with the lead expected "
        "among them in points: {largest}."
    ),
    # Regions abroad.
    abroad="{name} (abroad)",
    # Regions and maps.
    counted_column="counted",
    regions_title="How the regions end",
    regions_note="Dots: expected final lead. Lines: 90 of 100 results.",
    regions_described=(
        "Dot chart of the final margin by region. {title}, {time}. {first} is expected ahead in {ahead} "
        "regions, {second} in {behind}; {open} are open. Highest margins of {first} over {second}, in "
        "points: {best}; lowest: {worst}."
    ),
    places_title="Who leads where",
    tiles_note=("Expected final lead in points; the wider, the stronger the colour. Dashed edge: not sure who leads."),
    tiles_foot="Bar at the foot: share counted.",
    map_note=("Expected final lead; the wider, the stronger the colour. Dashed edge: not sure who leads."),
    leads_in="{name} leads in {number}: {places}.",
    places_described="Map of expected final leads by region, in points. {title}, {time}. {leads}",
    # The way to victory, and kinds of places.
    route_title="What {name} needs",
    route_told=(
        "{name} is {deficit} votes behind {rival}, needs {needed} of the votes to come{for_two} and is expected to "
        "get {expected} ({low} to {high} in 90 of 100 results). Chances: {chance}."
    ),
    route_cannot="{name} is {deficit} votes behind {rival}: more than are still to come{for_two}.",
    route_need_not="{name} is ahead of {rival} by more than the votes to come{for_two} can change.",
    route_note="The higher a block, the more votes are out there{for_two}.",
    route_described=(
        "Block chart of the votes still out{for_two}, by kind of place. {title}. {told} Votes out{for_two} and the "
        "share expected of them: {kinds}."
    ),
    needed_key="needed",
    votes_out="{votes} votes",
    votes_out_two="{votes} for the two",
    share_of="share of {name}",
    share_of_two="share of {name} between the two",
    urban="towns",
    rural="countryside",
    overseas="abroad",
    unknown="all places",
    # The bulletins.
    bulletins_title="Each bulletin against the hurdle",
    bulletins_note=(
        "Bars: the lead among a bulletin's own votes, as wide as its stations. A bulletin beyond the line "
        "closes in on a tie, or widens the lead."
    ),
    tie_key="needed for a tie",
    rest_key="expected of the rest",
    bulletins_rest=(
        "What is still out needs {needed} for a tie; expected is {expected}, 90 of 100 results: {interval}."
    ),
    bulletins_rest_cannot=(
        "What is still out is too little for a tie; expected is {expected}, 90 of 100 results: {interval}."
    ),
    bulletins_finished="Nothing is out any more.",
    bulletins_described=(
        "Bar chart of the lead among each bulletin's own votes. {title}. The first, with {share} of "
        "stations: {start}. Of the {number} after it, {first} was ahead in {won}, {second} in {lost}. {rest}"
    ),
    # The shift of late votes.
    shift_title="Why late votes differ",
    shift_note=(
        "From the lead among votes counted to that among votes to come: because they lie in other regions, "
        "in towns or villages, in larger or smaller places, in other places like these; the rest is how the "
        "same places vote late."
    ),
    shift_axis="lead, in points",
    shift_counted="counted so far",
    shift_to_come="expected to come",
    shift_came="came later",
    part_region="other regions",
    part_kind="town or village",
    part_size="size of place",
    part_place="other such places",
    part_rest="same places, later",
    shift_described=(
        "Waterfall chart from the lead among votes counted to the lead among votes to come. {title}. "
        "Counted: {counted}; to come: {to_come}. Steps in points, {first} minus {second}: {parts}."
    ),
    # Arrival.
    arrival_title="How far the count is",
    contested_key="contested",
    guessed_key="counted, of votes expected",
    nation="all",
    not_known="not known",
    arrival_described=(
        "Bar chart of the share counted. {title}, {time}: {counted}. By kind of place: {kinds}. Least "
        "counted regions: {regions}."
    ),
    # First rounds.
    ninety_key="90 of 100 results",
    shares_title="How the candidates end",
    share_of_valid="share of valid votes",
    chances_note="On the right: chances in 100 {aim}.",
    others_end_below="Not shown: {number} of {all} candidates, expected to end with less.",
    share_told="{name} {share} ({low} to {high}), {chance}",
    shares_described=(
        "Dot chart of the candidates' final shares with 90 of 100 results, and chances {aim}. {title}, "
        "{time}. {shares}."
    ),
    race_title="The race for the last place in the runoff",
    gap_label="{first} minus {second}, in points",
    race_so_far="{share} so far",
    race_told="{name}: {so_far}, {share} expected, {chance} to go on",
    race_described=(
        "Line chart of the race for the last place in the runoff, at {moments}. {title}. At the end: {told}."
    ),
    pairings_title="Who meets whom in the runoff",
    pairings_note="Chances in 100 of each runoff; of a win in the first round: {outright}.",
    others_less_likely="Not shown: {number} of {all} candidates, less likely to go on.",
    pairings_described=(
        "Matrix of the chances of each runoff. {title}, {time}. {pairings}. Win in the first round: {outright}."
    ),
    # The drift.
    drift_title="Do later stations lean otherwise?",
    drift_note=(
        "How far later stations lean from earlier ones beyond what place explains: thought possible before "
        "the count, and seen in it. 90 % intervals."
    ),
    before_key="before the count",
    after_key="after it",
    drift_axis="logits per deviation of lateness",
    drift_described=(
        "Interval chart of the drift, prior and posterior. {title}, {time}. Nation: before the count within "
        "{prior} logits either way, after it {low} to {high}. Places where the count is sure of a drift: "
        "{sure}."
    ),
    # The sampler's diagnostics.
    sampling_title="Do the chains agree?",
    sampling_note="Each dot is a sampled number; sound ones lie below and to the right of the dashed lines.",
    sampling_sound="{chains} chains of {draws} draws, {numbers} numbers: all sound, no divergences.",
    sampling_sick=(
        "{chains} chains of {draws} draws, {numbers} numbers: {sick} miss a bar ({worst}); divergences: {divergences}."
    ),
    bulk_key="of the middle",
    tail_key="of the tails",
    ess_axis="effective draws",
    sampling_described=(
        "Dot chart of R-hat against effective draws. {title}. {told} Worst R-hat {rhat}, fewest effective draws {ess}."
    ),
    # Where nobody is behind.
    route_ahead=(
        "{name} is {deficit} votes ahead of {rival}, needs {needed} of the votes to come{for_two} and is expected to "
        "get {expected} ({low} to {high} in 90 of 100 results). Chances: {chance}."
    ),
    route_level=(
        "{name} and {rival} are level so far. {name} needs {needed} of the votes to come{for_two} and is expected to "
        "get {expected} ({low} to {high} in 90 of 100 results). Chances: {chance}."
    ),
    # A win in the first round.
    to_win_or_advance="to win now or go on",
    outright_bar="Dotted: a lead of {lead} points, with {share} % of the votes, wins at once.",
)
