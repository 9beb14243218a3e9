"""A link is the lesson: a spec as a query string, and back.

`from_query(to_query(spec)) == (spec, ())` for every spec.  Whatever else a link holds, the nearest valid spec is
returned with one sentence for each thing that was changed; nothing is ever raised.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import Any
from urllib.parse import quote, unquote

from pydantic import ValidationError

from occam.datasets import DATASETS, OWN_CSV
from occam.datasets.moved import kept, read_moves, write_moves
from occam.spec import KNOBS, MOST_RECORDS, SCHEMA_VERSION, DataSpec, Knob, RunSpec, TrainingSpec

VERSION = "v"
NONE = "none"
ESCAPE = "~"  # before a text that would otherwise read as none: a column may have that very name
HIDE = "hide"
Params = Mapping[str, str]
# version → what a link of that version says in the next one; none yet, as there has been no other version
MIGRATIONS: Mapping[int, Callable[[Params], Params]] = {}
_BY_QUERY = {knob.query: knob for knob in KNOBS.values()}


def to_query(spec: RunSpec) -> dict[str, str]:
    """Every knob of the spec, defaults included, and the schema version: {"v": "1", "dataset": "moons", …}."""
    return {VERSION: str(SCHEMA_VERSION)} | {
        knob.query: to_text(spec.value(knob.path), knob) for knob in KNOBS.values()
    }


def to_text(value: Any, knob: Knob) -> str:
    """One knob's value as it stands in a link."""
    if isinstance(value, str) and value.lstrip(ESCAPE) == NONE and not knob.choices:
        return ESCAPE + value
    return NONE if value is None else str(value)  # str of a float is its shortest exact form


def to_difference(spec: RunSpec, base: RunSpec) -> str:
    """The knobs in which `spec` differs from `base`: "step_size:0.5,depth:1", empty for equal ones."""
    before, after = to_query(base), to_query(spec)
    return ",".join(
        f"{name}:{quote(text, safe='', errors='replace')}" for name, text in after.items() if text != before[name]
    )


def from_difference(text: str, base: RunSpec) -> tuple[RunSpec, tuple[str, ...]]:
    """The spec that differs from `base` by what `to_difference` wrote, or the nearest, a sentence for each change."""
    parts = [part.partition(":") for part in text.split(",") if part]
    changes = {name.strip(): unquote(value) for name, _, value in parts}
    return from_query({**to_query(base), **changes})


def from_query(
    params: Params, also: Collection[str] = (), migrations: Mapping[int, Callable[[Params], Params]] = MIGRATIONS
) -> tuple[RunSpec, tuple[str, ...]]:
    """The spec a link asks for, or the nearest valid one, and a sentence for each adjustment.

    `also`: names that belong to the page (the playhead, say) and are not the spec's business; `migrations`: what lifts
    a link of an older version to the next.  A link too old for them is refused: the default run and a sentence.
    """
    params, old = migrated(params, migrations)
    if old is not None:
        return RunSpec(), (old,)
    notices: list[str] = []
    version = params.get(VERSION, str(SCHEMA_VERSION))
    if version != str(SCHEMA_VERSION):
        notices.append(
            f"{VERSION} = {_short(version)}: this app reads links of version {SCHEMA_VERSION}; read as such."
        )
    changes: dict[str, Any] = {}
    for name, text in params.items():
        if name in _BY_QUERY:
            knob = _BY_QUERY[name]
            value, sentence = nearest(knob, text)
            changes[knob.path] = value
            notices += [sentence] if sentence else []
        elif name != VERSION and name not in also:
            notices.append(f"{_short(name)}: not a setting; ignored.")
    return _fitted(changes, notices)


def migrated(params: Params, migrations: Mapping[int, Callable[[Params], Params]]) -> tuple[Params, str | None]:
    """A link of an older version, said in the present one; a sentence instead where that is impossible."""
    told = params.get(VERSION, "")
    # Past the length of any version ever made, digits are nonsense, which is told as such.
    version = int(told) if told.isascii() and told.isdigit() and len(told) <= 4 else SCHEMA_VERSION
    for step in range(version, SCHEMA_VERSION):
        if step not in migrations:
            return params, (
                f"{VERSION} = {version}: this link was made by an older Occam, and nothing reads it any more; "
                "showing the default run."
            )
        params = {**migrations[step](params), VERSION: str(step + 1)}
    return params, None


def read_hidden(text: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """The knobs that `hide=model,training.momentum` takes off the page: of a whole part, or one by its path."""
    hidden: set[str] = set()
    unknown: list[str] = []
    for name in filter(None, text.split(",")):
        found = {path for path in KNOBS if path == name or path.startswith(f"{name}.")}
        hidden |= found
        unknown += [] if found else [_short(name)]
    notices = (f"{HIDE}: {_short(', '.join(unknown))}: no knob or part of a run; nothing hidden for it.",)
    return frozenset(hidden), notices if unknown else ()


def hidden_text(hidden: Collection[str]) -> str:
    """The shortest text that `read_hidden` reads as these knobs."""
    names: list[str] = []
    for path in (path for path in KNOBS if path in hidden):
        part = path.partition(".")[0]
        whole = "." in path and all(other in hidden for other in KNOBS if other.startswith(f"{part}."))
        names += [] if whole and part in names else [part if whole else path]
    return ",".join(names)


def nearest(knob: Knob, text: str) -> tuple[Any, str | None]:
    """The valid value of one knob nearest to what the link says, and a sentence if that differs."""
    if knob.optional and text == NONE:
        return None, None
    if knob.choices:
        if text in knob.choices:
            return text, None
        close = get_close_matches(text, knob.choices, n=1)
        return _instead(knob, text, close[0] if close else knob.default)
    if knob.kind is str:
        return text.removeprefix(ESCAPE) if text.lstrip(ESCAPE) == NONE else text, None
    try:
        number = float(text)
    except ValueError:
        return _instead(knob, text, knob.default)
    if math.isnan(number):
        return _instead(knob, text, knob.default)
    clamped = _clamp(knob, number)
    value = round(clamped) if knob.kind is int else clamped  # exact: a float holds every whole number a knob allows
    return (value, None) if value == number else _instead(knob, text, value)


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
    return value, f"{knob.label}: “{_short(text)}” is not allowed ({knob.allowed}); using {to_text(value, knob)}."


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def _fitted(changes: dict[str, Any], notices: list[str]) -> tuple[RunSpec, tuple[str, ...]]:
    """Settle what no knob can decide alone: the batch size, the number of records, the own file, what is moved."""
    asked = {path: changes.get(path, knob.default) for path, knob in KNOBS.items()}
    n_train, batch_size = asked["data.n_train"], asked["training.batch_size"]
    if batch_size is not None and batch_size > n_train:
        changes["training.batch_size"] = n_train
        label = KNOBS["training.batch_size"].label
        notices.append(f"{label}: {batch_size} exceeds the {n_train} training samples; using {n_train}.")
    training = TrainingSpec(**{**_part(asked, "training"), "batch_size": None})
    fewest = math.ceil(training.last_step / MOST_RECORDS)
    if asked["record_every"] < fewest:
        changes["record_every"] = fewest
        notices.append(f"{KNOBS['record_every'].label}: a run holds at most {MOST_RECORDS} records; using {fewest}.")
    moved, asked["data.moved"] = asked["data.moved"], None
    try:
        DataSpec(**_part(asked, "data"))
    except ValidationError:
        dataset = asked["data.dataset"]
        instead = KNOBS["data.dataset"].default if dataset == OWN_CSV else dataset
        changes |= {"data.dataset": instead, "data.csv_sha256": None, "data.csv_target": None}
        notices.append(f"The link does not name an own file by its SHA-256 and target column; showing {instead}.")
    changes["data.moved"], sentence = _moved(moved, changes.get("data.dataset", asked["data.dataset"]), n_train)
    notices += [sentence] if sentence else []
    return RunSpec().replace(changes), tuple(notices)


def _moved(text: str | None, dataset: str, n_train: int) -> tuple[str | None, str | None]:
    """Those of the moved samples that this dataset can hold, and a sentence if that is not all of them."""
    knob = KNOBS["data.moved"]
    try:
        moves = read_moves(text)
    except ValueError:
        return _instead(knob, text or "", knob.default)
    left = kept(moves, DATASETS[dataset], n_train)
    lost = len(moves) - len(left)
    sentence = f"{knob.label}: {lost} of {len(moves)} are not on {dataset} with {n_train} samples; left out."
    return write_moves(left), sentence if lost else None


def _part(asked: Mapping[str, Any], part: str) -> dict[str, Any]:
    return {path.removeprefix(f"{part}."): value for path, value in asked.items() if path.startswith(f"{part}.")}
