"""`Replay`: every moment of a night forecast as if it were the last, and scored once the result is known."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from ..count import Count, Counts
from ..models.learnt import learnt_priors
from ..night import Night, Result
from ..outcome import Forecast
from ..telling import JSON_SCHEMA, as_json
from .averages import average
from .calls import Call, call_of
from .course import Course
from .keeping import digest, write_whole
from .scores import score
from .working import ALONE, Workers

Model = Callable[..., Forecast]
"""Called as `model(counts, rng=...)`; a frozen dataclass, whose text tells one model from another."""

SUMMARISED = (
    "error", "crps", "covered_50", "covered_80", "covered_90", "covered_95", "width_90", "interval_score_90",
    "brier", "log_score", "regions_covered_90", "turnout_error",
)  # fmt: skip
"""Scores averaged over a night."""


@dataclass(frozen=True, eq=False)
class Replay:
    """Forecasts of a night's moments, each made when it is first asked for. They know nothing of what came later.

    The forecast of a moment is the one that the model gives with the same seed on the night until then.
    """

    model: Model
    night: Night
    times: pd.DatetimeIndex
    """The moments to forecast, all of the night or some."""
    seed: int = 1
    folder: Path | None = None
    """Where finished forecasts are kept, and found again; another replay's is refused once it is used."""
    workers: Workers = field(default=ALONE, repr=False)
    _made: dict[int, Forecast] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        unknown = self.times[~self.times.isin(self.night.counts.times)]
        if len(unknown):
            raise ValueError(f"the night has no snapshot of {unknown[0]}")

    def __len__(self) -> int:
        return len(self.times)

    def __getitem__(self, position: int) -> Forecast:
        position = range(len(self))[position]
        found = self._found(position)
        return found if found is not None else self._keep(position, _forecast(*self._piece(position)))

    def __iter__(self) -> Iterator[Forecast]:
        """In order of time; all that are missing are made at once by the workers."""
        missing = [position for position in range(len(self)) if self._found(position) is None]
        arriving = self.workers.run(_forecast, [self._piece(position) for position in missing], said="replaying")
        for position in range(len(self)):
            while self._found(position) is None:
                number, forecast = next(arriving)
                self._keep(missing[number], forecast)
            yield self._made[position]
        for _ in arriving:  # none is left, but the workers and their bar are to end in order
            pass

    @cached_property
    def forecasts(self) -> tuple[Forecast, ...]:
        """All of them."""
        return tuple(self)

    @cached_property
    def scores(self) -> pd.DataFrame:
        """One row a moment, index time: the fields of `Scores`. Raises ValueError where there is no result yet, or no
        moment."""
        if not len(self):
            raise ValueError(f"{self.night.election.id} has no counts: there is nothing to score")
        rows = [asdict(score(forecast, self._result)) for forecast in self.forecasts]
        return pd.DataFrame(rows, index=pd.DatetimeIndex(self.times, name="time"))

    @cached_property
    def call(self) -> Call:
        """When the night was called, if it was."""
        return call_of(self.scores)

    @cached_property
    def course(self) -> Course:
        """How the count and its forecasts went, as the charts of a night draw it."""
        return Course.of(self.forecasts, counts=self.night.counts, result=self.night.result)

    def summary(self) -> dict[str, object]:
        """Averages of the scores over the night's moments, and the call; one night says little of calibration."""
        night = pd.Series(0, index=self.scores.index)
        means = {name: average(self.scores[name], night).mean for name in SUMMARISED}
        raw = self.scores["raw_error"].abs().mean()
        means = {
            "moments": len(self),
            "absolute_error": self.scores["error"].abs().mean(),
            "raw_absolute_error": raw,
        } | means
        return {**means, "call": asdict(self.call)}

    def to_dict(self) -> dict[str, object]:
        """The replay as plain values, in the fields of `runoff-forecast replay --json`."""
        told: dict[str, object] = {"schema": JSON_SCHEMA, "election": self.night.election.id, "truth": None}
        told["forecasts"] = [forecast.to_dict() for forecast in self.forecasts]
        told["scores"] = None
        if self.night.result is not None and len(self):
            votes = {name: round(number) for name, number in self.night.result.votes.items()}
            moments = [{"time": time.isoformat(), **row} for time, row in zip(self.times, self._records(), strict=True)]
            told["truth"] = {"margin": self.night.result.margin, "votes": votes}
            told["scores"] = {**self.summary(), "by_time": moments}
        return as_json(told)

    def to_json(self, *, indent: int | None = 2) -> str:
        """`to_dict` as JSON text."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False, allow_nan=False)

    @cached_property
    def signed_folder(self) -> Path | None:
        """The folder, signed as this replay's; raises ValueError where another replay has signed it."""
        if self.folder is None:
            return None
        _sign(Path(self.folder), self._identity())
        return Path(self.folder)

    @property
    def _result(self) -> Result:
        if self.night.result is None:
            raise ValueError(f"{self.night.election.id} has no result yet: there is nothing to score against")
        return self.night.result

    def _records(self) -> list[dict[str, object]]:
        return self.scores.to_dict("records")

    def _piece(self, position: int) -> tuple[Model, Counts, int]:
        return self.model, self.night.counts.until(self.times[position]), self.seed

    def _path(self, position: int) -> Path | None:
        if self.signed_folder is None:
            return None
        return self.signed_folder / f"{self.times[position].tz_convert('UTC'):%Y%m%dT%H%M%S%fZ}.nc"

    def _found(self, position: int) -> Forecast | None:
        path = self._path(position)
        if position not in self._made and path is not None and path.exists():
            self._made[position] = Forecast.load(path)
        return self._made.get(position)

    def _keep(self, position: int, forecast: Forecast) -> Forecast:
        self._made[position] = forecast
        path = self._path(position)
        if path is not None:
            write_whole(path, forecast.save)
        return forecast

    def _identity(self) -> dict[str, object]:
        counts = self.night.counts
        election = counts.election
        return {
            "election": election.id,
            "counts": digest(counts.frame, election.units, election.baseline, election.header()),
            "model": repr(self.model),
            "priors": digest(learnt_priors(election)),
            "seed": self.seed,
        }


def replay(
    model: Model,
    night: Night | Counts,
    *,
    result: Result | None = None,
    times: Sequence[pd.Timestamp] | pd.DatetimeIndex | None = None,
    seed: int = 1,
    folder: Path | str | None = None,
    workers: Workers = ALONE,
) -> Replay:
    """The replay of a night, or of counts whose result may be given; nothing is forecast before it is asked for.

    A folder is signed; raises ValueError where another replay has signed it, or a time is none of the night's.
    """
    if isinstance(night, Counts):
        night = Night(night.election, night, result)
    moments = night.counts.times if times is None else pd.DatetimeIndex(times)
    made = Replay(model, night, moments, seed, None if folder is None else Path(folder), workers)
    made.signed_folder  # noqa: B018, refused before hours of work
    return made


def spread_over(times: pd.DatetimeIndex, at_most: int | None) -> pd.DatetimeIndex:
    """At most this many of a night's times, from the first to the last; None: all of them."""
    if at_most is None or len(times) <= at_most:
        return times
    return times[np.unique(np.linspace(len(times) - 1, 0, at_most).round().astype(int))]


def _forecast(model: Model, counts: Counts | Count, seed: int) -> Forecast:
    return replace(model(counts, rng=np.random.default_rng(seed)), seed=seed)


def _sign(folder: Path, identity: dict[str, object]) -> None:
    """Sign a new folder; refuse one that another replay has signed."""
    sign = folder / "replay.json"
    if not sign.exists():
        write_whole(sign, lambda path: path.write_text(json.dumps(identity, indent=2), encoding="utf-8"))
        return
    signed = json.loads(sign.read_text(encoding="utf-8"))
    other = [name for name, value in identity.items() if signed.get(name) != value]
    if other:
        raise ValueError(f"{folder} holds a replay with another {', another '.join(other)}; choose a folder of its own")
