"""Run folders: every file, its columns, names and shapes, and every number to the last bit."""

from __future__ import annotations

import csv
import json
import math
import os
from pathlib import Path

import numpy as np
import pytest

from occam.export.run_folder import FILES, obstacle, write
from occam.export.tables import BOUND_COLUMNS, metric_rows
from occam.glossary import METRICS
from occam.spec import read_spec
from occam.training.frames import NORMS
from occam.training.run import Run, train
from tests.specs import tiny


def written(run: Run, folder: Path) -> Path:
    assert run.samples is not None
    write(run, run.samples, folder)
    return folder


def table(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


@pytest.fixture(scope="module")
def run() -> Run:
    return train(tiny(data__dataset="sine", model__depth=2, training__momentum=1 / 3))


@pytest.fixture(scope="module")
def folder(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(run, tmp_path_factory.mktemp("runs") / "new" / "folder")


def test_the_files(folder: Path):
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)


def test_the_spec_is_full_and_reads_back(run: Run, folder: Path):
    content = (folder / "spec.json").read_bytes()
    assert read_spec(content) == run.header.spec
    assert json.loads(content) == run.header.spec.model_dump(mode="json")


def test_metrics_are_exact_and_empty_where_undefined(run: Run, folder: Path):
    header, *rows = table(folder / "metrics.csv")
    assert header == list(METRICS)
    assert [row[0] for row in rows] == ["0", "4", "6"]
    for row, frame in zip(rows, run.frames, strict=True):
        for name, cell in zip(header, row, strict=True):
            value = frame.metrics[name]
            assert cell == "" if math.isnan(value) else float(cell) == value
    assert rows[0][header.index("train_error")] == ""


def test_bounds_have_a_row_a_step_layer_and_norm(run: Run, folder: Path):
    header, *rows = table(folder / "bounds.csv")
    assert (
        header == ["step", "layer", "norm", "min", "q25", "median", "q75", "max", "degenerate"] == list(BOUND_COLUMNS)
    )
    assert [row[:3] for row in rows] == [
        [str(frame.step), str(layer), norm] for frame in run.frames for layer in (1, 2, 3) for norm in NORMS
    ]
    found = np.array([[float(cell) for cell in row[3:]] for row in rows])
    assert np.array_equal(found, np.concatenate([frame.bounds.reshape(-1, 6) for frame in run.frames]))
    assert all(row[-1].isdecimal() for row in rows)


def test_weights_are_those_of_the_first_and_last_record(run: Run, folder: Path):
    shapes = {"W1": (4, 1), "b1": (4,), "W2": (4, 4), "b2": (4,), "W3": (1, 4), "b3": (1,)}
    with np.load(folder / "weights.npz", allow_pickle=False) as stored:
        assert {name: stored[name].shape for name in stored} == {
            f"{part}/{name}": shape for part in ("initial", "final") for name, shape in shapes.items()
        }
        for part, frame in (("initial", run.frames[0]), ("final", run.frames[-1])):
            flat = np.concatenate([stored[f"{part}/{name}"].ravel() for name in shapes])
            assert np.array_equal(flat, frame.params) and flat.dtype == np.float32
        assert not stored["initial/b1"].any() and stored["final/b1"].any()


def test_data_are_the_samples(run: Run, folder: Path):
    with np.load(folder / "data.npz", allow_pickle=False) as stored:
        assert {name: stored[name].shape for name in stored} == {
            "x_train": (24, 1), "y_train": (24,), "x_test": (10, 1), "y_test": (10,),
        }  # fmt: skip
        for name in stored:
            assert np.array_equal(stored[name], getattr(run.samples, name))


def test_equal_runs_give_equal_files_and_a_folder_may_be_written_again(run: Run, folder: Path, tmp_path: Path):
    written(train(tiny()), tmp_path)
    written(train(run.header.spec), tmp_path)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_infinite_metrics_are_written_as_such():
    frame = train(tiny(training__max_steps=0)).frames[0]
    frame.metrics["test_loss"] = math.inf
    (row,) = metric_rows([frame])
    assert row[list(METRICS).index("test_loss")] == math.inf


def test_what_stands_in_the_way_is_told_beforehand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "file"
    file.touch()
    (tmp_path / "taken" / "data.npz").mkdir(parents=True)
    assert obstacle(tmp_path) is None
    assert obstacle(tmp_path / "a" / "b") is None
    assert obstacle(Path("new")) is None
    assert obstacle(file) == f"{file} is a file"
    assert obstacle(file / "below") == f"{file} is a file"
    assert obstacle(tmp_path / "taken") == f"{tmp_path / 'taken' / 'data.npz'} is a folder"
    assert "cannot be used (File name too long)" in str(obstacle(tmp_path / ("x" * 999)))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert obstacle(tmp_path / "a") == f"{tmp_path} cannot be written"
