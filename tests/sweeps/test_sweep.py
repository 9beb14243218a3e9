import pytest

from occam.spec import RunSpec
from occam.studies.spec import Progress
from occam.sweeps.executors.inline import Inline
from occam.sweeps.row import Row
from occam.sweeps.spec import SweepSpec
from occam.sweeps.store import Store, StoreFault
from occam.sweeps.sweep import run

SMALL = RunSpec().replace(
    {"data.n_train": 20, "data.n_test": 20, "model.depth": 1, "model.width": 4, "training.max_steps": 10}
)
SWEEP = SweepSpec(base=SMALL, vary={"training.step_size": (0.1, 0.3), "model.seed": (0, 1, 2)})


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "runs.sqlite") as store:
        yield store


def rows(items):
    return [item for item in items if isinstance(item, Row)]


def test_rows_are_in_the_store_before_they_are_handed_out(store):
    keys = []
    for item in run(SWEEP, store, Inline()):
        if isinstance(item, Row):
            keys.append(item.key)
            assert store.row(item.key).fingerprint == item.fingerprint
    assert sorted(keys) == sorted(spec.digest for spec in SWEEP.specs())


def test_progress_counts_what_is_over_up_to_the_end():
    told = [item.done for item in run(SWEEP, None, Inline()) if isinstance(item, Progress)]
    assert told == sorted(set(told)) and told[-1] == 6


def test_what_the_store_holds_is_skipped_and_handed_out_only_if_asked_for(store):
    first = {row.key: row.fingerprint for row in rows(run(SWEEP, store, Inline()))}
    items = list(run(SWEEP, store, Inline()))
    assert rows(items) == [] and items[0] == Progress(6, 6)
    again = rows(run(SWEEP, store, Inline(), stored=True))
    assert {row.key: row.fingerprint for row in again} == first


def test_a_level_that_was_not_looked_for_is_computed_and_joins_the_row(store):
    list(run(SWEEP, store, Inline()))
    more = SweepSpec(base=SMALL, vary=SWEEP.vary, at_losses=(0.69, 1e-9), at_times=(0.5,))
    new = rows(run(more, store, Inline()))
    assert len(new) == 6 and store.count() == 6
    for row in store.rows():
        assert row.levels >= {("end", None), ("loss", 0.69), ("loss", 1e-9), ("time", 0.5)}
    assert rows(run(more, store, Inline())) == []


def test_closing_it_keeps_what_is_finished_and_it_goes_on_from_there(store):
    executor = Inline()
    work = run(SWEEP, store, executor, small=1)
    next(item for item in work if isinstance(item, Row))
    work.close()
    held = store.count()
    assert 1 <= held < 6 and executor.idle
    assert len(rows(run(SWEEP, store, executor))) == 6 - held and store.count() == 6


def test_a_store_that_fails_ends_the_sweep(store, monkeypatch):
    def full(rows):
        raise StoreFault("the disk is full")

    executor = Inline()
    monkeypatch.setattr(store, "put", full)
    with pytest.raises(StoreFault, match="full"):
        list(run(SWEEP, store, executor))
    assert executor.idle
