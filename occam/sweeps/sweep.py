"""A sweep from its spec to its rows, whoever computes them: what is known is skipped, what is finished is kept."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from occam.datasets import Table
from occam.spec import RunSpec
from occam.studies.spec import Progress
from occam.sweeps.executors.job import Executor
from occam.sweeps.failed import Failed
from occam.sweeps.row import Row, wanted
from occam.sweeps.spec import SweepSpec
from occam.sweeps.store import Store
from occam.sweeps.units import Unit, units

if TYPE_CHECKING:
    from occam.training.device import DeviceChoice

WAIT = 0.1  # seconds: nobody who looks at a progress bar wants it more often
_AT_ONCE = 200  # keys that the store is asked for together


def run(
    sweep: SweepSpec,
    store: Store | None,
    executor: Executor,
    *,
    table: Table | None = None,
    device: DeviceChoice = "auto",
    small: int = 0,
    wait: float = WAIT,
    stored: bool = False,
) -> Generator[Row | Failed | Progress | None, None, None]:
    """Each row as its run ends, once it is in the store; failures; the runs that are over; None when nothing came.

    Rows that `store` holds are skipped and count as over; with `stored` they are handed out, too.  Closing the iterator
    cancels the sweep and keeps what is finished.  `small`: see `units`; `wait`: seconds between two yields at most.
    Raises `StoreFault` and `ExecutorFault`; what was stored before stays.
    """
    known: list[str] = []  # keys that the store turned out to hold
    template = Unit((), sweep.at_losses, sweep.at_times, table, device)
    executor.submit(units(_unknown(sweep, store, known), template, small=small))
    over = 0
    try:
        while True:
            found = executor.poll(wait)
            _keep(found, store)
            yield from found
            if store is not None and stored:
                yield from store.rows(known)
            new = len(known) + sum(1 if isinstance(item, Row) else len(item.specs) for item in found)
            known.clear()
            if new:
                over += new
                yield Progress(over, sweep.count)
            elif executor.idle:
                return
            else:
                yield None
    finally:
        _keep(executor.poll(0.0), store)
        executor.cancel()


def _keep(found: list[Row | Failed], store: Store | None) -> None:
    rows = [item for item in found if isinstance(item, Row)]
    if store is not None and rows:
        store.put(rows)


def _unknown(sweep: SweepSpec, store: Store | None, known: list[str]) -> Iterator[RunSpec]:
    """The runs that the store does not hold with all levels of the sweep; the keys of the others go to `known`."""
    specs, levels = sweep.specs(), wanted(sweep.at_losses, sweep.at_times)
    while chunk := list(islice(specs, _AT_ONCE)):
        held = set() if store is None else store.known([spec.digest for spec in chunk], levels)
        known += [spec.digest for spec in chunk if spec.digest in held]
        yield from (spec for spec in chunk if spec.digest not in held)
