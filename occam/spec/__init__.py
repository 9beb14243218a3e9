"""A run is a pure function of its spec: the one description every other part reads.

`RunSpec` is the cache key, the URL, the JSON record, the CLI input and the chart title.  Widgets, links, error
messages and the JSON Schema are derived from its fields, declared in `parts.py`, through `KNOBS`.
"""

from __future__ import annotations

from occam.spec.knobs import KNOBS, Knob
from occam.spec.parts import (
    LARGEST_SEED,
    MOST_RECORDS,
    SCHEMA_VERSION,
    Activation,
    DataSpec,
    Init,
    ModelSpec,
    Perturbation,
    RunSpec,
    Sampling,
    TrainingSpec,
)
from occam.spec.reading import MOST_BYTES, SpecFault, faults, read_spec

__all__ = [
    "KNOBS",
    "LARGEST_SEED",
    "MOST_BYTES",
    "MOST_RECORDS",
    "SCHEMA_VERSION",
    "Activation",
    "DataSpec",
    "Init",
    "Knob",
    "ModelSpec",
    "Perturbation",
    "RunSpec",
    "Sampling",
    "SpecFault",
    "TrainingSpec",
    "faults",
    "read_spec",
]
