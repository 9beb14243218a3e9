"""One run in progress: its samples, its state, what it still has to record, and why it ends."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

from occam.datasets import Samples, Table, load
from occam.network.losses import as_targets
from occam.network.parameters import Layout, initial_row, layer_sizes, whole_vectors
from occam.spec import LARGEST_SEED, Perturbation, RunSpec
from occam.theory.bound import LayerBound
from occam.theory.penalties import pressure
from occam.training.device import DeviceChoice, choose_device
from occam.training.frames import Ending, Frame, Header
from occam.training.measure import Maps, Ruler, bound_quantiles
from occam.training.plane import project

LARGEST_LOSS = 1e6  # beyond it a run counts as diverged
Precision = Literal["float32", "float64"]


class LiveRun:
    """One run in progress: its samples, its row of θ and v, its step, and what it still has to record."""

    next_level = -math.inf  # the cohort tells a loss of the full batch that is as low (see `crosses`)

    def __init__(
        self, spec: RunSpec, *, table: Table | None = None, device: DeviceChoice = "auto", dtype: Precision = "float32"
    ) -> None:
        """Prepare the run at step 0.  Raises `CsvFault` if an own file is missing or is not the one named."""
        self.spec = spec
        self.samples: Samples = load(spec.data, table)
        samples, training = self.samples, spec.training
        n, inputs = samples.x_train.shape
        outputs = len(samples.classes) if samples.task == "multiclass" else 1
        self.layout = Layout(layer_sizes(spec.model, inputs, outputs))
        precision = torch.float32 if dtype == "float32" else torch.float64
        # A real table may hold fewer rows than were asked for; the batch is then what there is.
        self.batch_size = None if training.batch_size is None else min(training.batch_size, n)
        self.device, device_name = choose_device(device, self.layout.columns, self.batch_size or n)
        self.ruler = Ruler(samples, self.layout, spec.model.activation, precision)
        self.theta = initial_row(spec.model, self.layout, precision)[None].to(self.device)
        self.velocity = torch.zeros_like(self.theta)
        self.n = n
        padding = (0, whole_vectors(n) - n)  # see Backprop
        labels = torch.from_numpy(samples.y_train.astype(np.float64))
        x, y = torch.from_numpy(samples.x_train.T), as_targets(labels, samples.task, outputs)
        self.x, self.y = (pad(part, padding)[None].to(self.device, precision) for part in (x, y))
        self.step = 0
        self.ending: Ending | None = None
        self.halted_at: float | None = None  # the loss that ends the run at this step, once the cohort has seen it
        self._recorded: int | None = None
        self._stability = math.nan
        self._generator = torch.Generator().manual_seed(training.seed)
        # A stream of its own, which no other seed reaches: noise leaves the order of the batches as it is.
        self._noise = torch.Generator().manual_seed(LARGEST_SEED + 1 + training.seed)
        self._epoch = torch.empty(0, dtype=torch.long)
        self._batch: Tensor | None = None
        plane = self.ruler.plane
        self.header = Header(
            spec=spec,
            task=samples.task,
            sizes=self.layout.sizes,
            classes=samples.classes,
            plane=plane,
            train=project(plane, samples.x_train),
            y_train=samples.y_train.astype(np.float32),
            test=project(plane, samples.x_test),
            y_test=samples.y_test.astype(np.float32),
            device=device_name,
            dtype=dtype,
            features=samples.features if self.layout.sizes[0] > 2 else (),
        )

    @property
    def perturbation(self) -> Perturbation:
        """The kind of perturbation of the inputs that has an effect: "none" where its size is 0."""
        training = self.spec.training
        return training.perturbation if training.perturbation_size > 0 else "none"

    @property
    def cohort_key(self) -> Hashable:
        """Runs with equal keys can train as one cohort: equal shapes, equal kinds of work."""
        training = self.spec.training
        return (
            self.layout.sizes,
            self.spec.model.activation,
            self.samples.task,
            self.n,
            self.batch_size,
            training.param_penalty > 0,
            training.input_penalty > 0,
            self.perturbation,
            training.momentum > 0,
            training.weight_decay > 0,
            self.theta.dtype,
            self.device,
        )

    @property
    def owes_record(self) -> bool:
        """Whether the run stands at a record point, not yet recorded: step 0, every `record_every`, the last."""
        if self.ending is not None or (self._recorded == self.step and self.halted_at is None):
            return False
        last = self.spec.training.last_step
        return self.halted_at is not None or self.step % self.spec.record_every == 0 or self.step == last

    def batch(self) -> Tensor:
        """Indices (B,) of the mini-batch of this step; an epoch's incomplete last batch is left out."""
        if self._batch is None:
            self._batch = self._draw_batch()
        return self._batch

    def _draw_batch(self) -> Tensor:
        n, size = self.n, self.batch_size or self.n
        if self.spec.training.sampling == "replacement":
            return torch.randint(n, (size,), generator=self._generator)
        if len(self._epoch) < size:
            self._epoch = torch.randperm(n, generator=self._generator)
        batch, self._epoch = self._epoch[:size], self._epoch[size:]
        return batch

    def draw_noise(self) -> Tensor:
        """N(0, 1) for each input of this step's samples (d, B), in float64, so that both precisions see the same."""
        size = (self.layout.sizes[0], self.batch_size or self.n)
        return torch.randn(size, dtype=torch.float64, generator=self._noise)

    def crosses(self, loss: float) -> None:
        """Take note that the loss of the full batch at this step is at most `next_level`."""

    def stepped(self) -> None:
        """Count a step that the cohort has taken."""
        self.step += 1
        self._batch = None

    def record(self) -> Frame | None:
        """The frame of the present step, or None where the run turns out to have diverged; sets `ending` at the last.

        Step 0 is recorded whatever its loss, so that there is a picture to explain.
        """
        repeated = self._recorded == self.step
        self._recorded = self.step
        if self.halted_at is not None and diverged(self.halted_at) and (self.step > 0 or repeated):
            self._end(self.halted_at)
            return None
        frame = self._measure()
        loss = frame.metrics["train_loss"]
        if not diverged(loss):
            self._stability = frame.metrics["stability"]
        self._end(loss)
        unfit = self.ending is not None and self.ending.status == "diverged" and self.step > 0
        return None if repeated or unfit else frame

    def _end(self, loss: float) -> None:
        """Set `ending` if training ends at this step with this loss."""
        training = self.spec.training
        if not math.isfinite(loss):
            self.ending = Ending("diverged", "loss_not_finite", self.step, loss, self._stability)
        elif loss > LARGEST_LOSS:
            self.ending = Ending("diverged", "loss_too_large", self.step, loss, self._stability)
        elif self.halted_at is not None or (training.stop_loss is not None and loss <= training.stop_loss):
            self.ending = Ending("finished", "stop_loss", self.step, loss, self._stability)
        elif self.step == training.last_step:
            reason = "max_steps" if self.step == training.max_steps else "stop_time"
            self.ending = Ending("finished", reason, self.step, loss, self._stability)

    def _measure(self) -> Frame:
        return self.frame(self.step, self.theta)

    def frame(self, step: int, theta: Tensor) -> Frame:
        """Everything that is recorded of parameters θ (1, P), which the run had at `step`."""
        maps = self.ruler.maps(theta)
        metrics, bound = self.metrics(step, theta, maps)
        params, quantiles = self.params(theta), bound_quantiles(bound).astype(np.float32)
        return Frame(step, metrics, quantiles, maps.values, maps.winners, maps.slopes, params)

    def metrics(self, step: int, theta: Tensor, own_maps: Maps | None = None) -> tuple[dict[str, float], LayerBound]:
        """Every metric of the glossary for parameters θ (1, P), and the layer bound; `own_maps` save time."""
        training = self.spec.training
        metrics, bound = self.ruler.metrics(theta)
        metrics["step"] = float(step)
        metrics["dirichlet_energy"] = self.ruler.dirichlet_energy(theta, own_maps)
        metrics["stability"] = training.step_size * metrics["sharpness"]
        metrics |= pressure(
            metrics["batch_grad_sq"],
            metrics["mean_param_grad_sq"],
            metrics["loss_input_grad_sq"],
            samples=self.n,
            batch_size=self.batch_size,
            sampling=training.sampling,
            step_size=training.step_size,
            momentum=training.momentum,
            param_penalty=training.param_penalty,
            input_penalty=training.input_penalty,
        )
        return metrics, bound

    def params(self, theta: Tensor) -> NDArray[np.floating]:
        """Parameters θ (1, P) in the order of records and files."""
        return theta[0, self.layout.order.to(theta.device)].cpu().numpy()


def diverged(loss: float) -> bool:
    """Whether a loss ends a run: not finite, or beyond `LARGEST_LOSS`."""
    return not loss <= LARGEST_LOSS  # also true of nan
