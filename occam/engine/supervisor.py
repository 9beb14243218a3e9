"""Keeps one trainer process alive: starts it, listens to it, restarts it when it dies, ends it."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from typing import Protocol

from occam.engine.process import TrainerProcess
from occam.engine.protocol import ToPage

RAPID = 10.0  # seconds: a trainer that dies sooner after its start may be dying of what it is given
MOST_RAPID = 3  # such deaths in a row before giving up
BACK_OFF = 0.2  # seconds before a restart after a rapid death, doubled at each further one

_log = logging.getLogger(__name__)


class Owner(Protocol):
    """Who is told of the trainer's life; `born` and `died` are called under the lock, `heard` is not."""

    def born(self, trainer: TrainerProcess) -> None:
        """A new trainer is there."""

    def heard(self, message: ToPage) -> None:
        """The trainer said something."""

    def died(self, given_up: bool) -> None:
        """The trainer is gone; another follows unless `given_up` (then `start` tries afresh)."""


class Supervisor:
    """One thread, `occam-engine`, that owns the trainer's life.  `lock` is the owner's."""

    def __init__(self, owner: Owner, lock: threading.RLock) -> None:
        self._owner = owner
        self._lock = lock
        self._thread: threading.Thread | None = None
        self._trainer: TrainerProcess | None = None
        self._closing = threading.Event()

    def start(self) -> None:
        """Start the trainer in the background unless it is there or coming; returns at once."""
        with self._lock:
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._live, name="occam-engine", daemon=True)
                self._thread.start()
                atexit.register(self.close)

    def close(self) -> None:
        """End the trainer for good and wait until it is gone."""
        atexit.unregister(self.close)
        with self._lock:
            self._closing.set()
            trainer, thread = self._trainer, self._thread
        if trainer:
            trainer.end()
        if thread:
            thread.join()

    def _live(self) -> None:
        rapid = 0
        while True:
            born = time.monotonic()
            self._one_life()
            rapid = rapid + 1 if time.monotonic() - born < RAPID else 0
            given_up = rapid >= MOST_RAPID or self._closing.is_set()
            with self._lock:
                self._trainer = None
                self._owner.died(given_up)
                if given_up:
                    self._thread = None
                    return
            _log.warning("the trainer ended; starting another")
            self._closing.wait(BACK_OFF * 2 ** (rapid - 1) if rapid else 0.0)

    def _one_life(self) -> None:
        with self._lock:
            if self._closing.is_set():
                return
            try:
                trainer = self._trainer = TrainerProcess()
            except OSError:  # no memory or no process left for another: as good as dead
                _log.exception("the trainer could not be started")
                return
            self._owner.born(trainer)
        for message in trainer.messages():
            self._owner.heard(message)
        trainer.end()
