"""What the page on the step size asks for, and what it gets: NumPy only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from occam.spec import LARGEST_SEED, RunSpec
from occam.spec.field import knob
from occam.studies.spec import StudySpec
from occam.theory.tracks import EpochPoint
from occam.training.frames import Frame, Header

NETWORK = RunSpec().replace(
    {"data.n_train": 24, "data.n_test": 100, "model.depth": 2, "model.width": 8, "training.max_steps": 1}
)
SWAPPED = RunSpec().replace({"data.n_train": 60, "data.n_test": 200, "model.depth": 2})
CHEBYSHEV = RunSpec().replace(
    {
        "data.dataset": "chebyshev",
        "data.noise": 0.0,
        "data.n_train": 20,
        "data.n_test": 200,
        "model.depth": 2,
        "model.width": 64,
        "training.max_steps": 6000,
        "record_every": 30,
    }
)


REACH = 4.0  # of a start on the landscape


class Landscape(StudySpec):
    """A start on the landscape of E = ½(y − abx)², x = 1, and how long to follow the paths from it."""

    a: float = knob(2.8, label="Start", symbol="a", ge=-REACH, le=REACH, help="First parameter at the start.")
    b: float = knob(3.5, label="Start", symbol="b", ge=-REACH, le=REACH, help="Second parameter at the start.")
    target: float = knob(0.6, label="Target", symbol="y", ge=-2.0, le=2.0, help="The minima are where ab = y (x = 1).")
    time: float = knob(
        2.0,
        label="Physical time",
        symbol="T",
        ge=0.05,
        le=20.0,
        scale="log",
        help="γ × steps: how long all paths are followed, however large the step.",
    )


class LandscapePaths(Landscape):
    """Descent and the flows from one start at one γ; the result is a `Paths`."""

    kind: Literal["landscape_paths"] = "landscape_paths"
    step_size: float = knob(
        0.025, label="Step size", symbol="γ", ge=1e-3, le=1.0, scale="log", help="Length of a gradient step."
    )


class LandscapeEnds(Landscape):
    """End points against γ from γλ_max = `least` to `most` at the start; an `EndPoint` for each γ."""

    kind: Literal["landscape_ends"] = "landscape_ends"
    least: float = 0.03
    most: float = 2.2
    points: int = 16


class ErrorOrders(StudySpec):
    """Distance of descent to each flow against γ, one step and fixed time; an `OrderPoint` for each γ."""

    kind: Literal["error_orders"] = "error_orders"
    run: RunSpec = NETWORK
    stability: float = knob(
        0.1,
        label="Largest γλ_max",
        ge=0.01,
        le=4.0,
        scale="log",
        help="The largest γ is this over the sharpness at the start; every further γ is half the one before. "
        "Orders are seen where it is well below 1.",
    )
    halvings: int = knob(4, label="Halvings", ge=1, le=8, help="How many times γ is halved.")
    steps: int = knob(
        6, label="Steps at largest γ", ge=1, le=50, help="The fixed time is this many steps of the largest γ."
    )


class BatchOrders(StudySpec):
    """The exact mean epoch against the flows: a `BatchPoint` per γ, `VarianceSplit`s, `MomentumPoint`s."""

    kind: Literal["batch_orders"] = "batch_orders"
    run: RunSpec = NETWORK
    stability: float = knob(
        0.05,
        label="Largest γλ_max",
        ge=0.005,
        le=4.0,
        scale="log",
        help="The largest γ is this over the sharpness at the start; every further γ is half the one before.",
    )
    halvings: int = knob(4, label="Halvings", ge=1, le=8, help="How many times γ is halved.")
    batches: int = knob(
        4, label="Batches", symbol="m", ge=1, le=4, help="Mini-batches of an epoch; all m! orders and mᵐ draws are run."
    )


class SwapTest(StudySpec):
    """Four arms a seed at equal physical time: large γ; small γ; small γ + λ; small γ again.  A `SwapSeed` a seed."""

    kind: Literal["swap_test"] = "swap_test"
    run: RunSpec = SWAPPED
    large: float = knob(
        0.4, label="Large step", symbol="γ_large", ge=1e-3, le=10.0, scale="log", help="Step size of the first arm."
    )
    ratio: int = knob(
        8,
        label="Large over small step",
        symbol="γ_large/γ_small",
        ge=2,
        le=32,
        help="The other arms take this many steps for each of the first arm's.",
    )
    steps: int = knob(
        60, label="Large steps", ge=1, le=600, scale="log", help="Steps of the first arm: γ_large × steps is the time."
    )
    seeds: int = knob(6, label="Paired seeds", ge=1, le=20, help="Each seed starts all four arms alike.")

    @property
    def small(self) -> float:
        """γ_small = γ_large / ratio."""
        return self.large / self.ratio

    @property
    def penalty(self) -> float:
        """λ = (γ_large − γ_small)/4: what the implicit weight loses with the step, given back by hand."""
        return (self.large - self.small) / 4

    def arms(self, seed: int) -> tuple[RunSpec, ...]:
        """The four runs of a seed in the order of `ARMS`, each a plain run of the Playground."""
        base = {
            "model.seed": (self.run.model.seed + seed) % (LARGEST_SEED + 1),
            "training.batch_size": None,
            "training.momentum": 0.0,
            "training.stop_loss": None,
            "training.stop_time": None,
        }
        large = {"training.step_size": self.large, "training.max_steps": self.steps, "training.param_penalty": 0.0}
        small = {**large, "training.step_size": self.small, "training.max_steps": self.steps * self.ratio}
        pulled = {**small, "training.param_penalty": self.penalty}
        every = max(1, self.steps * self.ratio // 100)
        return tuple(self.run.replace({**base, **arm, "record_every": every}) for arm in (large, small, pulled, small))


ARMS = ("large", "small", "swapped", "control")


class EdgeOfStability(StudySpec):
    """Sharpness through a training run: an `EdgePoint` a record."""

    kind: Literal["edge_of_stability"] = "edge_of_stability"
    run: RunSpec = CHEBYSHEV


@dataclass(frozen=True)
class EndPoint:
    """λ_max of the Hessian where descent and each flow end, by name; nan where one does not get there.

    `stability` = γλ_max at the start.
    """

    step_size: float
    stability: float
    sharpness: dict[str, float]


@dataclass(frozen=True)
class BatchPoint:
    """The mean epoch at one γ under both samplings; `EpochPoint.errors` by flow."""

    reshuffle: EpochPoint
    replacement: EpochPoint


@dataclass(frozen=True)
class VarianceSplit:
    """E‖∇L_B‖² over batches of B of n samples: `measured` over `draws` random batches (± `deviation`, its standard
    error), and `expected` = ‖∇L‖² + (n − B)/((n − 1)B)·Γ from the per-sample gradients.
    """

    batch_size: int
    measured: float
    deviation: float
    expected: float
    draws: int


@dataclass(frozen=True)
class MomentumPoint:
    """The weight c of ‖∇L‖² with which the flow ends nearest to heavy-ball descent, over ε/4, ε = γ/(1 − β).

    `expected` = (1 + β)/(1 − β).
    """

    momentum: float
    measured: float
    expected: float
    stability: float


@dataclass(frozen=True)
class SwapSeed:
    """One seed of the swap test, at K `times` after the start.

    `parameters`: ‖θ_arm − θ_large‖₂ for small and swapped, and ‖θ_control − θ_small‖₂, (3, K);
    `functions`: the same of f, root mean square over the test samples, (3, K); nan once an arm has diverged.
    `stability`: γ_large·λ_max at the start and, of the first arm, at its last record; `diverged`: arms that did;
    `view`: (header, last frames of the four arms) for the first seed, () for others.
    """

    seed: int
    times: np.ndarray
    parameters: np.ndarray
    functions: np.ndarray
    stability: tuple[float, float]
    diverged: tuple[str, ...]
    header: Header | None
    frames: tuple[Frame, ...]


@dataclass(frozen=True)
class EdgePoint:
    """One record of a run: step, training loss, λ_max(∇²L)."""

    step: int
    loss: float
    sharpness: float
