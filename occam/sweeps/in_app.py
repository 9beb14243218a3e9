"""A sweep as a study: what the trainer computes itself, what it has computed, and how it stays free for live runs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack

from occam.datasets import Table
from occam.studies.spec import Progress
from occam.sweeps.executors.cluster import Cluster
from occam.sweeps.executors.inline import Inline
from occam.sweeps.executors.job import Executor
from occam.sweeps.executors.local import Local
from occam.sweeps.failed import Failed
from occam.sweeps.row import Row
from occam.sweeps.store import Store, default_path
from occam.sweeps.study import SweepStudy
from occam.sweeps.sweep import run
from occam.sweeps.units import Unit

WAIT = 0.005  # seconds of a turn that a sweep waits for other processes, or works beyond the burst it is in
SMALL = 4  # units that are small, so that there are points to see while the workers still load torch


class Together:
    """Local workers, and this process until they are ready: units go to whoever is free."""

    def __init__(self, workers: int | None = None) -> None:
        self._here, self._local = Inline(), Local(workers)

    def submit(self, units: Iterable[Unit]) -> None:
        """Compute these too."""
        shared = iter(units)
        self._local.submit(shared)
        self._here.submit(shared)

    @property
    def idle(self) -> bool:
        """Whether all has been computed and handed out; either may have seen the end of the units."""
        occupied = self._here.occupied or self._local.occupied
        return not occupied and (self._here.idle or self._local.idle)

    def poll(self, timeout: float) -> list[Row | Failed]:
        """What has come; works or waits no longer than `timeout` seconds or so."""
        found = self._local.poll(0.0)
        if found:
            return found
        here = self._here.occupied or not self._local.ready
        return (self._here if here and not self._here.idle else self._local).poll(timeout)

    def cancel(self) -> None:
        """Forget all that is not computed yet."""
        self._here.cancel()
        self._local.cancel()

    def close(self) -> None:
        """End the workers."""
        self._here.close()
        self._local.close()


def executor(environ: Mapping[str, str]) -> Executor:
    """Hosted: this process alone, whose memory is what there is.  Else the cluster that is named, or local workers."""
    if environ.get("OCCAM_HOSTED") == "1":
        return Inline()
    address = environ.get("OCCAM_SCHEDULER")
    return Cluster(address) if address else Together()


def sweep(spec: SweepStudy, table: Table | None = None) -> Iterator[Row | Failed | Progress | None]:
    """The rows of the sweep, those that the user's store holds first; unless hosted, new ones go into the store."""
    with ExitStack() as stack:
        hosted = os.environ.get("OCCAM_HOSTED") == "1"
        store = None if hosted else stack.enter_context(Store.open(default_path()))
        computes = executor(os.environ)
        stack.callback(computes.close)
        yield from run(spec.sweep, store, computes, table=table, small=SMALL, wait=WAIT, stored=True)
