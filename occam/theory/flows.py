"""What gradient descent with a finite step follows: descent, the flows beside it, and the order of their distance.

With g = ∇L, H = ∇²L and effective step ε = γ/(1 − β), physical time is ε × steps, and the flows are

    gradient       θ' = −g
    modified       θ' = −∇(L + c‖g‖²) = −(g + 2c Hg),  c = γ/4, or (ε/4)(1 + β)/(1 − β) under momentum
    second order   θ' = −(g + (γ/2) Hg) − γ²(⅓ H²g + (1/12) D³L[g, g]),  β = 0

Backward error analysis (Hairer, Lubich, Wanner 2006, IX.1): the flow of F + γF₁ + γ²F₂ passes through Euler's points of
θ' = F up to O(γ⁴) a step for F₁ = −½ F'F and F₂ = ⅓ F'F'F + (1/12) F''[F, F]; insert F = −g, F' = −H, F'' = −D³L.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from scipy.integrate import DOP853

from occam.theory.fields import Field, largest_curvature
from occam.theory.penalties import implicit_weight
from occam.theory.tracks import OrderPoint, Track, TrackEnding

TOLERANCE = 1e-13  # of an integration step, relative and absolute
MOST_EVALUATIONS = 3_000  # of a flow's velocity: seconds on a small network; 200 are usual while γλ_max < 1
LARGEST = 1e6  # ‖θ‖ beyond which a path counts as diverged

Velocity = Callable[[np.ndarray], np.ndarray]
Result = TypeVar("Result")
Paused = Generator[None, None, Result]  # long work: None between its parts, then the result as the generator's value


def finished(work: Paused[Result]) -> Result:
    """The result of paused work, done at once."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


@dataclass(frozen=True)
class Flow:
    """θ' = −g − 2·`penalty`·Hg − `beyond`·(⅓ H²g + (1/12) D³L[g, g])."""

    penalty: float = 0.0
    beyond: float = 0.0

    def velocity(self, field: Field) -> Velocity:
        """θ ↦ θ' (P,)."""

        def at(theta: np.ndarray) -> np.ndarray:
            g = field.gradient(theta)
            if not (self.penalty or self.beyond):
                return -g
            Hg = field.hessian_product(theta, g)
            total = g + 2 * self.penalty * Hg
            if self.beyond:
                total += self.beyond * (field.hessian_product(theta, Hg) / 3 + field.third(theta, g) / 12)
            return -total

        return at


def flows_beside(step_size: float, momentum: float = 0.0) -> dict[str, Flow]:
    """The flows to compare with descent: "gradient", "modified", "wrong_weight" and, for β = 0, "second_order".

    The wrong weight is γ/2 for β = 0, and ε/4 under momentum: the factor (1 + β)/(1 − β) left out.
    """
    flows = {"gradient": Flow(), "modified": Flow(implicit_weight(step_size, momentum))}
    if momentum:
        return flows | {"wrong_weight": Flow(effective_step(step_size, momentum) / 4)}
    return flows | {"wrong_weight": Flow(step_size / 2), "second_order": Flow(step_size / 4, step_size**2)}


def effective_step(step_size: float, momentum: float = 0.0) -> float:
    """ε = γ/(1 − β), the physical time of a step."""
    return step_size / (1 - momentum)


def settled_velocity(field: Field, theta: np.ndarray, step_size: float, momentum: float) -> np.ndarray:
    """v = (g + ε/(1 − β)·Hg)/(1 − β), with which heavy-ball has no start-up transient up to O(ε²).

    On the flow, θ₀ − θ₋₁ = εθ' − (ε²/2)θ'' with θ' = −(g + 2cHg), θ'' = Hg, and v = (θ₋₁ − θ₀)/γ
    = (g + (2c + ε/2)Hg)/(1 − β), where 2c + ε/2 = (ε/2)((1 + β)/(1 − β) + 1) = ε/(1 − β).
    """
    g = field.gradient(theta)
    return (g + effective_step(step_size, momentum) / (1 - momentum) * field.hessian_product(theta, g)) / (1 - momentum)


def descent(
    field: Field,
    start: np.ndarray,
    step_size: float,
    steps: int,
    momentum: float = 0.0,
    velocity: np.ndarray | None = None,
) -> Track:
    """v ← βv + ∇L(θ), θ ← θ − γv from θ = `start` (P,) and v = `velocity` or 0, at times ε·(0, 1, …, steps)."""
    times = effective_step(step_size, momentum) * np.arange(steps + 1)
    points = np.full((steps + 1, start.size), np.nan)
    points[0], v = start, np.zeros(start.size) if velocity is None else velocity
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(steps):
            v = momentum * v + field.gradient(points[step])
            theta = points[step] - step_size * v
            if not _bounded(theta):
                return Track(times, points, "diverged", float(times[step + 1]))
            points[step + 1] = theta
    return Track(times, points, "complete", float(times[-1]))


def integrate(
    velocity: Velocity,
    start: np.ndarray,
    times: np.ndarray,
    *,
    tolerance: float = TOLERANCE,
    most_evaluations: int = MOST_EVALUATIONS,
) -> Track:
    """The solution of θ' = velocity(θ), θ(0) = `start` (P,), at increasing `times` (k,), by DOP853.

    The last time is hit by a step; earlier ones are interpolated (order 7).  Blow-up and an exhausted budget end the
    track instead of raising.
    """
    return finished(integrating(velocity, start, times, tolerance=tolerance, most_evaluations=most_evaluations))


def integrating(
    velocity: Velocity,
    start: np.ndarray,
    times: np.ndarray,
    *,
    tolerance: float = TOLERANCE,
    most_evaluations: int = MOST_EVALUATIONS,
) -> Paused[Track]:
    """`integrate`, paused after every step of the solver (12 to 15 evaluations)."""
    times = np.asarray(times, float)
    points = np.full((len(times), start.size), np.nan)
    points[times == 0] = start
    with np.errstate(all="ignore"):
        if not _bounded(start) or not np.isfinite(velocity(start)).all():  # of such a start SciPy makes a step of nan
            return Track(times, points, "diverged", 0.0)
        solver = DOP853(lambda _, theta: velocity(theta), 0.0, start, times[-1], rtol=tolerance, atol=tolerance)
    while solver.status == "running":
        before = solver.t
        with np.errstate(all="ignore"):  # not around the pause, where it would hold for whoever runs meanwhile
            solver.step()
            if solver.status == "failed" or not _bounded(solver.y):
                return Track(times, points, "diverged", float(before))
            inside = (times > before) & (times < solver.t)
            if inside.any():
                points[inside] = solver.dense_output()(times[inside]).T
        points[times == solver.t] = solver.y
        if solver.nfev > most_evaluations and solver.status == "running":
            return Track(times, points, "unresolved", float(solver.t))
        yield
    return Track(times, points, "complete", float(times[-1]))


def _bounded(theta: np.ndarray) -> bool:
    return bool(np.linalg.norm(theta) <= LARGEST)


def error_orders(
    field: Field,
    start: np.ndarray,
    step_sizes: Iterable[float],
    time: float,
    *,
    momentum: float = 0.0,
    tolerance: float = TOLERANCE,
    most_evaluations: int = MOST_EVALUATIONS,
) -> Iterator[OrderPoint]:
    """For each γ, the distance of descent to every flow of `flows_beside` after one step and at `time`, as it is found.

    Expected orders while γλ_max ≪ 1: one step 2, 3, 4 and fixed time 1, 2, 3 for gradient, modified, second-order flow;
    2 and 1 for a wrong weight.  The time is rounded to whole steps; heavy-ball starts settled.
    """
    for point in paused_error_orders(
        field, start, step_sizes, time, momentum=momentum, tolerance=tolerance, most_evaluations=most_evaluations
    ):
        if point is not None:
            yield point


def paused_error_orders(
    field: Field,
    start: np.ndarray,
    step_sizes: Iterable[float],
    time: float,
    *,
    momentum: float = 0.0,
    tolerance: float = TOLERANCE,
    most_evaluations: int = MOST_EVALUATIONS,
) -> Iterator[OrderPoint | None]:
    """`error_orders` with a None after every step of a solver."""
    curvature = largest_curvature(field, start)
    for step_size in step_sizes:
        step = effective_step(step_size, momentum)
        steps = max(1, round(time / step))
        settled = settled_velocity(field, start, step_size, momentum) if momentum else None
        path = descent(field, start, step_size, steps, momentum, settled)
        endings: dict[str, TrackEnding] = {"descent": path.ending}
        one_step, fixed_time = {}, {}
        for name, flow in flows_beside(step_size, momentum).items():
            follow = partial(
                integrating, flow.velocity(field), start, tolerance=tolerance, most_evaluations=most_evaluations
            )
            track = first = yield from follow(np.array([step]))
            if steps > 1 and path.ending == first.ending == "complete":
                track = yield from follow(path.times[[-1]])
            one_step[name] = float(np.linalg.norm(path.points[1] - first.end))
            fixed_time[name] = float(np.linalg.norm(path.end - track.end))
            endings[name] = track.ending
        yield OrderPoint(
            step_size=step_size,
            stability=step_size * curvature,
            steps=steps,
            time=float(path.times[-1]),
            one_step=one_step,
            fixed_time=fixed_time,
            floor=floor(start, tolerance),
            endings=endings,
        )


def floor(theta: np.ndarray, tolerance: float = TOLERANCE) -> float:
    """tolerance × (√P + ‖θ‖): the error that DOP853 allows a step (root mean square over entries, times √P).

    At the end of a path that contracts it is a generous bound: 20 to 60 times the error on tanh nets of 67 to 609
    parameters at γλ_max = 0.3.
    """
    return tolerance * (theta.size**0.5 + float(np.linalg.norm(theta)))


def measured_weight(field: Field, start: np.ndarray, step_size: float, time: float, momentum: float = 0.0) -> float:
    """The c for which the flow of L + c‖∇L‖² ends nearest to descent: `implicit_weight` · (1 + O(ε)).

    With flow ends F₀ at c = 0 and F₁ at the expected weight w, linearly in c: c = w⟨θ_GD − F₀, F₁ − F₀⟩/‖F₁ − F₀‖².
    nan where a path diverges or nothing moves.
    """
    return finished(measuring_weight(field, start, step_size, time, momentum))


def measuring_weight(
    field: Field, start: np.ndarray, step_size: float, time: float, momentum: float = 0.0
) -> Paused[float]:
    """`measured_weight`, paused after every step of a solver."""
    steps = max(1, round(time / effective_step(step_size, momentum)))
    settled = settled_velocity(field, start, step_size, momentum) if momentum else None
    path = descent(field, start, step_size, steps, momentum, settled)
    weight = implicit_weight(step_size, momentum)
    plain = (yield from integrating(Flow().velocity(field), start, path.times[[-1]])).end
    modified = (yield from integrating(Flow(weight).velocity(field), start, path.times[[-1]])).end
    shift = modified - plain
    square = float(shift @ shift)
    return weight * float((path.end - plain) @ shift) / square if square else np.nan
