"""Many independent pieces of work, on the cores of this machine or on a cluster, with a progress bar."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from joblib import Parallel, delayed, parallel_config
from threadpoolctl import threadpool_limits

from ..terminal import bar


@dataclass(frozen=True)
class Workers:
    """Who does the work, and whether it is watched."""

    jobs: int = 1
    """Processes of this machine; -1 is one for each core."""
    scheduler: str | None = None
    """The address of a dask.distributed scheduler whose workers do it instead; needs the extra `distributed`."""
    progress: bool = False
    """A bar on stderr."""

    def __post_init__(self) -> None:
        if self.scheduler is not None and find_spec("distributed") is None:
            raise ModuleNotFoundError(
                "distributed is needed to work on a cluster: pip install 'runoff-forecast[distributed]'",
                name="distributed",
            )

    def run(self, work: Callable[..., Any], pieces: Sequence[tuple], *, said: str = "") -> Iterator[tuple[int, Any]]:
        """Yields (position, outcome) of every piece as soon as it is done, so not in order."""
        watched = bar(said, len(pieces)) if self.progress else nullcontext(_nothing)
        with watched as advance:
            for done in self._done(work, pieces):
                advance()
                yield done

    def _done(self, work: Callable[..., Any], pieces: Sequence[tuple]) -> Iterator[tuple[int, Any]]:
        if self.jobs == 1 and self.scheduler is None:
            yield from ((number, work(*piece)) for number, piece in enumerate(pieces))
        else:
            with self._backend():
                # One piece at a time: what is done is handed over, and can be kept, at once.
                parallel = Parallel(return_as="generator_unordered", batch_size=1)
                one = delayed(_single_threaded)
                yield from parallel(one(work, number, piece) for number, piece in enumerate(pieces))

    def _backend(self) -> AbstractContextManager:
        if self.scheduler is not None:
            return _cluster(self.scheduler)
        return parallel_config(backend="loky", n_jobs=self.jobs, inner_max_num_threads=1)


ALONE = Workers()
"""This process, unwatched."""


@contextmanager
def _cluster(scheduler: str) -> Iterator[None]:
    """Work goes to a cluster, over a connection of our own.

    Given an address alone joblib opens one too, but never closes it: it would call a scheduler long gone for ever.
    """
    from distributed import Client  # of an extra

    with Client(scheduler, set_as_default=False) as client, parallel_config(backend="dask", client=client, n_jobs=-1):
        yield


def _single_threaded(work: Callable[..., Any], number: int, piece: tuple) -> tuple[int, Any]:
    """One piece on one thread: workers that each start as many threads as there are cores slow each other down."""
    with threadpool_limits(1):
        return number, work(*piece)


def _nothing() -> None:
    """What is called after each piece that nobody watches."""
