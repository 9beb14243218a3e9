"""Run a study to its end, in this process: for tests, the gallery and the library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from occam.datasets import Table
from occam.studies.registry import function
from occam.studies.spec import Progress, StudySpec


def results(spec: StudySpec, table: Table | None = None) -> Iterator[Any]:
    """What the study yields, without its pauses and its progress."""
    for item in function(spec)(spec, table):
        if item is not None and not isinstance(item, Progress):
            yield item
