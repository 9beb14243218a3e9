"""The book of recordings in the page process: one entry a run, shared by all viewers, bounded."""

from __future__ import annotations

import itertools
import math
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from occam.engine.protocol import Device
from occam.spec import RunSpec
from occam.training.frames import Ending, Frame, Header, Recording

ENTRY_BYTES = 20_000  # spec, locks, book-keeping; also what bounds the number of entries without a frame

_numbers = itertools.count(1)


def next_number() -> int:
    """A name for an entry towards the trainer, of a run or a study, never given twice."""
    return next(_numbers)


class Entry:
    """One recording in progress.  `frames` only ever grows, so readers need no lock.

    `key`: spec digest and device; `number`: its name towards the trainer, never used twice; `header`: None until the
    run is prepared; `ending`: None while it can go on; `fault`: one sentence when it cannot; `recovering`: the trainer
    is retraining the run to where `frames` already is.
    """

    def __init__(self, spec: RunSpec, device: Device = "auto", csv: bytes | None = None) -> None:
        self.key = entry_key(spec, device)
        self.spec = spec
        self.device: Device = device
        self.csv = csv
        self.number = next_number()
        self.header: Header | None = None
        self.frames: list[Frame] = []
        self.ending: Ending | None = None
        self.fault: str | None = None
        self.recovering = False
        self.leases = 0  # how many viewers watch it, kept by the engine
        self.nbytes = ENTRY_BYTES + len(csv or b"")
        self._changed = threading.Condition()

    @property
    def over(self) -> bool:
        """True when no further frame will come: the run has ended or failed."""
        return self.ending is not None or self.fault is not None

    @property
    def recording(self) -> Recording | None:
        """What has been recorded so far, or None before the header is known."""
        return Recording(self.header, list(self.frames), self.ending) if self.header else None

    def wait(self, frames: int, timeout: float) -> bool:
        """Block until `frames` frames exist or none will follow, at most `timeout` seconds; True when it is so."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.frames) >= frames or self.over, timeout)

    def extend(self, first: int, frames: Sequence[Frame], header: Header | None, ending: Ending | None) -> None:
        """Append those of `frames` (the first has index `first`) that are new; equal runs give equal frames."""
        with self._changed:
            if header is not None and self.header is None:
                self.header = header
                self.nbytes += Recording(header).nbytes
            fresh = frames[max(0, len(self.frames) - first) :]
            self.frames.extend(fresh)
            self.nbytes += sum(frame.nbytes for frame in fresh)
            self.ending = self.ending or ending
            self.recovering = False  # nothing is sent before the trainer is where the page is
            self._changed.notify_all()

    def fail(self, sentence: str) -> None:
        """No further frame will come, for this reason."""
        with self._changed:
            self.fault, self.recovering = sentence, False
            self._changed.notify_all()


def entry_key(spec: RunSpec, device: Device) -> str:
    """The name of a run on a device: equal runs have equal keys."""
    return f"{spec.digest}-{device}"


class Kept(Protocol):
    """What a book keeps: `key` names it, `leases` > 0 holds it."""

    key: str
    nbytes: int
    leases: int


_Kept = TypeVar("_Kept", bound=Kept)


class Book(Generic[_Kept]):
    """Entries by key, at most `most_bytes` together and at most `most_entries`; the least recently used goes first,
    never one that is leased.
    """

    def __init__(self, most_bytes: int, most_entries: float = math.inf) -> None:
        self.most_bytes, self.most_entries = most_bytes, most_entries
        self._entries: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[_Kept]:
        with self._lock:
            return iter(list(self._entries.values()))

    @property
    def nbytes(self) -> int:
        """Bytes held by all entries."""
        return sum(entry.nbytes for entry in self)

    def get(self, key: str) -> _Kept | None:
        """The entry of this key, now the most recently used, or None."""
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
            return self._entries.get(key)

    def put(self, entry: _Kept) -> _Kept:
        """Enter `entry`, or return the one that is there under its key; either is now the most recently used."""
        with self._lock:
            kept = self._entries.setdefault(entry.key, entry)
            self._entries.move_to_end(entry.key)
            self.trim(keep=kept)
            return kept

    def discard(self, entry: _Kept) -> None:
        """Forget `entry` (whoever still holds it may go on reading it)."""
        with self._lock:
            if self._entries.get(entry.key) is entry:
                del self._entries[entry.key]

    def trim(self, keep: _Kept | None = None) -> None:
        """Drop entries, least recently used first, until the book fits; leased ones and `keep` stay."""
        with self._lock:
            excess, surplus = self.nbytes - self.most_bytes, len(self) - self.most_entries
            for entry in list(self._entries.values()):
                if excess <= 0 and surplus <= 0:
                    return
                if entry is not keep and not entry.leases:
                    del self._entries[entry.key]
                    excess, surplus = excess - entry.nbytes, surplus - 1
