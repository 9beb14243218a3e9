"""One study as the page process knows it: its results so far, shared by all viewers."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Sequence
from typing import Any

from occam.engine.book import next_number
from occam.studies.spec import Progress, StudySpec

ENTRY_BYTES = 5_000  # spec, locks, book-keeping


class StudyEntry:
    """A study in progress.  `results` only ever grows, so readers need no lock.

    `key`: digest of the spec; `number`: its name towards the trainer, never used twice; `ended`: all results are there;
    `fault`: one sentence when it cannot go on; `recovering`: computed again up to where `results` already is.
    """

    def __init__(self, spec: StudySpec, csv: bytes | None = None) -> None:
        self.key = spec.digest
        self.spec = spec
        self.csv = csv
        self.number = next_number()
        self.results: list[Any] = []
        self.ended = False
        self.fault: str | None = None
        self.recovering = False
        self.leases = 0  # how many viewers watch it, kept by the engine
        self.nbytes = ENTRY_BYTES + spec.nbytes + len(csv or b"")
        self._progress: Progress | None = None
        self._changed = threading.Condition()

    @property
    def over(self) -> bool:
        """True when no further result will come: the study has ended or failed."""
        return self.ended or self.fault is not None

    @property
    def stopped(self) -> bool:
        """True while it is unfinished and nobody watches it; it goes on when somebody does."""
        return not self.over and not self.leases

    @property
    def progress(self) -> tuple[float, float] | None:
        """(done, total) as the study last told, None before it did."""
        known = self._progress
        return None if known is None else (known.done, known.total)

    def wait(self, results: int, timeout: float) -> bool:
        """Block until `results` results exist or none will follow, at most `timeout` seconds; True when it is so."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.results) >= results or self.over, timeout)

    def extend(self, first: int, pickled: Sequence[bytes], progress: Progress | None, ended: bool) -> None:
        """Append those results (the first has index `first`) that are new; equal studies give equal results."""
        with self._changed:
            fresh = pickled[max(0, len(self.results) - first) :]
            self.results.extend(map(pickle.loads, fresh))
            self.nbytes += sum(map(len, fresh))
            self._progress = progress or self._progress
            self.ended = self.ended or ended
            self.recovering = False  # nothing is sent before the trainer is where the page is
            self._changed.notify_all()

    def fail(self, sentence: str) -> None:
        """No further result will come, for this reason."""
        with self._changed:
            self.fault, self.recovering = sentence, False
            self._changed.notify_all()
