"""Paths of descent and of the flows over the two-parameter landscape; apart from it, because they need SciPy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from occam.theory.flows import descent, effective_step, flows_beside, integrate
from occam.theory.two_parameter import Paths, TwoParameter, imbalance

TOLERANCE = 1e-10  # far below a pixel and the distance between any two paths
MOST_EVALUATIONS = 5_000  # of a flow: a tenth of a second


def paths(
    model: TwoParameter,
    start: tuple[float, float],
    step_size: float,
    time: float,
    *,
    momentum: float = 0.0,
    samples: int = 200,
) -> Paths:
    """Descent from `start` = (a, b) for `time`, rounded to whole steps, and every flow at `samples` equal times of it.

    Heavy-ball starts at rest, as training does.
    """
    theta = np.array(start, dtype=float)
    steps = max(1, round(time / effective_step(step_size, momentum)))
    tracks = {"descent": descent(model, theta, step_size, steps, momentum)}
    times = np.linspace(0.0, tracks["descent"].times[-1], samples)
    for name, flow in flows_beside(step_size, momentum).items():
        velocity = flow.velocity(model)
        tracks[name] = integrate(velocity, theta, times, tolerance=TOLERANCE, most_evaluations=MOST_EVALUATIONS)
    return Paths(
        step_size,
        step_size * float(model.sharpness(theta)),
        tracks,
        {name: imbalance(track.points) for name, track in tracks.items()},
        {name: float(model.sharpness(track.end)) for name, track in tracks.items()},
    )


def end_points(
    model: TwoParameter, start: tuple[float, float], step_sizes: Iterable[float], time: float, momentum: float = 0.0
) -> Iterator[Paths]:
    """`paths` of only start and end, one per γ, as they are found: the sharpness at each end against γ."""
    for step_size in step_sizes:
        yield paths(model, start, step_size, time, momentum=momentum, samples=2)
