"""The positions of a knob's slider: round values over its range, and every exact value a link brought."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from operator import ge, gt, le, lt
from typing import Any

from occam.charts.axes import nice
from occam.spec import KNOBS, Knob

MANTISSAS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)  # about equal ratios
LEAST = 1e-4  # below it a step size or a penalty changes nothing that can be seen
LINEAR_STOPS = 40
POWERS_OF_TWO = {"model.width", "training.batch_size"}
# Ends in use where the allowed range is far wider; exact values beyond them still come by link.
PRACTICAL = {"training.stop_loss": (1e-4, 1.0), "training.stop_time": (1.0, 1e4), "record_every": (1, 1000)}
MORE = {"training.momentum": (0.98, 0.99), "model.gain": (0.05, 0.1)}


def stops(knob: Knob, exact: Collection[Any] = (), most: float = math.inf) -> list[Any]:
    """None first where it is allowed, then the sorted union of round values in the knob's range and `exact`.

    `most`: a further upper end (the batch cannot exceed the samples); values of `exact` are always among the stops.
    """
    values = {value for value in _round_values(knob) if _allowed(knob, value) and value <= most}
    values |= {value for value in exact if value is not None}
    return ([None] if knob.optional else []) + sorted(values)


def _allowed(knob: Knob, value: float) -> bool:
    ends = ((knob.ge, ge), (knob.gt, gt), (knob.le, le), (knob.lt, lt))
    return all(end is None or holds(value, end) for end, holds in ends)


def _round_values(knob: Knob) -> Iterable[float]:
    low, high = _ends(knob)
    if knob.path in POWERS_OF_TWO:
        powers = [2**k for k in range(math.floor(math.log2(high)) + 1)]
        return [*powers, *(3 * power for power in powers), round(high)]  # 1, 2, 3, 4, 6, 8, 12, …
    if knob.scale == "log" or knob.optional:
        zero = [0] if knob.ge == 0 and not knob.optional else []
        exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        series = [float(f"{mantissa}e{exponent}") for exponent in exponents for mantissa in MANTISSAS]
        inside = [value for value in series if low <= value <= high]
        return [knob.kind(value) for value in zero + inside if knob.kind is float or value == int(value)]
    if knob.kind is int:
        return range(round(low), round(high) + 1)
    gap = nice((high - low) / LINEAR_STOPS)
    first = math.ceil(low / gap)
    return [round(k * gap, 10) for k in range(first, round(high / gap) + 1)] + list(MORE.get(knob.path, ()))


def _ends(knob: Knob) -> tuple[float, float]:
    if knob.path in PRACTICAL:
        return PRACTICAL[knob.path]
    low = knob.ge if knob.ge is not None else knob.gt
    high = knob.le if knob.le is not None else knob.lt
    assert low is not None and high is not None, f"{knob.path} has no range"
    if knob.scale == "log":
        low = max(low, 1 if knob.kind is int else LEAST)
    return low, high


def words(path: str, value: Any) -> str:
    """A stop as text: exact, short where a short text is exact."""
    if value is None:
        return "full batch" if path == "training.batch_size" else "none"
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\u202f")  # narrow no-break space between thousands
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


def title(path: str) -> str:
    """Label and symbol of a knob: "Step size γ"."""
    knob = KNOBS[path]
    return f"{knob.label} {knob.symbol}".strip()
