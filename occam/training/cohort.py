"""Runs of equal shape trained as one stack.

One step of every run, L the loss over its batch, heavy ball with v₀ = 0:

    v ← βv + ∇( L + λ‖∇_θL‖² + ε·mean‖∇_xℓᵢ‖² + ½·weight_decay·‖W‖² ),    θ ← θ − γv

With u = ∇_θL and vᵢ = ∇_xℓᵢ held fixed, ∇_θ[λ‖u‖² + ε·mean‖vᵢ‖²] = d/dt ∇_θL(θ + 2tλu, xᵢ + 2tεvᵢ) at t = 0: both
penalties together are one tangent pass.

A run with a perturbation takes its step on x + Δx, Δx held fixed: ρ∇_xℓ, ρ∇_xℓ/‖∇_xℓ‖, ρ·sign(∇_xℓ) or ρ·N(0, 1), the
gradients taken at x.  The moved samples stand for the batch in every term, so that L is the loss on them in λ‖∇_θL‖²
too: the implicit γ/4 acts on the gradient that the step follows, and λ must add to it.  What is recorded, and the loss
that ends a run, are of the samples themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import pad

from occam.network.activations import ACTIVATIONS
from occam.network.backprop import Backprop
from occam.network.losses import LOSSES
from occam.theory.robustness import direction
from occam.training.frames import Frame
from occam.training.live import LiveRun, diverged


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
        self._perturbation = first.perturbation
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
        if first.batch_size is None and self._perturbation == "none":
            self._passes.inputs[0].copy_(self._x)
        self._gradient = torch.zeros_like(self._theta)
        self._direction = torch.zeros_like(self._theta)
        self._gradient_views = first.layout.views(self._gradient)
        self._direction_views = first.layout.views(self._direction)
        self._is_weight = first.layout.is_weight.to(self._theta)
        self._step_size = self._column([run.spec.training.step_size for run in active])
        self._momentum = self._knob([run.spec.training.momentum for run in active])
        self._weight_decay = self._knob([run.spec.training.weight_decay for run in active])
        self._twice_param_penalty = self._knob([2 * run.spec.training.param_penalty for run in active])
        self._twice_input_penalty = self._knob([2 * run.spec.training.input_penalty for run in active])
        self._perturbation_size = self._column([run.spec.training.perturbation_size for run in active])[:, :, None]

    def _column(self, values: list[float]) -> Tensor:
        return self._theta.new_tensor(values)[:, None]

    def _knob(self, values: list[float]) -> Tensor | None:
        """A column (R, 1) of one knob's values, or None if it is off in every run."""
        return self._column(values) if any(values) else None

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
        if x is not None and self._perturbation != "none":
            f = passes.forward(self._perturbed(x, f, y))
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

    def _perturbed(self, x: Tensor, f: Tensor, y: Tensor) -> Tensor:
        """x + Δx of the active runs, after `forward(x)` gave f; noise is drawn once a step that is really taken."""
        passes = self._passes
        if self._perturbation == "noise":
            noise = torch.stack([run.draw_noise() for run in self._active])
            step = pad(noise, (0, passes.columns - passes.samples)).to(x)
        else:
            passes.backward(passes.loss.first(f, y))
            step = direction(self._perturbation, passes.input_grad())
        return torch.addcmul(x, step, self._perturbation_size)

    def _batch(self) -> tuple[Tensor | None, Tensor, Backprop]:
        """Inputs (None where the full batch is already in the buffers) and targets of this step."""
        if self._active[0].batch_size is None:
            whole = None if self._perturbation == "none" else self._x
            return whole, self._y, self._passes
        batches = torch.stack([run.batch() for run in self._active])
        index = pad(batches, (0, self._passes.columns - self._passes.samples)).to(self._x.device)[:, None]
        x = torch.gather(self._x, 2, index.expand(-1, self._x.shape[1], -1))
        return x, torch.gather(self._y, 2, index.expand(-1, self._y.shape[1], -1)), self._passes

    def _halts(self, losses: list[float]) -> bool:
        """Mark the runs whose loss at this step ends them, and tell those who wait for a level."""
        halting = False
        for run, loss in zip(self._active, losses, strict=True):
            if loss <= run.next_level:
                run.crosses(loss)
            stop = run.spec.training.stop_loss
            if diverged(loss) or (stop is not None and run.batch_size is None and loss <= stop):
                run.halted_at, halting = loss, True
        return halting
