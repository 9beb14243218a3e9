"""Sweeps and statistics over their rows as studies: what a page asks the trainer for.  No torch, no SciPy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from occam.spec import RunSpec
from occam.studies.spec import StudySpec
from occam.sweeps.spec import SweepSpec
from occam.sweeps.vary import Value


class SweepStudy(StudySpec):
    """Every run of a sweep: a `Row` each as it ends, `Failed` for those that cannot be computed."""

    kind: Literal["sweep"] = "sweep"
    sweep: SweepSpec

    def runs(self) -> Iterator[RunSpec]:
        """One run with the largest value of every number: a server allows it if it allows each run of the sweep.

        A sweep keeps no frames, so how often a run is recorded is none of a server's business.
        """
        largest: dict[str, Value] = {"record_every": 1_000_000}
        for path, values in self.sweep.vary.items():
            numbers = [value for value in values if isinstance(value, int | float)]
            if numbers:
                largest[path] = max(numbers)
        yield self.sweep.base.replace(largest)

    @property
    def run_count(self) -> int:
        """Runs that have to be trained."""
        return self.sweep.count


class SweepCorrelation(StudySpec):
    """Rank correlation of two quantities over runs: one `results.Correlation`; `groups`: the seeds, None is missing."""

    kind: Literal["sweep_correlation"] = "sweep_correlation"
    x: tuple[float | None, ...]
    y: tuple[float | None, ...]
    groups: tuple[int, ...]


class SweepPaired(StudySpec):
    """The change of `outcome` between two values of `knob`, in pairs that agree in all else: one `results.Paired`.

    `columns`: of the outcome, the knob and every other knob in which the runs may differ, seeds included, by name;
    `values`: None takes the smallest and the largest.
    """

    kind: Literal["sweep_paired"] = "sweep_paired"
    knob: str
    outcome: str
    columns: dict[str, tuple[Value, ...]]
    values: tuple[Value, Value] | None = None
