"""Numbers as they may be said in public."""

import pandas as pd


def in_hundred(probability: float, *, certain: bool = False) -> str:
    """How many times in 100, as text; never 0 or 100 while votes are out (`certain` says that none are)."""
    if certain and probability in (0.0, 1.0):
        return str(int(100 * probability))
    if probability > 0.99:
        return ">99"
    return "<1" if probability < 0.01 else f"{100 * probability:.0f}"


def points(margin: float, digits: int = 2) -> str:
    """A margin in percentage points with its sign, U+2212 for minus; no sign on a rounded zero."""
    number = f"{100 * margin:+.{digits}f}"
    return number[1:] if float(number) == 0 else number.replace("-", "−")


def local_time(time: pd.Timestamp, timezone: str) -> str:
    """Date and clock time where the count takes place."""
    local = time.tz_convert(timezone)
    return f"{local.day} {local:%B %Y, %H:%M}"
