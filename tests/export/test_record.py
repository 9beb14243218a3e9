"""A run as JSON: every number survives, what is wrong is told in sentences, a reproduction is told from its like."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from occam.export import record as records
from occam.export.record import Record, differences, machine, read_record, read_run, record
from occam.spec import RunSpec, SpecFault
from occam.training.run import Run, train
from tests.specs import tiny


@pytest.fixture(scope="module")
def run() -> Run:
    return train(tiny(data__dataset="sine"), device="cpu")


@pytest.fixture(scope="module")
def exported(run: Run) -> Record:
    return record(run.header, run.frames, run.ending, machine())


def test_a_record_survives_json_to_the_last_bit(exported: Record) -> None:
    again = read_record(exported.json().encode())
    assert str(again) == str(exported)  # by text, because an undefined metric is nan
    assert math.isnan(again.metrics["test_error"])
    assert json.loads(exported.json())["schema_version"] == 1


def test_a_diverged_run_survives_too() -> None:
    run = train(tiny(data__dataset="sine", training__step_size=100.0, training__max_steps=500), device="cpu")
    assert run.ending is not None and run.ending.status == "diverged"
    exported = record(run.header, run.frames, replace(run.ending, loss=math.inf, stability=math.nan))
    again = read_record(exported.json().encode())
    assert again.ending is not None and again.ending.loss == math.inf and math.isnan(again.ending.stability)
    assert read_run(exported.json().encode()) == run.header.spec


def test_the_same_run_agrees_to_the_last_bit(run: Run, exported: Record) -> None:
    assert exported.exact(run.header.device)
    assert differences(exported, train(exported.spec, device="cpu")) == []


def test_a_last_bit_counts_on_the_same_machine_only(run: Run, exported: Record) -> None:
    loss = exported.metrics["train_loss"]
    moved = replace(exported, metrics={**exported.metrics, "train_loss": math.nextafter(loss, 2 * loss)})
    assert [line.partition(":")[0] for line in differences(moved, run)] == ["train_loss"]
    assert differences(replace(moved, machine=None), run) == []
    far = replace(exported, machine={}, metrics={**exported.metrics, "train_loss": loss * 1.001})
    assert len(differences(far, run)) == 1
    assert len(differences(replace(exported, weights="0" * 64), run)) == 1
    assert differences(replace(exported, step=5), run) == ["step 5: the run has no record there"]


def test_another_seed_is_not_taken_for_the_run(exported: Record) -> None:
    other = train(exported.spec.replace({"model.seed": 1}), device="cpu")
    assert len(differences(replace(exported, machine=None), other)) > 5


def test_a_bare_spec_is_a_run_to_open() -> None:
    spec = tiny()
    assert read_run(json.dumps(spec.model_dump(mode="json")).encode()) == spec
    assert read_run(b"{}") == RunSpec()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not valid JSON"),
        (b"\xff", "not UTF-8"),
        (b"[1]", "spec: […]; allowed: an object"),
        (b'{"model": {"depth": 99}}', "model.depth: 99; allowed: a whole number at least 0 and at most 8"),
        (b'{"format": "occam run", "schema_version": 2, "spec": {}}', "version: 2; allowed: whole numbers up to 1"),
        (b'{"format": "occam run", "schema_version": 0, "spec": {}}', "runs of that age cannot be read any more"),
        (b'{"format": "occam run", "schema_version": "1", "spec": {}}', 'schema_version: "1"; allowed'),
        (b'{"format": "notes", "schema_version": 1}', 'format: "notes"; allowed: "occam run"'),
        (b'{"format": "occam run", "schema_version": 1}', "spec: null; allowed: an object"),
        (b'{"format": "occam run", "schema_version": 1, "spec": {"data": {"dataset": "x"}}}', "data.dataset"),
    ],
)  # fmt: skip
def test_what_is_no_run_is_refused_in_a_sentence(content: bytes, said: str) -> None:
    with pytest.raises(SpecFault) as fault:
        read_run(content)
    assert said in str(fault.value) and "\n" not in str(fault.value)


def test_an_incomplete_record_is_refused(exported: Record) -> None:
    for name in ("device", "metrics", "step", "weights"):
        tree = json.loads(exported.json())
        del tree[name]
        with pytest.raises(SpecFault, match="not a complete record"):
            read_record(json.dumps(tree).encode())


def test_the_machine_names_what_rounding_depends_on() -> None:
    assert set(machine()) == {"processor", "system", "torch", "numpy"}
    assert records.FORMAT == "occam run"
