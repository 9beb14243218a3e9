"""The folder of a run becomes its row, or is refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from occam.export import run_folder
from occam.spec import RunSpec
from occam.sweeps.imports import ImportFault, read_folder
from occam.sweeps.store import Store
from occam.training.run import train
from tests.specs import tiny


def written(spec: RunSpec, folder: Path):
    run = train(spec, device="cpu")
    assert run.samples is not None
    run_folder.write(run, run.samples, folder)
    return run


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({}, "finished", "max_steps"),
        ({"training__stop_loss": 1e3}, "finished", "stop_loss"),
        ({"training__stop_time": 0.3}, "finished", "stop_time"),
        ({"training__step_size": 50.0, "training__momentum": 0.9, "model__activation": "identity", "model__depth": 3},
         "diverged", "loss_not_finite"),
    ],
)  # fmt: skip
def test_the_folder_of_a_run(tmp_path: Path, changes: dict, status: str, reason: str):
    run = written(tiny(**changes), tmp_path / "run")
    row = read_folder(tmp_path / "run")
    assert (row.key, row.status, row.reason) == (tiny(**changes).digest, status, reason)
    assert row.weights.tobytes() == run.frames[-1].params.tobytes() and row.dtype == "float32"
    (mark,) = row.marks
    assert mark.step == run.frames[-1].step
    assert np.array_equal(
        [*mark.metrics.values()], [run.frames[-1].metrics[name] for name in mark.metrics], equal_nan=True
    )
    with Store.open(tmp_path / "runs.sqlite") as store:
        store.put([row])
        assert [got.fingerprint for got in store.rows()] == [row.fingerprint]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("spec.json", None, "spec.json is missing; allowed: a folder that 'python -m occam run' wrote"),
        ("spec.json", b'{"model": {"depth": 9}}', "spec.json: model.depth: 9; allowed: a whole number"),
        ("spec.json", b'{"model": {"depth": 1, "width": 5}}', "weights.npz is not of the network in spec.json"),
        ("spec.json", b'{"model": {"depth": 2}}', "cannot be read as the folder of a run (KeyError)"),
        ("spec.json", b" " * 2**21, "is too long to be of a run"),
        ("metrics.csv", b"", "cannot be read as the folder of a run (ValueError)"),
        ("metrics.csv", b"step,train_loss\nten,0.1\n", "cannot be read as the folder of a run (ValueError)"),
        ("metrics.csv", b"\xff\xfe", "cannot be read as the folder of a run (UnicodeDecodeError)"),
        ("weights.npz", b"PK\x03\x04", "cannot be read as the folder of a run (BadZipFile)"),
        ("weights.npz", b"\x80\x04N.", "cannot be read as the folder of a run ("),
    ],
)
def test_another_folder_is_refused(tmp_path: Path, name: str, content: bytes | None, said: str):
    written(tiny(), tmp_path)
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ImportFault) as caught:
        read_folder(tmp_path)
    assert said in str(caught.value) and "\n" not in str(caught.value)
