"""Pictures on demand: equal to a naive pass, point by point, with autograd."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from occam.network.parameters import Layout
from occam.spec import RunSpec
from occam.training.frames import CURVE_POINTS, MAP_SIDE, Header, Plane
from occam.training.inspect import plane_maps, row_maps, unit_maps
from occam.training.run import Run, train
from tests.specs import tiny

FUNCTIONS = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "softplus": torch.nn.functional.softplus,
    "gelu": torch.nn.functional.gelu,
    "sine": torch.sin,
    "identity": lambda z: z,
}
SPECS = [
    tiny(model__depth=2, model__activation="sine"),
    tiny(data__dataset="sine", model__depth=3),
    tiny(data__dataset="iris", model__depth=1, model__activation="gelu"),
    tiny(data__dataset="wine", model__depth=2, model__activation="softplus"),
    tiny(data__dataset="breast_cancer", model__activation="relu", model__init="he"),
    tiny(data__dataset="moons", model__depth=0, model__activation="identity"),
]


def trained(spec: RunSpec) -> Run:
    return train(spec, dtype="float64")


def grid(plane: Plane) -> Tensor:
    """Centres of the cells of a plane, (64, 64, d) with v along the first axis, or (256, d)."""
    if len(plane.low) == 1:
        u = plane.low + (np.arange(CURVE_POINTS) + 0.5) / CURVE_POINTS * (plane.high - plane.low)
        return torch.from_numpy(plane.origin + u[:, None] * plane.axes[0])
    u, v = (
        low + (np.arange(MAP_SIDE) + 0.5) / MAP_SIDE * (high - low)
        for low, high in zip(plane.low, plane.high, strict=True)
    )
    return torch.from_numpy(plane.origin + u[None, :, None] * plane.axes[0] + v[:, None, None] * plane.axes[1])


def naive(header: Header, params: np.ndarray, x: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Outputs and hidden units, samples first."""
    arrays = {name: torch.from_numpy(array) for name, array in Layout(header.sizes).named(params).items()}
    hidden: list[Tensor] = []
    for layer in range(1, len(header.sizes)):
        z = x @ arrays[f"W{layer}"].T + arrays[f"b{layer}"]
        x = FUNCTIONS[header.spec.model.activation](z)
        hidden.append(x)
    return z, hidden[:-1]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.data.dataset)
def test_unit_maps(spec: RunSpec):
    run = trained(spec)
    params = run.frames[-1].params
    maps = unit_maps(run.header, params)
    _, hidden = naive(run.header, params, grid(run.header.plane))
    assert len(maps) == spec.model.depth
    for found, expected in zip(maps, hidden, strict=True):
        assert np.allclose(found, expected.movedim(-1, 0).numpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    "spec", [spec for spec in SPECS if spec.data.dataset != "sine"], ids=lambda spec: spec.data.dataset
)
def test_plane_maps(spec: RunSpec):
    run = trained(spec)
    samples, params = run.samples, run.frames[-1].params
    assert samples is not None
    plane, values, winners, slopes, on_train, on_test = plane_maps(run.header, params, axes=(1, 0))
    assert plane.labels == (samples.features[1], samples.features[0])
    assert np.allclose(on_train, samples.x_train[:, [1, 0]], atol=1e-5)
    assert np.allclose(on_test, samples.x_test[:, [1, 0]], atol=1e-5)
    x = grid(plane).requires_grad_()
    f, _ = naive(run.header, params, x)
    rows = [torch.autograd.grad(f[..., k].sum(), x, retain_graph=True)[0] for k in range(f.shape[-1])]
    assert np.allclose(slopes, torch.stack(rows).square().sum((0, -1)).numpy(), rtol=2e-3, atol=1e-6)
    f = f.detach()
    if f.shape[-1] == 1:
        assert winners is None
        assert np.allclose(values, f[..., 0].numpy(), rtol=2e-3, atol=1e-6)
    else:
        assert winners is not None
        assert np.array_equal(winners, f.argmax(-1).numpy())
        assert np.allclose(values, torch.softmax(f, -1).amax(-1).numpy(), rtol=2e-3)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.data.dataset)
def test_recorded_values_are_those_of_the_recorded_parameters(spec: RunSpec):
    run = trained(spec)
    for frame in run.frames:
        f = naive(run.header, frame.params, grid(run.header.plane))[0]
        shown = f[..., 0] if f.shape[-1] == 1 else torch.softmax(f, -1).amax(-1)
        assert frame.values.dtype == np.float16
        assert np.allclose(frame.values, shown.numpy(), rtol=2e-3, atol=1e-6)


@pytest.mark.parametrize("axes", [(0, 0), (0, 4), (-1, 2), (3, 3)])
def test_axes_must_be_two_features(axes: tuple[int, int]):
    run = train(tiny(data__dataset="iris", training__max_steps=0))
    with pytest.raises(ValueError, match="two different features from 0 to 3"):
        plane_maps(run.header, run.frames[0].params, axes)


def test_parameters_may_be_read_only():
    run = train(tiny())
    params = run.frames[0].params
    params.flags.writeable = False
    before = params.copy()
    assert unit_maps(run.header, params)[0].shape == (4, MAP_SIDE, MAP_SIDE)
    plane_maps(run.header, params, axes=(0, 1))
    assert np.array_equal(params, before)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.data.dataset)
def test_a_run_is_drawn_from_its_weights_alone_as_it_was_recorded(spec: RunSpec):
    run = train(spec)
    last = run.frames[-1]
    opened = row_maps(spec, last.params, step=last.step)
    (frame,) = opened.frames
    assert opened.header.spec == spec and frame.step == last.step and not frame.metrics
    np.testing.assert_array_equal(opened.header.train, run.header.train)
    for name in ("values", "winners", "slopes", "params"):
        np.testing.assert_array_equal(getattr(frame, name), getattr(last, name))


def test_weights_of_another_network_are_refused():
    with pytest.raises(ValueError, match=r"weights: shape \[3\]; allowed"):
        row_maps(tiny(), np.zeros(3))
