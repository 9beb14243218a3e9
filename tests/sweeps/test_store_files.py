"""Files that are no store, or an older or damaged one, or that cannot be written; and two programs at one file."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from occam.sweeps import schema
from occam.sweeps.store import Store, StoreFault
from tests.sweeps.rows import row

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.sqlite"


@pytest.fixture
def filled(path: Path) -> Path:
    """A closed store of thirty runs."""
    with Store.open(path) as store:
        store.put(row(seed, weights=np.random.default_rng(seed).normal(size=900)) for seed in range(30))
    return path


def refused(path: Path, **options: bool) -> str:
    """The sentence with which a file is refused; it and its folder stay as they are."""
    before = {found: found.read_bytes() for found in path.parent.iterdir() if found.is_file()}
    with pytest.raises(StoreFault) as caught:
        Store.open(path, **options).close()
    assert {found: found.read_bytes() for found in path.parent.iterdir() if found.is_file()} == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


def version_1(path: Path) -> None:
    """A store as version 1 wrote it, before runs had names, and before the metric of the last column was recorded."""
    connection = sqlite3.connect(path)
    for statement in schema.MIGRATIONS[0]:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {schema.APPLICATION}")
    connection.execute("PRAGMA user_version = 1")
    for name in schema.MEASURED[:-1]:
        connection.execute(f"ALTER TABLE marks ADD COLUMN {name}")
    spec = row(5).spec
    run = (1, spec.digest, spec.canonical_json(), "finished", "max_steps", 6, 0.5, 1.0, "CPU", "float32", "{}")
    connection.execute(f"INSERT INTO runs VALUES ({', '.join('?' * len(run))})", run)
    connection.execute("INSERT INTO weights VALUES (1, '<f4', ?)", [np.ones(3, "<f4").tobytes()])
    connection.execute("INSERT INTO marks (run, at, level, step, train_loss) VALUES (1, 'end', 0.0, 6, 0.25)")
    connection.commit()
    connection.close()


def test_a_store_of_version_1_becomes_a_present_one(path: Path):
    version_1(path)
    assert "is a store of version 1; open it once where it can be written" in refused(path, read_only=True)
    for _ in range(2):
        with Store.open(path) as store:
            got, *_ = store.rows()
            assert (got.spec, got.weights.tolist(), got.marks[0].metrics["train_loss"]) == (row(5).spec, [1] * 3, 0.25)
            assert np.isnan(got.marks[0].metrics[schema.MEASURED[-1]])
            store.put([row(6)])
            store.rename(got.key, "old")
            assert store.listing().texts["name"] == ["old", ""]


def test_a_migration_that_fails_leaves_the_older_store(path: Path, monkeypatch: pytest.MonkeyPatch):
    version_1(path)
    broken = (*schema.MIGRATIONS[:1], ("ALTER TABLE runs ADD COLUMN name TEXT", "no statement"))
    monkeypatch.setattr(schema, "MIGRATIONS", broken)
    assert "cannot be used as a store" in refused(path)
    monkeypatch.undo()
    with Store.open(path) as store:
        assert store.count() == 1


def test_a_later_store_is_left_alone(filled: Path):
    connection = sqlite3.connect(filled)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    for options in ({}, {"read_only": True}):
        assert f"is a store of version 99; this program reads up to version {schema.VERSION}" in refused(
            filled, **options
        )


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"SQLite format 3\0", b"\0" * 5000, b"x"])
def test_a_file_of_another_kind_is_left_alone(path: Path, content: bytes):
    path.write_bytes(content)
    assert "is not a SQLite file; allowed: a file, new or existing" in refused(path)


@pytest.mark.parametrize("log", ["DELETE", "WAL"])
def test_the_database_of_another_program_is_left_alone(path: Path, log: str):
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA journal_mode = {log}")
    connection.execute("CREATE TABLE runs (id)")
    connection.commit()
    connection.close()
    for options in ({}, {"read_only": True}):
        assert "is a SQLite file of another program" in refused(path, **options)


def test_a_folder_and_a_file_that_is_missing(tmp_path: Path, path: Path):
    assert f"{tmp_path} is a folder; allowed: a file" in refused(tmp_path)
    for options in ({"create": False}, {"read_only": True}):
        assert f"{path} is missing; allowed: an existing store" in refused(path, **options)
    path.touch()
    with pytest.raises(StoreFault, match=r"runs.sqlite cannot be opened \("):
        Store.open(path / "runs.sqlite")
    assert "cannot be opened" in refused(tmp_path / ("x" * 999))


def test_an_empty_file_and_a_new_folder_become_a_store(path: Path):
    path.touch()
    new = path.parent / "a b" / "c%20?#é" / "runs.sqlite"
    for file in (path, new):
        with Store.open(file) as store:
            store.put([row()])
        assert os.listdir(file.parent) == ["runs.sqlite"] or file is path


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_store_is_refused(filled: Path, kept: float):
    content = filled.read_bytes()
    filled.write_bytes(content[: int(len(content) * kept)])
    for options in ({}, {"read_only": True}):
        assert "is damaged" in refused(filled, **options)


@pytest.mark.parametrize("seed", range(6))
def test_random_bytes_in_the_middle_are_refused(filled: Path, seed: int):
    content, generator = bytearray(filled.read_bytes()), np.random.default_rng(seed)
    start = 4096 * int(generator.integers(1, len(content) // 4096 - 4))
    content[start : start + 4 * 4096] = generator.bytes(4 * 4096)
    filled.write_bytes(content)
    assert "is damaged" in refused(filled)


def test_damage_met_while_reading_is_told(filled: Path):
    with Store.open(filled, read_only=True) as store:
        content = bytearray(filled.read_bytes())
        content[4096:] = b"\xff" * (len(content) - 4096)
        filled.write_bytes(content)
        with pytest.raises(StoreFault, match=r"is damaged$"):
            list(store.rows())


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user reaches, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        Path(folder).chmod(0o755)


READS = """
import os
import sys
from occam.sweeps.store import Store, StoreFault
if os.getuid() == 0:
    os.setuid(65534)  # nobody, whom permissions bind
for options in ({"read_only": True}, {}):
    try:
        with Store.open(sys.argv[1], **options) as store:
            print(store.count(), len(list(store.rows())), store.weights(store.keys()[0]).size)
    except StoreFault as fault:
        print(fault)
"""


@pytest.mark.parametrize("folder_mode", [0o555, 0o777])
def test_a_shipped_file_opens_where_nothing_can_be_written(open_folder: Path, folder_mode: int):
    path = open_folder / "shipped.sqlite"
    with Store.open(path) as store:
        store.put([row(0), row(1)])
    path.chmod(0o444)
    open_folder.chmod(folder_mode)
    before = path.read_bytes()
    run = subprocess.run([sys.executable, "-c", READS, str(path)], cwd=ROOT, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    read, written = run.stdout.splitlines()
    assert read == "2 2 17" and "written" in written
    assert path.read_bytes() == before and os.listdir(open_folder) == ["shipped.sqlite"]


def test_reading_a_store_that_is_being_written(path: Path):
    with Store.open(path) as writer:
        writer.put([row(0)])
        with Store.open(path, read_only=True) as reader, Store.open(path) as other:
            assert (reader.count(), other.count()) == (1, 1)
            writer.put([row(1)])
            assert (reader.count(), other.count()) == (2, 2)
    assert os.listdir(path.parent) == [path.name]


WRITES = """
import sys
from occam.sweeps.store import Store
from tests.sweeps.rows import row
sys.stdin.readline()
for seed in range(int(sys.argv[2]), int(sys.argv[3])):
    with Store.open(sys.argv[1]) as store:
        store.put([row(seed)])
"""


def test_two_programs_make_and_write_one_store_at_once(path: Path):
    spans = [("0", "40"), ("20", "60")]
    programs = [
        subprocess.Popen([sys.executable, "-c", WRITES, str(path), *span], cwd=ROOT, stdin=-1, stderr=-1, text=True)
        for span in spans
    ]
    for program in programs:
        assert program.stdin is not None
        program.stdin.write("go\n")
        program.stdin.flush()
    for program in programs:
        _, errors = program.communicate()
        assert (program.returncode, errors) == (0, "")
    with Store.open(path) as store:
        assert sorted(store.keys()) == sorted(row(seed).key for seed in range(60))
        assert {got.fingerprint for got in store.rows()} == {row(seed).fingerprint for seed in range(60)}
    assert os.listdir(path.parent) == [path.name]
