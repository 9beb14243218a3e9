"""Train one spec to its end, in this process."""

from __future__ import annotations

from dataclasses import dataclass

from occam.datasets import Samples, Table
from occam.spec import RunSpec
from occam.training.cohort import Cohort
from occam.training.device import DeviceChoice, one_thread
from occam.training.frames import Recording
from occam.training.live import LiveRun, Precision


@dataclass
class Run(Recording):
    """A recording with the samples it was trained on; the first and last frame hold the initial and final weights."""

    samples: Samples | None = None


@one_thread()
def train(
    spec: RunSpec, *, table: Table | None = None, device: DeviceChoice = "auto", dtype: Precision = "float32"
) -> Run:
    """Train a spec to its end in this process.

    Raises `CsvFault` for an own file that is missing or not the one named.  A divergence is a result, not an error:
    see `Run.ending`.
    """
    live = LiveRun(spec, table=table, device=device, dtype=dtype)
    run = Run(live.header, samples=live.samples)
    cohort = Cohort([live])
    while live.ending is None:
        run.frames += [frame for frame in cohort.record(cohort.due()) if frame is not None]
        cohort.advance()
    run.ending = live.ending
    return run
