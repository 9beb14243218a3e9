"""The progress bar, in a terminal and in a log."""

from __future__ import annotations

import io

import pytest

from occam.sweeps.progress import WIDTH, ProgressBar, duration, line


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((0, 40, 0, 0.0), "0/40 runs"),
        ((10, 40, 0, 5.0), "10/40 runs"),  # all of them known: no rate yet
        ((20, 40, 10, 5.0), "20/40 runs, 2 runs/s, 10 s left"),
        ((40, 40, 30, 125.0), "40/40 runs, 2 min 5 s"),
        ((0, 0, 0, 0.0), "0/0 runs, 0 s"),
    ],
)
def test_a_line(numbers: tuple[int, int, int, float], text: str):
    over, total, *_ = numbers
    found = line(*numbers)
    assert found.endswith(f"] {text}")
    assert found.count("█") == (WIDTH * over // total if total else 0)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.6, "1 min 0 s"), (3700, "1 h 1 min"), (360_000, "4 d 4 h"), (-1.0, "0 s")],
)
def test_durations(seconds: float, words: str):
    assert duration(seconds) == words


def test_a_terminal_has_one_line_drawn_over():
    stream, times = Terminal(), iter((0.0, 1.0, 2.0))
    bar = ProgressBar(stream, 2, clock=lambda: next(times))
    bar.show(1, 1)
    bar.show(2, 2)
    bar.end()
    assert stream.getvalue().count("\r") == 2 and stream.getvalue().count("\n") == 1


def test_a_log_has_a_line_for_every_tenth():
    stream = io.StringIO()
    bar = ProgressBar(stream, 1000, clock=lambda: 0.0)
    for over in range(1001):
        bar.show(over, over)
    bar.end()
    assert len(stream.getvalue().splitlines()) == 11 and "\r" not in stream.getvalue()
