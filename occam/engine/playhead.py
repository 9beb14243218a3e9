"""Where one viewer looks on the timeline of a recording: pure view logic, told the time, owning no frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

from occam.spec import RunSpec

LOOK_AHEAD = 16  # records asked for at once while playing: few messages, and little trained in vain at a pause
AHEAD_SECONDS = 2.0  # and at least so much playing time, so that a busy trainer is not noticed
DEFAULT_SPEED = 12.0  # records a second: what one viewer's browser draws smoothly


def record_index(spec: RunSpec, step: int) -> int:
    """⌈min(step, last step) / record_every⌉: index of the first record at or after `step` (the last is irregular)."""
    return math.ceil(min(max(step, 0), spec.training.last_step) / spec.record_every)


@dataclass
class Playhead:
    """One viewer's place in a recording.

    `position`: index of the frame on screen; `speed`: records a second, None = the newest as fast as it is trained;
    `goal`: index to run forward to and stop at (`math.inf`: the end), None when there is none.
    Commands state an intent; `tick` carries it out as far as frames exist.  Every command but `play` stops playing.
    """

    position: int = 0
    playing: bool = False
    speed: float | None = DEFAULT_SPEED
    goal: float | None = None
    _shown_at: float = 0.0  # when the frame at `position` was due while playing

    @property
    def moving(self) -> bool:
        """True while the picture is to change without a further command."""
        return self.playing or self.goal is not None

    def play(self, now: float, available: int = 0, ended: bool = False) -> None:
        """Go on from here; from the beginning when this is the last frame of an ended recording."""
        if ended and self.position >= available - 1:
            self.position = 0
        self.playing, self.goal, self._shown_at = True, None, now

    def pause(self) -> None:
        """Stay on the frame on screen."""
        self.playing, self.goal = False, None

    def step(self) -> None:
        """One record forward, trained if need be."""
        self.scrub(self.position + 1)

    def back(self) -> None:
        """One record back."""
        self.scrub(self.position - 1)

    def scrub(self, index: int) -> None:
        """To the frame of this index; a frame that does not exist yet is run forward to."""
        self.playing, self.goal = False, max(0, index)

    def to_end(self) -> None:
        """Run forward to the last frame of the run."""
        self.playing, self.goal = False, math.inf

    def reset(self) -> None:
        """Back to the first frame: the same initialisation."""
        self.scrub(0)

    def until(self) -> int | None:
        """Index of the last frame to ask the engine for, None = all to the end.

        Paused: the frame on screen, so nothing new once it exists.  Playing: the end of the next block of records, so
        that the wish changes once a block and not at every poll.
        """
        if self.goal is not None:
            return None if math.isinf(self.goal) else int(self.goal)
        if not self.playing:
            return self.position
        if self.speed is None:
            return None
        block = max(LOOK_AHEAD, math.ceil(AHEAD_SECONDS * self.speed))
        return (self.position // block + 2) * block - 1

    def tick(self, now: float, available: int, ended: bool) -> int:
        """The position at time `now`, given how many frames exist and whether that is all of them."""
        last = max(0, available - 1)
        if self.goal is not None:
            if ended or available > self.goal:
                self.position, self.goal = int(min(self.goal, last)), None
            elif self.position < last:
                self.position = last
        elif self.playing:
            self.position = last if self.speed is None else self._due(now, self.speed, last)
            self.playing = not (ended and self.position >= last)
        self.position = min(self.position, last)
        return self.position

    def _due(self, now: float, speed: float, last: int) -> int:
        passed = math.floor(max(0.0, now - self._shown_at) * speed + 1e-9)  # 0.3 s at 10 a second is 3 records
        moved = max(0, min(passed, last - self.position))
        # Time spent waiting for the trainer counts as one record at most: it is not caught up in one jump later.
        self._shown_at = max(self._shown_at + moved / speed, now - 1 / speed)
        return self.position + moved
