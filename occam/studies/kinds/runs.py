"""Any handful of runs, for paired seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from occam.spec import RunSpec
from occam.studies.spec import StudySpec
from occam.training.frames import Recording

MOST_RUNS = 256


class Runs(StudySpec):
    """Train `specs` to their ends; measured at step 0, at those of `steps` that are reached, and at the end."""

    kind: Literal["runs"] = "runs"
    specs: Annotated[tuple[RunSpec, ...], Field(max_length=MOST_RUNS)]
    steps: tuple[int, ...] = ()


@dataclass(frozen=True)
class Finished:
    """The run of `specs[index]`, with the frames that were asked for."""

    index: int
    recording: Recording
