"""How far a network's answer can be moved by moving its input: perturbations, attacks, margins, Lipschitz bounds.

A perturbation of size s along a direction w changes a sample's loss by ℓ(x + sw) = ℓ + s·w·∇_xℓ + O(s²); the
steepest w of unit L2 length is ∇_xℓ/‖∇_xℓ‖, that of unit L∞ length is sign(∇_xℓ) (Goodfellow et al. 2015).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from occam.theory.bound import jacobians, largest_singular_value_sq
from occam.theory.probe import Probe

Norm = Literal["l2", "linf"]
Attack = Literal["fgsm", "pgd"]
STEEPEST: dict[Norm, str] = {"l2": "unit", "linf": "sign"}

PGD_REACH = 2.5  # steps·step length over the radius, so that every point of the ball is in reach (Madry et al. 2018)
POINTS_AT_ONCE = 1024
SCAN_CELLS = 64  # of the search for a sign change along a line
BISECTIONS = 50  # halve a cell to rounding


def direction(kind: str, input_grad: Tensor) -> Tensor:
    """Δx/s for features first input gradients v = ∇_xℓ (…, d, n): v ("gradient"), v/‖v‖ ("unit") or sign(v) ("sign").

    The norm is that of each sample; where v = 0 every kind is 0.
    """
    if kind == "gradient":
        return input_grad
    if kind == "sign":
        return input_grad.sign()
    # The largest entry is divided out first: squares of a confident sample's gradient would underflow.
    tiny = torch.finfo(input_grad.dtype).tiny
    scaled = input_grad / input_grad.abs().amax(-2, keepdim=True).clamp_min(tiny)
    return scaled / scaled.square().sum(-2, keepdim=True).sqrt_().clamp_min(tiny)


def fgsm(probe: Probe, x: Tensor, y: Tensor, radius: float, norm: Norm = "linf") -> Tensor:
    """x + r·w, w the steepest direction of unit length in the norm (Goodfellow et al. 2015, eq. 1): (d, n)."""
    return x + radius * direction(STEEPEST[norm], probe.loss_input_grad(x, y))


def pgd(probe: Probe, x: Tensor, y: Tensor, radius: float, norm: Norm = "linf", steps: int = 20) -> Tensor:
    """Projected ascent from x: Δ ← P_r(Δ + α·w(x + Δ)), α = 2.5 r/steps, no restarts (Madry et al. 2018): (d, n).

    P_r projects onto the ball of radius r.  Of the points visited, x itself included, the one of largest loss is
    returned for each sample, so that no loss falls.
    """
    best, worst_loss = x.clone(), probe.losses(x, y)
    moved = torch.zeros_like(x)
    for _ in range(steps):
        moved = moved + PGD_REACH * radius / steps * direction(STEEPEST[norm], probe.loss_input_grad(x + moved, y))
        if norm == "linf":
            moved = moved.clamp(-radius, radius)
        else:
            tiny = torch.finfo(x.dtype).tiny
            moved = moved * (radius / moved.square().sum(0).sqrt().clamp_min(tiny)).clamp_max(1.0)
        losses = probe.losses(x + moved, y)
        best = torch.where(losses > worst_loss, x + moved, best)
        worst_loss = torch.maximum(losses, worst_loss)
    return best


@dataclass(frozen=True)
class RobustCurve:
    """Mean loss and accuracy (nan for regression) on attacked samples, against the radius of the ball; all (m,)."""

    attack: Attack
    norm: Norm
    radii: NDArray[np.float64]
    loss: NDArray[np.float64]
    accuracy: NDArray[np.float64]


def robust_curve(
    probe: Probe, x: Tensor, y: Tensor, radii: Sequence[float], attack: Attack, norm: Norm = "linf", steps: int = 20
) -> Iterator[RobustCurve]:
    """The curve as it grows, one radius a time; `steps` of PGD.  The radii are in units of the inputs."""
    loss: list[float] = []
    accuracy: list[float] = []
    for radius in radii:
        moved = fgsm(probe, x, y, radius, norm) if attack == "fgsm" else pgd(probe, x, y, radius, norm, steps)
        f, wrong = probe.outputs(moved)[None], probe.loss.wrong
        loss.append(float(probe.loss.value(f, y[None]).mean()))
        accuracy.append(np.nan if wrong is None else 1 - float(wrong(f, y[None]).double().mean()))
        done = len(loss)
        yield RobustCurve(attack, norm, np.array(radii[:done], dtype=float), np.array(loss), np.array(accuracy))


@dataclass(frozen=True)
class Margins:
    """Distance of each sample to the decision boundary (n,), negative for a misclassified one.

    `first_order`: min over wrong classes j of (f_y − f_j)/‖∇_x(f_y − f_j)‖ (for one logit: ±f/‖∇_x f‖), exact for a
    linear network; `along_gradient`: where the boundary is first crossed on the straight line along that gradient, an
    upper bound of the distance in absolute value, ±inf if it is not met within the search.
    """

    first_order: NDArray[np.float64]
    along_gradient: NDArray[np.float64]


def margins(probe: Probe, x: Tensor, y: Tensor, reach: float) -> Margins:
    """Both distances; the search along the gradient goes as far as `reach`, in units of the inputs.

    It looks at 64 equal cells and bisects the first with a change of sign: two crossings within one cell go unseen.
    Raises `ValueError` for a regression, which has no boundary.
    """
    if probe.loss.wrong is None:
        raise ValueError("task: regression; allowed: binary or multiclass, which have a decision boundary")
    f = probe.outputs(x)
    first_order = torch.full((x.shape[1],), torch.inf, dtype=x.dtype)
    toward = torch.zeros_like(x)
    for coefficients in _rivals(y):
        gap = (coefficients * f).sum(0)
        slope = probe.output_input_grad(x, coefficients)
        distance = gap / slope.square().sum(0).sqrt()  # nan, and so never nearer, for a class against itself
        nearer = distance < first_order
        first_order = torch.where(nearer, distance, first_order)
        # Downhill for a sample that is right, uphill for one that is wrong.
        toward = torch.where(nearer, -gap.sign() * direction("unit", slope), toward)
    crossing = _crossing(probe, x, toward, y, reach)
    along = torch.where(first_order == 0, 0.0, torch.where(first_order < 0, -crossing, crossing))
    return Margins(first_order.numpy(), along.numpy())


def _rivals(y: Tensor) -> list[Tensor]:
    """Coefficients c (k, n) of the gaps c·f = f_y − f_j, for j = 1..k (0 where j = y); for one logit ±f alone."""
    if len(y) == 1:
        return [2 * y - 1]
    return [y - torch.eye(len(y), dtype=y.dtype)[:, j : j + 1] for j in range(len(y))]


def _right(probe: Probe, x: Tensor, y: Tensor) -> Tensor:
    wrong = probe.loss.wrong
    assert wrong is not None
    return ~wrong(probe.outputs(x)[None], y[None])[0]


def _crossing(probe: Probe, x: Tensor, along: Tensor, y: Tensor, reach: float) -> Tensor:
    """Smallest t on the scan of (0, reach] at which x + t·along changes between right and wrong, inf if none: (n,)."""
    start = _right(probe, x, y)
    before = torch.full((x.shape[1],), torch.inf, dtype=x.dtype)
    cell = reach / SCAN_CELLS
    for count in range(SCAN_CELLS, 0, -1):
        changed = _right(probe, x + count * cell * along, y) != start
        before = torch.where(changed, (count - 1) * cell, before)
    low = before.where(before < torch.inf, 0.0)
    width = cell
    for _ in range(BISECTIONS):
        width /= 2
        low = torch.where(_right(probe, x + (low + width) * along, y) == start, low + width, low)
    return torch.where(before < torch.inf, low + width, torch.inf)


@dataclass(frozen=True)
class Lipschitz:
    """lower = max over the points ‖∂f/∂x‖₂ ≤ Lip(f) ≤ upper = Π_l ‖Wˡ‖₂ · Lip(φ)^(L−1); `layers`: ‖Wˡ‖₂ (L,).

    `slopes`: ‖∂f/∂x‖₂ at every point (m,), of which `lower` is the largest.
    """

    lower: float
    upper: float
    layers: NDArray[np.float64]
    slopes: NDArray[np.float64]


def lipschitz(probe: Probe, points: Tensor) -> Lipschitz:
    """Both bounds in the L2 norm, exact up to rounding; `points` (d, m): samples and a grid, say."""
    weights = probe.weights
    layers = torch.cat([largest_singular_value_sq(W[..., None]) for W in weights]).sqrt()[:, 0]
    slopes = []
    for tile in points.split(POINTS_AT_ONCE, dim=1):
        *_, J = jacobians(probe.forward(tile), weights)
        output_jacobian = weights[-1][:, None] @ J  # (1, n, k, d)
        slopes.append(largest_singular_value_sq(output_jacobian.permute(0, 2, 3, 1))[0].sqrt())
    found = torch.cat(slopes)
    upper = float(layers.prod()) * probe.activation.lipschitz ** (len(weights) - 1)
    return Lipschitz(float(found.max()), upper, layers.numpy(), found.numpy())
