"""The commands of sweeps: what they store and write, what they refuse and in which words, and their exit codes."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

import occam.__main__
from occam.__main__ import main
from occam.sweeps.executors.inline import Inline
from occam.sweeps.failed import Failed
from occam.sweeps.spec import SweepSpec, read_sweep
from occam.sweeps.store import Store, StoreFault
from occam.sweeps.table import EXPORTED
from tests.specs import tiny

ROOT = Path(__file__).parents[1]
CSV = b"a,b,y\n" + b"".join(b"%d.5,%d,%d\n" % (i, i * i % 7, i % 2) for i in range(12))
BASE = json.loads(tiny(model__activation="relu", training__momentum=0.9).canonical_json())
SWEEP = {"base": BASE, "vary": {"model.seed": [0, 1], "training.step_size": [0.1, 0.2]}, "at_losses": [1e-6, 10]}


class Outcome(NamedTuple):
    code: int
    out: str
    err: list[str]


@pytest.fixture
def occam_in(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs a command in an empty folder that holds sweep.json and own.csv, and computes in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OCCAM_STORE", "default.sqlite")
    monkeypatch.setattr(occam.__main__, "_executor", lambda workers, address: Inline())
    Path("sweep.json").write_text(json.dumps(SWEEP))
    Path("own.csv").write_bytes(CSV)

    def command(*arguments: str) -> Outcome:
        code = main(arguments)
        out, err = capsys.readouterr()
        return Outcome(code, out, err.splitlines())

    return command


def contents() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path().iterdir() if path.is_file()}


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("sweep", "the following arguments are required: SWEEP.json"),
        ("sweep sweep.json --workers 2 --scheduler tcp://a:1", "argument --scheduler: not allowed with"),
        ("sweep sweep.json --workers two", "argument --workers: invalid int value: 'two'"),
        ("sweep sweep.json --workers 0", "--workers: 0; allowed: a whole number at least 1 and at most 256"),
        ("sweep missing.json", "SWEEP.json: missing.json cannot be read (No such file or directory)"),
        ("sweep own.csv", "spec: not valid JSON (Expecting value, line 1 column 1)"),
        ("sweep sweep.json --store .", "--store: . is a folder; allowed: a file, new or existing"),
        ("sweep sweep.json --store own.csv", "--store: own.csv is not a SQLite file; allowed: a file, new"),
        ("sweep sweep.json --store foreign.sqlite", "--store: foreign.sqlite is a SQLite file of another program"),
        ("sweep sweep.json --csv own.csv", "--csv: own.csv; allowed: only with data.dataset 'csv'"),
        ("export default.sqlite", "one of the arguments --csv --parquet is required"),
        ("export default.sqlite --csv a --parquet b", "argument --parquet: not allowed with argument --csv"),
        ("export missing.sqlite --csv runs.csv", "STORE: missing.sqlite is missing; allowed: an existing store"),
        ("export own.csv --csv own.csv", "--csv: own.csv is the store itself; allowed: another file"),
        ("export foreign.sqlite --csv runs.csv", "STORE: foreign.sqlite is a SQLite file of another program"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused_in_a_line(occam_in, arguments: str, line: str):
    connection = sqlite3.connect("foreign.sqlite")
    connection.execute("CREATE TABLE runs (id)")
    connection.close()
    before = contents()
    code, out, err = occam_in(*arguments.split())
    assert (code, out, len(err)) == (2, "", 1)
    assert err[0].startswith(line)
    assert contents() == before


def test_a_wrong_sweep_is_refused_in_a_line_a_fault(occam_in):
    wrong = {"base": {"model": {"depth": 9}}, "vary": {"model.width": [], "model.size": [1]}, "more": 1}
    Path("wrong.json").write_text(json.dumps(wrong))
    before = contents()
    code, out, err = occam_in("sweep", "wrong.json")
    assert (code, out, len(err)) == (2, "", 4) and all("; allowed: " in line for line in err)
    billion = {
        "vary": {f"{part}.seed": {"from": 0, "to": 999, "count": 1000} for part in ("data", "model", "training")}
    }
    Path("wrong.json").write_text(json.dumps(billion))
    assert occam_in("sweep", "wrong.json") == (2, "", ["vary: 1000000000 runs; allowed: at most 1000000"])
    assert contents().keys() == before.keys()


def test_a_sweep_is_stored_resumed_and_exported(occam_in):
    code, out, err = occam_in("sweep", "sweep.json")
    assert (code, out) == (0, "4 of 4 runs are in default.sqlite, 4 of them new, 0 of these diverged\n")
    assert "4/4 runs" in err[-1]
    with Store.open("default.sqlite") as store:
        before = [row.fingerprint for row in store.rows()]
        assert set(store.keys()) == {spec.digest for spec in read_sweep(json.dumps(SWEEP).encode()).specs()}
        store.delete([store.keys()[2]])
    assert occam_in("sweep", "sweep.json", "--store", "default.sqlite")[:2] == (
        0, "4 of 4 runs are in default.sqlite, 1 of them new, 0 of these diverged\n",
    )  # fmt: skip
    with Store.open("default.sqlite") as store:
        assert [row.fingerprint for row in store.rows()] == before
    for form in ("csv", "parquet"):
        assert occam_in("export", "default.sqlite", f"--{form}", f"runs.{form}") == (0, f"12 rows: runs.{form}\n", [])
    tables = [pd.read_csv("runs.csv"), pd.read_parquet("runs.parquet")]
    assert all(tuple(table.columns) == EXPORTED for table in tables)
    assert tables[0]["reached"].tolist() == tables[1]["reached"].tolist() == [True, False, True] * 4
    code, _, (line,) = occam_in("export", "default.sqlite", "--csv", "missing/runs.csv")
    assert code == 2 and line.startswith("--csv: missing/runs.csv cannot be written (")
    assert sorted(contents()) == ["default.sqlite", "own.csv", "runs.csv", "runs.parquet", "sweep.json"]


def test_a_divergence_is_a_result(occam_in):
    vary = {"training.step_size": [50.0], "model.activation": ["identity"], "model.depth": [3]}
    Path("wild.json").write_text(json.dumps(SWEEP | {"vary": vary}))
    code, out, _ = occam_in("sweep", "wild.json")
    assert (code, out) == (0, "1 of 1 runs are in default.sqlite, 1 of them new, 1 of these diverged\n")


def test_an_own_file(occam_in):
    own = {
        "dataset": "csv",
        "csv_sha256": hashlib.sha256(CSV).hexdigest(),
        "csv_target": "y",
        "n_train": 8,
        "n_test": 4,
    }
    Path("own.json").write_text(json.dumps(SWEEP | {"base": BASE | {"data": own}}))
    code, out, (line,) = occam_in("sweep", "own.json")
    assert (code, out) == (2, "") and line.startswith("--csv: missing; allowed: the file with the SHA-256")
    vary = {"data.csv_target": ["y", "z"]}
    Path("target.json").write_text(json.dumps({"base": BASE | {"data": own}, "vary": vary}))
    code, out, (line,) = occam_in("sweep", "target.json", "--csv", "own.csv")
    assert (code, out) == (2, "") and line.startswith("--csv: There is no column 'z' to predict")
    assert not Path("default.sqlite").exists()
    assert occam_in("sweep", "own.json", "--csv", "own.csv").code == 0


def items(*ending: Any) -> Any:
    """In place of `occam.sweeps.sweep.run`: half the runs, then this."""
    from occam.sweeps.sweep import run

    def stopped(sweep: SweepSpec, *rest: Any, **options: Any) -> Iterator[Any]:
        half = sweep.model_copy(update={"vary": {"training.step_size": (0.1, 0.2)}})
        yield from run(half, *rest, **options)
        for item in ending:
            if isinstance(item, BaseException):
                raise item
            yield item

    return stopped


@pytest.mark.parametrize(
    ("ending", "code", "said"),
    [
        (KeyboardInterrupt(), 130, []),
        (StoreFault("default.sqlite: the disk is full"), 4, ["default.sqlite: the disk is full"]),
        (Failed((tiny(),), "MemoryError"), 4, [f"1 runs ({tiny().digest}, …): MemoryError"]),
    ],
)
def test_what_stops_a_sweep_keeps_what_is_computed(
    occam_in, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: Any, code: int, said: list[str]
):
    monkeypatch.setattr("occam.sweeps.console.run", items(ending))
    outcome = occam_in("sweep", "sweep.json")
    assert outcome.code == code and "of 4 runs are in default.sqlite, 2 of them new" in outcome.out
    assert outcome.err[-1 - len(said) :] == [*said, "The same command goes on from there."]
    monkeypatch.undo()
    with Store.open(tmp_path / "default.sqlite") as store:
        assert store.count() == 2


def test_ctrl_c_leaves_a_clean_store(tmp_path: Path):
    long = SWEEP | {"base": BASE | {"training": {"max_steps": 20_000}}, "vary": {"model.seed": list(range(400))}}
    (tmp_path / "long.json").write_text(json.dumps(long))
    command = [
        sys.executable,
        "-m",
        "occam",
        "sweep",
        str(tmp_path / "long.json"),
        "--store",
        str(tmp_path / "runs.sqlite"),
    ]
    program = subprocess.Popen(
        [*command, "--workers", "1"], cwd=ROOT, stdout=-1, stderr=-1, encoding="utf-8", start_new_session=True
    )
    assert program.stderr is not None and "0/400 runs" in program.stderr.readline()
    os.killpg(program.pid, signal.SIGINT)  # as a terminal does, to workers too
    out, err = program.communicate()
    assert program.returncode == 130 and "of 400 runs are in" in out
    assert err.endswith("The same command goes on from there.\n") and "Traceback" not in err
    assert sorted(os.listdir(tmp_path)) == ["long.json", "runs.sqlite"]
