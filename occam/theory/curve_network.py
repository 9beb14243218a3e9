"""A network f: R → R and its slope at given points, from a frame's weights, in float64.  NumPy only, for pages.

h¹ = x, J¹ = 1;   zˡ = Wˡhˡ + bˡ,  hˡ⁺¹ = φ(zˡ),  Jˡ⁺¹ = φ'(zˡ) ∘ WˡJˡ;   f = z^L, f' = W^L J^L
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
_ERF = np.frompyfunc(math.erf, 1, 1)


def _gelu(z: Array) -> tuple[Array, Array]:
    # (zΦ)' = Φ + z·pdf
    below = (1 + np.asarray(_ERF(z / math.sqrt(2)), dtype=float)) / 2
    return z * below, below + z * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


def _tanh(z: Array) -> tuple[Array, Array]:
    h = np.tanh(z)
    return h, 1 - h**2


# φ and φ' of each activation of a spec
ACTIVATIONS: dict[str, Callable[[Array], tuple[Array, Array]]] = {
    "tanh": _tanh,
    "relu": lambda z: (np.maximum(z, 0.0), (z > 0).astype(float)),
    "softplus": lambda z: (np.logaddexp(z, 0.0), (1 + np.tanh(z / 2)) / 2),
    "gelu": _gelu,
    "sine": lambda z: (np.sin(z), np.cos(z)),
    "identity": lambda z: (z, np.ones_like(z)),
}


def evaluate(sizes: Sequence[int], activation: str, params: ArrayLike, x: ArrayLike) -> tuple[Array, Array]:
    """f (m,) and f' (m,) at points x (m,).

    `sizes`: (1, width, …, 1); `params`: layer by layer W row by row, then b, as in `Frame.params`.  Raises `ValueError`
    for a network of other than one input and one output.
    """
    if (sizes[0], sizes[-1]) != (1, 1):
        raise ValueError(f"sizes: {sizes[0]} to {sizes[-1]}; allowed: one input and one output")
    flat = np.asarray(params, dtype=np.float64)
    value = np.asarray(x, dtype=np.float64)[None]
    slope = np.ones_like(value)
    at = 0
    with np.errstate(over="ignore", invalid="ignore"):  # weights on their way to divergence
        for layer in range(len(sizes) - 1):
            fan_in, fan_out = sizes[layer], sizes[layer + 1]
            weight = flat[at : at + fan_in * fan_out].reshape(fan_out, fan_in)
            at += fan_in * fan_out
            value, slope = weight @ value + flat[at : at + fan_out, None], weight @ slope
            at += fan_out
            if layer < len(sizes) - 2:
                value, bend = ACTIVATIONS[activation](value)
                slope = bend * slope
    return value[0], slope[0]
