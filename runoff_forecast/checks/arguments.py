"""Arguments of functions and models, refused by name where they cannot be used."""

from numbers import Integral


def whole(name: str, value: object) -> int:
    """A whole number of 1 or more; raises ValueError that names it otherwise."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} is a whole number, 1 or more, got {value!r}")
    return int(value)
