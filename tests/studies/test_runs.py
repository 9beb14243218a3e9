import dataclasses

import numpy as np
import pytest

from occam.spec import RunSpec
from occam.studies import study
from occam.studies.kinds.runs import Finished, Runs
from occam.studies.runs import run_many
from occam.training.run import train

BASE = RunSpec().replace(
    {
        "data.n_train": 20,
        "data.n_test": 20,
        "model.depth": 2,
        "model.width": 6,
        "training.max_steps": 40,
        "record_every": 10,
    }
)


def finished(specs, **how):
    return dict(item for item in run_many(specs, **how) if item is not None)


def assert_same(frame, other):
    for one, two in zip(dataclasses.astuple(frame), dataclasses.astuple(other), strict=True):
        np.testing.assert_equal(one, two)


def test_frames_are_those_of_the_runs_alone_at_the_steps_asked_for():
    specs = [BASE.replace({"model.seed": seed, "model.width": 4 + seed % 2}) for seed in range(5)]
    recordings = finished(specs, steps=(7, 20, 99), tile=2)
    assert sorted(recordings) == list(range(5))
    for index, spec in enumerate(specs):
        alone, recording = train(spec), recordings[index]
        assert recording.header.spec == spec and recording.ending == alone.ending
        assert [frame.step for frame in recording.frames] == [0, 7, 20, 40]
        for frame, step in zip(recording.frames, (0, None, 2, 4), strict=True):
            if step is not None:
                assert_same(frame, alone.frames[step])


@pytest.mark.parametrize(
    "changes",
    [
        {"training.max_steps": 0},
        {"training.step_size": 50.0, "training.max_steps": 300, "model.activation": "identity"},
        {"training.stop_loss": 0.6},
        {"training.stop_loss": 0.6, "training.batch_size": 5},
        {"training.perturbation": "noise", "training.perturbation_size": 0.3, "training.batch_size": 4},
    ],
    ids=lambda changes: ", ".join(changes),
)
def test_runs_end_as_they_do_alone(changes):
    spec = BASE.replace(changes)
    (recording,) = finished([spec], steps=(13, 20)).values()
    alone = train(spec)
    assert recording.ending is not None and alone.ending is not None
    assert dataclasses.replace(recording.ending, stability=0) == dataclasses.replace(alone.ending, stability=0)
    if alone.ending.status == "finished":
        np.testing.assert_array_equal(recording.frames[-1].params, alone.frames[-1].params)


def test_there_are_pauses_between_bursts():
    items = list(run_many([BASE, BASE.replace({"model.seed": 1})]))
    assert items.count(None) >= 4 and [item[0] for item in items if item is not None] == [0, 1]


def test_the_study_of_runs():
    done = list(study.results(Runs(specs=(BASE, BASE.replace({"training.max_steps": 5})), steps=(3,))))
    assert all(isinstance(result, Finished) for result in done)
    assert [(result.index, [frame.step for frame in result.recording.frames]) for result in done] == [
        (1, [0, 3, 5]),
        (0, [0, 3, 40]),
    ]
