"""Nights with a known end, replays and scores: how good the forecasts are."""

from .averages import (
    Average as Average,
    average as average,
    averages as averages,
    coverage as coverage,
    pit_histogram as pit_histogram,
    reliability as reliability,
    shortfalls as shortfalls,
    testable as testable,
)
from .backtest import Backtest as Backtest, Cell as Cell, backtest as backtest
from .bulletins import Bulletins as Bulletins, bulletins_of as bulletins_of
from .calibration import calibrate as calibrate, draw_night as draw_night, uniformity as uniformity
from .calls import (
    Call as Call,
    call_curve as call_curve,
    call_of as call_of,
    calls_of as calls_of,
    calls_summary as calls_summary,
)
from .course import Course as Course
from .drift import Drift as Drift, drift_of as drift_of
from .orders import (
    ORDERS as ORDERS,
    Blend as Blend,
    ByList as ByList,
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
from .paths import ByPlace as ByPlace, on_path as on_path
from .places import arrival_of as arrival_of, leads_of as leads_of
from .replay import Replay as Replay, replay as replay, spread_over as spread_over
from .route import Route as Route, route_of as route_of
from .sampling import Sampling as Sampling, sampling_of as sampling_of
from .scores import Scores as Scores, score as score
from .sensitivity import (
    DriftTimes as DriftTimes,
    LatestOnly as LatestOnly,
    Sensitivity as Sensitivity,
    sensitivity as sensitivity,
    with_drift as with_drift,
)
from .shift import Shift as Shift, tells_shift as tells_shift
from .simulate import (
    FRACTIONS as FRACTIONS,
    LEVELS as LEVELS,
    Habits as Habits,
    Level as Level,
    moments as moments,
    simulate as simulate,
)
from .truth import Truth as Truth
from .working import Workers as Workers
