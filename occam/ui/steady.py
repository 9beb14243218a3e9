"""Maps that do not blink: the picture before stays below the new one until the browser has decoded that.

The renderer fetches every new picture asynchronously, even from a data URL, and draws nothing in its place until then:
at ten frames a second a map was blank half of the time.  So a viewer's dataset "map" holds two rows with fixed keys:
the picture shown last, which is still decoded, and above it the new one.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

MAP = "map"


class Steady:
    """The last picture of one map of one viewer, and which of the two rows holds it."""

    def __init__(self) -> None:
        self._stream: bytes | None = None
        self._shown: pa.Table | None = None
        self._row = 0
        self._both: bytes = b""

    def datasets(self, datasets: dict[str, bytes]) -> dict[str, bytes]:
        """The datasets of a chart with the last picture below the new one."""
        stream = datasets[MAP]
        if stream != self._stream:
            self._row = 1 - self._row
            new = _numbered(pa.ipc.open_stream(stream).read_all(), self._row, 1)
            old = self._shown if self._shown is not None and self._shown.schema == new.schema else None
            both = pa.concat_tables([new] if old is None else [_numbered(old, 1 - self._row, 0), new])
            self._stream, self._shown = stream, new
            self._both = _written(both)
        return {**datasets, MAP: self._both}


def spec(compiled: dict[str, Any]) -> dict[str, Any]:
    """The spec with the rows of "map" kept apart by their key and drawn in their order."""
    layers = [_keyed(layer) if layer.get("data", {}).get("name") == MAP else layer for layer in compiled["layer"]]
    return {**compiled, "layer": layers}


def _keyed(layer: dict[str, Any]) -> dict[str, Any]:
    channels = {"key": {"field": "row", "type": "nominal"}, "order": {"field": "above", "type": "quantitative"}}
    return {**layer, "encoding": {**layer["encoding"], **channels}}


def _numbered(table: pa.Table, row: int, above: int) -> pa.Table:
    plain = table.drop_columns([name for name in ("row", "above") if name in table.column_names])
    count = plain.num_rows
    return plain.append_column("row", pa.array([row] * count, pa.int32())).append_column(
        "above", pa.array([above] * count, pa.int32())
    )


def _written(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()
