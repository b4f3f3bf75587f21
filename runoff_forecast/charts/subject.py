"""What a chart is of: something else in its place is told by name, with where the right record comes from."""

from collections.abc import Callable
from functools import wraps

from ..evaluate import Bulletins, Course, Drift, Route, Sampling, Shift
from ..outcome import Forecast

WHENCE: dict[type, str] = {
    Forecast: "rf.forecast(night.counts)",
    Course: "evaluate.replay(model, night).course",
    Bulletins: "evaluate.bulletins_of(course, forecast)",
    Route: "evaluate.route_of(forecast)",
    Shift: "evaluate.Shift.expected(forecast)",
    Drift: "evaluate.drift_of(forecast, evidence)",
    Sampling: "evaluate.sampling_of(forecast)",
}
"""The calls that make the records."""


def of[**P, T](subject: type) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Makes a function of a record, its first argument, raise TypeError where it is given something else."""

    def told(function: Callable[P, T]) -> Callable[P, T]:
        name = function.__code__.co_varnames[0]

        @wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> T:
            given = args[0] if args else kwargs.get(name)
            if not isinstance(given, subject):
                wanted = f"a {subject.__name__}, such as {WHENCE[subject]}"
                raise TypeError(f"{function.__name__} takes {wanted}, got {type(given).__name__}")
            return function(*args, **kwargs)

        return checked

    return told
