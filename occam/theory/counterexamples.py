"""Where the layer bound does not reach: networks in which its inequality is false, each with the switch that mends it.

The bound of layer l, ‖∇_x f‖²·(1 + ‖hˡ‖²)/(‖Wˡ‖²‖Jˡ‖²) ≤ ‖∇_{Wˡ}f‖² + ‖∇_{bˡ}f‖², uses twice that the layer is passed
once: all of x goes through z = Wh + b, so that ∇_x f = δᵀWJ, and every entry of W trains alone, so that ∇_W f = δhᵀ.

    skip connection   f = vᵀ(x + φ(Wx + b)):      ∇_x f = v + Wᵀδ, δ = v ∘ φ'; as φ' → 0 the right side vanishes alone
    shared weights    f = Σ_p v_p φ(w·x_p + b):   ∇_w f = Σ_p δ_p x_p may cancel between the places p, ∇_x f does not

NumPy only; φ = tanh, one sample, h¹ = x and J¹ = I.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Weights = Literal["shared", "local", "dense"]


@dataclass(frozen=True)
class Claim:
    """Both sides of the bound for the first layer of one network at one sample, as if the theorem held.

    `left` = ‖∇_x f‖²(1 + ‖x‖²)/‖W‖² and `right` = ‖∇_W f‖² + ‖∇_b f‖² (`weight_grad_sq` + `bias_grad_sq`);
    `ratio` = left/right, above 1 a violation, inf where the right side is 0 and the left is not.
    """

    output: float
    input_grad_sq: float
    weight_norm_sq: float
    weight_grad_sq: float
    bias_grad_sq: float
    left: float
    right: float
    ratio: float
    violated: bool


def _claim(output: float, input_grad: Array, x: Array, W: Array, weight_grad: Array, bias_grad: Array) -> Claim:
    input_grad_sq, weight_norm_sq = float(input_grad @ input_grad), float(np.linalg.norm(W, 2)) ** 2
    weight_grad_sq, bias_grad_sq = float(np.square(weight_grad).sum()), float(np.square(bias_grad).sum())
    left = input_grad_sq * (1 + float(x @ x)) / weight_norm_sq if weight_norm_sq > 0 else np.nan
    right = weight_grad_sq + bias_grad_sq
    ratio = left / right if right > 0 else np.inf if left > 0 else np.nan
    violated = bool(ratio > 1 + 1e-9)
    return Claim(output, input_grad_sq, weight_norm_sq, weight_grad_sq, bias_grad_sq, left, right, ratio, violated)


def skip_connection(W: Array, b: Array, v: Array, x: Array, *, skip: bool = True) -> Claim:
    """f = vᵀ(x + tanh(Wx + b)), or without x where `skip` is False: W (d, d), b, v, x (d,).

    ‖∇_W f‖² + ‖∇_b f‖² = ‖δ‖²(1 + ‖x‖²), so that the ratio is ‖v + Wᵀδ‖²/(‖δ‖²‖W‖²): it grows without end with ‖b‖.
    """
    h = np.tanh(W @ x + b)
    delta = v * (1 - h**2)
    direct = v if skip else np.zeros_like(v)
    return _claim(float(v @ h + direct @ x), direct + W.T @ delta, x, W, np.outer(delta, x), delta)


def shared_weights(w: Array, b: float, v: Array, x: Array, *, weights: Weights = "shared") -> Claim:
    """f = Σ_p v_p tanh(w·x_p + b) over the P = len(x)/len(w) consecutive parts x_p of x, one filter w (q,) for all.

    W is the filter written as a matrix (P, d), w in row p over the columns of x_p, so that ‖W‖ = ‖w‖.  What trains:
    "shared": w and b themselves, ∇_w f = Σ δ_p x_p; "local": a copy for each place, δ_p x_p, whose ratio is at most
    (1 + ‖x‖²)/(1 + min‖x_p‖²), since the zeros of W are still no parameters; "dense": every entry of W, δxᵀ, a layer
    like any other.  Raises `ValueError` unless x holds v's P parts.
    """
    if x.size != w.size * v.size:
        raise ValueError(f"x: {x.size} entries; allowed: {v.size} parts of {w.size}")
    parts = x.reshape(v.size, w.size)
    h = np.tanh(parts @ w + b)
    delta = v * (1 - h**2)
    each = delta[:, None] * parts
    weight_grad = {"shared": each.sum(0), "local": each, "dense": np.outer(delta, x)}[weights]
    bias_grad = delta.sum(keepdims=True) if weights == "shared" else delta
    return _claim(float(v @ h), np.kron(delta, w), x, np.kron(np.eye(v.size), w), weight_grad, bias_grad)


def skip_example(shift: float = 2.0, *, skip: bool = True) -> Claim:
    """The smallest case: one unit, x = ½, W = 1, v = 1, and a bias that pushes tanh into saturation."""
    one = np.ones(1)
    return skip_connection(np.eye(1), shift * one, one, one / 2, skip=skip)


def shared_example(difference: float = 0.1, *, weights: Weights = "shared") -> Claim:
    """Two places that see almost the same and are subtracted: x = (1, 1 + difference), w = ½, v = (1, −1)."""
    return shared_weights(np.full(1, 0.5), 0.0, np.array([1.0, -1.0]), np.array([1.0, 1 + difference]), weights=weights)
