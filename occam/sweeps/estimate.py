"""What a sweep will take, told before it starts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from occam.glossary import METRICS
from occam.spec import RunSpec
from occam.spec.sizes import layer_sizes, weight_count
from occam.sweeps.row import wanted
from occam.sweeps.spec import SweepSpec

# Measured on one core of two: 93 µs a step of 3 × 16 tanh, n = 256, both penalties, in a cohort.
SECONDS_PER_UNIT = 1e-10  # of one pass of one sample through one weight
SECONDS_PER_STEP = 2e-6  # of a run's share of what a step costs whatever its size
SECONDS_PER_MARK = 0.01  # of measuring one run, sharpness included
PASSES = 3  # forward, and twice as much backward; a penalty takes as much again
BYTES_PER_ROW = 1200  # spec, index and versions
TILE = 32  # runs in a cohort
_LOOKED_AT = 500  # runs of which the mean is taken


def _is(value: Any) -> Any:
    return value


# Runs train as one cohort if these agree; of the switches only whether they are on.
_SHAPE: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("data.dataset", "data.n_train", "model.depth", "model.width", "model.activation"), _is),
    **dict.fromkeys(("training.batch_size", "training.perturbation"), _is),
    **dict.fromkeys((f"training.{name}" for name in ("param_penalty", "input_penalty", "perturbation_size")), bool),
    **dict.fromkeys(("training.momentum", "training.weight_decay"), bool),
}


@dataclass(frozen=True)
class Estimate:
    """About what a sweep takes: `runs` exactly; `cohorts`; `seconds` on `workers` cores; `bytes` of its store."""

    runs: int
    cohorts: int
    seconds: float
    bytes: int


def estimate(sweep: SweepSpec, *, workers: int = 1, seconds_per_unit: float = SECONDS_PER_UNIT) -> Estimate:
    """Seconds and bytes as the mean over at most 500 runs, spread over the sweep, times the number of runs."""
    marks = len(wanted(sweep.at_losses, sweep.at_times))
    count = min(sweep.count, _LOOKED_AT)
    # Multiples of the golden ratio spread evenly whatever the periods of the knobs in the order of the runs.
    golden = (math.sqrt(5) - 1) / 2
    places = range(count) if count == sweep.count else [int(i * golden % 1 * sweep.count) for i in range(count)]
    runs = [sweep.nth(place) for place in places]
    seconds = sum(_seconds(run, seconds_per_unit) for run in runs) / count + marks * SECONDS_PER_MARK
    size = sum(4 * weight_count(layer_sizes(run)) for run in runs) / count + marks * 8 * len(METRICS) + BYTES_PER_ROW
    shapes = math.prod(len(set(map(_SHAPE[path], values))) for path, values in sweep.vary.items() if path in _SHAPE)
    cohorts = shapes * math.ceil(sweep.count / shapes / TILE)
    busy = min(workers, cohorts)
    return Estimate(sweep.count, cohorts, sweep.count * seconds / busy, round(sweep.count * size))


def _seconds(run: RunSpec, seconds_per_unit: float) -> float:
    training = run.training
    penalised = training.param_penalty > 0 or training.input_penalty > 0
    passes = PASSES * (1 + penalised)
    units = passes * (training.batch_size or run.data.n_train) * weight_count(layer_sizes(run))
    return training.last_step * (units * seconds_per_unit + SECONDS_PER_STEP)
