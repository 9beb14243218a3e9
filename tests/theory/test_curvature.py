import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from occam.theory.curvature import MOST_PRODUCTS, hessian_product, largest_eigenvalue, sharpness
from tests import oracles
from tests.cases import Case, cases, stack


def dense_hessian(case: Case) -> np.ndarray:
    """∇²L of the case's only run, in record order."""
    net = oracles.build(case.matrices()[0], case.activation)
    return oracles.hessian(net, case.task, torch.tensor(case.x()[0]), torch.tensor(case.y()[0]))


SMALL = cases(deepest=3, widest=4, most_runs=1)


@given(SMALL)
def test_products_equal_the_dense_hessian(case: Case):
    net_stack = stack(case)
    H = dense_hessian(case)
    v = np.random.default_rng(case.seed).normal(size=len(H))
    found = hessian_product(net_stack.passes, net_stack.y)(v)
    assert np.linalg.norm(found - H @ v) <= 1e-10 * max(np.linalg.norm(H @ v), 1e-12)


@settings(max_examples=200)
@given(SMALL)
def test_sharpness_equals_the_largest_eigenvalue_of_the_dense_hessian(case: Case):
    """To 1e-4 of the eigenvalue, or 1e-10 of the spectrum where the largest is near 0."""
    net_stack = stack(case)
    eigenvalues = np.linalg.eigvalsh(dense_hessian(case))
    found = sharpness(net_stack.passes, net_stack.y)
    assert found == pytest.approx(eigenvalues[-1], rel=1e-4, abs=1e-10 * np.abs(eigenvalues).max())
    assert found <= eigenvalues[-1] + 1e-9 * np.abs(eigenvalues).max()  # a Ritz value lies below


def of_matrix(H: np.ndarray, seed: int = 0) -> float:
    return largest_eigenvalue(lambda v: H @ v, np.random.default_rng(seed).normal(size=len(H)))


def with_spectrum(eigenvalues: np.ndarray, seed: int) -> np.ndarray:
    basis = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(eigenvalues), len(eigenvalues))))[0]
    return (basis * eigenvalues) @ basis.T


@given(st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=20), st.floats(-3, 3), st.integers(0, 1000))
def test_any_small_spectrum(spectrum: list[float], exponent: float, seed: int):
    eigenvalues = 10.0**exponent * np.array(spectrum)
    size = np.abs(eigenvalues).max()
    assert of_matrix(with_spectrum(eigenvalues, seed)) == pytest.approx(eigenvalues.max(), rel=1e-4, abs=1e-9 * size)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("top", "tolerance"), [(1.0, 1e-8), (0.1, 1e-8), (0.01, 2e-2)])
def test_negative_dominated_spectrum_of_many_parameters(seed: int, top: float, tolerance: float):
    """One positive eigenvalue above 299 down to −10; at a thousandth of the spectrum the products run out."""
    eigenvalues = np.concatenate([[top], -np.geomspace(1e-8, 10, 299)])
    assert of_matrix(with_spectrum(eigenvalues, seed), seed) == pytest.approx(top, rel=tolerance)


@pytest.mark.parametrize("seed", range(10))
def test_of_a_cluster_of_eigenvalues_one_is_found(seed: int):
    """The residual stops at an eigenvalue of the cluster, which may be the lower one."""
    eigenvalues = np.concatenate([[1.0, 0.999, 0.9], np.geomspace(1e-8, 0.5, 297)])
    assert of_matrix(with_spectrum(eigenvalues, seed), seed) == pytest.approx(1.0, rel=1.1e-3)


@pytest.mark.parametrize("value", [3.0, -2.0, 0.0])
def test_one_parameter(value: float):
    assert of_matrix(np.array([[value]])) == pytest.approx(value, rel=1e-14, abs=0)


def test_zero_and_negative_definite_hessians():
    assert of_matrix(np.zeros((9, 9))) == 0.0
    assert of_matrix(-np.diag(np.arange(1.0, 9.0))) == pytest.approx(-1.0, rel=1e-4)
    dead = Case((2, 1), "identity", "multiclass", 1, 3, 0)  # one class: its probability is 1 whatever the weights
    net_stack = stack(dead)
    assert sharpness(net_stack.passes, net_stack.y) == 0.0


def test_products_are_bounded_and_a_broken_operator_is_nan():
    calls = 0

    def product(v: np.ndarray) -> np.ndarray:
        nonlocal calls
        calls += 1
        return np.linspace(0.99999, 1.0, 2000) * v * (-1.0) ** np.arange(2000)

    largest_eigenvalue(product, np.ones(2000))
    assert calls <= MOST_PRODUCTS
    assert np.isnan(largest_eigenvalue(lambda v: v * np.nan, np.ones(5)))


@settings(max_examples=30)
@given(SMALL)
def test_a_layer_without_bias_is_left_out_of_the_hessian(case: Case):
    net_stack = stack(case)
    layout = net_stack.passes.layout
    H = dense_hessian(case)
    weights = layout.is_weight[layout.order].bool()
    eigenvalues = np.linalg.eigvalsh(H[weights][:, weights])
    found = sharpness(net_stack.passes, net_stack.y, layout.order[weights])
    assert found == pytest.approx(eigenvalues[-1], rel=1e-4, abs=1e-10 * np.abs(eigenvalues).max())
