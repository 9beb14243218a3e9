"""Explicit backpropagation for R stacked MLPs of equal shape, features first, over preallocated buffers.

Layers l = 1..L (0-based here), h¹ = x, zˡ = Wˡhˡ + bˡ, hˡ⁺¹ = φ(zˡ), output f = z^L:

    forward    inputs[l] = hˡ, preacts[l] = zˡ, slopes[l] = φ'(zˡ)
    backward   δ^L = ∂ℓ/∂f,  δˡ = φ'(zˡ) ∘ (Wˡ⁺¹ᵀ δˡ⁺¹);   ∇_{Wˡ}ℓ = δˡhˡᵀ,  ∇_{bˡ}ℓ = δˡ,  ∇_xℓ = W¹ᵀδ¹
    tangent    the derivative of all of this along (θ̇, ẋ), Pearlmutter's R-operator (1994):
               żˡ = Ẇˡhˡ + ḃˡ + Wˡḣˡ,  ḣˡ⁺¹ = φ'(zˡ) ∘ żˡ,  δ̇^L = ℓ''ż^L,
               δ̇ˡ = φ''(zˡ) ∘ żˡ ∘ (Wˡ⁺¹ᵀδˡ⁺¹) + φ'(zˡ) ∘ (Ẇˡ⁺¹ᵀδˡ⁺¹ + Wˡ⁺¹ᵀδ̇ˡ⁺¹)

A row of ones below every hˡ turns Wh + b into one product [W b][h; 1], and both layer gradients into one: δ [h; 1]ᵀ.
"""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor

from occam.network.activations import Activation
from occam.network.losses import Loss
from occam.network.parameters import Layout, Views, whole_vectors


class Backprop:
    """One stack of networks on one stack of samples.

    Shapes: R networks, n samples, layer l of size d_out × d_in.  `inputs[l]` (R, d_in, n), `preacts[l]`, `deltas[l]`
    (R, d_out, n), all per sample; gradients are means over the n samples, in the layout of θ (R, P).

    With `padded`, every n above except in the mean is the next multiple of `VECTOR`, so that a network's numbers do not
    depend on the stack; samples and targets come with that many columns, and those beyond n have no influence.
    """

    def __init__(
        self,
        layout: Layout,
        activation: Activation,
        loss: Loss,
        runs: int,
        samples: int,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
        *,
        padded: bool = False,
    ) -> None:
        """Allocate every buffer once: fresh large temporaries would cost page faults at each step."""
        self.layout, self.activation, self.loss, self.samples = layout, activation, loss, samples

        self.columns = whole_vectors(samples) if padded else samples

        def buffer(rows: int) -> Tensor:
            return torch.empty(runs, rows, self.columns, dtype=dtype, device=device)

        inputs, outputs, hidden = layout.sizes[:-1], layout.sizes[1:], layout.sizes[1:-1]
        self._bordered = [buffer(rows + 1) for rows in inputs]  # [h; 1]
        for bordered in self._bordered:
            bordered[:, -1] = 1.0
        self._bordered_t = [bordered.transpose(1, 2) for bordered in self._bordered]
        self.inputs = [bordered[:, :-1] for bordered in self._bordered]
        self.preacts = [buffer(rows) for rows in outputs]
        self.slopes = [buffer(rows) for rows in hidden]
        self.backs = [buffer(rows) for rows in hidden]  # Wˡ⁺¹ᵀδˡ⁺¹, before the factor φ'
        self.deltas = [buffer(rows) for rows in outputs]
        self._buffer = buffer

    @cached_property
    def _input_tangents(self) -> list[Tensor]:  # ḣ; allocated only by those who ask for a tangent
        return [self._buffer(rows) for rows in self.layout.sizes[:-1]]

    @cached_property
    def _input_tangents_t(self) -> list[Tensor]:
        return [tangent.transpose(1, 2) for tangent in self._input_tangents]

    @cached_property
    def _preact_tangents(self) -> list[Tensor]:  # ż
        return [self._buffer(rows) for rows in self.layout.sizes[1:]]

    @cached_property
    def _delta_tangents(self) -> list[Tensor]:  # δ̇
        return [self._buffer(rows) for rows in self.layout.sizes[1:]]

    @cached_property
    def _bends(self) -> list[Tensor]:  # φ''(z) ∘ Wᵀδ
        return [self._buffer(rows) for rows in self.layout.sizes[1:-1]]

    def at(self, theta: Tensor) -> None:
        """Point the stack at parameters θ (R, P); they are read in place at every later pass."""
        self._at = self.layout.views(theta)

    def forward(self, x: Tensor | None = None) -> Tensor:
        """Outputs f = z^L (R, k, n) of inputs x (R, d, n); without x, of the inputs of the last call."""
        if x is not None:
            self.inputs[0].copy_(x)
        last = len(self.preacts) - 1
        for layer, z in enumerate(self.preacts):
            torch.bmm(self._at.matrices[layer], self._bordered[layer], out=z)
            if layer < last:
                h = self.inputs[layer + 1]
                self.activation.value(z, h)
                self.activation.slope(z, h, self.slopes[layer])
        return self.preacts[-1]

    def backward(self, output_delta: Tensor) -> None:
        """All δˡ from δ^L = `output_delta` (R, k, n), the derivative per sample of any scalar of the output."""
        self._set_output(self.deltas[-1], output_delta)
        for layer in range(len(self.slopes) - 1, -1, -1):
            torch.bmm(self._at.weights_t[layer + 1], self.deltas[layer + 1], out=self.backs[layer])
            torch.mul(self.slopes[layer], self.backs[layer], out=self.deltas[layer])

    def _set_output(self, target: Tensor, value: Tensor) -> None:
        """Copy an output's derivative, with zeros in the padding: from there on the padding stays zero by itself."""
        target.copy_(value)
        if self.columns > self.samples:
            target[:, :, self.samples :].zero_()

    def input_grad(self) -> Tensor:
        """∇_x of the differentiated scalar, per sample: W¹ᵀδ¹ (R, d, n)."""
        return torch.bmm(self._at.weights_t[0], self.deltas[0])

    def gradient(self, into: Views) -> None:
        """Mean over samples of [∇_{Wˡ} ∇_{bˡ}], written into the layers of a gradient (R, P)."""
        for delta, bordered_t, matrix in zip(self.deltas, self._bordered_t, into.matrices, strict=True):
            torch.baddbmm(matrix, delta, bordered_t, beta=0.0, alpha=1 / self.samples, out=matrix)

    def add_gradient_tangent(
        self, y: Tensor, into: Views, direction: Views | None, input_direction: Tensor | None
    ) -> None:
        """Add d/dt ∇_θL(θ + tθ̇, x + tẋ) at t = 0 to the layers of a gradient (R, P).

        `direction`: the layers of θ̇ or None for θ̇ = 0; `input_direction`: ẋ (R, d, n) or None for ẋ = 0; `y`: the
        targets.  Needs `forward` and `backward(∂ℓ/∂f)` at (θ, x).
        """
        self._tangent_forward(direction, input_direction)
        self._tangent_backward(y, direction)
        scale = 1 / self.samples
        for layer, (matrix, weight) in enumerate(zip(into.matrices, into.weights, strict=True)):
            # (δhᵀ)˙ = δ̇hᵀ + δḣᵀ, and the bias column sees δ̇ alone
            torch.baddbmm(matrix, self._delta_tangents[layer], self._bordered_t[layer], alpha=scale, out=matrix)
            if layer > 0 or input_direction is not None:
                torch.baddbmm(weight, self.deltas[layer], self._input_tangents_t[layer], alpha=scale, out=weight)

    def _tangent_forward(self, direction: Views | None, input_direction: Tensor | None) -> None:
        """Fill żˡ and ḣˡ (ḣ¹ = ẋ only where there is one)."""
        if input_direction is not None:
            self._input_tangents[0].copy_(input_direction)
        for layer, z_dot in enumerate(self._preact_tangents):
            moving = layer > 0 or input_direction is not None
            if direction is not None:
                torch.bmm(direction.matrices[layer], self._bordered[layer], out=z_dot)
                if moving:
                    torch.baddbmm(z_dot, self._at.weights[layer], self._input_tangents[layer], out=z_dot)
            elif moving:
                torch.bmm(self._at.weights[layer], self._input_tangents[layer], out=z_dot)
            if layer < len(self.slopes):
                torch.mul(self.slopes[layer], z_dot, out=self._input_tangents[layer + 1])

    def _tangent_backward(self, y: Tensor, direction: Views | None) -> None:
        """Fill δ̇ˡ."""
        self._set_output(self._delta_tangents[-1], self.loss.second(self.preacts[-1], y, self._preact_tangents[-1]))
        bend, scale = self.activation.bend, self.activation.bend_scale
        for layer in range(len(self.slopes) - 1, -1, -1):
            out, delta = self._delta_tangents[layer], self.deltas[layer]
            torch.bmm(self._at.weights_t[layer + 1], self._delta_tangents[layer + 1], out=out)
            if direction is not None:
                torch.baddbmm(out, direction.weights_t[layer + 1], self.deltas[layer + 1], out=out)
            out.mul_(self.slopes[layer])
            if bend is not None:
                bent = self._bends[layer]
                bend(self.preacts[layer], self.inputs[layer + 1], self.backs[layer], delta, bent)
                out.addcmul_(bent, self._preact_tangents[layer], value=scale)
