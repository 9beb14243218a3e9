"""What the page on one dimension asks for, and what it gets: NumPy only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from occam.spec import LARGEST_SEED, RunSpec
from occam.spec.field import knob
from occam.studies.spec import StudySpec

CURVE_CELLS = 512  # of the grid on which a curve is measured, beside its samples
DRAWN = 161  # points of a drawn curve in a study
MOST_STEPS = 20_000  # of one arm

# Of the first 400 data seeds, 316 spreads ten samples of [−1, 1] most evenly: no pair of near twins rules the loss.
TEN_POINTS = RunSpec().replace(
    {
        "data.dataset": "chebyshev",
        "data.n_train": 10,
        "data.n_test": 100,
        "data.noise": 0.05,
        "data.seed": 316,
        "model.depth": 2,
        "model.width": 50,
        "model.activation": "relu",
        "model.init": "he",
        "training.stop_loss": 0.01,
        "training.max_steps": MOST_STEPS,
        "record_every": MOST_STEPS,
    }
)
# What the page opens with.
CURVE = RunSpec().replace(
    {
        "data": TEN_POINTS.data.model_dump(),
        "model.depth": 2,
        "model.width": 24,
        "training.step_size": 0.05,
        "training.max_steps": 4000,
        "record_every": 50,
    }
)
FEW, NARROW = 5, 8  # samples and units of the stable minima


def ten_points(run: RunSpec) -> RunSpec:
    """The samples of `run` for the linear control: nothing else of it counts but the seed of the features."""
    return TEN_POINTS.replace({"data": run.data.model_dump(), "model.seed": run.model.seed})


def few_points(run: RunSpec) -> RunSpec:
    """`run` with at most `FEW` samples and `NARROW` units, for full batches down to a training loss of 10⁻⁸."""
    return TEN_POINTS.replace(
        {
            "data": run.replace({"data.n_train": min(FEW, run.data.n_train)}).data.model_dump(),
            "model": run.model.model_dump() | {"width": min(NARROW, run.model.width), "depth": min(2, run.model.depth)},
            "training.stop_loss": 1e-8,
        }
    )


def own_arms(run: RunSpec) -> RunSpec:
    """`run`'s samples and network in full batches without penalties, to the loss of `TEN_POINTS` or its own."""
    loss = run.training.stop_loss or TEN_POINTS.training.stop_loss
    return TEN_POINTS.replace(
        {"data": run.data.model_dump(), "model": run.model.model_dump() | {"seed": 0}, "training.stop_loss": loss}
    )


Status = Literal["reached", "diverged", "short"]
Stabilities = Annotated[tuple[Annotated[float, Field(gt=0, le=100)], ...], Field(min_length=2, max_length=8)]


class CurveArms(StudySpec):
    """`run` from `seeds` initial weights at several γ each, stopped at its loss or time: a `SeedArm` as each ends.

    γ of an arm is `stabilities[arm]`/λ_max at this seed's start, so that γλ_max there is the same for all seeds.
    """

    kind: Literal["curve_arms"] = "curve_arms"
    run: RunSpec = TEN_POINTS
    stabilities: Stabilities = (0.5, 1.5, 3.0, 6.0, 9.0)
    seeds: int = knob(
        16, label="Seeds", symbol="n", ge=1, le=32, help="Pairs of runs: each seed gives every γ one start."
    )
    first_seed: int = knob(
        100, label="First seed", ge=0, le=LARGEST_SEED - 32, help="The seeds are this one and those that follow it."
    )


@dataclass(frozen=True)
class SeedArm:
    """One run: seed and arm, γ, γλ_max at its start (as asked) and λ_max at start and end.

    `status`: "reached" the loss or time, "diverged", or "short" of it after the last step; `step`, `loss` there.
    `arc`, `polyline` through the fitted samples, `excess` of the arc over it between first and last sample, `energy`:
    see `occam.theory.curve`.  `values`: f at `DRAWN` even points.
    """

    seed: int
    arm: int
    step_size: float
    stability: float
    start_sharpness: float
    sharpness: float
    status: Status
    step: int
    loss: float
    arc: float
    polyline: float
    excess: float
    energy: float
    values: NDArray[np.float32]


@dataclass(frozen=True)
class Ground:
    """What all arms of a study share: ends of the drawn interval, samples x, y."""

    low: float
    high: float
    x: NDArray[np.float64]
    y: NDArray[np.float64]


_SMALL = (0.25, 0.5, 1.0, 1.5, 1.9)
PRESETS: Mapping[str, CurveArms] = MappingProxyType(
    {
        "regime": CurveArms(),
        "null": CurveArms(stabilities=_SMALL),
        "counter": CurveArms(
            run=TEN_POINTS.replace({"model.activation": "tanh", "model.init": "glorot"}), stabilities=_SMALL
        ),
        # At a loss of 0.01 the smallest γ would need more than MOST_STEPS.
        "over_scaled": CurveArms(run=TEN_POINTS.replace({"model.gain": 2.0, "training.stop_loss": 0.02})),
    }
)


# Physical time γ·steps: about the median of what the arms of a preset take to their loss.
TIMES: Mapping[str, float] = MappingProxyType({"regime": 80.0, "null": 80.0, "counter": 80.0, "over_scaled": 2.0})


def at_equal_time(spec: CurveArms, time: float) -> CurveArms:
    """The same arms, each stopped at the physical time γ·steps = `time` instead of a training loss."""
    return spec.model_copy(update={"run": spec.run.replace({"training.stop_loss": None, "training.stop_time": time})})


class LinearControl(StudySpec):
    """Fixed random features, only their weights trained, at several γ and batch sizes: a `LinearPoint` a record.

    Only the data of `run` count, and its model seed, which draws the features.
    """

    kind: Literal["linear_control"] = "linear_control"
    run: RunSpec = ten_points(CURVE)
    features: int = knob(
        200, label="Features", ge=1, le=1000, scale="log", help="Fixed hidden units; at least as many as samples."
    )
    steps: int = knob(
        20_000, label="Steps of the control", ge=10, le=100_000, scale="log", help="Steps of every arm of the control."
    )


@dataclass(frozen=True)
class LinearPoint:
    """All arms after `step` steps, in the order of `step_sizes` and `batch_sizes` (0: full batch).

    `stability`: γλ_max, `slowest`: γλ_min over the modes that move; `losses`, `energies` (R,), `limit_energy` of the
    interpolant of least norm; energies are ½·mean f'² over the domain.
    """

    step: int
    step_sizes: NDArray[np.float64]
    batch_sizes: NDArray[np.int64]
    stability: NDArray[np.float64]
    slowest: NDArray[np.float64]
    losses: NDArray[np.float64]
    energies: NDArray[np.float64]
    limit_energy: float


class StableEnds(StudySpec):
    """`run` in float64 to its training loss at several γ and seeds: a `StableEnd` as each ends.

    γ is `stabilities[i]`/λ_max at the seed's start.
    """

    kind: Literal["stable_ends"] = "stable_ends"
    run: RunSpec = few_points(CURVE)
    stabilities: Stabilities = (1.0, 1.3, 1.5, 1.7, 1.9)
    seeds: int = knob(4, label="Seeds", symbol="n", ge=1, le=8, help="Initial weights, each trained at every γ.")


@dataclass(frozen=True)
class StableEnd:
    """The chain mean Tᵢ‖∇_x fᵢ‖² ≤ mean ‖∇_θ fᵢ‖² = tr ∇²L ≤ nλ_max ≤ 2n/γ at the end of one run.

    `status` as in `SeedArm`; terms as in `occam.theory.stable_minimum.StableMinimum`, nan where training diverged.
    """

    seed: int
    step_size: float
    start_stability: float
    status: Status
    step: int
    loss: float
    samples: int
    transferred: float
    mean_output_grad_sq: float
    trace: float
    sharpness: float
    limit: float

    @property
    def stability(self) -> float:
        """γλ_max at the end."""
        return self.step_size * self.sharpness
