"""Where weights and biases live: R networks of equal shape in one matrix θ of shape (R, P).

Layer l owns a block of its columns that holds the matrix [Wˡ bˡ] of shape (d_out, d_in + 1), row by row.  Blocks are
multiples of `VECTOR` numbers long, so that a network's arithmetic rounds alike wherever in a stack it stands; the
padding is 0.
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from occam.spec import ModelSpec

# Elementwise kernels run two AVX-512 vectors at a time (32 float32) and what is left over in scalar code, which rounds
# differently.  Rows that are multiples of this long have no left-over, whatever is stacked before or behind them.
VECTOR = 32

VARIANCES = {  # of an initial weight, given fan-in and fan-out; biases start at 0
    "glorot": lambda fan_in, fan_out: 2 / (fan_in + fan_out),  # Glorot & Bengio 2010, eq. 12
    "he": lambda fan_in, fan_out: 2 / fan_in,  # He et al. 2015, eq. 10
    "lecun": lambda fan_in, fan_out: 1 / fan_in,  # LeCun et al. 1998, §4.6
}


def whole_vectors(count: int) -> int:
    """The smallest multiple of `VECTOR` that is at least `count`."""
    return -(-count // VECTOR) * VECTOR


class Views(NamedTuple):
    """Per layer, without copying: [Wˡ bˡ] (R, d_out, d_in + 1), Wˡ (R, d_out, d_in) and Wˡᵀ (R, d_in, d_out).

    Made once and kept beside the buffer they show: making a view takes as long as a small product.
    """

    matrices: list[Tensor]
    weights: list[Tensor]
    weights_t: list[Tensor]


class Layout:
    """Column ranges of the layers in θ, for layer sizes (d, width, …, width, k)."""

    def __init__(self, sizes: tuple[int, ...]) -> None:
        """Lay out the L = len(sizes) − 1 layers one after another."""
        self.sizes = sizes
        self.shapes = [(d_out, d_in) for d_in, d_out in pairwise(sizes)]
        self.offsets: list[int] = []
        end = 0
        for d_out, d_in in self.shapes:
            self.offsets.append(end)
            end += whole_vectors(d_out * (d_in + 1))
        self.columns = end

    def views(self, theta: Tensor) -> Views:
        """The layers of θ (R, P), or of anything in its layout."""
        matrices = [
            theta[:, start : start + d_out * (d_in + 1)].unflatten(1, (d_out, d_in + 1))
            for start, (d_out, d_in) in zip(self.offsets, self.shapes, strict=True)
        ]
        weights = [matrix[:, :, :-1] for matrix in matrices]
        return Views(matrices, weights, [weight.transpose(1, 2) for weight in weights])

    @cached_property
    def order(self) -> Tensor:
        """Columns of θ in the order of records and files: layer by layer W row by row, then b; padding left out."""
        columns = []
        for start, (d_out, d_in) in zip(self.offsets, self.shapes, strict=True):
            block = torch.arange(start, start + d_out * (d_in + 1)).view(d_out, d_in + 1)
            columns += [block[:, :d_in].reshape(-1), block[:, d_in]]
        return torch.cat(columns)

    @cached_property
    def is_weight(self) -> Tensor:
        """1 where θ holds a weight, 0 for biases and padding: (P,), what weight decay acts on."""
        mask = torch.zeros(1, self.columns)
        for weight in self.views(mask).weights:
            weight.fill_(1.0)
        return mask[0]

    def pack(self, params: Tensor) -> Tensor:
        """A row of θ (P,) from parameters in record order."""
        row = params.new_zeros(self.columns)
        row[self.order.to(params.device)] = params
        return row

    def named(self, params: np.ndarray, prefix: str = "") -> dict[str, np.ndarray]:
        """Parameters in record order as arrays {prefix}W1 (d_out, d_in), {prefix}b1 (d_out,), {prefix}W2, …."""
        arrays, start = {}, 0
        for layer, (d_out, d_in) in enumerate(self.shapes, 1):
            middle, end = start + d_out * d_in, start + d_out * (d_in + 1)
            arrays[f"{prefix}W{layer}"] = params[start:middle].reshape(d_out, d_in)
            arrays[f"{prefix}b{layer}"] = params[middle:end]
            start = end
        return arrays


def layer_sizes(model: ModelSpec, inputs: int, outputs: int) -> tuple[int, ...]:
    """(d, width, …, width, k) with `depth` hidden layers."""
    return (inputs, *[model.width] * model.depth, outputs)


def initial_row(model: ModelSpec, layout: Layout, dtype: torch.dtype) -> Tensor:
    """One row of θ (P,): W = gain · N(0, variance), b = 0.  Drawn in float64, so that both precisions start alike."""
    generator = torch.Generator().manual_seed(model.seed)
    row = torch.zeros(1, layout.columns, dtype=torch.float64)
    for weight, (d_out, d_in) in zip(layout.views(row).weights, layout.shapes, strict=True):
        deviation = model.gain * VARIANCES[model.init](d_in, d_out) ** 0.5
        weight[0] = deviation * torch.randn(d_out, d_in, dtype=torch.float64, generator=generator)
    return row[0].to(dtype)
