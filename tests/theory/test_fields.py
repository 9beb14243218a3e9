import numpy as np
import pytest
import torch

from occam.spec import RunSpec
from occam.theory.fields import MeanField, largest_curvature, network_field
from occam.theory.flows import descent
from tests import oracles
from tests.cases import Case
from tests.theory.nets import BINARY, MULTICLASS, REGRESSION, SOFTPLUS, field_of, module_of

CASES = (REGRESSION, BINARY, MULTICLASS, SOFTPLUS)


def direction(theta: np.ndarray) -> np.ndarray:
    return np.random.default_rng(7).normal(size=theta.size)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.task + case.activation)
def test_loss_gradient_and_hessian_product_equal_autograd(case: Case) -> None:
    field, theta = field_of(case)
    net, x, y = module_of(case, theta)
    loss, v = oracles.mean_loss(net, case.task, x, y), direction(theta)
    assert field.loss(theta) == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(field.gradient(theta), oracles.gradient(loss, net), rtol=1e-10, atol=1e-13)
    product = oracles.hessian(net, case.task, x, y) @ v
    np.testing.assert_allclose(field.hessian_product(theta, v), product, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.task + case.activation)
def test_third_derivative_equals_autograd_to_its_stated_error(case: Case) -> None:
    field, theta = field_of(case)
    net, x, y = module_of(case, theta)
    v = direction(theta)
    parameters = list(net.parameters())
    parts = torch.tensor(v).split([parameter.numel() for parameter in parameters])
    value = oracles.mean_loss(net, case.task, x, y)
    for _ in range(2):  # L → ∇L·v → vᵀHv
        grads = torch.autograd.grad(value, parameters, create_graph=True)
        value = torch.stack([grad.reshape(-1) @ part for grad, part in zip(grads, parts, strict=True)]).sum()
    exact = oracles.gradient(value, net)
    for scale in (1.0, 1e-6, 1e6):  # D³L[sv, sv] = s² D³L[v, v]
        error = np.linalg.norm(field.third(theta, scale * v) / scale**2 - exact)
        assert error < 1e-9 * np.linalg.norm(exact)
    assert not field.third(theta, 0 * v).any()


def test_values_do_not_depend_on_where_the_field_was_before() -> None:
    field, theta = field_of(REGRESSION)
    other, v = theta + 0.3, direction(theta)
    fresh = field_of(REGRESSION)[0].hessian_product(theta, v)
    field.gradient(theta)
    field.third(other, v)
    np.testing.assert_array_equal(field.hessian_product(theta, v), fresh)
    held = other.copy()
    field.gradient(held)
    held[:] = theta  # the caller's array is not the field's
    np.testing.assert_array_equal(field.gradient(held), field_of(REGRESSION)[0].gradient(theta))


def test_equal_batches_have_the_whole_as_their_mean() -> None:
    field, theta = field_of(REGRESSION)
    mean, v = MeanField(field.split(4)), direction(theta)
    assert mean.loss(theta) == pytest.approx(field.loss(theta), rel=1e-12)
    np.testing.assert_allclose(mean.gradient(theta), field.gradient(theta), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(mean.hessian_product(theta, v), field.hessian_product(theta, v), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(mean.third(theta, v), field.third(theta, v), rtol=1e-6, atol=1e-8)
    for wrong in (0, 3):
        with pytest.raises(ValueError, match=f"batches: {wrong}; allowed: a divisor of the 8"):
            field.split(wrong)


def test_largest_curvature_is_that_of_the_dense_hessian() -> None:
    field, theta = field_of(BINARY)
    dense = oracles.hessian(*[module_of(BINARY, theta)[0], "binary", *module_of(BINARY, theta)[1:]])
    assert largest_curvature(field, theta) == pytest.approx(np.linalg.eigvalsh(dense)[-1], rel=1e-6)
    assert np.isnan(largest_curvature(field, np.full_like(theta, np.nan)))


def test_a_specs_field_descends_as_its_run_would() -> None:
    spec = RunSpec.model_validate(
        {
            "data": {"dataset": "moons", "n_train": 10, "n_test": 10},
            "model": {"depth": 1, "width": 3},
            "training": {"step_size": 0.2, "momentum": 0.5},
        }
    )
    field, start = network_field(spec)
    path = descent(field, start, 0.2, 4, momentum=0.5)
    x, y = field._x, field._labels
    expected = oracles.replay(start, (2, 3, 1), spec.model.activation, "binary", x, y, spec.training, 4)
    np.testing.assert_allclose(path.end, expected, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(path.times, 0.4 * np.arange(5))
