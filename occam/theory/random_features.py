"""The control without hidden learning: f(x) = Σ_j w_j tanh(a_j·x + c_j) with a and c fixed, only w trained.

L(w) = (1/n) Σ ½(w·φ(xᵢ) − yᵢ)² is quadratic, and every step, of whatever size and batch, moves w within the span of
the φ(xᵢ).  With at least as many features as samples and w = 0 at the start, every stable descent therefore converges
to the one interpolant of least norm: its Dirichlet energy tells nothing of the step size or the batch.  NumPy only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


@dataclass(frozen=True)
class RandomFeatures:
    """φ_j(x) = tanh(a_j·x + c_j): `directions` a (m, d), `shifts` c (m,)."""

    directions: Array
    shifts: Array

    @staticmethod
    def draw(inputs: int, features: int, scale: float = 12.0, seed: int = 0) -> RandomFeatures:
        """a ~ N(0, scale²/d), and c such that each unit switches at a point drawn from [−1, 1]^d."""
        rng = np.random.default_rng(seed)
        directions = rng.normal(0, scale / np.sqrt(inputs), (features, inputs))
        centres = rng.uniform(-1, 1, (features, inputs))
        return RandomFeatures(directions, -(directions * centres).sum(1))

    def values(self, x: Array) -> Array:
        """φ (n, m) at points x (n, d)."""
        return np.tanh(x @ self.directions.T + self.shifts)

    def energy(self, weights: Array, points: Array) -> Array:
        """½·mean over the points (p, d) of ‖∇_x f‖², for each row of w (R, m): (R,)."""
        slopes = 1 - self.values(points) ** 2
        grads = np.einsum("rm,pm,md->rpd", weights, slopes, self.directions, optimize=True)
        return np.square(grads).sum(2).mean(1) / 2


@dataclass(frozen=True)
class Arm:
    """One descent: its step size γ and batch size (None: full batch); batches are reshuffled every epoch."""

    step_size: float
    batch_size: int | None = None


@dataclass(frozen=True)
class Control:
    """All arms (R,) after `step` steps, and the interpolant of least norm, which they converge to.

    `stability` = γλ_max(∇²L), below 2 for a full batch that converges; `slowest` = γλ_min over the n modes that move,
    by which the last of the error falls a step (convergence takes several 1/`slowest` steps); `losses` L; `energies`
    Dirichlet energies; `limit_energy` that of the limit; `weights` (R, m).
    """

    arms: tuple[Arm, ...]
    stability: Array
    slowest: Array
    step: int
    losses: Array
    energies: Array
    limit_energy: float
    weights: Array


def largest_step_size(features: RandomFeatures, x: Array, batch_size: int | None = None) -> float:
    """2/λ_max of the full batch, or the γ = 1/max‖φ(xᵢ)‖² below which no mini-batch of any composition overshoots.

    λ_max(∇²L_B) is at most the largest ‖φ(xᵢ)‖², which γ then does not exceed.
    """
    phi = features.values(x)
    if batch_size is None:
        return 2 / float(np.linalg.eigvalsh(phi @ phi.T / len(phi))[-1])
    return 1 / float(np.square(phi).sum(1).max())


def control(
    features: RandomFeatures,
    x: Array,
    y: Array,
    points: Array,
    arms: Sequence[Arm],
    *,
    steps: int,
    every: int,
    seed: int = 0,
) -> Iterator[Control]:
    """Train all arms from w = 0, side by side, and tell how they stand at step 0, every `every` steps and the last.

    `x` (n, d), `y` (n,); the Dirichlet energy is the mean over `points` (p, d).  Raises `ValueError` where there are
    fewer features than samples (mini-batches then never settle) or a batch size does not fit.
    """
    phi = features.values(x)
    samples = len(phi)
    if phi.shape[1] < samples:
        raise ValueError(f"features: {phi.shape[1]}; allowed: at least the {samples} samples")
    for arm in arms:
        if arm.batch_size is not None and not 1 <= arm.batch_size <= samples:
            raise ValueError(f"batch_size: {arm.batch_size}; allowed: at least 1 and at most the {samples} samples")
    limit = np.linalg.lstsq(phi, y, rcond=None)[0]
    limit_energy = float(features.energy(limit[None], points)[0])
    step_sizes = np.array([arm.step_size for arm in arms])[:, None]
    modes = np.linalg.eigvalsh(phi @ phi.T / samples)  # the eigenvalues of ∇²L other than its zeros
    stability, slowest = step_sizes[:, 0] * modes[-1], step_sizes[:, 0] * modes[0]
    draws = [
        _batches(arm.batch_size or samples, samples, np.random.default_rng([seed, i])) for i, arm in enumerate(arms)
    ]
    weights = np.zeros((len(arms), phi.shape[1]))
    for step in range(steps + 1):
        residuals = weights @ phi.T - y
        if step % every == 0 or step == steps:
            losses, energies = np.square(residuals).mean(1) / 2, features.energy(weights, points)
            yield Control(tuple(arms), stability, slowest, step, losses, energies, limit_energy, weights.copy())
        shares = np.stack([next(draw) for draw in draws])
        weights -= step_sizes * ((shares * residuals) @ phi)


def _batches(size: int, samples: int, rng: np.random.Generator) -> Iterator[Array]:
    """The share of each sample in a step's mean (n,): 1/B within the batch; incomplete last batches are left out."""
    while True:
        order = rng.permutation(samples)
        for start in range(0, samples - size + 1, size):
            share = np.zeros(samples)
            share[order[start : start + size]] = 1 / size
            yield share
