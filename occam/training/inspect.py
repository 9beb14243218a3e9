"""Pictures on demand, computed from the parameters that a frame keeps."""

from __future__ import annotations

import numpy as np
import torch

from occam.datasets import Table, load
from occam.network.parameters import Layout
from occam.spec import RunSpec
from occam.theory.factors import measure_proof
from occam.theory.probe import Probe
from occam.theory.proof import Proof
from occam.training.frames import NORMS, QUANTILES, Frame, Header, Plane, Recording
from occam.training.live import LiveRun
from occam.training.measure import Ruler
from occam.training.plane import feature_plane, project


def _ruler(header: Header, table: Table | None) -> Ruler:
    dtype = torch.float32 if header.dtype == "float32" else torch.float64
    spec = header.spec
    return Ruler(load(spec.data, table), Layout(header.sizes), spec.model.activation, dtype)


def unit_maps(header: Header, params: np.ndarray, *, table: Table | None = None) -> list[np.ndarray]:
    """h of every hidden unit over the run's plane: an array (width, 64, 64), or (width, 256), per hidden layer."""
    ruler = _ruler(header, table)
    return ruler.unit_maps(ruler.layout.pack(torch.tensor(params))[None])


def plane_maps(
    header: Header, params: np.ndarray, axes: tuple[int, int], *, table: Table | None = None
) -> tuple[Plane, np.ndarray, np.ndarray | None, np.ndarray, np.ndarray, np.ndarray]:
    """The plane of two chosen features (0-based), values, winners and slopes on it as in a `Frame`, and the training
    and test samples projected onto it: plain arrays, so that a page can receive them without torch.

    Raises `ValueError` unless the two are different features of the data.
    """
    inputs = header.sizes[0]
    if len(set(axes)) != 2 or not all(0 <= axis < inputs for axis in axes):
        raise ValueError(f"axes: {list(axes)}; allowed: two different features from 0 to {inputs - 1}")
    ruler = _ruler(header, table)
    plane = feature_plane(ruler.samples, *axes)
    maps = ruler.maps(ruler.layout.pack(torch.tensor(params))[None], plane)
    train, test = project(plane, ruler.samples.x_train), project(plane, ruler.samples.x_test)
    return plane, maps.values, maps.winners, maps.slopes, train, test


def proof(header: Header, params: np.ndarray, *, of: int | None = None, table: Table | None = None) -> Proof:
    """Every norm of the layer bound's proof at the training samples, in float64; f is output `of`, None: the loss.

    Raises `ValueError` for an output that the network does not have.
    """
    spec = header.spec
    probe = Probe(header.sizes, spec.model.activation, header.task, params)
    return measure_proof(probe, *probe.samples(load(spec.data, table)), of)


def row_maps(spec: RunSpec, params: np.ndarray, *, step: int = 0, table: Table | None = None) -> Recording:
    """The run of `spec` as one frame at `step`, from weights that were kept without it: header and maps, to be drawn
    like a recorded frame.  Nothing is measured: `metrics` is empty and `bounds` is (0, 2, 6).

    Raises `ValueError` for weights of another network.
    """
    run = LiveRun(spec, table=table, device="cpu")
    if params.shape != (count := len(run.layout.order),):
        raise ValueError(f"weights: shape {list(params.shape)}; allowed: [{count}], all weights and biases in one row")
    maps = run.ruler.maps(run.layout.pack(torch.tensor(params, dtype=run.theta.dtype))[None])
    bounds = np.empty((0, len(NORMS), len(QUANTILES)), np.float32)
    return Recording(
        run.header, [Frame(step, {}, bounds, maps.values, maps.winners, maps.slopes, np.asarray(params, np.float32))]
    )
