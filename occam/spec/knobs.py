"""What the rest of the app reads of a spec's fields: widgets, links and error messages are derived from `KNOBS`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from occam.spec.parts import DataSpec, ModelSpec, RunSpec, TrainingSpec


@dataclass(frozen=True)
class Knob:
    """What a widget, a link or an error message needs to know of one field."""

    path: str
    query: str  # its name in a link
    kind: type  # int, float or str
    optional: bool
    default: Any
    choices: tuple[str, ...]
    ge: float | None
    gt: float | None
    le: float | None
    lt: float | None
    label: str
    symbol: str
    scale: str
    help: str
    text: str  # what a text must be, in words
    since: int  # the generation of fields it came with; see `Part.canonical_json`

    @property
    def allowed(self) -> str:
        """The allowed values in words."""
        if self.choices:
            words = "one of " + ", ".join(self.choices)
        elif self.kind is str:
            words = self.text
        else:
            kind = "a whole number" if self.kind is int else "a number"
            ends = {"at least": self.ge, "above": self.gt, "at most": self.le, "below": self.lt}
            bounds = [
                f"{word} {end:g}" if end < 1e6 else f"{word} {end:.0f}" for word, end in ends.items() if end is not None
            ]
            words = f"{kind} {' and '.join(bounds)}"
        return words + (" or none" if self.optional else "")


def _knobs() -> Iterator[Knob]:
    parts: dict[str, type[BaseModel]] = {"data": DataSpec, "model": ModelSpec, "training": TrainingSpec}
    leaves = [(f"{part}.{name}", field) for part, model in parts.items() for name, field in model.model_fields.items()]
    leaves.append(("record_every", RunSpec.model_fields["record_every"]))
    names = [path.rpartition(".")[2] for path, _ in leaves]
    for (path, field), name in zip(leaves, names, strict=True):
        query = name if names.count(name) == 1 else path.replace(".", "_")  # data_seed, model_seed, training_seed
        yield declared(path, query, field)


def declared(path: str, query: str, field: FieldInfo) -> Knob:
    """The knob of a field that `occam.spec.field.knob` declared."""
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    annotation, optional, choices = field.annotation, False, extra.get("enum", ())
    if get_origin(annotation) in (Union, UnionType):
        annotation, optional = next(a for a in get_args(annotation) if a is not NoneType), True
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) is Literal:
        annotation, choices = str, get_args(annotation)
    ends = {
        end: getattr(meta, end) for meta in field.metadata for end in ("ge", "gt", "le", "lt") if hasattr(meta, end)
    }
    assert isinstance(annotation, type) and isinstance(choices, list | tuple)
    return Knob(
        path=path,
        query=query,
        kind=annotation,
        optional=optional,
        default=field.default,
        choices=tuple(map(str, choices)),
        ge=ends.get("ge"),
        gt=ends.get("gt"),
        le=ends.get("le"),
        lt=ends.get("lt"),
        label=str(extra["label"]),
        symbol=str(extra["symbol"]),
        scale=str(extra["scale"]),
        help=field.description or "",
        text=str(extra.get("text", "")),
        since=int(str(extra.get("since", 1))),
    )


KNOBS: dict[str, Knob] = {knob.path: knob for knob in _knobs()}
