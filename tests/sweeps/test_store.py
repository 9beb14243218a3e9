"""The store: what goes in comes out to the last bit, again is the same as once, nothing is lost on the way."""

from __future__ import annotations

import math
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from occam.glossary import METRICS
from occam.sweeps import schema
from occam.sweeps.row import END, Level, Mark
from occam.sweeps.store import Store, StoreFault, default_path
from tests.specs import tiny
from tests.sweeps.rows import HARD, row

LEVELS: tuple[Level, ...] = (END, ("loss", 0.1), ("time", 0.1))


@pytest.fixture
def store(tmp_path: Path):
    with Store.open(tmp_path / "runs.sqlite") as opened:
        yield opened


def bits(number: float) -> bytes:
    return b"nan" if math.isnan(number) else struct.pack("<d", number)


def test_a_row_comes_back_to_the_last_bit(store: Store):
    put = row(3, LEVELS, missed=(("loss", 0.01),), stability=math.nan, status="diverged", reason="loss_not_finite")
    store.put([put])
    got = store.row(put.key)
    assert got is not None and got.fingerprint == put.fingerprint
    assert (got.spec, got.device, got.versions, got.seconds) == (put.spec, put.device, put.versions, put.seconds)
    assert (got.levels, got.missed, got.mark("loss", 0.01)) == (put.levels, put.missed, None)
    for mine, theirs in zip(put.marks, got.marks, strict=True):
        assert {name: bits(value) for name, value in mine.metrics.items()} == {
            name: bits(value) for name, value in theirs.metrics.items()
        }


@pytest.mark.parametrize("number", HARD)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_number_is_kept(store: Store, number: float, dtype: str):
    weights = np.array([number, 1.5], dtype=np.float64).astype(dtype) if abs(number) < 1e38 else np.ones(2, dtype)
    store.put([row(stability=number, seconds=number, weights=weights, dtype=dtype)])
    (got,) = store.rows()
    assert bits(got.stability) == bits(got.seconds) == bits(number)
    kept = store.weights(got.key)
    assert kept is not None and kept.dtype == weights.dtype and kept.tobytes() == weights.tobytes()


def test_fingerprints_tell_rows_apart_and_leave_out_what_does_not_follow_from_the_spec():
    put = row(3, LEVELS)
    assert row(3, LEVELS, seconds=9.0, device="GPU", versions={}).fingerprint == put.fingerprint
    others = [row(3), row(3, LEVELS, stability=0.0), row(3, LEVELS, weights=-put.weights), row(3, LEVELS, step=5)]
    assert len({other.fingerprint for other in (put, *others)}) == 5


def test_again_is_the_same_as_once(store: Store):
    rows = [row(seed, LEVELS) for seed in range(4)]
    for _ in range(3):
        store.put(rows)
    assert [got.fingerprint for got in store.rows()] == [put.fingerprint for put in rows]
    assert store.count() == 4


def test_marks_of_one_run_are_united(store: Store):
    store.put([row(0, (END, ("loss", 0.1)))])
    store.put([row(0, (END, ("time", 3.0)), missed=(("loss", 0.01),))])
    (got,) = store.rows()
    assert [(mark.at, mark.level) for mark in got.marks] == [END, ("loss", 0.1), ("time", 3.0)]
    assert got.missed == (("loss", 0.01),)


def test_marks_of_another_run_replace_those_that_are_there(store: Store):
    store.put([row(0, LEVELS)])
    other = row(0, device="GPU", weights=np.ones(17, np.float32))
    store.put([other])
    (got,) = store.rows()
    assert got.fingerprint == other.fingerprint and got.device == "GPU"


def test_known_are_runs_with_all_levels_looked_for(store: Store):
    reached, missed, plain = row(0, LEVELS), row(1, LEVELS[:2], missed=LEVELS[2:]), row(2)
    store.put([reached, missed, plain])
    keys = [reached.key, missed.key, plain.key, "0" * 16]
    assert store.known(keys) == {reached.key, missed.key, plain.key}
    assert store.known(keys, LEVELS) == {reached.key, missed.key}
    assert store.known([], LEVELS) == set() and store.known(keys[2:], LEVELS) == set()
    many = [row(seed).key for seed in range(3, 1203)]
    assert store.known([*many, plain.key]) == {plain.key}


def test_rows_come_in_the_order_asked_for(store: Store):
    rows = [row(seed) for seed in range(5)]
    store.put(reversed(rows))
    assert store.keys() == [put.key for put in reversed(rows)]
    asked = [rows[3].key, "0" * 16, rows[0].key]
    assert [got.key for got in store.rows(asked)] == [rows[3].key, rows[0].key]
    assert store.row("0" * 16) is None and store.weights("0" * 16) is None


def test_a_listing_has_every_run_at_the_level_or_without(store: Store):
    rows = [row(0, LEVELS), row(1, missed=LEVELS[1:2]), row(2)]
    store.put(rows)
    listing = store.listing(("loss", 0.1))
    assert listing.texts["key"] == [put.key for put in rows] == store.listing().texts["key"]
    assert (listing.reached.tolist(), listing.sought.tolist()) == ([True, False, False], [True, True, False])
    mark = rows[0].mark("loss", 0.1)
    assert mark is not None
    for name in METRICS:
        column = listing.metrics[name]
        assert bits(float(column[0])) == bits(mark.metrics[name]) and np.isnan(column[1:]).all()
    assert store.levels() == [(END, 3), (("loss", 0.1), 1), (("time", 0.1), 1)]


def test_an_empty_store(store: Store):
    assert (store.count(), store.keys(), list(store.rows()), store.levels()) == (0, [], [], [])
    listing = store.listing()
    assert listing.reached.tolist() == [] and listing.texts["key"] == [] and len(listing.metrics["train_loss"]) == 0


def test_a_deletion_is_undone_or_final(store: Store):
    one, other = row(0), row(1)
    store.put([one, other])
    store.rename(one.key, "Größe & “γ”")
    store.delete([one.key])
    assert (store.count(), store.count(deleted=True)) == (1, 1)
    assert store.row(one.key) is None and store.weights(one.key) is None and store.known([one.key]) == set()
    assert store.keys(deleted=True) == [one.key] and len(store.listing().texts["key"]) == 1
    store.restore([one.key])
    assert store.listing().texts["name"] == ["Größe & “γ”", ""]
    store.delete([one.key])
    store.put([one])
    assert store.count() == 2  # computed again, it is there again, under its name
    store.delete([one.key])
    store.purge()
    store.restore([one.key])
    assert (store.count(), store.count(deleted=True), store.levels()) == (1, 0, [(END, 1)])


def test_merging_adds_what_is_missing_and_changes_nothing(store: Store, tmp_path: Path):
    mine, both = row(0, device="mine"), row(1)
    store.put([mine, both])
    store.delete([both.key])
    with Store.open(tmp_path / "other.sqlite") as other:
        other.put([row(0, device="theirs"), both, row(2)])
        other.rename(row(2).key, "new")
        assert (store.merge(other), store.merge(other)) == (1, 0)
    assert store.listing().texts["name"] == ["", "new"]
    assert store.listing().texts["device"] == ["mine", "CPU"] and store.keys(deleted=True) == [both.key]


def test_all_rows_of_a_put_or_none(store: Store):
    def rows():
        yield row(0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.put(rows())
    assert store.count() == 0
    store.put([row(1)])
    assert store.count() == 1


def test_a_full_disk_keeps_what_is_there(store: Store):
    put = [row(seed) for seed in range(3)]
    store.put(put)
    full = store._connection.execute("PRAGMA page_count").fetchone()[0] + 2
    store._connection.execute(f"PRAGMA max_page_count = {full}")  # SQLite then fails as on a full disk
    big = [row(seed, weights=np.zeros(20_000, np.float32)) for seed in range(3, 9)]
    with pytest.raises(StoreFault, match="the disk is full; what it holds is kept") as caught:
        store.put(big)
    assert "\n" not in str(caught.value)
    assert [got.fingerprint for got in store.rows()] == [one.fingerprint for one in put]
    store._connection.execute("PRAGMA max_page_count = 1000000")
    store.put(big)
    assert store.count() == 9


def test_a_spec_of_another_version_is_told(store: Store):
    store.put([row(0)])
    with store._writing() as connection:
        connection.execute("UPDATE runs SET spec = ?", ['{"model": {"depth": 99}}'])
    with pytest.raises(StoreFault, match=f"run {row(0).key} holds a spec that this version does not know"):
        list(store.rows())


def test_the_default_is_in_the_users_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("OCCAM_STORE", str(tmp_path / "mine.sqlite"))
    assert default_path() == tmp_path / "mine.sqlite"
    monkeypatch.delenv("OCCAM_STORE")
    assert default_path().name == "runs.sqlite" and "occam" in str(default_path().parent).lower()


def test_an_own_column_name_and_a_missing_metric(store: Store):
    data = {"dataset": "csv", "csv_sha256": "0" * 64, "csv_target": "ΔT'; --"}
    put = row(spec=tiny(**{f"data__{name}": value for name, value in data.items()}))
    store.put([replace(put, marks=(Mark("end", None, 6, {"step": 6.0, "train_loss": 1.0}),))])
    got = store.row(put.key)
    assert got is not None and got.spec.data.csv_target == "ΔT'; --"
    assert got.marks[0].metrics["train_loss"] == 1.0 and math.isnan(got.marks[0].metrics["test_loss"])
    assert set(got.marks[0].metrics) == {"step", *schema.MEASURED}
