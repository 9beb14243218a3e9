"""Who watches which study, and what the trainer has to be told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakValueDictionary

from occam.engine.book import Book
from occam.engine.leases import Place
from occam.engine.limits import Limits
from occam.engine.own_file import check_file
from occam.engine.protocol import Begin, Fault, Halt, Results, StudiesWaiting, StudyWish
from occam.engine.study_book import StudyEntry
from occam.studies.spec import StudySpec

GIVEN_UP = "Computing stopped: the training process could not be kept running while this study was live."


@dataclass(frozen=True)
class _Watch:
    entry: StudyEntry
    lapses: float


class Watching:
    """Studies by spec, in a bounded book, and who watches them; `tell` passes a message on to the trainer.

    Not locked: the engine calls it under its lock.  `tell` returns False while there is no trainer; `born` tells what
    was missed.
    """

    def __init__(self, limits: Limits, tell: Callable[[StudyWish], bool]) -> None:
        self.book: Book[StudyEntry] = Book(limits.study_bytes, limits.studies)
        self.waiting: tuple[int, ...] = ()
        self._limits = limits
        self._tell_trainer = tell
        self._watches: dict[Place, _Watch] = {}
        self._told: set[int] = set()  # numbers of the studies that the trainer is at
        self._entries: WeakValueDictionary[int, StudyEntry] = WeakValueDictionary()  # whom there may be results for

    def open(self, spec: StudySpec, csv: bytes | None) -> StudyEntry:
        """The entry of this study; ValueError for a new one that exceeds the limits or lacks its file."""
        known = self.book.get(spec.digest)
        if known is not None:
            return known
        self._limits.check_study(spec)
        if spec.csv_sha256 is None:
            return self.book.put(StudyEntry(spec))
        check_file(csv, spec.csv_sha256)
        return self.book.put(StudyEntry(spec, csv))

    def watch(self, place: Place, entry: StudyEntry, now: float) -> None:
        """At `place` this study is watched from now on, and no other."""
        before = self._watches.get(place)
        self._watches[place] = _Watch(entry, now + self._limits.lease_seconds)
        if before is None or before.entry is not entry:
            entry.leases += 1
            if before is not None:
                self._left(before.entry)
        self._tell(entry)

    def leave(self, viewer: str, entry: StudyEntry | None = None) -> None:
        """`viewer` no longer watches this study (None: any study)."""
        self._end(
            [
                place
                for place, watch in self._watches.items()
                if place[0] == viewer and (entry is None or watch.entry is entry)
            ]
        )

    def sweep(self, now: float) -> None:
        """End the watches that were not renewed in time."""
        self._end([place for place, watch in self._watches.items() if watch.lapses <= now])

    def viewers(self, now: float) -> set[str]:
        """Who watches anything."""
        return {viewer for (viewer, _), watch in self._watches.items() if watch.lapses > now}

    @property
    def live(self) -> int:
        """Studies that are wanted and not over, queued ones included."""
        return len({watch.entry.number for watch in self._watches.values() if not watch.entry.over})

    def heard(self, message: Results | StudiesWaiting | Fault) -> None:
        """Pass news on to the entry that they concern."""
        if isinstance(message, StudiesWaiting):
            self.waiting = message.studies
            return
        entry = self._entries.get(message.run if isinstance(message, Fault) else message.study)
        if entry is None:
            return
        if isinstance(message, Fault):
            entry.fail(message.sentence)
        else:
            entry.extend(message.first, message.results, message.progress, message.ended)
            self.book.trim(keep=entry)
        if entry.over:
            self._told.discard(entry.number)

    def born(self) -> None:
        """Tell a new trainer everything that is wanted."""
        for watch in list(self._watches.values()):
            self._tell(watch.entry)

    def died(self, given_up: bool) -> None:
        """Forget what the dead trainer knew; its studies recover in the next one, or are given up."""
        self._told, self.waiting = set(), ()
        for watch in self._watches.values():
            if not watch.entry.over:
                if given_up:
                    watch.entry.fail(GIVEN_UP)
                else:
                    watch.entry.recovering = True

    def _tell(self, entry: StudyEntry) -> None:
        """Tell the trainer whether this study is wanted, if that changed."""
        wanted, told = entry.leases > 0 and not entry.over, entry.number in self._told
        if wanted and not told:
            if self._tell_trainer(Begin(entry.number, entry.spec, entry.csv, len(entry.results))):
                self._told.add(entry.number)
                self._entries[entry.number] = entry
        elif told and not wanted:
            self._told.discard(entry.number)
            entry.recovering = False
            self._tell_trainer(Halt(entry.number))

    def _end(self, places: list[Place]) -> None:
        for place in places:
            self._left(self._watches.pop(place).entry)

    def _left(self, entry: StudyEntry) -> None:
        entry.leases -= 1
        self._tell(entry)
        if entry.fault is not None and not entry.leases:
            self.book.discard(entry)  # whoever asks next tries again
