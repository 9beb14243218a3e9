"""Training samples of a curve that were moved by hand: their new places, as one text of a spec.

"3:0.25:-0.4,7:0.1:0.9" puts sample 3 (counted from 0, in the order in which they are drawn) to (0.25, −0.4), sample 7
to (0.1, 0.9).  Of all texts that say the same, `write_moves` gives the canonical one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from occam.datasets.registry import Dataset

Moves = Mapping[int, tuple[float, float]]
MOST_MOVED = 50  # a link of them all has about 1 kB
REACH = 10.0  # of |y|: targets of curves lie within ±1, noise of σ ≤ 2 comes so far and no farther in most runs
DIGITS = 3  # after the point
ALLOWED = (
    f"up to {MOST_MOVED} training samples, each once, as index:x:y joined by commas, "
    f"y at least {-REACH:g} and at most {REACH:g}"
)
_NUMBER = r"(-?\d{1,3}(?:\.\d{1,20})?)"
_MOVE = re.compile(rf"(\d{{1,5}}):{_NUMBER}:{_NUMBER}", re.ASCII)


def read_moves(text: str | None) -> dict[int, tuple[float, float]]:
    """{index: (x, y)} in the order of the indices, rounded to `DIGITS`.  Raises ValueError: what is allowed."""
    if text is None:
        return {}
    found = [_MOVE.fullmatch(part) for part in text.split(",")]
    moves = {int(move[1]): (_rounded(move[2]), _rounded(move[3])) for move in found if move}
    if not len(moves) == len(found) <= MOST_MOVED or any(abs(y) > REACH for _, y in moves.values()):
        raise ValueError(ALLOWED)
    return dict(sorted(moves.items()))


def write_moves(moves: Moves) -> str | None:
    """The canonical text, None of no moves."""
    return ",".join(f"{i}:{_rounded(x):g}:{_rounded(y):g}" for i, (x, y) in sorted(moves.items())) or None


def misplaced(moves: Moves, dataset: Dataset, n_train: int) -> Iterator[str]:
    """What is allowed instead, a line per fault of these moves on this dataset."""
    if not moves:
        return
    if not dataset.is_curve:
        yield "none unless dataset is a curve over one input"
        return
    if max(moves) >= n_train:
        yield f"indices below n_train = {n_train}"
    if not all(_inside(x, dataset) for x, _ in moves.values()):
        yield f"x at least {_box(dataset)[0]:g} and at most {_box(dataset)[1]:g} with dataset '{dataset.name}'"


def kept(moves: Moves, dataset: Dataset, n_train: int) -> dict[int, tuple[float, float]]:
    """Those of the moves that this dataset can hold."""
    if not dataset.is_curve:
        return {}
    return {i: to for i, to in moves.items() if i < n_train and _inside(to[0], dataset)}


def _inside(x: float, dataset: Dataset) -> bool:
    low, high = _box(dataset)
    return low <= x <= high


def _box(dataset: Dataset) -> tuple[float, float]:
    assert dataset.low is not None and dataset.high is not None, "a curve says its domain"
    return dataset.low[0], dataset.high[0]


def _rounded(number: str | float) -> float:
    return round(float(number), DIGITS) + 0.0  # no −0, which is written differently
