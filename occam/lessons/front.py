"""The front matter of a lesson file: its fields, each with what is allowed in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator


def flat(tree: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """{"training.step_size": 0.1} of {"training": {"step_size": 0.1}}, as a spec's `replace` takes it."""
    found: dict[str, Any] = {}
    for name, value in tree.items():
        found |= flat(value, f"{path}{name}.") if isinstance(value, dict) else {f"{path}{name}": value}
    return found


_Names = Annotated[tuple[str, ...], Field(min_length=1)]
_Name = Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")]


class Front(BaseModel):
    """What stands between the lines `+++`; `occam.lessons.lesson.Lesson` says what each field is."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    minutes: int = Field(ge=1, le=30, description="a whole number from 1 to 30")
    run: dict[str, Any] = Field(default_factory=dict, description="a table of knobs that all arms share")
    arms: dict[_Name, dict[str, Any]] = Field(
        min_length=1, max_length=4, description="one to four tables [arms.name], each with the knobs of that arm"
    )
    seeds: _Names = Field(
        default=("model.seed",), description='a list of knobs that take the seed, as ["model.seed", "data.seed"]'
    )
    knobs: dict[str, Annotated[tuple[float | int | str, ...], Field(min_length=2, max_length=8)]] = Field(
        default_factory=dict, description="a table of knobs with two to eight values each, as model.depth = [1, 2]"
    )
    choices: dict[_Name, str] = Field(
        min_length=2, max_length=5, description="a table of two to five outcomes, each with its condition in quotes"
    )
    claim: str = Field(description="the name of a choice")
    effect: str = Field(description="a number in quotes, as 'sharpness[large] / sharpness[small]'")
    even: float = Field(default=1.0, description="the number with a decimal point at which the effect is none")
    pictures: str = Field(description="one of maps, curves, bounds")
    history: str | None = Field(default=None, description="a measure that is recorded through training")
    across: str = Field(default="physical_time", description="one of step, physical_time, train_loss")
    table: _Names = Field(description="a list of measures")

    @field_validator("seeds", "table", mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value  # TOML has lists where a frozen model has tuples

    @field_validator("knobs", mode="before")
    @classmethod
    def _from_lists(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {name: tuple(values) if isinstance(values, list) else values for name, values in flat(value).items()}
