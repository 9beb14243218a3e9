from itertools import combinations, permutations, product
from typing import get_args

import numpy as np
import pytest

from occam.theory.fields import MeanField, largest_curvature
from occam.theory.flows import descent
from occam.theory.penalties import expected_batch_grad_sq
from occam.theory.sgd import Drawing, epoch_errors, mean_epoch_end, per_batch_flow
from occam.theory.tracks import fit_order
from occam.theory.two_parameter import TwoParameter
from tests import oracles
from tests.theory.nets import BINARY, REGRESSION, field_of, module_of

ORDERS = {  # T8
    "reshuffle": {"gradient": 2, "full_batch": 2, "per_batch": 3},
    "replacement": {"gradient": 2, "full_batch": 3, "per_batch": 2},
}


def four_lines():
    """The two-parameter model on four samples, a batch each."""
    return [TwoParameter(x, y) for x, y in ((1.0, 0.6), (0.7, 1.2), (-1.3, 0.4), (0.4, -0.9))], np.array([1.1, 0.8])


def problem(name: str):
    if name == "two-parameter":
        return four_lines()
    field, start = field_of(REGRESSION if name == "regression" else BINARY)
    return field.split(4), start


@pytest.mark.parametrize("sampling", get_args(Drawing))
@pytest.mark.parametrize("name", ["regression", "binary", "two-parameter"])
def test_orders_of_the_mean_epoch(name: str, sampling: Drawing) -> None:  # T8
    batches, start = problem(name)
    gammas = [0.05 / largest_curvature(MeanField(batches), start) / 2**k for k in range(5)]
    points = list(epoch_errors(batches, start, gammas, sampling))
    for flow, order in ORDERS[sampling].items():
        fit = fit_order(gammas, [point.errors[flow] for point in points], [point.floor for point in points])
        assert fit.used == 5
        assert fit.slope == pytest.approx(order, abs=0.2), flow
    assert points[0].stability == pytest.approx(0.05, rel=1e-3)
    assert {point.sequences for point in points} == {24 if sampling == "reshuffle" else 256}


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("sampling", get_args(Drawing))
def test_the_mean_is_over_every_sequence(sampling: Drawing, count: int) -> None:
    batches, start = four_lines()
    batches = batches[:count]
    every = permutations(range(count)) if sampling == "reshuffle" else product(range(count), repeat=count)
    ends = []
    for sequence in every:
        theta = start
        for k in sequence:
            theta = theta - 0.1 * batches[k].gradient(theta)
        ends.append(theta)
    np.testing.assert_allclose(mean_epoch_end(batches, start, 0.1, sampling), np.mean(ends, 0), rtol=1e-12)


def test_one_batch_is_full_batch_descent() -> None:
    field, start = field_of(REGRESSION)
    end = descent(field, start, 0.05, 1).end
    for sampling in get_args(Drawing):
        np.testing.assert_array_equal(mean_epoch_end([field], start, 0.05, sampling), end)


def test_the_per_batch_flow_descends_the_loss_with_the_mean_batch_penalty() -> None:
    field, theta = field_of(BINARY)
    net, x, y = module_of(BINARY, theta)
    total = np.zeros_like(theta)
    for rows in np.arange(8).reshape(4, 2):
        loss = oracles.mean_loss(net, "binary", x[rows], y[rows])
        total -= oracles.gradient(loss + oracles.penalties(net, "binary", x[rows], y[rows], 0.3), net) / 4
    np.testing.assert_allclose(per_batch_flow(field.split(4), 0.3)(theta), total, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("batch_size", [1, 2, 4, 8])
def test_mean_over_partitions_of_the_batches_squared_gradients(batch_size: int) -> None:  # T9
    """Every subset of B samples is in equally many partitions: the mean over partitions is that over subsets."""
    field, theta = field_of(REGRESSION)
    net, x, y = module_of(REGRESSION, theta)
    each = oracles.sample_gradients(net, "regression", x, y)
    subsets = [list(rows) for rows in combinations(range(8), batch_size)]
    mean = np.mean([np.sum(field.batch(rows).gradient(theta) ** 2) for rows in subsets])
    whole, spread = np.sum(each.mean(0) ** 2), np.mean(np.sum((each - each.mean(0)) ** 2, 1))
    assert mean == pytest.approx(whole + (8 - batch_size) / (7 * batch_size) * spread, rel=1e-10)
    expected = expected_batch_grad_sq(float(whole), float(whole + spread), 8, batch_size, "reshuffle")
    assert mean == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("count", [0, 5])
def test_too_many_batches_are_refused(count: int) -> None:
    batches = [TwoParameter()] * count
    with pytest.raises(ValueError, match=f"batches: {count}; allowed: 1 to 4"):
        mean_epoch_end(batches, np.ones(2), 0.1, "reshuffle")
    with pytest.raises(ValueError, match=f"batches: {count}; allowed: 1 to 4"):
        next(epoch_errors(batches, np.ones(2), [0.1], "reshuffle"))


def test_an_epoch_past_divergence_has_no_error() -> None:
    batches, start = four_lines()
    point = next(epoch_errors(batches, start, [1e200], "reshuffle"))
    assert np.isnan(list(point.errors.values())).all()
