"""The glossary: complete, unambiguous, and exactly what a run records."""

from __future__ import annotations

import pytest

from occam.glossary import LAYER_BOUND_RATIO, METRICS, Metric
from occam.training.run import train
from tests.specs import tiny

ENTRIES = [*METRICS.values(), LAYER_BOUND_RATIO]


@pytest.mark.parametrize("metric", ENTRIES, ids=lambda metric: metric.name)
def test_every_metric_can_be_shown_and_explained(metric: Metric):
    assert metric.name.isidentifier() and metric.name.islower()
    assert metric.symbol and metric.label and metric.unit
    assert metric.definition.endswith(".")
    assert "arXiv" in metric.source or not metric.source


def test_no_two_metrics_share_a_name_a_label_or_a_symbol():
    assert all(name == metric.name for name, metric in METRICS.items())
    for kind in ("name", "label", "symbol"):
        shown = [getattr(metric, kind) for metric in ENTRIES]
        assert len(set(shown)) == len(shown)


def test_the_columns_scripts_depend_on():
    names = list(METRICS)
    assert names[0] == "step"
    stable = [
        "step", "train_loss", "test_loss", "train_error", "test_error", "batch_grad_sq", "mean_param_grad_sq",
        "geometric_complexity", "dirichlet_energy", "sharpness", "stability",
    ]  # fmt: skip
    assert [name for name in names if name in stable] == stable


@pytest.mark.parametrize("dataset", ["moons", "iris", "sine"])
def test_a_run_records_every_metric_and_no_other(dataset: str):
    for frame in train(tiny(data__dataset=dataset)).frames:
        assert set(frame.metrics) == set(METRICS)
        assert all(isinstance(value, float) for value in frame.metrics.values())
