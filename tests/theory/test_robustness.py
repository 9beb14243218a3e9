"""Attacks stay in their ball and do not help; margins and Lipschitz bounds against autograd and closed forms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor

from occam.network.activations import ACTIVATIONS
from occam.theory.probe import Probe
from occam.theory.robustness import direction, fgsm, lipschitz, margins, pgd, robust_curve
from tests import oracles
from tests.cases import Case, cases, targets_of

MOONS = Case((2, 8, 8, 1), "tanh", "binary", 1, 40, seed=1, gain=2.0)
IRIS = Case((3, 6, 4), "gelu", "multiclass", 1, 30, seed=2, gain=2.0)


def probe_of(case: Case, params: np.ndarray | None = None) -> tuple[Probe, Tensor, Tensor, torch.nn.Sequential]:
    """The case's first network as a probe, x (d, n), y (k, n), and the oracle's module."""
    net = oracles.build(case.matrices()[0], case.activation)
    params = oracles.flatten(net.parameters()) if params is None else params
    probe = Probe(case.sizes, case.activation, case.task, params)
    return probe, torch.tensor(case.x()[0].T.copy()), targets_of(case)[0], net


def labels_of(case: Case) -> Tensor:
    return torch.tensor(case.y()[0])


@settings(max_examples=40)
@given(cases(most_runs=1))
def test_a_probe_equals_autograd(case: Case):
    probe, x, y, net = probe_of(case)
    labels = labels_of(case)
    torch.testing.assert_close(probe.outputs(x).T, net(x.T).detach(), rtol=1e-11, atol=1e-12)
    torch.testing.assert_close(probe.losses(x, y), oracles.losses(case.task, net(x.T), labels).detach())
    exact = oracles.loss_input_gradients(net, case.task, x.T, labels)
    np.testing.assert_allclose(probe.loss_input_grad(x, y).T, exact, rtol=1e-9, atol=1e-12)
    exact = oracles.gradient(oracles.mean_loss(net, case.task, x.T, labels), net)
    np.testing.assert_allclose(probe.gradient(x, y)[probe.layout.order], exact, rtol=1e-9, atol=1e-12)
    slopes = sum(
        probe.output_input_grad(x, torch.eye(len(y)).double()[:, [j]].expand(-1, x.shape[1])).square().sum(0)
        for j in range(len(y))
    )
    np.testing.assert_allclose(slopes, oracles.output_slopes(net, x.T), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("scale", [1.0, 1e-25, 1e25])
def test_directions_have_unit_length_whatever_the_gradients_size(dtype: torch.dtype, scale: float):
    v = scale * torch.randn(2, 3, 50, dtype=dtype, generator=torch.Generator().manual_seed(0))
    v[:, :, 7] = 0.0
    unit, sign = direction("unit", v), direction("sign", v)
    lengths = torch.ones(2, 50, dtype=dtype)
    lengths[:, 7] = 0.0
    torch.testing.assert_close(unit.norm(dim=1), lengths)
    torch.testing.assert_close(unit * (v / scale).norm(dim=1, keepdim=True), v / scale)
    assert torch.equal(sign, torch.sign(v)) and direction("gradient", v) is v


@settings(max_examples=30)
@given(cases(most_runs=1, deepest=3), st.floats(0.0, 2.0), st.sampled_from(["l2", "linf"]))
def test_attacks_stay_in_their_ball_and_pgd_never_helps(case: Case, radius: float, norm):
    probe, x, y, _ = probe_of(case)
    order = 2 if norm == "l2" else torch.inf
    clean = probe.losses(x, y)
    for moved in (fgsm(probe, x, y, radius, norm), pgd(probe, x, y, radius, norm, steps=5)):
        assert (torch.linalg.vector_norm(moved - x, order, dim=0) <= radius * (1 + 1e-12)).all()
    assert (probe.losses(pgd(probe, x, y, radius, norm, steps=5), y) >= clean).all()


@pytest.mark.parametrize("norm", ["l2", "linf"])
def test_the_attacks_are_the_best_of_all_on_a_linear_network(norm):
    """f = w·x + b: the loss is largest at x ∓ r·w/‖w‖, or x ∓ r·sign(w)."""
    case = Case((4, 1), "identity", "binary", 1, 20, seed=3)
    probe, x, y, _ = probe_of(case)
    w = probe.weights[0][0, 0]
    steepest = w / w.norm() if norm == "l2" else w.sign()
    best = x - 0.3 * steepest[:, None] * (2 * y - 1)
    torch.testing.assert_close(fgsm(probe, x, y, 0.3, norm), best)
    torch.testing.assert_close(pgd(probe, x, y, 0.3, norm, steps=4), best)


def test_pgd_is_stronger_than_fgsm_on_a_rough_network():
    probe, x, y, _ = probe_of(replace(MOONS, gain=4.0))
    for norm in ("l2", "linf"):
        weak, strong = fgsm(probe, x, y, 0.5, norm), pgd(probe, x, y, 0.5, norm)
        assert probe.losses(strong, y).mean() > probe.losses(weak, y).mean() * 1.02


@pytest.mark.parametrize("case", [MOONS, IRIS], ids=["moons", "iris"])
@pytest.mark.parametrize("attack", ["fgsm", "pgd"])
def test_a_robust_curve_grows_from_the_clean_figures(case: Case, attack):
    probe, x, y, net = probe_of(case)
    labels = labels_of(case)
    *partial, curve = robust_curve(probe, x, y, [0.0, 0.1, 0.4], attack)
    assert [len(part.radii) for part in partial] == [1, 2] and list(curve.radii) == [0.0, 0.1, 0.4]
    f = net(x.T).detach()
    guess = (f[:, 0] > 0).double() if case.task == "binary" else f.argmax(1).double()
    assert curve.accuracy[0] == pytest.approx(float((guess == labels).double().mean()))
    assert curve.loss[0] == pytest.approx(float(oracles.losses(case.task, f, labels).mean()))
    assert (np.diff(curve.loss) > 0).all() and (np.diff(curve.accuracy) <= 0).all()


def test_a_regression_has_a_loss_curve_and_no_margin():
    probe, x, y, _ = probe_of(Case((2, 5, 1), "tanh", "regression", 1, 6, seed=0))
    (curve,) = robust_curve(probe, x, y, [0.2], "fgsm", "l2")
    assert np.isnan(curve.accuracy).all() and curve.loss[0] > probe.losses(x, y).mean()
    with pytest.raises(ValueError, match="regression"):
        margins(probe, x, y, 1.0)


@settings(max_examples=40)
@given(st.integers(0, 1000), st.sampled_from([("binary", 1), ("multiclass", 3)]))
def test_margins_of_a_linear_network_are_exact_both_ways(seed: int, kind):
    task, outputs = kind
    probe, x, y, _ = probe_of(Case((3, outputs), "identity", task, 1, 6, seed=seed))
    found = margins(probe, x, y, reach=50.0)
    right = found.first_order > 0
    assert (np.sign(found.along_gradient) == np.sign(found.first_order)).all()
    near = right & (np.abs(found.first_order) < 50) if outputs > 1 else np.abs(found.first_order) < 50
    np.testing.assert_allclose(found.along_gradient[near], found.first_order[near], rtol=1e-9, atol=1e-12)
    f, wrong = probe.outputs(x)[None], probe.loss.wrong
    assert wrong is not None and (~wrong(f, y[None])[0].numpy() == right).all()


@pytest.mark.parametrize("case", [MOONS, IRIS], ids=["moons", "iris"])
def test_margins_of_a_network(case: Case):
    """First-order distances from autograd gradients; and at the crossing, two outputs are equal."""
    probe, x, y, net = probe_of(case)
    labels = labels_of(case).long()
    found = margins(probe, x, y, reach=6.0)
    for i in range(x.shape[1]):
        point = x[:, i].clone().requires_grad_()
        f = net(point[None])[0]
        if case.task == "binary":
            gaps = [(2 * labels[i] - 1) * f[0]]
        else:
            gaps = [f[labels[i]] - f[j] for j in range(len(f)) if j != labels[i]]
        slopes = [torch.autograd.grad(gap, point, retain_graph=True)[0] for gap in gaps]
        ratios = [float(gap.detach() / slope.norm()) for gap, slope in zip(gaps, slopes, strict=True)]
        assert found.first_order[i] == pytest.approx(min(ratios), rel=1e-9)
        if np.isfinite(found.along_gradient[i]):
            slope = slopes[int(np.argmin(ratios))].detach()
            crossing = net((point.detach() - found.along_gradient[i] * slope / slope.norm())[None])[0].detach()
            top = torch.cat([crossing, crossing.new_zeros(1)]) if case.task == "binary" else crossing
            highest = top.sort(descending=True).values
            assert float(highest[0] - highest[1]) < 1e-9
    assert np.isfinite(found.along_gradient).sum() > x.shape[1] / 2


def test_a_dead_network_is_infinitely_far_from_its_boundary():
    params = np.zeros(len(probe_of(MOONS)[0].layout.order))
    params[-1] = 1.0  # f = 1 everywhere
    probe, x, y, _ = probe_of(MOONS, params)
    found = margins(probe, x, y, reach=1.0)
    wanted = np.where(y[0].numpy() > 0.5, np.inf, -np.inf)
    assert (found.first_order == wanted).all() and (found.along_gradient == wanted).all()
    bounds = lipschitz(probe, x)
    assert (bounds.lower, bounds.upper) == (0.0, 0.0)


@settings(max_examples=40)
@given(cases(most_runs=1, deepest=4))
@example(Case((3, 4, 2), "gelu", "regression", 1, 5, seed=0))
def test_lipschitz_bounds(case: Case):
    probe, x, _, net = probe_of(case)
    found = lipschitz(probe, x)
    slopes = [np.linalg.svd(oracles.jacobian(net, point))[1][0] for point in x.T]
    np.testing.assert_allclose(found.slopes, slopes, rtol=1e-7, atol=1e-12)
    norms = [np.linalg.svd(matrix[:, :-1])[1][0] for matrix in case.matrices()[0]]
    np.testing.assert_allclose(found.layers, norms, rtol=1e-7)
    steepest = ACTIVATIONS[case.activation].lipschitz ** (len(norms) - 1)
    assert found.upper == pytest.approx(np.prod(norms) * steepest, rel=1e-7)
    assert found.lower == found.slopes.max() <= found.upper * (1 + 1e-9)


def test_both_lipschitz_bounds_of_a_linear_network_are_the_norm():
    probe, x, _, _ = probe_of(Case((3, 1), "identity", "regression", 1, 1500, seed=0))
    found = lipschitz(probe, x)
    assert found.lower == pytest.approx(found.upper, rel=1e-12)
    assert found.upper == pytest.approx(float(probe.weights[0].norm()), rel=1e-12)
