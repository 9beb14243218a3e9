"""One contract for all executors, and what each of them does about workers that are lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from occam.spec import RunSpec
from occam.sweeps import units
from occam.sweeps.compute import compute
from occam.sweeps.executors import local
from occam.sweeps.executors.inline import Inline
from occam.sweeps.executors.job import ExecutorFault
from occam.sweeps.executors.local import Local
from occam.sweeps.failed import Failed
from occam.sweeps.row import Row
from occam.sweeps.units import Unit

SMALL = RunSpec().replace(
    {
        "data.n_train": 20,
        "data.n_test": 20,
        "model.depth": 1,
        "model.width": 4,
        "training.max_steps": 20,
    }
)
SPECS = [SMALL.replace({"model.seed": seed}) for seed in range(12)]
LONG = SMALL.replace({"training.max_steps": 1_000_000, "record_every": 1000})
# No row of an own file that is not there: what raises an exception in a worker.
BAD = SMALL.replace({"data.dataset": "csv", "data.csv_sha256": "0" * 64, "data.csv_target": "y"})


def cut(specs, size=3):
    return [Unit(tuple(specs[start : start + size]), at_losses=(0.6,)) for start in range(0, len(specs), size)]


def gather(executor, seconds=60.0):
    found, end = [], time.monotonic() + seconds
    while not executor.idle:
        assert time.monotonic() < end, "it takes too long"
        found += executor.poll(0.05)
    return found


@pytest.fixture(scope="module")
def expected():
    return {row.key: row.fingerprint for unit in cut(SPECS) for row in compute(unit) if row is not None}


@pytest.fixture(params=[Inline, lambda: Local(2)], ids=["inline", "local"])
def executor(request):
    executor = request.param()
    yield executor
    executor.close()


def prints(found):
    rows = [item for item in found if isinstance(item, Row)]
    assert len({row.key for row in rows}) == len(rows)
    return {row.key: row.fingerprint for row in rows}


def test_every_row_once_and_bit_for_bit(executor, expected):
    assert executor.idle and executor.poll(0.0) == []
    executor.submit(cut(SPECS[:5]))
    executor.submit(cut(SPECS[5:]))
    assert not executor.idle
    assert prints(gather(executor)) == expected
    executor.submit(cut(SPECS[:2]))  # and again
    assert set(prints(gather(executor))) == {spec.digest for spec in SPECS[:2]}


def test_a_run_that_cannot_be_computed_fails_alone(executor, expected):
    executor.submit([Unit((*SPECS[:2], BAD, *SPECS[2:4]), at_losses=(0.6,)), *cut(SPECS[4:])])
    found = gather(executor)
    (failed,) = [item for item in found if isinstance(item, Failed)]
    assert failed.specs == (BAD,) and "CSV" in failed.sentence
    assert prints(found) == expected


def test_cancelled_work_is_forgotten(executor):
    executor.submit([Unit((LONG,))])
    executor.poll(0.02)
    executor.cancel()
    assert executor.idle and executor.poll(0.0) == []
    executor.submit(cut(SPECS[:3]))
    assert len(prints(gather(executor))) == 3


def test_units_are_taken_as_there_is_room(executor):
    taken = []
    endless = (taken.append(unit) or unit for _ in range(1000) for unit in cut(SPECS[:1]))
    executor.submit(endless)
    end = time.monotonic() + 60
    while len(taken) < 5 and time.monotonic() < end:
        executor.poll(0.01)
    assert 5 <= len(taken) < 1000
    executor.cancel()


def test_inline_works_a_little_at_a_time():
    inline = Inline()
    inline.submit([Unit((LONG,))])
    for _ in range(3):
        assert inline.poll(0.0) == [] and inline.occupied
    inline.close()
    assert not inline.occupied


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def kill_one(executor):
    """Kill a worker in the middle of a unit; its id, and what came meanwhile."""
    found, end = [], time.monotonic() + 60
    while not (busy := [worker for worker in executor._team if worker.job is not None]):
        assert time.monotonic() < end
        found += executor.poll(0.01)
    os.kill(busy[0].pid, signal.SIGKILL)
    return busy[0].pid, found


def test_the_unit_of_a_killed_worker_is_computed_by_another(expected):
    executor = Local(2)
    executor.submit(cut(SPECS))
    _, found = kill_one(executor)
    assert prints([*found, *gather(executor)]) == expected
    executor.close()


def test_a_unit_that_kills_its_worker_twice_is_given_up(expected):
    executor = Local(1)
    executor.submit([Unit((LONG,))])
    first, _ = kill_one(executor)
    end = time.monotonic() + 60
    while first in executor.pids and time.monotonic() < end:
        executor.poll(0.01)
    kill_one(executor)
    (failed,) = gather(executor)
    assert failed == Failed((LONG,), local.LOST)
    executor.close()


def test_no_worker_is_left_behind():
    executor = Local(2)
    executor.submit([Unit((LONG,)), Unit((LONG,))])
    pids = executor.pids
    assert len(pids) == 2
    executor.close()
    assert not any(map(alive, pids)) and executor.pids == []


def test_workers_that_never_get_ready_are_an_error(monkeypatch):
    spawn = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda args, **how: spawn([sys.executable, "-c", "raise SystemExit"], **how)
    )
    executor = Local(1)
    executor.submit(cut(SPECS))
    with pytest.raises(ExecutorFault, match="stderr"):
        gather(executor)
    executor.close()


def test_a_worker_without_work_ends_by_itself(monkeypatch):
    script = "from occam.sweeps import worker; worker.PATIENCE = 0.2; worker.main()"
    spawn = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda args, **how: spawn([sys.executable, "-c", script], **how))
    executor = Local(1)
    executor.submit(cut(SPECS[:1]))
    assert len(prints(gather(executor))) == 1
    thread = next(thread for thread in threading.enumerate() if thread.name == f"worker {executor.pids[0]}")
    thread.join(60)
    assert not thread.is_alive()
    executor.submit(cut(SPECS[1:2]))  # and another one is started
    assert len(prints(gather(executor))) == 1
    executor.close()


def test_one_worker_a_core_by_default():
    assert Local().workers == local.cores() >= 1
    assert units.FEWEST_RUNS >= 1
