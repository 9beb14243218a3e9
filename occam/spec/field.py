"""How a field of a spec is declared, and what every part of a spec has in common."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.fields import FieldInfo


def refuse(wrong: Iterable[str]) -> None:
    """ValueError with a line per fault, if there is one."""
    if lines := "\n".join(wrong):
        raise ValueError(lines)


def knob(
    default: Any,
    *,
    label: str,
    help: str,
    symbol: str = "",
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    scale: Literal["linear", "log"] = "linear",
    choices: Sequence[str] = (),
    text: str = "",
    since: int = 1,
) -> Any:
    """Declare one field of a spec: default, label, help, symbol and what is allowed.

    Allowed are numbers in the range of `ge`, `gt`, `le`, `lt`; one of `choices`; or a text that is what `text` says.
    `since`: counts the generations of fields, 1 for those that were there when the first run was stored; a later field
    leaves the name of every run that does not use it as it was (`Part.canonical_json`).
    """
    extra: dict[str, Any] = {"label": label, "symbol": symbol, "scale": scale}
    extra |= {"enum": list(choices)} if choices else {}
    extra |= {"text": text} if text else {}
    extra |= {"since": since} if since > 1 else {}
    return Field(default, title=label, description=help, ge=ge, gt=gt, le=le, lt=lt, json_schema_extra=extra)


class Part(BaseModel):
    """A frozen, strict piece of a spec: no coercion, no unknown fields, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _no_negative_zero(cls, value: Any) -> Any:
        return value + 0.0 if isinstance(value, float) else value  # -0.0 equals 0.0, so both must hash alike

    def canonical_json(self) -> str:
        """The spec as JSON with defaults filled in, keys sorted, no white space: one text per spec, which digests hash.

        A field declared with `since` above 1 is left out while it is at its default, here and in every part within.  So
        what was stored, linked or published before there was such a field keeps its key: it meant the default.
        """
        tree = self.model_dump(mode="json", exclude=_unsaid(self))
        return json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _unsaid(value: Any) -> dict[Any, Any]:
    """The later fields at their defaults within `value`, as pydantic's `exclude` names them."""
    if isinstance(value, tuple):
        inner = {index: _unsaid(item) for index, item in enumerate(value)}
    elif isinstance(value, BaseModel):
        fields = type(value).model_fields
        inner = {name: _unsaid(getattr(value, name)) for name in fields}
        inner |= {
            name: True for name, field in fields.items() if _later(field) and getattr(value, name) == field.default
        }
    else:
        inner = {}
    return {name: found for name, found in inner.items() if found}


def _later(field: FieldInfo) -> bool:
    return isinstance(field.json_schema_extra, dict) and "since" in field.json_schema_extra
