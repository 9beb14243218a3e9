import dataclasses
import math

import numpy as np
import pytest

from occam.spec import RunSpec
from occam.training.quiet import QuietRun, train_quietly
from occam.training.run import train

SMALL = RunSpec().replace(
    {
        "data.n_train": 20,
        "data.n_test": 20,
        "model.depth": 2,
        "model.width": 6,
        "training.max_steps": 60,
        "record_every": 7,
    }
)
VARIANTS = {
    "plain": {},
    "no step": {"training.max_steps": 0},
    "both penalties": {"training.param_penalty": 0.02, "training.input_penalty": 0.05},
    "stops at a loss": {"training.stop_loss": 0.6, "training.step_size": 0.3},
    "stops at once": {"training.stop_loss": 1e5},
    "mini-batches": {"training.batch_size": 5, "training.momentum": 0.5},
    "mini-batches stop": {"training.batch_size": 5, "training.stop_loss": 0.6, "training.step_size": 0.3},
    "noise": {"training.perturbation": "noise", "training.perturbation_size": 0.3, "training.batch_size": 4},
    "diverges": {"data.dataset": "sine", "training.step_size": 3.0, "model.activation": "identity"},
    "diverges in batches": {
        "data.dataset": "sine",
        "training.step_size": 3.0,
        "training.batch_size": 4,
        "model.activation": "identity",
    },
    "diverges at once": {"data.dataset": "sine", "training.step_size": 100.0, "model.activation": "relu"},
}


def quiet(*specs, **how):
    runs = [QuietRun(spec, **how) for spec in specs]
    ended = [run for run in train_quietly(runs) if run is not None]
    assert sorted(map(id, ended)) == sorted(map(id, runs))
    return runs


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_it_ends_as_a_recorded_run_does(variant):
    spec = SMALL.replace(variant)
    (run,), alone = quiet(spec), train(spec)
    assert run.ending is not None and run.last is not None and alone.ending is not None
    last = alone.frames[-1]
    assert run.last.step == last.step
    np.testing.assert_array_equal(run.params(run.last.theta), last.params)
    metrics, _ = run.metrics(run.last.step, run.last.theta)
    np.testing.assert_equal(metrics, last.metrics)
    np.testing.assert_equal(
        dataclasses.astuple(dataclasses.replace(run.ending, stability=0)),
        dataclasses.astuple(dataclasses.replace(alone.ending, stability=0)),
    )


def test_some_of_them_diverge_and_some_stop():
    endings = {name: train(SMALL.replace(variant)).ending for name, variant in VARIANTS.items()}
    reasons = {name: ending.reason for name, ending in endings.items() if ending is not None}
    assert {name for name, reason in reasons.items() if reason.startswith("loss_")} == {
        "diverges",
        "diverges in batches",
        "diverges at once",
    }
    assert {name for name, reason in reasons.items() if reason == "stop_loss"} == {
        "stops at a loss",
        "stops at once",
        "mini-batches stop",
    }


def test_steps_and_levels_are_those_of_a_run_recorded_at_every_step():
    spec = SMALL.replace({"training.step_size": 0.3})
    frames = train(spec.replace({"record_every": 1})).frames
    losses = [frame.metrics["train_loss"] for frame in frames]
    levels = [losses[0], losses[13] * 1.0001, losses[30] * 1.0001, 1e-9]
    (run,) = quiet(spec, steps=(0, 5, 14, 33, 61), losses=levels)
    assert sorted(run.at_steps) == [0, 5, 14, 33]
    first = {level: next((step for step, loss in enumerate(losses) if loss <= level), None) for level in levels[1:]}
    assert {level: kept.step for level, kept in run.at_losses.items() if level in first} == {
        level: step for level, step in first.items() if step is not None
    }
    for kept in [*run.at_steps.values(), *run.at_losses.values()]:
        np.testing.assert_array_equal(run.params(kept.theta), frames[kept.step].params)


def test_a_level_reached_by_the_last_step_counts():
    losses = [frame.metrics["train_loss"] for frame in train(SMALL.replace({"record_every": 1})).frames]
    (run,) = quiet(SMALL, losses=[math.nextafter(losses[60], 1)])
    assert [kept.step for kept in run.at_losses.values()] == [60] and min(losses) == losses[60]


def test_mini_batches_reach_a_level_at_a_record():
    spec = SMALL.replace({"training.batch_size": 5, "training.step_size": 0.3})
    frames = train(spec).frames
    level = frames[4].metrics["train_loss"]
    (run,) = quiet(spec, losses=[level])
    first = next(frame.step for frame in frames if frame.metrics["train_loss"] <= level)
    assert run.at_losses[level].step == first and first % 7 == 0


def test_neighbours_change_nothing():
    specs = [SMALL.replace({"model.seed": seed, "training.max_steps": 20 + 7 * seed}) for seed in range(5)]
    for run in quiet(*specs, losses=[0.65]):
        (alone,) = quiet(run.spec, losses=[0.65])
        assert run.last is not None and alone.last is not None
        np.testing.assert_array_equal(run.params(run.last.theta), run.params(alone.last.theta))
        assert [kept.step for kept in run.at_losses.values()] == [kept.step for kept in alone.at_losses.values()]
