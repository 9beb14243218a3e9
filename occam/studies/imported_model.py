"""Measure an imported model: one recording of one frame, that every chart of a run can draw."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait

import numpy as np
import torch

from occam.datasets import Samples, Table, load
from occam.glossary import METRICS
from occam.studies.kinds.imported_model import ImportedModel
from occam.training.device import choose_device
from occam.training.frames import Frame, Header, Recording
from occam.training.given import measure_given
from occam.training.plane import project

LOOK = 0.005  # seconds between two looks whether it is done


def imported_model(spec: ImportedModel, table: Table | None = None) -> Iterator[Recording | None]:
    """The model at "step 0", all in float64; beside other work, as the Hessian of a large network takes seconds.

    Raises `ValueError`, a sentence for the viewer, where model and data do not fit.
    """
    samples = load(spec.data, table)
    _fit(spec, samples)
    pool = ThreadPoolExecutor(1, "measure")
    try:
        work = pool.submit(_measured, spec, samples)
        while not wait([work], LOOK).done:
            yield None
        yield work.result()
    finally:
        pool.shutdown(wait=False)


def _fit(spec: ImportedModel, samples: Samples) -> None:
    inputs, outputs = samples.x_train.shape[1], len(samples.classes) if samples.task == "multiclass" else 1
    if spec.sizes[0] != inputs:
        raise ValueError(
            f"The model takes {spec.sizes[0]} inputs, the data have {inputs}: {', '.join(samples.features[:8])}"
            f"{', …' if inputs > 8 else ''}."
        )
    if spec.sizes[-1] != outputs:
        wanted = {"regression": "one, the quantity", "binary": "one, the logit of the second class"}
        needed = wanted.get(samples.task, f"{outputs}, one a class")
        raise ValueError(f"The model gives {spec.sizes[-1]} outputs; these data need {needed}.")


def _measured(spec: ImportedModel, samples: Samples) -> Recording:
    torch.set_num_threads(1)  # as everywhere in the trainer; a thread starts with as many as there are cores
    params = spec.params
    metrics, bounds, maps, ruler = measure_given(samples, spec.sizes, spec.activation, params, spec.biased)
    header = Header(
        spec=spec.run,
        task=samples.task,
        sizes=spec.sizes,
        classes=samples.classes,
        plane=ruler.plane,
        train=project(ruler.plane, samples.x_train),
        y_train=samples.y_train.astype(np.float32),
        test=project(ruler.plane, samples.x_test),
        y_test=samples.y_test.astype(np.float32),
        device=choose_device("cpu", len(params), len(samples.y_train))[1],
        dtype="float64",
    )
    named = {name: metrics.get(name, math.nan) for name in METRICS} | {"step": 0.0}
    frame = Frame(0, named, bounds.astype(np.float32), maps.values, maps.winners, maps.slopes, params)
    return Recording(header, [frame])
