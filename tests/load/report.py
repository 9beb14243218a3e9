"""One row of the load table from what the tabs saw."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.load.processes import Usage
from tests.load.tab import Seen

COLUMNS = (
    "scenario", "tabs", "poll s", "frames/s each, median (least)", "polls/s", "poll p50/p95 ms", "late",
    "knob → frame p50/p95 ms (n)", "page CPU %, MB", "trainer CPU %, MB", "driver CPU %",
)  # fmt: skip
HEAD = f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}"
MB = 2**20


@dataclass(frozen=True)
class Row:
    """A scenario's figures: `frames` a second of each tab, `polls` and `knobs` in seconds; `text` as a table row.

    `tabs`: all that each of them saw, also before and after; `faults`: theirs together.
    """

    text: str
    frames: Sequence[float]
    polls: Sequence[float]
    knobs: Sequence[float]
    tabs: Sequence[Seen]

    @property
    def faults(self) -> list[str]:
        """One line each."""
        return [fault for seen in self.tabs for fault in seen.faults]


def quantile(values: Sequence[float], q: float) -> float:
    """The smallest value that at least a share q of all values do not exceed; nan of nothing."""
    return sorted(values)[max(0, math.ceil(q * len(values)) - 1)] if values else math.nan


def row(
    name: str,
    tabs: Sequence[Seen],
    began: float,
    ended: float,
    intervals: Sequence[float],
    before: Mapping[str, Usage],
    after: Mapping[str, Usage],
) -> Row:
    """What happened between `began` and `ended`: pictures by their arrival, polls and knobs by when they were sent."""
    frames = [sum(began <= when < ended for when, _ in seen.pictures) / (ended - began) for seen in tabs]
    polls = [took for seen in tabs for asked, took in seen.polls if began <= asked < ended]
    knobs = [took for seen in tabs for asked, took in seen.knobs if began <= asked < ended]
    late = sum(seen.late for seen in tabs)
    unanswered = sum(seen.unanswered for seen in tabs)
    turned = f"{_both(knobs)} ({len(knobs)}{f', {unanswered} unanswered' if unanswered else ''})" if knobs else "–"
    cells = [
        name,
        str(len(tabs)),
        " and ".join(f"{interval:.2f}" for interval in intervals) or "–",
        f"{quantile(frames, 0.5):.1f} ({min(frames):.1f})",
        f"{len(polls) / (ended - began):.0f}",
        _both(polls),
        str(late),
        turned,
        *(_usage(before.get(name), after.get(name)) for name in ("page", "trainer")),
        f"{after['driver'].share_since(before['driver']):.0f}",
    ]
    return Row(f"| {' | '.join(cells)} |", frames, polls, knobs, tabs)


def _both(seconds: Sequence[float]) -> str:
    return f"{1000 * quantile(seconds, 0.5):.0f}/{1000 * quantile(seconds, 0.95):.0f}" if seconds else "–"


def _usage(before: Usage | None, after: Usage | None) -> str:
    if before is None or after is None:
        return "–"
    return f"{after.share_since(before):.0f}, {after.rss / MB:.0f}"
