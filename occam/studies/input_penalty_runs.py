"""The runs behind the page on the input penalty: networks at a start or a record, arms, arms brought to one loss."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import replace

import torch

from occam.datasets import Samples, Table
from occam.network.parameters import Layout, initial_row, layer_sizes
from occam.spec import RunSpec
from occam.studies.runs import run_many
from occam.studies.spec import Progress
from occam.theory.expansion import matching_noise
from occam.theory.probe import Probe
from occam.training.frames import Frame, Header, Recording


def start(run: RunSpec, samples: Samples) -> Probe:
    """The network of a run before its first step, in float64."""
    outputs = len(samples.classes) if samples.task == "multiclass" else 1
    layout = Layout(layer_sizes(run.model, samples.x_train.shape[1], outputs))
    params = initial_row(run.model, layout, torch.float64)[layout.order]
    return Probe(layout.sizes, run.model.activation, samples.task, params.numpy())


def at(header: Header, frame: Frame) -> Probe:
    """The network of a record, in float64."""
    return Probe(header.sizes, header.spec.model.activation, header.task, frame.params)


def sigma(run: RunSpec, samples: Samples) -> float:
    """σ of the noise that adds as much as ε at the start of the run; 0 where none does."""
    probe = start(run, samples)
    found = matching_noise(probe, *probe.samples(samples), run.training.input_penalty)
    return found if math.isfinite(found) else 0.0


def light(frame: Frame) -> Frame:
    """The frame without its weights, which nobody draws."""
    return replace(frame, params=frame.params[:0])


def trained(
    runs: Sequence[RunSpec], table: Table | None, *, steps: Sequence[int] = (), dtype: str = "float32", tile: int = 8
) -> Generator[Progress | None, None, list[Recording]]:
    """All recordings in order, with pauses; nothing but pauses is yielded."""
    found: dict[int, Recording] = {}
    precision = "float64" if dtype == "float64" else "float32"
    for item in run_many(runs, steps=steps, tile=tile, table=table, device="cpu", dtype=precision):
        if item is not None:
            found[item[0]] = item[1]
        yield None
    return [found[index] for index in range(len(runs))]


def at_equal_loss(
    runs: Sequence[RunSpec], recordings: Sequence[Recording], table: Table | None
) -> Generator[Progress | None, None, tuple[float, list[Frame | None]]]:
    """L* = the highest training loss that a run ended with (diverged ones left out), and each run's frame there.

    The run is trained again until its loss is L*; mini-batch runs look at their loss at their own records only.
    """
    ends = [recording.frames[-1].metrics["train_loss"] for recording in recordings]
    fine = [recording.ending is not None and recording.ending.status == "finished" for recording in recordings]
    target = max((end for end, usable in zip(ends, fine, strict=True) if usable), default=math.nan)
    frames: list[Frame | None] = [
        recording.frames[-1] if usable and end == target else None
        for recording, end, usable in zip(recordings, ends, fine, strict=True)
    ]
    again = [index for index, usable in enumerate(fine) if usable and frames[index] is None]
    stopped = yield from trained([runs[index].replace({"training.stop_loss": target}) for index in again], table)
    for index, recording in zip(again, stopped, strict=True):
        reached = recording.ending is not None and recording.ending.reason == "stop_loss"
        frames[index] = recording.frames[-1] if reached else None
    return target, frames
