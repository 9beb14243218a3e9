"""Results of a study as JSON and arrays: what they may hold, and how they are stored without pickle.

None, bool, int, float and str are themselves in JSON and a list is a list; anything else is an object with one name:

    {"array": i}, {"scalar": i}                   arrays[i], as it is or as a NumPy scalar
    {"tuple": […]}, {"dict": {…}}                 a dict has texts for keys
    {"module:Class": {field: …}}                  a dataclass, or a part of a spec, of this package
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from occam.spec.field import Part

Array = NDArray[Any]
PACKAGE = "occam"  # a stored file may name classes of this package only


def encode(value: Any, arrays: list[Array]) -> Any:
    """The JSON tree of `value`; its arrays are appended to `arrays`.  TypeError names what a result may not hold."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.ndarray | np.generic):
        if value.dtype.hasobject:
            raise TypeError("a study's result holds an array of Python objects; allowed: numbers, texts")
        arrays.append(np.asarray(value))
        return {"array" if isinstance(value, np.ndarray) else "scalar": len(arrays) - 1}
    if type(value) is list:
        return [encode(item, arrays) for item in value]
    if type(value) is tuple:
        return {"tuple": [encode(item, arrays) for item in value]}
    if type(value) is dict and all(type(key) is str for key in value):
        return {"dict": {key: encode(item, arrays) for key, item in value.items()}}
    if isinstance(value, Part):
        return {_name(type(value)): value.model_dump(mode="json")}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {_name(type(value)): {name: encode(item, arrays) for name, item in fields.items()}}
    raise TypeError(
        f"a study's result holds a {type(value).__module__}.{type(value).__qualname__}; allowed: dataclasses and specs "
        "of this package, dict with texts for keys, list, tuple, NumPy arrays, numbers, texts, None"
    )


def decode(tree: Any, arrays: Sequence[Array]) -> Any:
    """The value of which `encode` made `tree` and `arrays`, of the same types and equal to the last bit."""
    if isinstance(tree, list):
        return [decode(item, arrays) for item in tree]
    if not isinstance(tree, dict):
        return tree
    ((name, content),) = tree.items()
    if name == "array":
        return arrays[content]
    if name == "scalar":
        return arrays[content][()]
    if name == "tuple":
        return tuple(decode(item, arrays) for item in content)
    if name == "dict":
        return {key: decode(item, arrays) for key, item in content.items()}
    return _made(_class(name), content, arrays)


def _made(kind: type[Any], content: Mapping[str, Any], arrays: Sequence[Array]) -> Any:
    if issubclass(kind, Part):
        return kind.model_validate(content, strict=False)  # JSON has lists where a spec has tuples
    return kind(**{name: decode(item, arrays) for name, item in content.items()})


def _name(kind: type) -> str:
    if kind.__module__.partition(".")[0] != PACKAGE or "<" in kind.__qualname__:
        raise TypeError(
            f"a study's result holds a {kind.__module__}.{kind.__qualname__}; allowed: classes of {PACKAGE}"
        )
    return f"{kind.__module__}:{kind.__qualname__}"


def _class(name: str) -> type[Any]:
    module, _, qualname = name.partition(":")
    if module.partition(".")[0] != PACKAGE:
        raise ValueError(f"{name} is no class of {PACKAGE}")
    found: Any = importlib.import_module(module)
    for step in qualname.split("."):
        found = getattr(found, step)
    if not (isinstance(found, type) and (dataclasses.is_dataclass(found) or issubclass(found, Part))):
        raise ValueError(f"{name} holds no fields")
    return found
