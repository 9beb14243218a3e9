import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from occam.theory.two_parameter import TwoParameter, imbalance

SIZES = st.floats(0.1, 3.0) | st.floats(-3.0, -0.1)
MODELS = st.builds(TwoParameter, SIZES, st.floats(-3.0, 3.0))
POINTS = st.tuples(st.floats(-3.0, 3.0), st.floats(-3.0, 3.0)).map(np.array)


def energy(model: TwoParameter) -> Callable[[torch.Tensor], torch.Tensor]:
    return lambda theta: 0.5 * (model.y - theta[0] * theta[1] * model.x) ** 2


@given(MODELS, POINTS, POINTS)
def test_derivatives_equal_autograd(model: TwoParameter, theta: np.ndarray, v: np.ndarray) -> None:
    point = torch.tensor(theta).requires_grad_()
    value = energy(model)(point)
    assert model.loss(theta) == pytest.approx(value.item(), rel=1e-12, abs=1e-14)
    (grad,) = torch.autograd.grad(value, point, create_graph=True)
    (product,) = torch.autograd.grad(grad @ torch.tensor(v), point, create_graph=True)
    (third,) = torch.autograd.grad(product @ torch.tensor(v), point)
    np.testing.assert_allclose(model.gradient(theta), grad.detach(), rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose(model.hessian_product(theta, v), product.detach(), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(model.hessian(theta) @ v, product.detach(), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(model.third(theta, v), third, rtol=1e-10, atol=1e-10)


@given(MODELS, POINTS)
def test_sharpness_is_the_largest_eigenvalue(model: TwoParameter, theta: np.ndarray) -> None:
    expected = np.linalg.eigvalsh(model.hessian(theta))[-1]
    assert float(model.sharpness(theta)) == pytest.approx(expected, rel=1e-10, abs=1e-10)


@given(MODELS, POINTS, st.floats(0.001, 1.0))
def test_a_step_takes_the_imbalance_to_its_closed_form(model: TwoParameter, theta: np.ndarray, gamma: float) -> None:
    """Q' = Q(1 − γ²r²x²), to 1e-12 of the squares whose difference Q is (T10)."""
    after = theta - gamma * model.gradient(theta)
    factor = 1 - (gamma * model.residual(theta) * model.x) ** 2
    size = max((theta**2).sum(), (after**2).sum()) * (1 + abs(factor))
    assert abs(imbalance(after) - imbalance(theta) * factor) <= 1e-12 * size


@given(MODELS)
def test_minima_are_the_hyperbola_and_flattest_where_balanced(model: TwoParameter) -> None:
    middle = abs(model.y / model.x) ** 0.5
    reach = 2 * middle + 1
    minima = model.minima(reach, 41)
    assert minima.shape == (2, 41, 2)
    np.testing.assert_allclose(model.residual(minima), model.y if model.y == 0 else 0, atol=1e-12)
    assert np.abs(minima).max() == pytest.approx(reach)
    np.testing.assert_allclose(model.sharpness(minima), model.x**2 * (minima**2).sum(-1), rtol=1e-9, atol=1e-9)
    flattest = model.flattest()
    np.testing.assert_allclose(model.energy(flattest), 0, atol=1e-20)
    np.testing.assert_allclose(np.abs(flattest), middle)
    np.testing.assert_allclose(model.sharpness(flattest), 2 * abs(model.x * model.y), rtol=1e-12, atol=1e-12)
    assert (model.sharpness(minima) >= model.sharpness(flattest)[0] - 1e-9).all()


def test_a_window_between_the_branches_holds_no_minimum() -> None:
    assert TwoParameter(1.0, 4.0).minima(1.9).shape == (2, 0, 2)
    assert TwoParameter(1.0, 0.0).minima(1.0, 3).tolist() == [
        [[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]],
        [[0.0, -1.0], [0.0, 0.0], [0.0, 1.0]],
    ]


def test_the_landscape_holds_the_energy_and_the_penalty() -> None:
    model = TwoParameter(0.7, 1.1)
    axis, grid = model.landscape(2.0, 9)
    assert (axis[0], axis[-1], grid.shape) == (-2.0, 2.0, (9, 9))
    theta = np.array([axis[6], axis[1]])  # a, b
    assert grid[1, 6] == pytest.approx(model.loss(theta))
    penalised = model.landscape(2.0, 9, penalty=0.3)[1]
    assert penalised[1, 6] == pytest.approx(model.loss(theta) + 0.3 * (model.gradient(theta) ** 2).sum())


def test_points_are_stacked_along_leading_axes() -> None:
    model, theta = TwoParameter(), np.random.default_rng(0).normal(size=(4, 3, 2))
    for method in (model.residual, model.energy, model.gradient, model.hessian, model.sharpness, imbalance):
        np.testing.assert_allclose(method(theta)[2, 1], method(theta[2, 1]), rtol=1e-14)


@pytest.mark.parametrize(("x", "y"), [(0.0, 1.0), (np.nan, 1.0), (1.0, np.inf)])
def test_a_model_without_a_minimum_is_refused(x: float, y: float) -> None:
    with pytest.raises(ValueError, match="allowed: finite numbers, x not 0"):
        TwoParameter(x, y)


def test_a_page_can_hold_it() -> None:
    code = "import sys, occam.theory.two_parameter; print({'torch', 'scipy'} & {*sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"
