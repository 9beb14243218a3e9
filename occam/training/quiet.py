"""Runs that train without being recorded: θ is copied where it is wanted, and measured afterwards.

Measuring takes as long as tens of steps and a copy of θ less than one, so training never waits for it.  Step for step
and ending for ending such a run is the one that `occam.training.run.train` trains, bit for bit.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor

from occam.datasets import Table
from occam.spec import RunSpec
from occam.training.cohort import Cohort
from occam.training.device import DeviceChoice
from occam.training.live import LiveRun, Precision, diverged

BURST = 0.010  # seconds of training between two pauses


@dataclass(frozen=True)
class Kept:
    """Parameters θ (1, P) of a run at one step."""

    step: int
    theta: Tensor


class QuietRun(LiveRun):
    """A run that keeps θ at chosen `steps` and where its training loss first is as low as each of `losses`.

    `at_steps`, `at_losses`: what has been kept, by step and by level; `first`: θ at step 0; `last`: once it has ended,
    the last finite record; `seconds`: its share of the time in which it was trained.  Of the full batch every step's
    loss is looked at, of mini-batches the training loss at every record.
    """

    def __init__(
        self,
        spec: RunSpec,
        *,
        steps: Collection[int] = (),
        losses: Collection[float] = (),
        table: Table | None = None,
        device: DeviceChoice = "auto",
        dtype: Precision = "float32",
    ) -> None:
        """Prepare the run at step 0.  Raises `CsvFault` as `LiveRun` does."""
        super().__init__(spec, table=table, device=device, dtype=dtype)
        self.at_steps: dict[int, Kept] = {}
        self.at_losses: dict[float, Kept] = {}
        self.last: Kept | None = None
        self.seconds = 0.0
        self._wanted = frozenset(steps)
        self._levels = sorted(losses)  # the highest, reached first, is popped first
        # An ending is decided by the loss in float64 at the records, if by no loss of a step.
        self._looks = self.batch_size is not None or spec.training.stop_loss is not None
        self._looked = -1
        self._records: deque[Kept] = deque(maxlen=2)
        self._await_level()
        self._keep()
        self.first = self._records[0]

    @property
    def owes_record(self) -> bool:
        """Whether the cohort must let the run look where it stands before it goes on."""
        if self.ending is not None:
            return False
        if self.halted_at is not None or self.step == self._last_step:
            return True
        return self._looks and self.step != self._looked and self.step % self._every == 0

    @property
    def _last_step(self) -> int:
        return self.spec.training.last_step

    @property
    def _every(self) -> int:
        return self.spec.record_every

    def stepped(self) -> None:
        """Count a step, and keep θ if it is wanted."""
        super().stepped()
        if self.step == self._next_kept:
            self._keep()

    def _keep(self) -> None:
        kept = Kept(self.step, self.theta.clone())
        if self.step in self._wanted:
            self.at_steps[self.step] = kept
        if self.step % self._every == 0:
            self._records.append(kept)
        record = (self.step // self._every + 1) * self._every
        self._next_kept = min((step for step in self._wanted if self.step < step < record), default=record)

    def _await_level(self) -> None:
        self.next_level = self._levels[-1] if self._levels and self.batch_size is None else -math.inf

    def crosses(self, loss: float) -> None:
        """Keep θ for every level that this training loss has reached and none before had."""
        while self._levels and loss <= self._levels[-1]:
            self.at_losses[self._levels.pop()] = Kept(self.step, self.theta.clone())
        self._await_level()

    def record(self) -> None:
        """Look at the training loss where it decides, instead of measuring; sets `ending` at the end."""
        self._looked = self.step
        if self.halted_at is not None and diverged(self.halted_at):
            self._end(self.halted_at)
        else:
            loss = self.ruler.train_loss(self.theta)
            self.crosses(loss)
            self._end(loss)
        if self.ending is not None:
            self.last = self._final()

    def _final(self) -> Kept:
        assert self.ending is not None
        if self.ending.status == "finished":
            return Kept(self.step, self.theta.clone())
        # Step 0 counts whatever its loss; any other record is finite if training went on from it.
        return next(kept for kept in reversed(self._records) if kept.step < self.step or kept.step == 0)


def train_quietly(runs: Sequence[QuietRun]) -> Iterator[QuietRun | None]:
    """Train runs of one `cohort_key` as one stack: each as it ends, and None between bursts of `BURST` seconds."""
    cohort, left = Cohort(runs), list(runs)
    while left:
        began = time.perf_counter()
        cohort.record(cohort.due())
        cohort.advance(lambda end=began + BURST: time.perf_counter() >= end)
        share = (time.perf_counter() - began) / len(left)
        for run in left:
            run.seconds += share
        ended, left = [run for run in left if run.ending], [run for run in left if not run.ending]
        yield from ended
        yield None
