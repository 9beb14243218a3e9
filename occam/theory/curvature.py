"""Sharpness: the largest eigenvalue of the Hessian of the training loss, by Lanczos on exact products with it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from occam.network.backprop import Backprop

Vector = NDArray[np.float64]

MOST_PRODUCTS = 64
TOLERANCE = 1e-4  # of the Ritz residual relative to the Ritz value; the eigenvalue's error is of its square


def hessian_product(passes: Backprop, y: Tensor, columns: Tensor | None = None) -> Callable[[Vector], Vector]:
    """v ↦ Hv for one network (R = 1), v (parameters,) in record order, H = ∇²L of the mean loss.

    Hv = d/dt ∇L(θ + tv) at t = 0 is the tangent pass along θ̇ = v (Pearlmutter 1994).  `passes` must hold `forward` and
    `backward(∂ℓ/∂f)` in float64 on the CPU; `columns`: the columns of θ that are parameters, where not all are (a layer
    may have no bias).
    """
    where = passes.layout.order if columns is None else columns
    theta_dot = torch.zeros(1, passes.layout.columns, dtype=torch.float64)
    out = torch.zeros_like(theta_dot)
    direction, into = passes.layout.views(theta_dot), passes.layout.views(out)

    def product(v: Vector) -> Vector:
        theta_dot[0, where] = torch.from_numpy(v)
        out.zero_()
        passes.add_gradient_tangent(y, into, direction, None)
        return out[0, where].numpy()

    return product


def largest_eigenvalue(product: Callable[[Vector], Vector], start: Vector) -> float:
    """λ_max of a symmetric operator by Lanczos with full reorthogonalisation (Parlett 1980, ch. 13).

    Stops when the residual |β_k s_k| of the top Ritz pair is below TOLERANCE·|θ|; then an eigenvalue lies within
    β_k|s_k| of θ, and within ≈ (β_k s_k)²/gap if it stands apart; of several within about 10·TOLERANCE any may be
    found.  At most MOST_PRODUCTS products.  nan if the operator is not finite.
    """
    most = min(MOST_PRODUCTS, start.size)
    basis = np.empty((most + 1, start.size))
    tridiagonal = np.zeros((most + 1, most + 1))
    basis[0] = start / np.linalg.norm(start)
    top = 0.0
    for count in range(1, most + 1):
        spanned = basis[:count]
        vector = product(spanned[-1])
        tridiagonal[count - 1, count - 1] = diagonal = spanned[-1] @ vector
        if not np.isfinite(diagonal):
            return float("nan")
        for _ in range(2):  # twice is enough (Giraud et al. 2005)
            vector -= (spanned @ vector) @ spanned
        length = float(np.linalg.norm(vector))
        values, vectors = np.linalg.eigh(tridiagonal[:count, :count])
        top, scale = float(values[-1]), float(np.abs(values).max())
        if (length * abs(vectors[-1, -1]) <= TOLERANCE * abs(top) and count > 2) or length <= 1e-12 * scale:
            break
        tridiagonal[count, count - 1] = tridiagonal[count - 1, count] = length
        basis[count] = vector / length
    return top


def sharpness(passes: Backprop, y: Tensor, columns: Tensor | None = None) -> float:
    """λ_max(∇²L) of one network, after `forward` and `backward(∂ℓ/∂f)`; a pure function of parameters and samples."""
    parameters = len(passes.layout.order if columns is None else columns)
    start = np.random.default_rng(0).standard_normal(parameters)
    return largest_eigenvalue(hessian_product(passes, y, columns), start)
