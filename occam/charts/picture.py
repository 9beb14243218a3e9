"""Small palette pictures and the lines of equal value on them."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from typing import Any

import contourpy
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from occam.training.frames import Plane


def png_url(levels: NDArray[np.uint8], colours: NDArray[np.uint8]) -> str:
    """Data URL of a palette PNG: `levels` (rows from low v to high v, columns) index into `colours` (m ≤ 256, 3)."""
    image = Image.fromarray(np.ascontiguousarray(levels[::-1]))
    image.putpalette(colours.tobytes())
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def to_levels(share: NDArray[np.floating], levels: int = 256, missing: float = 0.5) -> NDArray[np.uint8]:
    """The nearest of `levels` steps for shares in [0, 1]; beyond is clipped, nan is `missing`."""
    share = np.nan_to_num(share.astype(np.float32), nan=missing, posinf=1.0, neginf=0.0)
    return np.round(np.clip(share, 0.0, 1.0) * (levels - 1)).astype(np.uint8)


def ticks(plane: Plane, side: int, axis: int) -> NDArray[np.float64]:
    """(side,) positions of the map's points along one axis of the plane, both ends included."""
    return np.linspace(plane.low[axis], plane.high[axis], side)


def map_columns(plane: Plane, url: str, side: int) -> dict[str, NDArray[np.generic] | list[str]]:
    """One row of dataset "map": the picture and its edges, half a cell beyond the outermost points."""
    half = (plane.high - plane.low) / (side - 1) / 2
    low, high = plane.low - half, plane.high + half
    edges = {"x": low[0], "x2": high[0], "y": low[1], "y2": high[1]}
    return {"url": [url], **{name: np.array([edge]) for name, edge in edges.items()}}


def lines(plane: Plane, fields: Iterable[NDArray[np.floating]], levels: Iterable[float]) -> dict[str, NDArray[Any]]:
    """Columns x, y, line, order of all lines field = level, interpolated linearly between the map's points."""
    levels = list(levels)
    pieces: list[NDArray[np.float64]] = []
    for field in fields:
        z = np.ma.masked_invalid(field.astype(np.float64))
        x, y = ticks(plane, z.shape[1], 0), ticks(plane, z.shape[0], 1)
        generator = contourpy.contour_generator(x, y, z, line_type=contourpy.LineType.Separate)
        pieces += [np.asarray(line) for level in levels for line in generator.lines(level)]
    lengths = [len(piece) for piece in pieces]
    points = np.concatenate(pieces) if pieces else np.empty((0, 2))
    return {
        "x": points[:, 0],
        "y": points[:, 1],
        "line": np.repeat(np.arange(len(pieces)), lengths),
        "order": np.arange(len(points)),
    }


def borders(winners: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
    """Fields whose level ½ are the borders between classes: each present class but the last, softened by one cell."""
    fields = []
    for c in np.unique(winners)[:-1]:
        field = (winners == c).astype(np.float64)
        for axis in (0, 1):
            padded = np.pad(field, [(1, 1) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
            low, mid, high = (np.take(padded, range(k, k + field.shape[axis]), axis) for k in (0, 1, 2))
            field = (low + 2 * mid + high) / 4
        fields.append(field)
    return fields
