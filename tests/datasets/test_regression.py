"""Regression problems: the clean targets, their scale, the noise."""

import numpy as np
import pytest
from numpy.polynomial import chebyshev

from occam.datasets import load
from occam.datasets.regression import ENTRIES, KNOTS
from occam.spec import DataSpec

NAMES = [entry.name for entry in ENTRIES]


def clean(name: str, seed: int = 0):
    samples = load(DataSpec(dataset=name, n_train=500, n_test=500, noise=0.0, seed=seed))
    return samples, samples.x_train, samples.y_train


@pytest.mark.parametrize("name", NAMES)
def test_targets_are_of_order_one_and_inputs_fill_the_box(name):
    samples, x, y = clean(name)
    assert 0.5 < np.abs(y).max() <= 1.05
    assert (samples.low <= x).all()
    assert (x <= samples.high).all()
    assert np.ptp(x, axis=0) == pytest.approx(samples.high - samples.low, rel=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_noise_falls_on_training_and_test_targets_alike(name):
    quiet, noisy = (load(DataSpec(dataset=name, n_train=3000, n_test=3000, noise=noise)) for noise in (0.0, 0.3))
    for part in ("y_train", "y_test"):
        assert (getattr(noisy, part) - getattr(quiet, part)).std() == pytest.approx(0.3, rel=0.05)


def test_closed_forms():
    _, x, y = clean("sine")
    assert np.allclose(y, np.sin(np.pi * x[:, 0]))
    _, x, y = clean("chebyshev")
    assert np.allclose(y, chebyshev.chebval(x[:, 0], [0, 0, 0, 0, 1]))
    _, x, y = clean("step")
    assert np.array_equal(y, np.where(x[:, 0] < 0, -1.0, 1.0))
    _, x, y = clean("plane")
    assert np.allclose(y, x.sum(axis=1) / 4)


def test_polyline_is_drawn_from_the_seed_and_shared_by_training_and_test():
    samples, x, y = clean("polyline")
    knots = np.linspace(-1, 1, KNOTS)
    heights = np.empty(KNOTS)
    for left in range(KNOTS - 1):  # each piece is a line: fit it on the training part, find it in the test part
        here = (knots[left] <= x[:, 0]) & (x[:, 0] <= knots[left + 1])
        line = np.polyfit(x[here, 0], y[here], 1)
        heights[left : left + 2] = np.polyval(line, knots[left : left + 2])
    assert np.allclose(np.interp(samples.x_test[:, 0], knots, heights), samples.y_test)
    assert not np.allclose(np.interp(clean("polyline", seed=1)[1][:, 0], knots, heights), clean("polyline", seed=1)[2])


def test_hills_alternate():
    _, x, y = clean("multi_gauss")
    for x1 in (-2.0, 0.0, 2.0):
        for x2 in (-1.25, 1.25):
            near = np.hypot(x[:, 0] - x1, x[:, 1] - x2) < 0.4
            assert np.sign(y[near]).tolist() == [(-1.0) ** (round(x1 / 2 + 1) + (x2 > 0))] * near.sum()
            assert near.any()
