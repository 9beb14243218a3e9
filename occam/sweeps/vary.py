"""What one knob of a sweep is varied over: a list of values, or a range that is expanded as it is read."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, cast

from pydantic import ConfigDict, TypeAdapter, ValidationError

from occam.spec import KNOBS, DataSpec, Knob, ModelSpec, SpecFault, TrainingSpec
from occam.spec.reading import one_line, shown

Value = float | int | str | None

MOST_RUNS = 1_000_000  # of one sweep: a run is a row of about 2 kB, and no store of many gigabytes is made by mistake
SEEDS = tuple(path for path in KNOBS if path.endswith(".seed"))
FIXED = {  # knobs that a sweep does not vary, and why
    "record_every": "set it in base; when a run is looked at changes nothing that it learns",
    "data.csv_sha256": "set it in base; a sweep reads one own file",
    "data.moved": "set it in base; samples are moved by hand, one picture at a time",
}
DIGITS = 6  # of the inner values of a range: powers may round differently elsewhere, and a run's key holds every bit
RANGE = 'or {"from": a, "to": b, "count": n, "scale": "linear" or "log"}'
_SHOWN_FAULTS = 5  # of one knob's values
_PARTS = {"data": DataSpec, "model": ModelSpec, "training": TrainingSpec}


def _list_of(path: str) -> TypeAdapter[list[Any]]:
    part, _, name = path.partition(".")
    field = _PARTS[part].model_fields[name]
    lists, annotated = cast(Any, list), cast(Any, Annotated)  # of a type that is only known here
    values = lists[annotated[field.annotation, field]]
    return TypeAdapter(values, config=ConfigDict(strict=True, allow_inf_nan=False))


VARIED = [*SEEDS, *(path for path in KNOBS if path not in SEEDS and path not in FIXED)]  # seeds vary slowest
_LISTS = {path: _list_of(path) for path in VARIED}


def read_vary(given: Any) -> dict[str, tuple[Value, ...]]:
    """{knob path: values} in the order of `VARIED`, ranges expanded.

    Raises `SpecFault`, a line per fault: an unknown knob, an empty list, a value out of range, one given twice, more
    than `MOST_RUNS` runs (told before any range is expanded).
    """
    if not isinstance(given, Mapping):
        raise SpecFault(f"vary: {shown(given)}; allowed: an object of knob paths, each with a list of values {RANGE}")
    unknown = [_unknown(path, value) for path, value in given.items() if path not in _LISTS]
    known = {path: given[path] for path in VARIED if path in given}
    misshapen = {path: lines for path, value in known.items() if (lines := [*_shape_faults(KNOBS[path], value)])}
    lines = unknown + [line for found in misshapen.values() for line in found]
    if not lines:
        runs = math.prod(_count(KNOBS[path], value) for path, value in known.items())
        if runs > MOST_RUNS:
            raise SpecFault(f"vary: {runs} runs; allowed: at most {MOST_RUNS}")
    values: dict[str, tuple[Value, ...]] = {}
    for path, value in known.items():
        if path not in misshapen:
            values[path], wrong = _checked(path, _expanded(KNOBS[path], value))
            lines += wrong
    if lines:
        raise SpecFault(*lines)
    return values


def _unknown(path: Any, value: Any) -> str:
    if path in FIXED:
        return f"vary.{path}: {shown(value)}; allowed: not varied: {FIXED[path]}"
    nearest = ", ".join(get_close_matches(str(path), VARIED, n=3, cutoff=0.0))
    return f"vary.{one_line(str(path))}: {shown(value)}; allowed: no such knob; the nearest are {nearest}"


def _shape_faults(knob: Knob, given: Any) -> Iterator[str]:
    """What is wrong with a list or range as such, before any value is looked at."""
    name, numeric = f"vary.{knob.path}", knob.kind is not str
    if isinstance(given, list | tuple):
        if not given:
            yield f"{name}: []; allowed: at least one value"
        elif len(given) > MOST_RUNS:
            yield f"{name}: {len(given)} values; allowed: at most {MOST_RUNS}"
    elif isinstance(given, Mapping) and numeric:
        yield from _range_faults(name, given)
    else:
        yield f"{name}: {shown(given)}; allowed: a list of values" + (f" {RANGE}" if numeric else "")


def _range_faults(name: str, given: Mapping[str, Any]) -> Iterator[str]:
    fields = ("from", "to", "count", "scale")
    for field, value in given.items():
        if field not in fields:
            yield f"{name}.{one_line(str(field))}: {shown(value)}; allowed: no such field, only {', '.join(fields)}"
    log = given.get("scale", "linear") == "log"
    for field in ("from", "to"):
        end: Any = given.get(field)
        if type(end) not in (int, float) or not abs(end) <= 1e300 or (log and end <= 0):
            yield f"{name}.{field}: {shown(end)}; allowed: a number" + (" above 0 on a log scale" if log else "")
    count: Any = given.get("count")
    if type(count) is not int or not 2 <= count <= MOST_RUNS:
        yield f"{name}.count: {shown(count)}; allowed: a whole number at least 2 and at most {MOST_RUNS}"
    if given.get("scale", "linear") not in ("linear", "log"):
        yield f"{name}.scale: {shown(given['scale'])}; allowed: one of linear, log"


def _count(knob: Knob, given: Any) -> int:
    """How many values there are, without expanding a range; of whole numbers no more than lie between its ends."""
    if not isinstance(given, Mapping):
        return len(given)
    between = math.floor(abs(given["to"] - given["from"])) + 1
    return min(given["count"], between) if knob.kind is int else given["count"]


def _expanded(knob: Knob, given: Any) -> Sequence[Any]:
    """The values; of a range both ends as given and evenly spaced values between them, in `DIGITS` digits."""
    if not isinstance(given, Mapping):
        return given
    low, high, count = given["from"], given["to"], _count(knob, given)
    if given.get("scale", "linear") == "log":
        ratio = math.log(high) - math.log(low)
        inner = [low * math.exp(ratio * (i / (count - 1))) for i in range(1, count - 1)]
    else:
        inner = [low + (high - low) * (i / (count - 1)) for i in range(1, count - 1)]
    least, most = min(low, high), max(low, high)
    values = [low, *(min(max(float(f"{value:.{DIGITS}g}"), least), most) for value in inner), high]
    return list(dict.fromkeys(round(value) if knob.kind is int else float(value) for value in values))


def _checked(path: str, given: Sequence[Any]) -> tuple[tuple[Value, ...], list[str]]:
    """The values as the knob holds them, and a line per fault."""
    try:
        values = [
            value + 0.0 if isinstance(value, float) else value for value in _LISTS[path].validate_python([*given])
        ]
    except ValidationError as error:
        wrong = [given[int(entry["loc"][0])] for entry in error.errors()]
        lines = [f"vary.{path}: {shown(value)}; allowed: {KNOBS[path].allowed}" for value in wrong[:_SHOWN_FAULTS]]
        rest = len(wrong) - len(lines)
        return (), lines + ([f"vary.{path}: {rest} more values; allowed: {KNOBS[path].allowed}"] if rest else [])
    once = tuple(dict.fromkeys(values))
    if len(once) < len(values):
        twice = [value for value, count in Counter(values).items() if count > 1]
        return once, [f"vary.{path}: {shown(value)}; allowed: each value once" for value in twice[:_SHOWN_FAULTS]]
    return once, []


def vary_schema() -> dict[str, Any]:
    """JSON Schema of `vary`: for every knob a list of what it allows, or for a number a range."""
    end: dict[str, Any] = {"type": "number"}
    span = {
        "type": "object",
        "properties": {
            "from": end,
            "to": end,
            "count": {"type": "integer", "minimum": 2, "maximum": MOST_RUNS},
            "scale": {"enum": ["linear", "log"], "default": "linear"},
        },
        "required": ["from", "to", "count"],
        "additionalProperties": False,
    }
    properties = {}
    for path, values in _LISTS.items():
        schema = values.json_schema() | {"minItems": 1, "uniqueItems": True}
        schema["items"].pop("default")  # the knob's, which a sweep does not fill in
        properties[path] = schema if KNOBS[path].kind is str else {"anyOf": [schema, span]}
    return {"type": "object", "properties": properties, "additionalProperties": False}
