"""Numbers as they may be said in public."""

import pandas as pd

ROUNDING = 1e-9
"""What weights of draws that sum to one may miss one by."""


def in_hundred(probability: float, *, certain: bool = False) -> str:
    """How many times in 100, as text; never 0 or 100 while votes are out (`certain` says that none are)."""
    if certain and min(probability, 1 - probability) < ROUNDING:
        return str(round(100 * probability))
    if not 0.005 <= probability <= 0.995:
        return ">99" if probability > 0.5 else "<1"
    return str(min(max(round(100 * probability), 1), 99))


def signed(votes: float) -> str:
    """Whole votes with their sign, U+2212 for minus."""
    return f"{votes:+,.0f}".replace("-", "−")


def points(margin: float, digits: int = 2) -> str:
    """A margin in percentage points with its sign, U+2212 for minus; no sign on a rounded zero."""
    number = f"{100 * margin:+.{digits}f}"
    return number[1:] if float(number) == 0 else number.replace("-", "−")


def leader(margin: float, first: str, second: str, tie: str = "tie", digits: int = 2) -> str:
    """Who is ahead by how many points: a margin without the riddle of its sign."""
    number = points(abs(margin), digits)
    return tie if not number.startswith("+") else f"{first if margin > 0 else second} {number}"


def leaders(low: float, high: float, first: str, second: str, limits: str = "{low} to {high}", tie: str = "tie") -> str:
    """An interval of margins by who is ahead; the name is said once where it is one candidate's all along."""
    if low < 0 < high or points(low) == points(high):
        return limits.format(low=leader(low, first, second, tie), high=leader(high, first, second, tie))
    near, far = sorted((low, high), key=abs)
    return limits.format(low=leader(near, first, second, tie), high=points(abs(far)))


def local_time(time: pd.Timestamp, timezone: str) -> str:
    """Date and clock time where the count takes place."""
    local = time.tz_convert(timezone)
    return f"{local_day(time, timezone)}, {local:%H:%M}"


def local_day(time: pd.Timestamp, timezone: str) -> str:
    """The date where the count takes place."""
    local = time.tz_convert(timezone)
    return f"{local.day} {local.month_name()} {local.year}"
