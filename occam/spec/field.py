"""How a field of a spec is declared, and what every part of a spec has in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator


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
) -> Any:
    """Declare one field of a spec: default, label, help, symbol and what is allowed.

    Allowed are numbers in the range of `ge`, `gt`, `le`, `lt`; one of `choices`; or a text that is what `text` says.
    """
    extra: dict[str, Any] = {"label": label, "symbol": symbol, "scale": scale}
    extra |= {"enum": list(choices)} if choices else {}
    extra |= {"text": text} if text else {}
    return Field(default, title=label, description=help, ge=ge, gt=gt, le=le, lt=lt, json_schema_extra=extra)


class Part(BaseModel):
    """A frozen, strict piece of a spec: no coercion, no unknown fields, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _no_negative_zero(cls, value: Any) -> Any:
        return value + 0.0 if isinstance(value, float) else value  # -0.0 equals 0.0, so both must hash alike
