"""How far a sweep has come, on the standard error of a terminal or of a log."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

WIDTH = 30  # characters of the bar
LOGGED = 10  # lines in a log, where no line can be drawn over


class ProgressBar:
    """Draws over its own line in a terminal; in a log it writes a line for every tenth of the runs."""

    def __init__(self, stream: TextIO, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: in seconds, for tests."""
        self._stream, self._total, self._clock = stream, total, clock
        self._start, self._live, self._shown = clock(), stream.isatty(), -1

    def show(self, over: int, computed: int) -> None:
        """`over` of the runs are done, `computed` of them by this command, which is what its rate is told from."""
        text = line(over, self._total, computed, self._clock() - self._start)
        part = over * LOGGED // max(self._total, 1)
        if self._live:
            print(f"\r{text}\x1b[K", end="", file=self._stream, flush=True)
        elif part > self._shown:
            print(text, file=self._stream, flush=True)
        self._shown = max(part, self._shown)

    def end(self) -> None:
        """Leave the last line standing."""
        if self._live and self._shown >= 0:
            print(file=self._stream, flush=True)


def line(over: int, total: int, computed: int, seconds: float) -> str:
    """One line: the bar, done/total, rate and time left."""
    full = WIDTH * over // max(total, 1)
    text = f"[{'█' * full}{'·' * (WIDTH - full)}] {over}/{total} runs"
    if over >= total:
        return f"{text}, {duration(seconds)}"
    if not computed or seconds <= 0:
        return text
    rate = computed / seconds
    return f"{text}, {rate:.3g} runs/s, {duration((total - over) / rate)} left"


def duration(seconds: float) -> str:
    """Seconds as a person says them: 5 s, 2 min 5 s, 3 h 20 min, 4 d 2 h."""
    whole = max(round(seconds), 0)
    for size, unit, below, small in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // below} {small}"
    return f"{whole} s"
