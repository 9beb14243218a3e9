"""Runs of a sweep that could not be computed, which is not a divergence: those have rows."""

from __future__ import annotations

from dataclasses import dataclass

from occam.spec import RunSpec


@dataclass(frozen=True)
class Failed:
    """These runs were tried twice in vain; `sentence`: why."""

    specs: tuple[RunSpec, ...]
    sentence: str
