"""A few threads of our own instead of those of the linear algebra library, which small matrices do not repay."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache

import numpy as np
from threadpoolctl import ThreadpoolController

MOST = 2
"""Threads: each works on as many numbers at once as memory allows one of so many, and between two calls of numpy they
wait for one another."""


@contextmanager
def own_threads() -> Iterator[int]:
    """Holds the linear algebra library to one thread, and gives how many may be used in their place: as many as it
    would take by itself, so that what limits it (OMP_NUM_THREADS, the workers of joblib) limits these too."""
    libraries = _libraries()
    allowed = max((library["num_threads"] for library in libraries.info()), default=1)
    with libraries.limit(limits=1):
        yield min(MOST, allowed)


def spread[T, U](
    work: Callable[[T, np.random.Generator], U], items: Sequence[T], rng: np.random.Generator, threads: int
) -> list[U]:
    """`work` on every item, in their order. Each has random numbers of its own, which are the same whatever the number
    of threads."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, items, rng.spawn(len(items))))


@cache
def _libraries() -> ThreadpoolController:
    """Finding them takes a hundred times as long as asking them."""
    return ThreadpoolController()
