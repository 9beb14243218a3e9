"""What the page process and the trainer say to each other, over the trainer's stdin and stdout.

They travel as `occam.pipes` says.  `run` is a number that the page gives to each of its entries; runs and studies are
numbered together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from occam.spec import RunSpec
from occam.studies.spec import Progress, StudySpec
from occam.training.frames import Ending, Frame, Header

Device = Literal["auto", "cpu", "cuda"]
AskKind = Literal["unit_maps", "plane_maps", "proof", "row_maps"]


@dataclass(frozen=True)
class Setup:
    """Page → trainer, first of all: at most `most_live` runs train, at most `most_parked` others keep their state, at
    most `most_studies` studies are computed.
    """

    most_live: int
    most_parked: int
    most_studies: int = 4


@dataclass(frozen=True)
class Train:
    """Page → trainer: frames up to index `until` are wanted (None: all); the page holds the first `held` already."""

    run: int
    spec: RunSpec
    device: Device
    csv: bytes | None
    held: int
    until: int | None


@dataclass(frozen=True)
class Until:
    """Page → trainer: the last frame wanted of a run that was sent before is now this one (None: all)."""

    run: int
    until: int | None


@dataclass(frozen=True)
class Leave:
    """Page → trainer: no more of this run is wanted for now."""

    run: int


@dataclass(frozen=True)
class Ask:
    """Page → trainer: compute one thing from recorded weights, `occam.training.inspect.<kind>(subject, params, …)`;
    `subject`: the run's header, or for "row_maps" its spec; `csv`: the content of the run's own file, if it has one.
    """

    ticket: int
    kind: AskKind
    subject: Header | RunSpec
    params: NDArray[np.floating]
    csv: bytes | None
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Begin:
    """Page → trainer: the results of this study are wanted; the page holds the first `held` already."""

    study: int
    spec: StudySpec
    csv: bytes | None
    held: int


@dataclass(frozen=True)
class Halt:
    """Page → trainer: no more of this study is wanted for now."""

    study: int


@dataclass(frozen=True)
class Hello:
    """Trainer → page: warmed up and ready, on this device."""

    device: str


@dataclass(frozen=True)
class News:
    """Trainer → page: `frames`, the first of which has index `first`; the header once; the ending at the end."""

    run: int
    first: int
    frames: tuple[Frame, ...] = ()
    header: Header | None = None
    ending: Ending | None = None


@dataclass(frozen=True)
class Replay:
    """Trainer → page: the run is being retrained to where the page already is (`done`: it has arrived)."""

    run: int
    done: bool


@dataclass(frozen=True)
class Fault:
    """Trainer → page: this run or study cannot go on; why, in one sentence."""

    run: int
    sentence: str


@dataclass(frozen=True)
class Waiting:
    """Trainer → page: the runs that wait for a free place, the next one first."""

    runs: tuple[int, ...]


@dataclass(frozen=True)
class Answer:
    """Trainer → page: what an `Ask` gave, or the sentence why it failed."""

    ticket: int
    value: Any = None
    fault: str | None = None


@dataclass(frozen=True)
class Results:
    """Trainer → page: `results`, each pickled, the first of which has index `first`; the latest progress, if new."""

    study: int
    first: int
    results: tuple[bytes, ...] = ()
    progress: Progress | None = None
    ended: bool = False


@dataclass(frozen=True)
class StudiesWaiting:
    """Trainer → page: the studies that wait for a free place, the next one first."""

    studies: tuple[int, ...]


Wish = Train | Until | Leave
StudyWish = Begin | Halt
ToTrainer = Setup | Wish | StudyWish | Ask
ToPage = Hello | News | Replay | Fault | Waiting | Results | StudiesWaiting | Answer
