"""Rows as cases: numbers that are hard to keep, without any training."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from occam.glossary import METRICS
from occam.sweeps.row import END, At, Level, Mark, Row
from tests.specs import tiny

HARD = (math.nan, math.inf, -math.inf, -0.0, 0.0, 5e-324, 1 / 3, 1e308, 2.0, -7.0)


def mark(at: At = "end", level: float | None = None, step: int = 6, start: int = 0) -> Mark:
    """A mark whose metrics go through `HARD`."""
    metrics = {name: HARD[(start + index) % len(HARD)] for index, name in enumerate(METRICS)}
    return Mark(at, level, step, metrics | {"step": float(step)})


def row(seed: int = 0, levels: tuple[Level, ...] = (END,), missed: tuple[Level, ...] = (), **changes: Any) -> Row:
    """A row of a tiny spec with this model seed, marked at these levels."""
    spec = changes.pop("spec", None) or tiny(model__seed=seed)
    marks = tuple(mark(at, level, step=6 - index, start=seed + index) for index, (at, level) in enumerate(levels))
    about: dict[str, Any] = {
        "key": spec.digest,
        "spec": spec,
        "status": "finished",
        "reason": "max_steps",
        "step": 6,
        "stability": 0.1 * seed,
        "marks": marks,
        "weights": np.random.default_rng(seed).normal(size=17).astype(np.float32),
        "seconds": 0.25,
        "device": "CPU",
        "dtype": "float32",
        "versions": {"torch": "2.13.0"},
        "missed": missed,
    }
    return Row(**(about | changes))
