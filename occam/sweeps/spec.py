"""A sweep: one base run, and what is varied about it.

{"base": {…}, "vary": {"training.step_size": [0.05, 0.1], "model.seed": {"from": 0, "to": 9, "count": 10}},
 "at_losses": [0.1], "at_times": [50]}
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import product
from typing import Annotated, Any

from pydantic import Field, ValidationError, WithJsonSchema, field_validator, model_validator

from occam.spec import RunSpec, SpecFault, faults
from occam.spec.field import Part, refuse
from occam.spec.reading import one_line, read_json, shown
from occam.sweeps.vary import SEEDS, Value, read_vary, vary_schema

SWEEP_VERSION = 1
MOST_LEVELS = 16  # losses, and as many times: each is measured and kept for every run
LARGEST_LEVEL = 1e6
# Which knobs a rule of RunSpec looks at together.  Every rule is monotone in each number, so that the ends of its
# values decide; none is looked at by itself.
_TOGETHER = (
    ("data.dataset", "data.csv_target"),
    ("data.n_train", "training.batch_size"),
    ("training.max_steps", "training.stop_time", "training.step_size"),
)

_Level = Annotated[float, Field(ge=0.0, le=LARGEST_LEVEL)]


class SweepSpec(Part):
    """Every combination of the values in `vary`, each a change of `base`.

    `vary`: {knob path: its values}, in JSON a list or {"from", "to", "count", "scale": "linear" | "log"}, kept in a
    fixed order with the seeds first; `at_losses`, `at_times`: levels of the training loss and of the physical time γ·t
    at whose first crossing every run is measured too, as well as at its end.  Constructing one checks every run.
    """

    base: RunSpec = RunSpec()
    vary: Annotated[dict[str, tuple[Value, ...]], WithJsonSchema(vary_schema())] = Field(default_factory=dict)
    at_losses: tuple[_Level, ...] = ()
    at_times: tuple[Annotated[_Level, Field(gt=0.0)], ...] = ()

    @field_validator("vary", mode="before")
    @classmethod
    def _values(cls, given: Any) -> dict[str, tuple[Value, ...]]:
        return read_vary(given)  # its SpecFault is a ValueError, a line per fault

    @field_validator("at_losses", "at_times", mode="before")
    @classmethod
    def _listed(cls, given: Any) -> Any:
        return tuple(given) if isinstance(given, list) else given

    @field_validator("at_losses", "at_times")
    @classmethod
    def _levels(cls, levels: tuple[float, ...]) -> tuple[float, ...]:
        if len(levels) > MOST_LEVELS:
            raise ValueError(f"{len(levels)} levels; allowed: at most {MOST_LEVELS}")
        refuse(f"{level}; allowed: each level once" for level, times in Counter(levels).items() if times > 1)
        return tuple(sorted(level + 0.0 for level in levels))

    @model_validator(mode="after")
    def _every_run_is_valid(self) -> SweepSpec:
        wrong: dict[str, None] = {}
        for group in _TOGETHER:
            for corner in product(*(_ends(self.vary[path]) for path in group if path in self.vary)):
                changes = dict(zip((path for path in group if path in self.vary), corner, strict=True))
                try:
                    self.base.replace(changes)
                except ValidationError as error:
                    wrong |= dict.fromkeys(faults(error))
        refuse(wrong)
        return self

    @cached_property
    def count(self) -> int:
        """Number of runs: the product of the numbers of values."""
        return math.prod(map(len, self.vary.values()))

    @property
    def knobs(self) -> tuple[str, ...]:
        """The varied knobs that are no seeds."""
        return tuple(path for path in self.vary if path not in SEEDS)

    @property
    def seeds(self) -> tuple[str, ...]:
        """The varied seeds."""
        return tuple(path for path in self.vary if path in SEEDS)

    def specs(self) -> Iterator[RunSpec]:
        """Every run, in a fixed order: all settings of the knobs with the first seeds, then all with the next."""
        for values in product(*self.vary.values()):
            yield self.base.replace(dict(zip(self.vary, values, strict=True)))

    def nth(self, index: int) -> RunSpec:
        """The run at this place of `specs`, without going through those before it."""
        changes: dict[str, Value] = {}
        for path, values in reversed(self.vary.items()):
            index, place = divmod(index, len(values))
            changes[path] = values[place]
        return self.base.replace(changes)

    @cached_property
    def digest(self) -> str:
        """First 16 hexadecimal digits of SHA-256 over version and canonical JSON."""
        return hashlib.sha256(f"sweep {SWEEP_VERSION}:{self.canonical_json()}".encode()).hexdigest()[:16]

    def __hash__(self) -> int:
        return hash(self.digest)


def read_sweep(content: bytes) -> SweepSpec:
    """The sweep in a JSON text in UTF-8, read as strictly as a run's spec.  Raises `SpecFault`, a line per fault."""
    tree = read_json(content)
    if not isinstance(tree, dict):
        raise SpecFault(f"sweep: {shown(tree)}; allowed: an object with {', '.join(SweepSpec.model_fields)}")
    lines: list[str] = []
    try:
        RunSpec.model_validate(tree.get("base", {}))
    except ValidationError as error:
        lines += [f"base.{line}".replace("base.spec:", "base:", 1) for line in faults(error)]
    try:
        return SweepSpec.model_validate(tree)
    except ValidationError as error:
        found = [line for entry in error.errors() for line in _lines(entry)]
        raise SpecFault(*lines, *found) from None


def _lines(entry: Mapping[str, Any]) -> list[str]:
    """What pydantic found wrong, but for the base, whose faults are told as those of a run."""
    location, kind = entry["loc"], entry["type"]
    if location[:1] == ("base",):
        return []
    if kind == "extra_forbidden":
        fields = ", ".join(SweepSpec.model_fields)
        return [f"{one_line(str(location[0]))}: {shown(entry['input'])}; allowed: no such field, only {fields}"]
    if kind == "value_error":
        lines = entry["msg"].removeprefix("Value error, ").splitlines()
        return [f"{location[0]}: {line}" if location[:1] in (("at_losses",), ("at_times",)) else line for line in lines]
    above = "above" if location[0] == "at_times" else "at least"
    level = f"a number {above} 0 and at most {LARGEST_LEVEL:.0f}"
    allowed = level if len(location) > 1 else f"a list of levels, each {level}"
    return [f"{location[0]}: {shown(entry['input'])}; allowed: {allowed}"]


def _ends(values: tuple[Value, ...]) -> list[Value]:
    """Those of the values that decide a rule: None, texts, the smallest and the largest number."""
    numbers = [value for value in values if isinstance(value, int | float)]
    others: list[Value] = [value for value in values if not isinstance(value, int | float)]
    return others + ([min(numbers), max(numbers)] if numbers else [])
