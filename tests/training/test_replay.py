"""A run's weights are those of the naive double-backward loop, step for step."""

from typing import Any, Literal

import numpy as np
import pytest

from occam.spec import RunSpec
from occam.training.live import LiveRun
from occam.training.run import train
from tests import oracles

STEPS = 30
SMALL = RunSpec().replace(
    {"data.n_train": 20, "data.n_test": 5, "model.width": 6, "training.max_steps": STEPS, "record_every": STEPS}
)
BOTH = {"training.param_penalty": 0.05, "training.input_penalty": 0.03}
REPLAYED: dict[str, dict[str, Any]] = {
    "full batch": BOTH | {"training.momentum": 0.9, "training.weight_decay": 0.01},
    "reshuffled": BOTH | {"training.batch_size": 7, "training.momentum": 0.5},
    "drawn": {
        "training.batch_size": 7,
        "training.sampling": "replacement",
        "training.weight_decay": 0.1,
        "training.input_penalty": 0.03,
    },
    "three classes": {"data.dataset": "iris", "training.batch_size": 4, "training.param_penalty": 0.05},
    "deep ReLU": {"data.dataset": "sine", "model.activation": "relu", "model.depth": 5, "training.input_penalty": 0.05},
    "linear": {"model.depth": 0, "training.param_penalty": 0.05},
}


def batches_of(spec: RunSpec) -> list[list[int]] | None:
    """The indices of every step, as the run draws them; None for the full batch."""
    if spec.training.batch_size is None:
        return None
    live, batches = LiveRun(spec), []
    for _ in range(STEPS):
        batches.append(live.batch().tolist())
        live.stepped()
    return batches


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-13), ("float32", 1e-5)])
@pytest.mark.parametrize("changes", REPLAYED.values(), ids=REPLAYED.keys())
def test_training_equals_its_naive_replay(
    changes: dict[str, Any], dtype: Literal["float32", "float64"], tolerance: float
):
    """Distance of the final weights relative to the way they have come."""
    spec = SMALL.replace(changes)
    run = train(spec, dtype=dtype)
    samples, (first, last) = run.samples, run.frames
    assert samples is not None and (first.step, last.step) == (0, STEPS)
    end = oracles.replay(
        first.params,
        run.header.sizes,
        spec.model.activation,
        samples.task,
        samples.x_train,
        samples.y_train,
        spec.training,
        STEPS,
        batches_of(spec),
    )
    assert np.linalg.norm(end - last.params) < tolerance * np.linalg.norm(end - first.params)


def test_a_reshuffled_epoch_is_a_partition_and_epochs_differ():
    batches = batches_of(SMALL.replace({"training.batch_size": 5}))
    assert batches is not None
    epochs = np.reshape(batches[: STEPS - STEPS % 4], (-1, 20)).tolist()
    assert all(sorted(epoch) == list(range(20)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == len(epochs)
