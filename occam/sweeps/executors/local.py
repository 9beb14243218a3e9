"""Units computed by processes of this machine: one a core, one thread each."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from queue import Empty, SimpleQueue
from typing import Any

from occam.pipes import Child
from occam.sweeps.executors.job import ExecutorFault, Job
from occam.sweeps.failed import Failed
from occam.sweeps.row import Row
from occam.sweeps.units import Unit

LOST = "The worker process that computed it ended unexpectedly, twice."
MOST_STILLBORN = 3  # workers in a row that end before they are ready: no more are started

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ready:
    """A worker has loaded what it needs."""


@dataclass(frozen=True)
class Done:
    """A worker has computed its unit."""


@dataclass(frozen=True)
class Broken:
    """What a worker says of a unit that raised an exception."""

    sentence: str


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Worker:
    """One process, and the job that it has; what it says goes to `hear(worker, message)`, None at its end."""

    def __init__(self, hear: Callable[[_Worker, Any], None]) -> None:
        self.job: Job | None = None
        self.ready = self.born = False
        self._hear = hear
        self._child = Child("occam.sweeps.worker")
        self.pid, self.end = self._child.pid, self._child.end
        threading.Thread(target=self._listen, name=f"worker {self.pid}", daemon=True).start()

    def begin(self, job: Job) -> None:
        self.job = job
        self._child.send(job.unit)

    def _listen(self) -> None:
        for message in self._child.messages():
            self._hear(self, message)
        self._hear(self, None)
        self.end()


class Local:
    """Up to `workers` processes, by default one a core, started when there is work and ended by `close`.

    A worker gets its next unit in the moment in which it has computed one, from the few that `poll` keeps at hand.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or cores()
        self._team: list[_Worker] = []
        self._stillborn = 0
        self._lock = threading.Lock()  # of jobs at hand and with workers
        self._forget()

    def _forget(self) -> None:
        self._units: Iterator[Unit] = iter(())
        self._exhausted = True
        self._retries: list[Job] = []
        self._at_hand: deque[Job] = deque()
        self._open = 0  # jobs that are at hand, or with a worker, or whose end is in the queue
        self._news: SimpleQueue[tuple[_Worker, Job | None, Any]] = SimpleQueue()

    def submit(self, units: Iterable[Unit]) -> None:
        """Compute these too; workers are started at once."""
        self._units, self._exhausted = chain(self._units, units), False
        self._supply()

    @property
    def idle(self) -> bool:
        """Whether all has been computed and handed out."""
        return self._exhausted and not self.occupied

    @property
    def occupied(self) -> bool:
        """Whether units have been taken that are not over."""
        return bool(self._open or self._retries)

    @property
    def ready(self) -> bool:
        """Whether all workers have loaded what they need."""
        return len(self._team) == self.workers and all(worker.ready for worker in self._team)

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers."""
        return [worker.pid for worker in self._team]

    def poll(self, timeout: float) -> list[Row | Failed]:
        """What has come, waiting for it no longer than `timeout` seconds."""
        end = time.monotonic() + timeout
        found: list[Row | Failed] = []
        self._supply()
        while not self.idle:
            wait = 0.0 if found else max(0.0, end - time.monotonic())
            try:
                news = self._news.get(wait > 0, wait)
            except Empty:
                break
            found += self._digest(*news)
            self._supply()
        return found

    def cancel(self) -> None:
        """Forget all that is not computed yet, and end the workers, which are in the middle of it."""
        team, self._team = self._team, []
        with self._lock:
            self._forget()
        for worker in team:
            worker.end()

    def close(self) -> None:
        """Cancel; all workers are gone when it returns."""
        self.cancel()

    def _supply(self) -> None:
        """Keep the team complete while there is work, and a unit at hand for every worker that is ready."""
        with self._lock:
            ready = sum(worker.ready for worker in self._team)
            while len(self._at_hand) < ready and (job := self._next()) is not None:
                self._at_hand.append(job)
                self._open += 1
            while len(self._team) < self.workers and (self._retries or self._at_hand or not self._exhausted):
                self._team.append(_Worker(self._heard))
            for worker in self._team:
                self._occupy(worker)

    def _next(self) -> Job | None:
        if self._retries:
            return self._retries.pop()
        unit = next(self._units, None)
        self._exhausted = unit is None
        return None if unit is None else Job(unit)

    def _occupy(self, worker: _Worker) -> None:
        if worker.ready and worker.job is None and self._at_hand:
            worker.begin(self._at_hand.popleft())

    def _heard(self, worker: _Worker, message: Any) -> None:
        """In the worker's thread: note what it says, and give it the next unit if it has none."""
        with self._lock:
            if worker not in self._team:  # its work was cancelled
                return
            job = worker.job
            if message is None or isinstance(message, Done | Broken):
                worker.job = None
            worker.ready = message is not None
            self._occupy(worker)
            self._news.put((worker, job, message))

    def _digest(self, worker: _Worker, job: Job | None, message: Any) -> list[Row | Failed]:
        if isinstance(message, Ready):
            self._stillborn, worker.born = 0, True
        if message is None:
            self._team.remove(worker)
            self._stillborn += not worker.born
            if self._stillborn >= MOST_STILLBORN:
                raise ExecutorFault("The worker processes end before they can compute; stderr says why.")
        if job is None:
            return []
        if isinstance(message, Row):
            return job.came(message)
        self._open -= 1
        if isinstance(message, Done):
            return []
        sentence = message.sentence if isinstance(message, Broken) else LOST
        _log.error("a unit of %d runs failed: %s", len(job.unit.specs), sentence)
        further, failed = job.again(sentence, singly=isinstance(message, Broken))
        self._retries += further
        return failed
