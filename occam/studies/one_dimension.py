"""The experiments of the page on one dimension: arms over γ, the linear control, the chain at a stable minimum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from occam.datasets import Samples, Table, load
from occam.spec import RunSpec
from occam.studies.kinds.one_dimension import (
    CURVE_CELLS,
    DRAWN,
    CurveArms,
    Ground,
    LinearControl,
    LinearPoint,
    SeedArm,
    StableEnd,
    StableEnds,
    Status,
)
from occam.studies.runs import run_many
from occam.studies.spec import Progress
from occam.theory.curve import grid_with, measure_curve
from occam.theory.curve_network import evaluate
from occam.theory.probe import Probe
from occam.theory.random_features import Arm, RandomFeatures, control, largest_step_size
from occam.theory.stable_minimum import stable_minimum
from occam.training.frames import Frame, Recording
from occam.training.live import LiveRun, Precision

NO_CURVE = "This experiment is about a curve: one input, a quantity as output."
FLAT = "The loss has no curvature at the start of seed {seed}: all gradients vanish there, and no γ moves the weights."
ONE_END = "The arms are compared at equal training loss or at equal time, so the run needs one of the two to stop at."
TILE = 40  # runs of one cohort
LARGEST_STEP = 100.0  # what a spec allows
SHARES = (0.05, 0.25, 0.6, 0.95)  # of the largest stable γ, full batch
BATCHES = (1, 2)
RECORDS = 60  # of the linear control, about evenly on a log axis
MOST_LOOKS = 1000  # at it, of which these are kept
ENERGY_POINTS = 401
MOST_WIDTH, MOST_DEPTH, MOST_DENSE = 12, 3, 20  # the dense Hessian has a column for every parameter


def _curve(run: RunSpec, table: Table | None) -> Samples:
    samples = load(run.data, table)
    if samples.x_train.shape[1] != 1 or samples.task != "regression":
        raise ValueError(NO_CURVE)
    return samples


def curve_arms(spec: CurveArms, table: Table | None = None) -> Iterator[Ground | SeedArm | Progress | None]:
    """Every seed at every γ, to the same training loss or physical time."""
    if (spec.run.training.stop_loss is None) == (spec.run.training.stop_time is None):
        raise ValueError(ONE_END)
    samples = _curve(spec.run, table)
    low, high, x = float(samples.low[0]), float(samples.high[0]), samples.x_train[:, 0]
    yield Ground(low, high, x, samples.y_train)
    seeds = range(spec.first_seed, spec.first_seed + spec.seeds)
    runs, sharpnesses = [], []
    for seed in seeds:
        for run, sharpness in _at(spec.run, seed, spec.stabilities, table, "float32"):
            runs.append(run)
            sharpnesses.append(sharpness)
        yield None
    done = 0
    for item in run_many(runs, tile=TILE, table=table, device="cpu"):
        if item is None:
            yield None
            continue
        index, recording = item
        arm = index % len(spec.stabilities)
        yield _seed_arm(recording, arm, sharpnesses[index], (low, high), x)
        yield Progress(done := done + 1, len(runs))


def _at(
    run: RunSpec, seed: int, stabilities: Sequence[float], table: Table | None, dtype: Precision
) -> list[tuple[RunSpec, float]]:
    """The runs of one seed, one for each γλ_max at its start, and λ_max there."""
    seeded = run.replace({"model.seed": seed})
    frame = LiveRun(seeded, table=table, device="cpu", dtype=dtype).record()
    sharpness = frame.metrics["sharpness"] if frame is not None else 0.0
    if not 1e-9 < sharpness < np.inf:
        raise ValueError(FLAT.format(seed=seed))
    sizes = [min(LARGEST_STEP, float(f"{stability / sharpness:.4g}")) for stability in stabilities]
    return [(seeded.replace({"training.step_size": size}), sharpness) for size in sizes]


def _status(recording: Recording) -> Status:
    ending = recording.ending
    assert ending is not None
    return "diverged" if ending.status == "diverged" else "short" if ending.reason == "max_steps" else "reached"


def _seed_arm(recording: Recording, arm: int, start: float, ends: tuple[float, float], x: np.ndarray) -> SeedArm:
    header, frame = recording.header, recording.frames[-1]
    model, step_size = header.spec.model, header.spec.training.step_size
    grid = grid_with(*ends, CURVE_CELLS, x)
    values, slopes = evaluate(header.sizes, model.activation, frame.params, grid)
    found = measure_curve(grid, values, slopes, x, values[np.searchsorted(grid, x)])
    drawn = evaluate(header.sizes, model.activation, frame.params, np.linspace(*ends, DRAWN))[0]
    return SeedArm(
        seed=model.seed,
        arm=arm,
        step_size=step_size,
        stability=step_size * start,
        start_sharpness=start,
        sharpness=frame.metrics["sharpness"],
        status=_status(recording),
        step=frame.step,
        loss=frame.metrics["train_loss"],
        arc=found.arc,
        polyline=found.polyline,
        excess=found.excess,
        energy=found.energy,
        values=drawn.astype(np.float32),
    )


def linear_control(spec: LinearControl, table: Table | None = None) -> Iterator[LinearPoint | Progress | None]:
    """Full batch at several shares of the largest stable γ, and mini-batches, from w = 0."""
    samples = _curve(spec.run, table)
    low, high = float(samples.low[0]), float(samples.high[0])
    middle, half = (low + high) / 2, (high - low) / 2
    features = RandomFeatures.draw(1, spec.features, seed=spec.run.model.seed)
    x, points = (samples.x_train - middle) / half, np.linspace(-1, 1, ENERGY_POINTS)[:, None]
    whole, single = (largest_step_size(features, x, size) for size in (None, 1))
    n = len(x)
    arms = [Arm(share * whole) for share in SHARES] + [Arm(single, size) for size in BATCHES if size <= n]
    sizes = np.array([arm.step_size for arm in arms])
    batches = np.array([arm.batch_size or 0 for arm in arms])
    every, seed = max(1, spec.steps // MOST_LOOKS), spec.run.model.seed
    kept = {0, spec.steps, *(every * np.ceil(np.geomspace(1, spec.steps, RECORDS) / every)).astype(int).tolist()}
    for found in control(features, x, samples.y_train, points, arms, steps=spec.steps, every=every, seed=seed):
        if found.step not in kept:
            yield None
            continue
        yield LinearPoint(
            step=found.step,
            step_sizes=sizes,
            batch_sizes=batches,
            stability=found.stability.astype(float),
            slowest=found.slowest.astype(float),
            losses=found.losses.astype(float),
            energies=found.energies.astype(float) / half**2,
            limit_energy=found.limit_energy / half**2,
        )
        yield Progress(found.step, spec.steps)


def stable_ends(spec: StableEnds, table: Table | None = None) -> Iterator[StableEnd | Progress | None]:
    """Every seed at every γ in float64, and the chain where it ended."""
    samples = _curve(spec.run, table)
    model = spec.run.model
    if (model.depth > 0 and model.width > MOST_WIDTH) or model.depth > MOST_DEPTH or len(samples.x_train) > MOST_DENSE:
        raise ValueError(
            f"The trace is taken from the whole Hessian: at most {MOST_DEPTH} hidden layers of {MOST_WIDTH} units and "
            f"{MOST_DENSE} samples."
        )
    runs: list[RunSpec] = []
    starts: list[float] = []
    for seed in range(model.seed, model.seed + spec.seeds):
        for run, sharpness in _at(spec.run, seed, spec.stabilities, table, "float64"):
            runs.append(run)
            starts.append(run.training.step_size * sharpness)
        yield None
    done = 0
    for item in run_many(runs, tile=TILE, table=table, device="cpu", dtype="float64"):
        if item is None:
            yield None
            continue
        index, recording = item
        yield _stable_end(recording, recording.frames[-1], starts[index], samples)
        yield Progress(done := done + 1, len(runs))


def _stable_end(recording: Recording, frame: Frame, start: float, samples: Samples) -> StableEnd:
    header = recording.header
    step_size = header.spec.training.step_size
    probe = Probe(header.sizes, header.spec.model.activation, "regression", frame.params)
    x, y = probe.samples(samples)
    found = stable_minimum(probe, x, y, step_size)
    assert torch.isfinite(probe.theta).all()
    return StableEnd(
        seed=header.spec.model.seed,
        step_size=step_size,
        start_stability=start,
        status=_status(recording),
        step=frame.step,
        loss=found.loss,
        samples=found.samples,
        transferred=found.transferred,
        mean_output_grad_sq=found.mean_output_grad_sq,
        trace=found.trace,
        sharpness=found.sharpness,
        limit=found.limit,
    )
