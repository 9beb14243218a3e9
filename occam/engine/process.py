"""The trainer as seen from the page process: one child, its two pipes, its end."""

from __future__ import annotations

from occam.pipes import Child


class TrainerProcess(Child):
    """A running `python -m occam.engine.trainer`."""

    def __init__(self) -> None:
        super().__init__("occam.engine.trainer")
