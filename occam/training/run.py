"""Training: one run, a cohort of runs advanced as one, and `train`, which takes a spec to its recording.

One step, for every run of the cohort (L the loss over the batch; design: heavy ball, v₀ = 0):

    v ← βv + ∇( L + λ‖∇_θL‖² + ε·mean‖∇_xℓᵢ‖² + ½·weight_decay·‖W‖² ),    θ ← θ − γv

With u = ∇_θL and vᵢ = ∇_xℓᵢ held fixed, ∇_θ[λ‖u‖² + ε·mean‖vᵢ‖²] = d/dt ∇_θL(θ + 2tλu, xᵢ + 2tεvᵢ) at t = 0: both
penalties together are one tangent pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from occam.datasets import Samples, Table, load
from occam.network.activations import ACTIVATIONS
from occam.network.backprop import Backprop
from occam.network.losses import LOSSES, as_targets
from occam.network.parameters import Layout, initial_row, layer_sizes, whole_vectors
from occam.spec import RunSpec
from occam.theory.penalties import pressure
from occam.training.device import DeviceChoice, choose_device
from occam.training.frames import Ending, Frame, Header, Recording
from occam.training.measure import Ruler, bound_quantiles
from occam.training.plane import project

LARGEST_LOSS = 1e6  # beyond it a run counts as diverged
Precision = Literal["float32", "float64"]


class LiveRun:
    """One run in progress: its samples, its row of θ and v, its step, and what it still has to record."""

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
        )

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
        if self.halted_at is not None and _diverged(self.halted_at) and (self.step > 0 or repeated):
            self._end(self.halted_at)
            return None
        frame = self._measure()
        loss = frame.metrics["train_loss"]
        if not _diverged(loss):
            self._stability = frame.metrics["stability"]
        self._end(loss)
        diverged = self.ending is not None and self.ending.status == "diverged"
        return None if repeated or (diverged and self.step > 0) else frame

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
        training = self.spec.training
        metrics, bound = self.ruler.metrics(self.theta)
        maps = self.ruler.maps(self.theta)
        metrics["step"] = float(self.step)
        metrics["dirichlet_energy"] = self.ruler.dirichlet_energy(self.theta, maps)
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
        params = self.theta[0, self.layout.order.to(self.device)].cpu().numpy()
        quantiles = bound_quantiles(bound).astype(np.float32)
        return Frame(self.step, metrics, quantiles, maps.values, maps.winners, maps.slopes, params)


def _diverged(loss: float) -> bool:
    return not loss <= LARGEST_LOSS  # also true of nan


class Cohort:
    """Runs with equal `cohort_key`, trained as one stack; each run's numbers are those it would have alone."""

    def __init__(self, runs: Sequence[LiveRun]) -> None:
        """Take over the rows of `runs`; a cohort that held one of them before must not be used again."""
        self.runs = list(runs)
        self._stack([run for run in self.runs if run.ending is None])

    def _stack(self, active: list[LiveRun]) -> None:
        """Copy the rows of the active runs into one θ, and make each run's row a view of it."""
        self._active = active
        if not active:
            return
        first = active[0]
        self._theta = torch.cat([run.theta for run in active])
        self._velocity = torch.cat([run.velocity for run in active])
        self._x = torch.cat([run.x for run in active])
        self._y = torch.cat([run.y for run in active])
        for row, run in enumerate(active):
            run.theta, run.velocity = self._theta[row : row + 1], self._velocity[row : row + 1]
            run.x, run.y = self._x[row : row + 1], self._y[row : row + 1]
        self._passes = Backprop(
            first.layout,
            ACTIVATIONS[first.spec.model.activation],
            LOSSES[first.samples.task],
            len(active),
            first.batch_size or first.n,
            self._theta.dtype,
            self._theta.device,
            padded=True,
        )
        self._passes.at(self._theta)
        if first.batch_size is None:
            self._passes.inputs[0].copy_(self._x)
        self._gradient = torch.zeros_like(self._theta)
        self._direction = torch.zeros_like(self._theta)
        self._gradient_views = first.layout.views(self._gradient)
        self._direction_views = first.layout.views(self._direction)
        self._is_weight = first.layout.is_weight.to(self._theta)
        self._step_size = self._knob([run.spec.training.step_size for run in active])
        self._momentum = self._knob([run.spec.training.momentum for run in active])
        self._weight_decay = self._knob([run.spec.training.weight_decay for run in active])
        self._twice_param_penalty = self._knob([2 * run.spec.training.param_penalty for run in active])
        self._twice_input_penalty = self._knob([2 * run.spec.training.input_penalty for run in active])

    def _knob(self, values: list[float]) -> Tensor | None:
        """A column (R, 1) of one knob's values, or None if it is off in every run."""
        return self._theta.new_tensor(values)[:, None] if any(values) else None

    def due(self) -> list[LiveRun]:
        """Runs that stand at a record point they have not recorded."""
        return [run for run in self.runs if run.owes_record]

    def record(self, runs: Sequence[LiveRun]) -> list[Frame | None]:
        """Measure these runs at their present steps; None for one that turns out to have diverged (see its ending)."""
        frames = [run.record() for run in runs]
        if any(run.ending is not None for run in self._active):
            self._stack([run for run in self._active if run.ending is None])
        return frames

    def advance(self, deadline: Callable[[], bool] = lambda: False) -> None:
        """Train until a run is due or `deadline()`, which is asked between steps, is true; runs that are due must be
        recorded before they can go on.
        """
        while self._active and not self.due():
            self._step()
            if deadline():
                return

    def _step(self) -> None:
        """One step of every active run, or none at all if one of them must halt first."""
        x, y, passes = self._batch()
        f = passes.forward(x)
        if self._halts(passes.loss.value(f, y)[:, : passes.samples].mean(1).tolist()):
            return
        passes.backward(passes.loss.first(f, y))
        gradient = self._gradient
        passes.gradient(self._gradient_views)
        if self._twice_param_penalty is not None or self._twice_input_penalty is not None:
            self._add_penalties(y)
        if self._weight_decay is not None:
            gradient.addcmul_(self._theta * self._is_weight, self._weight_decay)
        if self._momentum is not None:
            gradient = self._velocity.mul_(self._momentum).add_(gradient)
        self._theta.addcmul_(gradient, self._step_size, value=-1.0)
        for run in self._active:
            run.stepped()

    def _add_penalties(self, y: Tensor) -> None:
        """Add ∇_θ[λ‖∇_θL‖² + ε·mean‖∇_xℓᵢ‖²] to the gradient ∇_θL that is already there."""
        direction = input_direction = None
        if self._twice_param_penalty is not None:
            torch.mul(self._gradient, self._twice_param_penalty, out=self._direction)
            direction = self._direction_views
        if self._twice_input_penalty is not None:
            input_direction = self._passes.input_grad().mul_(self._twice_input_penalty[:, :, None])
        self._passes.add_gradient_tangent(y, self._gradient_views, direction, input_direction)

    def _batch(self) -> tuple[Tensor | None, Tensor, Backprop]:
        """Inputs (None where the full batch is already in the buffers) and targets of this step."""
        if self._active[0].batch_size is None:
            return None, self._y, self._passes
        batches = torch.stack([run.batch() for run in self._active])
        index = pad(batches, (0, self._passes.columns - self._passes.samples)).to(self._x.device)[:, None]
        x = torch.gather(self._x, 2, index.expand(-1, self._x.shape[1], -1))
        return x, torch.gather(self._y, 2, index.expand(-1, self._y.shape[1], -1)), self._passes

    def _halts(self, losses: list[float]) -> bool:
        """Mark the runs whose loss at this step ends them."""
        halting = False
        for run, loss in zip(self._active, losses, strict=True):
            stop = run.spec.training.stop_loss
            if _diverged(loss) or (stop is not None and run.batch_size is None and loss <= stop):
                run.halted_at, halting = loss, True
        return halting


@dataclass
class Run(Recording):
    """A recording with the samples it was trained on; the first and last frame hold the initial and final weights."""

    samples: Samples | None = None


def train(
    spec: RunSpec, *, table: Table | None = None, device: DeviceChoice = "auto", dtype: Precision = "float32"
) -> Run:
    """Train a spec to its end in this process.

    Raises `CsvFault` for an own file that is missing or not the one named.  A divergence is a result, not an error:
    see `Run.ending`.
    """
    live = LiveRun(spec, table=table, device=device, dtype=dtype)
    run = Run(live.header, samples=live.samples)
    cohort = Cohort([live])
    while live.ending is None:
        run.frames += [frame for frame in cohort.record(cohort.due()) if frame is not None]
        cohort.advance()
    run.ending = live.ending
    return run
