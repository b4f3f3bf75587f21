"""Nights with a known end, replays and scores: how good the forecasts are."""

from .orders import (
    ORDERS as ORDERS,
    Blend as Blend,
    BySize as BySize,
    KindLast as KindLast,
    MissingByVote as MissingByVote,
    Order as Order,
    Random as Random,
    RegionLast as RegionLast,
    RegionsInTurn as RegionsInTurn,
    StrongholdsLast as StrongholdsLast,
    Whole as Whole,
)
from .scores import (
    Average as Average,
    Call as Call,
    Scores as Scores,
    average as average,
    averages as averages,
    call_of as call_of,
    lead_settled as lead_settled,
    score as score,
)
from .simulate import FRACTIONS as FRACTIONS, LEVELS as LEVELS, Habits as Habits, Level as Level, simulate as simulate
from .truth import Truth as Truth
