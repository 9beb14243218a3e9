"""The length of a learned curve f: [a, b] → R, and what it exceeds.  NumPy only, so that a page may call it.

    arc length   A = ∫√(1 + f'²) dx        chord of the ends ≤ polyline through points of the curve ≤ A
    energy       ½∫f'² dx                  A ≤ (b − a) + ½∫f'², since √(1 + s²) ≤ 1 + s²/2

Sums of chords between grid points satisfy all three to rounding, whatever the grid: refining adds corners, each of
which can only lengthen the line, and a chord's ½(Δf)²/Δx is at most its ½∫f'² (Cauchy–Schwarz).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.floating]


def grid_with(low: float, high: float, cells: int, samples: ArrayLike = ()) -> Array:
    """`cells` + 1 equally spaced points of [low, high] and every sample of that range, sorted, each once."""
    inside = np.asarray(samples, dtype=float)
    inside = inside[(inside >= low) & (inside <= high)]
    return np.unique(np.concatenate([np.linspace(low, high, cells + 1), inside]))


def chord_length(x: ArrayLike, f: ArrayLike) -> float:
    """Σ√(Δx² + Δf²) over neighbours of the sorted grid x (m,), 0 for fewer than two points.

    The arc length of f less at most (h²/24)∫f''²/(1 + f'²)^{3/2} + O(h⁴) for a smooth f and cells of length h; never
    more than the arc length, and equal to it where f is straight in every cell (a ReLU network with its kinks in x).
    """
    return float(np.hypot(np.diff(np.asarray(x, dtype=float)), np.diff(np.asarray(f, dtype=float))).sum())


def arc_length(x: ArrayLike, slopes: ArrayLike) -> tuple[float, float]:
    """∫√(1 + f'²) from slopes f' (m,) on the sorted grid x by the trapezoidal rule, and an estimate of its error.

    The rule is off by (h²/12)[√(1 + f'²)']ₐᵇ + O(h⁴), a fourth of what every second point alone gives: the estimate is
    a third of the difference of the two (Richardson 1911).  nan as error for fewer than three points.
    """
    return _integral(np.asarray(x, dtype=float), np.hypot(1.0, np.asarray(slopes, dtype=float)))


def slope_energy(x: ArrayLike, slopes: ArrayLike) -> tuple[float, float]:
    """½∫f'² by the same rule, and the same estimate of its error."""
    return _integral(np.asarray(x, dtype=float), np.square(np.asarray(slopes, dtype=float)) / 2)


def dirichlet_energy(x: ArrayLike, slopes: ArrayLike) -> float:
    """½·mean of f'² over the interval: `slope_energy` over its length, nan for a single point."""
    grid = np.asarray(x, dtype=float)
    span = float(grid[-1] - grid[0])
    return slope_energy(grid, slopes)[0] / span if span > 0 else float("nan")


def _integral(x: Array, values: Array) -> tuple[float, float]:
    fine = float(np.trapezoid(values, x))
    if len(x) < 3:
        return fine, float("nan")
    coarse = np.unique([*range(0, len(x), 2), len(x) - 1])
    return fine, abs(fine - float(np.trapezoid(values[coarse], x[coarse]))) / 3


def polyline(x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    """Corners of the line through the samples: x sorted, each once, with the mean of y where x repeats."""
    corners, place, counts = np.unique(np.asarray(x, dtype=float), return_inverse=True, return_counts=True)
    return corners, np.bincount(place, np.asarray(y, dtype=float), len(corners)) / counts


@dataclass(frozen=True)
class CurveMeasure:
    """One curve in numbers; lengths in the units of x and f as they stand.

    `arc`: its chord length over the whole grid; `chord`: the distance of its ends; `bound` = |D| + ½∫f'² with the
    slopes of the chords, so that chord ≤ arc ≤ bound; `energy` = ½·mean f'² from the slopes given; `polyline`: length
    through the samples; `spanned`: arc from the first to the last sample; `excess` = spanned − polyline, below 0 only
    where the curve misses the samples (it under-fits).
    """

    arc: float
    chord: float
    bound: float
    energy: float
    polyline: float
    spanned: float
    excess: float


def measure_curve(x: ArrayLike, f: ArrayLike, slopes: ArrayLike, x_samples: ArrayLike, y: ArrayLike) -> CurveMeasure:
    """Lengths and energy of f on the sorted grid x (m,), against the polyline through samples (n,).

    The grid must hold every sample (see `grid_with`); y may be the targets, or the fitted values f(xᵢ), for which the
    excess is never negative.  Raises `ValueError` for a grid that misses a sample.
    """
    grid, values = np.asarray(x, dtype=float), np.asarray(f, dtype=float)
    corners, heights = polyline(x_samples, y)
    if missing := sorted(set(corners.tolist()) - set(grid.tolist())):
        raise ValueError(f"x: lacks {missing[0]:g}; allowed: a grid that holds every sample")
    steps, rises = np.diff(grid), np.diff(values)
    inside = (grid >= corners[0]) & (grid <= corners[-1])
    line, spanned = chord_length(corners, heights), chord_length(grid[inside], values[inside])
    return CurveMeasure(
        arc=chord_length(grid, values),
        chord=float(np.hypot(grid[-1] - grid[0], values[-1] - values[0])),
        bound=float(steps.sum() + (rises**2 / steps).sum() / 2),
        energy=dirichlet_energy(grid, slopes),
        polyline=line,
        spanned=spanned,
        excess=spanned - line,
    )
