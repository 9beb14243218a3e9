"""How simple a minimum must be for gradient descent to stay at it (with ℓ = ½r², one output, all residuals near 0).

There ∇²L = (1/n) Σ ∇_θfᵢ ∇_θfᵢᵀ, of rank at most n, and a step γ stays only if γλ_max ≤ 2.  With the layer bound,
Tᵢ = Σ_l (1 + ‖hˡ‖²)/(‖Wˡ‖²‖Jˡ‖²):

    mean Tᵢ‖∇_x fᵢ‖² ≤ mean ‖∇_θ fᵢ‖² = tr ∇²L ≤ n λ_max ≤ 2n/γ
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from occam.theory.bound import layer_bound
from occam.theory.probe import Probe


@dataclass(frozen=True)
class StableMinimum:
    """The chain `transferred` ≤ `mean_output_grad_sq` = `trace` ≤ n·`sharpness` ≤ `limit`, each measured by itself.

    `transferred` = mean Tᵢ‖∇_x fᵢ‖² (operator norm; samples whose bound is degenerate count 0); `mean_output_grad_sq` =
    mean ‖∇_θ fᵢ‖², which is the trace only where `loss` = 0; `stability` = γλ_max, at most 2 where descent stays;
    `limit` = 2n/γ; `transfer` = mean Tᵢ over samples that are not degenerate.
    """

    samples: int
    step_size: float
    loss: float
    transferred: float
    transfer: float
    mean_output_grad_sq: float
    trace: float
    sharpness: float
    stability: float
    limit: float


def dense_hessian(probe: Probe, x: Tensor, y: Tensor) -> Tensor:
    """∇²L (P, P) in record order, exactly: a Hessian product for every parameter, so for small networks only."""
    order, columns = probe.layout.order, probe.layout.columns
    basis = torch.eye(columns, dtype=torch.float64)[order]
    return torch.stack([probe.gradient_tangent(x, y, direction=vector)[order] for vector in basis])


def stable_minimum(probe: Probe, x: Tensor, y: Tensor, step_size: float) -> StableMinimum:
    """Every term of the chain at these parameters, for samples x (d, n), y (1, n).

    Trace and λ_max come from the dense Hessian.  Raises `ValueError` unless the task is a regression of one output.
    """
    if probe.task != "regression" or len(y) != 1:
        raise ValueError(f"task: {probe.task} of {len(y)} outputs; allowed: regression of one output")
    hessian = dense_hessian(probe, x, y)
    sharpness = float(torch.linalg.eigvalsh((hessian + hessian.T) / 2)[-1])
    loss = float(probe.losses(x, y).mean())
    passes = probe.forward(x)
    passes.backward(torch.ones_like(passes.preacts[-1]))
    bound, input_grad_sq = layer_bound(passes, probe.weights), passes.input_grad().square().sum(1)[0]
    # ratio_l · (‖∇_W f‖² + ‖∇_b f‖²) is the left side of layer l, T_l‖∇_x f‖²
    left = (bound.ratios["operator"] * bound.layer_grad_sq)[0].nansum(0)
    counted = (left > 0) & (input_grad_sq > 0)
    return StableMinimum(
        samples=x.shape[1],
        step_size=step_size,
        loss=loss,
        transferred=float(left.mean()),
        transfer=float((left[counted] / input_grad_sq[counted]).mean()),
        mean_output_grad_sq=float(bound.layer_grad_sq[0].sum(0).mean()),
        trace=float(hessian.trace()),
        sharpness=sharpness,
        stability=step_size * sharpness,
        limit=2 * x.shape[1] / step_size,
    )
