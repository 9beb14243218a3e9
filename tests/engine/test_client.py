"""The page side against a trainer that says what the test tells it to say."""

import hashlib
import time
from types import SimpleNamespace

import pytest

from occam.engine import client
from occam.engine.client import Engine
from occam.engine.limits import HOSTED, LOCAL
from occam.engine.protocol import Fault, Leave, Train, Until, Waiting
from occam.spec import RunSpec
from occam.training.frames import Recording
from tests.engine.fakes import ENDING, eventually, frame, header, news, train_spec


def test_one_entry_many_viewers_one_training(engine, trainer):
    entry = engine.open(train_spec())
    assert engine.open(train_spec()) is entry
    assert engine.open(train_spec(), device="cpu") is not entry
    for viewer in range(60):
        engine.lease(f"viewer {viewer}", entry, 5)
    assert trainer.said == [Train(entry.number, entry.spec, "auto", None, 0, 5)]
    assert engine.viewers == 60 and engine.live_runs == 1


def test_the_trainer_hears_the_farthest_wish_and_only_changes(engine, trainer):
    entry = engine.open(train_spec())
    for viewer, until in [("a", 5), ("b", 3), ("b", 5), ("b", 8), ("a", None), ("a", None), ("a", 2)]:
        engine.lease(viewer, entry, until)
    trainer.lines.put(news(entry, *range(4)))
    assert entry.wait(4, 60)
    engine.lease("b", entry, 3)
    engine.lease("a", entry, 0)
    engine.lease("a", entry, 4)
    number = entry.number
    assert trainer.said[1:] == [
        Until(number, 8),
        Until(number, None),
        Until(number, 8),
        Leave(number),
        Train(number, entry.spec, "auto", None, 4, 4),
    ]


def test_who_looks_elsewhere_lets_go(engine, trainer):
    first, second = engine.open(train_spec(1)), engine.open(train_spec(2))
    engine.lease("a", first, None)
    engine.lease("a", second, None)
    engine.release("a")
    engine.release("a")
    kinds = [(type(message), message.run) for message in trainer.said]
    assert kinds == [(Train, first.number), (Leave, first.number), (Train, second.number), (Leave, second.number)]
    assert first.leases == second.leases == engine.viewers == 0


def test_a_viewer_of_several_runs_holds_one_in_each_slot(engine, trainer):
    first, second = engine.open(train_spec(1)), engine.open(train_spec(2))
    engine.lease("a", first, 3)
    engine.lease("a", second, 3, slot="second")
    assert (first.leases, second.leases, engine.viewers) == (1, 1, 1)
    engine.leave_run("a", slot="second")
    assert (first.leases, second.leases) == (1, 0)
    engine.lease("a", second, 3, slot="second")
    engine.release("a")
    assert (first.leases, second.leases, engine.viewers) == (0, 0, 0)


def test_a_lease_that_is_not_renewed_lapses(engine, trainer, monkeypatch):
    entry = engine.open(train_spec())
    engine.lease("gone", entry, None)
    later = time.monotonic() + LOCAL.lease_seconds + 1
    monkeypatch.setattr(client, "time", SimpleNamespace(monotonic=lambda: later))
    assert engine.viewers == 0
    trainer.lines.put(news(entry, 0))
    eventually(lambda: trainer.said[-1] == Leave(entry.number))
    assert entry.leases == 0


def test_what_arrives_after_a_leave_is_kept(engine, trainer):
    entry = engine.open(train_spec())
    engine.lease("a", entry, None)
    engine.release("a")
    trainer.lines.put(news(entry, 0, 1))
    assert entry.wait(2, 60)
    engine.lease("a", entry, None)
    assert trainer.said[-1] == Train(entry.number, entry.spec, "auto", None, 2, None)


def test_an_ended_run_is_never_asked_for_again(engine, trainer):
    entry = engine.open(train_spec())
    engine.lease("a", entry, None)
    trainer.lines.put(news(entry, 0, ending=ENDING))
    assert entry.wait(2, 60)
    engine.lease("a", entry, 50)
    engine.lease("b", entry, None)
    assert len(trainer.said) == 1 and engine.live_runs == 0


def test_a_fault_is_that_entry_s_alone(engine, trainer):
    entry, other = engine.open(train_spec(1)), engine.open(train_spec(2))
    engine.lease("a", entry, None)
    engine.lease("b", other, None)
    trainer.lines.put(Fault(entry.number, "The file has no header."))
    trainer.lines.put(news(other, 0))
    assert entry.wait(1, 60) and other.wait(1, 60)
    assert entry.fault == "The file has no header." and other.fault is None
    assert engine.open(train_spec(1)) is entry


def test_places_in_the_queue(engine, trainer):
    entries = [engine.open(train_spec(seed)) for seed in range(3)]
    for seed, entry in enumerate(entries):
        engine.lease(str(seed), entry, None)
    trainer.lines.put(Waiting((entries[2].number, entries[0].number)))
    eventually(lambda: engine.queued(entries[2]) == 1)
    assert [engine.queued(entry) for entry in entries] == [2, None, 1]


def test_an_adopted_recording_is_what_open_finds(engine):
    recording = Recording(header(train_spec()), [frame(0), frame(10)], ENDING)
    entry = engine.adopt(recording)
    assert engine.adopt(recording) is entry
    assert engine.open(train_spec()) is entry
    assert entry.recording == recording
    assert engine.trainer_pid is None


def test_own_data_needs_its_file(engine, trainer):
    content = b"x,y\n1,2\n"
    own = {"data.dataset": "csv", "data.csv_sha256": hashlib.sha256(content).hexdigest(), "data.csv_target": "y"}
    spec = RunSpec().replace(own)
    with pytest.raises(ValueError, match="needs its own CSV file"):
        engine.open(spec)
    with pytest.raises(ValueError, match="is not the one"):
        engine.open(spec, csv=b"x,y\n1,3\n")
    entry = engine.open(spec, csv=content)
    assert engine.open(spec) is entry
    engine.lease("a", entry, 0)
    assert trainer.said[0].csv == content


def test_what_exceeds_the_limits_is_refused():
    with pytest.raises(ValueError, match="Width: 65"):
        Engine(HOSTED).open(RunSpec().replace({"model.width": 65}))
