import dataclasses

import numpy as np
import pytest

from occam.glossary import METRICS
from occam.spec import RunSpec
from occam.sweeps.compute import compute, time_step
from occam.sweeps.row import Row
from occam.sweeps.units import FEWEST_RUNS, MOST_RUNS, Unit, runs_at_once, shape, units
from occam.training.live import LiveRun
from occam.training.run import train

SMALL = RunSpec().replace(
    {
        "data.n_train": 20,
        "data.n_test": 20,
        "model.depth": 2,
        "model.width": 6,
        "training.max_steps": 40,
        "training.step_size": 0.3,
        "record_every": 7,
    }
)
VARIANTS = {
    "plain": {},
    "both penalties": {"training.param_penalty": 0.02, "training.input_penalty": 0.05},
    "mini-batches": {"training.batch_size": 5, "training.momentum": 0.5, "training.stop_loss": 0.5},
    "three inputs and more, three classes": {"data.dataset": "iris", "model.activation": "gelu"},
    "curve": {"data.dataset": "sine", "training.stop_time": 9.0},
    "diverges": {"data.dataset": "sine", "training.step_size": 3.0, "model.depth": 0},
}


def rows(unit: Unit) -> dict[str, Row]:
    return {row.key: row for row in compute(unit) if row is not None}


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_a_row_is_the_run_alone_bit_for_bit_whatever_the_tiling(variant):
    specs = tuple(SMALL.replace(variant | {"model.seed": seed}) for seed in range(5))
    template = Unit((), at_losses=(0.45, 0.6), at_times=(2.0, 6.0))
    tilings = [
        {key: row for unit in units(specs, template, tile=tile) for key, row in rows(unit).items()}
        for tile in (1, 2, 5)
    ]
    for spec in specs:
        alone, row = train(spec), tilings[0][spec.digest]
        last = alone.frames[-1]
        assert alone.ending is not None
        assert (row.spec, row.status, row.reason) == (spec, alone.ending.status, alone.ending.reason)
        assert (row.step, row.key) == (alone.ending.step, spec.digest)
        np.testing.assert_equal(row.stability, alone.ending.stability)
        np.testing.assert_array_equal(row.weights, last.params)
        end = row.mark()
        assert end is not None and end.step == last.step and set(end.metrics) == set(METRICS)
        np.testing.assert_equal(end.metrics, last.metrics)
        assert len({tiling[spec.digest].fingerprint for tiling in tilings}) == 1
        assert row.seconds > 0 and row.device.startswith("CPU") and set(row.versions) == {"python", "numpy", "torch"}


def test_marks_are_the_first_steps_that_reach_a_level():
    frames = train(SMALL.replace({"record_every": 1})).frames
    losses = [frame.metrics["train_loss"] for frame in frames]
    level = losses[11] * 1.0001
    (row,) = rows(Unit((SMALL,), at_losses=(1e-6, level), at_times=(0.29, 0.3, 3.1, 50.0))).values()
    first = next(step for step, loss in enumerate(losses) if loss <= level)
    found = {(mark.at, mark.level): mark for mark in row.marks}
    assert {level: mark.step for level, mark in found.items()} == {
        ("end", None): 40,
        ("loss", level): first,
        ("time", 0.29): 1,
        ("time", 0.3): 1,
        ("time", 3.1): 11,
    }
    assert row.missed == (("loss", 1e-6), ("time", 50.0))
    for mark in row.marks:
        np.testing.assert_equal(mark.metrics, frames[mark.step].metrics)


def test_a_diverged_run_keeps_the_marks_before():
    spec = SMALL.replace(VARIANTS["diverges"])
    (row,) = rows(Unit((spec,), at_times=(3.0, 6.0, 3.0 * 39))).values()
    assert row.status == "diverged" and row.reason.startswith("loss_") and row.step < 39
    assert [(mark.at, mark.level, mark.step) for mark in row.marks[1:]] == [("time", 3.0, 1), ("time", 6.0, 2)]
    assert row.missed == (("time", 117.0),) and np.isfinite(row.weights).all()


@pytest.mark.parametrize(
    ("level", "changes", "step"),
    [
        (0.3, {}, 1),
        (0.9, {}, 3),  # 0.9/0.3 is 3.0000…4
        (1e-9, {}, 1),
        (12.0, {}, 40),
        (12.1, {}, None),
        (1e6, {"training.step_size": 1e-9}, None),
        (3.0, {"training.stop_time": 2.9}, 10),
        (3.1, {"training.stop_time": 2.9}, None),
    ],
)
def test_the_step_of_a_physical_time(level, changes, step):
    training = SMALL.replace(changes).training
    assert time_step(training, level) == step


def test_units_take_specs_as_they_are_asked_for_and_hold_one_shape_each():
    specs = [SMALL.replace({"model.seed": seed, "model.width": 4 + seed % 3}) for seed in range(40)]
    taken = []
    source = (taken.append(spec) or spec for spec in specs)
    found = units(source, Unit((), at_losses=(0.5,)), tile=3)
    first = next(found)
    assert len(first.specs) == 3 and len(taken) == 7 and first.at_losses == (0.5,)
    made = [first, *found]
    assert sorted(spec.digest for unit in made for spec in unit.specs) == sorted(spec.digest for spec in specs)
    for unit in made:
        assert len({LiveRun(spec).cohort_key for spec in unit.specs}) == 1


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_equal_shapes_make_one_cohort(variant):
    knobs = {"training.step_size": 0.31, "model.seed": 7, "data.seed": 3, "data.noise": 0.1, "model.gain": 2.0}
    one, other = SMALL.replace(variant), SMALL.replace(variant | knobs)
    assert shape(one) == shape(other) and LiveRun(one).cohort_key == LiveRun(other).cohort_key


@pytest.mark.parametrize(
    "changes",
    [
        {"model.activation": "relu"},
        {"training.batch_size": 5},
        {"training.momentum": 0.5},
        {"training.perturbation": "sign", "training.perturbation_size": 0.1},
        {"data.dataset": "spiral"},
        {"training.max_steps": 400},
    ],
)
def test_other_shapes_do_not(changes):
    assert shape(SMALL) != shape(SMALL.replace(changes))


def test_the_first_units_may_be_small_and_large_networks_make_small_units():
    specs = [SMALL.replace({"model.seed": seed}) for seed in range(100)]
    sizes = [len(unit.specs) for unit in units(specs, Unit(()), small=2)]
    assert sizes == [FEWEST_RUNS, FEWEST_RUNS, MOST_RUNS, 100 - MOST_RUNS - 2 * FEWEST_RUNS]
    usual = RunSpec().replace({"data.n_train": 256})
    assert runs_at_once(usual) == 16
    assert runs_at_once(usual.replace({"model.width": 512})) == FEWEST_RUNS


def test_what_is_left_of_a_unit():
    unit = Unit(tuple(SMALL.replace({"model.seed": seed}) for seed in range(3)), at_losses=(0.5,))
    left = unit.without({unit.specs[1].digest})
    assert left == dataclasses.replace(unit, specs=(unit.specs[0], unit.specs[2]))
    assert unit.without({spec.digest for spec in unit.specs}) is None
    assert [single.specs for single in unit.singly()] == [(spec,) for spec in unit.specs]


def test_there_are_pauses():
    unit = Unit(tuple(SMALL.replace({"model.seed": seed}) for seed in range(3)))
    assert [item for item in compute(unit)].count(None) >= 6
