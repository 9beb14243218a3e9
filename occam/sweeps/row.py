"""What a run of a sweep leaves behind: one row, with a mark at its end and at every level that it reached."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from occam.spec import RunSpec

At = Literal["end", "loss", "time"]
Level = tuple[At, float | None]
END: Level = ("end", None)


@dataclass(frozen=True, eq=False)
class Mark:
    """A run measured at one point of its training.

    `at`, `level`: "end" (the last finite record; level None), "loss" (the first step with training loss ≤ level; for
    mini-batches the first such record) or "time" (the first step with γ·step ≥ level);
    `metrics`: a float per name of `glossary.METRICS`, nan where undefined.
    """

    at: At
    level: float | None
    step: int
    metrics: dict[str, float]


@dataclass(frozen=True, eq=False)
class Row:
    """One run of a sweep, complete.

    `key`: the digest of `spec`; `reason`: as of `training.frames.Ending`; `step`: the step at which it ended;
    `stability`: γλ_max at the last record; `missed`: levels that were looked for and that the run never reached, of
    which there is no mark; `weights`: the last finite ones, layer by layer W row-major then b; `seconds`: this run's
    share of the time of its cohort; `device`: in words; `versions`: of what computed it, e.g. {"torch": "2.13.0"}.
    """

    key: str
    spec: RunSpec
    status: Literal["finished", "diverged"]
    reason: str
    step: int
    stability: float
    marks: tuple[Mark, ...]
    weights: NDArray[np.floating]
    seconds: float
    device: str
    dtype: str
    versions: Mapping[str, str] = field(default_factory=dict)
    missed: tuple[Level, ...] = ()

    def mark(self, at: At = "end", level: float | None = None) -> Mark | None:
        """The mark at this level; None where the run did not reach it, or it was not looked for."""
        return next((mark for mark in self.marks if (mark.at, mark.level) == (at, level)), None)

    @property
    def levels(self) -> frozenset[Level]:
        """The levels that were looked for, reached or not."""
        reached: list[Level] = [(mark.at, mark.level) for mark in self.marks]
        return frozenset([*reached, *self.missed])

    @property
    def fingerprint(self) -> str:
        """SHA-256 over all that follows from the spec, every bit of it: not the time, the device and the versions.

        Equal fingerprints are equal numbers; two nan are equal, whatever their bits.
        """
        marks = sorted((mark.at, repr(mark.level), mark.step, sorted(mark.metrics.items())) for mark in self.marks)
        about = [self.key, self.status, self.reason, self.step, self.stability, marks, sorted(map(repr, self.missed))]
        weights = np.ascontiguousarray(self.weights)
        told = json.dumps([*about, self.dtype, weights.dtype.str])  # a float's shortest text is exact
        return hashlib.sha256(told.encode() + weights.tobytes()).hexdigest()


def wanted(at_losses: tuple[float, ...] = (), at_times: tuple[float, ...] = ()) -> tuple[Level, ...]:
    """The levels of a sweep, in order: its end, its losses, its times."""
    return (END, *(("loss", level) for level in at_losses), *(("time", level) for level in at_times))
