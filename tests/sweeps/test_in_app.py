"""Sweeps and statistics as studies: where they compute, what they store, how soon there is something to see."""

import math
import os
import time
from collections.abc import Generator

import numpy as np
import pandas as pd
import pytest

from occam.engine.limits import HOSTED, LOCAL
from occam.spec import KNOBS, RunSpec
from occam.studies import codec, study
from occam.studies.registry import function
from occam.studies.spec import Progress
from occam.sweeps import in_app, statistics
from occam.sweeps.executors.inline import Inline
from occam.sweeps.executors.job import ExecutorFault
from occam.sweeps.failed import Failed
from occam.sweeps.in_app import Together
from occam.sweeps.row import Row
from occam.sweeps.spec import SweepSpec
from occam.sweeps.store import Store, StoreFault
from occam.sweeps.study import SweepCorrelation, SweepPaired, SweepStudy
from occam.sweeps.units import Unit, units

SMALL = RunSpec().replace(
    {"data.n_train": 20, "data.n_test": 20, "model.depth": 1, "model.width": 4, "training.max_steps": 20}
)
SWEEP = SweepStudy(
    sweep=SweepSpec(
        base=SMALL, vary={"training.step_size": (0.1, 0.3), "model.seed": tuple(range(6))}, at_losses=(0.6,)
    )
)
LONG = SweepStudy(
    sweep=SweepSpec(
        base=SMALL.replace({"record_every": 1000}),
        vary={"training.max_steps": (20, 1_000_000), "model.seed": tuple(range(4))},
    )
)


@pytest.fixture
def hosted(monkeypatch):
    monkeypatch.setenv("OCCAM_HOSTED", "1")


@pytest.fixture
def at_home(monkeypatch, tmp_path):
    monkeypatch.delenv("OCCAM_HOSTED", raising=False)
    monkeypatch.delenv("OCCAM_SCHEDULER", raising=False)
    monkeypatch.setenv("OCCAM_STORE", str(tmp_path / "runs.sqlite"))
    return tmp_path / "runs.sqlite"


def prints(items):
    return {item.key: item.fingerprint for item in items if isinstance(item, Row)}


def test_hosted_it_computes_in_the_trainer_and_stores_nothing(hosted, monkeypatch):
    monkeypatch.setattr(Store, "open", None)
    items = list(function(SWEEP)(SWEEP, None))
    assert len(prints(items)) == 12 and None in items
    assert [item for item in items if isinstance(item, Progress)][-1] == Progress(12, 12)
    for item in items:
        codec.encode(item, [])  # a page can read it
    assert isinstance(in_app.executor(os.environ), Inline)


def test_at_home_rows_are_stored_and_come_back_from_the_store(at_home, hosted, monkeypatch):
    here = prints(study.results(SWEEP))
    monkeypatch.delenv("OCCAM_HOSTED")
    assert prints(study.results(SWEEP)) == here
    with Store.open(at_home) as store:
        assert store.count() == 12


def test_known_rows_are_handed_out_without_computing(at_home):
    first = prints(study.results(SWEEP))
    began = [item for item in study.results(SWEEP) if isinstance(item, Row)]
    assert prints(began) == first
    with Store.open(at_home) as store:
        assert {row.seconds for row in store.rows()} == {row.seconds for row in began}


def test_stopping_keeps_what_is_finished_and_leaves_no_worker(at_home):
    work = in_app.sweep(LONG)
    assert isinstance(work, Generator)
    before, pids = _children(), set()  # other tests' processes may still be there
    end = time.monotonic() + 60
    for item in work:
        pids |= _children() - before
        if isinstance(item, Row):
            break
        assert time.monotonic() < end
    work.close()
    with Store.open(at_home) as store:
        assert store.count() >= 1
    assert not pids & _children()


def _children():
    with open(f"/proc/self/task/{os.getpid()}/children") as children:
        return set(children.read().split())


def test_this_process_computes_until_the_workers_are_ready():
    together = Together(1)
    together.submit(units(SWEEP.sweep.specs(), Unit(()), tile=3))
    assert not together._local.ready and not together.idle
    found = []
    end = time.monotonic() + 60
    while not together.idle and time.monotonic() < end:
        found += together.poll(0.005)
    assert len(prints(found)) == 12 and not any(isinstance(item, Failed) for item in found)
    together.close()
    assert together.idle and together._local.pids == []


def test_a_scheduler_that_is_not_there_is_told(at_home, monkeypatch):
    monkeypatch.setenv("OCCAM_SCHEDULER", "nowhere")
    with pytest.raises(ExecutorFault, match="no Dask scheduler answers"):
        list(study.results(SWEEP))


def test_so_is_a_store_that_cannot_be_used(at_home):
    at_home.mkdir()
    with pytest.raises(StoreFault):
        list(study.results(SWEEP))


def test_servers_cap_the_number_of_runs_and_the_size_of_each():
    HOSTED.check_study(SWEEP)
    many = SweepStudy(sweep=SweepSpec(base=SMALL, vary={"model.seed": tuple(range(501))}))
    LOCAL.check_study(many)
    with pytest.raises(ValueError, match=r"501 runs are more than this server trains at once: 500\."):
        HOSTED.check_study(many)
    wide = SweepStudy(sweep=SweepSpec(base=SMALL, vary={"model.width": (8, 512), "training.max_steps": (20, 2000)}))
    assert wide.run_count == 4 and len(list(wide.runs())) == 1
    LOCAL.check_study(wide)
    with pytest.raises(ValueError, match="Width"):
        HOSTED.check_study(wide)


def test_a_correlation_is_that_of_the_statistics():
    draw = np.random.default_rng(0)
    x = draw.normal(size=30)
    y = x + draw.normal(size=30)
    spec = SweepCorrelation(
        x=(*x.tolist(), None), y=(*y.tolist(), 1.0), groups=(*(place // 5 for place in range(30)), 0)
    )
    (found,) = study.results(spec)
    assert found == statistics.correlation([*x, math.nan], [*y, 1.0], spec.groups)
    codec.encode(found, [])


def test_a_paired_comparison_is_that_of_the_statistics():
    draw = np.random.default_rng(0)
    columns = {
        "training.step_size": (0.1, 0.3) * 8,
        "model.seed": tuple(place // 2 for place in range(16)),
        "test_loss": (*draw.normal(size=15).tolist(), None),
    }
    spec = SweepPaired(knob="training.step_size", outcome="test_loss", columns=columns)
    (found,) = study.results(spec)
    table = pd.DataFrame(
        {path: [KNOBS[path].default] * 16 for path in KNOBS} | {k: list(v) for k, v in columns.items()}
    )
    assert repr(found) == repr(statistics.paired(table.astype({"test_loss": float}), "training.step_size", "test_loss"))
    assert found.n == 7 and found.n_missing == 1
    assert "record_every" in KNOBS
