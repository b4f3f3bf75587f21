"""One record drawn on one Axes; the numbers come from the record."""

from .arrival import describe_arrival as describe_arrival, draw_arrival as draw_arrival
from .bulletins import describe_bulletins as describe_bulletins, draw_bulletins as draw_bulletins
from .calibration import (
    describe_calls as describe_calls,
    describe_pit as describe_pit,
    describe_record as describe_record,
    describe_reliability as describe_reliability,
    draw_calls as draw_calls,
    draw_coverage as draw_coverage,
    draw_pit as draw_pit,
    draw_reliability as draw_reliability,
    draw_score as draw_score,
)
from .drift import describe_drift as describe_drift, draw_drift as draw_drift
from .inline import PAGE_COLORS as PAGE_COLORS, inline_svg as inline_svg
from .margin import describe_margin as describe_margin, draw_margin as draw_margin
from .night import (
    describe_night as describe_night,
    describe_win_probability as describe_win_probability,
    draw_night as draw_night,
    draw_win_probability as draw_win_probability,
)
from .outstanding import describe_outstanding as describe_outstanding, draw_outstanding as draw_outstanding
from .pairings import describe_pairings as describe_pairings, draw_pairings as draw_pairings
from .places import (
    describe_places as describe_places,
    draw_map as draw_map,
    draw_tiles as draw_tiles,
    has_tiles as has_tiles,
)
from .race import describe_race as describe_race, draw_race as draw_race
from .regions import describe_regions as describe_regions, draw_regions as draw_regions
from .route import describe_route as describe_route, draw_route as draw_route
from .sampling import describe_sampling as describe_sampling, draw_sampling as draw_sampling
from .shares import describe_shares as describe_shares, draw_shares as draw_shares, in_play as in_play
from .shift import describe_shift as describe_shift, draw_shift as draw_shift
from .style import candidate_colors as candidate_colors, save as save
