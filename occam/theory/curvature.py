"""Sharpness: the largest eigenvalue of the Hessian of the training loss, by Lanczos on exact products with it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from occam.network.backprop import Backprop

MOST_PRODUCTS = 64
TOLERANCE = 1e-4  # of the Ritz residual relative to the Ritz value; the eigenvalue's error is of its square


def hessian_product(passes: Backprop, y: Tensor, mask: Tensor | None = None) -> Callable[[Tensor], Tensor]:
    """v ↦ Hv for one network (R = 1), v in the layout of θ (P,), H = ∇²L of the mean loss.

    Hv = d/dt ∇L(θ + tv) at t = 0 is the tangent pass along θ̇ = v (Pearlmutter 1994).  `passes` must hold `forward` and
    `backward(∂ℓ/∂f)`; `mask` (P,) restricts H to the parameters that exist (a layer may have no bias).
    """
    theta_dot = torch.zeros(1, passes.layout.columns).to(passes.preacts[-1])
    out = torch.zeros_like(theta_dot)
    direction, into = passes.layout.views(theta_dot), passes.layout.views(out)

    def product(v: Tensor) -> Tensor:
        theta_dot[0] = v
        out.zero_()
        passes.add_gradient_tangent(y, into, direction, None)
        return out[0].clone() if mask is None else out[0] * mask

    return product


def largest_eigenvalue(product: Callable[[Tensor], Tensor], start: Tensor, parameters: int) -> float:
    """λ_max of a symmetric operator by Lanczos with full reorthogonalisation (Parlett 1980, ch. 13).

    Stops when the residual |β_k s_k| of the top Ritz pair is below TOLERANCE·|θ|; then an eigenvalue lies within β_k|s_k|
    of θ, and within ≈ (β_k s_k)²/gap if it stands apart; of several within about 10·TOLERANCE any may be found.  At most
    MOST_PRODUCTS products.  nan if the operator is not finite.
    """
    basis = [start / start.norm()]
    diagonal: list[float] = []
    off_diagonal: list[float] = []
    top = 0.0
    for count in range(1, min(MOST_PRODUCTS, parameters) + 1):
        vector = product(basis[-1])
        diagonal.append(float(basis[-1] @ vector))
        if not np.isfinite(diagonal[-1]):
            return float("nan")
        spanned = torch.stack(basis)
        for _ in range(2):  # twice is enough (Giraud et al. 2005)
            vector = vector - (spanned @ vector) @ spanned
        length = float(vector.norm())
        values, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(off_diagonal, 1) + np.diag(off_diagonal, -1))
        top = float(values[-1])
        scale = float(np.abs(values).max())
        if (length * abs(vectors[-1, -1]) <= TOLERANCE * abs(top) and count > 2) or length <= 1e-12 * scale:
            break
        off_diagonal.append(length)
        basis.append(vector / length)
    return top


def sharpness(passes: Backprop, y: Tensor, mask: Tensor | None = None) -> float:
    """λ_max(∇²L) of one network, after `forward` and `backward(∂ℓ/∂f)`; a pure function of parameters and samples."""
    generator = torch.Generator().manual_seed(0)
    layout = passes.layout
    exists = torch.zeros(layout.columns, dtype=torch.float64)
    exists[layout.order] = 1.0
    if mask is not None:
        exists *= mask.cpu()
    start = torch.randn(layout.columns, dtype=torch.float64, generator=generator) * exists
    return largest_eigenvalue(hessian_product(passes, y, mask), start.to(passes.preacts[-1]), int(exists.sum()))
