"""Backtest: elections x orders x levels x seeds x models, every cell a night; one tidy table out."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from ..election import Election
from ..models.learnt import learnt_priors
from .keeping import digest, write_whole
from .orders import ORDERS, Order
from .replay import Model
from .scores import score
from .simulate import FRACTIONS, Habits, Level, moments, simulate
from .truth import Truth
from .working import ALONE, Workers

TABLE = "backtest.parquet"
CELLS = "cells"
"""The folder of finished cells."""


@dataclass(frozen=True)
class Cell:
    """One model on one simulated night, by names."""

    election: str
    order: str
    level: Level
    seed: int
    model: str

    @property
    def night(self) -> str:
        """The night, which all models share."""
        return " / ".join([self.election, self.order, self.level, str(self.seed)])


@dataclass(frozen=True, eq=False)
class Backtest:
    """What is to be tried on what; each seed is a night of its own."""

    truths: Mapping[str, Truth]
    models: Mapping[str, Model]
    orders: Mapping[str, Order] = field(default_factory=lambda: ORDERS)
    levels: Sequence[Level] = ("unit",)
    seeds: Sequence[int] = range(1, 6)
    fractions: Sequence[float] = FRACTIONS
    """Of each night's snapshots: the shares of all stations that are processed by then, ascending."""
    habits: Habits = Habits()

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """All of them, night by night."""
        return tuple(
            Cell(election, order, level, int(seed), model)
            for election in self.truths
            for level in self.levels
            for order in self.orders
            for seed in self.seeds
            for model in self.models
        )

    def piece(self, cell: Cell) -> tuple:
        """All that the work on a cell needs."""
        truth, order, model = self.truths[cell.election], self.orders[cell.order], self.models[cell.model]
        return cell, truth, order, model, tuple(self.fractions), self.habits

    def file_of(self, cell: Cell) -> str:
        """The name of a finished cell's file; it changes with all that the content depends on, except the code."""
        _, _, order, model, fractions, habits = self.piece(cell)
        content = self._content[cell.election]
        sign = digest(asdict(cell), content, order, model, fractions, habits)
        return f"{cell.election}-{cell.level}-{sign}.json"

    @cached_property
    def _content(self) -> dict[str, str]:
        return {
            name: digest(truth.unit, truth.votes, truth.void, truth.electorate, *_fixed(truth.election))
            for name, truth in self.truths.items()
        }


def _fixed(election: Election) -> tuple[object, ...]:
    """What a forecast knows of an election before counting starts."""
    return election.units, election.baseline, election.header(), learnt_priors(election)


def backtest(plan: Backtest, folder: Path | str, *, workers: Workers = ALONE) -> pd.DataFrame:
    """One row a forecast: the names of the cell, night, fraction, seconds, failed, and the fields of `Scores`.

    Cells found finished in the folder are not done again, and each is kept as soon as it is done; the table is kept in
    the folder too. A model that fails leaves rows that say why in `failed`, and no scores; it is tried again next time.
    """
    folder = Path(folder)
    paths = {cell: folder / CELLS / plan.file_of(cell) for cell in plan.cells}
    missing = [cell for cell, path in paths.items() if not _is_finished(path)]
    for number, rows in workers.run(_night_of, [plan.piece(cell) for cell in missing], said="backtest"):
        write_whole(paths[missing[number]], lambda path, rows=rows: path.write_text(json.dumps(rows), encoding="utf-8"))
    table = pd.DataFrame([row for path in paths.values() for row in _rows(path)])
    write_whole(folder / TABLE, lambda path: table.to_parquet(path, index=False))
    return table


def _is_finished(path: Path) -> bool:
    return path.exists() and all(row["failed"] is None for row in _rows(path))


def _rows(path: Path) -> list[dict[str, object]]:
    return json.loads(path.read_text(encoding="utf-8"))


def _night_of(
    cell: Cell, truth: Truth, order: Order, model: Model, fractions: tuple[float, ...], habits: Habits
) -> list[dict[str, object]]:
    """The rows of a cell. Its chances are those of its night alone, so that all models see the same one, and other
    levels and orders others: averages take nights as independent."""
    chance = np.random.default_rng([cell.seed, *cell.night.encode()])
    night = simulate(truth, order, level=cell.level, fractions=fractions, habits=habits, rng=chance)
    rows = []
    for moment, fraction in zip(moments(truth.election, fractions), fractions, strict=True):
        head = {**asdict(cell), "night": cell.night, "fraction": fraction}
        start = time.perf_counter()
        try:
            forecast = model(night.counts.until(moment), rng=np.random.default_rng([cell.seed, 1]))
        except Exception as failed:  # a model that fails is a finding, and no reason to lose the others
            rows.append(head | {"failed": f"{type(failed).__name__}: {failed}"})
            continue
        seconds = time.perf_counter() - start
        rows.append(head | {"seconds": seconds, "failed": None} | asdict(score(forecast, night.result)))
    return rows
