"""Maps that do not blink: the picture before stays below the new one until the browser has decoded that.

The renderer fetches every new picture asynchronously, even from a data URL, and draws nothing in its place until then:
at ten frames a second a map was blank half of the time.  So a viewer's dataset "map" holds two rows with fixed keys:
the picture shown last, which is still decoded, and above it the new one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pyarrow as pa

MAP = "map"
END = b"\xff\xff\xff\xff\x00\x00\x00\x00"  # of an Arrow IPC stream: continuation marker, length 0


class Steady:
    """The last picture of one map of one viewer, and which of the two rows holds it."""

    def __init__(self) -> None:
        self._below: bytes | None = None
        self._shown: bytes | None = None
        self._row = 0

    def datasets(self, datasets: dict[str, bytes]) -> dict[str, bytes]:
        """The datasets of a chart with the last picture below the new one; a "map" without pictures stays as it is."""
        stream = datasets[MAP]
        if not _is_picture(stream):
            return datasets
        if stream != self._shown:
            self._row = 1 - self._row
            self._below, self._shown = self._shown, stream
        schema, picture = _numbered(stream, self._row, 1)
        parts = [schema, picture, END]
        if self._below is not None:
            before, below = _numbered(self._below, 1 - self._row, 0)
            if before == schema:
                parts.insert(1, below)
        return {**datasets, MAP: b"".join(parts)}


def spec(compiled: dict[str, Any]) -> dict[str, Any]:
    """The spec with the rows of "map" kept apart by their key and drawn in their order."""
    if not any(layer["mark"]["type"] == "image" for layer in compiled["layer"]):
        return compiled  # the curve of one input, whose rows are points
    layers = [_keyed(layer) if layer.get("data", {}).get("name") == MAP else layer for layer in compiled["layer"]]
    return {**compiled, "layer": layers}


def _keyed(layer: dict[str, Any]) -> dict[str, Any]:
    channels = {"key": {"field": "row", "type": "nominal"}, "order": {"field": "above", "type": "quantitative"}}
    return {**layer, "encoding": {**layer["encoding"], **channels}}


@lru_cache(maxsize=64)
def _is_picture(stream: bytes) -> bool:
    return "url" in pa.ipc.open_stream(stream).schema.names


@lru_cache(maxsize=256)  # pictures are shared by viewers, pairs of them are not; 256 take about 2 MB
def _numbered(stream: bytes, row: int, above: int) -> tuple[bytes, bytes]:
    """Schema and rows of one picture as messages of an IPC stream, with columns "row" and "above".

    A stream is its schema, any number of such rows, `END`: so pictures are put together without decoding them again.
    """
    table = pa.ipc.open_stream(stream).read_all()
    count = table.num_rows
    table = table.append_column("row", pa.array([row] * count, pa.int32()))
    table = table.append_column("above", pa.array([above] * count, pa.int32()))
    rows = b"".join(batch.serialize().to_pybytes() for batch in table.to_batches())
    return table.schema.serialize().to_pybytes(), rows
