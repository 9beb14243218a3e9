"""The studies of the page on the step size, run to their ends on the smallest settings that show something."""

import dataclasses

import numpy as np
import pytest
import torch

from occam.datasets import load
from occam.spec import RunSpec
from occam.studies import step_size
from occam.studies.kinds.step_size import (
    ARMS,
    NETWORK,
    BatchOrders,
    BatchPoint,
    EdgeOfStability,
    ErrorOrders,
    LandscapeEnds,
    LandscapePaths,
    MomentumPoint,
    SwapTest,
    VarianceSplit,
)
from occam.studies.kinds.step_size_verdicts import EPOCH, FIXED_TIME, ONE_STEP, batch_fits, fits, orders
from occam.studies.registry import function
from occam.studies.spec import Progress
from occam.studies.study import results
from occam.theory.fields import NetworkField
from occam.training.run import train
from tests import oracles

TINY = NETWORK.replace({"data.n_train": 8, "data.n_test": 12, "model.depth": 1, "model.width": 3})


def test_paths_and_ends_agree_at_the_same_step_size() -> None:
    (path,) = results(LandscapePaths(step_size=0.02, time=1.0))
    ends = list(results(LandscapeEnds(time=1.0, least=path.stability, most=path.stability * 1.5, points=2)))
    assert ends[0].step_size == pytest.approx(0.02)
    assert ends[0].sharpness["descent"] == pytest.approx(path.end_sharpness["descent"], rel=1e-6)
    assert ends[0].sharpness["descent"] < ends[0].sharpness["gradient"]


def test_a_start_without_curvature_has_no_ends() -> None:
    assert list(results(LandscapeEnds(a=0.0, b=0.0, target=0.0))) == []


def test_orders_are_those_of_the_theory_and_are_streamed_with_pauses() -> None:  # T6, T7
    spec = ErrorOrders(run=TINY, halvings=3, steps=3)
    items = list(function(spec)(spec, None))
    points = [item for item in items if item is not None and not isinstance(item, Progress)]
    assert [point.step_size / points[-1].step_size for point in points] == pytest.approx([8, 4, 2, 1])
    assert items.count(None) > 20
    assert orders(fits(points, "one_step"), ONE_STEP).name == "orders.agree"
    assert orders(fits(points, "fixed_time"), FIXED_TIME).name == "orders.agree"


def test_mini_batches_split_and_momentum() -> None:  # T8, T9, T11
    found = list(results(BatchOrders(run=TINY.replace({"data.n_train": 9}), batches=2, halvings=3)))
    points = [item for item in found if isinstance(item, BatchPoint)]
    assert (points[0].reshuffle.sequences, points[0].replacement.sequences) == (2, 4)
    for sampling, expected in EPOCH.items():
        assert orders(batch_fits(points, sampling), expected, 0.2).name == "orders.agree", sampling
    splits = [item for item in found if isinstance(item, VarianceSplit)]
    assert [split.batch_size for split in splits] == [1, 2, 4, 8]
    assert splits[-1].measured == pytest.approx(splits[-1].expected, rel=1e-9)  # all eight that are used
    assert all(abs(split.measured - split.expected) <= 5 * split.deviation + 1e-12 for split in splits)
    for point in (item for item in found if isinstance(item, MomentumPoint)):
        assert point.measured == pytest.approx(point.expected, rel=0.1)


def test_a_flat_start_is_explained() -> None:
    dead = TINY.replace({"model.depth": 0, "data.dataset": "sine", "data.n_train": 1, "data.noise": 0.0})
    assert list(results(ErrorOrders(run=dead, halvings=1)))  # a bias alone has curvature
    sure = NetworkField((1, 1), "tanh", "binary", np.zeros((1, 1)), np.ones(1))
    with pytest.raises(ValueError, match="no curvature"):
        step_size._halvings(sure, np.array([0.0, 1000.0]), 0.1, 2)  # saturated: σ(1000)(1 − σ(1000)) = 0


def test_the_swap_test_trains_plain_runs_and_compares_them_at_equal_times() -> None:
    spec = SwapTest(run=TINY, large=0.4, ratio=4, steps=6, seeds=2)
    first, second = results(spec)
    assert first.times == pytest.approx(0.4 * np.arange(1, 7))
    assert (first.parameters[2] == 0).all() and (first.functions[2] == 0).all()
    assert first.header is not None and second.header is None
    assert len(first.frames) == len(ARMS) and not first.diverged
    large, small, swapped, control = (train(arm, dtype="float64") for arm in spec.arms(0))
    assert spec.arms(0)[1] == spec.arms(0)[3]
    assert swapped.header.spec.training.param_penalty == pytest.approx((0.4 - 0.1) / 4)
    ends = [run.frames[-1].params for run in (large, small, swapped, control)]
    assert first.parameters[0, -1] == pytest.approx(np.linalg.norm(ends[1] - ends[0]))
    assert first.parameters[1, -1] == pytest.approx(np.linalg.norm(ends[2] - ends[0]))
    assert (ends[1] == ends[3]).all()


def test_an_arm_that_diverges_leaves_no_distance() -> None:
    run = TINY.replace({"data.dataset": "sine", "model.activation": "relu", "model.gain": 5.0})
    (seed,) = results(SwapTest(run=run, large=10.0, ratio=2, steps=40, seeds=1))
    assert "large" in seed.diverged
    assert np.isnan(seed.parameters[0, -1])


@pytest.mark.parametrize("activation", ["tanh", "relu", "identity"])
def test_output_is_the_networks(activation: str) -> None:
    spec = TINY.replace({"model.activation": activation, "training.max_steps": 1})
    run = train(spec, dtype="float64")
    params, x = run.frames[-1].params, load(spec.data).x_test
    net = oracles.build(oracles.unflatten(params, run.header.sizes), activation)
    expected = net(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(step_size.output(run.header, params, x), expected, rtol=1e-12, atol=1e-14)


def test_the_edge_records_what_the_run_records() -> None:
    spec = TINY.replace({"training.max_steps": 7, "record_every": 3})
    points = list(results(EdgeOfStability(run=spec)))
    frames = train(spec, device="cpu").frames
    assert [point.step for point in points] == [0, 3, 6, 7]
    assert [point.sharpness for point in points] == [frame.metrics["sharpness"] for frame in frames]


def test_a_diverging_run_ends_the_edge_with_its_last_finite_record() -> None:
    wild = {"data.dataset": "sine", "training.step_size": 50.0, "training.max_steps": 200, "record_every": 1}
    points = list(results(EdgeOfStability(run=TINY.replace(wild))))
    assert 0 < len(points) < 201
    assert np.isfinite([point.loss for point in points]).all()


def test_specs_hold_no_torch_and_default_runs_are_allowed() -> None:
    for spec in (ErrorOrders(), BatchOrders(), SwapTest(), EdgeOfStability()):
        assert all(isinstance(run, RunSpec) for run in spec.runs())
    assert dataclasses.is_dataclass(BatchPoint)
