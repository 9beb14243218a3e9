"""What one viewer has in front of them: a spec, its recording, a playhead; and the engine that all viewers share."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from occam.charts.chart import Chart
from occam.datasets import Table
from occam.engine.book import Entry
from occam.engine.client import Engine
from occam.engine.playhead import Playhead, record_index
from occam.engine.protocol import Device
from occam.spec import RunSpec
from occam.studies.archive import load_all
from occam.training import archive
from occam.training.frames import Frame, Header, Recording
from occam.ui.history import History
from occam.ui.steady import Steady

GALLERY = Path(__file__).parents[2] / "data" / "gallery"
FIRST_FRAME = 0.25  # seconds a full run waits for a new run's first frame: longer waits fade the page


@st.cache_resource(show_spinner=False)
def engine() -> Engine:
    """The one engine of this app process, holding the recorded runs and studies of the gallery."""
    made = Engine()
    for path in sorted(GALLERY.glob("*.npz")):
        made.adopt(archive.load(path))
    for spec, results in load_all(GALLERY / "studies"):
        made.adopt_study(spec, results)
    return made


@st.cache_resource(scope="session", on_release=lambda viewer: engine().release(viewer), show_spinner=False)
def _viewer() -> str:
    """A name for this session's leases, given back when the tab closes."""
    return secrets.token_hex(8)


@dataclass(frozen=True)
class Look:
    """The picture on screen: frame `index` of `entry`."""

    entry: Entry
    header: Header
    index: int

    @property
    def frames(self) -> list[Frame]:
        """All frames recorded so far."""
        return self.entry.frames

    @property
    def frame(self) -> Frame:
        """The frame on screen."""
        return self.entry.frames[self.index]


@dataclass(frozen=True)
class View:
    """What the maps draw: frame `index` of `frames`, on the plane of `header`; equal keys mean equal frames."""

    key: str
    header: Header
    frames: Sequence[Frame]
    index: int


@dataclass
class Desk:
    """One viewer's session.

    `csv`, `table`: the own file and what is in it; `entry`: the recording of `spec`, None while it cannot be opened
    (`fault` says why); `look`: what is on screen, of the previous run until the new one has a frame; `notices`:
    sentences on what was adjusted, shown together; `start`: what the playhead was to do when the run was opened;
    `asked`: the latest question to the trainer of each kind; `plane_view`, `unit_chart`: its latest answers, drawn;
    `steady`: what keeps each map from blinking; `history`: the runs opened; `stored`: the end of a run as a store keeps
    it, on screen until the run is trained that far again.
    """

    viewer: str
    spec: RunSpec = field(default_factory=RunSpec)
    device: Device = "auto"
    csv: bytes | None = None
    table: Table | None = None
    head: Playhead = field(default_factory=Playhead)
    entry: Entry | None = None
    fault: str | None = None
    look: Look | None = None
    notices: tuple[str, ...] = ()
    start: Callable[[Playhead], None] | None = None
    restarts: int = field(default_factory=lambda: engine().restarts)
    asked: dict[str, Future[Any]] = field(default_factory=dict)
    plane_view: View | None = None
    unit_chart: Chart | None = None
    steady: dict[str, Steady] = field(default_factory=dict)
    history: History = field(default_factory=History)
    stored: Look | None = None

    def turn_to(self, spec: RunSpec, start: Callable[[Playhead], None] | None = None) -> None:
        """Open another run and `start` its playhead (default: play from the first frame)."""
        self.spec, self.fault, self.entry, self.start = spec, None, None, start
        self.notices, self.stored = (), None
        self.head = Playhead(speed=self.head.speed)
        self.history.add(spec)
        try:
            self.entry = engine().open(spec, csv=self.csv, device=self.device)
        except ValueError as fault:
            self.fault = str(fault)
            return
        if start is None:
            self.play()
        else:
            start(self.head)
        engine().lease(self.viewer, self.entry, self.head.until())
        self.entry.wait(1, FIRST_FRAME)

    def reopen(self, kept: Recording) -> None:
        """Show a run's stored end at once, and train it again behind that picture."""
        entry = Entry(kept.header.spec)
        entry.key += "-stored"  # its frame 0 is not that of the run
        entry.extend(0, kept.frames, kept.header, kept.ending)
        self.turn_to(kept.header.spec, self.to_last)
        if self.entry is not None and not self.entry.over:
            self.stored = Look(entry, kept.header, 0)

    def follow(self, spec: RunSpec | None, device: Device) -> None:
        """Turn to what the knobs say, if that is another run or a file has come that was missing."""
        if spec is None:
            return
        if spec != self.spec or device != self.device:
            self.device = device
            self.turn_to(spec)
        elif self.entry is None and self.csv is not None:
            self.turn_to(spec, self.start)

    def play(self) -> None:
        """Play on, or from the beginning at the end of a finished run."""
        if self.entry is not None:
            self.head.play(time.monotonic(), len(self.entry.frames), self.entry.over)

    def to_last(self, head: Playhead) -> None:
        """Show the last frame at once when the run is already recorded, else run forward to it."""
        if self.entry is not None and self.entry.over:
            head.position = max(0, len(self.entry.frames) - 1)
        else:
            head.to_end()

    def to_step(self, step: int) -> Callable[[Playhead], None]:
        """A start that shows the record at `step`, training up to it if need be."""
        return lambda head: head.scrub(record_index(self.spec, step))

    def reach(self) -> None:
        """Wait a moment for the frame that a command has asked for, so that one run of the page shows it."""
        goal = self.head.goal
        if self.entry is not None and goal is not None and not math.isinf(goal):
            engine().lease(self.viewer, self.entry, self.head.until())
            self.entry.wait(int(goal) + 1, FIRST_FRAME)

    def poll(self) -> Look | None:
        """Move the playhead to where it is due now, say so to the engine, and return the picture to show."""
        entry, head = self.entry, self.head
        if entry is not None:
            head.tick(time.monotonic(), len(entry.frames), entry.over)
            engine().lease(self.viewer, entry, head.until())
            if self.stored is not None and head.goal is None:
                self.stored = None  # it has arrived, or the viewer wants to see something else
            if self.stored is not None:
                self.look = self.stored
            elif entry.header is not None and entry.frames:
                self.look = Look(entry, entry.header, head.position)
        return self.look

    @property
    def fresh(self) -> bool:
        """True when the picture on screen is of the run that the knobs describe."""
        return self.look is not None and (self.look.entry is self.entry or self.look is self.stored)

    @property
    def at_end(self) -> bool:
        """True at the last record of a run that is over, and where there is no run."""
        entry = self.entry
        return entry is None or (entry.over and self.head.position >= len(entry.frames) - 1)

    @property
    def waiting(self) -> bool:
        """True while something is to change on screen without a further command."""
        if any(not future.done() for future in self.asked.values()):
            return True
        entry = self.entry
        return entry is not None and not (entry.fault and not entry.frames) and (self.head.moving or not self.fresh)


def desk() -> Desk:
    """This session's desk; its viewer's name is new after a lost connection, which gave the old lease back."""
    found: Desk = st.session_state.setdefault("desk", Desk(""))
    found.viewer = _viewer()
    return found
