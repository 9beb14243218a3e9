"""What the page process and the trainer say to each other, over the trainer's stdin and stdout.

A message on the wire is its length (8 bytes, big-endian) and its pickle (protocol 5).  Both ends are this package and
the pipe is private to them, so unpickling is safe.  `run` is a number that the page gives to each of its entries.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

from occam.spec import RunSpec
from occam.training.frames import Ending, Frame, Header

_LENGTH = struct.Struct(">Q")

AskKind = Literal["unit_maps", "plane_maps"]


@dataclass(frozen=True)
class Setup:
    """Page → trainer, first of all: at most `most_live` runs train, at most `most_parked` others keep their state."""

    most_live: int
    most_parked: int


@dataclass(frozen=True)
class Train:
    """Page → trainer: frames up to index `until` are wanted (None: all); the page holds the first `held` already."""

    run: int
    spec: RunSpec
    device: str
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
    """Page → trainer: compute one map from a recorded frame, `occam.training.inspect.<kind>(header, params, …)`."""

    ticket: int
    kind: AskKind
    header: Header
    params: Any
    options: Mapping[str, Any]


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
    """Trainer → page: this run cannot go on; why, in one sentence."""

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


ToTrainer = Setup | Train | Until | Leave | Ask
ToPage = Hello | News | Replay | Fault | Waiting | Answer


def send(stream: BinaryIO, message: ToTrainer | ToPage) -> None:
    """Write one message and flush it; OSError when the other end is gone."""
    body = pickle.dumps(message, protocol=5)
    stream.write(_LENGTH.pack(len(body)))
    stream.write(body)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """The next message, or None when the other end is gone (a message cut short is dropped)."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    body = stream.read(length)
    return pickle.loads(body) if len(body) == length else None
