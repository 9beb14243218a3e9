"""The experiments of the page on the step size, in pieces: paths, orders, mini-batches, the swap, the edge."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from occam.datasets import Table, load
from occam.network.activations import ACTIVATIONS
from occam.studies.kinds.step_size import (
    ARMS,
    BatchOrders,
    BatchPoint,
    EdgeOfStability,
    EdgePoint,
    EndPoint,
    ErrorOrders,
    LandscapeEnds,
    LandscapePaths,
    MomentumPoint,
    SwapSeed,
    SwapTest,
    VarianceSplit,
)
from occam.studies.runs import run_many
from occam.studies.spec import Progress
from occam.theory.fields import NetworkField, largest_curvature, network_field
from occam.theory.flows import effective_step, measuring_weight, paused_error_orders
from occam.theory.penalties import expected_batch_grad_sq
from occam.theory.sgd import paused_epoch_errors
from occam.theory.tracks import OrderPoint
from occam.theory.two_parameter import Paths, TwoParameter
from occam.theory.two_parameter_paths import end_points, paths
from occam.training.cohort import Cohort
from occam.training.frames import Frame, Header, Recording
from occam.training.live import LiveRun
from occam.training.quiet import BURST

SAMPLES = 600  # points of a drawn path: a few pixels apart where it moves fastest
FLAT = "The loss has no curvature at the start (all gradients vanish there), so there is no step size to measure."
DRAWS = 400  # random batches of the variance split
MOMENTA = (0.0, 0.3, 0.6, 0.8)
TIMES = 12  # at which the arms of the swap test are compared


def landscape_paths(spec: LandscapePaths, table: Table | None = None) -> Iterator[Paths | None]:
    """Descent and the flows of one γ."""
    yield paths(TwoParameter(1.0, spec.target), (spec.a, spec.b), spec.step_size, spec.time, samples=SAMPLES)


def landscape_ends(spec: LandscapeEnds, table: Table | None = None) -> Iterator[EndPoint | None]:
    """End points against γ; none where the start is flat."""
    model = TwoParameter(1.0, spec.target)
    curvature = float(model.sharpness(np.array([spec.a, spec.b])))
    if curvature <= 0:
        return
    step_sizes = np.geomspace(spec.least, spec.most, spec.points) / curvature
    for found in end_points(model, (spec.a, spec.b), step_sizes.tolist(), spec.time):
        yield EndPoint(found.step_size, found.stability, found.end_sharpness)
        yield None


def error_orders(spec: ErrorOrders, table: Table | None = None) -> Iterator[OrderPoint | Progress | None]:
    """Errors of one step and at fixed time, γ halved again and again."""
    field, start = network_field(spec.run, table)
    step_sizes = _halvings(field, start, spec.stability, spec.halvings)
    done = 0
    for point in paused_error_orders(field, start, step_sizes, spec.steps * step_sizes[0]):
        yield point
        if point is not None:
            done += 1
            yield Progress(done, len(step_sizes))


def _halvings(field: NetworkField, start: np.ndarray, stability: float, halvings: int) -> list[float]:
    curvature = largest_curvature(field, start)
    if not curvature > 1e-12:
        raise ValueError(FLAT)
    return [stability / curvature / 2**k for k in range(halvings + 1)]


def batch_orders(
    spec: BatchOrders, table: Table | None = None
) -> Iterator[BatchPoint | VarianceSplit | MomentumPoint | Progress | None]:
    """Variance split, orders of the mean epoch, momentum's factor."""
    whole, start = network_field(spec.run, table)
    m = min(spec.batches, whole.samples)
    # Equal batches: the samples that are left over by n mod m are left out, as training does.
    field = whole.batch(range(whole.samples // m * m))
    step_sizes = _halvings(field, start, spec.stability, spec.halvings)
    total, done = len(step_sizes) + len(MOMENTA) + 1, 0
    yield from _variance_split(field, start, spec.run.training.seed)
    yield Progress(done := done + 1, total)
    batches = field.split(m)
    both = [paused_epoch_errors(batches, start, step_sizes, sampling) for sampling in ("reshuffle", "replacement")]
    for _ in step_sizes:
        pair = []
        for points in both:
            while (point := next(points)) is None:
                yield None
            pair.append(point)
        yield BatchPoint(*pair)
        yield Progress(done := done + 1, total)
    for momentum in MOMENTA:
        # Heavy-ball's transient fades like βᵏ: the finer step keeps its O(ε) out of the measured weight.
        step_size = step_sizes[0] * 0.4 * (1 - momentum) ** 2
        span = 8 * effective_step(step_size, momentum)
        weight = yield from measuring_weight(field, start, step_size, span, momentum)
        expected = (1 + momentum) / (1 - momentum)
        stability = step_size * spec.stability / step_sizes[0]
        yield MomentumPoint(momentum, weight / (effective_step(step_size, momentum) / 4), expected, stability)
        yield Progress(done := done + 1, total)


def _variance_split(field: NetworkField, theta: np.ndarray, seed: int) -> Iterator[VarianceSplit | None]:
    """Random batches against the formula, for every batch size 2ᵏ below n."""
    rng, n = np.random.default_rng(seed), field.samples
    rows = []
    for i in range(n):
        rows.append(field.batch([i]).gradient(theta))
        yield None
    each = np.array(rows)
    mean_sq, batch_sq = float((each**2).sum(1).mean()), float((each.mean(0) ** 2).sum())
    for size in [2**k for k in range(n.bit_length()) if 2**k <= n]:
        squares = np.array([(each[rng.permutation(n)[:size]].mean(0) ** 2).sum() for _ in range(DRAWS)])
        expected = expected_batch_grad_sq(batch_sq, mean_sq, n, size, "reshuffle")
        yield VarianceSplit(size, float(squares.mean()), float(squares.std() / DRAWS**0.5), expected, DRAWS)
        yield None


def swap_test(spec: SwapTest, table: Table | None = None) -> Iterator[SwapSeed | Progress | None]:
    """Four arms a seed, trained in float64 with equal starts, compared at equal physical times."""
    large = np.unique(np.round(np.linspace(1, spec.steps, min(TIMES, spec.steps))).astype(int))
    steps = {*large.tolist(), *(spec.ratio * large).tolist()}
    x_test = load(spec.run.data, table).x_test
    runs = [run for seed in range(spec.seeds) for run in spec.arms(seed)]
    found: dict[int, Recording] = {}
    done = 0
    for item in run_many(runs, steps=steps, tile=4 * spec.seeds, table=table, dtype="float64"):
        if item is None:
            yield None
            continue
        index, recording = item
        found[index] = recording
        first = index - index % len(ARMS)
        arms = [found.get(first + k) for k in range(len(ARMS))]
        done += 1
        if all(arm is not None for arm in arms):
            yield _compared(spec, first // len(ARMS), [arm for arm in arms if arm is not None], large, x_test)
        yield Progress(done, len(runs))


def _compared(spec: SwapTest, seed: int, arms: Sequence[Recording], large: np.ndarray, x_test: np.ndarray) -> SwapSeed:
    count = len(arms[0].frames[0].params)
    thetas, outputs = [], []
    for name, arm in zip(ARMS, arms, strict=True):
        frames = {frame.step: frame for frame in arm.frames}
        wanted = large if name == "large" else spec.ratio * large
        theta = [frames[step].params if step in frames else np.full(count, np.nan) for step in wanted]
        thetas.append(np.array(theta))
        outputs.append(np.array([output(arm.header, params, x_test) for params in theta]))
    pairs = ((1, 0), (2, 0), (3, 1))
    parameters = np.array([np.linalg.norm(thetas[i] - thetas[j], axis=1) for i, j in pairs])
    functions = np.array([np.sqrt(((outputs[i] - outputs[j]) ** 2).mean((1, 2))) for i, j in pairs])
    ends = tuple(float(arms[0].frames[k].metrics["stability"]) for k in (0, -1))
    gone = tuple(
        name for name, arm in zip(ARMS, arms, strict=True) if arm.ending is None or arm.ending.status == "diverged"
    )
    shown = tuple(_light(arm.frames[-1]) for arm in arms) if seed == 0 else ()
    header = arms[0].header if seed == 0 else None
    times = spec.large * large.astype(float)
    return SwapSeed(spec.run.model.seed + seed, times, parameters, functions, (ends[0], ends[1]), gone, header, shown)


def _light(frame: Frame) -> Frame:
    """The frame with what is drawn of it: no weights."""
    return Frame(frame.step, frame.metrics, frame.bounds, frame.values, frame.winners, frame.slopes, frame.params[:0])


def output(header: Header, params: np.ndarray, x: np.ndarray) -> np.ndarray:
    """f (n, k) at x (n, d) of the network with these weights (in record order)."""
    h, at = torch.tensor(x, dtype=torch.float64), 0
    theta, activation = torch.tensor(params), ACTIVATIONS[header.spec.model.activation]
    for layer, (d_in, d_out) in enumerate(zip(header.sizes, header.sizes[1:], strict=False)):
        W = theta[at : at + d_in * d_out].reshape(d_out, d_in)
        b = theta[at + d_in * d_out : at + (d_in + 1) * d_out]
        at += (d_in + 1) * d_out
        h = h @ W.T + b
        if layer < len(header.sizes) - 2:
            activation.value(h.clone(), h)
    return h.numpy()


def edge_of_stability(spec: EdgeOfStability, table: Table | None = None) -> Iterator[EdgePoint | Progress | None]:
    """A run's sharpness at each of its records; a diverging run ends with its last finite one."""
    run = LiveRun(spec.run, table=table, device="cpu")
    cohort = Cohort([run])
    while run.ending is None:
        if run.owes_record:
            (frame,) = cohort.record([run])
            if frame is not None:
                yield EdgePoint(frame.step, frame.metrics["train_loss"], frame.metrics["sharpness"])
                yield Progress(frame.step, max(1, spec.run.training.last_step))
        end = time.perf_counter() + BURST
        cohort.advance(lambda end=end: time.perf_counter() >= end)
        yield None
