"""Many runs, measured only where asked: paired seeds cost their training and little more."""

from __future__ import annotations

import time
from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from occam.datasets import Table
from occam.spec import RunSpec
from occam.studies.kinds.runs import Finished, Runs
from occam.studies.spec import Progress
from occam.training.cohort import Cohort
from occam.training.device import DeviceChoice
from occam.training.frames import Frame, Recording
from occam.training.live import LiveRun, Precision

BURST = 0.010  # seconds of training between two pauses


@dataclass
class _Member:
    index: int
    spec: RunSpec
    steps: frozenset[int]  # where it is measured beside its own records
    run: LiveRun
    frames: list[Frame] = field(default_factory=list)

    @property
    def due(self) -> bool:
        run = self.run
        chosen = run.ending is None and run.step in self.steps
        return run.owes_record or (chosen and not (self.frames and self.frames[-1].step == run.step))


def runs(spec: Runs, table: Table | None = None) -> Iterator[Finished | Progress | None]:
    """The study of `occam.studies.kinds.runs`: each run as it ends, and how many have."""
    done = 0
    for item in run_many(spec.specs, steps=spec.steps, table=table):
        if item is None:
            yield None
        else:
            done += 1
            yield Finished(*item)
            yield Progress(done, len(spec.specs))


def run_many(
    specs: Sequence[RunSpec],
    *,
    steps: Collection[int] = (),
    tile: int = 8,
    table: Table | None = None,
    device: DeviceChoice = "auto",
    dtype: Precision = "float32",
) -> Iterator[tuple[int, Recording] | None]:
    """Train `specs`, in cohorts of at most `tile` of equal shape; (index of the spec, its recording) as each ends.

    None is yielded between bursts, so that a study can pass its pauses on.  A recording holds the frames of step 0, of
    those of `steps` that the run reaches, and of its last step: the weights are what `occam.training.run.train` gives,
    bit for bit.  A run with mini-batches and a stop loss looks at its loss where it is recorded: it keeps its own
    records, and of `steps` only those among them are measured.
    """
    waiting: dict[Hashable, list[_Member]] = {}
    for index, spec in enumerate(specs):
        member = _member(
            index, spec, frozenset(steps), LiveRun(_thinned(spec), table=table, device=device, dtype=dtype)
        )
        group = waiting.setdefault(member.run.cohort_key, [])
        group.append(member)
        yield None
        if len(group) == tile:
            yield from _train(waiting.pop(member.run.cohort_key))
    for group in waiting.values():
        yield from _train(group)


def _looks_at_records(spec: RunSpec) -> bool:
    return spec.training.batch_size is not None and spec.training.stop_loss is not None


def _thinned(spec: RunSpec) -> RunSpec:
    return spec if _looks_at_records(spec) else spec.replace({"record_every": max(1, spec.training.last_step)})


def _member(index: int, spec: RunSpec, steps: frozenset[int], run: LiveRun) -> _Member:
    if _looks_at_records(spec):
        steps = frozenset(step for step in steps if step % spec.record_every == 0)
    return _Member(index, spec, steps, run)


def _train(members: list[_Member]) -> Iterator[tuple[int, Recording] | None]:
    cohort = Cohort([member.run for member in members])
    while members:
        for member in members:
            if member.due:
                (frame,) = cohort.record([member.run])
                if frame is not None and (frame.step in (0, *member.steps) or member.run.ending is not None):
                    member.frames.append(frame)
                yield None
        for member in [member for member in members if member.run.ending is not None]:
            members.remove(member)
            header = replace(member.run.header, spec=member.spec)
            yield member.index, Recording(header, member.frames, member.run.ending)
        end = time.perf_counter() + BURST
        cohort.advance(lambda end=end: time.perf_counter() >= end or any(member.due for member in members))
        yield None
