"""Finding runs: words, comparisons, what is neither, and the columns that tell runs apart."""

from __future__ import annotations

import math

import numpy as np
import pytest

from occam.glossary import METRICS
from occam.spec import RunSpec
from occam.sweeps.row import Mark, Row
from occam.sweeps.table import frame
from occam.ui.runs_find import search, telling

CHANGES: tuple[dict[str, object], ...] = (
    {"training.step_size": 0.1},
    {"training.step_size": 0.5, "training.batch_size": 32},
    {"training.step_size": 0.5, "data.dataset": "xor", "model.depth": 1},
)


def row(changes: dict[str, object], loss: float) -> Row:
    spec = RunSpec().replace(changes)
    mark = Mark("end", None, 5, dict.fromkeys(METRICS, math.nan) | {"test_loss": loss})
    return Row(spec.digest, spec, "finished", "max_steps", 5, 0.1, (mark,), np.zeros(2), 1.0, "CPU", "float32")


FOUND = frame([row(changes, loss) for changes, loss in zip(CHANGES, (0.1, 0.2, math.nan), strict=True)])


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("", [0, 1, 2]),
        ("moons", [0, 1]),
        ("MOONS step_size>=0.5", [1]),
        ("training.step_size=0.5 depth=1", [2]),
        ("dataset=xor", [2]),
        ("test_loss<0.15", [0]),
        ("test_loss=none", [2]),
        ("batch_size=none", [0, 2]),
        ("batch_size>16", [1]),
        ("finished tanh", [0, 1, 2]),
        ("diverged", []),
        ("a.*b", []),
    ],
)
def test_every_term_must_hold(query: str, rows: list[int]):
    kept, wrong = search(FOUND, query)
    assert list(kept.index) == rows and not wrong


@pytest.mark.parametrize("term", ["colour=red", "depth=deep", "dataset<moons", "depth<none"])
def test_what_is_no_comparison_is_told_and_left_out(term: str):
    kept, wrong = search(FOUND, f"{term} xor")
    assert wrong == [term] and list(kept.index) == [2]


def test_only_knobs_that_differ_are_columns():
    assert telling(FOUND) == ["data.dataset", "model.depth", "training.step_size", "training.batch_size"]
    assert telling(FOUND.iloc[:1]) == telling(frame([])) == []


def test_an_empty_table_can_be_searched():
    assert len(search(frame([]), "moons depth>1")[0]) == 0
