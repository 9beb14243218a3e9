"""The unit of work of a sweep: runs of one shape, which `occam.sweeps.compute` trains as one cohort.  No torch."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from occam.datasets import Table
from occam.spec import RunSpec

if TYPE_CHECKING:  # they load torch, and whoever hands out units need not
    from occam.training.device import DeviceChoice
    from occam.training.live import Precision


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
    numbers = max(spec.model.depth * spec.model.width, 1) * (spec.training.batch_size or spec.data.n_train)
    return min(MOST_RUNS, max(FEWEST_RUNS, ACTIVATIONS_AT_ONCE // numbers))
