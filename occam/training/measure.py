"""What is measured at a record: every metric of the glossary, the layer bound, and the maps that are drawn.

Sums over samples are taken in float64 whatever the run trains in, so that a recorded number is exact for the recorded
parameters; maps and the Dirichlet energy on their grid are computed in the run's own precision.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from occam.datasets import Samples, Task
from occam.network.activations import ACTIVATIONS
from occam.network.backprop import Backprop
from occam.network.losses import LOSSES, Loss, as_targets
from occam.network.parameters import Layout
from occam.theory.bound import LayerBound, layer_bound
from occam.theory.complexity import cell_centres, output_input_grad_sq, sobol_points
from occam.theory.curvature import sharpness
from occam.training.frames import CURVE_POINTS, MAP_SIDE, NORMS, Plane
from occam.training.plane import domain_plane, points_on

POINTS_AT_ONCE = 1024  # points of a map in one pass: buffers of 32 units stay within a core's L2 cache
DOMAIN_POINTS = 1024  # Sobol points of the domain box where it has more than two dimensions
KEPT_BUFFERS = 24  # sets of buffers kept for reuse by the runs measured in turn
HALF_MAX = 6e4  # just below the largest float16, 65504

_kept = threading.local()


def _passes(layout: Layout, activation: str, task: Task, samples: int, dtype: torch.dtype) -> Backprop:
    """Buffers for one network on so many samples, shared by all runs of a shape in this thread."""
    shelf: dict[tuple, Backprop] = _kept.__dict__.setdefault("shelf", {})
    key = (layout.sizes, activation, task, samples, dtype)
    found = shelf.pop(key, None) or Backprop(layout, ACTIVATIONS[activation], LOSSES[task], 1, samples, dtype)
    shelf[key] = found
    if len(shelf) > KEPT_BUFFERS:
        del shelf[next(iter(shelf))]
    return found


@dataclass(frozen=True)
class Maps:
    """What one picture of the plane needs; see `frames.Frame`."""

    values: np.ndarray
    winners: np.ndarray | None
    slopes: np.ndarray
    mean_slope: float  # mean of ‖∇_x f‖²_F over the points, in float64


class Ruler:
    """Measures networks of one shape on one set of samples."""

    def __init__(
        self, samples: Samples, layout: Layout, activation: str, dtype: torch.dtype, biased: Tensor | None = None
    ) -> None:
        """`biased` (L,): 0 for a layer that has no bias; its bias column of θ is then not a parameter."""
        self.samples, self.layout, self.activation, self.dtype = samples, layout, activation, dtype
        self.biased = biased
        self.plane = domain_plane(samples)
        outputs = layout.sizes[-1]
        self._x, self._x_test = (torch.from_numpy(x.T.copy())[None] for x in (samples.x_train, samples.x_test))
        self._y, self._y_test = (
            as_targets(torch.from_numpy(y.astype(np.float64)), samples.task, outputs)[None]
            for y in (samples.y_train, samples.y_test)
        )

    @property
    def loss(self) -> Loss:
        """The loss of the samples' task."""
        return LOSSES[self.samples.task]

    @cached_property
    def _columns(self) -> Tensor:
        """The columns of θ that are parameters."""
        if self.biased is None:
            return self.layout.order
        mask = torch.ones(1, self.layout.columns, dtype=torch.bool)
        for matrix, has_bias in zip(self.layout.views(mask).matrices, self.biased, strict=True):
            matrix[:, :, -1] = has_bias > 0
        return self.layout.order[mask[0, self.layout.order]]

    def metrics(self, theta: Tensor) -> tuple[dict[str, float], LayerBound]:
        """Every quantity that is a function of parameters θ (1, P) and the samples alone, and the layer bound."""
        theta = theta.to("cpu", torch.float64)
        passes = self._at(theta, self._x.shape[2], torch.float64)
        f = passes.forward(self._x)
        found = self._fit("train", f, self._y)
        passes.backward(self.loss.first(f, self._y))
        gradient = torch.zeros_like(theta)
        passes.gradient(self.layout.views(gradient))
        found["batch_grad_sq"] = float(gradient[0, self._columns].square().sum())
        found["loss_input_grad_sq"] = float(passes.input_grad().square().sum(1).mean())
        found["sharpness"] = (
            sharpness(passes, self._y, self._columns) if math.isfinite(found["train_loss"]) else math.nan
        )
        weights = self.layout.views(theta).weights
        if self.layout.sizes[-1] == 1:  # the ratio of the single output is the loss's, but stays defined at loss 0
            loss_delta_sq = passes.loss.first(f, self._y).square().sum(1)
            passes.backward(torch.ones_like(f))
            bound = layer_bound(passes, weights, self.biased)
            found["geometric_complexity"] = float(passes.input_grad().square().sum(1).mean())
            sample_grad_sq = bound.layer_grad_sq.sum(1) * loss_delta_sq
        else:
            bound = layer_bound(passes, weights, self.biased)
            sample_grad_sq = bound.layer_grad_sq.sum(1)
            found["geometric_complexity"] = float(output_input_grad_sq(passes).mean())
        found["mean_param_grad_sq"] = float(sample_grad_sq.mean())
        summed = bound.summed["operator"]
        found["bound_ratio_median"] = float(summed.nanquantile(0.5))
        found["bound_ratio_max"] = float(np.fmax.reduce(summed.flatten().numpy()))
        found |= self._fit(
            "test", self._at(theta, self._x_test.shape[2], torch.float64).forward(self._x_test), self._y_test
        )
        return found, bound

    def _fit(self, part: str, f: Tensor, y: Tensor) -> dict[str, float]:
        wrong = self.loss.wrong
        error = math.nan if wrong is None else float(wrong(f, y).double().mean())
        return {f"{part}_loss": float(self.loss.value(f, y).mean()), f"{part}_error": error}

    def _at(self, theta: Tensor, samples: int, dtype: torch.dtype) -> Backprop:
        passes = _passes(self.layout, self.activation, self.samples.task, samples, dtype)
        passes.at(theta)
        return passes

    @cached_property
    def domain_points(self) -> Tensor:
        """Points (d, count) of the domain box that the Dirichlet energy is averaged over."""
        if len(self.samples.low) <= 2:
            return self._plane_points(self.plane)
        low, high = (torch.from_numpy(end).to(self.dtype) for end in (self.samples.low, self.samples.high))
        return sobol_points(low, high, DOMAIN_POINTS)

    def _plane_points(self, plane: Plane) -> Tensor:
        cells = (CURVE_POINTS,) if len(plane.low) == 1 else (MAP_SIDE, MAP_SIDE)
        centres = [cell_centres(*ends).numpy() for ends in zip(plane.low, plane.high, cells, strict=True)]
        return torch.from_numpy(points_on(plane, *centres)).to(self.dtype)

    @cached_property
    def _own_plane_points(self) -> Tensor:
        return self._plane_points(self.plane)

    def maps(self, theta: Tensor, plane: Plane | None = None) -> Maps:
        """Values and ‖∇_x f‖²_F over the plane, by default the run's own."""
        points = self._own_plane_points if plane is None else self._plane_points(plane)
        f, slopes = self._sweep(theta, points)
        shape = (CURVE_POINTS,) if points.shape[1] == CURVE_POINTS else (MAP_SIDE, MAP_SIDE)
        winners = None
        values = f[0]
        if f.shape[0] > 1:
            winners = f.argmax(0).view(shape).numpy().astype(np.uint8)
            values = torch.softmax(f, 0).amax(0)
        half = [
            part.double().clamp(-HALF_MAX, HALF_MAX).view(shape).numpy().astype(np.float16) for part in (values, slopes)
        ]
        return Maps(half[0], winners, half[1], float(slopes.double().mean()))

    def train_loss(self, theta: Tensor) -> float:
        """The mean loss over the training samples, as `metrics` gives it."""
        f = self._at(theta.to("cpu", torch.float64), self._x.shape[2], torch.float64).forward(self._x)
        return self._fit("train", f, self._y)["train_loss"]

    def dirichlet_energy(self, theta: Tensor, own_maps: Maps | None = None) -> float:
        """½ · mean over the domain box; where the run's own map is at hand and covers the box, it is read off it."""
        if own_maps is not None and len(self.samples.low) <= 2:
            return own_maps.mean_slope / 2
        return float(self._sweep(theta, self.domain_points)[1].double().mean()) / 2

    def _sweep(self, theta: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs (k, count) and ‖∇_x f‖²_F (count,) at points (d, count)."""
        theta = theta.to("cpu", self.dtype)
        values, slopes = [], []
        for tile in points.split(POINTS_AT_ONCE, dim=1):
            passes = self._at(theta, tile.shape[1], self.dtype)
            values.append(passes.forward(tile[None])[0].clone())
            slopes.append(output_input_grad_sq(passes)[0])
        return torch.cat(values, 1), torch.cat(slopes)

    def unit_maps(self, theta: Tensor) -> list[np.ndarray]:
        """h of every hidden unit over the run's own plane: per hidden layer (width, 64, 64), or (width, 256)."""
        theta = theta.to("cpu", self.dtype)
        tiles = []
        for tile in self._own_plane_points.split(POINTS_AT_ONCE, dim=1):
            passes = self._at(theta, tile.shape[1], self.dtype)
            passes.forward(tile[None])
            tiles.append([h[0].clone() for h in passes.inputs[1:]])
        shape = (CURVE_POINTS,) if len(self.plane.low) == 1 else (MAP_SIDE, MAP_SIDE)
        return [torch.cat(layer, 1).unflatten(1, shape).numpy() for layer in zip(*tiles, strict=True)]


def bound_quantiles(bound: LayerBound) -> np.ndarray:
    """(L, 2, 6) of one network: min, quartiles and max of the ratios per layer and norm, and how many are nan."""
    ratios = np.sort(np.stack([bound.ratios[norm][0].numpy() for norm in NORMS], 1))  # nan last
    valid = ratios.shape[2] - np.isnan(ratios).sum(2, keepdims=True)
    # A quantile between two samples is interpolated, as np.quantile does by default (and 30 times slower here).
    position = np.array([0.0, 0.25, 0.5, 0.75, 1.0]) * np.maximum(valid - 1, 0)
    below = position.astype(int)
    lower, upper = (np.take_along_axis(ratios, index, 2) for index in (below, np.ceil(position).astype(int)))
    return np.concatenate([lower + (upper - lower) * (position - below), ratios.shape[2] - valid], 2)
