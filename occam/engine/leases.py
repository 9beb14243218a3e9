"""Who watches which run, up to which frame, and what the trainer has to be told of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakValueDictionary

from occam.engine.book import Book, Entry
from occam.engine.limits import Limits
from occam.engine.protocol import Fault, Leave, News, Replay, Train, Until, Waiting

Place = tuple[str, str]  # viewer and slot

GIVEN_UP = "Training stopped: the training process could not be kept running while this run was live."


@dataclass(frozen=True)
class _Lease:
    entry: Entry
    until: float  # index of the last frame wanted, math.inf for all
    lapses: float


class Leases:
    """Runs by spec, in a bounded book, and who watches them; `tell` passes a message on to the trainer.

    Not locked: the engine calls it under its lock.  `tell` returns False while there is no trainer; `born` tells what
    was missed.
    """

    def __init__(self, limits: Limits, tell: Callable[[Train | Until | Leave], bool]) -> None:
        self.book: Book[Entry] = Book(limits.book_bytes)
        self.waiting: tuple[int, ...] = ()
        self._limits = limits
        self._tell_trainer = tell
        self._leases: dict[Place, _Lease] = {}
        self._told: dict[int, float] = {}  # entry number → last frame wanted, as the trainer knows it
        self._entries: WeakValueDictionary[int, Entry] = WeakValueDictionary()  # whom the trainer may have news for

    def watch(self, place: Place, entry: Entry, until: int | None, now: float) -> None:
        """At `place` frames of `entry` up to index `until` (None: to the end) are wanted now, and of no other run."""
        before = self._leases.get(place)
        last = math.inf if until is None else until
        self._leases[place] = _Lease(entry, last, now + self._limits.lease_seconds)
        if before is None or before.entry is not entry:
            entry.leases += 1
            self.book.put(entry)
            if before is not None:
                self._left(before.entry)
        self._tell(entry)

    def leave(self, viewer: str, slot: str | None = None) -> None:
        """`viewer` no longer watches a run in this slot (None: in any)."""
        self._end([place for place in self._leases if place[0] == viewer and slot in (None, place[1])])

    def sweep(self, now: float) -> None:
        """End the leases that were not renewed in time."""
        self._end([place for place, lease in self._leases.items() if lease.lapses <= now])

    def viewers(self, now: float) -> set[str]:
        """Who watches a run."""
        return {viewer for (viewer, _), lease in self._leases.items() if lease.lapses > now}

    @property
    def live(self) -> int:
        """Runs of which more frames are wanted, queued ones included."""
        return sum(self._wanted(entry) >= len(entry.frames) for entry in self._leased())

    def heard(self, message: News | Replay | Fault | Waiting) -> bool:
        """Pass news on to the run that they concern; False when they concern none of these."""
        if isinstance(message, Waiting):
            self.waiting = message.runs
            return True
        entry = self._entries.get(message.run)
        if entry is None:
            return False
        match message:
            case News(_, first, frames, header, ending):
                entry.extend(first, frames, header, ending)
                self.book.trim()
            case Replay(_, done):
                entry.recovering = not done and entry.number in self._told
            case Fault(_, sentence):
                entry.fail(sentence)
        if entry.over:
            self._told.pop(entry.number, None)
        return True

    def born(self) -> None:
        """Tell a new trainer everything that is wanted."""
        for entry in self._leased():
            self._tell(entry)

    def died(self, given_up: bool) -> None:
        """Forget what the dead trainer knew; its runs recover in the next one, or are given up."""
        self._told, self.waiting = {}, ()
        for entry in self._leased():
            if self._wanted(entry) < len(entry.frames):
                continue
            if given_up:
                entry.fail(GIVEN_UP)
            else:
                entry.recovering = True

    def _leased(self) -> list[Entry]:
        return list({lease.entry.number: lease.entry for lease in self._leases.values()}.values())

    def _wanted(self, entry: Entry) -> float:
        if entry.over or not entry.leases:
            return -1
        return max(lease.until for lease in self._leases.values() if lease.entry is entry)

    def _tell(self, entry: Entry) -> None:
        """Tell the trainer what is wanted of this run, if that changed."""
        wanted, told, held = self._wanted(entry), self._told.get(entry.number), len(entry.frames)
        until = None if math.isinf(wanted) else int(wanted)
        if wanted < held:
            if told is not None:
                del self._told[entry.number]
                entry.recovering = False
                self._tell_trainer(Leave(entry.number))
        elif told is None:
            if self._tell_trainer(Train(entry.number, entry.spec, entry.device, entry.csv, held, until)):
                self._told[entry.number] = wanted
                self._entries[entry.number] = entry
        elif told != wanted:
            self._tell_trainer(Until(entry.number, until))
            self._told[entry.number] = wanted

    def _end(self, places: list[Place]) -> None:
        for place in places:
            self._left(self._leases.pop(place).entry)

    def _left(self, entry: Entry) -> None:
        entry.leases -= 1
        self._tell(entry)
        if entry.fault == GIVEN_UP and not entry.leases:
            self.book.discard(entry)  # whoever opens this run next tries again
