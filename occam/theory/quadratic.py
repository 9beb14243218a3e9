"""One mode of a quadratic loss, L = ½λu²: where descent has a closed form and the expansion's radius shows."""

from __future__ import annotations

import cmath
from typing import Literal

import numpy as np

ModeKind = Literal["monotone", "oscillating", "diverging"]


def decay_rate(step_size: float, curvature: float) -> float:
    """−ln(1 − γλ)/γ = λ + γλ²/2 + γ²λ³/3 + …: the rate of the flow through every GD point, for γλ < 1, else nan.

    The three terms are the rates of gradient, modified and second-order flow; the series converges for |γλ| < 1.
    """
    product = step_size * curvature
    if product >= 1:
        return np.nan
    return float(-np.log1p(-product) / step_size)


def mode_factors(step_size: float, curvature: float, momentum: float = 0.0) -> tuple[complex, complex]:
    """The roots z of z² − (1 + β − γλ)z + β = 0, largest modulus first: heavy-ball steps u by zᵏ.

    u⁺ − u = β(u − u⁻) − γλu.  For β = 0 they are 1 − γλ and 0.
    """
    middle = (1 + momentum - step_size * curvature) / 2
    spread = cmath.sqrt(middle**2 - momentum)
    first, second = sorted((middle + spread, middle - spread), key=abs, reverse=True)
    return first, second


def mode_kind(step_size: float, curvature: float, momentum: float = 0.0) -> ModeKind:
    """Without momentum: monotone for 0 ≤ γλ ≤ 1, oscillating for 1 < γλ ≤ 2, diverging beyond and for λ < 0.

    Heavy-ball is monotone up to (1 − √β)² and diverges beyond 2(1 + β): there z = −1 is a root.
    """
    product = step_size * curvature
    if product < 0 or product > 2 * (1 + momentum):
        return "diverging"
    return "monotone" if product <= (1 - momentum**0.5) ** 2 else "oscillating"
