"""Runs that cost what a clock says, and a trainer that says what it is told to say."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any

import numpy as np

from occam.engine.protocol import Fault, News, Setup, ToPage, Train
from occam.engine.scheduler import Scheduler
from occam.spec import RunSpec
from occam.training.frames import Ending, Frame, Header, Plane

STEP_SECONDS = 0.001
RECORD_SECONDS = 0.004
ENDING = Ending("finished", "max_steps", 100, 0.1, 0.5)


def frame(step: int, weights: int = 0) -> Frame:
    half = np.zeros(0, np.float16)
    return Frame(step, {}, np.zeros((1, 2, 6), np.float32), half, None, half, np.zeros(weights, np.float32))


def header(spec: RunSpec) -> Header:
    none = np.zeros(0, np.float32)
    plane = Plane(np.zeros(1), np.ones(1), ("x",), np.zeros(1), np.eye(1))
    return Header(spec, "regression", (1, 1), (), plane, none, none, none, none, "CPU", "float32")


def news(entry, *steps, ending=None):
    first = steps[0] if steps else len(entry.frames)
    return News(entry.number, first, tuple(map(frame, steps)), header(entry.spec) if first == 0 else None, ending)


def eventually(condition):
    give_up = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.001)


class FakeTrainer:
    """Takes messages, and says what is put into `lines`; None is its death."""

    born: SimpleQueue[FakeTrainer]

    def __init__(self):
        self.pid = 0
        self.lines = SimpleQueue()
        self.said = []
        self.born.put(self)

    def send(self, message):
        self.said.append(message)

    def messages(self):
        while (message := self.lines.get(timeout=60)) is not None:
            yield message

    def end(self):
        self.lines.put(None)


class FakeRun:
    def __init__(self, spec: RunSpec) -> None:
        self.spec = spec
        self.header: Any = f"header of {spec.digest}"
        self.ending: Ending | None = None
        self.cohort_key = spec.model.width
        self.step = 0
        self.recorded = -1

    @property
    def owes_record(self) -> bool:
        every, last = self.spec.record_every, self.spec.training.last_step
        return self.recorded != self.step and (self.step % every == 0 or self.step == last)


class World:
    """A clock, everything that was prepared and gathered, and model seeds that break at a step."""

    def __init__(self, most_live: int = 64, most_parked: int = 64) -> None:
        self.now = 0.0
        self.prepared: list[int] = []
        self.gathered: list[list[FakeRun]] = []
        self.recorded: list[list[int]] = []
        self.breaks: dict[int, int] = {}
        self.scheduler = Scheduler(Setup(most_live, most_parked), self.prepare, self.gather, lambda: self.now)
        self.frames: dict[int, list[int]] = {}
        self.heard: list[ToPage] = []

    def prepare(self, order: Train) -> FakeRun:
        self.now += STEP_SECONDS
        self.prepared.append(order.run)
        if self.breaks.get(order.spec.model.seed) == -1:
            raise ValueError("The file has no header.")
        return FakeRun(order.spec)

    def gather(self, runs: list[FakeRun]) -> FakeCohort:
        if len(runs) > 1:
            self.gathered.append(list(runs))
        return FakeCohort(self, runs)

    def train(self, number: int, until: int | None = None, held: int = 0, **changes: int) -> None:
        spec = train_spec(**{"seed": number} | changes)
        self.scheduler.obey(Train(number, spec, "auto", None, held, until))

    def work(self, turns: int = 1) -> list[ToPage]:
        """So many turns; frames are filed by run, which must be without gap or repetition."""
        heard = []
        for _ in range(turns):
            heard += self.scheduler.work()
        for message in heard:
            if isinstance(message, News):
                known = self.frames.setdefault(message.run, [])
                if not known:
                    known.extend(range(-message.first, 0))  # what the page held before
                assert len(known) == message.first
                known.extend(frame.step for frame in message.frames)
        self.heard += heard
        return heard

    def finish(self) -> None:
        for _ in range(10_000):
            if self.scheduler.idle:
                return
            self.work()
        raise AssertionError("there is no end to it")

    @property
    def faults(self) -> dict[int, str]:
        return {message.run: message.sentence for message in self.heard if isinstance(message, Fault)}


class FakeCohort:
    def __init__(self, world: World, runs: Sequence[FakeRun]) -> None:
        self.world, self.runs = world, list(runs)

    def due(self) -> list[FakeRun]:
        return [run for run in self.runs if run.ending is None and run.owes_record]

    def record(self, runs: Sequence[FakeRun]) -> list[Frame | None]:
        assert set(map(id, runs)) <= set(map(id, self.runs))
        self.world.recorded.append([run.spec.model.seed for run in runs])
        for run in runs:
            self.world.now += RECORD_SECONDS
            run.recorded = run.step
            if run.step == run.spec.training.last_step:
                run.ending = Ending("finished", "max_steps", run.step, 0.0, 0.0)
        return [frame(run.step) for run in runs]

    def advance(self, deadline: Callable[[], bool]) -> None:
        while not self.due() and any(run.ending is None for run in self.runs):
            self.world.now += STEP_SECONDS
            for run in self.runs:
                if self.world.breaks.get(run.spec.model.seed) == run.step:
                    raise RuntimeError("no such number")
                run.step += run.ending is None
            if deadline():
                return


def train_spec(seed: int = 0, width: int = 16, every: int = 10, last: int = 100) -> RunSpec:
    return RunSpec().replace(
        {"model.seed": seed, "model.width": width, "record_every": every, "training.max_steps": last}
    )
