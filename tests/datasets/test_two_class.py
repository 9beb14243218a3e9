"""Two-class problems: balance and geometry."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import make_moons

from occam.datasets import load
from occam.datasets.two_class import ENTRIES
from occam.spec import DataSpec

NAMES = [entry.name for entry in ENTRIES]


def clean(name: str, n: int = 400):
    samples = load(DataSpec(dataset=name, n_train=n, noise=0.0))
    return samples.x_train, samples.y_train


@given(st.sampled_from(NAMES), st.integers(1, 50), st.integers(1, 50), st.integers(0, 2**31 - 1))
def test_classes_are_as_balanced_as_the_number_allows(name, n_train, n_test, seed):
    samples = load(DataSpec(dataset=name, n_train=n_train, n_test=n_test, seed=seed))
    assert samples.y_train.sum() == n_train // 2
    assert samples.y_test.sum() == n_test // 2


@pytest.mark.parametrize("name", NAMES)
def test_noise_has_the_standard_deviation_asked_for(name):
    noisy = load(DataSpec(dataset=name, n_train=4000, noise=0.3)).x_train - clean(name, 4000)[0]
    assert noisy.std() == pytest.approx(0.3, rel=0.05)
    assert noisy.mean() == pytest.approx(0.0, abs=0.02)


def test_moons_lie_on_the_curves_of_make_moons():
    x, y = clean("moons")
    curve, label = make_moons(20_001, noise=None, shuffle=False)
    for c in (0, 1):
        distance = np.linalg.norm(x[y == c][:, None] - curve[label == c][None, ::10], axis=2).min(axis=1)
        assert distance.max() < 2e-3  # the curve is sampled every 3e-3


def test_circle_is_a_disc_in_a_ring():
    x, y = clean("circle")
    radius = np.linalg.norm(x, axis=1)
    assert radius[y == 1].max() < 1.0
    assert 1.4 < radius[y == 0].min() < radius[y == 0].max() < 2.0


def test_gauss_clouds_lie_on_either_side_of_the_diagonal():
    x, y = clean("gauss", 4000)
    for c, centre in ((0, -1.0), (1, 1.0)):
        assert np.allclose(x[y == c].mean(axis=0), centre, atol=0.05)
        assert np.allclose(np.cov(x[y == c].T), 0.25 * np.eye(2), atol=0.03)


def test_xor_class_is_the_sign_of_the_product():
    x, y = clean("xor")
    assert np.array_equal(y == 1, x[:, 0] * x[:, 1] < 0)
    quadrants = 2 * (x[:, 0] > 0) + (x[:, 1] > 0)
    assert np.bincount(quadrants).min() > 60


def test_spiral_arms_are_half_a_turn_apart():
    x, y = clean("spiral")
    radius, angle = np.linalg.norm(x, axis=1), np.arctan2(x[:, 1], x[:, 0])
    assert np.allclose(np.cos(angle - np.pi * radius), 1 - 2 * y)


def test_checkerboard_class_is_the_parity_of_the_square():
    x, y = clean("checkerboard")
    square = np.floor(x / 1.5)
    assert np.array_equal(square.sum(axis=1) % 2, y)
    assert len({tuple(corner) for corner in square}) == 16
