"""The proof of the layer bound for a run that nobody has recorded: train it to a step, measure there."""

from __future__ import annotations

from collections.abc import Iterator

from occam.datasets import Table
from occam.studies.kinds.layer_bound import LayerProof
from occam.studies.runs import run_many
from occam.theory.proof import Proof
from occam.training.inspect import proof


def layer_proof(spec: LayerProof, table: Table | None = None) -> Iterator[Proof | None]:
    """The proofs of output 0 and of the loss at `spec.step`, or at the run's last record where it ended before."""
    for item in run_many([spec.run], steps=(spec.step,), table=table, device="cpu"):
        if item is None:
            yield None
            continue
        _, recording = item
        frame = max((frame for frame in recording.frames if frame.step <= spec.step), key=lambda frame: frame.step)
        for of in (0, None):
            yield proof(recording.header, frame.params, of=of, table=table)
