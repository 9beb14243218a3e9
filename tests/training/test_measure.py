from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from occam.datasets import Samples, load
from occam.glossary import METRICS
from occam.network.activations import ACTIVATIONS
from occam.network.parameters import Layout, initial_row
from occam.spec import DataSpec, RunSpec
from occam.theory.bound import layer_bound
from occam.training.frames import CURVE_POINTS, MAP_SIDE
from occam.training.live import LiveRun
from occam.training.measure import Ruler, bound_quantiles
from occam.training.plane import feature_plane
from occam.training.run import train
from tests import oracles
from tests.cases import Case, stack

SMALL = RunSpec().replace(
    {
        "data.n_train": 9,
        "data.n_test": 14,
        "model.depth": 2,
        "model.width": 4,
        "training.max_steps": 4,
        "record_every": 2,
    }
)
MEASURED: dict[str, dict[str, Any]] = {
    "curve": {"data.dataset": "sine", "model.activation": "gelu"},
    "surface": {"data.dataset": "multi_gauss", "model.activation": "sine", "training.momentum": 0.7},
    "linear": {"data.dataset": "plane", "model.depth": 0, "training.weight_decay": 0.1},
    "one sample": {"data.dataset": "polyline", "data.n_train": 1, "model.activation": "softplus"},
    "two classes": {"data.dataset": "moons", "training.param_penalty": 0.1, "training.input_penalty": 0.2},
    "batches": {"data.dataset": "xor", "training.batch_size": 4, "training.param_penalty": 0.1},
    "drawn batches": {
        "data.dataset": "circle",
        "training.batch_size": 3,
        "training.sampling": "replacement",
        "training.momentum": 0.5,
        "training.param_penalty": 0.1,
    },
    "dying units": {"data.dataset": "spiral", "model.activation": "relu", "model.width": 2, "model.depth": 5},
    "three classes": {"data.dataset": "iris", "data.n_train": 12, "training.input_penalty": 0.1},
    "ReLU, three classes": {"data.dataset": "wine", "model.activation": "relu", "model.init": "he"},
    "many inputs, one output": {"data.dataset": "breast_cancer", "data.n_train": 6, "model.depth": 1},
}


@pytest.mark.parametrize("changes", MEASURED.values(), ids=MEASURED.keys())
def test_every_metric_and_quantile_of_a_frame_equals_the_oracle(changes: dict[str, Any]):
    run = train(SMALL.replace(changes), dtype="float64")
    assert run.samples is not None and [frame.step for frame in run.frames] == [0, 2, 4]
    for frame in (run.frames[0], run.frames[-1]):
        exact, quantiles = oracles.metrics(frame.params, run.header.spec, run.samples, frame.step)
        assert frame.metrics.keys() == METRICS.keys()
        for name, value in exact.items():
            # Lanczos stops at a residual of 1e-4; the points of a float64 run's box are exact
            tolerance = 1e-3 if name in ("sharpness", "stability") else 1e-9
            assert frame.metrics[name] == pytest.approx(value, rel=tolerance, abs=1e-14, nan_ok=True), name
        np.testing.assert_allclose(frame.bounds, quantiles, rtol=1e-6)  # kept as float32
        live = LiveRun(run.header.spec, dtype="float64")
        theta = live.layout.pack(torch.tensor(frame.params))[None]
        np.testing.assert_allclose(bound_quantiles(live.ruler.metrics(theta)[1]), quantiles, rtol=1e-9, atol=1e-15)


def test_dead_units_are_counted():
    run = train(SMALL.replace(MEASURED["dying units"] | {"model.seed": 2}))
    counts = run.frames[0].bounds[:, :, 5]
    assert counts.max() > 0 and np.array_equal(counts[:, 0], counts[:, 1])


def test_a_run_in_float32_is_measured_as_if_its_weights_were_exact():
    run = train(SMALL.replace({"data.dataset": "iris"}), dtype="float32")
    assert run.samples is not None
    frame = run.frames[-1]
    exact, _ = oracles.metrics(frame.params, run.header.spec, run.samples, frame.step)
    assert frame.params.dtype == np.float32
    for name in ("train_loss", "test_loss", "batch_grad_sq", "mean_param_grad_sq", "bound_ratio_max"):
        assert frame.metrics[name] == pytest.approx(exact[name], rel=1e-9)
    assert frame.metrics["dirichlet_energy"] == pytest.approx(exact["dirichlet_energy"], rel=1e-4)


@settings(max_examples=20)
@given(
    activation=st.sampled_from(sorted(ACTIVATIONS)),
    depth=st.integers(0, 8),
    gain=st.floats(0.5, 2.5),
    dataset=st.sampled_from(["moons", "sine", "iris"]),
    step_size=st.floats(0.01, 3.0),
    seed=st.integers(0, 1000),
)
def test_t1_the_bound_holds_at_every_record(activation, depth, gain, dataset, step_size, seed):
    knobs = {"activation": activation, "depth": depth, "gain": gain, "seed": seed}
    changes = {f"model.{name}": value for name, value in knobs.items()}
    run = train(SMALL.replace(changes | {"data.dataset": dataset, "training.step_size": step_size}))
    for frame in run.frames:
        ratios = frame.bounds[:, :, :5]
        assert np.all(np.isnan(ratios) | (ratios <= 1 + 1e-4))
        assert np.all(np.isnan(ratios[:, 0, 4]) | (ratios[:, 1, 4] <= ratios[:, 0, 4] * (1 + 1e-6)))
        largest = frame.metrics["bound_ratio_max"]
        assert np.isnan(largest) or 0 <= largest <= 1 + 1e-9


def ruler_for(dataset: str, depth: int = 2) -> tuple[Ruler, torch.Tensor, Samples, RunSpec]:
    spec = SMALL.replace({"data.dataset": dataset, "model.depth": depth, "data.n_train": 20})
    live = LiveRun(spec, dtype="float64")
    return live.ruler, live.theta, live.samples, spec


def network(spec: RunSpec, ruler: Ruler, theta: torch.Tensor):
    params = theta[0, ruler.layout.order].numpy()
    return oracles.build(oracles.unflatten(params, ruler.layout.sizes), spec.model.activation)


def centres(low: float, high: float, cells: int) -> np.ndarray:
    return low + (np.arange(cells) + 0.5) * (high - low) / cells


@pytest.mark.parametrize(("dataset", "chosen"), [("sine", False), ("moons", False), ("iris", False), ("iris", True)])
def test_maps_show_the_network_on_the_plane(dataset: str, chosen: bool):
    ruler, theta, samples, spec = ruler_for(dataset)
    plane = feature_plane(samples, 2, 0) if chosen else ruler.plane
    maps = ruler.maps(theta, plane if chosen else None)
    if len(plane.low) == 1:
        points = plane.origin + centres(plane.low[0], plane.high[0], CURVE_POINTS)[:, None] * plane.axes[0]
        shape: tuple[int, ...] = (CURVE_POINTS,)
    else:
        u, v = (centres(low, high, MAP_SIDE) for low, high in zip(plane.low, plane.high, strict=True))
        points = np.array([plane.origin + a * plane.axes[0] + b * plane.axes[1] for b in v for a in u])
        shape = (MAP_SIDE, MAP_SIDE)
    net = network(spec, ruler, theta)
    f = net(torch.tensor(points)).detach()
    values = torch.softmax(f, 1).amax(1) if f.shape[1] > 1 else f[:, 0]
    slopes = oracles.output_slopes(net, torch.tensor(points))
    np.testing.assert_allclose(maps.values, values.reshape(shape).numpy(), rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(maps.slopes, slopes.reshape(shape), rtol=1e-3, atol=1e-6)
    assert maps.mean_slope == pytest.approx(slopes.mean(), rel=1e-10)
    if f.shape[1] > 1:
        assert maps.winners is not None and np.array_equal(maps.winners, f.argmax(1).reshape(shape).numpy())
    else:
        assert maps.winners is None


def test_t14_energy_of_a_linear_net_is_half_its_squared_norm():
    for dataset in ("sine", "moons", "iris"):
        ruler, theta, _, _ = ruler_for(dataset, depth=0)
        squared = float(ruler.layout.views(theta).weights[0].square().sum())
        assert ruler.dirichlet_energy(theta, ruler.maps(theta)) == pytest.approx(squared / 2, rel=1e-12)
        assert ruler.metrics(theta)[0]["geometric_complexity"] == pytest.approx(squared, rel=1e-12)


def test_t5_rescaling_keeps_the_function_and_changes_what_depends_on_the_weights():
    samples = load(DataSpec(dataset="moons", n_train=20, n_test=10))
    spec = SMALL.replace({"model.activation": "relu", "model.init": "he"})
    layout = Layout((2, 4, 4, 1))
    ruler = Ruler(samples, layout, "relu", torch.float64)
    theta = initial_row(spec.model, layout, torch.float64)[None]
    rescaled = theta.clone()
    views = layout.views(rescaled)
    views.matrices[0].mul_(8.0)  # a power of two: exact
    views.weights[1].div_(8.0)
    before, bound_before = ruler.metrics(theta)
    after, bound_after = ruler.metrics(rescaled)
    for name in ("train_loss", "test_loss", "geometric_complexity", "loss_input_grad_sq"):
        assert after[name] == before[name]
    assert ruler.dirichlet_energy(rescaled, ruler.maps(rescaled)) == ruler.dirichlet_energy(theta, ruler.maps(theta))
    for name in ("sharpness", "batch_grad_sq", "mean_param_grad_sq"):
        assert abs(after[name] / before[name] - 1) > 0.1
    assert float(bound_after.layer_grad_sq.sum()) != float(bound_before.layer_grad_sq.sum())
    assert 0 < after["bound_ratio_max"] <= 1 + 1e-9


def test_quantiles_leave_degenerate_samples_out():
    case = Case((1, 1, 1), "relu", "regression", 1, 4, 0)
    net_stack = stack(case, matrices=[[np.array([[1.0, 0.0]]), np.array([[2.0, 1.0]])]])
    net_stack.passes.forward(torch.tensor([[[1.0, -1.0, 2.0, -3.0]]], dtype=torch.float64))
    net_stack.passes.backward(torch.ones(1, 1, 4, dtype=torch.float64))
    quantiles = bound_quantiles(layer_bound(net_stack.passes, net_stack.weights))
    assert quantiles.tolist() == [[[1.0] * 5 + [2.0]] * 2] * 2


def test_weights_that_are_not_finite_are_measured_as_nan_without_a_fault():
    """The record of a run whose last step blew up is asked for before its loss is looked at."""
    ruler, theta, _, _ = ruler_for("iris")
    theta = theta.clone()
    ruler.layout.views(theta).matrices[1][0, 0, 0] = torch.nan
    found, bound = ruler.metrics(theta)
    assert np.isnan([found["train_loss"], found["sharpness"], found["bound_ratio_max"]]).all()
    assert np.isnan(bound_quantiles(bound)[1:, :, :5]).all()
    ruler.maps(theta)


def test_a_layer_without_bias_is_measured_without_it():
    ruler, theta, samples, spec = ruler_for("iris")
    free = Ruler(samples, ruler.layout, spec.model.activation, torch.float64, torch.tensor([1.0, 0.0, 1.0]))
    found, _ = free.metrics(theta)
    net = network(spec, ruler, theta)
    x, y = torch.tensor(samples.x_train), torch.tensor(samples.y_train, dtype=torch.float64)
    per_sample = oracles.sample_gradients(net, "multiclass", x, y)
    names = [name for name, parameter in net.named_parameters() for _ in range(parameter.numel())]
    keep = np.array([name != "2.bias" for name in names])
    assert found["mean_param_grad_sq"] == pytest.approx(np.sum(per_sample[:, keep] ** 2) / len(x), rel=1e-10)
    assert found["batch_grad_sq"] == pytest.approx(np.sum(per_sample[:, keep].mean(0) ** 2), rel=1e-10)
    H = oracles.hessian(net, "multiclass", x, y)[keep][:, keep]
    assert found["sharpness"] == pytest.approx(np.linalg.eigvalsh(H)[-1], rel=1e-4)
