"""The engine with its real trainer process."""

import dataclasses
import hashlib
import os
import signal
from dataclasses import astuple

import numpy as np
import pytest

from occam.engine.client import Engine
from occam.engine.limits import LOCAL
from occam.spec import RunSpec
from occam.training.frames import Frame
from occam.training.run import train
from tests.engine.fakes import eventually, train_spec

SMALL = {"data.n_train": 40, "data.n_test": 40, "model.width": 8}


@pytest.fixture(scope="module")
def engine():
    engine = Engine(dataclasses.replace(LOCAL, live_runs=2, parked_runs=1))
    yield engine
    engine.close()


@pytest.fixture
def watch(engine):
    """Opens and leases a run, each with a viewer of its own, released afterwards."""
    viewers = []

    def watch(spec, until=None, **how):
        entry = engine.open(spec, **how)
        viewers.append(f"viewer {len(viewers)}")
        engine.lease(viewers[-1], entry, until)
        return entry

    yield watch
    for viewer in viewers:
        engine.release(viewer)


def small(seed: int = 0, **how: int) -> RunSpec:
    return train_spec(seed, **how).replace(SMALL)


def assert_same(frames: list[Frame], others: list[Frame]) -> None:
    assert len(frames) == len(others)
    for frame, other in zip(frames, others, strict=True):
        for one, two in zip(astuple(frame), astuple(other), strict=True):
            np.testing.assert_equal(one, two)


def test_a_run_in_the_trainer_is_the_run_in_process(engine, watch):
    entry, neighbour = watch(small(1)), watch(small(2))
    assert entry.wait(1000, 60) and neighbour.wait(1000, 60)
    assert entry.fault is None
    run = train(small(1))
    assert_same(entry.frames, run.frames)
    assert entry.ending == run.ending
    assert entry.header is not None and entry.header.spec == small(1)
    assert engine.device == entry.header.device


def test_a_killed_trainer_is_replaced_and_the_frames_are_those_of_an_undisturbed_run(engine, watch):
    spec = small(3, every=100, last=2000)
    entry = watch(spec, until=6)
    assert entry.wait(7, 60)
    restarts, seen = engine.restarts, list(entry.frames)
    engine.lease("viewer 0", entry, None)
    assert entry.wait(8, 60)
    os.kill(engine.trainer_pid, signal.SIGKILL)
    eventually(lambda: engine.restarts == restarts + 1)
    assert entry.wait(1000, 60)
    assert not entry.recovering and entry.fault is None
    assert entry.frames[:7] == seen  # the very same objects: nothing was sent again
    assert_same(entry.frames, train(spec).frames)


def test_parked_runs_that_lost_their_state_go_on_where_they_were(engine, watch):
    entries = [watch(small(seed), until=3) for seed in (4, 5, 6)]
    assert all(entry.wait(4, 60) for entry in entries)
    assert [len(entry.frames) for entry in entries] == [4, 4, 4]
    for number, entry in enumerate(entries):
        engine.lease(f"viewer {number}", entry, None)
    assert all(entry.wait(1000, 60) for entry in entries)
    assert not any(entry.recovering for entry in entries)
    assert_same(entries[0].frames, train(small(4)).frames)


def test_beyond_the_cap_viewers_are_told_their_place(engine, watch):
    long = {"training.max_steps": 1_000_000, "record_every": 1000}
    entries = [watch(small(seed).replace(long)) for seed in (7, 8, 9, 10)]
    eventually(lambda: [engine.queued(entry) for entry in entries] == [None, None, 1, 2])
    assert engine.live_runs == 4
    engine.release("viewer 0")
    assert entries[2].wait(1, 60)
    eventually(lambda: engine.queued(entries[3]) == 1)
    assert not entries[3].frames


def test_a_faulty_file_is_a_sentence_for_its_run_alone(engine, watch):
    content = b"x,y\n" + b"".join(b"%d,%d\n" % (row, row % 3) for row in range(30)) + b"7,oops\n"
    own = {"data.dataset": "csv", "data.csv_sha256": hashlib.sha256(content).hexdigest(), "data.csv_target": "z"}
    faulty, sound = watch(small(11).replace(own), csv=content), watch(small(12))
    assert faulty.wait(1, 60) and sound.wait(1000, 60)
    assert faulty.fault is not None and faulty.fault.endswith(".") and "\n" not in faulty.fault
    assert sound.fault is None and not faulty.frames


def test_maps_of_a_recorded_frame(engine, watch):
    entry = watch(small(13), until=0)
    assert entry.wait(1, 60)
    maps = engine.ask("unit_maps", entry, entry.frames[0]).result(60)
    assert [layer.shape for layer in maps] == [(8, 64, 64)] * 3
    nonsense = engine.ask("plane_maps", entry, entry.frames[0], axes=(0, 99))
    with pytest.raises(RuntimeError, match="two different features"):
        nonsense.result(60)


def test_an_interrupt_from_the_keyboard_is_the_app_s_business(engine, watch):
    assert watch(small(14), until=0).wait(1, 60)
    pid = engine.trainer_pid
    os.kill(pid, signal.SIGINT)
    assert watch(small(15), until=1).wait(2, 60)
    assert engine.trainer_pid == pid
