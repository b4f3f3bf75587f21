"""The rules that an election and its counts must obey, and the problems found when they do not."""

from .problem import (
    InvalidCount as InvalidCount,
    InvalidElection as InvalidElection,
    InvalidInput as InvalidInput,
    Problem as Problem,
    listing as listing,
    settled as settled,
)
