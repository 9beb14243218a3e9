"""Which study is computed next, and for how long beside live runs: pure policy over generators."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

from occam.engine.protocol import Begin, Fault, Results, StudiesWaiting, StudyWish, ToPage
from occam.engine.scheduler import sentence
from occam.studies import codec
from occam.studies.spec import Progress

SHARE = 1 / 3  # of the time, at most, that all studies together take from live runs
TURN = 0.020  # seconds: a turn when nothing else is live, and the most that live runs are ahead of the studies
SIGN_OF_LIFE = 1.0  # seconds between two messages at most: hearing one, the page looks who still watches
MOST_PARKED = 8  # unwanted studies that keep their generator

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Job:
    order: Begin
    sent: int  # results that the page holds, or that are on their way
    work: Iterator[Any] | None = None  # its generator, while it is kept
    made: int = 0  # results of this generator: fewer than `sent` while it is made again
    service: float = 0.0  # seconds in which it was computed
    told: float = 0.0  # when the page last heard of it
    progress: Progress | None = None  # not told yet
    fresh: list[bytes] = field(default_factory=list)

    @property
    def number(self) -> int:
        return self.order.study


class StudyTurns:
    """Fair turns for all studies that are wanted: the one that was computed for the shortest time goes next.

    At most `most_live` are computed at once, others queue.  Beside live runs the studies take at most `SHARE` of the
    time: each second of training earns them SHARE/(1 − SHARE) seconds, and a turn that took longer is paid back before
    the next.  A study that is no longer wanted keeps its generator while at most `MOST_PARKED` do.  An exception ends
    the study that raises it and no other.
    """

    def __init__(self, most_live: int, begin: Callable[[Begin], Iterator[Any]], clock: Callable[[], float]) -> None:
        self._most_live, self._begin, self._clock = most_live, begin, clock
        self._live: dict[int, _Job] = {}
        self._queue: dict[int, _Job] = {}  # waiting for a place, in order of arrival
        self._parked: dict[int, _Job] = {}  # not wanted but with their generator, least recently wanted first
        self._told_waiting: tuple[int, ...] = ()
        self._credit = 0.0  # seconds that the studies may take
        self._out: list[ToPage] = []

    @property
    def idle(self) -> bool:
        """Whether nothing is wanted."""
        return not self._live

    def obey(self, message: StudyWish) -> None:
        """Take note of what the page wants."""
        number = message.study
        if isinstance(message, Begin):
            job = self._parked.pop(number, None)
            if job is None:
                job = _Job(message, message.held)
            self._queue[number] = job
        else:
            job = self._live.pop(number, None) or self._queue.pop(number, None)
            if job is not None and job.work is not None:
                self._parked[number] = job
            while len(self._parked) > MOST_PARKED:
                self._close(self._parked.pop(next(iter(self._parked))))
        self._admit()

    def work(self, trained: float | None) -> list[ToPage]:
        """One turn, after live runs had `trained` seconds (None: no run is live); what there is to tell the page."""
        if trained is None:
            self._credit = TURN
        else:
            self._credit = min(TURN, self._credit + trained * SHARE / (1 - SHARE))
        if self._live and self._credit > 0:
            began = self._clock()
            self._turn(min(self._live.values(), key=lambda job: job.service), began + self._credit)
            self._credit -= self._clock() - began
        if tuple(self._queue) != self._told_waiting:
            self._told_waiting = tuple(self._queue)
            self._out.append(StudiesWaiting(self._told_waiting))
        out, self._out = self._out, []
        return out

    def _turn(self, job: _Job, end: float) -> None:
        began = now = self._clock()
        ended = False
        try:
            if job.work is None:
                job.work = self._begin(job.order)
            while not ended and now < end:
                ended = self._next(job, job.work)
                now = self._clock()
        except Exception as error:
            _log.error("study %s failed", job.order.spec.kind, exc_info=error)
            self._tell(job, now, False)
            self._out.append(Fault(job.number, sentence(error, "This study stopped because of an internal error")))
            self._drop(job)
            return
        job.service += now - began
        if job.fresh or job.progress or ended or now >= job.told + SIGN_OF_LIFE:
            self._tell(job, now, ended)
        if ended:
            self._drop(job)

    def _next(self, job: _Job, work: Iterator[Any]) -> bool:
        """Go on to the next `yield`; True at the end."""
        try:
            item = next(work)
        except StopIteration:
            return True
        if isinstance(item, Progress):
            job.progress = item if job.made >= job.sent else None
        elif item is not None:
            job.made += 1
            if job.made > job.sent:
                codec.encode(item, [])  # what could not be stored or read by a page is that study's fault
                job.fresh.append(pickle.dumps(item, protocol=5))
                job.sent += 1
        return False

    def _tell(self, job: _Job, now: float, ended: bool) -> None:
        if job.made >= job.sent or ended:
            self._out.append(Results(job.number, job.sent - len(job.fresh), tuple(job.fresh), job.progress, ended))
        job.fresh, job.progress, job.told = [], None, now

    def _drop(self, job: _Job) -> None:
        self._live.pop(job.number, None)
        self._close(job)
        self._admit()

    def _close(self, job: _Job) -> None:
        work, job.work = job.work, None
        try:
            if isinstance(work, Generator):
                work.close()
        except Exception as error:
            _log.error("study %s did not close", job.order.spec.kind, exc_info=error)

    def _admit(self) -> None:
        while self._queue and len(self._live) < self._most_live:
            job = self._queue.pop(next(iter(self._queue)))
            # Who comes back has no claim on the time it was away.
            job.service = max(job.service, min((other.service for other in self._live.values()), default=0.0))
            self._live[job.number] = job
