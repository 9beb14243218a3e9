"""What the layer bound's page opens with: the proof of a run's layers at one of its records, without torch."""

from __future__ import annotations

from typing import Literal

from occam.spec import RunSpec
from occam.spec.field import knob
from occam.studies.spec import StudySpec


class LayerProof(StudySpec):
    """The numbers of the proof at one step: two results of `occam.theory.proof.Proof`, of output 0 and of the loss."""

    kind: Literal["layer_proof"] = "layer_proof"
    run: RunSpec = RunSpec()
    step: int = knob(RunSpec().training.last_step, label="Step", symbol="t", ge=0, help="A step of the run.")
