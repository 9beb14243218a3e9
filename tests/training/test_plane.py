"""Planes: orthonormal, of a fixed sign, through the data, with every sample in the box."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from occam.datasets import Samples, load
from occam.training.frames import Plane
from occam.training.plane import MARGIN, domain_plane, feature_plane, points_on, project
from tests.specs import tiny

INPUTS = st.integers(3, 8)
SEEDS = st.integers(0, 2**32 - 1)


def cloud(inputs: int, seed: int, n: int = 20) -> Samples:
    """Samples of a correlated Gaussian away from the origin."""
    draw = np.random.default_rng(seed)
    mix, centre = draw.normal(size=(inputs, inputs)), draw.normal(size=inputs)
    x, x_test = (draw.normal(size=(rows, inputs)) @ mix + centre for rows in (n, 7))
    names = tuple(f"x{i}" for i in range(inputs))
    box = np.full(inputs, -9.0), np.full(inputs, 9.0)
    return Samples(x, np.zeros(n), x_test, np.zeros(7), "regression", (), names, *box)


def assert_holds(plane: Plane, samples: Samples) -> None:
    """Orthonormal axes and a box with a margin around every sample."""
    assert np.allclose(plane.axes @ plane.axes.T, np.eye(2), atol=1e-12)
    shadow = np.concatenate([project(plane, samples.x_train), project(plane, samples.x_test)])
    spread = shadow.max(axis=0) - shadow.min(axis=0)
    assert np.allclose(shadow.min(axis=0) - plane.low, MARGIN * spread, rtol=1e-3, atol=1e-5)
    assert np.allclose(plane.high - shadow.max(axis=0), MARGIN * spread, rtol=1e-3, atol=1e-5)


@given(INPUTS, SEEDS)
def test_principal_components(inputs: int, seed: int):
    samples = cloud(inputs, seed)
    plane = domain_plane(samples)
    assert_holds(plane, samples)
    centred = samples.x_train - samples.x_train.mean(axis=0)
    directions = np.linalg.svd(centred)[2][:2]
    assert np.allclose(np.abs(np.sum(plane.axes * directions, axis=1)), 1.0, atol=1e-6)
    assert all(axis[np.abs(axis).argmax()] > 0 for axis in plane.axes)
    first, second = (centred @ plane.axes.T).var(axis=0)
    assert first >= second
    assert plane.labels == ("Principal component 1", "Principal component 2")


@given(INPUTS, SEEDS, st.data())
def test_two_features(inputs: int, seed: int, data: st.DataObject):
    samples = cloud(inputs, seed)
    first, second = data.draw(st.permutations(range(inputs)))[:2]
    plane = feature_plane(samples, first, second)
    assert_holds(plane, samples)
    assert np.allclose(project(plane, samples.x_test), samples.x_test[:, [first, second]], atol=1e-5)
    assert plane.labels == (f"x{first}", f"x{second}")
    others = [i for i in range(inputs) if i not in (first, second)]
    assert np.allclose(plane.origin[others], samples.x_train.mean(axis=0)[others])


@given(INPUTS, SEEDS)
def test_points_lie_where_their_coordinates_say(inputs: int, seed: int):
    plane = domain_plane(cloud(inputs, seed))
    first, second = np.linspace(plane.low[0], plane.high[0], 5), np.linspace(plane.low[1], plane.high[1], 3)
    points = points_on(plane, first, second)
    assert points.shape == (inputs, 15)
    rows = project(plane, points.T).reshape(3, 5, 2)
    assert np.allclose(rows[:, :, 0], first, atol=1e-4) and np.allclose(rows[:, :, 1], second[:, None], atol=1e-4)


@pytest.mark.parametrize(("dataset", "inputs"), [("sine", 1), ("moons", 2), ("plane", 2)])
def test_up_to_two_inputs_the_plane_is_the_domain_box(dataset: str, inputs: int):
    samples = load(tiny(data__dataset=dataset).data)
    plane = domain_plane(samples)
    assert np.array_equal(plane.low, samples.low) and np.array_equal(plane.high, samples.high)
    assert np.array_equal(plane.axes, np.eye(inputs)) and not plane.origin.any()
    assert plane.labels == samples.features
    assert np.array_equal(project(plane, samples.x_train), samples.x_train.astype(np.float32))


def test_one_sample_still_has_a_plane():
    samples = cloud(4, 0, n=1)
    alone = Samples(**{**vars(samples), "x_test": samples.x_train, "y_test": samples.y_train})
    plane = domain_plane(alone)
    assert np.all(plane.high > plane.low) and np.allclose(plane.axes @ plane.axes.T, np.eye(2))
    assert np.allclose(points_on(plane, np.zeros(1), np.zeros(1))[:, 0], samples.x_train[0])


def test_a_curve_needs_one_coordinate():
    plane = domain_plane(load(tiny(data__dataset="sine").data))
    assert np.array_equal(points_on(plane, np.array([0.0, 0.5])), [[0.0, 0.5]])
