"""Perturbed inputs: a step on x + Δx is what a naive replay makes of it, whatever trains beside it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from occam.spec import RunSpec
from occam.training.cohort import Cohort
from occam.training.live import LiveRun
from occam.training.run import Run, train
from tests import oracles
from tests.specs import tiny

KINDS = ("gradient", "unit", "sign", "noise")
BESIDE: list[dict[str, Any]] = [
    {},
    {"training.batch_size": 7, "training.momentum": 0.6},
    {"data.dataset": "sine", "training.param_penalty": 0.05, "training.weight_decay": 0.1},
    {"data.dataset": "iris", "training.input_penalty": 0.05, "model.activation": "gelu"},
]


def perturbed(kind: str, size: float = 0.3, **changes: Any) -> RunSpec:
    return tiny(training__perturbation=kind, training__perturbation_size=size, training__seed=3, **changes)


def replay(run: Run) -> np.ndarray:
    """Final parameters by autograd: objective(x + Δx) of design and theory, Δx without a gradient of its own."""
    training, samples = run.header.spec.training, run.samples
    assert samples is not None
    x, y = torch.tensor(samples.x_train), torch.tensor(samples.y_train, dtype=torch.float64)
    sizes, activation, task = run.header.sizes, run.header.spec.model.activation, samples.task
    twin, noise = LiveRun(run.header.spec), torch.Generator().manual_seed(2**31 + training.seed)
    theta = run.frames[0].params
    velocity = np.zeros_like(theta)
    for _ in range(training.max_steps):
        rows = torch.arange(len(x)) if training.batch_size is None else twin.batch()
        twin.stepped()
        net = oracles.build(oracles.unflatten(theta, sizes), activation)
        v = torch.tensor(oracles.loss_input_gradients(net, task, x[rows], y[rows]))
        step = {
            "gradient": lambda v=v: v,
            "unit": lambda v=v: v / torch.linalg.norm(v, dim=1, keepdim=True),
            "sign": lambda v=v: torch.sign(v),
            "noise": lambda v=v: torch.randn(v.T.shape, dtype=torch.float64, generator=noise).T,
        }[training.perturbation]()
        batch = x[rows] + training.perturbation_size * step, y[rows]
        weights = training.param_penalty, training.input_penalty, training.weight_decay
        objective = oracles.mean_loss(net, task, *batch) + oracles.penalties(net, task, *batch, *weights)
        velocity = training.momentum * velocity + oracles.gradient(objective, net)
        theta = theta - training.step_size * velocity
    return theta


@pytest.mark.parametrize("beside", BESIDE, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_training_equals_the_naive_replay(kind: str, beside: dict[str, Any]) -> None:
    run = train(perturbed(kind).replace(beside), dtype="float64")
    exact = replay(run)
    assert np.linalg.norm(run.frames[-1].params - exact) < 1e-10 * np.linalg.norm(exact)
    assert np.linalg.norm(run.frames[0].params - exact) > 1e-3 * np.linalg.norm(exact)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_recorded_is_of_the_samples_themselves(kind: str) -> None:
    run = train(perturbed(kind, size=1.0), dtype="float64")
    assert run.samples is not None
    found, _ = oracles.metrics(run.frames[-1].params, run.header.spec, run.samples, run.frames[-1].step)
    for name in ("train_loss", "batch_grad_sq", "loss_input_grad_sq", "geometric_complexity", "input_penalty"):
        assert math.isclose(run.frames[-1].metrics[name], found[name], rel_tol=1e-9, abs_tol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_that_stops_a_run_is_of_the_samples_themselves(kind: str) -> None:
    spec = perturbed(kind, size=0.5, training__max_steps=30, record_every=1)
    losses = [frame.metrics["train_loss"] for frame in train(spec).frames]
    wanted = losses[20] * (1 + 1e-6)
    run = train(spec.replace({"training.stop_loss": wanted, "record_every": 30}))
    assert run.ending is not None and run.ending.reason == "stop_loss"
    assert run.ending.step == next(step for step, loss in enumerate(losses) if loss <= wanted)


@pytest.mark.parametrize("kind", KINDS)
def test_a_perturbation_of_no_size_is_none(kind: str) -> None:
    still, plain = perturbed(kind, size=0.0), perturbed("none", size=0.5)
    np.testing.assert_array_equal(train(still).frames[-1].params, train(plain).frames[-1].params)
    assert LiveRun(still).cohort_key == LiveRun(plain).cohort_key != LiveRun(perturbed(kind)).cohort_key


def test_noise_leaves_the_order_of_the_batches_and_is_the_same_in_both_precisions() -> None:
    spec = perturbed("noise", training__batch_size=5)
    noisy, plain = LiveRun(spec, dtype="float64"), LiveRun(spec.replace({"training.perturbation": "none"}))
    single = LiveRun(spec)
    for _ in range(12):
        assert torch.equal(noisy.batch(), plain.batch())
        assert torch.equal(noisy.draw_noise(), single.draw_noise())
        for run in (noisy, plain):
            run.stepped()
    others = [LiveRun(spec.replace({"training.seed": seed})).draw_noise() for seed in (3, 4)]
    assert torch.equal(others[0], LiveRun(spec).draw_noise()) and not torch.equal(*others)


def finish(cohort: Cohort) -> None:
    while any(run.ending is None for run in cohort.runs):
        cohort.record(cohort.due())
        cohort.advance()


@settings(max_examples=15)
@given(
    st.sampled_from(KINDS),
    st.sampled_from(["sine", "moons", "iris", "wine"]),
    st.integers(1, 70),
    st.integers(1, 33),
    st.integers(2, 6),
    st.booleans(),
    st.sampled_from(["float32", "float64"]),
)
def test_no_neighbour_changes_a_number(
    kind: str, dataset: str, n: int, width: int, runs: int, batches: bool, dtype: Any
) -> None:
    """Members of other sizes join after two steps and one leaves after three."""
    spec = perturbed(
        kind,
        data__dataset=dataset,
        data__n_train=n,
        model__width=width,
        training__batch_size=max(n // 2, 1) if batches else None,
        training__param_penalty=0.01,
        training__max_steps=5,
        record_every=5,
    )
    specs = [
        spec.replace({"model.seed": seed, "training.seed": seed, "training.perturbation_size": 0.1 * (seed + 1)})
        for seed in range(runs)
    ]
    members = [LiveRun(one, dtype=dtype) for one in specs]
    assert len({member.cohort_key for member in members}) == 1
    for present, steps in ((members[:1], 2), (members, 1), (members[1:], 1)):
        cohort = Cohort(present)
        cohort.record(cohort.due())
        for _ in range(steps):
            cohort.advance(deadline=lambda: True)
    finish(Cohort(members))
    for member, one in zip(members, specs, strict=True):
        alone = LiveRun(one, dtype=dtype)
        finish(Cohort([alone]))
        assert torch.equal(member.theta, alone.theta)


def test_noise_of_a_step_that_a_neighbour_interrupts_is_not_drawn_twice() -> None:
    spec = perturbed("noise", data__dataset="sine", training__max_steps=40)
    members = [LiveRun(spec.replace({"training.step_size": step})) for step in (0.05, 100.0)]
    finish(Cohort(members))
    assert [run.ending.status for run in members if run.ending] == ["finished", "diverged"]
    alone = LiveRun(members[0].spec)
    finish(Cohort([alone]))
    assert torch.equal(members[0].theta, alone.theta)


@pytest.mark.parametrize("kind", ["gradient", "unit", "sign"])
def test_a_network_that_ignores_its_input_is_not_moved(kind: str) -> None:
    """A gain of 1e-8 leaves input gradients whose squares float32 cannot hold; they must not become nan or huge."""
    run = train(perturbed(kind, model__depth=4, model__gain=1e-8, model__activation="relu"))
    assert run.ending is not None and run.ending.status == "finished"
    assert np.isfinite(run.frames[-1].params).all() and np.abs(run.frames[-1].params).max() < 1
