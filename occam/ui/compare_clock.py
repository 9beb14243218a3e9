"""One clock for several runs: gradient steps, physical time γ·step, or training loss; which record a run shows when.

A clock has ticks, so that one playhead moves all runs: its position is a tick, and at a tick every run shows one of its
records.  Steps and times: the last record at or before it.  Loss: the first record whose training loss is at most it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from occam.engine.book import Entry
from occam.engine.playhead import LOOK_AHEAD
from occam.spec import RunSpec

Clock = Literal["step", "time", "loss"]
CLOCKS: tuple[Clock, ...] = get_args(Clock)
PER_DECADE = 20  # ticks of a loss: each is 11 % below the one before
NEAR = 1e-9  # relative: what rounding makes of γ·step/γ


@dataclass(frozen=True)
class Track:
    """What a clock knows of a run: its spec, the training loss of every record so far, whether more will come."""

    spec: RunSpec
    losses: NDArray[np.float64]
    over: bool = False
    ended_at: int | None = None

    @classmethod
    def of(cls, entry: Entry) -> Track:
        """The track of a recording in progress."""
        over = entry.over  # read first: what is over has all its frames
        frames = entry.frames[:]
        losses = np.array([frame.metrics.get("train_loss", math.nan) for frame in frames], dtype=float)
        return cls(entry.spec, losses, over, frames[-1].step if over and frames else None)

    @property
    def last(self) -> int:
        """The last step: known once the run has ended, else from the spec."""
        return self.spec.training.last_step if self.ended_at is None else self.ended_at

    @property
    def pace(self) -> float:
        """Physical time of a step."""
        return self.spec.training.step_size

    def places(self, clock: Clock, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Index of the record shown at each value of the clock, inf where no record is known to be that far."""
        if clock == "loss":
            least = np.minimum.accumulate(np.where(np.isfinite(self.losses), self.losses, np.inf))
            # Increasing values of −least: the first record at or below the value.
            first = np.searchsorted(-least, -values * (1 + NEAR), side="left").astype(float)
            return np.where(first < len(least), first, np.inf)
        steps = values if clock == "step" else values / self.pace
        every = self.spec.record_every
        inside = np.floor(steps / every * (1 + NEAR))
        return np.where(steps >= self.last * (1 - NEAR), math.ceil(self.last / every), inside)

    def reached(self, clock: Clock, value: float) -> bool:
        """Whether the run goes, or may yet go, as far as this value."""
        if clock == "loss":
            return not self.over or bool(np.isfinite(self.places(clock, np.array([value]))[0]))
        return value <= self.last * (1.0 if clock == "step" else self.pace) * (1 + NEAR)


@dataclass(frozen=True)
class Ticks:
    """All ticks of a clock: values (m,), and for each track the record shown there (tracks, m), see `Track.places`."""

    clock: Clock
    tracks: tuple[Track, ...]
    values: NDArray[np.float64]
    places: NDArray[np.float64]

    @classmethod
    def of(cls, clock: Clock, tracks: Sequence[Track]) -> Ticks:
        """As many ticks as the run with the fewest records has, over the longest run, or over all losses so far."""
        values = _levels(tracks) if clock == "loss" else _times(clock, tracks)
        return cls(clock, tuple(tracks), values, np.array([track.places(clock, values) for track in tracks]))

    @property
    def available(self) -> int:
        """How many ticks every run can show; one that is over shows its last record beyond its end."""
        held = np.array([np.inf if track.over else len(track.losses) for track in self.tracks])
        missing = ~((self.places < held[:, None]) | np.isinf(held)[:, None]).all(axis=0)
        return int(missing.argmax()) if missing.any() else len(self.values)

    @property
    def over(self) -> bool:
        """Whether no further record will come of any run."""
        return all(track.over for track in self.tracks)

    def index(self, run: int, tick: int) -> int:
        """The record that the run shows at a tick: the last one there is where it is not as far."""
        return int(min(self.places[run, tick], max(0, len(self.tracks[run].losses) - 1)))

    def until(self, run: int, tick: int | None) -> int | None:
        """Index of the last record wanted of a run, for a playhead that wants ticks up to `tick` (None: all)."""
        if tick is None:
            return None
        held = len(self.tracks[run].losses)
        unknown = self.clock == "loss" and tick >= len(self.values)
        place = math.inf if unknown else self.places[run, min(tick, len(self.values) - 1)]
        return int(place) if math.isfinite(place) else held - 1 + LOOK_AHEAD

    def nearest(self, value: float) -> int:
        """The tick of this value: the last at or before it."""
        if self.clock == "loss":
            return int(np.searchsorted(-self.values, -value * (1 + NEAR), side="left").clip(0, len(self.values) - 1))
        return int((np.searchsorted(self.values, value * (1 + NEAR), side="right") - 1).clip(0, len(self.values) - 1))

    def value_of(self, run: int, index: int) -> float:
        """The value of the clock at a record of a run."""
        track = self.tracks[run]
        if self.clock == "loss":
            return float(track.losses[index]) if len(track.losses) else math.nan
        return min(index * track.spec.record_every, track.last) * (1.0 if self.clock == "step" else track.pace)


def _times(clock: Clock, tracks: Sequence[Track]) -> NDArray[np.float64]:
    unit = [1.0 if clock == "step" else track.pace for track in tracks]
    stride = max(track.spec.record_every * one for track, one in zip(tracks, unit, strict=True))
    last = max(track.last * one for track, one in zip(tracks, unit, strict=True))
    return np.append(np.arange(math.ceil(last / stride * (1 - NEAR))) * stride, last)


def _levels(tracks: Sequence[Track]) -> NDArray[np.float64]:
    losses = np.concatenate([track.losses for track in tracks])
    losses = losses[np.isfinite(losses) & (losses > 0)]
    if not len(losses):
        return np.array([1.0])
    first = max((track.losses[0] for track in tracks if len(track.losses) and np.isfinite(track.losses[0])), default=1)
    count = math.floor(PER_DECADE * math.log10(max(first, losses.min()) / losses.min()) * (1 + NEAR)) + 1
    return first * 10.0 ** (-np.arange(count) / PER_DECADE)
