"""A network that was trained elsewhere, measured on chosen data: its weights are part of the spec.  No torch."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from occam.model_file import MOST_LAYERS, Floats, Model
from occam.spec import Activation, DataSpec, ModelSpec, RunSpec
from occam.studies.spec import StudySpec


class ImportedModel(StudySpec):
    """One result, a `training.frames.Recording` of one frame: every metric, bound and map of the model on `data`.

    `weights`: the bytes of `model_file.Model.params`, float64 little-endian, in base64.
    """

    kind: Literal["imported_model"] = "imported_model"
    sizes: Annotated[tuple[int, ...], Field(min_length=2, max_length=MOST_LAYERS + 1)]
    biased: tuple[bool, ...]
    weights: str
    activation: Activation = "tanh"
    data: DataSpec = DataSpec()

    @staticmethod
    def of(model: Model, activation: Activation, data: DataSpec) -> ImportedModel:
        """The study of this model."""
        weights = base64.b64encode(model.params.astype("<f8").tobytes()).decode("ascii")
        return ImportedModel(sizes=model.sizes, biased=model.biased, weights=weights, activation=activation, data=data)

    @property
    def params(self) -> Floats:
        """Parameters in record order."""
        return np.frombuffer(base64.b64decode(self.weights), "<f8").astype(np.float64)

    @property
    def run(self) -> RunSpec:
        """What a run's header says of it: data, activation, depth and greatest width; it is not trained."""
        hidden, model = self.sizes[1:-1], ModelSpec.model_fields
        most = {
            name: next(meta.le for meta in model[name].metadata if hasattr(meta, "le")) for name in ("depth", "width")
        }
        shape = {"depth": min(len(hidden), most["depth"]), "width": min(max(hidden, default=1), most["width"])}
        return RunSpec().replace(
            {
                "data": self.data.model_dump(),
                "model": {**ModelSpec().model_dump(), **shape, "activation": self.activation},
                "training.max_steps": 0,
            }
        )

    def runs(self) -> Iterator[RunSpec]:
        """The samples are what a server's limits are about; a model has limits of its own."""
        yield RunSpec().replace({"data": self.data.model_dump()})

    @property
    def nbytes(self) -> int:
        """Memory of the weights."""
        return len(self.weights)

    @model_validator(mode="after")
    def _whole(self) -> ImportedModel:
        wanted = sum(d_out * (d_in + 1) for d_in, d_out in pairwise(self.sizes))
        if len(self.biased) != len(self.sizes) - 1 or len(self.params) != wanted:
            raise ValueError(f"weights: {len(self.params)} numbers; allowed: {wanted} for sizes {list(self.sizes)}")
        return self
