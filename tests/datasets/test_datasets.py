"""What every dataset keeps: purity, separate streams, shapes, finite values."""

import random
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from occam.datasets import DATASETS, OWN_CSV, CsvFault, Samples, load, parse_csv
from occam.spec import DataSpec

GIVEN = [name for name in DATASETS if name != OWN_CSV]  # need no file
TOYS = [name for name in GIVEN if DATASETS[name].noisy]
REAL = [name for name in GIVEN if name not in TOYS]

sizes = st.integers(1, 60)
seeds = st.integers(0, 2**31 - 1)
noises = st.floats(0.0, 2.0)


def spec(dataset: str, **settings) -> DataSpec:
    return DataSpec(dataset=dataset, **settings)


def same(one: Samples, other: Samples) -> bool:
    return all(np.array_equal(getattr(one, field.name), getattr(other, field.name)) for field in fields(Samples))


def test_registry_holds_what_the_product_names():
    assert list(DATASETS) == [
        *["circle", "moons", "gauss", "xor", "spiral", "checkerboard"],
        *["sine", "chebyshev", "step", "polyline", "plane", "multi_gauss"],
        *["iris", "wine", "breast_cancer", "digits", "csv"],
    ]
    assert all(entry.name == name and entry.label and entry.description for name, entry in DATASETS.items())


@pytest.mark.parametrize("name", GIVEN)
def test_entry_describes_its_samples(name):
    entry, samples = DATASETS[name], load(spec(name, n_train=37, n_test=11))
    assert (samples.task, samples.classes) == (entry.task, entry.classes)
    assert samples.x_train.shape == (37, entry.inputs)
    assert samples.x_test.shape == (11, entry.inputs)
    assert samples.y_train.shape == (37,)
    assert samples.y_test.shape == (11,)
    assert len(samples.features) == entry.inputs
    assert samples.low.shape == samples.high.shape == (entry.inputs,)
    assert all(getattr(samples, part).dtype == np.float64 for part in ("x_train", "y_train", "x_test", "y_test"))
    if entry.noisy:
        assert entry.low == tuple(samples.low)
        assert entry.high == tuple(samples.high)
    if samples.classes:
        assert set(samples.y_train) | set(samples.y_test) <= set(range(len(samples.classes)))


@given(st.sampled_from(GIVEN), sizes, sizes, noises, seeds)
def test_load_is_pure_finite_and_leaves_global_random_state_alone(name, n_train, n_test, noise, seed):
    asked = spec(name, n_train=n_train, n_test=n_test, noise=noise, seed=seed)
    before = random.getstate(), np.random.get_state(legacy=False)
    samples = load(asked)
    assert same(samples, load(asked))
    after = random.getstate(), np.random.get_state(legacy=False)
    assert before[0] == after[0]
    assert str(before[1]) == str(after[1])
    assert all(np.isfinite(getattr(samples, part)).all() for part in ("x_train", "y_train", "x_test", "y_test"))
    assert (samples.low <= samples.high).all()
    assert np.isfinite([samples.low, samples.high]).all()


@given(st.sampled_from(GIVEN), sizes, st.lists(sizes, min_size=2, max_size=2), noises, seeds)
def test_training_samples_do_not_depend_on_the_size_of_the_test_part(name, n_train, n_test, noise, seed):
    one, other = (load(spec(name, n_train=n_train, n_test=m, noise=noise, seed=seed)) for m in n_test)
    assert np.array_equal(one.x_train, other.x_train)
    assert np.array_equal(one.y_train, other.y_train)


@given(st.sampled_from(TOYS), st.lists(sizes, min_size=2, max_size=2), sizes, noises, seeds)
def test_test_samples_do_not_depend_on_the_size_of_the_training_part(name, n_train, n_test, noise, seed):
    one, other = (load(spec(name, n_train=n, n_test=n_test, noise=noise, seed=seed)) for n in n_train)
    assert np.array_equal(one.x_test, other.x_test)
    assert np.array_equal(one.y_test, other.y_test)


@pytest.mark.parametrize("name", GIVEN)
def test_seeds_differ_and_training_is_not_testing(name):
    one, other = load(spec(name, n_train=30, n_test=30)), load(spec(name, n_train=30, n_test=30, seed=1))
    assert not np.array_equal(one.x_train, other.x_train)
    assert not np.array_equal(one.x_test, other.x_test)
    assert not np.array_equal(one.x_train, one.x_test)


@pytest.mark.parametrize("name", TOYS)
def test_domain_box_is_fixed_and_holds_the_samples_at_typical_noise(name):
    boxes = [load(spec(name, n_train=5, noise=noise, seed=seed)) for noise, seed in ((0.0, 0), (2.0, 1))]
    assert np.array_equal(boxes[0].low, boxes[1].low)
    assert np.array_equal(boxes[0].high, boxes[1].high)
    samples = load(spec(name, n_train=2000, noise=0.2))
    inside = ((samples.low <= samples.x_train) & (samples.x_train <= samples.high)).all(axis=1)
    assert inside.mean() > 0.98


@pytest.mark.parametrize("name", REAL)
def test_noise_leaves_real_tables_alone(name):
    assert same(load(spec(name, noise=0.0)), load(spec(name, noise=2.0)))


@settings(max_examples=20)
@given(st.sampled_from(TOYS), sizes, seeds)
def test_noise_moves_the_same_underlying_samples(name, n, seed):
    clean, low, high = (load(spec(name, n_train=n, noise=noise, seed=seed)) for noise in (0.0, 0.5, 1.0))
    moved = "x_train" if clean.task == "binary" else "y_train"
    kept = "y_train" if clean.task == "binary" else "x_train"
    assert np.array_equal(getattr(clean, kept), getattr(high, kept))
    once, twice = getattr(low, moved) - getattr(clean, moved), getattr(high, moved) - getattr(clean, moved)
    assert np.allclose(2 * once, twice, atol=1e-12)


def test_own_file_is_asked_for_and_checked():
    content = b"a,b,kind\n" + b"".join(b"%d,%d,%s\n" % (i, i * i, b"xy"[i % 2 : i % 2 + 1]) for i in range(12))
    table = parse_csv(content)
    asked = spec("csv", csv_sha256=table.digest, csv_target="kind", n_train=6)
    samples = load(asked, table)
    assert (samples.task, samples.classes, samples.features) == ("binary", ("x", "y"), ("a", "b"))
    assert (len(samples.y_train), len(samples.y_test)) == (6, 6)
    with pytest.raises(CsvFault, match=r"^This run uses an own CSV file: open that file first\.$"):
        load(asked)
    with pytest.raises(
        CsvFault, match=r"^This is not the file of the run: its SHA-256 starts with [0-9a-f]{8}, that of"
    ):
        load(asked, parse_csv(content + b"\n"))
    with pytest.raises(CsvFault, match=r"^There is no column 'c' to predict; the columns are 'a', 'b', 'kind'\.$"):
        load(spec("csv", csv_sha256=table.digest, csv_target="c"), table)
