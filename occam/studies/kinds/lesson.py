"""What a lesson asks for, and what it gets: a few arms from one seed, trained beside each other.  NumPy only.

Everything is measured where an arm ends.  Arms that are to be compared at equal physical time or equal steps are told
so by their runs; an arm that is to be compared at the training loss of another one names it in `stop_like`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field, model_validator

from occam.glossary import DHERIN_2021, METRICS, Metric
from occam.spec import RunSpec
from occam.spec.field import Part
from occam.studies.spec import StudySpec
from occam.training.frames import Frame, Header

MOST_ARMS = 4
_CURVE = "one input, a quantity as output; on a grid of 512 cells and all samples"
_LARGEST = "largest over layers and training samples, operator norm, f the sample's loss; the theorem's form is below 1"

# What a lesson can measure of an arm beside the metrics of the glossary.
OWN: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            Metric("physical_time", "γt", "Physical time", "no unit", "linear", "Step size times steps taken."),
            Metric("arc_length", "A", "Arc length", _CURVE, "linear", "∫√(1 + f'²) over the plotted interval."),
            Metric(
                "arc_excess",
                "A − polyline",
                "Excess over the polyline",
                _CURVE,
                "log",
                "Arc length between the first and the last sample beyond that of the polyline through the fits.",
            ),
            Metric(
                "largest_layer_ratio",
                "max ratio_l",
                "Largest layer bound ratio of the whole run",
                "largest over layers, samples and records; operator norm",
                "log",
                "max over layers, training samples and records of ‖∇_x f‖²/(‖δ‖²‖W‖²‖J‖²); the theorem says at most 1.",
                (DHERIN_2021,),
            ),
            Metric(
                "batch_ratio",
                "ratio, batch mean",
                "Ratio against the batch mean",
                _LARGEST,
                "log",
                "The layer bound's left side over ‖mean of ∇_{θˡ}ℓᵢ‖² in place of ‖∇_{θˡ}ℓᵢ‖²: no theorem.",
            ),
            Metric(
                "skip_ratio",
                "ratio, skip connection",
                "Ratio with a skip connection",
                _LARGEST,
                "log",
                "The layer bound's ratio for ℓ + vᵀx with ‖v‖ = 1: x passes the layers by.  No theorem.",
            ),
            Metric(
                "shared_ratio",
                "ratio, shared weights",
                "Ratio with shared weights",
                "largest over training samples",
                "log",
                "The bound's ratio for f = tanh(w·x₁) − tanh(w·x₂), w the first weight of the network: no theorem.",
            ),
        )
    }
)
# What it can measure of two arms.
PAIRS: Mapping[str, Metric] = MappingProxyType(
    {
        "parameter_distance": Metric(
            "parameter_distance",
            "‖θ − θ'‖",
            "Distance of the weights",
            "Euclidean, all weights and biases",
            "log",
            "Distance between the weights of two arms where they end.",
        ),
    }
)
MEASURES: Mapping[str, Metric] = MappingProxyType({**METRICS, **OWN})
Status = Literal["finished", "diverged", "short"]


class Arm(Part):
    """One run of a lesson.

    `start_stability`: γ is this over λ_max at the start, so that γλ_max there is the same for all seeds; `stop_like`:
    the run ends at the training loss at which the arm of this name ended.
    """

    name: str
    run: RunSpec
    start_stability: Annotated[float, Field(gt=0, le=100)] | None = None
    stop_like: str | None = None


class LessonRuns(StudySpec):
    """Train `arms`: `ArmRecord`s as they come, `Measured` at the end.

    `measures`: those of `OWN` that are wanted, `pairs`: the pairs of arms whose distance is.
    """

    kind: Literal["lesson"] = "lesson"
    arms: Annotated[tuple[Arm, ...], Field(min_length=1, max_length=MOST_ARMS)]
    measures: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()

    @model_validator(mode="after")
    def _names_exist(self) -> LessonRuns:
        names = [arm.name for arm in self.arms]
        free = {arm.name for arm in self.arms if arm.stop_like is None}
        wrong = [f"arms: {name}; allowed: each name once" for name in sorted(set(names)) if names.count(name) > 1]
        wrong += [
            f"arms.{arm.name}.stop_like: {arm.stop_like}; allowed: an arm without stop_like"
            for arm in self.arms
            if arm.stop_like is not None and arm.stop_like not in free
        ]
        wrong += [f"pairs: {one}; allowed: a name of an arm" for pair in self.pairs for one in pair if one not in names]
        wrong += [f"measures: {one}; allowed: {', '.join(OWN)}" for one in self.measures if one not in OWN]
        if wrong:
            raise ValueError("\n".join(wrong))
        return self


@dataclass(frozen=True)
class ArmRecord:
    """A record of one arm; `header` comes with the first of each arm.

    `frame` holds no slopes, and weights only of curves.
    """

    arm: str
    header: Header | None
    frame: Frame


@dataclass(frozen=True)
class Measured:
    """What the arms ended with: `values` by measure and arm, "geometric_complexity[large]", or pair of arms,
    "parameter_distance[small, large]"; nan for an arm that diverged or fell short of its loss.  `status` by arm.
    """

    values: dict[str, float]
    status: dict[str, Status]


def named(measure: str, *arms: str) -> str:
    """The key of a value: "sharpness[large]"."""
    return f"{measure}[{', '.join(arms)}]"
