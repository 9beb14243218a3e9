"""Geometric simplicity of a function: the size of its input gradient, on the samples and over the domain.

geometric_complexity = mean over training samples of ‖∇_x f‖²_F           (Dherin et al. 2022)
dirichlet_energy     = ½ · mean over points of the domain box of ‖∇_x f‖²_F
"""

from __future__ import annotations

import torch
from torch import Tensor

from occam.network.backprop import Backprop


def output_input_grad_sq(passes: Backprop) -> Tensor:
    """‖∇_x f‖²_F per sample (R, n): the squared input gradient summed over the k outputs, after `passes.forward`."""
    f = passes.preacts[-1]
    total = torch.zeros_like(f[:, 0])
    for output in range(f.shape[1]):
        one_output = torch.zeros_like(f)
        one_output[:, output] = 1.0
        passes.backward(one_output)
        total += passes.input_grad().square_().sum(1)
    return total


def sobol_points(low: Tensor, high: Tensor, count: int) -> Tensor:
    """`count` Sobol points (d, count) in the box [low, high], scrambled with a fixed seed."""
    engine = torch.quasirandom.SobolEngine(low.numel(), scramble=True, seed=0)
    unit = engine.draw(count, dtype=low.dtype).T
    return low[:, None] + (high - low)[:, None] * unit


def cell_centres(low: float, high: float, cells: int) -> Tensor:
    """Midpoints (cells,) of equal cells of [low, high]: low + (i + ½)(high − low)/cells, in float64."""
    return low + (torch.arange(cells, dtype=torch.float64) + 0.5) * ((high - low) / cells)
