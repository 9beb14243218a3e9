"""Specs: one declaration a field, one text a spec, every fault in a line."""

from __future__ import annotations

import json
import math
import pickle
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from occam.datasets import DATASETS
from occam.spec import KNOBS, MOST_BYTES, MOST_RECORDS, ModelSpec, RunSpec, SpecFault, faults, read_spec
from occam.studies.kinds.one_dimension import CurveArms
from occam.sweeps.spec import SweepSpec
from tests.specs import specs, tiny

OBJECT = "allowed: an object with the fields of the schema"
FULL = json.loads(RunSpec().model_dump_json())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def lines(content: str | bytes) -> list[str]:
    """The sentences with which a text is refused."""
    with pytest.raises(SpecFault) as caught:
        read_spec(content.encode() if isinstance(content, str) else content)
    assert str(caught.value) == "\n".join(caught.value.lines)
    return list(caught.value.lines)


def test_the_defaults_are_those_of_the_design():
    assert FULL == {
        "data": {
            "dataset": "moons", "n_train": 200, "n_test": 1000, "noise": 0.2, "seed": 0,
            "csv_sha256": None, "csv_target": None, "moved": None,
        },
        "model": {"depth": 3, "width": 16, "activation": "tanh", "init": "glorot", "gain": 1.0, "seed": 0},
        "training": {
            "step_size": 0.1, "batch_size": None, "sampling": "reshuffle", "momentum": 0.0, "param_penalty": 0.0,
            "input_penalty": 0.0, "perturbation": "none", "perturbation_size": 0.0, "weight_decay": 0.0,
            "max_steps": 2000, "stop_loss": None, "stop_time": None, "seed": 0,
        },
        "record_every": 20,
    }  # fmt: skip
    assert read_spec(b"{}") == RunSpec()


@given(specs())
def test_json_round_trip(spec: RunSpec):
    for text in (spec.canonical_json(), spec.model_dump_json(), json.dumps(spec.model_dump(mode="json"), indent=2)):
        back = read_spec(text.encode())
        assert (back, back.digest, hash(back)) == (spec, spec.digest, hash(spec))
        assert back.canonical_json() == spec.canonical_json()
    assert pickle.loads(pickle.dumps(spec)) == spec


# A change of these is a change of SCHEMA_VERSION: links, stores and recordings carry them.
@pytest.mark.parametrize(
    ("changes", "digest"),
    [
        ({}, "a2f915beac6d0c29"),
        ({"training.step_size": 1 / 3, "training.batch_size": 7, "data.dataset": "sine"}, "327eb8fe7aa8d328"),
        ({"data.dataset": "csv", "data.csv_sha256": "0" * 64, "data.csv_target": "Größe"}, "fc005a5840636c3f"),
    ],
)
def test_digests_stay_as_they_are(changes: dict[str, Any], digest: str):
    assert RunSpec().replace(changes).digest == digest


def test_a_later_field_leaves_the_text_of_every_spec_without_it():
    sine = RunSpec().replace({"data.dataset": "sine"})
    moved = sine.replace({"data.moved": "3:0.5:1"})
    assert [path for path in KNOBS if KNOBS[path].since > 1] == ["data.moved"]
    for spec, there in ((sine, False), (moved, True)):
        assert ("moved" in json.loads(spec.canonical_json())["data"]) == there
        study, sweep = CurveArms(run=spec), SweepSpec(base=spec, vary={"model.seed": (0, 1)})
        for whole in (study, sweep):
            assert ("moved" in whole.canonical_json()) == there
    assert moved.digest != sine.digest and "moved" in json.loads(sine.model_dump_json())["data"]


def test_moves_go_with_their_samples():
    moved = RunSpec().replace({"data.dataset": "sine", "data.moved": "30:0.25:-0.4,3:-1.5:2"})
    assert moved.data.moved == "3:-1.5:2,30:0.25:-0.4"
    assert moved.replace({"model.width": 3, "data.seed": 9}).data.moved == moved.data.moved
    assert moved.replace({"data.n_train": 30}).data.moved == "3:-1.5:2"
    assert moved.replace({"data.n_train": 3}).data.moved is None
    assert moved.replace({"data.dataset": "chebyshev"}).data.moved is None
    with pytest.raises(ValidationError):
        moved.replace({"data.dataset": "chebyshev", "data.moved": moved.data.moved})
    sweep = SweepSpec(base=moved, vary={"data.n_train": (10, 100), "data.dataset": ("sine", "moons")})
    assert {spec.data.moved for spec in sweep.specs()} == {"3:-1.5:2", moved.data.moved, None}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"data": {"noise": -0.0}}', '{"data": {"noise": 0.0}}'),
        ('{"training": {"step_size": 1}}', '{"training": {"step_size": 1.0}}'),
        ('{"training": {"stop_loss": -0.0, "momentum": 0}}', '{"training": {"momentum": 0e9, "stop_loss": 0}}'),
    ],
)
def test_equal_specs_hash_alike(one: str, other: str):
    a, b = read_spec(one.encode()), read_spec(other.encode())
    assert a == b and hash(a) == hash(b) and a.digest == b.digest


@given(specs(), specs())
def test_digests_tell_specs_apart(one: RunSpec, other: RunSpec):
    assert (one == other) == (one.digest == other.digest)


def test_specs_are_frozen_and_replaced_knob_by_knob():
    spec = tiny(training__step_size=0.25)
    assert (spec.value("training.step_size"), spec.value("record_every"), spec.model.width) == (0.25, 4, 4)
    assert spec.replace({"training.step_size": 0.1}).replace({"training.step_size": 0.25}) == spec
    with pytest.raises(ValidationError):
        spec.record_every = 3  # type: ignore[misc]  that it may not is what is tested
    for path in ("training.stepsize", "data.depth", "digest"):
        with pytest.raises(KeyError):
            spec.replace({path: 1})


@pytest.mark.parametrize("path", KNOBS)
def test_every_knob_can_be_shown(path: str):
    knob = KNOBS[path]
    assert knob.label and knob.help.endswith(".") and knob.allowed
    assert knob.default == RunSpec().value(path)
    assert (knob.kind is str) == bool(knob.choices or knob.text)
    assert sum(other.query == knob.query for other in KNOBS.values()) == 1


def test_the_schema_describes_every_knob():
    schema = RunSpec.model_json_schema()
    for path, knob in KNOBS.items():
        part, _, name = path.rpartition(".")
        owner = (
            schema["$defs"][{"data": "DataSpec", "model": "ModelSpec", "training": "TrainingSpec"}[part]]
            if part
            else schema
        )
        entry = owner["properties"][name]
        assert (entry["title"], entry["label"], entry["symbol"]) == (knob.label, knob.label, knob.symbol)
        assert (entry["description"], entry["default"]) == (knob.help, knob.default)
        allowed = next((option for option in entry.get("anyOf", ()) if option != {"type": "null"}), entry)
        ends = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
        assert tuple(allowed.get(end) for end in ends) == (knob.ge, knob.gt, knob.le, knob.lt)
        assert tuple(allowed.get("enum", ())) == knob.choices
        assert owner["additionalProperties"] is False
    assert KNOBS["data.dataset"].choices == tuple(DATASETS)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"data": {"dataset": "mons"}}', f'data.dataset: "mons"; allowed: one of {", ".join(DATASETS)}'),
        ('{"data": {"noise": 3}}', "data.noise: 3; allowed: a number at least 0 and at most 2"),
        ('{"data": {"seed": -1}}', "data.seed: -1; allowed: a whole number at least 0 and at most 2147483647"),
        ('{"model": {"depth": 2.0}}', "model.depth: 2.0; allowed: a whole number at least 0 and at most 8"),
        ('{"model": {"depth": true}}', "model.depth: true; allowed: a whole number at least 0 and at most 8"),
        ('{"model": {"gain": 0}}', "model.gain: 0; allowed: a number above 0 and at most 10"),
        ('{"training": {"momentum": 1}}', "training.momentum: 1; allowed: a number at least 0 and below 1"),
        (
            '{"training": {"step_size": 1e999}}',
            "training.step_size: Infinity; allowed: a number above 0 and at most 100",
        ),
        ('{"training": {"step_size": null}}', "training.step_size: null; allowed: a number above 0 and at most 100"),
        ('{"training": {"sampling": []}}', "training.sampling: […]; allowed: one of reshuffle, replacement"),
        ('{"training": {"stop_time": {}}}', "training.stop_time: {…}; allowed: " + KNOBS["training.stop_time"].allowed),
        (
            '{"data": {"dataset": "sine", "moved": "3:0:11"}}',
            f'data.moved: "3:0:11"; allowed: {KNOBS["data.moved"].allowed}',
        ),
        (
            '{"data": {"moved": "3:0:1"}}',
            'data.moved: "3:0:1"; allowed: none unless dataset is a curve over one input',
        ),
        (
            '{"data": {"dataset": "sine", "n_train": 3, "moved": "3:0:1"}}',
            'data.moved: "3:0:1"; allowed: indices below n_train = 3',
        ),
        (
            '{"data": {"dataset": "step", "moved": "3:-1.1:1"}}',
            """data.moved: "3:-1.1:1"; allowed: x at least -1 and at most 1 with dataset 'step'""",
        ),
        (
            '{"model": {"layers.n": 3}}',
            "model.layers.n: 3; allowed: no such field, only depth, width, activation, init, gain, seed",
        ),
        ('{"seed": {}}', "seed: {…}; allowed: no such field, only data, model, training, record_every"),
        ('{"model": 3}', f"model: 3; {OBJECT}"),
        ("[]", f"spec: […]; {OBJECT}"),
        ('{"training": {"batch_size": 300}}', "training.batch_size: 300; allowed: at most data.n_train = 200"),
        ('{"data": {"csv_target": "a\\nb"}}', r"""data.csv_target: "a\nb"; allowed: null unless dataset is 'csv'"""),
        (
            '{"data": {"dataset": "csv", "csv_target": "y", "csv_sha256": "F00"}}',
            'data.csv_sha256: "F00"; allowed: 64 lower-case hexadecimal digits, the SHA-256 of the file or none',
        ),
        (
            '{"training": {"max_steps": 100000}, "record_every": 1}',
            "record_every: 1; allowed: at least 10 for 100000 steps (at most 10000 records a run)",
        ),
        ('{"model": {"depth": 1, "depth": 2}}', "depth: given twice in one object; allowed: once"),
        ('{"data": {"noise": NaN}}', f"spec: not valid JSON (NaN is no number); {OBJECT}"),
        (
            '{"data":\n {"noise" 1}}',
            f"spec: not valid JSON (Expecting ':' delimiter, line 2 column 11); {OBJECT}",
        ),
        ("", f"spec: not valid JSON (Expecting value, line 1 column 1); {OBJECT}"),
        (b'{"data": \xff}', f"spec: not UTF-8 text (byte 10); {OBJECT}"),
        ("[" * 100_000, f"spec: nested too deeply; {OBJECT}"),
        ("9" * 5000, f"spec: not readable JSON (a number is too long); {OBJECT}"),
        (" " * (MOST_BYTES + 1), f"spec: {MOST_BYTES + 1} bytes; allowed: at most {MOST_BYTES}"),
    ],
)  # fmt: skip
def test_a_fault_names_field_value_and_range(text: str | bytes, line: str):
    assert lines(text) == [line]


def test_every_fault_has_its_line():
    text = json.dumps({"data": {"n_train": 0, "dataset": 1}, "model": None, "training": {"lr": 1}, "record_every": 0})
    assert [line.partition(":")[0] for line in lines(text)] == [
        "data.dataset", "data.n_train", "model", "training.lr", "record_every",
    ]  # fmt: skip
    together = '{"training": {"batch_size": 201, "max_steps": 1000000}, "data": {"n_train": 200}}'
    assert [line.partition(":")[0] for line in lines(together)] == ["training.batch_size", "record_every"]
    assert [line.partition(":")[0] for line in lines('{"data": {"dataset": "csv"}}')] == [
        "data.csv_sha256", "data.csv_target",
    ]  # fmt: skip


@given(JSON, st.sampled_from(["", "data", *KNOBS]))
@example({"\n\u2028": 1}, "model.depth")
@example({"x" * 1000: "\ud800" * 1000}, "data")
@example("\ud800", "data.csv_target")
@example(10**400, "training.step_size")
def test_whatever_is_refused_is_refused_in_single_lines(value: Any, path: str):
    tree: Any = {}
    *parents, leaf = path.split(".")
    branch = tree
    for parent in parents:
        branch = branch.setdefault(parent, {})
    branch[leaf] = value
    try:
        read_spec(json.dumps(tree if path else value).encode())
    except SpecFault as fault:
        for line in fault.lines:
            assert len(line.splitlines()) == 1 and "allowed: " in line and len(line) < 400


def test_long_names_are_cut():
    assert lines(json.dumps({"x" * 100: "y" * 100}))[0].startswith(f'{"x" * 59}…: "{"y" * 58}…; allowed: ')


def test_faults_of_a_part_alone():
    with pytest.raises(ValidationError) as caught:
        ModelSpec.model_validate({"depth": 9, "width": 0})
    assert len(faults(caught.value)) == 2


@pytest.mark.parametrize(
    ("step_size", "stop_time", "max_steps", "last"),
    [
        (0.1, None, 50, 50),
        (0.1, 0.3, 50, 3),
        (0.3, 2.1, 50, 7),  # the quotient rounds to 7.0000…1
        (0.1, 0.31, 50, 4),
        (0.1, 5.0, 50, 50),
        (0.1, 500.0, 50, 50),
        (100.0, 1e-300, 50, 1),
        (2.0, 5e-324, 50, 1),  # the quotient is 0
        (5e-324, 1e6, 50, 50),  # the quotient is infinite
        (0.1, 1.0, 0, 0),
    ],
)
def test_last_step(step_size: float, stop_time: float | None, max_steps: int, last: int):
    changes = {"training.step_size": step_size, "training.stop_time": stop_time, "training.max_steps": max_steps}
    assert RunSpec().replace(changes).training.last_step == last


@given(specs())
def test_a_run_ends_at_its_first_limit_and_fits_into_memory(spec: RunSpec):
    training = spec.training
    assert 0 <= training.last_step <= training.max_steps
    if training.stop_time is not None and training.last_step < training.max_steps:
        assert training.last_step * training.step_size >= training.stop_time * (1 - 1e-9)
    assert math.ceil(training.last_step / spec.record_every) <= MOST_RECORDS
