"""A real Dask scheduler and real workers, each a process on 127.0.0.1."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class DaskCluster:
    """`address`: of the scheduler; `workers`: their processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0")
        self.address = self._heard(self._scheduler, r"Scheduler at:\s+(tcp://\S+)")
        self.workers: list[subprocess.Popen] = []

    def add(self, workers: int) -> None:
        """Start so many workers of one thread each."""
        # --no-nanny: a worker that is killed stays dead.
        how = ("--nthreads", "1", "--no-nanny", "--host", "127.0.0.1", "--memory-limit", "0")
        new = [
            self._start("worker", self.address, *how, "--local-directory", str(self._folder)) for _ in range(workers)
        ]
        for worker in new:
            self._heard(worker, r"Registered to:\s+(tcp://\S+)")
        self.workers += new

    def close(self) -> None:
        """End all processes."""
        for process in (*self.workers, self._scheduler):
            process.kill()
            process.communicate()

    def _start(self, *arguments: str) -> subprocess.Popen:
        environment = os.environ | {"PYTHONPATH": os.getcwd(), "DASK_DISTRIBUTED__WORKER__DAEMON": "False"}
        quiet = ("--no-dashboard",)
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments, *quiet],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=self._folder,
        )

    def _heard(self, process: subprocess.Popen, pattern: str) -> str:
        """The part of what a process says that fits; it says little, so that its pipe need not be emptied further."""
        assert process.stderr is not None
        said: list[str] = []
        for line in process.stderr:
            said.append(line)
            if found := re.search(pattern, line):
                return found[1]
        raise RuntimeError("".join(said))


@contextmanager
def dask_cluster(folder: Path, workers: int) -> Iterator[DaskCluster]:
    """A cluster for the time of a `with`."""
    cluster = DaskCluster(folder)
    try:
        cluster.add(workers)
        yield cluster
    finally:
        cluster.close()
