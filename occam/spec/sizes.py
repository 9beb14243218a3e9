"""How large a run's network is, told from its spec alone."""

from __future__ import annotations

from itertools import pairwise

from occam.datasets import DATASETS
from occam.datasets.own_csv import MOST_CLASSES, MOST_FEATURES
from occam.spec.parts import RunSpec


def layer_sizes(spec: RunSpec) -> tuple[int, ...]:
    """(d, width, …, width, k); an own table is taken for the largest that is read."""
    dataset = DATASETS[spec.data.dataset]
    inputs = dataset.inputs or MOST_FEATURES
    outputs = MOST_CLASSES if dataset.classes is None else len(dataset.classes) if dataset.task == "multiclass" else 1
    return (inputs, *[spec.model.width] * spec.model.depth, outputs)


def weight_count(sizes: tuple[int, ...]) -> int:
    """Σ_l (d_in + 1)·d_out: weights and biases of a network of these layer sizes."""
    return sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(sizes))
