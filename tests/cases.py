"""Cases as data: what the property tests draw networks and samples from; a case and its seed give the same numbers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import pad

from occam.datasets import Task
from occam.network.activations import ACTIVATIONS
from occam.network.backprop import Backprop
from occam.network.losses import LOSSES
from occam.network.parameters import Layout


@dataclass(frozen=True)
class Case:
    """R networks of equal shape on samples of their own."""

    sizes: tuple[int, ...]
    activation: str
    task: Task
    runs: int
    samples: int
    seed: int
    gain: float = 1.0

    def matrices(self) -> list[list[np.ndarray]]:
        """[W b] per run and layer: W of variance gain²/d_in, biases of deviation 0.3."""
        rng = np.random.default_rng(self.seed)
        shapes = [(d_out, d_in) for d_in, d_out in pairwise(self.sizes)]
        return [
            [
                np.hstack([rng.normal(0, self.gain / np.sqrt(d_in), (d_out, d_in)), rng.normal(0, 0.3, (d_out, 1))])
                for d_out, d_in in shapes
            ]
            for _ in range(self.runs)
        ]

    def x(self) -> np.ndarray:
        """(R, n, d)."""
        return np.random.default_rng([self.seed, 1]).normal(size=(self.runs, self.samples, self.sizes[0]))

    def y(self) -> np.ndarray:
        """(R, n) class indices, or (R, n, k) targets."""
        rng = np.random.default_rng([self.seed, 2])
        if self.task == "regression":
            return rng.normal(size=(self.runs, self.samples, self.sizes[-1]))
        classes = 2 if self.task == "binary" else self.sizes[-1]
        return rng.integers(classes, size=(self.runs, self.samples)).astype(np.float64)


def theta_of(matrices: list[list[np.ndarray]], layout: Layout, dtype: torch.dtype = torch.float64) -> Tensor:
    """θ (R, P) that holds these [W b]."""
    theta = torch.zeros(len(matrices), layout.columns, dtype=dtype)
    for layer, view in enumerate(layout.views(theta).matrices):
        view.copy_(torch.tensor(np.stack([run[layer] for run in matrices])))
    return theta


def targets_of(case: Case, dtype: torch.dtype = torch.float64) -> Tensor:
    """y (R, k, n), features first, one-hot for classes."""
    y = torch.tensor(case.y())
    if case.task == "multiclass":
        y = torch.eye(case.sizes[-1], dtype=torch.float64)[y.long()]
    elif case.task == "binary":
        y = y[:, :, None]
    return y.transpose(1, 2).to(dtype).contiguous()


@dataclass
class Stack:
    """A case inside the code under test: passes after `forward` and `backward(∂ℓ/∂f)`."""

    passes: Backprop
    theta: Tensor
    x: Tensor
    y: Tensor

    @property
    def weights(self) -> list[Tensor]:
        return self.passes.layout.views(self.theta).weights

    def gradient(self) -> Tensor:
        """∇_θL (R, P)."""
        out = torch.zeros_like(self.theta)
        self.passes.gradient(self.passes.layout.views(out))
        return out

    def penalty_gradient(self, param_penalty: float, input_penalty: float) -> Tensor:
        """∇_θ[λ‖∇_θL‖² + ε·mean‖∇_xℓᵢ‖²] (R, P): the tangent along (2λ∇_θL, 2ε∇_xℓᵢ)."""
        views, out = self.passes.layout.views, torch.zeros_like(self.theta)
        direction = views(2 * param_penalty * self.gradient()) if param_penalty else None
        input_direction = 2 * input_penalty * self.passes.input_grad() if input_penalty else None
        self.passes.add_gradient_tangent(self.y, views(out), direction, input_direction)
        return out

    def flat(self, rows: Tensor) -> np.ndarray:
        """(R, parameters) in record order."""
        return rows[:, self.passes.layout.order].double().numpy()


def stack(
    case: Case,
    dtype: torch.dtype = torch.float64,
    *,
    matrices: list[list[np.ndarray]] | None = None,
    padded: bool = False,
) -> Stack:
    layout = Layout(case.sizes)
    theta = theta_of(case.matrices() if matrices is None else matrices, layout, dtype)
    x, y = torch.tensor(case.x(), dtype=dtype).transpose(1, 2), targets_of(case, dtype)
    return stacked(case, theta, x, y, padded=padded)


def stacked(case: Case, theta: Tensor, x: Tensor, y: Tensor, *, padded: bool = False) -> Stack:
    """θ (R, P), x (R, d, n) and y (R, k, n) of any R, taken through both passes; `padded` fills up with rubbish."""
    loss, layout, activation = LOSSES[case.task], Layout(case.sizes), ACTIVATIONS[case.activation]
    passes = Backprop(layout, activation, loss, len(theta), case.samples, theta.dtype, padded=padded)
    x, y = (pad(part, (0, passes.columns - case.samples), value=0.7) for part in (x, y))
    passes.at(theta)
    f = passes.forward(x)
    passes.backward(loss.first(f, y))
    return Stack(passes, theta, x, y)


@st.composite
def cases(
    draw: st.DrawFn,
    *,
    activations: tuple[str, ...] = tuple(ACTIVATIONS),
    tasks: tuple[Task, ...] = ("regression", "binary", "multiclass"),
    deepest: int = 8,
    widest: int = 8,
    most_runs: int = 5,
    most_samples: int = 6,
    outputs: int | None = None,
    gains: tuple[float, float] = (0.7, 1.5),
) -> Case:
    """Depth 0–8, widths 1–8 (layers may differ), 1–4 inputs, 1–4 outputs, cohorts of 1–5."""
    task = draw(st.sampled_from(tasks))
    k = outputs or {"binary": 1, "regression": draw(st.integers(1, 4)), "multiclass": draw(st.integers(2, 4))}[task]
    hidden = draw(st.lists(st.integers(1, widest), min_size=0, max_size=deepest))
    return Case(
        sizes=(draw(st.integers(1, 4)), *hidden, k),
        activation=draw(st.sampled_from(activations)),
        task=task,
        runs=draw(st.integers(1, most_runs)),
        samples=draw(st.integers(1, most_samples)),
        seed=draw(st.integers(0, 2**31)),
        gain=draw(st.floats(*gains)),
    )
