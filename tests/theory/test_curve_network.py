"""The curve of a frame, evaluated without torch, equals the network's own passes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from occam.network.activations import ACTIVATIONS
from occam.theory import curve_network
from occam.theory.probe import Probe

X = np.linspace(-2, 2, 41)


def test_it_knows_every_activation():
    assert curve_network.ACTIVATIONS.keys() == ACTIVATIONS.keys()


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("sizes", [(1, 1), (1, 1, 1), (1, 5, 3, 1)], ids=str)
def test_values_and_slopes_equal_the_passes_in_torch(activation: str, sizes: tuple[int, ...]):
    rng = np.random.default_rng(len(sizes))
    count = sum((a + 1) * b for a, b in pairwise(sizes))
    params = rng.normal(size=count)
    values, slopes = curve_network.evaluate(sizes, activation, params, X)
    probe, points = Probe(sizes, activation, "regression", params), torch.from_numpy(X)[None]
    np.testing.assert_allclose(values, probe.outputs(points)[0], rtol=1e-12, atol=1e-13)
    ones = torch.ones(1, len(X), dtype=torch.float64)
    np.testing.assert_allclose(slopes, probe.output_input_grad(points, ones)[0], rtol=1e-12, atol=1e-13)


def test_dead_and_diverged_networks_raise_nothing():
    dead, flat = curve_network.evaluate((1, 3, 1), "relu", np.zeros(10), X)
    assert not dead.any() and not flat.any()
    wild, _ = curve_network.evaluate((1, 3, 1), "relu", np.full(10, 1e200), X)
    assert not np.isfinite(wild).all()


def test_more_inputs_are_refused():
    with pytest.raises(ValueError, match="2 to 1; allowed: one input"):
        curve_network.evaluate((2, 1), "tanh", np.zeros(3), X)
