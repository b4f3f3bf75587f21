"""What is not known of a unit, from others that are like it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Alike:
    """Which units are alike for want of a baseline: of one size and kind, and near each other."""

    log_size: np.ndarray
    """(U,) known of every unit"""
    kind: np.ndarray
    area: np.ndarray
    region: np.ndarray
    stations: np.ndarray

    def filled(self, column: np.ndarray, known: np.ndarray) -> np.ndarray:
        """A column (U,) with what is not known filled in: what size and kind make of it inside regions, and by how much
        the known units near by differ from that (regression imputation, Little & Rubin 2019, section 4.2)."""
        if known.all() or not known.any():
            return np.where(known, column, 0.0)
        weight = self.stations * known
        sort = np.column_stack([self.log_size, self.kind[:, None] == np.arange(self.kind.max() + 1)])
        inside = np.column_stack(
            [each - means_by(self.region, each, weight) for each in (*sort.T, np.where(known, column, 0.0))]
        )
        inside = inside[known] * np.sqrt(weight[known])[:, None]
        expected = sort @ np.linalg.lstsq(inside[:, :-1], inside[:, -1], rcond=None)[0]
        beyond, still = np.where(known, column - expected, 0.0), ~known
        for place in (self.area, self.region, self.kind, np.zeros_like(self.kind)):
            now = still & (np.bincount(place, weight)[place] > 0.0)
            beyond[now], still = means_by(place, beyond, weight)[now], still & ~now
        return np.where(known, column, expected + beyond)


def means_by(place: np.ndarray, values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(U,) weighted means by place; zero where a place has no weight."""
    return (np.bincount(place, weight * values) / np.maximum(np.bincount(place, weight), 1e-9))[place]
