"""T16: with fixed features, every stable descent ends at the same function, whatever its step size and batches."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from occam.theory.random_features import Arm, RandomFeatures, control, largest_step_size

FEATURES = RandomFeatures.draw(1, 60, scale=12.0, seed=0)
X = np.linspace(-0.9, 0.9, 7)[:, None]
Y = np.array([0.0, 1.0, -0.5, 0.3, 0.8, -1.0, 0.2])
GRID = np.linspace(-1, 1, 101)[:, None]


def test_every_stable_descent_ends_at_the_same_energy():
    whole, single = (largest_step_size(FEATURES, X, size) for size in (None, 1))
    full = [Arm(share * whole) for share in (0.1, 0.4, 0.8, 0.99)]
    batches = [Arm(single, size) for size in (1, 2, 3, 7)] + [Arm(single / 2, 1)]
    *_, early, end = control(FEATURES, X, Y, GRID, full + batches, steps=6000, every=40)
    np.testing.assert_allclose(end.energies, end.limit_energy, rtol=1e-5)
    assert (end.losses < 1e-12).all() and early.step < end.step == 6000
    np.testing.assert_allclose(end.stability[:4], [0.2, 0.8, 1.6, 1.98])
    least = np.linalg.pinv(FEATURES.values(X)) @ Y
    np.testing.assert_allclose(end.weights, np.tile(least, (9, 1)), atol=1e-5)
    np.testing.assert_allclose(FEATURES.values(X) @ end.weights.T, np.tile(Y, (9, 1)).T, atol=1e-5)


def test_on_the_way_the_energies_differ_and_beyond_the_edge_it_diverges():
    whole = largest_step_size(FEATURES, X)
    frames = list(
        control(FEATURES, X, Y, GRID, [Arm(0.1 * whole), Arm(0.8 * whole), Arm(1.1 * whole)], steps=50, every=5)
    )
    assert [frame.step for frame in frames] == list(range(0, 51, 5))
    assert frames[0].energies.tolist() == [0, 0, 0]
    assert frames[2].energies[1] > 1.5 * frames[2].energies[0]
    assert frames[-1].losses[2] > frames[0].losses[2] > frames[-1].losses[1]


def test_full_batch_descent_in_closed_form():
    """w_t = (I − (I − γH)^t) w*, in the eigenvectors of H = ΦᵀΦ/n."""
    step_size = 0.5 * largest_step_size(FEATURES, X)
    *_, end = control(FEATURES, X, Y, GRID, [Arm(step_size)], steps=30, every=30)
    phi = FEATURES.values(X)
    values, vectors = np.linalg.eigh(phi.T @ phi / len(X))
    exact = vectors @ ((1 - (1 - step_size * values) ** 30) * (vectors.T @ np.linalg.pinv(phi) @ Y))
    np.testing.assert_allclose(end.weights[0], exact, rtol=1e-9, atol=1e-12)
    moving = np.sort(values)[-len(X) :]
    assert (end.stability[0], end.slowest[0]) == pytest.approx((step_size * moving[-1], step_size * moving[0]))


def test_an_epoch_visits_every_sample_once():
    """One epoch of batches of one, at a step so small that it is linear, is one full-batch step of n times the size."""
    (_, end), (_, whole) = (
        control(FEATURES, X, Y, GRID, [arm], steps=steps, every=steps)
        for arm, steps in ((Arm(1e-7, 1), 7), (Arm(7e-7), 1))
    )
    np.testing.assert_allclose(end.weights, whole.weights, rtol=1e-4, atol=1e-11)
    assert not np.array_equal(end.weights, whole.weights)


def test_runs_repeat_and_seeds_differ():
    def weights(seed: int) -> np.ndarray:
        *_, end = control(FEATURES, X, Y, GRID, [Arm(0.01, 2)], steps=9, every=9, seed=seed)
        return end.weights

    np.testing.assert_array_equal(weights(1), weights(1))
    assert not np.array_equal(weights(1), weights(2))


@pytest.mark.parametrize("inputs", [1, 3])
def test_the_energy_is_half_the_mean_squared_autograd_slope(inputs: int):
    features = RandomFeatures.draw(inputs, 5, seed=2)
    rng = np.random.default_rng(0)
    weights, points = rng.normal(size=(2, 5)), torch.tensor(rng.normal(size=(6, inputs)), requires_grad=True)
    phi = torch.tanh(points @ torch.tensor(features.directions.T) + torch.tensor(features.shifts))
    np.testing.assert_allclose(features.values(points.detach().numpy()), phi.detach().numpy())
    for row, energy in zip(weights, features.energy(weights, points.detach().numpy()), strict=True):
        (slope,) = torch.autograd.grad((phi @ torch.tensor(row)).sum(), points, retain_graph=True)
        assert energy == pytest.approx(float(slope.square().sum(1).mean()) / 2, rel=1e-12)


def test_what_cannot_converge_is_refused():
    with pytest.raises(ValueError, match="features: 5; allowed: at least the 7 samples"):
        next(control(RandomFeatures.draw(1, 5), X, Y, GRID, [Arm(0.1)], steps=1, every=1))
    for size in (0, 8):
        with pytest.raises(ValueError, match=f"batch_size: {size}; allowed"):
            next(control(FEATURES, X, Y, GRID, [Arm(0.1, size)], steps=1, every=1))
