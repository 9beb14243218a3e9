"""The command line: what it writes, what it refuses and in which words, and its exit codes."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from occam.__main__ import main
from occam.datasets import DATASETS, OWN_CSV, load
from occam.export.run_folder import FILES
from occam.glossary import METRICS
from occam.spec import KNOBS, RunSpec, read_spec
from tests.specs import TINY, tiny

ROOT = Path(__file__).parents[1]
GOOD = tiny().canonical_json()
CSV = b"a,b,y\n" + b"".join(b"%d.5,%d,%d\n" % (i, i * i % 7, i % 2) for i in range(12))
OWN = {
    "data.dataset": OWN_CSV,
    "data.csv_sha256": hashlib.sha256(CSV).hexdigest(),
    "data.csv_target": "y",
    "data.n_train": 8,
    "data.n_test": 4,
}


class Outcome(NamedTuple):
    code: int
    out: str
    err: list[str]


@pytest.fixture
def occam(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs a command in an empty folder that holds good.json and own.csv."""
    monkeypatch.chdir(tmp_path)
    Path("good.json").write_text(GOOD)
    Path("own.csv").write_bytes(CSV)

    def command(*arguments: str) -> Outcome:
        code = main(arguments)
        out, err = capsys.readouterr()
        return Outcome(code, out, err.splitlines())

    return command


def spec_file(text: str | bytes = "", **changes: Any) -> str:
    """A file of this text, or of a tiny spec with knobs changed and not validated."""
    tree = json.loads(GOOD)
    for path, value in changes.items():
        *parents, leaf = path.split("__")
        branch = tree
        for parent in parents:
            branch = branch[parent]
        branch[leaf] = value
    content = text or json.dumps(tree)
    Path("spec.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    return "spec.json"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("", "the following arguments are required: COMMAND"),
        ("walk", "argument COMMAND: invalid choice: 'walk'"),
        ("run", "the following arguments are required: SPEC.json, --out"),
        ("run good.json", "the following arguments are required: --out"),
        ("run good.json --out", "argument --out: expected one argument"),
        ("run good.json --out new --device tpu", "argument --device: invalid choice: 'tpu'"),
        ("run good.json --out new --dtype float16", "argument --dtype: invalid choice: 'float16'"),
        ("run good.json --out new more", "unrecognized arguments: more"),
        ("run good.json --out new --dev cpu", "unrecognized arguments: --dev cpu"),
        ("run missing.json --out new", "SPEC.json: missing.json cannot be read (No such file or directory)"),
        ("run . --out new", "SPEC.json: . cannot be read (Is a directory); allowed: a JSON file"),
        ("run /dev/zero --out new", "SPEC.json: /dev/zero is too long; allowed: a JSON file of at most 1048576 bytes"),
        ("run own.csv --out new", "spec: not valid JSON (Expecting value, line 1 column 1)"),
        ("run good.json --out good.json", "--out: good.json is a file; allowed: a folder"),
        ("run good.json --out good.json/new", "good.json is a file; allowed: a folder"),
        ("run good.json --out new --csv own.csv", "--csv: own.csv; allowed: only with data.dataset 'csv'"),
        ("schema RunSpec", "unrecognized arguments: RunSpec"),
        ("gallery", "the following arguments are required: DIR"),
    ],
)
def test_wrong_arguments_are_refused_in_a_line(occam, tmp_path: Path, arguments: str, line: str):
    before = contents(tmp_path)
    code, out, err = occam(*arguments.split())
    assert (code, out, len(err)) == (2, "", 1)
    assert line in err[0]
    assert contents(tmp_path) == before and sorted(os.listdir()) == ["good.json", "own.csv"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '{"model": {"depth": 9}, "training": {"step_size": 1e999}}',
            ["model.depth: 9;", "training.step_size: Infinity;"],
        ),
        ('{"data": {"n_train": 5, "n_train": 6}}', ["n_train: given twice"]),
        ("[" * 100_000, ["spec: nested too deeply"]),
        (b"\xff\xfe{}", ["spec: not UTF-8 text"]),
        (b" ", ["spec: not valid JSON"]),
        ('{"a\\nb": "\\ud800", "\\u2028": 1}', ["a�b: ", "�: "]),
    ],
)
def test_a_wrong_spec_is_refused_in_a_line_a_fault(occam, text: str | bytes, said: list[str]):
    code, out, err = occam("run", spec_file(text), "--out", "new")
    assert (code, out, len(err)) == (2, "", len(said))
    assert all(line.startswith(start) and "allowed: " in line for line, start in zip(err, said, strict=True))
    assert not Path("new").exists()


def test_a_folder_that_cannot_be_written_is_refused(occam, monkeypatch: pytest.MonkeyPatch):
    Path("taken/weights.npz").mkdir(parents=True)
    code, out, (line,) = occam("run", "good.json", "--out", "taken")
    assert (code, out) == (2, "") and "taken/weights.npz is a folder" in line
    assert os.listdir("taken") == ["weights.npz"]

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", full)
    assert occam("run", "good.json", "--out", "new")[::2] == (
        2,
        ["--out: new cannot be written (No space left on device)"],
    )
    code, _, (line,) = occam("run", "good.json", "--out", "x" * 999)
    assert code == 2 and "File name too long" in line


def test_an_own_file(occam):
    good = spec_file(tiny(**{path.replace(".", "__"): value for path, value in OWN.items()}).canonical_json())
    assert occam("run", good, "--out", "new", "--csv", "own.csv").code == 0
    with np.load("new/data.npz") as stored:
        assert (stored["x_train"].shape, stored["x_test"].shape) == ((8, 2), (4, 2))
    assert read_spec(Path("new/spec.json").read_bytes()).data.csv_target == "y"


@pytest.mark.parametrize(
    ("arguments", "content", "target", "line"),
    [
        ("", CSV, "y", f"--csv: missing; allowed: the file with the SHA-256 {OWN['data.csv_sha256']}"),
        ("--csv other.csv", CSV, "z", "--csv: There is no column 'z' to predict"),
        ("--csv other.csv", CSV.replace(b"0.5", b"0.6"), "y", "--csv: "),
        ("--csv other.csv", b"", "y", "--csv: The file is empty."),
        ("--csv other.csv", b"\0" * 100, "y", "--csv: The file is binary"),
        ("--csv missing.csv", CSV, "y", "--csv: missing.csv cannot be read (No such file or directory)"),
        ("--csv /dev/zero", CSV, "y", "--csv: /dev/zero is too long; allowed: a CSV file of at most 2097152 bytes"),
    ],
)
def test_an_own_file_that_does_not_fit(occam, arguments: str, content: bytes, target: str, line: str):
    Path("other.csv").write_bytes(content)
    own = tiny(**{path.replace(".", "__"): value for path, value in (OWN | {"data.csv_target": target}).items()})
    code, out, err = occam("run", spec_file(own.canonical_json()), "--out", "new", *arguments.split())
    assert (code, out, len(err)) == (2, "", 1)
    assert err[0].startswith(line)
    assert not Path("new").exists()


MODELS: list[dict[str, Any]] = [
    {"activation": "tanh", "depth": 2},
    {"activation": "relu", "init": "he", "depth": 0},
    {"activation": "sine", "init": "lecun", "gain": 1.5, "depth": 1},
]


@pytest.mark.parametrize("dataset", [name for name in DATASETS if name != OWN_CSV])
@pytest.mark.parametrize("model", MODELS, ids=lambda model: f"depth {model['depth']}")
def test_every_dataset_runs(occam, dataset: str, model: dict[str, Any]):
    spec = RunSpec().replace(
        TINY | {"data.dataset": dataset, "training.input_penalty": 0.01} | {f"model.{k}": v for k, v in model.items()}
    )
    name = spec_file(spec.canonical_json())
    code, out, err = occam("run", name, "--out", "new", "--dtype", "float64")
    assert (code, err) == (0, []) and out.startswith("finished at step 6 (max_steps), training loss ")
    assert sorted(os.listdir("new")) == sorted(FILES)
    samples = load(spec.data)
    with open("new/metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(METRICS) and [row["step"] for row in rows] == ["0", "4", "6"]
    for row in rows:
        assert {name for name, cell in row.items() if cell == ""} == (
            {"train_error", "test_error"} if samples.task == "regression" else set()
        )
        assert 0 < float(row["bound_ratio_max"]) <= 1 + 1e-9
    outputs, inputs = max(1, len(samples.classes)) if len(samples.classes) != 2 else 1, samples.x_train.shape[1]
    sizes = [inputs, *[4] * spec.model.depth, outputs]
    with np.load("new/weights.npz") as stored:
        assert len(stored.files) == 4 * (len(sizes) - 1)
        for layer in range(1, len(sizes)):
            assert stored[f"final/W{layer}"].shape == (sizes[layer], sizes[layer - 1])
            assert stored[f"final/b{layer}"].shape == (sizes[layer],)
            assert stored[f"final/W{layer}"].dtype == np.float64


@pytest.mark.parametrize(
    ("changes", "step", "records"),
    [
        ({"training__step_size": 50.0, "model__activation": "identity"}, 2, 1),
        ({"training__step_size": 50.0, "training__param_penalty": 1.0, "record_every": 1}, 4, 4),
        ({"data__dataset": "plane", "model__gain": 10.0, "model__depth": 8, "model__width": 64}, 0, 1),
    ],
)
def test_a_diverging_run_exits_with_3_and_leaves_its_results(occam, changes: dict[str, Any], step: int, records: int):
    changes = {"model__activation": "relu", "model__depth": 3, "training__momentum": 0.9} | changes
    code, out, err = occam("run", spec_file(tiny(**changes).canonical_json()), "--out", "new")
    assert (code, err) == (3, []) and out.startswith(f"diverged at step {step} (loss_too_large)")
    assert sorted(os.listdir("new")) == sorted(FILES)
    with np.load("new/weights.npz") as stored:
        assert all(np.isfinite(stored[name]).all() for name in stored)
        moved = [not np.array_equal(stored[name], stored[name.replace("final", "initial")]) for name in stored]
        assert any(moved) == (records > 1)
    with open("new/metrics.csv", newline="") as file:
        assert len(list(csv.DictReader(file))) == records


def test_the_written_spec_gives_the_same_run(occam):
    partial = '{"data": {"n_train": 30, "n_test": 9}, "training": {"max_steps": 7, "batch_size": 8}, "record_every": 3}'
    assert occam("run", spec_file(partial), "--out", "one").code == 0
    assert set(json.loads(Path("one/spec.json").read_text())) == {"data", "model", "training", "record_every"}
    full = json.loads(Path("one/spec.json").read_text())
    assert {path for path in KNOBS if "." in path} == {
        f"{part}.{k}" for part in full if part != "record_every" for k in full[part]
    }
    assert occam("run", "one/spec.json", "--out", "two").code == 0
    assert contents(Path("one")) == contents(Path("two"))


def test_without_a_gpu_the_cpu_is_used_and_said(occam, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert occam("run", "good.json", "--out", "cpu", "--device", "cpu").err == []
    code, _, (line,) = occam("run", "good.json", "--out", "cuda", "--device", "cuda")
    assert code == 0 and line.startswith("--device: cuda; trained on CPU") and "no GPU found" in line
    assert contents(Path("cpu")) == contents(Path("cuda"))


def test_in_a_shell(tmp_path: Path):
    def shell(*arguments: str) -> subprocess.CompletedProcess[str]:
        plain = os.environ | {"PYTHONIOENCODING": "ascii"}  # a terminal without the symbols
        command = [sys.executable, "-W", "error", "-m", "occam", *arguments]
        return subprocess.run(command, cwd=ROOT, env=plain, capture_output=True, encoding="utf-8")

    schema = shell("schema")
    assert (schema.returncode, schema.stderr) == (0, "") and "‖∇L‖²" in schema.stdout
    assert json.loads(schema.stdout)["RunSpec"] == RunSpec.model_json_schema()
    (tmp_path / "good.json").write_text(GOOD)
    run = shell("run", str(tmp_path / "good.json"), "--out", str(tmp_path / "γ"))
    assert (run.returncode, run.stderr) == (0, "") and str(tmp_path / "γ") in run.stdout
    wrong = shell("run", str(tmp_path / "γ"), "--out", str(tmp_path / "new"))
    assert (wrong.returncode, wrong.stdout, wrong.stderr.count("\n")) == (2, "", 1)
