"""Which function computes which kind of study: one entry a kind, imported where it is computed and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from occam.datasets import Table
from occam.studies.spec import StudySpec

# (spec, table of the own file) → results, `Progress`, and None for "others may work now": at most 30 ms between two.
Study = Callable[[Any, Table | None], Iterator[Any]]

# kind → "module:function"
STUDIES: dict[str, str] = {
    "input_four_arms": "occam.studies.input_penalty:four_arms",
    "input_first_order": "occam.studies.input_penalty:first_order",
    "input_robustness": "occam.studies.input_penalty:robustness",
    "input_penalty_angles": "occam.studies.input_penalty:penalty_angles",
    "input_paired_seeds": "occam.studies.input_penalty:paired_seeds",
    "lesson": "occam.studies.lesson:lesson",
    "layer_proof": "occam.studies.layer_bound:layer_proof",
    "runs": "occam.studies.runs:runs",
    "imported_model": "occam.studies.imported_model:imported_model",
    "curve_arms": "occam.studies.one_dimension:curve_arms",
    "linear_control": "occam.studies.one_dimension:linear_control",
    "stable_ends": "occam.studies.one_dimension:stable_ends",
    "landscape_paths": "occam.studies.step_size:landscape_paths",
    "landscape_ends": "occam.studies.step_size:landscape_ends",
    "error_orders": "occam.studies.step_size:error_orders",
    "batch_orders": "occam.studies.step_size:batch_orders",
    "swap_test": "occam.studies.step_size:swap_test",
    "sweep": "occam.sweeps.in_app:sweep",
    "sweep_correlation": "occam.sweeps.in_app_statistics:correlation",
    "sweep_paired": "occam.sweeps.in_app_statistics:paired",
    "edge_of_stability": "occam.studies.step_size:edge_of_stability",
}


def function(spec: StudySpec) -> Study:
    """The function that computes this spec; loads its module, and with it torch and SciPy."""
    module, _, name = STUDIES[spec.kind].partition(":")
    return getattr(import_module(module), name)
