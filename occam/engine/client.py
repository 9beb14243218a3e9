"""The page side of the engine: who watches which run and study, what the trainer is told, what it answers."""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Hashable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np
from numpy.typing import NDArray

from occam.datasets import OWN_CSV
from occam.engine.book import Book, Entry, entry_key
from occam.engine.leases import Leases
from occam.engine.limits import Limits
from occam.engine.own_file import check_file
from occam.engine.process import TrainerProcess
from occam.engine.protocol import (
    Answer,
    AskKind,
    Device,
    Fault,
    Hello,
    News,
    Replay,
    Results,
    Setup,
    StudiesWaiting,
    ToPage,
    ToTrainer,
    Waiting,
)
from occam.engine.questions import Questions
from occam.engine.study_book import StudyEntry
from occam.engine.supervisor import Supervisor
from occam.engine.watching import Watching
from occam.spec import RunSpec
from occam.studies.spec import StudySpec
from occam.training.frames import Frame, Header, Recording

SWEEP = 1.0  # seconds between two looks for lapsed leases


class Engine:
    """All runs and studies of one app process: books of them, viewers' leases, one trainer process.

    Thread-safe; only `close` blocks.  `device`: what the trainer runs on, None until it is ready; `restarts`: how often
    a trainer that died was replaced; `limits`: the caps of this server.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits.read()
        self.device: str | None = None
        self.restarts = 0
        self._lock = threading.RLock()
        self._questions = Questions(self.limits.answers)
        self._runs = Leases(self.limits, self._send)
        self._studies = Watching(self.limits, self._send)
        self._supervisor = Supervisor(self, self._lock)
        self._trainer: TrainerProcess | None = None
        self._swept = time.monotonic()

    # What pages call.

    def start(self) -> None:
        """Start the trainer in the background unless it is there; returns at once."""
        self._supervisor.start()

    def close(self) -> None:
        """End the trainer and wait until it is gone (seconds at worst); the engine cannot be started again."""
        self._supervisor.close()

    def open(self, spec: RunSpec, *, csv: bytes | None = None, device: Device = "auto") -> Entry:
        """The entry of this run, shared by all who open it; training starts with the first lease.

        ValueError, in sentences for the viewer: the spec exceeds the limits (`limits.clip` first), or it needs a CSV
        file that is missing or is another file.
        """
        self.limits.check(spec)
        known = self._runs.book.get(entry_key(spec, device))
        if known is not None:
            return known
        if spec.data.dataset == OWN_CSV:
            check_file(csv, spec.data.csv_sha256)
        return self._runs.book.put(Entry(spec, device, csv))

    def adopt(self, recording: Recording) -> Entry:
        """Enter a recording made elsewhere (the gallery) under its spec; a run that is already known stays as it is."""
        entry = Entry(recording.header.spec)
        entry.extend(0, recording.frames, recording.header, recording.ending)
        return self._runs.book.put(entry)

    def lease(self, viewer: str, entry: Entry, until: int | None, *, slot: str = "") -> None:
        """`viewer` now wants frames of `entry` up to index `until` (None: to the end), and in `slot` of no other run.

        Call it at every poll: a lease that is not renewed for `limits.lease_seconds` lapses.
        """
        now = time.monotonic()
        with self._lock:
            self._runs.watch((viewer, slot), entry, until, now)
            self._sweep(now)

    def leave_run(self, viewer: str, *, slot: str = "") -> None:
        """`viewer` wants no more frames of the run in `slot`."""
        with self._lock:
            self._runs.leave(viewer, slot)

    def release(self, viewer: str) -> None:
        """`viewer` wants nothing any more, no run and no study."""
        with self._lock:
            self._studies.leave(viewer)
            self._runs.leave(viewer)

    def study(self, viewer: str, spec: StudySpec, *, slot: str | None = None, csv: bytes | None = None) -> StudyEntry:
        """The entry of this study, shared by all who ask for it; `viewer` wants its results from now on.

        Call it at every poll: without it for `limits.lease_seconds` the computing stops, and what is there is kept.
        A viewer watches one study a `slot` (default: its kind), so that another spec replaces the one before.
        ValueError, in sentences for the viewer: a run in the spec exceeds the limits, or its CSV file is missing.
        """
        now = time.monotonic()
        with self._lock:
            entry = self._studies.open(spec, csv)
            self._studies.watch((viewer, slot or spec.kind), entry, now)
            self._sweep(now)
        return entry

    def leave_study(self, viewer: str, entry: StudyEntry) -> None:
        """`viewer` wants no more of this study; unless another one does, its computing stops."""
        with self._lock:
            self._studies.leave(viewer, entry)

    def adopt_study(self, spec: StudySpec, results: Sequence[Any]) -> StudyEntry:
        """Enter the results of a study made elsewhere (the gallery); one that is already known stays as it is."""
        entry = StudyEntry(spec)
        entry.extend(0, [pickle.dumps(result) for result in results], None, ended=True)
        return self._studies.book.put(entry)

    def ask(self, kind: AskKind, entry: Entry, frame: Frame, **options: Any) -> Future[Any]:
        """What `occam.training.inspect.<kind>(header, params, **options)` gives for a frame of `entry`.

        Computed in the trainer and kept for others; fails with RuntimeError, in one sentence.
        """
        assert entry.header is not None, "a frame implies a header"
        about = (entry.key, frame.step)
        return self._ask(kind, about, entry.header, frame.params, entry.csv, options)

    def open_row(
        self, spec: RunSpec, params: NDArray[np.floating], step: int, *, csv: bytes | None = None
    ) -> Future[Recording]:
        """The run of `spec` as one frame at `step` made from its weights, see `occam.training.inspect.row_maps`.

        Shared and kept as an answer to `ask` is.
        """
        return self._ask("row_maps", (spec.digest, step), spec, params, csv, {"step": step})

    def _ask(
        self,
        kind: AskKind,
        about: Hashable,
        subject: Header | RunSpec,
        params: NDArray[np.floating],
        csv: bytes | None,
        options: Mapping[str, Any],
    ) -> Future[Any]:
        with self._lock:
            future, message = self._questions.ask(kind, about, subject, params, csv, options)
            if message is not None:
                self._send(message)
        return future

    @property
    def viewers(self) -> int:
        """Who watches a run or a study."""
        now = time.monotonic()
        with self._lock:
            return len(self._runs.viewers(now) | self._studies.viewers(now))

    @property
    def live_runs(self) -> int:
        """Runs of which more frames are wanted, queued ones included."""
        with self._lock:
            return self._runs.live

    @property
    def live_studies(self) -> int:
        """Studies of which more results are wanted, queued ones included."""
        with self._lock:
            return self._studies.live

    @property
    def trainer_pid(self) -> int | None:
        """Process id of the trainer, None while there is none."""
        trainer = self._trainer
        return trainer.pid if trainer else None

    @property
    def book(self) -> Book[Entry]:
        """The recordings held."""
        return self._runs.book

    def queued(self, entry: Entry | StudyEntry) -> int | None:
        """Place in the queue of runs or of studies, 1 = next, None when it does not wait."""
        waiting = self._runs.waiting if isinstance(entry, Entry) else self._studies.waiting
        return waiting.index(entry.number) + 1 if entry.number in waiting else None

    def _sweep(self, now: float) -> None:
        if now >= self._swept + SWEEP:
            self._swept = now
            self._runs.sweep(now)
            self._studies.sweep(now)

    def _send(self, message: ToTrainer) -> bool:
        """Tell the trainer; False when there is none yet: it is being started, and `born` will tell."""
        if self._trainer is None:
            self.start()
            return False
        self._trainer.send(message)
        return True

    # The trainer's life, in the supervisor's thread.

    def born(self, trainer: TrainerProcess) -> None:
        """Tell a new trainer everything that is wanted."""
        self._trainer = trainer
        trainer.send(Setup(self.limits.live_runs, self.limits.parked_runs, self.limits.live_studies))
        self._runs.born()
        self._studies.born()
        for message in self._questions.pending():
            trainer.send(message)

    def died(self, given_up: bool) -> None:
        """Forget what the dead trainer knew; its work recovers in the next one, or is given up."""
        self._trainer, self.device = None, None
        self.restarts += not given_up
        self._runs.died(given_up)
        self._questions.died(given_up)
        self._studies.died(given_up)

    def heard(self, message: ToPage) -> None:
        """Pass news on to whom they concern."""
        with self._lock:
            match message:
                case Hello(device):
                    self.device = device
                case Answer():
                    self._questions.answered(message)
                case Results() | StudiesWaiting():
                    self._studies.heard(message)
                case News() | Replay() | Waiting():
                    self._runs.heard(message)
                case Fault() if not self._runs.heard(message):
                    self._studies.heard(message)
            self._sweep(time.monotonic())
