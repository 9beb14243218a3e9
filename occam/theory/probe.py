"""One network in float64, asked for values and derivatives at inputs of the caller's choice; no autograd."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from occam.datasets import Samples, Task
from occam.network.activations import ACTIVATIONS
from occam.network.backprop import Backprop
from occam.network.losses import LOSSES, as_targets
from occam.network.parameters import Layout


class Probe:
    """A network f of the given layer sizes (d, width, …, k) with parameters in record order.

    Points x are (d, n) and targets y (k, n), features first, float64; a gradient in θ is a row (P,) of `layout`.
    """

    def __init__(self, sizes: Sequence[int], activation: str, task: Task, params: np.ndarray) -> None:
        """`params`: layer by layer W row by row, then b, as in `Frame.params`."""
        self.layout = Layout(tuple(sizes))
        self.task: Task = task
        self.activation, self.loss = ACTIVATIONS[activation], LOSSES[task]
        self.theta = self.layout.pack(torch.from_numpy(np.asarray(params, dtype=np.float64)))[None]
        self._passes: dict[int, Backprop] = {}

    @property
    def weights(self) -> list[Tensor]:
        """Wˡ (1, d_out, d_in), layer by layer."""
        return self.layout.views(self.theta).weights

    def samples(self, samples: Samples, part: str = "train") -> tuple[Tensor, Tensor]:
        """x (d, n) and targets y (k, n) of the training or test part."""
        x, labels = (torch.from_numpy(np.array(getattr(samples, f"{name}_{part}"), dtype=np.float64)) for name in "xy")
        return x.T.contiguous(), as_targets(labels, self.task, self.layout.sizes[-1])

    def forward(self, x: Tensor) -> Backprop:
        """The passes at θ and x after `forward`; valid until the next question about as many points."""
        count = x.shape[1]
        if count not in self._passes:
            self._passes[count] = Backprop(self.layout, self.activation, self.loss, 1, count, torch.float64)
        passes = self._passes[count]
        passes.at(self.theta)
        passes.forward(x[None])
        return passes

    def at(self, x: Tensor, y: Tensor) -> Backprop:
        """The passes after `forward` and `backward(∂ℓ/∂f)`."""
        passes = self.forward(x)
        passes.backward(self.loss.first(passes.preacts[-1], y[None]))
        return passes

    def outputs(self, x: Tensor) -> Tensor:
        """f (k, n)."""
        return self.forward(x).preacts[-1][0].clone()

    def losses(self, x: Tensor, y: Tensor) -> Tensor:
        """ℓᵢ (n,)."""
        return self.loss.value(self.outputs(x)[None], y[None])[0]

    def loss_input_grad(self, x: Tensor, y: Tensor) -> Tensor:
        """∇_xℓᵢ (d, n)."""
        return self.at(x, y).input_grad()[0]

    def output_input_grad(self, x: Tensor, combination: Tensor) -> Tensor:
        """∇_x(cᵢ·f) (d, n) for coefficients c (k, n)."""
        passes = self.forward(x)
        passes.backward(combination[None])
        return passes.input_grad()[0]

    def gradient(self, x: Tensor, y: Tensor) -> Tensor:
        """∇_θL (P,)."""
        out = torch.zeros_like(self.theta)
        self.at(x, y).gradient(self.layout.views(out))
        return out[0]

    def gradient_tangent(
        self, x: Tensor, y: Tensor, direction: Tensor | None = None, input_direction: Tensor | None = None
    ) -> Tensor:
        """d/dt ∇_θL(θ + tθ̇, xᵢ + tẋᵢ) at t = 0 (P,), for θ̇ (P,) and ẋ (d, n)."""
        views, out = self.layout.views, torch.zeros_like(self.theta)
        self.at(x, y).add_gradient_tangent(
            y[None],
            views(out),
            None if direction is None else views(direction[None]),
            None if input_direction is None else input_direction[None],
        )
        return out[0]
