"""The plane that maps of a run are drawn on."""

from __future__ import annotations

import numpy as np

from occam.datasets import Samples
from occam.training.frames import Plane

MARGIN = 0.08  # of the data's range, left free around projected points


def domain_plane(samples: Samples) -> Plane:
    """The domain box itself for one or two inputs; beyond, the plane of the first two principal components."""
    inputs = samples.x_train.shape[1]
    if inputs <= 2:
        return Plane(samples.low, samples.high, samples.features, np.zeros(inputs), np.eye(inputs))
    centre = samples.x_train.mean(axis=0)
    centred = samples.x_train - centre
    directions = np.linalg.eigh(centred.T @ centred)[1][:, :-3:-1].T
    # An eigenvector's sign is arbitrary: its largest entry is made positive.
    largest = directions[np.arange(2), np.abs(directions).argmax(axis=1)]
    directions = directions * np.sign(largest)[:, None]
    return _plane_through(samples, centre, directions, ("Principal component 1", "Principal component 2"))


def feature_plane(samples: Samples, first: int, second: int) -> Plane:
    """The plane of two chosen features through the mean of the training samples."""
    axes = np.eye(samples.x_train.shape[1])[[first, second]]
    centre = samples.x_train.mean(axis=0) * (1 - axes.sum(axis=0))
    return _plane_through(samples, centre, axes, (samples.features[first], samples.features[second]))


def _plane_through(samples: Samples, origin: np.ndarray, axes: np.ndarray, labels: tuple[str, str]) -> Plane:
    points = np.concatenate([samples.x_train, samples.x_test]) - origin
    shadow = points @ axes.T
    low, high = shadow.min(axis=0), shadow.max(axis=0)
    margin = np.maximum(MARGIN * (high - low), 1e-3)
    return Plane(low - margin, high + margin, labels, origin, axes)


def project(plane: Plane, x: np.ndarray) -> np.ndarray:
    """Coordinates (n, m) on the plane of samples (n, d)."""
    return ((x - plane.origin) @ plane.axes.T).astype(np.float32)


def points_on(plane: Plane, first: np.ndarray, second: np.ndarray | None = None) -> np.ndarray:
    """Inputs (d, count) of a curve's points, or of the grid second × first, row by row from low v to high v."""
    if second is None:
        return plane.origin[:, None] + plane.axes.T @ first[None]
    u, v = np.meshgrid(first, second)
    return plane.origin[:, None] + plane.axes.T @ np.stack([u.ravel(), v.ravel()])
