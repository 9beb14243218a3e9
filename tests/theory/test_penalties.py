import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from occam.theory.penalties import expected_batch_grad_sq, implicit_weight, pressure

SAMPLE_GRADS = st.builds(
    lambda n, p, seed: np.random.default_rng(seed).normal(size=(n, p)),
    n=st.integers(1, 6),
    p=st.integers(1, 4),
    seed=st.integers(0, 2**31),
)


def norms(grads: np.ndarray) -> tuple[float, float]:
    """‖mean‖² and the mean of squared norms."""
    return float(np.sum(grads.mean(0) ** 2)), float(np.mean(np.sum(grads**2, 1)))


def mean_over(batches, grads: np.ndarray) -> float:
    """Mean of ‖∇L_B‖² over these batches, by enumeration."""
    return float(np.mean([np.sum(grads[list(batch)].mean(0) ** 2) for batch in batches]))


@given(SAMPLE_GRADS, st.integers(1, 6))
def test_t9_without_replacement_equals_the_mean_over_all_subsets(grads: np.ndarray, size: int):
    n = len(grads)
    size = min(size, n)
    exact = mean_over(itertools.combinations(range(n), size), grads)
    assert expected_batch_grad_sq(*norms(grads), n, size, "reshuffle") == pytest.approx(exact, rel=1e-10)


@pytest.mark.parametrize(("n", "size"), [(4, 2), (6, 3), (6, 2), (5, 1), (4, 4), (1, 1)])
def test_t9_mean_over_all_orders_of_an_epoch(n: int, size: int):
    """Mean over the n! orders of (1/m)Σ‖g_k‖², m = n/B batches an epoch."""
    grads = np.random.default_rng(n).normal(size=(n, 3))
    orders = list(itertools.permutations(range(n)))
    epochs = [mean_over([order[k : k + size] for k in range(0, n, size)], grads) for order in orders]
    batch_grad_sq, mean_param_grad_sq = norms(grads)
    found = expected_batch_grad_sq(batch_grad_sq, mean_param_grad_sq, n, size, "reshuffle")
    assert found == pytest.approx(np.mean(epochs), rel=1e-10)
    if n > 1:
        spread = np.mean(np.sum((grads - grads.mean(0)) ** 2, 1))
        assert found == pytest.approx(batch_grad_sq + (n - size) / ((n - 1) * size) * spread, rel=1e-10)


@pytest.mark.parametrize(("n", "size"), [(4, 2), (3, 3), (3, 4), (5, 1), (1, 1), (1, 3)])
def test_with_replacement_equals_the_mean_over_all_draws(n: int, size: int):
    grads = np.random.default_rng(n).normal(size=(n, 3))
    exact = mean_over(itertools.product(range(n), repeat=size), grads)
    assert expected_batch_grad_sq(*norms(grads), n, size, "replacement") == pytest.approx(exact, rel=1e-10)


@given(SAMPLE_GRADS)
def test_full_batch_batches_of_one_and_rounding(grads: np.ndarray):
    batch_grad_sq, mean_param_grad_sq = norms(grads)
    n = len(grads)
    for sampling in ("reshuffle", "replacement"):
        assert expected_batch_grad_sq(batch_grad_sq, mean_param_grad_sq, n, None, sampling) == batch_grad_sq
        one = expected_batch_grad_sq(batch_grad_sq, mean_param_grad_sq, n, 1, sampling)
        assert one == pytest.approx(mean_param_grad_sq, rel=1e-12)
        # equal gradients: a spread of −1 ulp is 0, not a negative pressure
        assert expected_batch_grad_sq(1.0, math.nextafter(1.0, 0.0), n, 1, sampling) == 1.0


def test_implicit_weight_without_momentum_is_a_quarter_of_the_step():
    assert implicit_weight(0.8) == 0.2
    assert implicit_weight(0.8, 1e-9) == pytest.approx(0.2, rel=1e-8)
    assert implicit_weight(0.8, 0.9) == pytest.approx(0.8 / 4 * 1.9 / 0.01)


@pytest.mark.parametrize("momentum", [0.0, 0.3, 0.9])
def test_implicit_weight_gives_the_rate_of_heavy_ball_to_second_order(momentum: float):
    """On ½λθ² the modified loss λ(1 + 2wλ)θ²/2 decays as heavy ball's slow root: r² − (1 + β − γλ)r + β = 0.

    −ln r·(1 − β)/(γλ) = 1 + 2wλ + O((γλ)²): halving γ divides the remainder by 4.
    """

    def remainder(step_size: float) -> float:
        root = max(np.roots([1.0, -(1 + momentum - step_size), momentum]).real)
        rate = -math.log(root) * (1 - momentum) / step_size
        return rate - (1 + 2 * implicit_weight(step_size, momentum))

    step_size = 0.02 * (1 - momentum) ** 2
    slope = math.log2(remainder(step_size) / remainder(step_size / 2))
    assert slope == pytest.approx(2, abs=0.15)


@pytest.mark.parametrize(
    ("batch_size", "sampling", "implicit", "explicit"),
    [
        (None, "reshuffle", 2.0, 2.0),
        (None, "replacement", 2.0, 2.0),
        (1, "reshuffle", 5.0, 5.0),
        (1, "replacement", 2.0, 5.0),  # no implicit term beyond ‖∇L‖², yet λ is paid on the batch
        (2, "reshuffle", 3.0, 3.0),  # 2 + (4 − 2)/(3·2)·3
        (2, "replacement", 2.0, 3.5),  # 2 + 3/2
    ],
)
def test_pressure_weighs_what_each_sampling_penalises(batch_size, sampling, implicit: float, explicit: float):
    found = pressure(
        2.0,
        5.0,
        7.0,
        samples=4,
        batch_size=batch_size,
        sampling=sampling,
        step_size=0.4,
        momentum=0.5,
        param_penalty=0.3,
        input_penalty=0.2,
    )
    assert found == pytest.approx(
        {"implicit_penalty": 0.1 * 6 * implicit, "param_penalty": 0.3 * explicit, "input_penalty": 0.2 * 7}
    )
