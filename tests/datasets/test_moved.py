"""Moved samples: one text for what is said, and only what is said changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from occam.datasets import DATASETS, load
from occam.datasets.moved import ALLOWED, MOST_MOVED, kept, misplaced, read_moves, write_moves
from occam.spec import DataSpec
from tests.specs import MOVES

CURVES = [name for name, entry in DATASETS.items() if entry.is_curve]


@given(MOVES)
def test_texts_say_every_move(moves: dict[int, tuple[float, float]]):
    text = write_moves(moves)
    assert read_moves(text) == moves and (text is None) == (not moves)
    assert write_moves(dict(reversed(moves.items()))) == text


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("7:0.1:0.9,3:0.25:-0.4", "3:0.25:-0.4,7:0.1:0.9"),
        ("007:1.00:-0.00", "7:1:0"),
        ("0:0.12345:-0.0004", "0:0.123:0"),
        ("1:-0.9996:10", "1:-1:10"),
    ],
)
def test_the_canonical_text(given: str, canonical: str):
    assert write_moves(read_moves(given)) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "", ",", "3", "3:1", "3:1:1:1", "3:1:1,", "3:1:1,3:0:0", "-1:0:0", "3:nan:0", "3:1e3:0", "3:0:10.001", "3: 1:0",
        "٣:1:1", "3:1:1\n", "123456:0:0", ",".join(f"{i}:0:0" for i in range(MOST_MOVED + 1)),
    ],
)  # fmt: skip
def test_what_is_no_move_is_refused(text: str):
    with pytest.raises(ValueError) as caught:
        read_moves(text)
    assert str(caught.value) == ALLOWED


def test_a_move_must_fit_its_dataset():
    sine, moons, plane = (DATASETS[name] for name in ("sine", "moons", "plane"))
    assert list(misplaced({}, moons, 1)) == [] == list(misplaced({3: (2.0, 0.0)}, sine, 4))
    for surface in (moons, plane, DATASETS["csv"]):
        assert list(misplaced({0: (0.0, 0.0)}, surface, 9)) == ["none unless dataset is a curve over one input"]
        assert kept({0: (0.0, 0.0)}, surface, 9) == {}
    moves = {3: (0.0, 1.0), 4: (-2.001, 0.0), 9: (1.0, 0.0)}
    assert list(misplaced(moves, sine, 9)) == [
        "indices below n_train = 9",
        "x at least -2 and at most 2 with dataset 'sine'",
    ]
    assert kept(moves, sine, 9) == {3: (0.0, 1.0)}


@pytest.mark.parametrize("name", CURVES)
@given(moves=MOVES, seed=st.integers(0, 99))
def test_moved_samples_are_replaced_and_nothing_else(name: str, moves: dict[int, tuple[float, float]], seed: int):
    moves = {i: (x, y) for i, (x, y) in moves.items() if abs(x) <= 1}
    plain = DataSpec(dataset=name, n_train=60, n_test=20, seed=seed)
    drawn, moved = load(plain), load(plain.model_copy(update={"moved": write_moves(moves)}))
    for i, (x, y) in moves.items():
        assert (moved.x_train[i, 0], moved.y_train[i]) == (x, y)
    others = np.setdiff1d(np.arange(60), list(moves))
    assert np.array_equal(drawn.x_train[others], moved.x_train[others])
    assert np.array_equal(drawn.y_train[others], moved.y_train[others])
    assert np.array_equal(drawn.x_test, moved.x_test) and np.array_equal(drawn.y_test, moved.y_test)
