"""Many runs, measured only where asked: paired seeds cost their training and little more."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import replace

from occam.datasets import Table
from occam.spec import RunSpec
from occam.studies.kinds.runs import Finished, Runs
from occam.studies.spec import Progress
from occam.training.device import DeviceChoice
from occam.training.frames import Frame, Recording
from occam.training.live import Precision
from occam.training.quiet import QuietRun, train_quietly


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
    those of `steps` that the run reaches, and, unless it diverged, of its last step: what `occam.training.run.train`
    gives there, bit for bit.
    """
    waiting: dict[Hashable, dict[QuietRun, int]] = {}
    for index, spec in enumerate(specs):
        run = QuietRun(spec, steps=steps, table=table, device=device, dtype=dtype)
        group = waiting.setdefault(run.cohort_key, {})
        group[run] = index
        yield None
        if len(group) == tile:
            yield from _train(waiting.pop(run.cohort_key))
    for group in waiting.values():
        yield from _train(group)


def _train(group: dict[QuietRun, int]) -> Iterator[tuple[int, Recording] | None]:
    for run in train_quietly(list(group)):
        if run is None:
            yield None
            continue
        assert run.ending is not None and run.last is not None
        kept = {0: run.first} | run.at_steps
        if run.ending.status == "finished":
            kept[run.last.step] = run.last
        frames: list[Frame] = []
        for step in sorted(kept):
            if step < run.ending.step or step in (0, run.last.step):
                frames.append(run.frame(step, kept[step].theta))
                yield None
        stability = frames[-1].metrics["stability"]
        yield group[run], Recording(run.header, frames, replace(run.ending, stability=stability))
