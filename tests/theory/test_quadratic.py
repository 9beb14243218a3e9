import numpy as np
import pytest

from occam.theory.flows import Flow, descent, flows_beside, integrate, settled_velocity
from occam.theory.quadratic import decay_rate, mode_factors, mode_kind
from tests import oracles
from tests.theory.nets import LINEAR, field_of, module_of


@pytest.fixture(scope="module")
def bowl():
    """A linear net's loss, its minimum, its Hessian's eigenvalues and its top eigenvector."""
    field, theta = field_of(LINEAR)
    net, x, y = module_of(LINEAR, theta)
    H = oracles.hessian(net, "regression", x, y)
    values, vectors = np.linalg.eigh(H)
    return field, theta - np.linalg.solve(H, field.gradient(theta)), values[-1], vectors[:, -1]


def coordinate(track, minimum, mode) -> np.ndarray:
    return (track.points - minimum) @ mode


@pytest.mark.parametrize("product", [0.05, 0.3, 0.9])
def test_descent_is_the_flow_of_rate_minus_log_over_step(bowl, product: float) -> None:  # T11
    field, minimum, curvature, mode = bowl
    path = descent(field, minimum + mode, product / curvature, 8)
    rate = decay_rate(product / curvature, curvature)
    np.testing.assert_allclose(coordinate(path, minimum, mode), np.exp(-rate * path.times), rtol=1e-10, atol=1e-13)


def test_the_flows_rates_are_the_partial_sums_of_its_series(bowl) -> None:
    field, minimum, curvature, mode = bowl
    step_size = 0.1 / curvature
    times = np.array([1 / curvature])
    rates = {"gradient": 1.0, "modified": 1 + 0.1 / 2, "second_order": 1 + 0.1 / 2 + 0.01 / 3, "wrong_weight": 1 + 0.1}
    flows = flows_beside(step_size)
    assert flows.keys() == rates.keys()
    for name, flow in flows.items():
        end = coordinate(integrate(flow.velocity(field), minimum + mode, times), minimum, mode)
        assert end[0] == pytest.approx(np.exp(-rates[name]), rel=1e-9), name
    assert decay_rate(step_size, curvature) == pytest.approx(-np.log(0.9) / step_size)
    assert flows["gradient"] == Flow()


@pytest.mark.parametrize(("product", "kind"), [(0.9, "monotone"), (1.5, "oscillating"), (2.1, "diverging")])
def test_a_mode_alternates_beyond_one_and_diverges_beyond_two(bowl, product: float, kind: str) -> None:  # T11
    field, minimum, curvature, mode = bowl
    u = coordinate(descent(field, minimum + mode, product / curvature, 6), minimum, mode)
    assert mode_kind(product / curvature, curvature) == kind
    assert (np.sign(u[1:]) == -np.sign(u[:-1])).all() == (kind != "monotone")
    assert (abs(u[1:]) > abs(u[:-1])).all() == (kind == "diverging")
    np.testing.assert_allclose(u, (1 - product) ** np.arange(7), rtol=1e-9, atol=1e-12)
    assert np.isnan(decay_rate(product / curvature, curvature)) == (product >= 1)


@pytest.mark.parametrize("momentum", [0.5, 0.9])
def test_heavy_ball_steps_by_the_roots_of_its_polynomial(bowl, momentum: float) -> None:
    field, minimum, curvature, mode = bowl
    for product in (0.5 * (1 - momentum**0.5) ** 2, 1.0, 1.99 * (1 + momentum), 2.01 * (1 + momentum)):
        u = coordinate(descent(field, minimum + mode, product / curvature, 60, momentum), minimum, mode)
        z, w = mode_factors(product / curvature, curvature, momentum)
        first = 1 - product  # u₁ from rest: u_k = A zᵏ + B wᵏ with A + B = 1, Az + Bw = u₁
        A = (first - w) / (z - w)
        k = np.arange(61)
        np.testing.assert_allclose(u, (A * z**k + (1 - A) * w**k).real, rtol=1e-6, atol=1e-8)
        kind = mode_kind(product / curvature, curvature, momentum)
        assert (kind == "diverging") == (abs(z) > 1)
        assert (kind == "monotone") == (z.imag == 0 and z.real > 0)


@pytest.mark.parametrize("momentum", [0.3, 0.9])
def test_heavy_balls_slow_root_carries_the_factor(momentum: float) -> None:
    """−ln z/ε = λ(1 + (ελ/2)(1 + β)/(1 − β) + O(ε²))."""
    step = 1e-5
    slow = max(root.real for root in mode_factors(step * (1 - momentum), 1.0, momentum))
    excess = (-np.log(slow) / step - 1) * 2 / step
    assert excess == pytest.approx((1 + momentum) / (1 - momentum), rel=1e-2)


def test_a_settled_start_lies_on_the_slow_root(bowl) -> None:
    """Its first step differs from zu by O(ε³), the one from rest by O(ε)."""
    field, minimum, curvature, mode = bowl
    misses = []
    for step in (0.02 / curvature, 0.01 / curvature):
        step_size, start = step * 0.5, minimum + mode
        z = max(root.real for root in mode_factors(step_size, curvature, 0.5))
        settled = settled_velocity(field, start, step_size, 0.5)
        misses.append(abs(coordinate(descent(field, start, step_size, 1, 0.5, settled), minimum, mode)[1] - z))
    assert np.log2(misses[0] / misses[1]) == pytest.approx(3, abs=0.2)


def test_a_falling_mode_diverges() -> None:
    assert mode_kind(0.1, -1.0) == "diverging"
    assert mode_kind(0.1, 0.0) == "monotone"
