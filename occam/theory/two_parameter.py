"""The two-parameter model E = ½(y − abx)² of Barrett & Dherin (2020), §5, in closed form; θ = (a, b), NumPy only.

With r = y − abx:  ∇E = −rx (b, a);  E_aa = x²b²,  E_bb = x²a²,  E_ab = x(2abx − y);  E_aab = 2x²b,  E_abb = 2x²a.
Minima lie on the hyperbola ab = y/x, where the sharpness is x²(a² + b²); it is least, 2|xy|, at |a| = |b| = √|y/x|.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from occam.theory.tracks import Track


@dataclass(frozen=True)
class TwoParameter:
    """E(a, b) = ½(y − abx)² for one sample (x, y).  Points are (..., 2).  Raises `ValueError` for x = 0."""

    x: float = 1.0
    y: float = 0.6

    def __post_init__(self) -> None:
        if self.x == 0 or not np.isfinite([self.x, self.y]).all():
            raise ValueError(f"x, y: {self.x}, {self.y}; allowed: finite numbers, x not 0 (nothing would be learned)")

    def residual(self, theta: np.ndarray) -> np.ndarray:
        """r = y − abx (...)."""
        return self.y - theta[..., 0] * theta[..., 1] * self.x

    def energy(self, theta: np.ndarray) -> np.ndarray:
        """E = ½r² (...)."""
        return self.residual(theta) ** 2 / 2

    def loss(self, theta: np.ndarray) -> float:
        """E at one point (2,)."""
        return float(self.energy(theta))

    def gradient(self, theta: np.ndarray) -> np.ndarray:
        """∇E = −rx (b, a), (..., 2)."""
        return (-self.residual(theta) * self.x)[..., None] * theta[..., ::-1]

    def hessian(self, theta: np.ndarray) -> np.ndarray:
        """∇²E = [[x²b², x(2abx − y)], [x(2abx − y), x²a²]], (..., 2, 2)."""
        a, b = theta[..., 0], theta[..., 1]
        mixed = self._mixed(a, b)
        rows = [(self.x * b) ** 2, mixed], [mixed, (self.x * a) ** 2]
        return np.stack([np.stack(row, -1) for row in rows], -2)

    def _mixed(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """E_ab = x(2abx − y)."""
        return self.x * (2 * a * b * self.x - self.y)

    def hessian_product(self, theta: np.ndarray, v: np.ndarray) -> np.ndarray:
        """∇²E v at one point (2,)."""
        (a, b), (p, q) = theta, v
        mixed = self._mixed(a, b)
        return np.array([(self.x * b) ** 2 * p + mixed * q, mixed * p + (self.x * a) ** 2 * q])

    def third(self, theta: np.ndarray, v: np.ndarray) -> np.ndarray:
        """D³E[v, v] = 2x²(2b v_a v_b + a v_b², b v_a² + 2a v_a v_b) at one point (2,)."""
        (a, b), (p, q) = theta, v
        return 2 * self.x**2 * np.array([2 * b * p * q + a * q * q, b * p * p + 2 * a * p * q])

    def sharpness(self, theta: np.ndarray) -> np.ndarray:
        """λ_max(∇²E) = (E_aa + E_bb)/2 + √(((E_aa − E_bb)/2)² + E_ab²), (...)."""
        H = self.hessian(theta)
        p, q = H[..., 0, 0], H[..., 1, 1]
        return (p + q) / 2 + np.hypot((p - q) / 2, H[..., 0, 1])

    def flattest(self) -> np.ndarray:
        """The two flattest minima ±√|y/x| (1, sign(y/x)), (2, 2)."""
        ratio = self.y / self.x
        point = abs(ratio) ** 0.5 * np.array([1.0, np.sign(ratio)])
        return np.stack([point, -point])

    def minima(self, reach: float, points: int = 200) -> np.ndarray:
        """Two branches of ab = y/x inside |a|, |b| ≤ reach, (2, points, 2); of no points where none is inside.

        a = ±√|y/x| eˢ and b = y/(xa) with equidistant |s| ≤ ln(reach/√|y/x|); for y = 0 the branches are the axes.
        """
        ratio = self.y / self.x
        middle = abs(ratio) ** 0.5
        if ratio == 0:
            line = np.linspace(-reach, reach, points)
            return np.stack([np.stack(axes, -1) for axes in ((line, 0 * line), (0 * line, line))])
        if reach < middle:
            return np.empty((2, 0, 2))
        s = np.linspace(-1, 1, points) * np.log(reach / middle)
        branch = middle * np.stack([np.exp(s), np.sign(ratio) * np.exp(-s)], -1)
        return np.stack([branch, -branch])

    def landscape(self, reach: float, cells: int = 64, penalty: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """A grid axis (cells,) from −reach to reach and E + c‖∇E‖² on it, rows b, columns a (cells, cells)."""
        axis = np.linspace(-reach, reach, cells)
        theta = np.stack(np.meshgrid(axis, axis), -1)
        return axis, self.energy(theta) + penalty * (self.gradient(theta) ** 2).sum(-1)


def imbalance(theta: np.ndarray) -> np.ndarray:
    """Q = a² − b² (...), constant under gradient flow; a GD step takes it to Q(1 − γ²r²x²).

    a⁺ = a + γrxb and b⁺ = b + γrxa: the cross terms 2γrxab of the squares cancel, and Q⁺ = Q + γ²r²x²(b² − a²).
    """
    return theta[..., 0] ** 2 - theta[..., 1] ** 2


@dataclass(frozen=True)
class Paths:
    """GD and flows from one start by name: `tracks`, `imbalance` Q along each (k,), `end_sharpness` λ_max at its end.

    Names: "descent" and those of `flows_beside`.  `stability` = γλ_max at the start.
    nan where a track did not get there; its `ending` says why.
    """

    step_size: float
    stability: float
    tracks: dict[str, Track]
    imbalance: dict[str, np.ndarray]
    end_sharpness: dict[str, float]
