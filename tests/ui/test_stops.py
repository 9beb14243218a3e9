from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from occam.spec import KNOBS, RunSpec
from occam.ui.stops import stops, title, words

NUMERIC = [path for path, knob in KNOBS.items() if knob.kind in (int, float) and not path.endswith("seed")]


@pytest.mark.parametrize("path", NUMERIC)
def test_stops_are_few_sorted_allowed_and_hold_the_default(path: str) -> None:
    knob = KNOBS[path]
    found = stops(knob)
    numbers = [value for value in found if value is not None]
    assert 5 <= len(found) <= 60
    assert numbers == sorted(set(numbers))
    assert all(type(value) is knob.kind for value in numbers)
    assert (found[0] is None) == knob.optional
    assert knob.default in found
    for value in numbers:
        try:
            RunSpec().replace({path: value, **({"record_every": 1000} if path == "training.max_steps" else {})})
        except ValidationError as error:
            assert "batch_size" in str(error), value  # more than the default run's samples: the caller gives `most`


@pytest.mark.parametrize("path", ["training.step_size", "training.param_penalty", "training.weight_decay"])
def test_a_log_knob_has_about_equal_ratios_and_zero_first_where_allowed(path: str) -> None:
    found = stops(KNOBS[path])
    if KNOBS[path].ge == 0:
        assert found.pop(0) == 0
    ratios = [b / a for a, b in pairwise(found)]
    assert all(1.3 < ratio < 1.8 for ratio in ratios)


@given(st.floats(1e-12, 100.0, exclude_min=True))
def test_an_exact_value_is_a_stop_and_reads_back(value: float) -> None:
    found = stops(KNOBS["training.step_size"], exact=[value])
    assert value in found and found == sorted(found)
    assert float(words("training.step_size", value)) == value


@given(st.sampled_from(NUMERIC), st.floats(0.001, 1000.0))
def test_no_two_stops_read_alike(path: str, value: float) -> None:
    exact = [KNOBS[path].kind(value)]
    texts = [words(path, stop) for stop in stops(KNOBS[path], exact=exact)]
    assert len(set(texts)) == len(texts)


def test_the_batch_ends_at_the_samples_but_an_exact_value_stays() -> None:
    knob = KNOBS["training.batch_size"]
    assert stops(knob, most=20) == [None, 1, 2, 3, 4, 6, 8, 12, 16]
    assert stops(knob, exact=[20, None], most=20)[-1] == 20


def test_words() -> None:
    assert words("training.batch_size", None) == "full batch"
    assert words("training.stop_loss", None) == "none"
    assert words("training.max_steps", 20_000) == "20\u202f000"
    assert words("training.step_size", 0.1) == "0.1"
    assert words("training.step_size", 0.1234567891) == "0.1234567891"
    assert title("training.step_size") == "Step size γ"
