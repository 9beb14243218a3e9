"""Units computed by an existing Dask cluster, whose workers have this package installed."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from itertools import chain
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from occam.sweeps.executors.job import ExecutorFault, Job, told
from occam.sweeps.failed import Failed
from occam.sweeps.row import Row
from occam.sweeps.units import Unit

if TYPE_CHECKING:
    from distributed import Client, Future

PATIENCE = 10.0  # seconds for the cluster to answer
UNITS_A_THREAD = 2  # sent ahead, so that a worker that has computed one need not wait for the next
COUNT_EVERY = 2.0  # seconds between two looks how many threads there are
MOST_AWAY = 60.0  # seconds without a scheduler or any worker, after which the cluster is given up

_log = logging.getLogger(__name__)


def rows(unit: Unit) -> list[Row]:
    """The rows of a unit; what a worker of the cluster is asked for, which loads torch, as this process need not."""
    from occam.sweeps.compute import compute

    return [row for row in compute(unit) if row is not None]


class Cluster:
    """The cluster whose scheduler is at `address`, tcp://HOST:PORT.

    Dask itself moves the units of a lost worker to another; one that ends its workers again and again comes back as an
    error, and is then tried once more.  Raises `ExecutorFault` where there is no cluster, or none any more.
    """

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise ExecutorFault(
                f"{address}: Dask is not installed here; allowed after: pip install 'occam[cluster]'"
            ) from None
        try:
            self._client: Client = Client(address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError, TimeoutError, TypeError) as error:
            _log.debug("no scheduler", exc_info=error)
            raise ExecutorFault(
                f"{address}: no Dask scheduler answers there; allowed: the address of one, as tcp://HOST:8786"
            ) from None
        self._threads, self._counted, self._seen = 0, -COUNT_EVERY, time.monotonic()
        self._forget()

    def _forget(self) -> None:
        self._units: Iterator[Unit] = iter(())
        self._exhausted = True
        self._retries: list[Job] = []
        self._sent: dict[Future, Job] = {}
        self._news: SimpleQueue[tuple[Future, list[Row] | BaseException]] = SimpleQueue()

    def submit(self, units: Iterable[Unit]) -> None:
        """Compute these too."""
        self._units, self._exhausted = chain(self._units, units), False

    @property
    def idle(self) -> bool:
        """Whether all has been computed and handed out."""
        return self._exhausted and not self._sent and not self._retries

    def poll(self, timeout: float) -> list[Row | Failed]:
        """What has come, waiting for it no longer than `timeout` seconds."""
        end = time.monotonic() + timeout
        found: list[Row | Failed] = []
        self._supply()
        while not self.idle:
            wait = 0.0 if found else max(0.0, end - time.monotonic())
            try:
                future, result = self._news.get(wait > 0, wait)
            except Empty:
                break
            found += self._digest(future, result)
            self._supply()
        return found

    def cancel(self) -> None:
        """Forget all that is not computed yet; what a worker is at, it computes in vain."""
        sent = list(self._sent)
        self._forget()
        if sent and self._client.status == "running":
            self._client.cancel(sent, force=True)

    def close(self) -> None:
        """Cancel, and leave the cluster as it is."""
        self.cancel()
        self._client.close()

    def _supply(self) -> None:
        """Keep some units sent ahead for every thread of the cluster."""
        self._count()
        while len(self._sent) < UNITS_A_THREAD * self._threads and (job := self._next()) is not None:
            future = self._client.submit(rows, job.unit, pure=False)
            self._sent[future] = job
            news = self._news  # that of now: what comes after a `cancel` concerns nobody
            future.add_done_callback(lambda future, news=news: news.put((future, _result(future))))

    def _count(self) -> None:
        now = time.monotonic()
        if now < self._counted + COUNT_EVERY or self.idle:
            return
        self._counted = now
        threads: Any = self._client.nthreads() if self._client.status == "running" else {}
        self._threads = sum(threads.values())
        if self._threads:
            self._seen = now
        elif now > self._seen + MOST_AWAY:
            raise ExecutorFault(f"The Dask cluster has had no worker for {MOST_AWAY:.0f} seconds.")

    def _next(self) -> Job | None:
        if self._retries:
            return self._retries.pop()
        unit = next(self._units, None)
        self._exhausted = unit is None
        return None if unit is None else Job(unit)

    def _digest(self, future: Future, result: list[Row] | BaseException) -> list[Row | Failed]:
        job = self._sent.pop(future)
        if isinstance(result, list):
            return [item for row in result for item in job.came(row)]
        _log.error("a unit of %d runs failed: %s", len(job.unit.specs), told(result))
        further, failed = job.again(told(result), singly=True)
        self._retries += further
        return failed


def _result(future: Future) -> list[Row] | BaseException:
    """In Dask's thread: the rows, or why there are none; one that was cancelled there, too."""
    try:
        return future.result()
    except BaseException as error:  # CancelledError is none of Exception
        return error
