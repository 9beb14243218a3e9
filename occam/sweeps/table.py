"""Runs as a table: one row a run, a column a knob and a metric; and the files of it that other tools read."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from occam.glossary import METRICS
from occam.spec import KNOBS, Knob
from occam.sweeps.records import Listing
from occam.sweeps.row import END, Level, Row
from occam.sweeps.store import Store

# Of the run as a whole; `ended_at` and `end_stability` are `Row.step` and `Row.stability`.
ABOUT = ("key", "name", "status", "reason", "ended_at", "end_stability", "seconds", "device", "dtype")
COLUMNS = (*ABOUT, *KNOBS, "reached", *METRICS)
EXPORTED = (*ABOUT, *KNOBS, "at", "level", "reached", *METRICS)
Format = Literal["csv", "parquet"]


def frame(source: Store | Iterable[Row], at: Level = END) -> pd.DataFrame:
    """One row a run, columns `COLUMNS`: what is known of the run, every knob, every metric at this level.

    Where the level was not reached `reached` is False and every metric nan; the run stays in the table.
    """
    return _framed(source.listing(at) if isinstance(source, Store) else _listed(source, at), COLUMNS)


def export(store: Store, path: Path, form: Format) -> int:
    """Write one row a run and level that was looked for, columns `EXPORTED`; returns how many.

    An undefined number is an empty cell, every other one its shortest exact text, from which it is read back bit for
    bit.  The file appears complete or not at all.  Raises `OSError`.
    """
    frames = []
    for level, _ in store.levels() or [(END, 0)]:
        listing = store.listing(level)
        where = {"at": level[0], "level": math.nan if level[1] is None else level[1]}
        part = _framed(listing, EXPORTED, where).loc[listing.sought]
        frames.append(part.astype({"step": "Int64"}))
    table = pd.concat(frames).sort_index(kind="stable")  # the index counts the runs
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        if form == "csv":
            table.to_csv(unfinished, index=False, lineterminator="\n", encoding="utf-8")
        else:
            table.to_parquet(unfinished, index=False)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return len(table)


def _framed(listing: Listing, names: Sequence[str], where: Mapping[str, Any] = MappingProxyType({})) -> pd.DataFrame:
    texts, numbers = listing.texts, listing.numbers
    specs = [json.loads(text) for text in texts["spec"]]
    columns: dict[str, Any] = {name: pd.array(texts[name], dtype="str") for name in texts if name != "spec"}
    columns |= {"ended_at": numbers["step"].astype(np.int64), "end_stability": numbers["stability"]}
    columns["seconds"] = numbers["seconds"]
    columns |= {path: _column(knob, specs) for path, knob in KNOBS.items()}
    columns |= {"reached": listing.reached} | listing.metrics
    shared = {name: [value] * len(specs) for name, value in where.items()}
    return pd.DataFrame({name: (columns | shared)[name] for name in names})


def _column(knob: Knob, specs: list[dict[str, Any]]) -> Any:
    """One knob of every run; a missing number is nan, or of whole numbers pandas' NA.

    A canonical text leaves a later field out where it is at its default.
    """
    part, _, name = knob.path.rpartition(".")
    values = [(spec[part] if part else spec).get(name, knob.default) for spec in specs]
    if knob.kind is int:
        return pd.array(values, dtype="Int64") if knob.optional else np.array(values, dtype=np.int64)
    return np.array(values, dtype=np.float64) if knob.kind is float else pd.array(values, dtype="str")


def _listed(rows: Iterable[Row], level: Level) -> Listing:
    """The columns that a store with these rows would list."""
    kept = list(rows)
    marks = [row.mark(*level) for row in kept]
    found = [{} if mark is None else mark.metrics for mark in marks]
    texts: dict[str, list[str]] = {
        name: [getattr(row, name) for row in kept] for name in ("key", "status", "reason", "device", "dtype")
    }
    return Listing(
        texts=texts | {"name": [""] * len(kept), "spec": [row.spec.canonical_json() for row in kept]},
        numbers={name: _floats(getattr(row, name) for row in kept) for name in ("step", "stability", "seconds")},
        metrics={name: _floats(metrics.get(name, math.nan) for metrics in found) for name in METRICS},
        reached=np.array([mark is not None for mark in marks], dtype=bool),
        sought=np.array([level in row.levels for row in kept], dtype=bool),
    )


def _floats(values: Iterator[float]) -> NDArray[np.float64]:
    return np.fromiter(values, dtype=np.float64)
