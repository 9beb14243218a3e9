"""What a dataset is: its description in the registry, the samples it gives, and the random streams they come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from occam.datasets.own_csv import Table

Task = Literal["regression", "binary", "multiclass"]
Floats = NDArray[np.float64]
OWN_CSV = "csv"


class Request(Protocol):
    """The part of a data spec that a dataset reads.

    Every `occam.spec.DataSpec` is one; the fields are described there.  Named here because specs build on datasets.
    """

    dataset: str
    n_train: int
    n_test: int
    noise: float
    seed: int
    csv_sha256: str | None
    csv_target: str | None
    moved: str | None


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples of one data spec, all arrays float64.

    `x_train`: (n, d), `y_train`: (n,); `x_test`: (m, d), `y_test`: (m,); y is the class index 0 … k − 1, or the target
    of a regression.  `classes`: the k names, () for regression; `features`: the d names.  `low`, `high`: (d,) ends of
    the domain box, over which complexity is averaged and pictures are drawn; noisy samples may lie outside.
    """

    x_train: Floats
    y_train: Floats
    x_test: Floats
    y_test: Floats
    task: Task
    classes: tuple[str, ...]
    features: tuple[str, ...]
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Dataset:
    """One entry of the registry.

    `task`, `inputs` and `classes` are None where only the file tells (own CSV); `low`, `high`: ends of the domain box,
    None where it follows from a table's rows; `noisy`: whether the noise of the spec applies.
    """

    name: str
    label: str
    description: str
    task: Task | None
    inputs: int | None
    classes: tuple[str, ...] | None
    noisy: bool
    draw: Callable[[Request, Table | None], Samples]
    low: tuple[float, ...] | None = None
    high: tuple[float, ...] | None = None

    @property
    def is_curve(self) -> bool:
        """Whether a quantity is learned over one input: samples that can be moved by hand."""
        return self.task == "regression" and self.inputs == 1


SHAPE, TRAIN, TEST, SPLIT = range(4)  # what a stream is for: the problem itself, its samples, the order of a table


def stream(seed: int, purpose: int) -> np.random.Generator:
    """A generator of its own for (seed, purpose); different purposes are independent (NumPy's spawn keys)."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(purpose,)))
