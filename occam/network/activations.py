"""Activations φ with their first two derivatives, written into given buffers.

Names: z is the pre-activation, h = φ(z), slope = φ'(z), bend = φ''(z).  A new activation is one entry of `ACTIVATIONS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

INV_SQRT_2 = 1 / math.sqrt(2)
INV_SQRT_2PI = 1 / math.sqrt(2 * math.pi)


@dataclass(frozen=True)
class Activation:
    """φ and its derivatives.

    `value(z, out)` writes φ(z); `slope(z, h, out)` writes φ'(z); `bend(z, h, back, delta, out)`, for any
    factor back and delta = φ'(z) ∘ back, writes φ''(z) ∘ back / `bend_scale`, and is None where φ'' = 0; `lipschitz` =
    sup |φ'|.
    """

    value: Callable[[Tensor, Tensor], object]
    slope: Callable[[Tensor, Tensor, Tensor], object]
    bend: Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], object] | None
    bend_scale: float
    lipschitz: float


def _tanh(z: Tensor, out: Tensor) -> None:
    # On the CPU NumPy's vectorised tanh takes a sixth of torch's time, and errs by a unit in the last place as torch's.
    if z.is_cpu:
        np.tanh(z.numpy(), out=out.numpy())
    else:
        torch.tanh(z, out=out)


def _tanh_slope(z: Tensor, h: Tensor, out: Tensor) -> None:
    torch.addcmul(h.new_ones(1), h, h, value=-1.0, out=out)


def _tanh_bend(z: Tensor, h: Tensor, back: Tensor, delta: Tensor, out: Tensor) -> None:
    # tanh'' = −2 tanh·tanh'
    torch.mul(h, delta, out=out)


def _softplus_slope(z: Tensor, h: Tensor, out: Tensor) -> None:
    torch.sigmoid(z, out=out)


def _softplus_bend(z: Tensor, h: Tensor, back: Tensor, delta: Tensor, out: Tensor) -> None:
    # σ' = σ(1 − σ) = σ·σ(−z)
    torch.sigmoid(-z, out=out)
    out.mul_(delta)


def _gelu_slope(z: Tensor, h: Tensor, out: Tensor) -> None:
    # (zΦ)' = Φ + z·pdf, and Φ = (1 + erf(z/√2))/2
    density = _normal_density(z)
    torch.erf(z * INV_SQRT_2, out=out)
    out.add_(1.0).mul_(0.5).addcmul_(z, density)


def _gelu_bend(z: Tensor, h: Tensor, back: Tensor, delta: Tensor, out: Tensor) -> None:
    # (Φ + z·pdf)' = pdf·(2 − z²), since pdf' = −z·pdf
    torch.mul(z, z, out=out)
    torch.sub(2.0, out, out=out)
    out.mul_(_normal_density(z)).mul_(back)


def _normal_density(z: Tensor) -> Tensor:
    return torch.mul(z, z).mul_(-0.5).exp_().mul_(INV_SQRT_2PI)


def _sine_bend(z: Tensor, h: Tensor, back: Tensor, delta: Tensor, out: Tensor) -> None:
    # sin'' = −sin
    torch.mul(h, back, out=out)


ACTIVATIONS: dict[str, Activation] = {
    "tanh": Activation(_tanh, _tanh_slope, _tanh_bend, -2.0, 1.0),
    "relu": Activation(
        lambda z, out: torch.clamp_min(z, 0.0, out=out), lambda z, h, out: torch.gt(z, 0.0, out=out), None, 0.0, 1.0
    ),
    "softplus": Activation(
        lambda z, out: torch.logaddexp(z, z.new_zeros(()), out=out),  # nn.functional.softplus is cut off at z = 20
        _softplus_slope,
        _softplus_bend,
        1.0,
        1.0,
    ),
    "gelu": Activation(
        lambda z, out: out.copy_(torch.nn.functional.gelu(z)),
        _gelu_slope,
        _gelu_bend,
        1.0,
        1.1290,  # φ'(√2) = Φ(√2) + √2·pdf(√2), the maximum: φ'' = 0 at z = √2
    ),
    "sine": Activation(
        lambda z, out: torch.sin(z, out=out), lambda z, h, out: torch.cos(z, out=out), _sine_bend, -1.0, 1.0
    ),
    "identity": Activation(lambda z, out: out.copy_(z), lambda z, h, out: out.fill_(1.0), None, 0.0, 1.0),
}
