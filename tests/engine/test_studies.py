"""Studies with the real trainer process."""

import hashlib
import os
import signal

import numpy as np
import pytest

from occam.engine.client import Engine
from occam.engine.limits import LOCAL
from occam.spec import RunSpec
from occam.studies.kinds.runs import Finished, Runs
from occam.training.run import train
from tests.engine.fakes import eventually

SMALL = RunSpec().replace(
    {"data.n_train": 20, "data.n_test": 20, "model.depth": 1, "model.width": 4, "training.max_steps": 20}
)


@pytest.fixture(scope="module")
def engine():
    engine = Engine(LOCAL)
    yield engine
    engine.close()


@pytest.fixture(autouse=True)
def leave(engine):
    yield
    engine.release("a")
    engine.release("b")


def seeds(first, count, **changes):
    return Runs(specs=tuple(SMALL.replace({"model.seed": seed} | changes) for seed in range(first, first + count)))


def test_results_stream_and_are_those_of_the_run_itself(engine):
    entry = engine.study("a", seeds(0, 20))
    assert entry.wait(1, 60)
    assert engine.study("b", seeds(0, 20)) is entry
    assert entry.wait(100, 60)
    assert entry.ended and entry.fault is None and entry.progress == (20, 20)
    assert sorted(result.index for result in entry.results) == list(range(20))
    finished = entry.results[0]
    assert isinstance(finished, Finished)
    alone = train(entry.spec.specs[finished.index])
    np.testing.assert_array_equal(finished.recording.frames[-1].params, alone.frames[-1].params)
    assert finished.recording.ending == alone.ending and finished.recording.header.spec == alone.header.spec


def test_a_stopped_study_stands_still_and_goes_on(engine):
    spec = seeds(100, 200)
    entry = engine.study("a", spec)
    assert entry.wait(1, 60)
    engine.leave_study("a", entry)
    assert entry.stopped
    # The other study is computed after the halt was heard: from its end on nothing of the first can be on its way.
    other = engine.study("b", seeds(50, 1))
    assert other.wait(10, 60)
    held = list(entry.results)
    assert 0 < len(held) < 200
    again = engine.study("a", spec)
    assert again is entry and entry.wait(len(held) + 1, 60)
    assert all(one is two for one, two in zip(entry.results, held, strict=False))


def test_a_killed_trainer_leaves_no_gap_and_no_double(engine):
    spec = seeds(400, 60)
    entry = engine.study("a", spec)
    assert entry.wait(8, 60)
    restarts, held = engine.restarts, list(entry.results)
    os.kill(engine.trainer_pid, signal.SIGKILL)
    eventually(lambda: engine.restarts == restarts + 1)
    assert entry.wait(1000, 60)
    assert entry.ended and not entry.recovering and entry.fault is None
    assert all(one is two for one, two in zip(entry.results, held, strict=False))
    assert sorted(result.index for result in entry.results) == list(range(60))


def test_a_fault_is_a_sentence_for_its_study_alone(engine):
    content = b"x,y\n" + b"".join(b"%d,%d\n" % (row, row % 3) for row in range(30)) + b"7,oops\n"
    own = {"data.dataset": "csv", "data.csv_sha256": hashlib.sha256(content).hexdigest(), "data.csv_target": "z"}
    faulty, sound = engine.study("a", seeds(0, 1, **own), csv=content), engine.study("b", seeds(500, 2))
    assert faulty.wait(1, 60) and sound.wait(10, 60)
    assert faulty.fault is not None and faulty.fault.endswith(".") and "\n" not in faulty.fault
    assert sound.ended and sound.fault is None and not faulty.results


def test_a_live_run_ends_beside_an_endless_study(engine):
    study = engine.study("a", Runs(specs=(SMALL.replace({"training.max_steps": 1_000_000, "record_every": 200}),)))
    run = engine.open(SMALL.replace({"training.max_steps": 2000}))
    engine.lease("b", run, None)
    assert run.wait(1000, 60)
    assert run.ending is not None and not study.over
    assert engine.viewers == 2
