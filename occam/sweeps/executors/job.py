"""What all executors have in common: a unit is tried twice, and a row is handed out once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from occam.sweeps.failed import Failed
from occam.sweeps.row import Row
from occam.sweeps.units import Unit

ATTEMPTS = 2


class Executor(Protocol):
    """Computes units; one thread at a time may call it."""

    def submit(self, units: Iterable[Unit]) -> None:
        """Compute these too; they are taken from `units` as there is room, during `poll`."""

    def poll(self, timeout: float) -> list[Row | Failed]:
        """What has come since the last call, waiting for it no longer than `timeout` seconds or so."""
        ...

    @property
    def idle(self) -> bool:
        """Whether all that was submitted has been computed, or has failed, and was handed out."""
        ...

    def cancel(self) -> None:
        """Forget all that is not computed yet."""

    def close(self) -> None:
        """Cancel, and give back processes or connections."""


class ExecutorFault(ValueError):
    """Why nothing can be computed there, in one sentence."""


@dataclass(eq=False)
class Job:
    """One attempt at a unit; `done`: the keys of the rows that have come."""

    unit: Unit
    attempt: int = 1
    done: set[str] = field(default_factory=set)

    def came(self, row: Row) -> list[Row | Failed]:
        """The row, unless it has come before."""
        if row.key in self.done:
            return []
        self.done.add(row.key)
        return [row]

    def again(self, sentence: str, *, singly: bool) -> tuple[list[Job], list[Row | Failed]]:
        """Further attempts at what is left, each run by itself if it may be one of them that fails; or what failed."""
        left = self.unit.without(self.done)
        if left is None:
            return [], []
        if self.attempt == ATTEMPTS:
            return [], [Failed(left.specs, sentence)]
        return [Job(unit, self.attempt + 1) for unit in (left.singly() if singly else [left])], []


def told(error: BaseException) -> str:
    """An exception as one sentence."""
    text = str(error).partition("\n")[0]
    return text if isinstance(error, ValueError) and text else f"{type(error).__name__}: {text}"
