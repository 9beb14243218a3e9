"""What one viewer compares: two to four runs and one playhead over a shared clock."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from occam.charts.compare import LETTERS, METRIC_NAMES, MOST
from occam.engine.book import Entry
from occam.engine.playhead import Playhead
from occam.spec import KNOBS, RunSpec
from occam.studies.defaults import COMPARED
from occam.ui import options
from occam.ui.compare_clock import CLOCKS, Clock, Ticks, Track
from occam.ui.desk import Desk, Look, engine
from occam.ui.steady import Steady
from occam.ui.study_link import Address
from occam.ui.text import section

FILE = "compare"
AT = "at"
CHOICES: dict[str, tuple[str, ...]] = {  # name in the link → what is allowed, the first being the default
    "clock": ("time", "step", "loss"),
    "maps": ("outputs", "slopes", "both"),
    "pair": ("ab", "ac", "ad", "bc", "bd", "cd", "none"),
    "left": ("test_loss", *(name for name in METRIC_NAMES if name != "test_loss")),
    "right": ("geometric_complexity", *(name for name in METRIC_NAMES if name != "geometric_complexity")),
}
SHOWN = ("points", "size", "device")  # options of every page that count here
OTHERS = tuple(f"run{number}" for number in range(2, MOST + 1))


@dataclass
class Bench:
    """The runs side by side.

    `runs`: their specs; `entries`: their recordings, None with a sentence in `faults` where one cannot be opened;
    `head`: a playhead over the ticks of the clock; `start`: the value of the clock to go to as soon as it is known, inf
    for the end; `ticks`: as of the last poll; `gone`: what the last removal took away, to bring it back.
    """

    runs: list[RunSpec] = field(default_factory=list)
    chosen: dict[str, str] = field(default_factory=lambda: {name: allowed[0] for name, allowed in CHOICES.items()})
    head: Playhead = field(default_factory=Playhead)
    entries: list[Entry | None] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    start: float | None = None
    ticks: Ticks | None = None
    gone: tuple[int, RunSpec] | None = None
    steady: dict[str, Steady] = field(default_factory=dict)
    address: Address = field(default_factory=Address)

    @property
    def clock(self) -> Clock:
        """What the runs are compared at equal values of."""
        return next(clock for clock in CLOCKS if clock == self.chosen["clock"])

    @property
    def live(self) -> list[int]:
        """The runs that can be watched."""
        return [run for run, entry in enumerate(self.entries) if entry is not None]

    def open(self, desk: Desk) -> None:
        """Make the recordings those of `runs`; what is left out lets go of its lease."""
        before = self.entries
        self.entries, self.faults = [], {}
        for run, spec in enumerate(self.runs):
            try:
                self.entries.append(engine().open(spec, csv=desk.csv, device=options.device()))
            except ValueError as fault:
                self.entries.append(None)
                self.faults[run] = str(fault)
        for run in range(len(self.entries), len(before)):
            engine().leave_run(desk.viewer, slot=slot(run))
        if [id(entry) for entry in before] != [id(entry) for entry in self.entries]:
            self.steady = {}
            for spec in self.runs:
                desk.history.add(spec)

    def play(self) -> None:
        """Play on, or from the beginning at the end of runs that are all over."""
        ticks = self.ticks
        if ticks is not None:
            self.head.play(time.monotonic(), ticks.available, ticks.over)

    @property
    def at_end(self) -> bool:
        """Whether the last tick is on screen and no further one will come."""
        ticks = self.ticks
        return ticks is None or (ticks.over and self.head.position >= len(ticks.values) - 1)

    @property
    def waiting(self) -> bool:
        """Whether something is to change on screen without a further command."""
        first = any(not entry.frames and not entry.over for entry in self.entries if entry is not None)
        return first or self.head.moving or self.start is not None

    def poll(self, desk: Desk) -> Ticks | None:
        """Move the playhead to where it is due, say so to the engine, and return the ticks as they are now."""
        found = [entry for entry in self.entries if entry is not None]
        if not found:
            self.ticks = None
            return None
        ticks = self.ticks = Ticks.of(self.clock, [Track.of(entry) for entry in found])
        self._begin(ticks)
        self.head.tick(time.monotonic(), ticks.available, ticks.over)
        for place, run in enumerate(self.live):
            entry = self.entries[run]
            assert entry is not None
            engine().lease(desk.viewer, entry, ticks.until(place, self.head.until()), slot=slot(run))
        return ticks

    def _begin(self, ticks: Ticks) -> None:
        """Go to where a link or another clock says, once the ticks are known."""
        if self.start is None or (self.clock == "loss" and not all(len(track.losses) for track in ticks.tracks)):
            return
        if math.isinf(self.start):
            if ticks.over:
                self.head.position = len(ticks.values) - 1
            else:
                self.head.to_end()
        elif self.clock == "loss" and self.start < ticks.values[-1] and not ticks.over:
            self.head.to_end()  # run on until that loss is reached: then its tick exists
            return
        else:
            self.head.scrub(ticks.nearest(self.start))
        self.start = None

    def looks(self) -> list[Look | None]:
        """The record of each run that is on screen, None before its first."""
        found: list[Look | None] = []
        for run, entry in enumerate(self.entries):
            if entry is None or entry.header is None or self.ticks is None or not entry.frames:
                found.append(None)
            else:
                index = self.ticks.index(self.live.index(run), min(self.head.position, len(self.ticks.values) - 1))
                found.append(Look(entry, entry.header, index))
        return found

    @property
    def pair(self) -> tuple[int, int] | None:
        """The two runs whose difference is chosen."""
        chosen = self.chosen["pair"]
        if chosen == "none":
            return None
        first, second = (LETTERS.index(letter.upper()) for letter in chosen)
        return (first, second) if second < len(self.runs) else None

    @property
    def pairs(self) -> list[str]:
        """The choices of a pair."""
        letters = [letter.lower() for letter in LETTERS[: len(self.runs)]]
        return [first + second for i, first in enumerate(letters) for second in letters[i + 1 :]] + ["none"]

    def turn(self, clock: str) -> None:
        """Compare by another clock, at the record of the first run that is on screen."""
        ticks, tick = self.ticks, self.head.position
        self.chosen["clock"] = clock
        if ticks is None:
            return
        at_end = self.at_end
        index = ticks.index(0, min(tick, len(ticks.values) - 1))
        other = Ticks.of(self.clock, ticks.tracks)
        self.head.pause()
        self.head.position = len(other.values) - 1 if at_end else other.nearest(other.value_of(0, index))
        self.ticks = other

    @property
    def now(self) -> float:
        """The value of the clock on screen."""
        if self.ticks is None:
            return math.nan
        return float(self.ticks.values[min(self.head.position, len(self.ticks.values) - 1)])


def slot(run: int) -> str:
    """The name of a run's lease."""
    return f"compare.{run}"


def bench() -> Bench:
    """This session's comparison."""
    return st.session_state.setdefault("compare", Bench())


def add(spec: RunSpec) -> str | None:
    """Put one more run on the bench; a sentence why not."""
    mine = bench()
    if spec in mine.runs:
        return section("add.there", FILE).fill(letter=LETTERS[mine.runs.index(spec)])
    if len(mine.runs) >= MOST:
        return section("add.full", FILE).fill(most=MOST)
    mine.runs.append(spec)
    return None


def take(spec: RunSpec) -> str | None:
    """Bring a run from another page: it joins the viewer's own comparison, or begins one; a sentence why not."""
    mine = bench()
    if not mine.runs or tuple(mine.runs) == COMPARED:
        compare([spec])
        return None
    return None if spec in mine.runs else add(spec)


def compare(specs: Sequence[RunSpec]) -> None:
    """Put these runs on the bench, and no others."""
    mine = bench()
    mine.runs, mine.start, mine.head, mine.gone = list(specs)[:MOST], math.inf, Playhead(), None
    mine.chosen["pair"] = "ab"


def differing(runs: Sequence[RunSpec]) -> dict[str, list[Any]]:
    """Knob path → its value in every run, only of knobs that differ, in the order of the spec."""
    values_of = {path: [spec.value(path) for spec in runs] for path in KNOBS}
    return {path: values for path, values in values_of.items() if any(value != values[0] for value in values)}
