"""Who trains next, and for how long: pure policy over anything that behaves like `LiveRun` and `Cohort`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from occam.engine.protocol import Fault, Leave, News, Replay, Setup, ToPage, Train, Waiting, Wish
from occam.engine.tiles import Tiles
from occam.training.frames import Ending, Frame, Header

SHORTEST, LONGEST = 0.002, 0.020  # seconds of one turn: below, switching costs more than training; above, viewers wait
ROUND = 0.250  # seconds in which every live run has had its turn
MOST_RECORDED = 4  # runs measured in one go, at 5 to 10 ms each: whoever is new waits for no more than these
OVERHEAD = 0.003  # seconds that a turn costs beside training: measuring a frame and sending it

_log = logging.getLogger(__name__)


class Run(Protocol):
    """What the scheduler needs of `occam.training.run.LiveRun`."""

    header: Header
    ending: Ending | None

    @property
    def cohort_key(self) -> Hashable:
        """Runs with equal keys can train together."""


class Cohort(Protocol):
    """What the scheduler needs of `occam.training.run.Cohort`."""

    def due(self) -> list[Any]:
        """Runs that stand at a record point not yet recorded."""
        ...

    def record(self, runs: Sequence[Any]) -> Sequence[Frame | None]:
        """Their frames, None for one that turns out to have diverged."""
        ...

    def advance(self, deadline: Callable[[], bool]) -> None:
        """Train until a run is due or the deadline has passed."""


@dataclass(eq=False)
class _Job:
    order: Train
    until: float  # index of the last frame wanted; −1: none
    sent: int  # frames that the page holds, or that are on their way
    run: Run | None = None  # its state, while it is kept
    recorded: int = 0  # frames recorded by this state: fewer than `sent` while it is retrained to where it was
    service: float = 0.0  # seconds in which it was advanced
    alone: bool = False  # a neighbour's fault or its own broke its cohort: from then on it trains alone

    @property
    def number(self) -> int:
        return self.order.run

    @property
    def wanted(self) -> bool:
        return self.until >= self.sent

    @property
    def new(self) -> bool:
        return not self.sent and not self.recorded


def turn_seconds(live: int) -> float:
    """clamp(250 ms / live − 3 ms, 2 ms, 20 ms): how long one turn lasts among so many live runs."""
    return min(LONGEST, max(SHORTEST, ROUND / max(live, 1) - OVERHEAD))


class Scheduler:
    """Fair turns for all runs of which more frames are wanted.

    A run without a first frame goes first, in order of arrival and together with others of its shape; otherwise the one
    that was advanced for the shortest time, with its whole cohort.  At most `most_live` runs are in training, others
    queue.  A run that is no longer wanted keeps its state while at most `most_parked` do; one that lost it is retrained
    silently.  An exception ends the run that causes it and no other.
    """

    def __init__(
        self,
        setup: Setup,
        prepare: Callable[[Train], Run],
        gather: Callable[[list[Any]], Cohort],
        clock: Callable[[], float],
    ) -> None:
        self._setup, self._prepare, self._gather, self._clock = setup, prepare, gather, clock
        self._jobs: dict[int, _Job] = {}
        self._live: dict[int, _Job] = {}  # in training, in order of admission
        self._queue: dict[int, _Job] = {}  # waiting for a place, in order of arrival
        self._parked: dict[int, _Job] = {}  # not wanted but with their state, least recently wanted first
        self._tiles: Tiles[_Job, Cohort] = Tiles(lambda jobs: gather([job.run for job in jobs]))
        self._told_waiting: tuple[int, ...] = ()
        self._out: list[ToPage] = []

    @property
    def idle(self) -> bool:
        """Whether nothing is wanted."""
        return not self._live

    @property
    def urgent(self) -> bool:
        """Whether somebody waits for a first frame."""
        return any(job.new for job in self._live.values())

    def obey(self, message: Wish) -> None:
        """Take note of what the page wants."""
        job = self._jobs.get(message.run)
        if isinstance(message, Train):
            if job is None:
                job = self._jobs[message.run] = _Job(message, -1, message.held)
        elif job is None:
            return  # it ended while the message was on its way
        until = -1 if isinstance(message, Leave) else message.until
        job.until = float("inf") if until is None else until
        self._place(job)

    def work(self) -> list[ToPage]:
        """One turn; what there is to tell the page."""
        live = list(self._live.values())
        if live:
            end = self._clock() + turn_seconds(len(live))
            newcomers = [job for job in live if job.new]
            if newcomers:
                self._first_frames(newcomers, end)
            else:
                self._turn(min(live, key=lambda job: job.service), end)
        waiting = tuple(self._queue)
        if waiting != self._told_waiting:
            self._told_waiting = waiting
            self._out.append(Waiting(waiting))
        out, self._out = self._out, []
        return out

    # One turn.

    def _first_frames(self, jobs: list[_Job], end: float) -> None:
        ready: list[_Job] = []
        for job in jobs:
            if self._has_state(job):
                ready.append(job)
            if ready and self._clock() >= end:
                break
        if ready:
            key = self._key(ready[0])
            alike = [job for job in ready if self._key(job) == key][:MOST_RECORDED]
            # A stack of newcomers only: a fault in a first frame concerns no run that is under way.
            try:
                stack = self._gather([job.run for job in alike])
                self._record(stack, alike)
            except Exception as error:
                self._blame(alike, error)

    def _turn(self, job: _Job, end: float) -> None:
        if not self._has_state(job):
            return
        for other in self._live.values():
            if other.run is not None and other not in self._tiles:
                self._tiles.join(other, self._key(other))
        members = self._tiles.members(job)
        began = now = self._clock()
        try:
            while job in self._tiles and now < end:
                members = self._tiles.members(job)
                stack = self._tiles.stack(job)
                due = stack.due()
                if due:
                    self._record(stack, [member for member in members if member.run in due][:MOST_RECORDED])
                else:
                    stack.advance(lambda: self._clock() >= end)
                now = self._clock()
        except Exception as error:
            self._blame(members, error)
        for member in members:
            member.service += self._clock() - began

    def _record(self, stack: Cohort, jobs: Sequence[_Job]) -> None:
        frames = stack.record([job.run for job in jobs])
        for job, frame in zip(jobs, frames, strict=True):
            assert job.run is not None
            if frame is not None:
                job.recorded += 1
                if job.recorded == job.sent:
                    self._out.append(Replay(job.number, done=True))
            fresh = (frame,) if frame is not None and job.recorded > job.sent else ()
            ending = job.run.ending
            if fresh or ending is not None:
                header = job.run.header if job.recorded == 1 else None
                self._out.append(News(job.number, job.recorded - len(fresh), fresh, header, ending))
            job.sent = max(job.sent, job.recorded)
            if ending is not None:
                self._drop(job)
            elif not job.wanted:
                self._place(job)

    # State.

    def _key(self, job: _Job) -> Hashable:
        assert job.run is not None
        return ("alone", job.number) if job.alone else job.run.cohort_key

    def _has_state(self, job: _Job) -> bool:
        """Prepare the run unless it is; False if that fails."""
        if job.run is None:
            if job.sent:
                self._out.append(Replay(job.number, done=False))
            try:
                job.run = self._prepare(job.order)
            except Exception as error:
                self._blame([job], error)
        return job.run is not None

    def _blame(self, jobs: Sequence[_Job], error: Exception) -> None:
        """One job: its fault.  Several: each is retrained alone, where it is seen whose fault it was.

        What an exception leaves of a shared stack is undefined, but a run is a pure function of its spec.
        """
        _log.error("a turn of %d runs failed", len(jobs), exc_info=error)
        for job in jobs:
            if len(jobs) == 1:
                self._out.append(Fault(job.number, sentence(error, "Training stopped because of an internal error")))
                self._drop(job)
            else:
                self._tiles.leave(job)
                job.run, job.recorded, job.alone = None, 0, True

    # Places.

    def _place(self, job: _Job) -> None:
        """Put the job where it belongs: in training, in the queue, parked, or nowhere."""
        number = job.number
        if job.wanted:
            self._parked.pop(number, None)
            if number not in self._live:
                self._queue.setdefault(number, job)
        else:
            self._retire(job)
            if job.run is not None:
                # A stack of its own, so that a parked run does not keep the memory of its former neighbours.
                self._gather([job.run])
                self._parked.pop(number, None)
                self._parked[number] = job
            elif job.until < 0:
                self._drop(job)
        self._admit()
        while len(self._parked) > self._setup.most_parked:
            oldest = self._parked.pop(next(iter(self._parked)))
            oldest.run, oldest.recorded = None, 0
            if oldest.until < 0:
                self._drop(oldest)

    def _retire(self, job: _Job) -> None:
        self._live.pop(job.number, None)
        self._queue.pop(job.number, None)
        self._tiles.leave(job)

    def _drop(self, job: _Job) -> None:
        self._retire(job)
        self._parked.pop(job.number, None)
        self._jobs.pop(job.number, None)
        self._admit()

    def _admit(self) -> None:
        while self._queue and len(self._live) < self._setup.most_live:
            job = self._queue.pop(next(iter(self._queue)))
            # Who comes back has no claim on the time it was away.
            least = min((other.service for other in self._live.values()), default=0.0)
            job.service = max(job.service, least)
            self._live[job.number] = job


def sentence(error: Exception, otherwise: str) -> str:
    """What to tell the viewer: the text of a ValueError, which was written for them, else `otherwise` and the error."""
    if isinstance(error, ValueError):
        return str(error)
    return f"{otherwise} ({type(error).__name__}: {str(error).partition(chr(10))[0]})."
