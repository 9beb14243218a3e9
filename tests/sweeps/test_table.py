"""Runs as a table: the same from rows and from a store, no run left out, files read back bit for bit."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from occam.glossary import METRICS
from occam.spec import KNOBS
from occam.sweeps.row import END, Level, Row
from occam.sweeps.store import Store
from occam.sweeps.table import COLUMNS, EXPORTED, export, frame
from tests.specs import tiny
from tests.sweeps.rows import row

LOSS: Level = ("loss", 0.1)


@pytest.fixture
def rows() -> list[Row]:
    return [
        row(0, (END, LOSS)),
        row(spec=tiny(training__batch_size=8, training__stop_time=3.0), missed=(LOSS,)),
        row(2),
        row(spec=tiny(data__dataset="csv", data__csv_sha256="0" * 64, data__csv_target='a "b", γ')),
    ]


@pytest.fixture
def store(rows: list[Row], tmp_path: Path):
    with Store.open(tmp_path / "runs.sqlite") as opened:
        opened.put(rows)
        yield opened


@pytest.mark.parametrize("level", [END, LOSS, ("time", 9.0)])
def test_a_store_and_its_rows_make_the_same_table(store: Store, rows: list[Row], level: Level):
    table = frame(store, level)
    pd.testing.assert_frame_equal(table, frame(iter(rows), level), check_exact=True)
    assert tuple(table.columns) == COLUMNS and len(table) == len(rows)
    assert set(KNOBS) | set(METRICS) <= set(COLUMNS) and len(set(COLUMNS)) == len(COLUMNS)


def test_what_stands_in_the_table(store: Store, rows: list[Row]):
    store.rename(rows[2].key, "two")
    table = frame(store, LOSS)
    for place, stored in enumerate(rows):
        line: dict[str, Any] = {str(name): value for name, value in table.iloc[place].items()}
        assert (line["key"], line["ended_at"], line["seconds"]) == (stored.key, stored.step, stored.seconds)
        for path in KNOBS:
            value = stored.spec.value(path)
            assert pd.isna(line[path]) if value is None else line[path] == value
    assert table["name"].tolist() == ["", "", "two", ""]
    assert table["reached"].tolist() == [True, False, False, False]
    assert np.isnan(table.loc[1:, list(METRICS)].to_numpy(dtype=float)).all()
    assert table["step"].tolist()[:1] == [5.0]
    assert str(table["training.batch_size"].dtype) == "Int64" and str(table["model.depth"].dtype) == "int64"


def test_no_rows_make_a_table_without_rows(tmp_path: Path):
    with Store.open(tmp_path / "empty.sqlite") as store:
        pd.testing.assert_frame_equal(frame(store), frame([]))
        assert len(frame([])) == 0 and tuple(frame([]).columns) == COLUMNS
        assert export(store, tmp_path / "empty.csv", "csv") == 0
    assert (tmp_path / "empty.csv").read_text() == ",".join(EXPORTED) + "\n"


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_export_is_read_back_bit_for_bit(store: Store, rows: list[Row], tmp_path: Path, form: str):
    path = tmp_path / "γ runs"
    assert export(store, path, "csv" if form == "csv" else "parquet") == 6
    table = pd.read_csv(path) if form == "csv" else pd.read_parquet(path)
    assert tuple(table.columns) == EXPORTED
    assert table["key"].tolist() == [rows[i].key for i in (0, 0, 1, 1, 2, 3)]
    assert table["at"].tolist() == ["end", "loss", "end", "loss", "end", "end"]
    assert table["reached"].tolist() == [True, True, True, False, True, True]
    assert table["data.csv_target"].tolist()[-1] == 'a "b", γ'
    for place, mark in enumerate([*rows[0].marks, *rows[1].marks, None, rows[2].marks[0]]):
        for name in METRICS:
            expected = math.nan if mark is None else mark.metrics[name]
            (found,) = table[name].iloc[[place]].to_numpy(dtype=float, na_value=math.nan)
            assert math.isnan(found) == math.isnan(expected)
            assert math.isnan(found) or struct.pack("<d", found) == struct.pack("<d", expected)


def test_an_export_that_cannot_be_written_leaves_nothing(store: Store, tmp_path: Path):
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "folder", tmp_path / "missing" / "runs.csv"):
        with pytest.raises(OSError):
            export(store, path, "csv")
    assert sorted(found.name for found in tmp_path.iterdir() if "runs.sqlite" not in found.name) == ["folder"]
