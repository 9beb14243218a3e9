"""A row of a sweep in the tables of a store, and back, equal to the last bit."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from occam.glossary import METRICS
from occam.spec import RunSpec
from occam.sweeps import schema
from occam.sweeps.row import Level, Mark, Row


class StoreFault(ValueError):
    """What is wrong with a store, in one sentence; the file is as it was."""


class Listing(NamedTuple):
    """Columns over N runs, in the order in which they came, at one level.

    `texts`: key, name, status, reason, device, dtype, spec (its canonical JSON); `numbers`: step and stability at the
    end of the run, seconds; `metrics`: a column per name of `glossary.METRICS`, at the level, nan where it was not
    reached; `reached`: whether it was; `sought`: whether it was looked for.
    """

    texts: dict[str, list[str]]
    numbers: dict[str, NDArray[np.float64]]
    metrics: dict[str, NDArray[np.float64]]
    reached: NDArray[np.bool_]
    sought: NDArray[np.bool_]


def listing(connection: sqlite3.Connection, level: Level, measured: list[str]) -> Listing:
    """See `Store.listing`."""
    texts = ("key", "name", "status", "reason", "device", "dtype", "spec")
    numbers = ("step", "stability", "seconds")
    marks = ("step", *measured)
    asked = [f"r.{name}" for name in (*texts, *numbers)] + ["m.run"] + [f"m.{name}" for name in marks]
    question = (
        f"SELECT {', '.join(asked)} FROM runs r LEFT JOIN marks m ON m.run = r.id AND m.at = ? AND m.level = ? "
        "WHERE NOT r.deleted ORDER BY r.id"
    )
    found = connection.execute(question, [level[0], stored_level(level[1])]).fetchall()
    columns: list[Any] = list(zip(*found, strict=True)) if found else [()] * len(asked)
    floats = [np.array(column, dtype=np.float64) for column in columns[len(texts) :]]  # None becomes nan
    sought, measures = floats[len(numbers)], floats[len(numbers) + 1 :]
    metrics = dict(zip(marks, measures, strict=True))
    return Listing(
        texts={name: list(column) for name, column in zip(texts, columns, strict=False)},
        numbers=dict(zip(numbers, floats, strict=False)),
        metrics={name: metrics.get(name, np.full(len(found), math.nan)) for name in METRICS},
        reached=~np.isnan(metrics["step"]),
        sought=~np.isnan(sought),
    )


def stored_level(level: float | None) -> float:
    """A level as the table holds it: part of a primary key, which holds no NULL."""
    return 0.0 if level is None else level


def read_level(at: str, stored: float) -> float | None:
    """The level that `stored_level` made this of."""
    return None if at == "end" else stored


def put(connection: sqlite3.Connection, row: Row, measured: list[str]) -> None:
    """Write one row; see `Store.put`."""
    weights = np.ascontiguousarray(row.weights)
    numbers = weights.astype(weights.dtype.newbyteorder("<"), copy=False)
    kept = (numbers.dtype.str, numbers.tobytes())
    there = connection.execute("SELECT id FROM runs WHERE key = ?", [row.key]).fetchone()
    if there:
        before = connection.execute("SELECT dtype, numbers FROM weights WHERE run = ?", there).fetchone()
        if before != kept:
            connection.execute("DELETE FROM marks WHERE run = ?", there)
    about = (row.key, row.spec.canonical_json(), row.status, row.reason, row.step, row.stability, row.seconds)
    told = (row.device, row.dtype, json.dumps(dict(row.versions), sort_keys=True))
    (run,) = connection.execute(
        """INSERT INTO runs (key, spec, status, reason, step, stability, seconds, device, dtype, versions)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET spec = excluded.spec,
        status = excluded.status, reason = excluded.reason, step = excluded.step, stability = excluded.stability,
        seconds = excluded.seconds, device = excluded.device, dtype = excluded.dtype, versions = excluded.versions,
        deleted = 0 RETURNING id""",
        (*about, *told),
    ).fetchone()
    connection.execute("INSERT OR REPLACE INTO weights VALUES (?, ?, ?)", (run, *kept))
    names = ("run", "at", "level", "step", *measured)
    question = f"INSERT OR REPLACE INTO marks ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    for mark in row.marks:
        metrics = [mark.metrics.get(name, math.nan) for name in measured]
        connection.execute(question, (run, mark.at, stored_level(mark.level), mark.step, *metrics))
    for at, level in row.missed:
        connection.execute(
            "INSERT OR REPLACE INTO marks (run, at, level) VALUES (?, ?, ?)", (run, at, stored_level(level))
        )


def read(connection: sqlite3.Connection, keys: list[str], measured: list[str]) -> dict[str, Row]:
    """The rows with these keys that are there and not deleted."""
    among = f"key IN ({', '.join('?' * len(keys))}) AND NOT deleted"
    marks: dict[int, list[tuple[Any, ...]]] = {}
    columns = ", ".join(f"m.{name}" for name in ("at", "level", "step", *measured))
    order = "CASE at WHEN 'end' THEN 0 WHEN 'loss' THEN 1 ELSE 2 END, level"
    question = f"SELECT id, {columns} FROM runs JOIN marks m ON run = id WHERE {among} ORDER BY {order}"
    for run, *mark in connection.execute(question, keys):
        marks.setdefault(run, []).append(tuple(mark))
    question = f"SELECT runs.*, w.dtype AS stored_as, numbers FROM runs JOIN weights w ON run = id WHERE {among}"
    cursor = connection.execute(question, keys)
    names = [name for name, *_ in cursor.description]
    found = (dict(zip(names, values, strict=True)) for values in cursor)
    return {run["key"]: _row(run, marks.get(run["id"], []), measured) for run in found}


def _row(run: Mapping[str, Any], marks: list[tuple[Any, ...]], measured: list[str]) -> Row:
    reached = []
    for at, level, step, *values in marks:
        if step is not None:
            found = dict(zip(measured, map(_number, values), strict=True))
            metrics = {"step": float(step)} | {name: found.get(name, math.nan) for name in schema.MEASURED}
            reached.append(Mark(at, read_level(at, level), step, metrics))
    try:
        spec, versions = RunSpec.model_validate(json.loads(run["spec"])), json.loads(run["versions"])
    except ValueError:
        raise StoreFault(f"run {run['key']} holds a spec that this version does not know") from None
    return Row(
        key=run["key"],
        spec=spec,
        status=run["status"],
        reason=run["reason"],
        step=run["step"],
        stability=_number(run["stability"]),
        marks=tuple(reached),
        weights=np.frombuffer(run["numbers"], run["stored_as"]),
        seconds=_number(run["seconds"]),
        device=run["device"],
        dtype=run["dtype"],
        versions=versions,
        missed=tuple((at, read_level(at, level)) for at, level, step, *_ in marks if step is None),
    )


def _number(stored: float | None) -> float:
    return math.nan if stored is None else stored
