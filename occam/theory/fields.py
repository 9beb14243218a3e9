"""Loss fields on parameter space in float64: what the flows need of L, for a network, its mini-batches and their mean.

Parameters are plain vectors θ (P,) in record order (layer by layer W row by row, then b).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import ArrayLike

from occam.datasets import Table, Task, load
from occam.network.activations import ACTIVATIONS
from occam.network.backprop import Backprop
from occam.network.losses import LOSSES, as_targets
from occam.network.parameters import Layout, initial_row, layer_sizes
from occam.spec import RunSpec
from occam.theory.curvature import hessian_product, largest_eigenvalue

DIFFERENCE = float(np.finfo(np.float64).eps ** (1 / 3))  # the length at which truncation and rounding errors balance


class Field(Protocol):
    """L with its derivatives along directions, all at one θ (P,)."""

    def loss(self, theta: np.ndarray) -> float:
        """L(θ)."""
        ...

    def gradient(self, theta: np.ndarray) -> np.ndarray:
        """∇L (P,)."""
        ...

    def hessian_product(self, theta: np.ndarray, v: np.ndarray) -> np.ndarray:
        """∇²L v (P,)."""
        ...

    def third(self, theta: np.ndarray, v: np.ndarray) -> np.ndarray:
        """D³L[v, v] = d²/dt² ∇L(θ + tv) at t = 0, (P,)."""
        ...


class NetworkField:
    """L = mean of ℓᵢ over samples x (n, d) with labels (n,), of an MLP, by explicit backpropagation.

    Gradient and Hessian products are exact; `third` is a central difference of Hessian products.
    """

    def __init__(self, sizes: tuple[int, ...], activation: str, task: Task, x: np.ndarray, labels: np.ndarray) -> None:
        self._network: tuple[tuple[int, ...], str, Task] = sizes, activation, task
        self._x, self._labels = x, labels
        self.layout, self.samples = Layout(sizes), len(x)
        self.parameters = len(self.layout.order)
        self._passes = Backprop(self.layout, ACTIVATIONS[activation], LOSSES[task], 1, len(x), torch.float64)
        self._columns = torch.tensor(x.T, dtype=torch.float64)[None]
        self._y = as_targets(torch.tensor(labels, dtype=torch.float64), task, sizes[-1])[None]
        self._theta, self._grad = (torch.zeros(1, self.layout.columns, dtype=torch.float64) for _ in range(2))
        self._into = self.layout.views(self._grad)
        self._passes.at(self._theta)
        self._product = hessian_product(self._passes, self._y)
        self._here: np.ndarray | None = None

    def loss(self, theta: np.ndarray) -> float:
        """L(θ)."""
        self._move(theta)
        return float(self._passes.loss.value(self._passes.preacts[-1], self._y).mean())

    def gradient(self, theta: np.ndarray) -> np.ndarray:
        """∇L (P,)."""
        self._move(theta)
        self._passes.gradient(self._into)
        return self._grad[0, self.layout.order].numpy()

    def hessian_product(self, theta: np.ndarray, v: np.ndarray) -> np.ndarray:
        """∇²L v (P,), the tangent of the gradient along v."""
        self._move(theta)
        return self._product(v)

    def third(self, theta: np.ndarray, v: np.ndarray) -> np.ndarray:
        """D³L[v, v] ≈ (H(θ + tv)v − H(θ − tv)v)/2t with t‖v‖ = eps^⅓ = 6e-6, relative error about eps^⅔ = 4e-11.

        The truncation (t²/6) D⁵L[v, v, v, v] grows with t, the rounding eps‖Hv‖/t falls with it; they meet at
        t‖v‖ ≈ eps^⅓ where L varies over lengths of order 1.  Across a kink of φ it is no derivative.
        """
        length = float(np.linalg.norm(v))
        if length == 0.0:
            return np.zeros_like(v)
        t = DIFFERENCE / length
        return (self.hessian_product(theta + t * v, v) - self.hessian_product(theta - t * v, v)) / (2 * t)

    def batch(self, rows: ArrayLike) -> NetworkField:
        """The same network on these samples alone: L_B."""
        where = np.asarray(rows, int)
        return NetworkField(*self._network, self._x[where], self._labels[where])

    def split(self, batches: int) -> list[NetworkField]:
        """`batches` fields on equal consecutive parts, whose mean is this field.

        Raises `ValueError` unless the number of samples is a multiple of `batches`.
        """
        if batches < 1 or self.samples % batches:
            raise ValueError(f"batches: {batches}; allowed: a divisor of the {self.samples} samples")
        return [self.batch(rows) for rows in np.arange(self.samples).reshape(batches, -1)]

    def _move(self, theta: np.ndarray) -> None:
        """Take both passes through θ, unless they are there: Hg and H²g share them with g."""
        if self._here is not None and np.array_equal(theta, self._here):
            return
        self._here = theta.copy()
        self._theta[0, self.layout.order] = torch.from_numpy(self._here)
        f = self._passes.forward(self._columns)
        self._passes.backward(self._passes.loss.first(f, self._y))


class MeanField:
    """L = (1/m) Σ L_k of m fields on the same parameters."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self.fields = tuple(fields)

    def loss(self, theta: np.ndarray) -> float:
        """L(θ)."""
        return float(np.mean([field.loss(theta) for field in self.fields]))

    def gradient(self, theta: np.ndarray) -> np.ndarray:
        """∇L (P,)."""
        return np.mean([field.gradient(theta) for field in self.fields], 0)

    def hessian_product(self, theta: np.ndarray, v: np.ndarray) -> np.ndarray:
        """∇²L v (P,)."""
        return np.mean([field.hessian_product(theta, v) for field in self.fields], 0)

    def third(self, theta: np.ndarray, v: np.ndarray) -> np.ndarray:
        """D³L[v, v] (P,)."""
        return np.mean([field.third(theta, v) for field in self.fields], 0)


def network_field(spec: RunSpec, table: Table | None = None) -> tuple[NetworkField, np.ndarray]:
    """The training loss of a spec and its initial parameters (P,), both in float64."""
    samples = load(spec.data, table)
    outputs = len(samples.classes) if samples.task == "multiclass" else 1
    sizes = layer_sizes(spec.model, samples.x_train.shape[1], outputs)
    field = NetworkField(sizes, spec.model.activation, samples.task, samples.x_train, samples.y_train)
    return field, initial_row(spec.model, field.layout, torch.float64)[field.layout.order].numpy()


def largest_curvature(field: Field, theta: np.ndarray) -> float:
    """λ_max(∇²L) at θ by Lanczos from a fixed start; a pure function, nan where L is not finite."""
    start = np.random.default_rng(0).normal(size=theta.size)
    return largest_eigenvalue(lambda v: field.hessian_product(theta, v), start)
