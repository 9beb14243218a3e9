"""A unit computed: specs in, rows out, and nothing else.

A row is the same, bit for bit, whatever runs share its unit and wherever the unit is computed, so that a unit may be
cut in two, or computed again after its worker was lost.
"""

from __future__ import annotations

import functools
import math
import platform
import time
from collections.abc import Iterator

import numpy as np
import torch

from occam.spec import TrainingSpec
from occam.sweeps.row import END, Level, Mark, Row, wanted
from occam.sweeps.units import Unit
from occam.training.live import diverged
from occam.training.quiet import Kept, QuietRun, train_quietly


def compute(unit: Unit) -> Iterator[Row | None]:
    """The rows of a unit, each as its run ends, and None at least every 30 ms or so, for others to work.

    From then on torch uses one thread in this process: two of them add in another order, and on a busy machine are many
    times as slow.
    """
    torch.set_num_threads(1)
    runs: list[QuietRun] = []
    for spec in unit.specs:
        times = [step for level in unit.at_times if (step := time_step(spec.training, level)) is not None]
        run = QuietRun(spec, steps=times, losses=unit.at_losses, table=unit.table, device=unit.device, dtype=unit.dtype)
        runs.append(run)
        yield None
    for run in train_quietly(runs):
        if run is None:
            yield None
        else:
            yield from _row(run, unit)


def time_step(training: TrainingSpec, level: float) -> int | None:
    """The first step with γ·step ≥ level; None where training may not last so long."""
    exact = level / training.step_size
    if exact > training.max_steps + 1:
        return None
    # As in TrainingSpec.last_step, a quotient within rounding of a whole number is that number.
    step = round(exact) if math.isclose(exact, round(exact), rel_tol=1e-9) else math.ceil(exact)
    step = max(step, 1)
    return step if step <= training.last_step else None


def _row(run: QuietRun, unit: Unit) -> Iterator[Row | None]:
    """The row of a run that has ended, after a pause for every mark."""
    assert run.ending is not None and run.last is not None
    began, paused = time.perf_counter(), 0.0
    levels: dict[Level, Kept] = {END: run.last}
    levels |= {("loss", level): run.at_losses[level] for level in unit.at_losses if level in run.at_losses}
    for level in unit.at_times:
        kept = run.at_steps.get(time_step(run.spec.training, level) or -1)
        if kept is not None and (kept.step < run.ending.step or run.ending.status == "finished"):
            levels["time", level] = kept
    measured: dict[int, dict[str, float]] = {}
    for kept in levels.values():
        if kept.step not in measured:
            measured[kept.step], _ = run.metrics(kept.step, kept.theta)
            left = time.perf_counter()
            yield None
            paused += time.perf_counter() - left
    end = measured[run.last.step]
    yield Row(
        key=run.spec.digest,
        spec=run.spec,
        status=run.ending.status,
        reason=run.ending.reason,
        step=run.ending.step,
        stability=math.nan if diverged(end["train_loss"]) else end["stability"],
        marks=tuple(Mark(*level, kept.step, measured[kept.step]) for level, kept in levels.items()),
        weights=np.array(run.params(run.last.theta)),
        seconds=run.seconds + time.perf_counter() - began - paused,
        device=run.header.device,
        dtype=run.header.dtype,
        versions=_versions(),
        missed=tuple(level for level in wanted(unit.at_losses, unit.at_times) if level not in levels),
    )


@functools.cache
def _versions() -> dict[str, str]:
    return {"python": platform.python_version(), "numpy": np.__version__, "torch": str(torch.__version__)}
