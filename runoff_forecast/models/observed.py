"""Counted votes as the model sees them: batches of one unit or of a coarser group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, eq=False)
class Batches:
    """Batches of counted votes, one row each: N rows, K candidates."""

    group: np.ndarray
    """(N,) the unit's position for fine batches, the position in `Evidence.groups` for coarse ones"""
    votes: np.ndarray
    """(N, K)"""
    stations: np.ndarray
    effective: np.ndarray
    """(N,) votes over the design effect: what a clustered sample is worth in independent votes"""
    turnout: np.ndarray
    """(N,) observed log of valid votes per station over the expected number (fine), log of valid votes (coarse)"""
    turnout_precision: np.ndarray
    late_nation: np.ndarray
    late_region: np.ndarray
    """(N,) lateness of the batch in the nation's and in its region's order, in deviations"""
    sampled: np.ndarray
    """(N,) coarse only: variance that a batch has as a sample of its group's units, for a misfit of one"""

    def __len__(self) -> int:
        return len(self.group)

    @cached_property
    def observed(self) -> np.ndarray:
        """(N, K) shares of the votes"""
        return self.votes / np.maximum(self.votes.sum(axis=1, keepdims=True), 1e-300)

    def take(self, index: np.ndarray | slice) -> Batches:
        """Some of the batches."""
        return Batches(**{name: getattr(self, name)[index] for name in Batches.__dataclass_fields__})

    @staticmethod
    def joined(parts: Sequence[Batches]) -> Batches:
        """All batches of several tables, one table at least."""
        names = Batches.__dataclass_fields__
        return Batches(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


@dataclass(frozen=True, eq=False)
class Group:
    """A holding that lies in several units, we do not know in which."""

    members: np.ndarray
    capacity: np.ndarray
    """(members,) stations of each that the holding's sheets may have come from"""
    processed: float
    """Share of the capacity that has come in, contested sheets included."""
    contested: float
    votes: np.ndarray
    """(K,)"""
    boundaries: tuple[float, ...]
    """Shares of the capacity that had come in before its first batch and after each"""
