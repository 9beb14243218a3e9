"""Processor time and memory of processes, read from /proc (Linux)."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
TRAINER = b"occam.engine.trainer"


@dataclass(frozen=True)
class Usage:
    """At one moment: seconds of processor time used so far, resident bytes, and `time.perf_counter`."""

    cpu: float
    rss: int
    when: float

    @classmethod
    def of(cls, pid: int) -> Usage:
        """The usage of a living process, all its threads included; ProcessLookupError if it is gone."""
        try:
            # The name, second field, stands in parentheses and may hold anything; utime and stime are fields 14, 15.
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except FileNotFoundError:
            raise ProcessLookupError(f"process {pid} is gone") from None
        return cls((int(fields[11]) + int(fields[12])) / TICKS, pages * PAGE, time.perf_counter())

    def share_since(self, before: Usage) -> float:
        """Processor time since `before` in per cent of one core."""
        return 100 * (self.cpu - before.cpu) / (self.when - before.when)


def trainer_of(pid: int) -> int | None:
    """The process id of the trainer that an app process has started, None if there is none."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError):
            for child in map(int, task.read_text().split()):
                if TRAINER in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0"):
                    return child
    return None


def usages(pid: int | None) -> Mapping[str, Usage]:
    """The usage of an app process ("page"), of its trainer, if any, and of this process ("driver")."""
    trainer = trainer_of(pid) if pid is not None else None
    pids = {"page": pid, "trainer": trainer, "driver": os.getpid()}
    return {name: Usage.of(found) for name, found in pids.items() if found is not None}
