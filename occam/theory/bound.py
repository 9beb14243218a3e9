"""The layer bound: how the parameter gradient of a sample bounds its input gradient (Dherin, Munn, Barrett 2021).

For a scalar f of the output, one sample and one layer l, with Jˡ = ∂hˡ/∂x and δˡ = ∂f/∂zˡ:

    ‖∇_{Wˡ}f‖ = ‖δˡ‖‖hˡ‖  and  ‖∇_{bˡ}f‖ = ‖δˡ‖                 since ∇_{Wˡ}f = δˡhˡᵀ has rank one
    ‖∇_x f‖ = ‖δˡᵀWˡJˡ‖ ≤ ‖δˡ‖‖Wˡ‖‖Jˡ‖                          by the chain rule

Squared, times T_l = (1 + ‖hˡ‖²)/(‖Wˡ‖²‖Jˡ‖²):   ‖∇_x f‖²·T_l ≤ ‖∇_{Wˡ}f‖² + ‖∇_{bˡ}f‖², and summed over l
‖∇_x f‖²·Σ T_l ≤ ‖∇_θ f‖².  The ratio of the two sides is `layer_bound_ratio`, in which 1 + ‖hˡ‖² cancels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from occam.network.backprop import Backprop

SAMPLES_AT_ONCE = 1024  # Gram matrices of so many samples are held together


@dataclass(frozen=True)
class LayerBound:
    """Ratios of left to right side, nan where a factor is degenerate (W = 0, J = 0 or δ = 0, or too small to square).

    `ratios`: norm name → (R, L, n); `summed`: norm name → (R, n); `layer_grad_sq`: ‖∇_{Wˡ}f‖² + ‖∇_{bˡ}f‖² (R, L, n).
    """

    ratios: dict[str, Tensor]
    summed: dict[str, Tensor]
    layer_grad_sq: Tensor


def layer_bound(passes: Backprop, weights: list[Tensor], biased: Tensor | None = None) -> LayerBound:
    """The bound of every layer and sample in both norms, after `forward` and `backward(∂f/∂z^L)`.

    `weights`: W of each layer (R, d_out, d_in); `biased` (L,): 0 for a layer without a bias (its ‖∇_b f‖² is left out).
    Norms are exact: largest eigenvalues of the Gram matrices of W and J.
    """
    input_grad_sq = passes.input_grad().square().sum(1)
    delta_sq = torch.stack([delta.square().sum(1) for delta in passes.deltas], 1)
    bias_term = torch.ones(len(weights)) if biased is None else biased
    feature_sq = torch.stack([h.square().sum(1) for h in passes.inputs], 1)
    feature_sq += bias_term.to(feature_sq)[:, None]
    layer_grad_sq = delta_sq * feature_sq
    jacobian_sq = _jacobian_norms_sq(passes, weights)
    weight_sq = {
        "operator": torch.cat([largest_singular_value_sq(W[..., None]) for W in weights], 1),
        "frobenius": torch.stack([W.square().sum((1, 2)) for W in weights], 1),
    }
    ratios, summed = {}, {}
    for norm, weight_norm_sq in weight_sq.items():
        ratios[norm] = _share(input_grad_sq[:, None], delta_sq, weight_norm_sq[:, :, None], jacobian_sq[norm])
        # left side of layer l = ratio_l · layer_grad_sq_l: the summed ratio is a weighted mean of the layers'
        summed[norm] = _share((ratios[norm] * layer_grad_sq).sum(1), layer_grad_sq.sum(1))
    return LayerBound(ratios, summed, layer_grad_sq)


def _share(left: Tensor, *factors: Tensor) -> Tensor:
    """left/∏ factors, nan where a product is not finite, 0, or so near it that squares have lost digits."""
    smallest = torch.finfo(left.dtype).tiny / torch.finfo(left.dtype).eps
    right, exact = torch.ones_like(left), torch.ones_like(left, dtype=torch.bool)
    for factor in factors:
        right = right * factor
        exact = exact & (factor > smallest) & (right > smallest) & (right < torch.inf)
    return torch.where(exact, left / right, torch.nan)


def jacobians(passes: Backprop, weights: list[Tensor]) -> Iterator[Tensor]:
    """Jˡ = ∂hˡ/∂x for l = 1..L after `forward`, each (R, n, d_in, d): J¹ = I, Jˡ⁺¹ = φ'(zˡ) ∘ WˡJˡ."""
    return (J.permute(0, 3, 1, 2) for J in _features_first_jacobians(passes, weights))


def _features_first_jacobians(passes: Backprop, weights: list[Tensor]) -> Iterator[Tensor]:
    """The same as (R, d_in, d, n): samples last, so that WJ is one product."""
    runs, inputs, samples = passes.inputs[0].shape
    J = torch.eye(inputs).to(weights[0]).expand(runs, inputs, inputs)[..., None].expand(-1, -1, -1, samples)
    yield J
    for W, slope in zip(weights[:-1], passes.slopes, strict=True):
        WJ = torch.bmm(W, J.reshape(runs, J.shape[1], -1)).view(runs, -1, inputs, samples)
        J = slope[:, :, None] * WJ
        yield J


def _jacobian_norms_sq(passes: Backprop, weights: list[Tensor]) -> dict[str, Tensor]:
    """‖Jˡ‖² per layer and sample, (R, L, n), in both norms."""
    layers = list(_features_first_jacobians(passes, weights))
    return {
        "operator": torch.stack([largest_singular_value_sq(J) for J in layers], 1),
        "frobenius": torch.stack([J.square().sum((1, 2)) for J in layers], 1),
    }


def largest_singular_value_sq(J: Tensor) -> Tensor:
    """σ_max(J)² = λ_max of the smaller Gram matrix, exactly, for J (R, a, b, n): (R, n), nan where J is not finite."""
    if J.shape[1] < J.shape[2]:
        J = J.transpose(1, 2)
    if J.shape[2] == 1:
        return J.square().sum((1, 2))
    if J.shape[2] == 2:  # λ = (p + r)/2 + √(((p − r)/2)² + q²) of [[p, q], [q, r]]
        p, r = J[:, :, 0].square().sum(1), J[:, :, 1].square().sum(1)
        q = (J[:, :, 0] * J[:, :, 1]).sum(1)
        return (p + r) / 2 + torch.hypot((p - r) / 2, q)
    tiles = []
    for tile in J.split(SAMPLES_AT_ONCE, dim=3):
        columns = tile.permute(0, 3, 1, 2)
        gram = columns.transpose(2, 3) @ columns
        finite = gram.isfinite().all(-1).all(-1)
        eigenvalues = torch.linalg.eigvalsh(gram.where(finite[..., None, None], 0.0))  # it raises on nan
        tiles.append(eigenvalues[..., -1].clamp_min(0.0).where(finite, torch.nan))
    return torch.cat(tiles, 1)
