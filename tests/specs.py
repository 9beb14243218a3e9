"""Specs as cases: every knob over its whole range, and small ones that train in a moment."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from occam.datasets import DATASETS, OWN_CSV
from occam.datasets.moved import MOST_MOVED, kept, write_moves
from occam.spec import KNOBS, MOST_RECORDS, Knob, RunSpec, TrainingSpec

TINY: dict[str, Any] = {
    "data.n_train": 24,
    "data.n_test": 10,
    "model.depth": 1,
    "model.width": 4,
    "training.max_steps": 6,
    "record_every": 4,
}
COLUMNS = st.text(st.characters(codec="utf-8"), min_size=1) | st.sampled_from(
    ["none", "~none", "~", "ΔT / °C", "a&b=c"]
)

_PLACES = st.tuples(*(st.integers(-end, end).map(lambda number: number / 1000) for end in (2000, 10_000)))
MOVES = st.dictionaries(st.integers(0, 59), _PLACES, max_size=MOST_MOVED)  # of samples by hand, on the widest curve


def tiny(**changes: Any) -> RunSpec:
    """A spec that trains in a moment, with knobs changed; training__step_size stands for training.step_size."""
    return RunSpec().replace(TINY | {path.replace("__", "."): value for path, value in changes.items()})


def values(knob: Knob) -> st.SearchStrategy[Any]:
    """Every value that one knob allows by itself."""
    if knob.path == "data.csv_sha256":
        found: st.SearchStrategy[Any] = st.text("0123456789abcdef", min_size=64, max_size=64)
    elif knob.path == "data.moved":
        found = MOVES.filter(len).map(write_moves)
    elif knob.choices:
        found = st.sampled_from(knob.choices)
    elif knob.kind is str:
        found = COLUMNS
    else:
        low, high = (knob.ge if knob.gt is None else knob.gt), (knob.le if knob.lt is None else knob.lt)
        assert low is not None and high is not None, f"{knob.path} has an open range"
        if knob.kind is int:
            found = st.integers(int(low), int(high))
        else:
            found = st.floats(low, high, exclude_min=knob.gt is not None, exclude_max=knob.lt is not None)
    return st.none() | found if knob.optional else found


@st.composite
def specs(draw: st.DrawFn) -> RunSpec:
    """Every valid spec."""
    drawn = {path: draw(values(knob)) for path, knob in KNOBS.items()}
    own = draw(st.booleans())
    drawn["data.dataset"] = OWN_CSV if own else draw(st.sampled_from(KNOBS["data.dataset"].choices[:-1]))
    for path in ("data.csv_sha256", "data.csv_target"):
        drawn[path] = draw(values(KNOBS[path]).filter(lambda value: value is not None)) if own else None
    moves = kept(draw(MOVES), DATASETS[drawn["data.dataset"]], drawn["data.n_train"])
    drawn["data.moved"] = write_moves(moves)
    if drawn["training.batch_size"] is not None:
        drawn["training.batch_size"] = min(drawn["training.batch_size"], drawn["data.n_train"])
    training = {path.removeprefix("training."): value for path, value in drawn.items() if path.startswith("training.")}
    fewest = math.ceil(TrainingSpec(**training).last_step / MOST_RECORDS)
    drawn["record_every"] = max(drawn["record_every"], fewest)
    return RunSpec().replace(drawn)
