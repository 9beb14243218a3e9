"""Results of the flow experiments as arrays, and the order fitted to them; NumPy only, so that a page can hold them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

TrackEnding = Literal["complete", "diverged", "unresolved"]
# complete: reached the last time.  diverged: left every bound, at once or in finite time.  unresolved: the integrator's
# budget of evaluations ran out first, mostly because the fastest mode decays far faster than the path moves (stiff).


@dataclass(frozen=True)
class Track:
    """θ(t) at `times` (k,), t = effective step × steps: `points` (k, P), nan from `end_time` on unless complete."""

    times: np.ndarray
    points: np.ndarray
    ending: TrackEnding
    end_time: float

    @property
    def end(self) -> np.ndarray:
        """θ at the last of the times (P,), nan unless complete."""
        return self.points[-1]


@dataclass(frozen=True)
class OrderPoint:
    """‖θ_GD − θ_flow‖₂ at one step size, per flow: after `one_step` and after `steps` of them, at `time`.

    `stability` = γλ_max(∇²L) at the start; `floor`: the integration error is below it, so nothing below it is measured;
    `endings`: how each flow, and "descent", ended.  nan where either did not get there; where descent diverged, flows
    are followed for one step only.
    """

    step_size: float
    stability: float
    steps: int
    time: float
    one_step: dict[str, float]
    fixed_time: dict[str, float]
    floor: float
    endings: dict[str, TrackEnding]


@dataclass(frozen=True)
class EpochPoint:
    """‖E θ_SGD − θ_flow‖₂ after one epoch, per flow; E is the exact mean over all `sequences` of batches.

    `stability` = γλ_max(∇²L) at the start; `floor` as in `OrderPoint`.
    """

    step_size: float
    stability: float
    sequences: int
    errors: dict[str, float]
    floor: float


@dataclass(frozen=True)
class Fit:
    """log₁₀ error = slope · log₁₀ γ + intercept, by least squares over `used` points with γ from `low` to `high`.

    `deviation` is the largest |log₁₀ error − line| among them.  All nan where fewer than two points can be used.
    """

    slope: float
    intercept: float
    low: float
    high: float
    used: int
    deviation: float


def fit_order(step_sizes: ArrayLike, errors: ArrayLike, floors: ArrayLike = 0.0) -> Fit:
    """The order p of error ≈ C γᵖ, from the points whose error is finite and more than ten times its floor."""
    gamma, error = np.asarray(step_sizes, float), np.asarray(errors, float)
    usable = np.isfinite(error) & (error > 10 * np.asarray(floors)) & (error > 0)
    used = int(usable.sum())
    if len(set(gamma[usable])) < 2:
        return Fit(np.nan, np.nan, np.nan, np.nan, used, np.nan)
    log_gamma, log_error = np.log10(gamma[usable]), np.log10(error[usable])
    slope, intercept = np.polyfit(log_gamma, log_error, 1)
    deviation = np.abs(log_error - slope * log_gamma - intercept).max()
    low, high = gamma[usable].min(), gamma[usable].max()
    return Fit(float(slope), float(intercept), float(low), float(high), used, float(deviation))
