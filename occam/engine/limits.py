"""The one configuration of caps: what a viewer may ask for, how much is kept, how often pages poll."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from occam.spec import KNOBS, RunSpec
from occam.spec.sizes import layer_sizes, weight_count
from occam.studies.spec import StudySpec
from occam.training.frames import CURVE_POINTS, MAP_SIDE

FRAME_BYTES = 6_000  # metrics, bounds and objects of one frame beside maps and weights

POLLS_A_SECOND = 120  # of all viewers together, 5 to 6 ms of a processor each (measured): more and pages freeze
CURVES_A_SECOND = 5  # drawings of all curves, of all viewers together, about 20 ms each
SLOWEST_CURVES = 12.0  # seconds
FASTEST_CURVES = 0.5  # seconds: nobody reads curves faster
FASTEST_POLL = 0.08  # seconds: one viewer sees at least ten frames a second, drawing included
SLOWEST_POLL = 1.5  # seconds: slower is no longer live
REST = 3.0  # times as long as a drawing takes is the least between two: the host may be busy with other things


@dataclass(frozen=True)
class Limits:
    """Caps of one server.

    `most`: knob path → largest value; `records`: on one timeline; `run_bytes`: frames of one run; `book_bytes`: all
    recordings; `live_runs`: trained at once, others queue; `parked_runs`: keep their weights in the trainer while
    nobody watches; `answers`: unit maps and planes kept; `lease_seconds`: after which an unrenewed lease lapses;
    `live_studies`: computed at once, others queue; `studies`, `study_bytes`: kept, at most;
    `sweep_runs`: trained by one study.
    """

    name: str
    most: Mapping[str, int] = field(default_factory=dict)
    records: int = 10_000
    run_bytes: int = 1_000_000_000
    book_bytes: int = 2_000_000_000
    live_runs: int = 64
    parked_runs: int = 64
    answers: int = 64
    lease_seconds: float = 60.0
    live_studies: int = 4
    studies: int = 500
    study_bytes: int = 500_000_000
    sweep_runs: int = 20_000

    @staticmethod
    def read(environ: Mapping[str, str] = os.environ) -> Limits:
        """`HOSTED` where OCCAM_HOSTED is 1, else `LOCAL`."""
        return HOSTED if environ.get("OCCAM_HOSTED") == "1" else LOCAL

    def clip(self, spec: RunSpec) -> tuple[RunSpec, tuple[str, ...]]:
        """The nearest spec that is allowed, and one sentence for each knob that had to change."""
        changes: dict[str, int] = {}
        for path, cap in self.most.items():
            value = spec.value(path)
            if value is not None and value > cap:
                changes[path] = cap
        batch, samples = spec.training.batch_size, changes.get("data.n_train", spec.data.n_train)
        if batch is not None and batch > samples:
            changes["training.batch_size"] = samples
        clipped = spec.replace(changes)
        every = self._record_every(clipped)
        if every > spec.record_every:
            changes["record_every"] = every
            clipped = clipped.replace({"record_every": every})
        return clipped, tuple(_notices(spec, changes))

    def check(self, spec: RunSpec) -> None:
        """ValueError, a sentence for each fault, unless `clip` would leave `spec` as it is."""
        _, notices = self.clip(spec)
        if notices:
            raise ValueError(" ".join(notices))

    def check_study(self, spec: StudySpec) -> None:
        """ValueError, a sentence for each fault, unless this server computes such a study."""
        if spec.run_count > self.sweep_runs:
            raise ValueError(f"{spec.run_count} runs are more than this server trains at once: {self.sweep_runs}.")
        for run in spec.runs():
            self.check(run)

    def _record_every(self, spec: RunSpec) -> int:
        records = max(2, min(self.records, self.run_bytes // frame_bytes(spec)))
        # Step 0 and every e-th step and the last: 1 + ⌈last/e⌉ records ≤ records ⇔ e ≥ last/(records − 1).
        return max(spec.record_every, math.ceil(spec.training.last_step / (records - 1)))


def frame_bytes(spec: RunSpec) -> int:
    """Memory of one frame of this run, in bytes; an own table is taken for the largest that is read."""
    sizes = layer_sizes(spec)
    inputs, outputs = sizes[0], sizes[-1]
    points = CURVE_POINTS if inputs == 1 else MAP_SIDE * MAP_SIDE
    return (
        4 * weight_count(sizes) + (5 if outputs > 1 else 4) * points + FRAME_BYTES
    )  # values and slopes 2 bytes, winners 1


def _notices(spec: RunSpec, changes: Mapping[str, int]) -> Iterator[str]:
    for path, value in changes.items():
        yield f"{KNOBS[path].label}: {spec.value(path)} is beyond what this server allows; {value} is used."


def poll_seconds(viewers: int, took: float = 0.0) -> float:
    """clamp(max(viewers / 120, 3·took), 0.08, 1.5): seconds between two polls of one page; a drawing takes `took`.

    Polls are open-loop timers and the server drops none, so their sum over all viewers is what must stay bounded.
    """
    return min(SLOWEST_POLL, max(FASTEST_POLL, viewers / POLLS_A_SECOND, REST * took))


def curve_seconds(viewers: int, took: float = 0.0) -> float:
    """clamp(max(viewers / 5, 3·took), 0.5, 12): seconds between two drawings of the curves of one page."""
    return min(SLOWEST_CURVES, max(FASTEST_CURVES, viewers / CURVES_A_SECOND, REST * took))


LOCAL = Limits("local")

# About 1 GB in all: page process 200 MB, trainer 350 MB, and what follows.
HOSTED = Limits(
    "hosted",
    most=MappingProxyType(
        {
            "data.n_train": 1000,
            "data.n_test": 2000,
            "model.depth": 6,
            "model.width": 64,
            "training.max_steps": 20_000,
        }
    ),
    records=200,
    run_bytes=4_000_000,
    book_bytes=250_000_000,
    parked_runs=32,
    answers=32,
    studies=200,
    study_bytes=60_000_000,
    sweep_runs=500,
)
