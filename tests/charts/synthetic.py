"""Recordings made up for chart tests: no training, any task, any number of inputs."""

import dataclasses
from typing import Any

import numpy as np

from occam.datasets import Task
from occam.glossary import METRICS
from occam.spec import RunSpec
from occam.training.frames import CURVE_POINTS, MAP_SIDE, Frame, Header, Plane

CASES: dict[str, dict[str, Any]] = {
    "binary": {},
    "curve of two classes": {"inputs": 1},
    "regression": {"task": "regression"},
    "curve": {"task": "regression", "inputs": 1},
    "three classes": {"task": "multiclass", "classes": 3, "inputs": 4},
    "digits": {"task": "multiclass", "classes": 10, "inputs": 64, "layers": 9},
    "curve of three classes": {"task": "multiclass", "classes": 3, "inputs": 1},
    "one sample": {"n": 1, "m": 1},
}


def header(task: Task = "binary", inputs=2, classes=2, n=40, m=700, layers=4):
    """A header whose samples fill the plane; targets and classes follow the first coordinate."""
    axes = min(inputs, 2)
    rng = np.random.default_rng(7)
    train, test = rng.uniform(-2, 2, (n, axes)), rng.uniform(-2, 2, (m, axes))
    if task == "regression":
        names, label = (), lambda x: np.sin(2 * x[:, 0])
    else:
        names, label = tuple(f"kind {c}" for c in range(classes)), lambda x: np.floor((x[:, 0] + 2) / 4.001 * classes)
    return Header(
        spec=RunSpec(),
        task=task,
        sizes=(inputs, *[8] * (layers - 1), classes if classes > 2 else 1),
        classes=names,
        plane=Plane(
            np.full(axes, -2.0), np.full(axes, 2.5), ("u", "v")[:axes], np.zeros(inputs), np.eye(inputs)[:axes]
        ),
        train=train.astype(np.float32),
        y_train=label(train).astype(np.float32),
        test=test.astype(np.float32),
        y_test=label(test).astype(np.float32),
        device="CPU",
        dtype="float32",
    )


def frames(head, count=5):
    """`count` frames, 20 steps apart, every metric falling from 1 but `stability`, which rises to 2.5."""
    return [_frame(head, i, i / max(count - 1, 1)) for i in range(count)]


def _frame(head, i, t):
    curve = len(head.plane.low) == 1
    u = np.linspace(head.plane.low[0], head.plane.high[0], CURVE_POINTS if curve else MAP_SIDE)
    v = np.zeros(1) if curve else np.linspace(head.plane.low[1], head.plane.high[1], MAP_SIDE)
    x, y = np.broadcast_to(u, (len(v), len(u))), np.broadcast_to(v[:, None], (len(v), len(u)))
    shape = (len(u),) if curve else x.shape
    values, winners = ((1 + 4 * t) * (x + 0.3 * y - 0.1)).reshape(shape), None
    if head.task == "multiclass":
        scores = np.stack([(1 + 4 * t) * np.cos(x - c) + 0.2 * y * c for c in range(len(head.classes))])
        chances = np.exp(scores) / np.exp(scores).sum(axis=0)
        values, winners = chances.max(axis=0).reshape(shape), chances.argmax(axis=0).astype(np.uint8).reshape(shape)
    metrics = {name: float(np.exp(-3 * t)) for name in METRICS} | {"step": 20.0 * i, "stability": 0.5 + 2 * t}
    if head.task == "regression":
        metrics |= {"train_error": float("nan"), "test_error": float("nan")}
    bounds = np.zeros((len(head.sizes) - 1, 2, 6), np.float32)
    bounds[..., :5] = [0.001, 0.01, 0.03, 0.1, 0.6]
    bounds[:, 1, :5] /= 3
    bounds[0, :, 5] = 3
    slopes = ((1 + 4 * t) ** 2 * (1 + np.abs(x))).reshape(shape)
    return Frame(
        20 * i, metrics, bounds, values.astype(np.float16), winners, slopes.astype(np.float16), np.zeros(3, np.float32)
    )


def undefined(frame):
    """The frame with nothing finite in it, as after divergence."""
    bounds = np.full_like(frame.bounds, np.nan)
    bounds[..., 5] = 40
    return dataclasses.replace(
        frame,
        metrics=dict.fromkeys(frame.metrics, float("nan")),
        bounds=bounds,
        values=np.full_like(frame.values, np.nan),
        slopes=np.full_like(frame.slopes, np.inf),
    )
