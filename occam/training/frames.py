"""What a run leaves behind: a header, one frame a record, an ending.  NumPy only, so that a page can read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from occam.datasets import Task
from occam.spec import RunSpec

MAP_SIDE = 64  # cells along each side of a map: 4 kB as a picture, smooth on a projector
CURVE_POINTS = 256  # points of a one-dimensional curve
NORMS = ("operator", "frobenius")
QUANTILES = ("min", "q25", "median", "q75", "max", "degenerate")


@dataclass(frozen=True)
class Plane:
    """The view of the input space that maps are drawn on: x = origin + u·axes[0] + v·axes[1].

    `low`, `high`: (m,) ends of the drawn box in (u, v), m = 1 for curves and 2 for maps; `labels`: m axis titles;
    `origin`: (d,); `axes`: (m, d), orthonormal rows.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    labels: tuple[str, ...]
    origin: NDArray[np.float64]
    axes: NDArray[np.float64]


@dataclass(frozen=True)
class Header:
    """What is known of a run before its first step.

    `train`, `test`: (n, m) samples projected onto the plane; `y_train`, `y_test`: (n,) class indices, or (n,) targets;
    `sizes`: (d, width, …, width, k); `device`: in words; `features`: names of the inputs where d > 2, else in `plane`.
    """

    spec: RunSpec
    task: Task
    sizes: tuple[int, ...]
    classes: tuple[str, ...]
    plane: Plane
    train: NDArray[np.float32]
    y_train: NDArray[np.float32]
    test: NDArray[np.float32]
    y_test: NDArray[np.float32]
    device: str
    dtype: Literal["float32", "float64"]
    features: tuple[str, ...] = ()


@dataclass(frozen=True)
class Frame:
    """The state of a run at one record.

    `metrics`: a float per name of `glossary.METRICS` (nan where undefined);
    `bounds`: (L, 2, 6) layer-bound ratios, axes layer, `NORMS`, `QUANTILES` (the last a count of samples);
    `values`: f on the plane, (64, 64) rows from low v to high v (one output), (256,) for a curve, and for k > 2 classes
    the largest softmax probability; `winners`: (64, 64) index of the largest output for k > 2 classes, else None;
    `slopes`: ‖∇_x f‖²_F on the same points; `params`: all weights and biases, layer by layer W row-major then b.
    """

    step: int
    metrics: dict[str, float]
    bounds: NDArray[np.float32]
    values: NDArray[np.float16]
    winners: NDArray[np.uint8] | None
    slopes: NDArray[np.float16]
    params: NDArray[np.floating]

    @property
    def nbytes(self) -> int:
        """Memory held by the frame, in bytes, for bounded books."""
        arrays = (self.bounds, self.values, self.winners, self.slopes, self.params)
        return sum(array.nbytes for array in arrays if array is not None) + 100 * len(self.metrics)


@dataclass(frozen=True)
class Ending:
    """Why and where a run ended.

    `reason`: "max_steps", "stop_time", "stop_loss" (finished) or "loss_not_finite", "loss_too_large" (diverged);
    `step`: the step whose loss decided; `loss`: that loss; `stability`: γλ_max at the last record before.
    """

    status: Literal["finished", "diverged"]
    reason: Literal["max_steps", "stop_time", "stop_loss", "loss_not_finite", "loss_too_large"]
    step: int
    loss: float
    stability: float


@dataclass
class Recording:
    """A run as far as it has been recorded."""

    header: Header
    frames: list[Frame] = field(default_factory=list)
    ending: Ending | None = None

    @property
    def nbytes(self) -> int:
        """Memory held by all frames and the samples, in bytes."""
        header = self.header
        samples = header.train.nbytes + header.test.nbytes + header.y_train.nbytes + header.y_test.nbytes
        return samples + sum(frame.nbytes for frame in self.frames)
