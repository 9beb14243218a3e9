"""What the page on the input penalty asks for, and what it gets: NumPy only.

ε is `training.input_penalty` of a study's run.  The arms share data, initial weights, step size and number of steps,
hence physical time, and differ in one thing:

    none          nothing
    penalty       ε·mean ‖∇_xℓᵢ‖² in the objective
    adversarial   every step on x + Δx, Δx = factor·ε∇_xℓ held fixed
    noise         every step on x + σN(0, 1), (σ²/2)·mean tr(Jᵀℓ''J) = ε·mean ‖∇_xℓᵢ‖² at the start
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from occam.spec import LARGEST_SEED, RunSpec
from occam.spec.field import knob
from occam.studies.spec import StudySpec
from occam.training.frames import Ending, Frame, Header

Array = NDArray[np.float64]
Norm = Literal["l2", "linf"]

MOONS = RunSpec().replace(
    {
        "data.n_train": 80,
        "data.noise": 0.35,
        "data.n_test": 500,
        "model.width": 32,
        "training.step_size": 0.2,
        "training.input_penalty": 0.1,
        "record_every": 100,
    }
)
ARMS = ("none", "penalty", "adversarial", "noise")
PAIRED = ARMS[:3]
MEASURES = ("geometric_complexity", "train_loss", "test_loss", "test_error", "robust_accuracy")
COMPARISONS = ("time", "loss")
_FACTOR = knob(
    2.0,
    label="Δx over ε∇ₓℓ",
    gt=0.0,
    le=10.0,
    help="Size of the adversarial step in units of ε∇ₓℓ. Held fixed in the gradient, a step of 2ε trains as the "
    "penalty ε does; a step of ε adds the same to the loss, but only half of that penalty to its gradient.",
)


def arm(run: RunSpec, name: str, *, factor: float = 2.0, sigma: float = 0.0, seed: int = 0) -> RunSpec:
    """The plain run of one arm, `seed` model seeds on; a perturbation of size 0 (σ undefined, say) is none."""
    penalty = run.training.input_penalty
    kind, size = {"adversarial": ("gradient", factor * penalty), "noise": ("noise", sigma)}.get(name, ("none", 0.0))
    size = min(size, 100.0) if size > 0 and math.isfinite(size) else 0.0
    return run.replace(
        {
            "model.seed": run.model.seed + seed,
            "training.input_penalty": penalty if name == "penalty" else 0.0,
            "training.perturbation": kind if size else "none",
            "training.perturbation_size": size,
        }
    )


class FourArms(StudySpec):
    """The four arms at equal physical time, an `ArmResult` each, then at equal training loss, an `EqualLoss` each."""

    kind: Literal["input_four_arms"] = "input_four_arms"
    run: RunSpec = MOONS
    factor: float = _FACTOR


class FirstOrder(StudySpec):
    """T12 on the run's own network at its start, an `Order` each; then the `Distance` of the arms against ε."""

    kind: Literal["input_first_order"] = "input_first_order"
    run: RunSpec = MOONS
    halvings: int = knob(
        4, label="Halvings", ge=2, le=8, help="How many times a size is halved, and ε divided by four."
    )
    steps: int = knob(100, label="Steps", ge=1, le=2000, help="After how many steps the arms' weights are compared.")


class Robustness(StudySpec):
    """Every arm under attack on test samples: its `Attacked` curves as they grow, then its `Margins`."""

    kind: Literal["input_robustness"] = "input_robustness"
    run: RunSpec = MOONS
    factor: float = _FACTOR
    norm: Norm = knob("l2", label="Norm of the attack", help="What the radius measures: L2 or L∞ length of Δx.")
    radius: float = knob(
        0.6, label="Largest radius", symbol="r", gt=0.0, le=10.0, scale="log", help="In units of the inputs."
    )
    points: int = knob(13, label="Radii", ge=2, le=40, help="From 0 to the largest, evenly.")


class PenaltyAngles(StudySpec):
    """λ against ε through training: an `Angle` a record of the plain run, then a `Pull` for no penalty, λ and ε."""

    kind: Literal["input_penalty_angles"] = "input_penalty_angles"
    run: RunSpec = MOONS
    records: int = knob(25, label="Records", ge=2, le=100, help="How often the angle is measured.")

    @property
    def param_penalty(self) -> float:
        """λ of the arm with λ: the run's own, or as large as ε where that is 0."""
        return self.run.training.param_penalty or self.run.training.input_penalty

    def pulls(self) -> dict[str, RunSpec]:
        """The three runs by name."""
        plain = arm(self.run, "none").replace({"training.param_penalty": 0.0})
        return {
            "none": plain,
            "param": plain.replace({"training.param_penalty": self.param_penalty}),
            "input": plain.replace({"training.input_penalty": self.run.training.input_penalty}),
        }


class PairedSeeds(StudySpec):
    """Arms none, penalty and adversarial over `seeds` model seeds: a `SeedPair` each."""

    kind: Literal["input_paired_seeds"] = "input_paired_seeds"
    run: RunSpec = MOONS
    factor: float = _FACTOR
    norm: Norm = knob("l2", label="Norm of the attack", help="What the radius measures: L2 or L∞ length of Δx.")
    attack: float = knob(
        0.2, label="Radius", symbol="r", gt=0.0, le=10.0, scale="log", help="Of the PGD attack, in units of the inputs."
    )
    seeds: int = knob(8, label="Paired seeds", symbol="n", ge=1, le=24, help="Each starts all arms alike.")

    @model_validator(mode="after")
    def _seeds_exist(self) -> PairedSeeds:
        if self.run.model.seed + self.seeds - 1 > LARGEST_SEED:
            raise ValueError(f"seeds: {self.seeds}; allowed: fewer after model seed {self.run.model.seed}")
        return self


@dataclass(frozen=True)
class ArmResult:
    """One arm at the end of its run; `match`: (σ²/2)·mean tr(Jᵀℓ''J) over ε·mean ‖∇_xℓᵢ‖² at its last weights.

    `match` is nan but for noise: 1 would mean that the σ chosen at the start still fits.  `frame` is the last finite
    one.
    """

    name: str
    header: Header
    frame: Frame
    ending: Ending
    match: float


@dataclass(frozen=True)
class EqualLoss:
    """The arm where it first reaches training loss `target`, the highest that any arm ended with; None if never."""

    name: str
    target: float
    frame: Frame | None


@dataclass(frozen=True)
class Order:
    """Remainder of ℓ(x + Δx) to first order against size, and of its gradient at fixed Δx, with fitted slopes.

    `kind`: "gradient", "unit", "sign", "noise" or "noise_rough" (without the Laplacian); nan where noise has no such.
    """

    kind: str
    sizes: Array
    remainder: Array
    slope: float
    gradient: Array
    gradient_slope: float


@dataclass(frozen=True)
class Distance:
    """‖θ − θ_penalty‖₂ after equal steps against ε, for "none", "same" (Δx = ε∇_xℓ) and "double" (Δx = 2ε∇_xℓ).

    `slope`: fitted to the three smallest ε; nan distances are of arms that diverged.
    """

    pair: str
    penalties: Array
    distances: Array
    slope: float
    steps: int


@dataclass(frozen=True)
class Attacked:
    """Mean loss and accuracy (nan for regression) of one arm on `samples` attacked test samples, by radius."""

    arm: str
    attack: Literal["fgsm", "pgd"]
    norm: Norm
    radii: Array
    loss: Array
    accuracy: Array
    samples: int


@dataclass(frozen=True)
class Margins:
    """Distances of test samples to the boundary along the gradient (n,), empty for regression; Lip(f) from both sides.

    `lower`: largest ‖∂f/∂x‖₂ over training and test samples; `upper`: Π‖Wˡ‖₂·Lip(φ)^(L−1).
    """

    arm: str
    distances: Array
    first_order: Array
    lower: float
    upper: float


@dataclass(frozen=True)
class Angle:
    """Cosine between ∇_θ‖∇_θL‖² and ∇_θ mean ‖∇_xℓᵢ‖² at one step, nan where one vanishes; γλ_max there."""

    step: int
    cosine: float
    param_norm: float
    input_norm: float
    stability: float


@dataclass(frozen=True)
class Pull:
    """mean ‖∇_xℓᵢ‖² and ‖∇_θL‖² through one run: "none", "param" (λ) or "input" (ε)."""

    name: str
    steps: NDArray[np.int64]
    loss_input_grad_sq: Array
    batch_grad_sq: Array


@dataclass(frozen=True)
class SeedPair:
    """`MEASURES` (5,) of the arms `PAIRED` (3,) at `COMPARISONS` (2,): values (2, 3, 5), nan where an arm has none.

    `stability`: γλ_max at the end of each arm (3,); `target`: the equal training loss.
    """

    seed: int
    values: Array
    stability: Array
    target: float
