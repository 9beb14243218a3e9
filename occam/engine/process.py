"""The trainer as seen from the page process: one child, its two pipes, its end."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import occam
from occam.engine.protocol import ToPage, ToTrainer, receive, send

PATIENCE = 2.0  # seconds to end by itself, then again after SIGTERM


class TrainerProcess:
    """A running `python -m occam.engine.trainer`; it lives as long as its stdin is open.

    The child's end of the answer pipe is not inheritable, so when the child dies, however it does, the pipe is closed
    and `messages` ends at once: no further watch is needed.
    """

    def __init__(self) -> None:
        root = str(Path(occam.__file__).parents[1])
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        self._child = subprocess.Popen(
            # -P keeps a random.py in the directory the app was started from out of the trainer's imports.
            [sys.executable, "-P", "-m", "occam.engine.trainer"],
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

    def send(self, message: ToTrainer) -> None:
        """Say something to the trainer; to a dead one, nothing happens (`messages` ends and tells)."""
        with contextlib.suppress(OSError, ValueError):  # broken pipe, or closed by `stop`
            send(self._in, [message])

    def messages(self) -> Iterator[ToPage]:
        """What the trainer says, until it is gone."""
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
