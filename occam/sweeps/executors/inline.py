"""Units computed in this process, a few milliseconds at a time."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain

from occam.sweeps.compute import compute
from occam.sweeps.executors.job import Job, told
from occam.sweeps.failed import Failed
from occam.sweeps.row import Row
from occam.sweeps.units import Unit

_log = logging.getLogger(__name__)


class Inline:
    """Computes during `poll`, for as long as its timeout, and at most 30 ms longer."""

    def __init__(self) -> None:
        self._units: Iterator[Unit] = iter(())
        self._jobs: deque[Job] = deque()
        self._job: Job | None = None
        self._work: Iterator[Row | None] = iter(())
        self._exhausted = True

    def submit(self, units: Iterable[Unit]) -> None:
        """Compute these too."""
        self._units, self._exhausted = chain(self._units, units), False

    @property
    def idle(self) -> bool:
        """Whether all has been computed."""
        return self._exhausted and not self.occupied

    @property
    def occupied(self) -> bool:
        """Whether a unit has been begun, or waits to be tried again."""
        return self._job is not None or bool(self._jobs)

    def poll(self, timeout: float) -> list[Row | Failed]:
        """Work for `timeout` seconds, until a row or a failure is there, or all is done."""
        end, found = time.perf_counter() + timeout, []
        while not found:
            if self._job is None and not self._begin():
                break
            found = self._go_on()
            if time.perf_counter() >= end:
                break
        return found

    def _begin(self) -> bool:
        if not self._jobs:
            unit = next(self._units, None)
            if unit is None:
                self._exhausted = True
                return False
            self._jobs.append(Job(unit))
        self._job = self._jobs.popleft()
        self._work = compute(self._job.unit)
        return True

    def _go_on(self) -> list[Row | Failed]:
        job = self._job
        assert job is not None
        try:
            row = next(self._work)
        except StopIteration:
            self._job = None
            return []
        except Exception as error:
            _log.error("a unit of %d runs failed", len(job.unit.specs), exc_info=error)
            self._job = None
            further, found = job.again(told(error), singly=True)
            self._jobs.extend(further)
            return found
        return [] if row is None else job.came(row)

    def cancel(self) -> None:
        """Forget all that is not computed yet."""
        self.__init__()

    def close(self) -> None:
        """Cancel."""
        self.cancel()
