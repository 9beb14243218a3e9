"""What mini-batch descent follows on average: the exact mean over every sequence of batches, against two flows.

One epoch of m steps on batch losses L_k, L = (1/m) Σ L_k, ends on average, up to O(γ³), where time mγ takes the flow of

    reshuffled, mean over the m! orders          L + (γ/4m) Σ ‖∇L_k‖²      (Smith, Dherin, Barrett, De 2021)
    with replacement, mean over mᵐ sequences     L + (γ/4)‖∇L‖²

Σ_{j<k} H_k g_j, the epoch's γ² term, has over orders the mean ½(m² Hg − Σ H_k g_k), and for independent draws
½ m(m − 1) Hg; the flow for time mγ with extra velocity −γv contributes ½ m² Hg − m v to it.  Compare.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import numpy as np

from occam.theory.fields import Field, MeanField, largest_curvature
from occam.theory.flows import TOLERANCE, Flow, Paused, Velocity, finished, floor, integrating
from occam.theory.tracks import EpochPoint

MOST_BATCHES = 4  # 4⁴ = 256 sequences; 5⁵ = 3125
Drawing = Literal["reshuffle", "replacement"]


def mean_epoch_end(batches: Sequence[Field], start: np.ndarray, step_size: float, sampling: Drawing) -> np.ndarray:
    """E θ after m steps θ ← θ − γ∇L_k(θ) (P,), exactly, over all orders of the m batches or all draws of m.

    Raises `ValueError` for more than MOST_BATCHES batches.
    """
    return finished(_mean_epoch_end(batches, start, step_size, sampling))


def _mean_epoch_end(
    batches: Sequence[Field], start: np.ndarray, step_size: float, sampling: Drawing
) -> Paused[np.ndarray]:
    m = _counted(batches)

    def mean_end(theta: np.ndarray, left: tuple[int, ...], steps: int) -> np.ndarray:
        if steps == 0:
            return theta
        total = np.zeros_like(theta)
        for k in left:
            rest = left if sampling == "replacement" else tuple(j for j in left if j != k)
            total += mean_end(theta - step_size * batches[k].gradient(theta), rest, steps - 1)
        return total / len(left)

    total = np.zeros_like(start)
    for k in range(m):
        left = tuple(j for j in range(m) if sampling == "replacement" or j != k)
        with np.errstate(over="ignore", invalid="ignore"):
            total = total + mean_end(start - step_size * batches[k].gradient(start), left, m - 1)
        yield
    return total / m


def _counted(batches: Sequence[Field]) -> int:
    if not 1 <= len(batches) <= MOST_BATCHES:
        raise ValueError(f"batches: {len(batches)}; allowed: 1 to {MOST_BATCHES}")
    return len(batches)


def per_batch_flow(batches: Sequence[Field], penalty: float) -> Velocity:
    """θ' = −∇(L + c·(1/m)Σ‖∇L_k‖²) = −(1/m) Σ (g_k + 2c H_k g_k), c = `penalty`."""

    def velocity(theta: np.ndarray) -> np.ndarray:
        total = np.zeros_like(theta)
        for batch in batches:
            g = batch.gradient(theta)
            total -= g + 2 * penalty * batch.hessian_product(theta, g)
        return total / len(batches)

    return velocity


def epoch_errors(
    batches: Sequence[Field],
    start: np.ndarray,
    step_sizes: Iterable[float],
    sampling: Drawing,
    *,
    tolerance: float = TOLERANCE,
) -> Iterator[EpochPoint]:
    """For each γ, the distance of the mean epoch to the flows "gradient", "full_batch" and "per_batch", as it is found.

    The penalties are 0, (γ/4)‖∇L‖² and (γ/4m)Σ‖∇L_k‖².  Expected orders: reshuffled 2, 2, 3; with replacement 2, 3, 2.
    Raises `ValueError` for more than MOST_BATCHES batches.
    """
    for point in paused_epoch_errors(batches, start, step_sizes, sampling, tolerance=tolerance):
        if point is not None:
            yield point


def paused_epoch_errors(
    batches: Sequence[Field],
    start: np.ndarray,
    step_sizes: Iterable[float],
    sampling: Drawing,
    *,
    tolerance: float = TOLERANCE,
) -> Iterator[EpochPoint | None]:
    """`epoch_errors` with a None after every step of a solver and every first batch of the mean."""
    m, whole = _counted(batches), MeanField(batches)
    curvature = largest_curvature(whole, start)
    sequences = m**m if sampling == "replacement" else math.factorial(m)
    for step_size in step_sizes:
        mean = yield from _mean_epoch_end(batches, start, step_size, sampling)
        velocities = {
            "gradient": Flow().velocity(whole),
            "full_batch": Flow(step_size / 4).velocity(whole),
            "per_batch": per_batch_flow(batches, step_size / 4),
        }
        errors = {}
        for name, velocity in velocities.items():
            track = yield from integrating(velocity, start, np.array([m * step_size]), tolerance=tolerance)
            errors[name] = float(np.linalg.norm(mean - track.end))
        yield EpochPoint(step_size, step_size * curvature, sequences, errors, floor(start, tolerance))
