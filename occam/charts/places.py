"""Places to click at: invisible marks on round numbers that the spec itself generates; no frame carries them."""

from __future__ import annotations

import math

import altair as alt

Span = tuple[float, float]


def grid(x: Span, y: Span, gaps: tuple[float, float]) -> alt.Chart:
    """Marks at all multiples of the gaps within the spans, fields x and y.

    A point selection with "nearest" whose "views" name the layer of these marks takes a click anywhere.
    """
    spans = tuple(zip((x, y), gaps, strict=True))
    first = [math.ceil(low / gap - 1e-9) for (low, _), gap in spans]
    count = [
        max(0, math.floor(high / gap + 1e-9) - start + 1) for ((_, high), gap), start in zip(spans, first, strict=True)
    ]
    made = alt.Chart(alt.sequence(0, count[0] * count[1], as_="place")).transform_calculate(
        x=f"({first[0]} + datum.place % {count[0]}) * {gaps[0]}",
        y=f"({first[1]} + floor(datum.place / {count[0]})) * {gaps[1]}",
    )
    return made.mark_point(filled=True, size=30, opacity=0, clip=True)
