import json
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from occam.spec import RunSpec
from occam.studies.defaults import DEFAULTS
from occam.studies.kinds.runs import MOST_RUNS, Runs
from occam.studies.registry import STUDIES, function


@given(st.lists(st.integers(0, 100), max_size=3), st.lists(st.integers(0, 10**6), max_size=3))
def test_equal_specs_have_equal_digests_through_json(seeds, steps):
    runs = tuple(RunSpec().replace({"model.seed": seed}) for seed in seeds)
    spec = Runs(specs=runs, steps=tuple(steps))
    again = Runs.model_validate_json(spec.canonical_json())
    assert again == spec and again.digest == spec.digest
    assert json.loads(spec.canonical_json())["kind"] == "runs"
    assert Runs(specs=(*runs, RunSpec())).digest != Runs(specs=runs).digest
    assert list(spec.runs()) == list(runs)


def test_the_own_file_of_any_run_is_named():
    own = {"data.dataset": "csv", "data.csv_sha256": "0" * 64, "data.csv_target": "y"}
    assert Runs(specs=(RunSpec(),)).csv_sha256 is None
    assert Runs(specs=(RunSpec(), RunSpec().replace(own))).csv_sha256 == "0" * 64


def test_a_spec_is_strict_and_bounded():
    with pytest.raises(ValidationError):
        Runs(specs=(RunSpec(),) * (MOST_RUNS + 1))
    with pytest.raises(ValidationError):
        Runs.model_validate({"specs": (), "steps": (1.5,)})


@pytest.mark.parametrize("kind", STUDIES)
def test_every_kind_has_its_function(kind):
    module, _, name = STUDIES[kind].partition(":")
    assert callable(getattr(import_module(module), name))


def test_every_default_is_of_a_known_kind_and_listed_once():
    assert all(callable(function(spec)) for spec in DEFAULTS)
    assert len({spec.digest for spec in DEFAULTS}) == len(DEFAULTS)
