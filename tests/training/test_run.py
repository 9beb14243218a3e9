"""Cohorts, endings, schedules: a run's numbers are its own, whatever trains beside it."""

from __future__ import annotations

import math
from typing import Any, get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from occam.spec import Activation, RunSpec
from occam.training.cohort import Cohort
from occam.training.frames import Frame
from occam.training.live import LARGEST_LOSS, LiveRun
from occam.training.run import train

SMALL = RunSpec().replace(
    {
        "data.n_train": 40,
        "data.n_test": 30,
        "model.depth": 2,
        "model.width": 7,
        "training.max_steps": 12,
        "record_every": 5,
    }
)

VARIANTS: list[dict[str, Any]] = [
    {},
    {"training.param_penalty": 0.02},
    {"training.input_penalty": 0.05, "training.momentum": 0.8},
    {"training.param_penalty": 0.01, "training.input_penalty": 0.01, "training.weight_decay": 0.1},
    {"training.batch_size": 9, "training.momentum": 0.5},
    {"training.batch_size": 16, "training.sampling": "replacement", "training.input_penalty": 0.02},
    {"data.dataset": "sine", "model.activation": "sine"},
    {"data.dataset": "iris", "model.activation": "gelu", "training.param_penalty": 0.01},
    {"model.depth": 0, "training.input_penalty": 0.1},
    {"model.activation": "relu", "model.init": "he", "model.depth": 4, "model.width": 33},
]


def drive(cohort: Cohort, bursts: int | None = None) -> dict[LiveRun, list[Frame]]:
    """Record and advance until all runs ended, or for so many bursts."""
    frames: dict[LiveRun, list[Frame]] = {run: [] for run in cohort.runs}
    while bursts is None or bursts > 0:
        due = cohort.due()
        for run, frame in zip(due, cohort.record(due), strict=True):
            frames[run] += [] if frame is None else [frame]
        if all(run.ending is not None for run in cohort.runs):
            break
        cohort.advance()
        bursts = None if bursts is None else bursts - 1
    return frames


def assert_same(left: list[Frame], right: list[Frame]) -> None:
    """Bit for bit, nan equal to nan."""
    assert [frame.step for frame in left] == [frame.step for frame in right]
    for one, other in zip(left, right, strict=True):
        np.testing.assert_array_equal(one.params, other.params)
        np.testing.assert_array_equal(one.bounds, other.bounds)
        np.testing.assert_array_equal(one.values, other.values)
        np.testing.assert_array_equal(one.slopes, other.slopes)
        np.testing.assert_equal(one.metrics, other.metrics)


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_a_run_repeats_itself_bit_for_bit(variant: dict[str, Any]) -> None:
    spec = SMALL.replace(variant)
    assert_same(train(spec).frames, train(spec).frames)


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize("runs", [2, 5])
def test_a_cohort_equals_its_runs_alone(variant: dict[str, Any], runs: int) -> None:
    knobs = {"training.step_size": 0.05, "training.seed": 1, "model.seed": 1, "data.seed": 1}
    specs = [
        SMALL.replace(variant | {path: value * (member + 1) for path, value in knobs.items()}) for member in range(runs)
    ]
    cohort = Cohort([LiveRun(spec) for spec in specs])
    assert len({run.cohort_key for run in cohort.runs}) == 1
    for run, frames in drive(cohort).items():
        assert_same(frames, train(run.spec).frames)


@settings(max_examples=60)
@given(
    st.integers(1, 130),
    st.integers(1, 70),
    st.integers(0, 4),
    st.integers(2, 12),
    st.sampled_from(get_args(Activation)),
    st.sampled_from(["moons", "sine", "iris"]),
    st.sampled_from(["float32", "float64"]),
)
def test_no_shape_lets_a_stack_change_the_rounding(
    n: int, width: int, depth: int, runs: int, activation: str, dataset: str, dtype: Any
) -> None:
    """Vectorised kernels treat left-overs differently, so odd widths and sample counts are where it would show."""
    shape = {"data.dataset": dataset, "data.n_train": n, "model.width": width, "model.depth": depth}
    knobs = {"model.activation": activation, "training.param_penalty": 0.01, "training.input_penalty": 0.02}
    spec = SMALL.replace(shape | knobs | {"training.step_size": 0.01, "training.max_steps": 4, "record_every": 4})
    stacked = [LiveRun(spec.replace({"model.seed": seed}), dtype=dtype) for seed in range(runs)]
    alone = LiveRun(stacked[-1].spec, dtype=dtype)
    for cohort in (Cohort(stacked), Cohort([alone])):
        cohort.record(cohort.due())
        cohort.advance()
    assert torch.equal(stacked[-1].theta, alone.theta)


@settings(max_examples=12)
@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=3, max_size=8), st.sampled_from(VARIANTS[:6]))
def test_joining_and_leaving_changes_no_number(moves: list[tuple[int, bool]], variant: dict[str, Any]) -> None:
    """Members come and go at arbitrary steps, also between two record points."""
    runs = [LiveRun(SMALL.replace({"model.seed": seed, "training.seed": seed} | variant)) for seed in range(4)]
    frames: dict[LiveRun, list[Frame]] = {run: [] for run in runs}
    present = [runs[0]]
    for member, interrupted in moves:
        run = runs[member]
        present = [other for other in present if other is not run] if run in present else [*present, run]
        if not present:
            continue
        cohort = Cohort(present)
        due = cohort.due()
        for recorded, frame in zip(due, cohort.record(due), strict=True):
            frames[recorded] += [] if frame is None else [frame]
        cohort.advance(deadline=lambda stop=interrupted: stop)
    for run, found in drive(Cohort(runs)).items():
        assert_same(frames[run] + found, train(run.spec).frames)


def test_a_diverging_neighbour_leaves_the_others_alone() -> None:
    """The batch of the interrupted step is not drawn twice."""
    steps = [0.05, 1e2, 0.1]
    specs = [SMALL.replace({"data.dataset": "sine", "training.batch_size": 8, "training.step_size": s}) for s in steps]
    cohort = Cohort([LiveRun(spec) for spec in specs])
    found = drive(cohort)
    endings = [run.ending.status if run.ending else None for run in cohort.runs]
    assert endings == ["finished", "diverged", "finished"]
    for run in cohort.runs:
        assert_same(found[run], train(run.spec).frames)


def test_records_are_step_zero_every_nth_and_the_last() -> None:
    assert [frame.step for frame in train(SMALL).frames] == [0, 5, 10, 12]
    assert [frame.step for frame in train(SMALL.replace({"training.max_steps": 10})).frames] == [0, 5, 10]
    assert [frame.step for frame in train(SMALL.replace({"training.max_steps": 0})).frames] == [0]


def test_a_run_stops_at_the_first_step_whose_loss_is_low_enough() -> None:
    spec = SMALL.replace({"record_every": 1, "training.max_steps": 60})
    losses = [frame.metrics["train_loss"] for frame in train(spec).frames]
    wanted = losses[37] * (1 + 1e-6)
    first = next(step for step, loss in enumerate(losses) if loss <= wanted)
    run = train(spec.replace({"training.stop_loss": wanted, "record_every": 50}))
    assert run.ending is not None
    assert (run.ending.reason, run.ending.step) == ("stop_loss", first)
    assert run.frames[-1].step == first


def test_mini_batches_stop_at_a_record() -> None:
    spec = SMALL.replace({"training.batch_size": 8, "training.max_steps": 400, "training.stop_loss": 0.3})
    run = train(spec)
    assert run.ending is not None and run.ending.reason == "stop_loss"
    assert run.ending.step % spec.record_every == 0
    assert run.frames[-1].metrics["train_loss"] <= 0.3 < run.frames[-2].metrics["train_loss"]


def test_physical_time_counts_steps_by_their_size() -> None:
    run = train(SMALL.replace({"training.step_size": 0.1, "training.stop_time": 0.3}))
    assert run.ending is not None
    assert (run.ending.reason, run.ending.step) == ("stop_time", 3)


def test_divergence_keeps_the_last_finite_frame_and_says_where_and_why() -> None:
    run = train(SMALL.replace({"data.dataset": "sine", "training.step_size": 20.0, "training.max_steps": 200}))
    assert run.ending is not None
    assert run.ending.status == "diverged"
    assert run.ending.reason in {"loss_not_finite", "loss_too_large"}
    assert run.ending.stability == run.frames[-1].metrics["stability"] > 2
    assert run.frames[-1].step <= run.ending.step
    assert all(frame.metrics["train_loss"] <= LARGEST_LOSS for frame in run.frames)
    assert np.isfinite(run.frames[-1].params).all()


def test_a_run_that_starts_diverged_still_has_a_picture() -> None:
    spec = SMALL.replace({"data.dataset": "plane", "model.depth": 6, "model.gain": 10.0, "model.activation": "relu"})
    run = train(spec)
    assert run.ending is not None and run.ending.status == "diverged" and run.ending.step == 0
    assert len(run.frames) == 1


def test_reshuffled_batches_visit_every_sample_once_an_epoch() -> None:
    run = LiveRun(SMALL.replace({"training.batch_size": 8}))
    for _epoch in range(3):
        seen = []
        for _ in range(5):
            seen.append(run.batch())
            run.stepped()
        assert sorted(torch.cat(seen).tolist()) == list(range(40))


def test_an_incomplete_last_batch_is_left_out() -> None:
    run = LiveRun(SMALL.replace({"training.batch_size": 15}))
    batches = []
    for _ in range(4):
        batches.append(run.batch().tolist())
        run.stepped()
    assert len(set(batches[0] + batches[1])) == 30 and len(set(batches[2] + batches[3])) == 30
    assert {len(batch) for batch in batches} == {15}


def test_a_table_with_fewer_rows_shrinks_the_batch() -> None:
    run = train(SMALL.replace({"data.dataset": "iris", "data.n_train": 500, "training.batch_size": 400}))
    assert run.ending is not None and run.ending.status == "finished"


def test_both_precisions_start_from_the_same_weights_and_agree_for_a_while() -> None:
    single, double = train(SMALL), train(SMALL, dtype="float64")
    np.testing.assert_array_equal(single.frames[0].params, double.frames[0].params.astype(np.float32))
    assert double.frames[-1].params.dtype == np.float64
    losses = [run.frames[-1].metrics["train_loss"] for run in (single, double)]
    assert math.isclose(*losses, rel_tol=1e-4)


def test_no_global_random_state_is_touched() -> None:
    torch.manual_seed(5)
    np.random.seed(5)
    before = torch.get_rng_state().clone(), repr(np.random.get_state())
    train(SMALL.replace({"training.batch_size": 8, "data.dataset": "wine"}))
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == repr(np.random.get_state())
