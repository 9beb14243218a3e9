"""T4: a skip connection and shared weights break the layer bound; with the switch off it holds again."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from occam.theory.counterexamples import Claim, shared_example, shared_weights, skip_connection, skip_example


def check(claim: Claim, f, W: torch.Tensor, b: torch.Tensor, x: torch.Tensor, norm: float) -> None:
    """Both sides by autograd, from the bound as it is written."""
    value = f(W, b, x)
    weight_grad, bias_grad, input_grad = torch.autograd.grad(value, (W, b, x), materialize_grads=True)
    left = float(input_grad.square().sum() * (1 + x.detach().square().sum())) / norm**2
    right = float(weight_grad.square().sum() + bias_grad.square().sum())
    assert claim.output == pytest.approx(float(value.detach()), rel=1e-9, abs=1e-12)
    assert (claim.left, claim.right) == (pytest.approx(left, rel=1e-9), pytest.approx(right, rel=1e-9, abs=1e-14))
    assert claim.violated == (claim.ratio > 1 + 1e-9)
    if right > 1e-12:
        assert claim.ratio == pytest.approx(left / right, rel=1e-6)


def leaf(values: np.ndarray) -> torch.Tensor:
    return torch.tensor(values, requires_grad=True)


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 5), st.booleans())
def test_a_skip_connection_against_autograd(seed: int, width: int, skip: bool):
    rng = np.random.default_rng(seed)
    W, b, v, x = rng.normal(size=(width, width)), *rng.normal(size=(3, width))
    claim = skip_connection(W, b, v, x, skip=skip)

    def f(W: torch.Tensor, b: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return torch.tensor(v) @ (torch.tanh(W @ x + b) + (x if skip else 0))

    check(claim, f, leaf(W), leaf(b), leaf(x), float(np.linalg.svd(W)[1][0]))
    assert skip or claim.ratio <= 1 + 1e-9


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 4), st.sampled_from(["shared", "local", "dense"]))
def test_shared_weights_against_autograd(seed: int, places: int, width: int, weights):
    rng = np.random.default_rng(seed)
    w, v, x = rng.normal(size=width), rng.normal(size=places), rng.normal(size=places * width)
    claim = shared_weights(w, 0.3, v, x, weights=weights)
    blocks = torch.tensor(np.kron(np.eye(places), np.ones(width)))

    def f(W: torch.Tensor, b: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        matrix = W if weights == "dense" else blocks * W.repeat(1, places)
        return torch.tensor(v) @ torch.tanh(matrix @ x + b.expand(places))

    copies = 1 if weights == "shared" else places
    W = np.kron(np.eye(places), w) if weights == "dense" else np.tile(w, (copies, 1))
    check(claim, f, leaf(W), leaf(np.full(copies, 0.3)), leaf(x), float(np.linalg.norm(w)))
    parts = np.square(x.reshape(places, width)).sum(1)
    most = {"dense": 1.0, "local": (1 + parts.sum()) / (1 + parts.min()), "shared": np.inf}[weights]
    assert claim.ratio <= most * (1 + 1e-9)


def test_the_violations_are_reached_and_mended_by_the_switch():
    broken, mended = (skip_example(), shared_example()), (skip_example(skip=False), shared_example(weights="dense"))
    for claim in broken:
        assert claim.violated and claim.ratio > 10
    for claim in mended:
        assert not claim.violated and 0 < claim.ratio <= 1 + 1e-9
    local = shared_example(weights="local")
    assert local.violated and local.ratio < 2
    assert local.output == broken[1].output == mended[1].output


def test_the_ratio_of_a_skip_connection_grows_without_end():
    ratios = [skip_example(shift).ratio for shift in (-0.5, 1.0, 2.0, 4.0, 8.0)]
    assert ratios[0] == pytest.approx(4.0)  # tanh' = 1 at z = 0: (1 + 1)²/1
    assert (np.diff(ratios) > 0).all() and ratios[-1] > 1e10


def test_places_that_see_the_same_cancel_altogether():
    same = shared_example(0.0)
    assert same.ratio == np.inf and same.right == 0 and same.violated
    assert shared_example(0.1).ratio > shared_example(1.0).ratio


def test_degenerate_claims_say_nothing():
    zero = np.zeros(2)
    assert np.isnan(skip_connection(np.zeros((2, 2)), zero, np.ones(2), zero).ratio)
    assert np.isnan(shared_weights(np.ones(1), 0.0, zero, zero).ratio)
    assert not shared_weights(np.ones(1), 0.0, zero, zero).violated
    with pytest.raises(ValueError, match="x: 3 entries; allowed: 2 parts of 1"):
        shared_weights(np.ones(1), 0.0, zero, np.ones(3))
