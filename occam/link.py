"""A link is the lesson: a spec as a query string, and back.

`from_query(to_query(spec)) == (spec, ())` for every spec.  Whatever else a link holds, the nearest valid spec is
returned with one sentence for each thing that was changed; nothing is ever raised.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from occam.datasets import OWN_CSV
from occam.spec import KNOBS, MOST_RECORDS, SCHEMA_VERSION, Knob, RunSpec, faults

VERSION = "v"
NONE = "none"
_BY_QUERY = {knob.query: knob for knob in KNOBS.values()}


def to_query(spec: RunSpec) -> dict[str, str]:
    """Every knob of the spec, defaults included, and the schema version: {"v": "1", "dataset": "moons", …}."""
    return {VERSION: str(SCHEMA_VERSION)} | {knob.query: _text(spec.value(knob.path)) for knob in KNOBS.values()}


def _text(value: Any) -> str:
    return NONE if value is None else str(value)  # str of a float is its shortest exact form


def from_query(params: Mapping[str, str], also: Collection[str] = ()) -> tuple[RunSpec, tuple[str, ...]]:
    """The spec a link asks for, or the nearest valid one, and a sentence for each adjustment.

    `also`: names that belong to the page (the playhead, say) and are not the spec's business.
    """
    notices: list[str] = []
    version = params.get(VERSION, str(SCHEMA_VERSION))
    if version != str(SCHEMA_VERSION):
        notices.append(f"{VERSION} = {version}: this app reads links of version {SCHEMA_VERSION}; read as such.")
    changes: dict[str, Any] = {}
    for name, text in params.items():
        if name in _BY_QUERY:
            knob = _BY_QUERY[name]
            value, sentence = _nearest(knob, text)
            changes[knob.path] = value
            notices += [sentence] if sentence else []
        elif name != VERSION and name not in also:
            notices.append(f"{name}: not a setting; ignored.")
    return _fitted(changes, notices)


def _nearest(knob: Knob, text: str) -> tuple[Any, str | None]:
    """The valid value of one knob nearest to what the link says, and a sentence if that differs."""
    if knob.optional and text == NONE:
        return None, None
    if knob.choices:
        if text in knob.choices:
            return text, None
        close = get_close_matches(text, knob.choices, n=1)
        return _instead(knob, text, close[0] if close else knob.default)
    if knob.kind is str:
        return text, None
    try:
        number = float(text)
    except ValueError:
        return _instead(knob, text, knob.default)
    if math.isnan(number):
        return _instead(knob, text, knob.default)
    clamped = _clamp(knob, number)
    value = (int(text) if _is_whole(text) and clamped == number else round(clamped)) if knob.kind is int else clamped
    return (value, None) if value == number else _instead(knob, text, value)


def _is_whole(text: str) -> bool:
    return text.strip().lstrip("+-").isdecimal()


def _clamp(knob: Knob, number: float) -> float:
    """The nearest number within the ends; an open end is approached to within one part in a thousand."""
    if knob.gt is not None and number <= knob.gt:
        number = knob.gt + 1e-3
    if knob.lt is not None and number >= knob.lt:
        number = knob.lt - 1e-3
    low = -math.inf if knob.ge is None else knob.ge
    high = math.inf if knob.le is None else knob.le
    return min(max(number, low), high)


def _instead(knob: Knob, text: str, value: Any) -> tuple[Any, str]:
    short = text if len(text) <= 40 else text[:39] + "…"
    return value, f"{knob.label}: “{short}” is not allowed ({knob.allowed}); using {_text(value)}."


def _fitted(changes: dict[str, Any], notices: list[str]) -> tuple[RunSpec, tuple[str, ...]]:
    """Settle what only the whole spec can decide: batch size, number of records, own file."""
    try:
        return RunSpec().replace(changes), tuple(notices)
    except ValidationError as error:
        sentences = faults(error)
    n_train = changes.get("data.n_train", KNOBS["data.n_train"].default)
    batch_size = changes.get("training.batch_size")
    default_dataset = KNOBS["data.dataset"].default
    dataset = changes.get("data.dataset", default_dataset)
    no_file = {"data.csv_sha256": None, "data.csv_target": None}
    repairs: list[dict[str, Any]] = [
        {"training.batch_size": n_train} if batch_size is not None and batch_size > n_train else {},
        _records_apart(changes),
        no_file | {"data.dataset": default_dataset if dataset == OWN_CSV else dataset},
    ]
    for repair in repairs:
        changes |= repair
        try:
            spec = RunSpec().replace(changes)
        except ValidationError as error:
            sentences += [sentence for sentence in faults(error) if sentence not in sentences]
            continue
        return spec, (*notices, *(f"{sentence}; adjusted to the nearest valid setting." for sentence in sentences))
    return RunSpec(), (*notices, "The link could not be read; showing the default run.")


def _records_apart(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The smallest `record_every` that keeps a run within the allowed number of records, if the link's does not."""
    max_steps = changes.get("training.max_steps", KNOBS["training.max_steps"].default)
    every = changes.get("record_every", KNOBS["record_every"].default)
    fewest = math.ceil(max_steps / MOST_RECORDS)
    return {"record_every": fewest} if every < fewest else {}
