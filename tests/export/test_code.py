"""Script and notebook are executed: in a new interpreter, in an empty folder, with `occam` alone.

The notebook's cells run in order in one plain interpreter: a kernel would add seven packages to the tests and nothing
to what is asserted, as no cell uses a feature of Jupyter.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from occam.datasets import parse_csv
from occam.export.code import cells, notebook, script
from occam.export.record import Record, machine, record
from occam.training.run import train
from tests.specs import tiny

ROOT = Path(__file__).parents[2]
OWN = b"a,b'''\\,y\n" + b"".join(b"%d,%d,%s\n" % (i, i * i % 7, b"no" if i % 3 else b"yes") for i in range(30))


@pytest.fixture(scope="module")
def exported() -> Record:
    run = train(tiny(), device="cpu")
    return record(run.header, run.frames, run.ending, machine())


def executed(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / "code.py"
    path.write_text(code, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    return subprocess.run([sys.executable, path], cwd=folder, env=environment, capture_output=True, text=True)


def in_order(text: str) -> str:
    """The code cells of a notebook, executed one after another in one namespace."""
    sources = ["".join(c["source"]) for c in json.loads(text)["cells"] if c["cell_type"] == "code"]
    return f"space = {{}}\nfor source in {sources!r}:\n    exec(compile(source, 'cell', 'exec'), space)\n"


def test_the_script_reproduces_the_run(exported: Record, tmp_path: Path) -> None:
    done = executed(script(exported), tmp_path)
    assert done.returncode == 0, done.stderr
    assert "reproduced to the last bit" in done.stdout and not done.stderr


def test_the_notebook_reproduces_the_run_elsewhere(exported: Record, tmp_path: Path) -> None:
    done = executed(in_order(notebook(replace(exported, machine=None))), tmp_path)
    assert done.returncode == 0, done.stderr
    assert "reproduced within 0.0001 relative" in done.stdout


def test_another_number_is_an_error(exported: Record, tmp_path: Path) -> None:
    wrong = replace(exported, metrics={**exported.metrics, "train_loss": exported.metrics["train_loss"] * 1.01})
    done = executed(script(wrong), tmp_path)
    assert done.returncode == 1
    assert "the run was not reproduced:\ntrain_loss: " in done.stderr


def test_an_own_file_is_asked_for_by_its_digest(tmp_path: Path) -> None:
    table = parse_csv(OWN)
    spec = tiny().replace({"data.dataset": "csv", "data.csv_sha256": table.digest, "data.csv_target": "y"})
    run = train(spec, table=table, device="cpu")
    exported = record(run.header, run.frames, run.ending, machine())
    asked = executed(script(exported), tmp_path)
    assert asked.returncode == 1 and f"the SHA-256 {table.digest}" in asked.stderr
    (tmp_path / "data.csv").write_bytes(OWN)
    done = executed(in_order(notebook(exported)), tmp_path)
    assert done.returncode == 0, done.stderr
    (tmp_path / "data.csv").write_bytes(OWN + b"1,2,no\n")
    assert executed(script(exported), tmp_path).returncode == 1


def test_the_notebook_is_nbformat_4_5(exported: Record) -> None:
    tree = json.loads(notebook(exported))
    assert (tree["nbformat"], tree["nbformat_minor"]) == (4, 5)
    assert {"kernelspec", "language_info"} == tree["metadata"].keys()
    ids = [cell["id"] for cell in tree["cells"]]
    assert len(set(ids)) == len(ids) and all(re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", name) for name in ids)
    for cell in tree["cells"]:
        code = {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        assert cell.keys() == {"cell_type", "id", "metadata", "source"} | code
        assert all(line.endswith("\n") for line in cell["source"][:-1])


def test_any_text_in_a_spec_is_quoted(exported: Record) -> None:
    for name in ("'''", "\\", "\\'", "''''", '"', "ΔT\n", "'"):
        spec = exported.spec.replace({"data.dataset": "csv", "data.csv_sha256": "0" * 64, "data.csv_target": name})
        quoted = next(cell.source for cell in cells(replace(exported, spec=spec)) if "read_record(" in cell.source)
        (text,) = [node.value for node in ast.walk(ast.parse(quoted)) if isinstance(node, ast.Constant)]
        assert json.loads(str(text))["spec"]["data"]["csv_target"] == name
