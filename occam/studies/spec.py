"""What a study is asked for: a frozen spec that names it, keys it and travels to the trainer.  No torch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from pydantic import BaseModel

from occam.datasets import OWN_CSV
from occam.spec import DataSpec, RunSpec
from occam.spec.field import Part

STUDY_VERSION = 1

_Wanted = TypeVar("_Wanted", bound=BaseModel)


class StudySpec(Part):
    """Base of every study's spec: equal specs give equal results.

    A subclass declares its fields with `occam.spec.field.knob` (several values: a tuple) and says which entry of
    `occam.studies.registry` it is: `kind: Literal["error_orders"] = "error_orders"`.
    """

    kind: str

    @cached_property
    def digest(self) -> str:
        """First 16 hexadecimal digits of SHA-256 over version and canonical JSON, which holds the kind."""
        return hashlib.sha256(f"study {STUDY_VERSION}:{self.canonical_json()}".encode()).hexdigest()[:16]

    def runs(self) -> Iterator[RunSpec]:
        """Every run spec in it: what a server's limits are about."""
        return _within(self, RunSpec)

    @property
    def nbytes(self) -> int:
        """Memory of what the spec itself brings along, where that is much."""
        return 0

    @property
    def run_count(self) -> int:
        """How many runs have to be trained: what a server caps, too."""
        return sum(1 for _ in self.runs())

    @property
    def csv_sha256(self) -> str | None:
        """SHA-256 of the own file that the study needs, None if it needs none."""
        named = (data.csv_sha256 for data in _within(self, DataSpec) if data.dataset == OWN_CSV)
        return next(named, None)


@dataclass(frozen=True)
class Progress:
    """Yielded by a study between results: `done` of `total` units of work, any unit."""

    done: float
    total: float


def _within(value: Any, wanted: type[_Wanted]) -> Iterator[_Wanted]:
    if isinstance(value, wanted):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _within(getattr(value, name), wanted)
    elif isinstance(value, tuple):
        for item in value:
            yield from _within(item, wanted)
