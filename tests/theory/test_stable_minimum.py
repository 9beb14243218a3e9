"""T15: at a minimum that descent holds, the transferred input gradient is bounded by 2n/γ, link by link."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from occam.theory.probe import Probe
from occam.theory.stable_minimum import dense_hessian, stable_minimum
from occam.training.run import train
from tests import oracles
from tests.cases import Case, cases
from tests.specs import tiny
from tests.theory.test_robustness import labels_of, probe_of


@settings(max_examples=30)
@given(cases(most_runs=1, deepest=2, widest=4, most_samples=4))
def test_the_hessian_equals_autograd(case: Case):
    probe, x, y, net = probe_of(case)
    exact = oracles.hessian(net, case.task, x.T, labels_of(case))
    np.testing.assert_allclose(dense_hessian(probe, x, y), exact, rtol=1e-9, atol=1e-10 * np.abs(exact).max())


@pytest.mark.parametrize("step_size", [0.1, 0.4])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_converged_stable_run_obeys_every_link(step_size: float, seed: int):
    spec = tiny(
        data__dataset="sine",
        data__n_train=5,
        data__noise=0.0,
        model__depth=2,
        model__width=8,
        model__seed=seed,
        training__step_size=step_size,
        training__max_steps=60_000,
        training__stop_loss=1e-10,
        record_every=60_000,
    )
    run = train(spec, dtype="float64")
    assert run.ending is not None and run.ending.reason == "stop_loss" and run.samples is not None
    probe = Probe(run.header.sizes, "tanh", "regression", run.frames[-1].params)
    found = stable_minimum(probe, *probe.samples(run.samples), step_size)
    assert found.stability <= 2 * 1.01
    assert 0 < found.transferred <= found.mean_output_grad_sq * (1 + 1e-9)
    # Off the minimum by residuals r the trace differs by mean r·tr∇²f, of the order of √loss.
    assert found.trace == pytest.approx(found.mean_output_grad_sq, rel=1e-3)
    assert found.trace <= 5 * found.sharpness * (1 + 1e-3) and 5 * found.sharpness <= found.limit * 1.01
    assert found.limit == 10 / step_size
    assert found.sharpness == pytest.approx(run.frames[-1].metrics["sharpness"], rel=1e-3)


def test_every_term_from_its_definition():
    case = Case((2, 3, 1), "tanh", "regression", 1, 4, seed=5)
    probe, x, y, net = probe_of(case)
    found = stable_minimum(probe, x, y, 0.1)
    table = oracles.bound_table(net, "output", x.T, labels_of(case))["operator"][1]
    squares = []
    for point in x.T:
        grads = torch.autograd.grad(net(point[None]).sum(), list(net.parameters()))
        squares.append(sum(float(grad.square().sum()) for grad in grads))
    assert found.mean_output_grad_sq == pytest.approx(np.mean(squares), rel=1e-9)
    assert found.transferred == pytest.approx(np.mean(table * squares), rel=1e-9)
    slopes = oracles.output_slopes(net, x.T)
    assert found.transfer == pytest.approx(np.mean(table * squares / slopes), rel=1e-9)
    exact = oracles.hessian(net, "regression", x.T, labels_of(case))
    assert found.trace == pytest.approx(np.trace(exact), rel=1e-9)
    assert found.sharpness == pytest.approx(np.linalg.eigvalsh(exact)[-1], rel=1e-9)
    assert (found.stability, found.limit, found.samples) == (0.1 * found.sharpness, 80.0, 4)


def test_other_losses_and_dead_networks():
    probe, x, y, _ = probe_of(Case((2, 3, 1), "tanh", "binary", 1, 4, seed=0))
    with pytest.raises(ValueError, match="binary"):
        stable_minimum(probe, x, y, 0.1)
    probe, x, y, _ = probe_of(Case((2, 3, 1), "relu", "regression", 1, 4, seed=0), np.zeros(13))
    found = stable_minimum(probe, x, y, 0.1)
    assert found.transferred == 0.0 and np.isnan(found.transfer) and found.trace == pytest.approx(1.0)
