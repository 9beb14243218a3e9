"""A sweep against plain PyTorch and against JAX, its cost by the number of runs, and one Dask worker against two.

    PYTHONPATH=. python tests/benchmarks/sweep.py [--nets N] [--steps N] [--rounds N] [--sizes N ...] [--only PART ...]

The networks: two moons, n = 256, 3 hidden layers of 16 tanh units, both penalties, float32.  In steady state the rivals
take turns for a second each (A B C, A B C, …), each on both cores: two processes of plain `nn.Module` loops, two of
cohorts, one of JAX with its own threads; a ratio is the median of the ratios within a round.  JAX (extra `benchmark`)
compiles a `vmap` of the same step over all networks; first of all it must take the same steps.  On a machine that is
busy with other things, compare the processor time instead.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from occam.spec import RunSpec
from occam.sweeps.executors.job import Executor
from occam.sweeps.executors.local import Local
from occam.sweeps.failed import Failed
from occam.sweeps.row import Row
from occam.sweeps.spec import SweepSpec
from occam.sweeps.sweep import run

USUAL = RunSpec().replace(
    {"data.n_train": 256, "training.param_penalty": 0.01, "training.input_penalty": 0.01, "record_every": 1000}
)
TINY = RunSpec().replace(
    {"data.n_train": 20, "data.n_test": 20, "model.depth": 2, "model.width": 6, "training.max_steps": 100}
)
ROUND = 1.0  # seconds of one rival in one round
CHECKED = 20  # steps after which JAX must be where the cohort is
SAME = 1e-4  # largest difference of a weight then
TARGETS = {"start": 4.0, "steady": 8.0, "jax": 1.5, "dask": 1.7}
RIVALS = {"plain": 2, "cohort": 2, "jax": 1}  # processes


# What a rival process does: `steps` of all its networks.


def plain(nets: int) -> tuple[Callable[[int], object], int]:
    """One network after the other would take the same time a step: one is enough."""
    from tests.benchmarks.step import Plain, runs

    return Plain(runs(1, "cpu")[0]), 1


def cohort(nets: int) -> tuple[Callable[[int], object], int]:
    """One tile, as a unit of the sweep has it."""
    from occam.sweeps.units import runs_at_once
    from tests.benchmarks.step import Stacked, runs

    tile = min(runs_at_once(USUAL), nets)
    return Stacked(runs(tile, "cpu")), tile


def jax(nets: int) -> tuple[Callable[[int], object], int]:
    """All networks in one compiled `vmap`, many steps in one compiled loop."""
    import jax  # pyright: ignore[reportMissingImports]  # extra `benchmark`
    import jax.numpy as jnp  # pyright: ignore[reportMissingImports]  # the same
    import numpy as np

    from tests.benchmarks.step import Stacked, runs, weights

    live = runs(nets, "cpu")
    knobs = live[0].spec.training
    x, y = jnp.asarray(live[0].samples.x_train, jnp.float32), jnp.asarray(live[0].samples.y_train, jnp.float32)
    sizes = live[0].layout.sizes

    def losses(theta: list[Any], x: Any) -> Any:
        h = x
        for layer, (W, b) in enumerate(theta):
            h = h @ W.T + b
            h = jnp.tanh(h) if layer < len(theta) - 1 else h
        return jax.nn.softplus(h[:, 0]) - y * h[:, 0]

    def objective(theta: list[Any]) -> Any:
        loss, gradient = jax.value_and_grad(lambda theta: losses(theta, x).mean())(theta)
        x_grads = jax.grad(lambda x: losses(theta, x).sum())(x)
        squares = sum((part**2).sum() for part in jax.tree.leaves(gradient))
        return loss + knobs.param_penalty * squares + knobs.input_penalty * (x_grads**2).sum(1).mean()

    def step(_: Any, theta: list[Any]) -> list[Any]:
        return jax.tree.map(lambda part, grad: part - knobs.step_size * grad, theta, jax.grad(objective)(theta))

    many = jax.jit(jax.vmap(lambda theta, steps: jax.lax.fori_loop(0, steps, step, theta), in_axes=(0, None)))
    arrays = [live[0].layout.named(weights(each).numpy()) for each in live]
    layers = range(1, len(sizes))
    theta = [tuple(jnp.stack([part[f"{name}{layer}"] for part in arrays]) for name in "Wb") for layer in layers]
    reached = many(theta, CHECKED)
    Stacked(live[:2])(CHECKED)  # the cohort trains the rows of these runs in place
    for index in range(2):
        there = np.concatenate([np.concatenate([np.ravel(W[index]), b[index]]) for W, b in reached])
        apart = float(np.abs(there - weights(live[index]).numpy()).max())
        if not apart < SAME:
            raise SystemExit(f"JAX does not take the same steps: weights differ by {apart:.1e} after {CHECKED}")
    return lambda steps: jax.block_until_ready(many(theta, steps)), nets


def serve(name: str, nets: int) -> None:
    """Say how many networks one call trains, then take as many steps as each line of the input asks for."""
    import torch

    torch.set_num_threads(1)
    act, at_once = {"plain": plain, "cohort": cohort, "jax": jax}[name](nets)
    act(2)
    print(at_once, flush=True)
    for line in sys.stdin:
        began = time.process_time()
        act(int(line))
        print(time.process_time() - began, flush=True)


class Rival:
    """The processes of one rival; `start`: seconds until all were ready; `cpu`: seconds a model-step of late."""

    def __init__(self, name: str, nets: int) -> None:
        command = [sys.executable, __file__, "--rival", name, "--nets", str(nets)]
        began = time.perf_counter()
        self.processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(RIVALS[name])
        ]
        self._at_once = sum(int(self._hear(process)) for process in self.processes)
        self.start = time.perf_counter() - began
        self._steps, self.cpu = 10, 0.0
        self._steps = max(1, round(self.turn() * ROUND / self._at_once))

    def _hear(self, process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise SystemExit("a rival gave up")
        return line

    def turn(self) -> float:
        """One turn on both cores: model-steps a second."""
        began = time.perf_counter()
        for process in self.processes:
            assert process.stdin is not None
            print(self._steps, file=process.stdin, flush=True)
        self.cpu = sum(float(self._hear(process)) for process in self.processes) / (self._steps * self._at_once)
        return self._steps * self._at_once / (time.perf_counter() - began)

    def close(self) -> None:
        """End them."""
        for process in self.processes:
            process.communicate()


def swept(sweep: SweepSpec, executor: Executor) -> Iterator[float]:
    """Seconds until each row."""
    began = time.perf_counter()
    for item in run(sweep, None, executor):
        if isinstance(item, Failed):
            raise SystemExit(item.sentence)
        if isinstance(item, Row):
            yield time.perf_counter() - began


@contextmanager
def local() -> Iterator[Local]:
    """Two fresh workers, so that start-up counts."""
    executor = Local(2)
    try:
        yield executor
    finally:
        executor.close()


def throughput(nets: int, steps: int, rounds: int) -> None:
    """The sweep with its start-up, and the three rivals in steady state."""
    with ExitStack() as stack:
        rivals = {name: Rival(name, nets) for name in RIVALS if name != "jax" or find_spec("jax")}
        for rival in rivals.values():
            stack.callback(rival.close)
        rates, cpu = list[dict[str, float]](), list[dict[str, float]]()
        for _ in range(rounds):
            rates.append({name: rival.turn() for name, rival in rivals.items()})
            cpu.append({name: rival.cpu for name, rival in rivals.items()})
        plain_start = rivals["plain"].start
    print(f"| {nets} nets of 3 × 16 tanh, n = 256, both penalties, two cores | | target |\n| --- | --- | --- |")
    for name in rivals:
        wall, busy = 1e6 / median(rate[name] for rate in rates), 1e6 * median(used[name] for used in cpu)
        print(f"| {name}: µs a model-step of the machine; of processor time | {wall:.0f}; {busy:.0f} | |")
    steady = median(rate["cohort"] / rate["plain"] for rate in rates)
    print(f"| steady state: times as fast as plain | {steady:.1f} | ≥ {TARGETS['steady']:g} |")
    if "jax" in rivals:
        slower = median(rate["jax"] / rate["cohort"] for rate in rates)
        print(f"| steady state: times as long as JAX | {slower:.2f} | ≤ {TARGETS['jax']:g} |")
        busier = median(used["cohort"] / used["jax"] for used in cpu)
        print(f"| the same in processor time | {busier:.2f} | |")
    spec = USUAL.replace({"training.max_steps": steps})
    with local() as executor:
        *_, seconds = swept(SweepSpec(base=spec, vary={"model.seed": tuple(range(nets))}), executor)
    slow = plain_start + nets * steps / median(rate["plain"] for rate in rates)
    print(f"| the sweep of {steps} steps, processes started and every run measured | {seconds:.1f} s | |")
    print(f"| the same by plain loops, start-up {plain_start:.1f} s, no measuring (from its rate) | {slow:.1f} s | |")
    print(f"| with start-up: times as fast as plain | {slow / seconds:.1f} | ≥ {TARGETS['start']:g} |", flush=True)


def scaling(sizes: list[int]) -> None:
    """Cost of sweeps of tiny runs."""
    import resource

    print("\n| tiny runs (2 × 6, n = 20, 100 steps) | first row s | all s | ms a run | peak MB here |")
    print("| --- | --- | --- | --- | --- |")
    for size in sizes:
        with local() as executor:
            times = list(swept(SweepSpec(base=TINY, vary={"model.seed": tuple(range(size))}), executor))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        after = 1e3 * (times[-1] - times[0]) / max(len(times) - 1, 1)
        print(f"| {len(times)} | {times[0]:.1f} | {times[-1]:.1f} | {after:.2f} | {peak:.0f} |", flush=True)


def dask(nets: int, steps: int, rounds: int) -> None:
    """The same sweep on one worker and on two, in turns, all warm."""
    from occam.sweeps.executors.cluster import Cluster
    from tests.sweeps.dask_cluster import dask_cluster

    base = USUAL.replace({"training.max_steps": steps})
    sweep = SweepSpec(base=base, vary={"model.seed": tuple(range(nets))})
    found: dict[int, list[float]] = {1: [], 2: []}
    with ExitStack() as stack:
        clusters = {
            workers: stack.enter_context(dask_cluster(Path(stack.enter_context(folder)), workers))
            for workers, folder in ((workers, tempfile.TemporaryDirectory()) for workers in found)
        }
        executors = {workers: Cluster(cluster.address) for workers, cluster in clusters.items()}
        warm = SweepSpec(base=TINY, vary={"model.seed": tuple(range(300))})
        for executor in executors.values():
            list(swept(warm, executor))
        for _ in range(rounds):
            for workers, executor in executors.items():
                *_, seconds = swept(sweep, executor)
                found[workers].append(seconds)
        for executor in executors.values():
            executor.close()
    ratio = median(one / two for one, two in zip(found[1], found[2], strict=True))
    print(f"\n| {nets} nets of {steps} steps on Dask | s | target |\n| --- | --- | --- |")
    print(f"| one worker | {median(found[1]):.1f} | |\n| two workers | {median(found[2]):.1f} | |")
    print(f"| two workers: times as fast | {ratio:.2f} | ≥ {TARGETS['dask']:g} |")


def main() -> None:
    """All of it, or the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nets", type=int, default=64)
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--dask-nets", type=int, default=128)
    parser.add_argument("--only", nargs="+", choices=("throughput", "scaling", "dask"))
    parser.add_argument("--rival", choices=RIVALS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.rival:
        serve(asked.rival, asked.nets)
        return
    parts = asked.only or ("throughput", "scaling", "dask")
    if "throughput" in parts:
        throughput(asked.nets, asked.steps, asked.rounds)
    if "scaling" in parts:
        scaling(asked.sizes)
    if "dask" in parts:
        dask(asked.dask_nets, max(1, asked.steps // 5), asked.rounds)


if __name__ == "__main__":
    main()
