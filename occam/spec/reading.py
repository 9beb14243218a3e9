"""A spec from JSON text; what is wrong with one is told in a line per fault: field, value, allowed."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NoReturn

from pydantic import ValidationError

from occam.spec.knobs import KNOBS
from occam.spec.parts import RunSpec

MOST_BYTES = 2**20  # of a spec's text; a full one has under 1 kB
_SHOWN = 60  # characters of a name or value that fit into a sentence
_OBJECT = "an object with the fields of the schema"


class SpecFault(ValueError):
    """A spec that is refused; `lines` holds one sentence per fault."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def read_spec(content: bytes) -> RunSpec:
    """The spec in a JSON text in UTF-8 (a byte order mark is fine).  Raises `SpecFault`."""
    try:
        return RunSpec.model_validate(read_json(content))
    except ValidationError as error:
        raise SpecFault(*faults(error)) from None


def read_json(content: bytes) -> Any:
    """What a JSON text in UTF-8 says (a byte order mark is fine).

    Stricter than JSON in what is silently wrong elsewhere: no NaN, no infinity, no field given twice.
    Raises `SpecFault`.
    """
    if len(content) > MOST_BYTES:
        raise SpecFault(f"spec: {len(content)} bytes; allowed: at most {MOST_BYTES}")
    try:
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise SpecFault(f"spec: not UTF-8 text (byte {error.start + 1}); allowed: {_OBJECT}") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise SpecFault(f"spec: not valid JSON ({error.msg}, {place}); allowed: {_OBJECT}") from None
    except RecursionError:
        raise SpecFault(f"spec: nested too deeply; allowed: {_OBJECT}") from None
    except SpecFault:
        raise
    except ValueError:  # Python reads no whole number of more than 4300 digits
        raise SpecFault(f"spec: not readable JSON (a number is too long); allowed: {_OBJECT}") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if twice:
        raise SpecFault(*(f"{one_line(name)}: given twice in one object; allowed: once" for name in twice))
    return dict(pairs)


def _no_constant(name: str) -> NoReturn:
    raise SpecFault(f"spec: not valid JSON ({name} is no number); allowed: {_OBJECT}")


def faults(error: ValidationError) -> list[str]:
    """One line per fault of a refused spec: field, value, allowed range."""
    return [
        line for entry in error.errors() for line in _faults(entry["loc"], entry["type"], entry["input"], entry["msg"])
    ]


def _faults(location: tuple[int | str, ...], kind: str, value: Any, message: str) -> list[str]:
    path, parent = (".".join(one_line(str(step)) for step in steps) for steps in (location, location[:-1]))
    if path in KNOBS:
        return [f"{path}: {shown(value)}; allowed: {KNOBS[path].allowed}"]
    if kind == "extra_forbidden":
        siblings = [known.rpartition(".")[2] for known in KNOBS if known.rpartition(".")[0] == parent]
        groups = [] if parent else list(dict.fromkeys(known.partition(".")[0] for known in KNOBS if "." in known))
        return [f"{path}: {shown(value)}; allowed: no such field, only {', '.join(groups + siblings)}"]
    if kind == "value_error":  # from a model validator: every line names field, value and range
        lines = message.removeprefix("Value error, ").splitlines()
        return [f"{path}.{line}" if path else line for line in lines]
    return [f"{path or 'spec'}: {shown(value)}; allowed: {_OBJECT}"]


def shown(value: Any) -> str:
    """A value as it fits into a sentence: on one line, cut where it is long, only the kind of a list or object."""
    if isinstance(value, dict | list):
        return "{…}" if isinstance(value, dict) else "[…]"
    return one_line(json.dumps(value, ensure_ascii=False, default=str))


def one_line(text: str) -> str:
    """The text on one line, cut where it is long."""
    shown = "".join(character if character.isprintable() else "�" for character in text[:_SHOWN])
    return shown if len(text) <= _SHOWN else f"{shown[:-1]}…"
