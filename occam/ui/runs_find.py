"""Finding runs in a table: words that stand in it, comparisons of knobs and numbers, columns that tell runs apart."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from occam.glossary import METRICS
from occam.spec import KNOBS

SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
_TERM = re.compile(r"(?P<name>[\w.]+)(?P<sign><=|>=|<|>|=)(?P<value>.+)")
COLUMNS = {knob.query: path for path, knob in KNOBS.items()} | {path: path for path in KNOBS} | {m: m for m in METRICS}
TEXTS = ("key", "name", "status", "reason", "device")
NUMBERS = ("step", "train_loss", "test_loss", "test_error", "geometric_complexity")
MOST_KNOBS = 6  # columns of knobs: more, and nobody reads the numbers beside them


def search(found: pd.DataFrame, query: str) -> tuple[pd.DataFrame, list[str]]:
    """Rows in which every term of `query` holds, and the terms that are none.

    A term is `name=value`, or with <, >, <= or >=, for a knob as links call it or a metric; or a word that is part of
    the name, the status, the device or of a knob that is a text.
    """
    wrong: list[str] = []
    holds = np.ones(len(found), dtype=bool)
    for term in query.split():
        here = _compared(found, term) if _TERM.fullmatch(term) else _worded(found, term)
        if here is None:
            wrong.append(term)
        else:
            holds &= here
    return found.loc[holds], wrong


def _compared(found: pd.DataFrame, term: str) -> NDArray[np.bool_] | None:
    """Where a comparison holds; None for a name or a number that is none."""
    parts = _TERM.fullmatch(term)
    assert parts is not None, "asked for comparisons only"
    path, sign, text = COLUMNS.get(parts["name"]), parts["sign"], parts["value"]
    if path is None or path not in found:
        return None
    column = found[path]
    if not pd.api.types.is_numeric_dtype(column):
        return _texts(column) == text.casefold() if sign == "=" else None
    values = column.to_numpy(dtype=float, na_value=np.nan)
    if text == "none":
        return np.isnan(values) if sign == "=" else None
    try:
        return SIGNS[sign](values, float(text))
    except ValueError:
        return None


def _worded(found: pd.DataFrame, word: str) -> NDArray[np.bool_]:
    names = [*TEXTS, *(path for path, knob in KNOBS.items() if knob.kind is str and path in found)]
    holds = np.zeros(len(found), dtype=bool)
    for name in names:
        holds |= np.strings.find(_texts(found[name]), word.casefold()) >= 0
    return holds


def _texts(column: Any) -> NDArray[np.str_]:
    return np.array(["" if pd.isna(text) else str(text).casefold() for text in column], dtype=str)


def telling(found: pd.DataFrame) -> list[str]:
    """The knobs in which these runs differ, at most `MOST_KNOBS`; how long and how often come last."""
    last = ("training.max_steps", "training.stop_loss", "training.stop_time", "record_every", "data.n_test")
    paths = [path for path in KNOBS if path not in last and path != "data.csv_sha256"] + list(last)
    return [path for path in paths if path in found and len(found[path].unique()) > 1][:MOST_KNOBS]
