"""Which function computes which kind of study: one entry a kind, imported where it is computed and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from occam.datasets import Table
from occam.studies.spec import StudySpec

# (spec, table of the own file) → results, `Progress`, and None for "others may work now": at most 30 ms between two.
Study = Callable[[Any, Table | None], Iterator[Any]]

# kind → "module:function"
STUDIES: dict[str, str] = {
    "runs": "occam.studies.runs:runs",
}


def function(spec: StudySpec) -> Study:
    """The function that computes this spec; loads its module, and with it torch and SciPy."""
    module, _, name = STUDIES[spec.kind].partition(":")
    return getattr(import_module(module), name)
