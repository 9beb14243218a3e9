"""T12: what perturbed inputs add to first order, and the order of the rest; the exact Laplacian; penalty gradients."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from occam.theory.expansion import (
    expansion,
    expansion_sizes,
    fitted_slope,
    input_laplacian,
    matching_noise,
    noise_expansion,
    normal_rule,
    penalty_gradients,
)
from tests import oracles
from tests.cases import Case, cases
from tests.theory.test_robustness import labels_of, probe_of

SIZES = [0.02, 0.01, 0.005, 0.0025, 0.00125]
SMOOTH = [
    Case((2, 6, 6, 1), "tanh", "regression", 1, 8, seed=0),
    Case((2, 8, 1), "softplus", "binary", 1, 8, seed=1),
    Case((3, 5, 4), "gelu", "multiclass", 1, 8, seed=4),
    Case((1, 6, 6, 2), "sine", "regression", 1, 8, seed=3),
]
SMOOTH_IDS = [f"{case.activation}-{case.task}" for case in SMOOTH]


@pytest.mark.parametrize("case", SMOOTH, ids=SMOOTH_IDS)
@pytest.mark.parametrize(("kind", "norm"), [("gradient", None), ("unit", 2), ("sign", 1)])
def test_what_is_left_of_a_perturbed_loss_is_of_second_order(case: Case, kind: str, norm: int | None):
    probe, x, y, net = probe_of(case)
    found = expansion(probe, x, y, kind, SIZES)
    assert abs(found.slope - 2) < 0.15 and abs(found.gradient_slope - 2) < 0.15
    v = oracles.loss_input_gradients(net, case.task, x.T, labels_of(case))
    each = np.square(v).sum(1) if norm is None else np.linalg.norm(v, norm, axis=1)
    assert found.term == pytest.approx(each.mean(), rel=1e-9)


@pytest.mark.parametrize("case", SMOOTH, ids=SMOOTH_IDS)
@pytest.mark.parametrize(("kind", "penalty"), [("gradient", "half square"), ("unit", "length"), ("sign", "sum")])
def test_a_step_on_a_fixed_perturbation_trains_as_that_penalty(case: Case, kind: str, penalty: str):
    """∇_θ of mean ½‖v‖², ‖v‖, ‖v‖₁ by double backward is the gradient's first-order change, per unit of size."""
    probe, x, y, net = probe_of(case)
    inputs = x.T.clone().requires_grad_()
    each = oracles.losses(case.task, net(inputs), labels_of(case)).sum()
    (v,) = torch.autograd.grad(each, inputs, create_graph=True)
    value = {"half square": v.square().sum(1) / 2, "length": v.norm(dim=1), "sum": v.abs().sum(1)}[penalty].mean()
    exact = oracles.gradient(value, net)
    v = v.detach().T
    step = {"gradient": v, "unit": v / v.norm(dim=0), "sign": v.sign()}[kind]
    plain, size = probe.gradient(x, y), 1e-6
    change = (probe.gradient(x + size * step, y) - probe.gradient(x - size * step, y))[probe.layout.order] / (2 * size)
    assert np.linalg.norm(change.numpy() - exact) < 1e-7 * np.linalg.norm(exact)
    found = expansion(probe, x, y, kind, [size])
    moved = (probe.gradient(x + size * step, y) - plain)[probe.layout.order].numpy()
    assert found.gradient_remainder[0] == pytest.approx(np.linalg.norm(moved - size * exact), abs=1e-13)


@pytest.mark.parametrize("case", SMOOTH, ids=SMOOTH_IDS)
def test_noise_leaves_fourth_order_with_the_laplacian_and_second_without(case: Case):
    probe, x, y, _ = probe_of(case)
    sizes = [0.08, 0.04, 0.02, 0.01]
    assert abs(noise_expansion(probe, x, y, sizes).slope - 4) < 0.15
    assert abs(noise_expansion(probe, x, y, sizes, laplacian=False).slope - 2) < 0.15


@pytest.mark.parametrize("case", SMOOTH, ids=SMOOTH_IDS)
def test_the_sizes_proposed_show_the_orders_of_rough_networks_too(case: Case):
    probe, x, y, _ = probe_of(replace(case, gain=3.0))
    for kind in ("gradient", "unit", "sign"):
        found = expansion(probe, x, y, kind, expansion_sizes(probe, x, y, kind))
        assert abs(found.slope - 2) < 0.15 and abs(found.gradient_slope - 2) < 0.15
    sizes = expansion_sizes(probe, x, y, "noise")
    assert abs(noise_expansion(probe, x, y, sizes).slope - 4) < 0.15
    assert abs(noise_expansion(probe, x, y, sizes, laplacian=False).slope - 2) < 0.15


def test_a_dead_network_still_has_sizes():
    probe, x, y, _ = probe_of(SMOOTH[0], np.zeros(67))
    assert expansion_sizes(probe, x, y, "gradient", 3).tolist() == [0.01, 0.005, 0.0025]
    assert (expansion(probe, x, y, "gradient", [0.01]).remainder == 0).all()


def test_the_noise_term_of_a_linear_regression_is_exact():
    """E ½(f(x + sη) − y)² = ℓ + (s²/2)‖w‖² for f = w·x + b."""
    probe, x, y, _ = probe_of(Case((3, 1), "identity", "regression", 1, 5, seed=0))
    found = noise_expansion(probe, x, y, [1.0, 2.0])
    assert found.term == pytest.approx(float(probe.weights[0].square().sum()), rel=1e-12)
    assert found.remainder.max() < 1e-12 * found.perturbed.max()


def test_the_noise_term_agrees_with_drawn_noise():
    probe, x, y, _ = probe_of(SMOOTH[0])
    found = noise_expansion(probe, x, y, [0.1])
    eta = torch.randn(2, 200_000, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    repeated = torch.arange(200_000) % 8
    drawn = probe.losses(x[:, repeated] + 0.1 * eta, y[:, repeated])
    paired = (drawn - probe.losses(x, y)[repeated]).view(-1, 8).mean(1)
    error = float(paired.std() / math.sqrt(len(paired)))
    assert abs(float(paired.mean()) - (found.expanded[0] - float(probe.losses(x, y).mean()))) < 4 * error
    assert error < 0.2 * 0.1**2 / 2 * found.term


@settings(max_examples=50)
@given(cases(most_runs=1, deepest=4, most_samples=3))
def test_the_laplacian_equals_the_trace_of_autograds_hessian(case: Case):
    probe, x, y, net = probe_of(case)
    labels = labels_of(case)
    curved, bent = input_laplacian(probe, x, y)
    assert (curved >= -1e-12).all()
    for i in range(case.samples):

        def loss(point: torch.Tensor, i: int = i) -> torch.Tensor:
            return oracles.losses(case.task, net(point[None]), labels[i : i + 1]).sum()

        exact = torch.autograd.functional.hessian(loss, x[:, i])
        assert isinstance(exact, torch.Tensor)
        assert float(curved[i] + bent[i]) == pytest.approx(float(exact.trace()), rel=1e-8, abs=1e-10)
    if case.task == "regression":
        jacobians = [np.square(oracles.jacobian(net, point)).sum() for point in x.T]
        np.testing.assert_allclose(curved, jacobians, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("dimensions", [1, 2, 3, 5, 9])
def test_the_rule_is_exact_for_normal_moments_up_to_the_fifth(dimensions: int):
    points, masses = normal_rule(dimensions)
    assert points.shape == (2 * dimensions**2 + 1, dimensions)
    moments = {(): 1, (2,): 1, (4,): 3, (1,): 0, (3,): 0, (5,): 0}
    if dimensions > 1:
        moments |= {(1, 1): 0, (2, 2): 1, (3, 1): 0, (3, 2): 0, (1, 4): 0}
    for powers, exact in moments.items():
        value = sum(
            mass * np.prod([point[i] ** p for i, p in enumerate(powers)])
            for point, mass in zip(points, masses, strict=True)
        )
        assert value == pytest.approx(exact, abs=1e-12)


def test_matching_noise_adds_what_the_penalty_adds():
    probe, x, y, _ = probe_of(SMOOTH[1])
    sigma = matching_noise(probe, x, y, 0.01)
    without = noise_expansion(probe, x, y, [sigma], laplacian=False)
    added = without.expanded[0] - float(probe.losses(x, y).mean())
    assert added == pytest.approx(0.01 * float(probe.loss_input_grad(x, y).square().sum(0).mean()), rel=1e-12)


@settings(max_examples=40)
@given(cases(most_runs=1, deepest=3))
def test_penalty_gradients_equal_double_backward(case: Case):
    probe, x, y, net = probe_of(case)
    found = penalty_gradients(probe, x, y)
    by_param, by_input = (
        oracles.gradient(oracles.penalties(net, case.task, x.T, labels_of(case), *weights), net)
        for weights in ((1.0, 0.0), (0.0, 1.0))
    )
    sizes = np.linalg.norm(by_param), np.linalg.norm(by_input)
    assert (found.param_norm, found.input_norm) == (pytest.approx(sizes[0]), pytest.approx(sizes[1]))
    if min(sizes) > 1e-9:
        assert found.cosine == pytest.approx(by_param @ by_input / np.prod(sizes), abs=1e-9)


def test_penalties_of_nothing_have_no_angle():
    case = Case((2, 3, 1), "tanh", "regression", 1, 4, seed=0)
    probe, x, _, _ = probe_of(case, np.zeros(13))
    assert math.isnan(penalty_gradients(probe, x, torch.zeros(1, 4, dtype=torch.float64)).cosine)
    assert math.isnan(matching_noise(probe, x, torch.zeros(1, 4, dtype=torch.float64), 0.1))


@given(st.floats(0.5, 5.0), st.floats(1e-3, 1e3))
def test_a_power_law_has_its_exponent_as_slope(power: float, factor: float):
    sizes = np.array([0.4, 0.2, 0.1])
    assert fitted_slope(sizes, factor * sizes**power) == pytest.approx(power)
    assert math.isnan(fitted_slope(sizes, np.array([0.0, 1.0, np.nan])))
