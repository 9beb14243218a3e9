from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from occam.network.parameters import VARIANCES, VECTOR, Layout, initial_row, layer_sizes, whole_vectors
from occam.spec import ModelSpec
from tests.oracles import build, flatten, unflatten

SIZES = st.lists(st.integers(1, 9), min_size=2, max_size=10).map(tuple)


def count(sizes: tuple[int, ...]) -> int:
    return sum(d_out * (d_in + 1) for d_in, d_out in pairwise(sizes))


@given(SIZES)
def test_every_parameter_has_one_column_and_blocks_are_whole_vectors(sizes):
    layout = Layout(sizes)
    assert len(set(layout.order.tolist())) == len(layout.order) == count(sizes)
    assert all(offset % VECTOR == 0 for offset in (*layout.offsets, layout.columns))
    assert count(sizes) <= layout.columns < count(sizes) + VECTOR * len(layout.shapes)


@given(SIZES, st.integers(0, 2**31))
def test_record_order_round_trips_and_padding_stays_zero(sizes, seed):
    layout = Layout(sizes)
    params = np.random.default_rng(seed).normal(size=count(sizes))
    row = layout.pack(torch.tensor(params))
    assert np.array_equal(row[layout.order].numpy(), params)
    padding = torch.ones(layout.columns, dtype=torch.bool)
    padding[layout.order] = False
    assert not row[padding].any()


@given(SIZES, st.integers(0, 2**31))
def test_views_names_and_torch_agree_on_the_order(sizes, seed):
    layout = Layout(sizes)
    params = np.random.default_rng(seed).normal(size=count(sizes))
    views = layout.views(layout.pack(torch.tensor(params))[None])
    named = layout.named(params, "final/")
    assert list(named)[:2] == ["final/W1", "final/b1"] and len(named) == 2 * len(layout.shapes)
    assert np.array_equal(flatten(build(unflatten(params, sizes), "tanh").parameters()), params)
    for layer, matrix in enumerate(unflatten(params, sizes)):
        assert np.array_equal(views.matrices[layer][0].numpy(), matrix)
        assert np.array_equal(views.weights[layer][0].numpy(), named[f"final/W{layer + 1}"])
        assert np.array_equal(views.weights_t[layer][0].numpy(), named[f"final/W{layer + 1}"].T)
        assert np.array_equal(matrix[:, -1], named[f"final/b{layer + 1}"])


@given(SIZES)
def test_weight_decay_acts_on_weights_alone(sizes):
    layout = Layout(sizes)
    named = layout.named(layout.is_weight[layout.order].numpy())
    assert all(array.all() if name.startswith("W") else not array.any() for name, array in named.items())
    assert float(layout.is_weight.sum()) == count(sizes) - sum(sizes[1:])


@given(st.integers(1, 1000))
def test_whole_vectors_is_the_next_multiple(number):
    assert whole_vectors(number) % VECTOR == 0 and 0 <= whole_vectors(number) - number < VECTOR


@pytest.mark.parametrize("init", sorted(VARIANCES))
@pytest.mark.parametrize("gain", [1.0, 2.5])
def test_initial_weights_have_the_stated_variance(init, gain):
    model = ModelSpec(depth=3, width=100, init=init, gain=gain, seed=5)
    layout = Layout(layer_sizes(model, 50, 20))
    named = layout.named(initial_row(model, layout, torch.float64)[layout.order].numpy())
    fans = {"glorot": lambda i, o: (i + o) / 2, "he": lambda i, o: i / 2, "lecun": lambda i, o: i}[init]
    for layer, (d_out, d_in) in enumerate(layout.shapes, 1):
        draws = named[f"W{layer}"].ravel() * np.sqrt(fans(d_in, d_out)) / gain
        # of n unit Gaussians the mean deviates by 1/√n and the variance by √(2/n); 4 deviations
        assert abs(draws.mean()) < 4 / np.sqrt(draws.size)
        assert abs(draws.var() - 1) < 4 * np.sqrt(2 / draws.size)
        assert np.mean(draws**4) == pytest.approx(3, abs=4 * np.sqrt(96 / draws.size))
        assert not named[f"b{layer}"].any()


def test_one_seed_gives_one_network_in_both_precisions():
    model = ModelSpec(depth=2, width=7, seed=3)
    layout = Layout(layer_sizes(model, 2, 3))
    double = initial_row(model, layout, torch.float64)
    torch.manual_seed(99)
    assert torch.equal(initial_row(model, layout, torch.float64), double)
    assert torch.equal(initial_row(model, layout, torch.float32), double.float())
    other = initial_row(model.model_copy(update={"seed": 4}), layout, torch.float64)
    assert not torch.equal(other, double)


def test_layer_sizes_count_hidden_layers():
    assert layer_sizes(ModelSpec(depth=0, width=9), 2, 3) == (2, 3)
    assert layer_sizes(ModelSpec(depth=3, width=9), 2, 1) == (2, 9, 9, 9, 1)
