"""One training step with both penalties, and one record: this code against plain PyTorch, paired in one run.

    python tests/benchmarks/step.py [--device cuda] [--rounds N]

A step minimises L + λ‖∇_θL‖² + ε·mean‖∇_xℓᵢ‖² on two moons, n = 256, 3 hidden layers of 16 tanh units, in float32 on
one thread.  Rivals take turns (A B C … A B C …), so that a busy machine disturbs all of them alike; a ratio is the
median of the ratios within a round.  First of all, the rivals must take the same steps from the same weights.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from occam.spec import RunSpec
from occam.training.run import Cohort, LiveRun, train

SPEC = RunSpec().replace(
    {
        "data.n_train": 256,
        "training.param_penalty": 0.01,
        "training.input_penalty": 0.01,
        "training.max_steps": 1_000_000,
        "record_every": 1_000_000,
    }
)
COHORTS = (1, 4, 8, 16)
STEPS = 20  # of each rival in a round
TARGETS = {1: 3.0, 8: 6.0}
SAME = 1e-4  # largest difference of a weight after `STEPS` steps in float32


class Plain:
    """The textbook: an nn.Module, autograd for ∇_θL and ∇_xℓᵢ with create_graph, and backward through both."""

    def __init__(self, run: LiveRun) -> None:
        """Start from the samples and the weights of `run`."""
        self.knobs, device = run.spec.training, run.device
        layers: list[nn.Module] = []
        for d_in, d_out in zip(run.layout.sizes[:-1], run.layout.sizes[1:], strict=True):
            layers += [nn.Linear(d_in, d_out), nn.Tanh()]
        self.net = nn.Sequential(*layers[:-1]).to(device)
        self.parameters = list(self.net.parameters())
        vector_to_parameters(weights(run), self.parameters)
        self.x = torch.tensor(run.samples.x_train, dtype=torch.float32, device=device).requires_grad_()
        self.y = torch.tensor(run.samples.y_train, dtype=torch.float32, device=device)[:, None]
        self.losses = nn.BCEWithLogitsLoss(reduction="none")

    def __call__(self, steps: int) -> None:
        """Take so many steps."""
        for _ in range(steps):
            losses = self.losses(self.net(self.x), self.y)
            loss = losses.mean()
            theta_grads = torch.autograd.grad(loss, self.parameters, create_graph=True)
            (x_grads,) = torch.autograd.grad(losses.sum(), self.x, create_graph=True)
            theta_penalty = torch.stack([grad.square().sum() for grad in theta_grads]).sum()
            x_penalty = x_grads.square().sum(1).mean()
            total = loss + self.knobs.param_penalty * theta_penalty + self.knobs.input_penalty * x_penalty
            grads = torch.autograd.grad(total, self.parameters)
            with torch.no_grad():
                for parameter, grad in zip(self.parameters, grads, strict=True):
                    parameter.sub_(grad, alpha=self.knobs.step_size)


class Stacked:
    """Runs of different seeds as one cohort, driven as the trainer does it: a deadline asked between steps."""

    def __init__(self, runs: list[LiveRun]) -> None:
        self.cohort = Cohort(runs)
        self.cohort.record(self.cohort.due())

    def __call__(self, steps: int) -> None:
        """Take so many steps."""
        countdown = iter(range(steps - 1, -1, -1))
        self.cohort.advance(lambda: next(countdown) == 0)


def runs(count: int, device: str) -> list[LiveRun]:
    """So many runs of one shape with different seeds."""
    chosen = "cuda" if device == "cuda" else "cpu"
    return [LiveRun(SPEC.replace({"model.seed": seed}), device=chosen) for seed in range(count)]


def weights(run: LiveRun) -> Tensor:
    """All weights and biases in the order of `nn.Module.parameters()`."""
    return run.theta[0, run.layout.order.to(run.device)].clone()


def timed(act: Callable[[], object], device: str) -> float:
    """Seconds that `act` takes, what it leaves on the GPU included."""
    began = time.perf_counter()
    act()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - began


def steps(device: str, rounds: int) -> None:
    """Print microseconds a model-step and how many times as fast as plain PyTorch that is."""
    first = runs(1, device)
    plain, alone = Plain(first[0]), Stacked(first)
    plain(STEPS)
    alone(STEPS)
    reached = parameters_to_vector(plain.parameters).detach()
    apart = float((reached - weights(first[0])).abs().max())
    if not apart < SAME:
        raise SystemExit(f"the rivals do not take the same steps: weights differ by {apart:.1e} after {STEPS}")

    stacks = {1: alone} | {count: Stacked(runs(count, device)) for count in COHORTS[1:]}
    slow: list[float] = []
    fast: dict[int, list[float]] = {count: [] for count in COHORTS}
    for _ in range(rounds):
        slow.append(timed(lambda: plain(STEPS), device) / STEPS)
        for count, stack in stacks.items():
            fast[count].append(timed(lambda stack=stack: stack(STEPS), device) / STEPS / count)
    print(f"| one step, both penalties, 3 × 16 tanh, n = 256, {device} | µs a model | times as fast | target |")
    print("| --- | --- | --- | --- |")
    print(f"| plain nn.Module, double backward | {1e6 * median(slow):.0f} | 1 | |")
    for count in COHORTS:
        ratio = median(a / b for a, b in zip(slow, fast[count], strict=True))
        target = f"≥ {TARGETS[count]:g}" if count in TARGETS else ""
        name = "alone" if count == 1 else f"member of a cohort of {count}"
        print(f"| {name} | {1e6 * median(fast[count]):.0f} | {ratio:.1f} | {target} |", flush=True)


def records(rounds: int) -> None:
    """Print milliseconds of one record: every metric, the layer bound, both maps."""
    print("\n| one record, n = 200 | ms |\n| --- | --- |")
    for depth, width in ((3, 16), (4, 32)):
        spec = RunSpec().replace({"model.depth": depth, "model.width": width, "record_every": 1})
        cohort, found = Cohort([LiveRun(spec, device="cpu")]), []
        for _ in range(rounds + 1):
            due = cohort.due()
            found.append(timed(lambda cohort=cohort, due=due: cohort.record(due), "cpu"))
            cohort.advance()
        print(f"| {depth} × {width} | {1e3 * median(found[1:]):.1f} |", flush=True)


def whole_run() -> None:
    """Print the time of the default run: samples, all steps, all records."""
    spec = RunSpec()
    found = [timed(lambda: train(spec, device="cpu"), "cpu") for _ in range(3)]
    last, every = spec.training.last_step, spec.record_every
    print(f"\nThe default run, {last} steps with a record every {every}: {median(found):.2f} s")


def main() -> None:
    """All of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--rounds", type=int, default=60)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    steps(asked.device, asked.rounds)
    records(asked.rounds)
    whole_run()


if __name__ == "__main__":
    main()
