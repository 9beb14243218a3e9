"""Tables: split, standardisation, domain box."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import datasets as sklearn_datasets

from occam.datasets import load
from occam.datasets.own_csv import Problem
from occam.datasets.tables import from_table, split, standardised
from occam.spec import DataSpec

ROWS = {"iris": 150, "wine": 178, "breast_cancer": 569, "digits": 1797}


@st.composite
def labels(draw):
    counts = draw(st.lists(st.integers(1, 40), min_size=1, max_size=6).filter(lambda counts: sum(counts) > 1))
    return np.repeat(np.arange(len(counts)), counts).astype(float), len(counts)


@given(labels(), st.integers(1, 300), st.integers(1, 300), st.integers(0, 99))
def test_split_is_disjoint_bounded_and_in_proportion(case, n_train, n_test, seed):
    y, classes = case
    train, test = split(y, classes, n_train, n_test, np.random.default_rng(seed))
    assert len(train) == max(1, min(n_train, 4 * len(y) // 5))
    assert len(test) == min(n_test, len(y) - len(train))
    assert len(set(train) | set(test)) == len(train) + len(test)
    for c in range(classes):
        share = (y == c).mean()
        for part in (train, test):
            # ½ for rounding the class itself, up to classes/2 rows displaced by the rounding of the others, 1 for ties
            assert abs((y[part] == c).sum() - share * len(part)) <= 1.5 + classes * share / 2


@given(st.integers(2, 80), st.integers(1, 80), st.integers(1, 80), st.integers(1, 16), st.integers(0, 99))
def test_parts_do_not_depend_on_each_other_until_they_meet(rows, n_train, other, n_test, seed):
    y = np.zeros(rows)
    train, test = split(y, 0, n_train, n_test, np.random.default_rng(seed))
    train_2, test_2 = split(y, 0, other, n_test, np.random.default_rng(seed))
    shared = min(len(test), len(test_2))
    assert np.array_equal(test[:shared], test_2[:shared])
    assert np.array_equal(train[: len(train_2)], train_2[: len(train)])


@given(st.integers(2, 30), st.integers(1, 4), st.integers(0, 99))
def test_standardised_has_mean_0_and_std_1_on_the_training_part_alone(rows, columns, seed):
    rng = np.random.default_rng(seed)
    values = 5.0 + 3.0 * rng.normal(size=(rows + 7, columns))
    train = np.arange(rows)
    z = standardised(values, train)
    assert np.allclose(z[train].mean(axis=0), 0.0, atol=1e-9)
    assert np.allclose(z[train].std(axis=0), 1.0)
    values[rows:] += 100.0  # the rows left over have no say
    assert np.array_equal(standardised(values, train)[train], z[train])


@pytest.mark.parametrize("constant", [0.0, 0.1, -1e9])
def test_a_feature_constant_in_training_is_zero_everywhere(constant):
    values = np.full((8, 1), constant)
    values[7] += 1.0
    assert np.array_equal(standardised(values, np.arange(7)), np.zeros((8, 1)))


@pytest.mark.parametrize("name", ROWS)
def test_real_table_is_sklearns_and_boxed(name):
    samples = load(DataSpec(dataset=name, n_train=10_000, n_test=10_000))
    assert len(samples.y_train) == 4 * ROWS[name] // 5
    assert len(samples.y_train) + len(samples.y_test) == ROWS[name]
    bunch = getattr(sklearn_datasets, f"load_{name}")()
    assert samples.classes == tuple(map(str, bunch.target_names))
    y = np.concatenate([samples.y_train, samples.y_test])
    assert np.array_equal(np.bincount(y.astype(int)), np.bincount(bunch.target))
    x = np.vstack([samples.x_train, samples.x_test])
    width = np.ptp(x, axis=0)
    assert np.allclose(samples.low, x.min(axis=0) - 0.05 * width)
    assert np.allclose(samples.high, x.max(axis=0) + 0.05 * width)
    constant = bunch.data.std(axis=0) == 0
    assert np.array_equal(x[:, constant], np.zeros((len(x), constant.sum())))


def test_a_table_with_one_training_row_gives_zeros_and_no_nan():
    samples = load(DataSpec(dataset="iris", n_train=1))
    assert np.array_equal(samples.x_train, np.zeros((1, 4)))
    assert np.isfinite(samples.x_test).all()


def test_the_target_of_a_regression_is_standardised_by_the_training_part():
    y = np.arange(20.0) * 1000
    problem = Problem(np.arange(20.0)[:, None], y, (), ("a",))
    samples = from_table(DataSpec(n_train=12), problem)
    assert samples.task == "regression"
    assert samples.y_train.mean() == pytest.approx(0.0)
    assert samples.y_train.std() == pytest.approx(1.0)
    assert np.allclose(samples.x_test[:, 0], samples.y_test)  # both are the same line, so both are scaled alike


def test_a_target_without_spread_in_training_is_only_centred():
    samples = from_table(DataSpec(n_train=1, n_test=19), Problem(np.zeros((20, 1)), np.arange(20.0), (), ("a",)))
    assert samples.y_train.tolist() == [0.0]
    assert np.allclose(np.diff(np.sort([*samples.y_train, *samples.y_test])), 1.0)
