"""Statistics over rows as studies.  A module of its own, so that a sweep need not wait for SciPy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from occam.datasets import Table
from occam.spec import KNOBS
from occam.sweeps import statistics
from occam.sweeps.results import Correlation, Paired
from occam.sweeps.study import SweepCorrelation, SweepPaired


def correlation(spec: SweepCorrelation, table: Table | None = None) -> Iterator[Correlation | None]:
    """One `Correlation`."""
    x, y = (np.array(values, dtype=np.float64) for values in (spec.x, spec.y))  # None becomes nan
    yield from statistics.correlating(x, y, spec.groups)


def paired(spec: SweepPaired, table: Table | None = None) -> Iterator[Paired | None]:
    """One `Paired`."""
    frame = pd.DataFrame({name: list(values) for name, values in spec.columns.items()})
    frame[spec.outcome] = frame[spec.outcome].astype(float)
    for path in KNOBS.keys() - spec.columns.keys():
        frame[path] = 0  # the same for all of them
    yield None
    yield statistics.paired(frame, spec.knob, spec.outcome, spec.values)
