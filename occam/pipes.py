"""Child processes of this package, and the messages that travel through their pipes.

On the wire: the length (8 bytes, big-endian) of a pickle (protocol 5) of a tuple of messages, so that what is due
together travels together.  Both ends are this package and the pipe is private to them, so unpickling is safe.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

import occam

PATIENCE = 2.0  # seconds to end by itself, then again after SIGTERM

_LENGTH = struct.Struct(">Q")


def send(stream: BinaryIO, messages: Sequence[Any]) -> None:
    """Write these messages and flush; OSError when the other end is gone."""
    body = pickle.dumps(tuple(messages), protocol=5)
    stream.write(_LENGTH.pack(len(body)))
    stream.write(body)
    stream.flush()


def receive(stream: BinaryIO) -> Iterator[Any]:
    """All messages until the other end is gone; what was cut short then is dropped."""
    while len(head := stream.read(_LENGTH.size)) == _LENGTH.size:
        (length,) = _LENGTH.unpack(head)
        body = stream.read(length)
        if len(body) < length:
            return
        yield from pickle.loads(body)


class Child:
    """A running `python -m <module>`; it lives as long as its stdin is open.

    The child's end of the answer pipe is not inheritable, so when the child dies, however it does, the pipe is closed
    and `messages` ends at once: no further watch is needed.
    """

    def __init__(self, module: str) -> None:
        root = str(Path(occam.__file__).parents[1])
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        self._child = subprocess.Popen(
            # -P keeps a random.py in the directory the app was started from out of the child's imports.
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": path},
        )
        self._in = cast(BinaryIO, self._child.stdin)
        self._out = cast(BinaryIO, self._child.stdout)

    @property
    def pid(self) -> int:
        """Process id of the child."""
        return self._child.pid

    def send(self, message: Any) -> None:
        """Say something to the child; to a dead one, nothing happens (`messages` ends and tells)."""
        with contextlib.suppress(OSError, ValueError):  # broken pipe, or closed by `end`
            send(self._in, [message])

    def messages(self) -> Iterator[Any]:
        """What the child says, until it is gone."""
        with self._out:
            yield from receive(self._out)

    def end(self) -> None:
        """Wait until the child is gone: by the end of its input, else SIGTERM, else SIGKILL."""
        with contextlib.suppress(OSError):  # what was still in the buffer meets a broken pipe
            self._in.close()
        for urge in (self._child.terminate, self._child.kill):
            try:
                self._child.wait(PATIENCE)
                return
            except subprocess.TimeoutExpired:
                urge()
        self._child.wait()
