"""The experiments of the page on the input penalty, in pieces: arms, orders, attacks, angles, paired seeds."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from occam.datasets import Samples, Table, load
from occam.spec import RunSpec
from occam.studies.input_penalty_runs import at, at_equal_loss, light, sigma, start, trained
from occam.studies.kinds.input_penalty import (
    ARMS,
    PAIRED,
    Angle,
    ArmResult,
    Attacked,
    Distance,
    EqualLoss,
    FirstOrder,
    FourArms,
    Margins,
    Order,
    PairedSeeds,
    PenaltyAngles,
    Pull,
    Robustness,
    SeedPair,
    arm,
)
from occam.studies.spec import Progress
from occam.theory.expansion import (
    Expansion,
    expansion,
    expansion_sizes,
    fitted_slope,
    input_laplacian,
    noise_expansion,
    penalty_gradients,
)
from occam.theory.robustness import Attack, lipschitz, margins, pgd, robust_curve
from occam.training.frames import Frame, Header, Recording

MOST_ATTACKED = 200  # test samples under attack: 20 steps of PGD on them take some 10 ms
MOST_EXPANDED = 60  # training samples of an expansion
MOST_INPUTS = 12  # of the noise expansion, whose rule has 2d² + 1 points
PGD_STEPS = 10
SEEDS_AT_ONCE = 4  # trained as one cohort an arm
ROUNDING = 1e-14  # of a mean loss in float64, relative
SAME, DOUBLE = 1.0, 2.0  # Δx over ε∇_xℓ


def four_arms(spec: FourArms, table: Table | None = None) -> Iterator[ArmResult | EqualLoss | Progress | None]:
    """Each arm as its run ends; then each at the training loss that all have reached."""
    samples = load(spec.run.data, table)
    noise = sigma(spec.run, samples)
    runs = [arm(spec.run, name, factor=spec.factor, sigma=noise) for name in ARMS]
    recordings = []
    for name, run in zip(ARMS, runs, strict=True):
        (recording,) = yield from trained([run], table)
        recordings.append(recording)
        match = _match(spec.run, noise, recording, samples) if name == "noise" else math.nan
        ending = recording.ending
        assert ending is not None
        yield ArmResult(name, recording.header, light(recording.frames[-1]), ending, match)
        yield Progress(len(recordings), 2 * len(ARMS))
    target, frames = yield from at_equal_loss(runs, recordings, table)
    for name, frame in zip(ARMS, frames, strict=True):
        yield EqualLoss(name, target, None if frame is None else light(frame))
    yield Progress(2 * len(ARMS), 2 * len(ARMS))


def _match(run: RunSpec, noise: float, recording: Recording, samples: Samples) -> float:
    """(σ²/2)·mean tr(Jᵀℓ''J) over ε·mean ‖∇_xℓᵢ‖² at the last weights of the noisy run."""
    probe = at(recording.header, recording.frames[-1])
    x, y = probe.samples(samples)
    penalty = run.training.input_penalty * float(probe.loss_input_grad(x, y).square().sum(0).mean())
    return noise**2 / 2 * float(input_laplacian(probe, x, y)[0].mean()) / penalty if penalty > 0 else math.nan


def first_order(spec: FirstOrder, table: Table | None = None) -> Iterator[Order | Distance | Progress | None]:
    """Expansions at the start of the run, at most 60 of its samples; then how far apart the arms end."""
    samples = load(spec.run.data, table)
    probe = start(spec.run, samples)
    x, y = (part[:, :MOST_EXPANDED] for part in probe.samples(samples))
    total = 8
    for done, kind in enumerate(("gradient", "unit", "sign"), start=1):
        yield _order(kind, expansion(probe, x, y, kind, expansion_sizes(probe, x, y, kind, spec.halvings + 1)))
        yield Progress(done, total)
    if len(x) <= MOST_INPUTS:
        sizes = expansion_sizes(probe, x, y, "noise", spec.halvings + 1)
        for done, (kind, laplacian) in enumerate((("noise", True), ("noise_rough", False)), start=4):
            yield _order(kind, noise_expansion(probe, x, y, sizes, laplacian=laplacian))
            yield Progress(done, total)
    yield from _distances(spec, table)
    yield Progress(total, total)


def _order(kind: str, found: Expansion) -> Order:
    """Fitted to the remainders that stand clear of rounding, nan with fewer than three."""
    clear = found.remainder > ROUNDING * np.abs(found.perturbed).max()
    slope = fitted_slope(found.sizes[clear], found.remainder[clear]) if clear.sum() >= 3 else math.nan
    sizes, left, apart = (part.astype(np.float64) for part in (found.sizes, found.remainder, found.gradient_remainder))
    return Order(kind, sizes, left, slope, apart, found.gradient_slope)


def _distances(spec: FirstOrder, table: Table | None) -> Iterator[Distance | Progress | None]:
    """ε, ε/4, ε/16, …: the weights of the other arms after equally many steps, from those of the penalty, float64.

    Orders show for small ε only, since differences grow through many steps: the slope is that of the smallest three.
    """
    largest = spec.run.training.input_penalty
    if largest == 0:
        return
    steps = min(spec.steps, spec.run.training.last_step)
    penalties = np.array([largest * 0.25**k for k in range(spec.halvings + 1)])
    base = spec.run.replace({"training.max_steps": steps, "training.stop_loss": None, "training.stop_time": None})
    ends: dict[str, list[np.ndarray]] = {}
    arms = {"penalty": ("penalty", 0.0), "none": ("none", 0.0), "same": ("adversarial", SAME)}
    arms["double"] = ("adversarial", DOUBLE)
    for pair, (name, factor) in arms.items():
        runs = [arm(base.replace({"training.input_penalty": float(p)}), name, factor=factor) for p in penalties]
        found = yield from trained(runs, table, dtype="float64")
        whole = [recording.ending is not None and recording.ending.status == "finished" for recording in found]
        ends[pair] = [r.frames[-1].params if ok else np.full(1, np.nan) for r, ok in zip(found, whole, strict=True)]
        if pair != "penalty":
            gaps = [np.linalg.norm(a - b) for a, b in zip(ends[pair], ends["penalty"], strict=True)]
            apart = np.array(gaps, dtype=float)
            yield Distance(pair, penalties, apart, fitted_slope(penalties[-3:], apart[-3:]), steps)


def _few(points: tuple[Tensor, Tensor], most: int = MOST_ATTACKED) -> tuple[Tensor, Tensor]:
    return points[0][:, :most].contiguous(), points[1][:, :most].contiguous()


def robustness(spec: Robustness, table: Table | None = None) -> Iterator[Attacked | Margins | Progress | None]:
    """Arm by arm: train, attack, measure."""
    samples = load(spec.run.data, table)
    noise = sigma(spec.run, samples)
    radii = np.linspace(0.0, spec.radius, spec.points)
    reach = float(np.linalg.norm(samples.high - samples.low))
    for done, name in enumerate(ARMS):
        (recording,) = yield from trained([arm(spec.run, name, factor=spec.factor, sigma=noise)], table)
        probe = at(recording.header, recording.frames[-1])
        x, y = _few(probe.samples(samples, "test"))
        attacks: tuple[Attack, ...] = ("fgsm", "pgd")
        for attack in attacks:
            for curve in robust_curve(probe, x, y, radii.tolist(), attack, spec.norm, PGD_STEPS):
                if len(curve.radii) == len(radii):
                    yield Attacked(name, attack, spec.norm, radii, curve.loss, curve.accuracy, x.shape[1])
                yield None
        classes = probe.loss.wrong is not None
        distances = margins(probe, x, y, reach) if classes else None
        yield None
        bounds = lipschitz(probe, torch.cat([x, probe.samples(samples)[0]], dim=1))
        empty = np.empty(0)
        yield Margins(
            name,
            empty if distances is None else distances.along_gradient,
            empty if distances is None else distances.first_order,
            bounds.lower,
            bounds.upper,
        )
        yield Progress(done + 1, len(ARMS))


def penalty_angles(spec: PenaltyAngles, table: Table | None = None) -> Iterator[Angle | Pull | Progress | None]:
    """The angle at evenly spaced records of the plain run; then the pull of each penalty on both gradients."""
    samples = load(spec.run.data, table)
    last = spec.run.training.last_step
    steps = np.unique(np.round(np.linspace(0, last, spec.records)).astype(int)).tolist()
    for done, (name, run) in enumerate(spec.pulls().items()):
        (recording,) = yield from trained([run], table, steps=steps)
        frames = recording.frames
        if name == "none":
            for frame in frames:
                probe = at(recording.header, frame)
                found = penalty_gradients(probe, *probe.samples(samples))
                yield Angle(frame.step, found.cosine, found.param_norm, found.input_norm, frame.metrics["stability"])
                yield None
        columns = {key: [frame.metrics[key] for frame in frames] for key in ("loss_input_grad_sq", "batch_grad_sq")}
        yield Pull(
            name,
            np.array([frame.step for frame in frames]),
            np.array(columns["loss_input_grad_sq"]),
            np.array(columns["batch_grad_sq"]),
        )
        yield Progress(done + 1, 3)


def paired_seeds(spec: PairedSeeds, table: Table | None = None) -> Iterator[SeedPair | Progress | None]:
    """Three arms a seed from equal starts, at equal time and at equal training loss, some seeds at once."""
    samples, width = load(spec.run.data, table), len(PAIRED)
    for first in range(0, spec.seeds, SEEDS_AT_ONCE):
        seeds = range(first, min(first + SEEDS_AT_ONCE, spec.seeds))
        runs = [arm(spec.run, name, factor=spec.factor, seed=seed) for seed in seeds for name in PAIRED]
        recordings = yield from trained(runs, table)
        for row, seed in enumerate(seeds):
            own = slice(row * width, (row + 1) * width)
            yield (yield from _compared(spec, seed, runs[own], recordings[own], samples, table))
            yield Progress(seed + 1, spec.seeds)


def _compared(
    spec: PairedSeeds,
    seed: int,
    runs: Sequence[RunSpec],
    recordings: Sequence[Recording],
    samples: Samples,
    table: Table | None,
) -> Generator[Progress | None, None, SeedPair]:
    by_time = [r.frames[-1] if r.ending and r.ending.status == "finished" else None for r in recordings]
    target, by_loss = yield from at_equal_loss(runs, recordings, table)
    rows = []
    for frames in (by_time, by_loss):
        for recording, frame in zip(recordings, frames, strict=True):
            rows.append(_measures(spec, recording.header, frame, samples))
            yield None
    stability = np.array([recording.frames[-1].metrics["stability"] for recording in recordings])
    return SeedPair(spec.run.model.seed + seed, np.array(rows).reshape(2, len(PAIRED), -1), stability, target)


def _measures(spec: PairedSeeds, header: Header, frame: Frame | None, samples: Samples) -> list[float]:
    """`MEASURES` of one arm, nan where it has no frame."""
    if frame is None:
        return [math.nan] * 5
    probe = at(header, frame)
    x, y = _few(probe.samples(samples, "test"))
    robust = math.nan
    if probe.loss.wrong is not None:
        moved = pgd(probe, x, y, spec.attack, spec.norm, PGD_STEPS)
        robust = 1 - float(probe.loss.wrong(probe.outputs(moved)[None], y[None]).double().mean())
    metrics = frame.metrics
    names = ("geometric_complexity", "train_loss", "test_loss", "test_error")
    return [*(float(metrics.get(name, math.nan)) for name in names), robust]
