"""Columns → Arrow IPC stream, the form in which datasets reach the browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Column = NDArray[np.generic] | Sequence[str]


def ipc(columns: Mapping[str, Column]) -> bytes:
    """One IPC stream of the columns: floats as float32 with null for nan and ±∞, integers as int32, texts as utf8."""
    batch = pa.record_batch([_array(column) for column in columns.values()], names=list(columns))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def _array(column: Column) -> pa.Array:
    if not isinstance(column, np.ndarray):
        return pa.array(column, type=pa.utf8())
    if column.dtype.kind == "f":
        return pa.array(column.astype(np.float32), mask=~np.isfinite(column))
    return pa.array(column.astype(np.int32))


def decode(stream: bytes) -> dict[str, list[Any]]:
    """The columns of one IPC stream, null as None: what the browser will see."""
    return pa.ipc.open_stream(stream).read_all().to_pydict()
