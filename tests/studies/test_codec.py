"""What a result may hold comes back from JSON and arrays as it was, to the last bit."""

import json
import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from occam.spec import RunSpec
from occam.studies import codec
from occam.studies.kinds.runs import Finished, Runs
from occam.studies.spec import Progress
from occam.training.run import train

SCALARS = arrays.from_dtype(np.dtype("f4")) | arrays.from_dtype(np.dtype("i8")) | arrays.from_dtype(np.dtype("f8"))
DTYPES = arrays.floating_dtypes(endianness="=") | arrays.integer_dtypes() | arrays.boolean_dtypes()
ARRAYS = arrays.arrays(DTYPES, arrays.array_shapes(min_dims=0, min_side=0, max_side=3))
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
LEAVES = PLAIN | SCALARS | ARRAYS | st.sampled_from([RunSpec(), Runs(specs=(RunSpec(),), steps=(1, 2))])


def trees(children):
    some = st.lists(children, max_size=3)
    progress = st.builds(Progress, done=st.floats(), total=st.floats())
    return some | some.map(tuple) | st.dictionaries(st.text(), children, max_size=3) | progress


def assert_equal(one, two):
    assert type(one) is type(two)
    if isinstance(one, np.ndarray | np.generic):
        assert one.dtype == two.dtype and one.shape == two.shape and one.tobytes() == two.tobytes()
    elif isinstance(one, list | tuple):
        assert len(one) == len(two)
        for left, right in zip(one, two, strict=True):
            assert_equal(left, right)
    elif isinstance(one, dict):
        assert list(one) == list(two)
        assert_equal(list(one.values()), list(two.values()))
    elif isinstance(one, float):
        assert math.copysign(1, one) == math.copysign(1, two) or one != one
        assert one == two or (one != one and two != two)
    elif hasattr(one, "__dataclass_fields__"):
        assert_equal(vars(one), vars(two))
    else:
        assert one == two


def round_trip(value):
    stored = []
    return codec.decode(json.loads(json.dumps(codec.encode(value, stored))), stored)


@settings(max_examples=150, deadline=None)
@given(st.recursive(LEAVES, trees, max_leaves=12))
def test_what_goes_in_comes_out(value):
    assert_equal(round_trip(value), value)


def test_a_recording_comes_out():
    spec = RunSpec().replace({"data.n_train": 10, "data.n_test": 10, "training.max_steps": 20})
    run = train(spec)
    assert_equal(round_trip(Finished(0, codec.decode(codec.encode(run, a := []), a))), Finished(0, run))


@dataclass
class Foreign:
    value: int


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (object(), "builtins.object"),
        ([{1: 2}], "builtins.dict"),
        ({1, 2}, "builtins.set"),
        (np.array([object()]), "Python objects"),
        (Foreign(1), "Foreign"),
        (1j, "complex"),
    ],
)
def test_anything_else_is_refused_by_name(value, named):
    with pytest.raises(TypeError, match=named):
        codec.encode(value, [])


@pytest.mark.parametrize(
    "name", ["os:system", "json:JSONDecoder", "occam.studies.codec:decode", "occam.glossary:METRICS"]
)
def test_a_file_can_name_nothing_but_classes_of_the_package(name):
    with pytest.raises(ValueError, match=name):
        codec.decode({name: {}}, [])
