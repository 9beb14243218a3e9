"""What training on perturbed inputs adds to the loss, to first order, and how well that agrees.

    gradient   Δx = s∇_xℓ:            ℓ(x + Δx) = ℓ + s‖∇_xℓ‖²  + O(s²)
    unit       Δx = s∇_xℓ/‖∇_xℓ‖:     ℓ(x + Δx) = ℓ + s‖∇_xℓ‖   + O(s²)
    sign       Δx = s·sign(∇_xℓ):      ℓ(x + Δx) = ℓ + s‖∇_xℓ‖₁  + O(s²)
    noise      Δx = s·N(0, 1):         E ℓ(x + Δx) = ℓ + (s²/2)·Δ_xℓ + O(s⁴),  Δ_xℓ = tr(Jᵀℓ''J) + ∇_fℓ·Δ_xf

For ℓ = ½(f − y)² the last is (s²/2)(‖∇_x f‖² + (f − y)Δ_xf) (Bishop 1995).

A step of training holds Δx fixed: its gradient is ∇_θL + s·T + O(s²), T = d/dt ∇_θL(θ, xᵢ + tΔxᵢ/s), and T is the
gradient of mean ½‖∇_xℓᵢ‖², mean ‖∇_xℓᵢ‖ and mean ‖∇_xℓᵢ‖₁ in turn.  So the raw step of size s trains as the explicit
penalty of weight ε = s/2 on ‖∇_xℓ‖², although the loss it reports is larger by s‖∇_xℓ‖²: only ∇_θ of the perturbation,
which is left out, would bring the other half.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from occam.theory.bound import jacobians
from occam.theory.probe import Probe
from occam.theory.robustness import POINTS_AT_ONCE, direction, lipschitz

Array = NDArray[np.floating]


def fitted_slope(sizes: Array, errors: Array) -> float:
    """Least-squares slope of log error against log size; nan unless two errors are positive and finite."""
    usable = (errors > 0) & np.isfinite(errors) & (sizes > 0)
    if usable.sum() < 2:
        return math.nan
    return float(np.polyfit(np.log(sizes[usable]), np.log(errors[usable]), 1)[0])


@dataclass(frozen=True)
class Expansion:
    """Mean loss on perturbed samples against its expansion, per size (m,), and the order of what is left over.

    `remainder` = |`perturbed` − `expanded`|, `slope` its fitted order; `gradient_remainder` = ‖∇_θ mean ℓ(x + Δx) −
    (∇_θL + sT)‖ at fixed Δx and `gradient_slope` its order (both nan for noise); `term`: the coefficient of s or s²/2.
    """

    kind: str
    sizes: Array
    perturbed: Array
    expanded: Array
    remainder: Array
    slope: float
    gradient_remainder: Array
    gradient_slope: float
    term: float


def expansion_sizes(probe: Probe, x: Tensor, y: Tensor, kind: str, count: int = 5) -> Array:
    """Halvings of a size at which no sample's f moves by more than about 0.01 (noise: 0.1), where the orders show.

    A rough network needs smaller steps than a smooth one: the largest is that over max ‖∂f/∂x‖₂ · max ‖Δx‖/s.
    """
    longest = 1.0 if kind == "noise" else float(direction(kind, probe.loss_input_grad(x, y)).norm(dim=0).max())
    steepest = lipschitz(probe, x).lower * longest
    return (0.1 if kind == "noise" else 0.01) / (steepest or 1.0) * 0.5 ** np.arange(count)


def expansion(probe: Probe, x: Tensor, y: Tensor, kind: str, sizes: Sequence[float] | Array) -> Expansion:
    """The expansion in the size s of a "gradient", "unit" or "sign" step at the samples x (d, n), y (k, n)."""
    input_grad = probe.loss_input_grad(x, y)
    step = direction(kind, input_grad)
    loss, term = float(probe.losses(x, y).mean()), float((step * input_grad).sum(0).mean())
    gradient, tangent = probe.gradient(x, y), probe.gradient_tangent(x, y, input_direction=step)
    s = np.array(sizes, dtype=float)
    perturbed = np.array([float(probe.losses(x + size * step, y).mean()) for size in s])
    apart = np.array([float((probe.gradient(x + size * step, y) - gradient - size * tangent).norm()) for size in s])
    return _expansion(kind, s, perturbed, loss + s * term, apart, term)


def noise_expansion(
    probe: Probe, x: Tensor, y: Tensor, sizes: Sequence[float] | Array, *, laplacian: bool = True
) -> Expansion:
    """The expansion of E ℓ(x + sη), η ~ N(0, I), in s; without the term ∇_fℓ·Δ_xf if `laplacian` is False.

    The expectation is `normal_rule`, exact to degree 5: the remainder of order s⁴ is that of the expansion.
    """
    curved, bent = input_laplacian(probe, x, y)
    term = float((curved + bent if laplacian else curved).mean())
    s = np.array(sizes, dtype=float)
    perturbed = np.array([_noisy_loss(probe, x, y, size) for size in s])
    loss = float(probe.losses(x, y).mean())
    return _expansion("noise", s, perturbed, loss + s**2 / 2 * term, np.full_like(s, np.nan), term)


def _noisy_loss(probe: Probe, x: Tensor, y: Tensor, size: float) -> float:
    """mean E ℓᵢ(xᵢ + sη), many points of the rule at once."""
    points, masses = (torch.from_numpy(part) for part in normal_rule(len(x)))
    total, at_once = 0.0, max(1, POINTS_AT_ONCE // x.shape[1])
    for some, weights in zip((size * points).split(at_once), masses.split(at_once), strict=True):
        moved = (x[:, None] + some.T[:, :, None]).flatten(1)  # (d, points·n)
        losses = probe.losses(moved, y.repeat(1, len(some))).view(len(some), -1)
        total += float(weights @ losses.mean(1))
    return total


def _expansion(kind: str, s: Array, perturbed: Array, expanded: Array, apart: Array, term: float) -> Expansion:
    left = np.abs(perturbed - expanded)
    return Expansion(kind, s, perturbed, expanded, left, fitted_slope(s, left), apart, fitted_slope(s, apart), term)


def input_laplacian(probe: Probe, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The two parts of Δ_xℓᵢ: tr(Jᵀℓ''J) and ∇_fℓ·Δ_xf, each (n,).

    One forward sweep, with J = ∂h/∂x: Δz = WΔh and Δφ(z) = φ''(z) ∘ Σ_i(∂z/∂x_i)² + φ'(z) ∘ Δz.
    """
    passes, weights = probe.forward(x), probe.weights
    second = torch.zeros_like(passes.inputs[0])  # Δh, 0 at h = x
    slopes = [*passes.slopes, None]
    for layer, (W, slope, J) in enumerate(zip(weights, slopes, jacobians(passes, weights), strict=True)):
        second = W @ second
        if slope is None:
            break
        squares = (W[:, None] @ J).square().sum(-1).transpose(1, 2)
        second = slope * second
        if probe.activation.bend is not None:
            bent = torch.empty_like(squares)
            z, h = passes.preacts[layer], passes.inputs[layer + 1]
            probe.activation.bend(z, h, squares, slope * squares, bent)
            second = second + probe.activation.bend_scale * bent
    *_, J = jacobians(passes, weights)
    f, targets = passes.preacts[-1], y[None]
    output_jacobian = (weights[-1][:, None] @ J).permute(3, 0, 2, 1)  # (d, 1, k, n)
    curved = sum((column * probe.loss.second(f, targets, column)).sum(1) for column in output_jacobian)
    assert isinstance(curved, Tensor)
    return curved[0], (probe.loss.first(f, targets) * second).sum(1)[0]


def normal_rule(dimensions: int) -> tuple[Array, Array]:
    """Points (2d² + 1, d) and weights whose sums are E p(η), η ~ N(0, I_d), for polynomials p up to degree 5.

    McNamee & Stenger 1967: 0, ±√3 e_i and ±√3 e_i ± √3 e_j; in one dimension the three-point Gauss–Hermite rule.
    """
    axes, root = np.eye(dimensions), math.sqrt(3)
    single = [sign * root * axis for axis in axes for sign in (1, -1)]
    paired = [
        root * (a * first + b * second)
        for first, second in combinations(axes, 2)
        for a, b in product((1, -1), repeat=2)
    ]
    centre = 1 + (dimensions**2 - 7 * dimensions) / 18
    masses = [centre, *[(4 - dimensions) / 18] * len(single), *[1 / 36] * len(paired)]
    return np.array([np.zeros(dimensions), *single, *paired]), np.array(masses)


def matching_noise(probe: Probe, x: Tensor, y: Tensor, input_penalty: float) -> float:
    """σ at which noise adds as much as the explicit penalty: (σ²/2)·mean tr(Jᵀℓ''J) = ε·mean ‖∇_xℓ‖² at this θ.

    The part of the noise term that is never negative is matched, without Δ_xf; nan where it is 0.
    """
    curved = float(input_laplacian(probe, x, y)[0].mean())
    penalty = input_penalty * float(probe.loss_input_grad(x, y).square().sum(0).mean())
    return math.sqrt(2 * penalty / curved) if curved > 0 else math.nan


@dataclass(frozen=True)
class PenaltyGradients:
    """Sizes of ∇_θ‖∇_θL‖² and ∇_θ mean‖∇_xℓᵢ‖², and the cosine of the angle between them (nan where one is 0)."""

    cosine: float
    param_norm: float
    input_norm: float


def penalty_gradients(probe: Probe, x: Tensor, y: Tensor) -> PenaltyGradients:
    """Does a penalty on the parameter gradient push as one on the input gradient does?

    With u = ∇_θL and vᵢ = ∇_xℓᵢ the two are the tangents of ∇_θL along (2u, 0) and along (0, 2v).
    """
    by_param = probe.gradient_tangent(x, y, direction=2 * probe.gradient(x, y))
    by_input = probe.gradient_tangent(x, y, input_direction=2 * probe.loss_input_grad(x, y))
    sizes = float(by_param.norm()), float(by_input.norm())
    cosine = float((by_param / sizes[0]) @ (by_input / sizes[1])) if min(sizes) > 0 else math.nan
    return PenaltyGradients(cosine, *sizes)
