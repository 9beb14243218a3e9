"""The unit of work of a sweep: runs of one shape, trained as one cohort.  Specs in, rows out, and nothing else.

A row is the same, bit for bit, whatever runs share its unit and wherever the unit is computed, so that a unit may be
cut in two, or computed again after its worker was lost.
"""

from __future__ import annotations

import functools
import math
import platform
import time
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from occam.datasets import Table
from occam.spec import RunSpec, TrainingSpec
from occam.spec.sizes import layer_sizes
from occam.sweeps.row import END, Level, Mark, Row, wanted
from occam.training.device import DeviceChoice
from occam.training.live import Precision, diverged
from occam.training.quiet import Kept, QuietRun, train_quietly

# Hidden activations of so many numbers are best trained together, measured from 2 × 6 units on 20 samples to 3 × 64 on
# 256: fewer, and calling torch costs more than computing; more, and they leave a core's L2 cache.
ACTIVATIONS_AT_ONCE = 200_000
MOST_RUNS, FEWEST_RUNS = 64, 4  # in a unit


@dataclass(frozen=True)
class Unit:
    """Runs of one shape, and the levels at which they are measured beside their end."""

    specs: tuple[RunSpec, ...]
    at_losses: tuple[float, ...] = ()
    at_times: tuple[float, ...] = ()
    table: Table | None = None
    device: DeviceChoice = "auto"
    dtype: Precision = "float32"

    def without(self, keys: set[str]) -> Unit | None:
        """The unit without the runs of these keys; None if none is left."""
        left = tuple(spec for spec in self.specs if spec.digest not in keys)
        return replace(self, specs=left) if left else None

    def singly(self) -> list[Unit]:
        """A unit for every run."""
        return [replace(self, specs=(spec,)) for spec in self.specs]


def units(specs: Iterable[RunSpec], template: Unit, *, small: int = 0, tile: int | None = None) -> Iterator[Unit]:
    """`specs`, consumed as units are asked for, in units like `template` of equal shape and about equal length.

    `tile`: runs in a unit, by default what suits the cache; the first `small` units hold `FEWEST_RUNS`, so that there
    is something to see soon.
    """
    waiting: dict[Hashable, list[RunSpec]] = {}
    for spec in specs:
        key = shape(spec)
        group = waiting.setdefault(key, [])
        group.append(spec)
        most = tile or (FEWEST_RUNS if small > 0 else runs_at_once(spec))
        if len(group) >= most:
            small -= 1
            yield replace(template, specs=tuple(waiting.pop(key)))
    for group in waiting.values():
        yield replace(template, specs=tuple(group))


def shape(spec: RunSpec) -> Hashable:
    """Specs of one shape make runs of one `cohort_key`, if with one own file; their numbers of steps differ by less
    than a factor of two, so that they end together.
    """
    data, model, training = spec.data, spec.model, spec.training
    perturbation = training.perturbation if training.perturbation_size > 0 else "none"
    return (
        (data.dataset, data.csv_sha256, data.csv_target, data.n_train),
        (model.depth, model.width, model.activation),
        (training.batch_size, perturbation, training.last_step.bit_length()),
        tuple(knob > 0 for knob in (training.param_penalty, training.input_penalty)),
        tuple(knob > 0 for knob in (training.momentum, training.weight_decay)),
    )


def runs_at_once(spec: RunSpec) -> int:
    """How many runs like this one are best trained together."""
    numbers = sum(layer_sizes(spec)[1:]) * (spec.training.batch_size or spec.data.n_train)
    return min(MOST_RUNS, max(FEWEST_RUNS, ACTIVATIONS_AT_ONCE // numbers))


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
