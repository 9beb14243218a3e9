"""Studies on the page side, against a trainer that says what the test tells it to say."""

import dataclasses
import hashlib
import pickle
import time
from types import SimpleNamespace

import pytest

from occam.engine import client
from occam.engine.client import Engine
from occam.engine.limits import HOSTED, LOCAL
from occam.engine.protocol import Begin, Fault, Halt, Results, Setup, StudiesWaiting
from occam.spec import RunSpec
from occam.studies.kinds.runs import Runs
from occam.studies.spec import Progress
from tests.engine.fakes import eventually, train_spec


def spec(seed=0):
    return Runs(specs=(train_spec(seed),))


def results(entry, first, *values, progress=None, ended=False):
    return Results(entry.number, first, tuple(pickle.dumps(value) for value in values), progress, ended)


def test_one_study_many_viewers_one_computation(engine, trainer):
    entries = {engine.study(f"viewer {viewer}", spec()) for viewer in range(60)}
    (entry,) = entries
    assert trainer.said == [Begin(entry.number, entry.spec, None, 0)]
    assert engine.viewers == 60 and engine.live_studies == 1
    for viewer in range(60):
        engine.leave_study(f"viewer {viewer}", entry)
    assert trainer.said[1:] == [Halt(entry.number)] and entry.stopped
    assert engine.viewers == engine.live_studies == 0


def test_results_arrive_once_and_in_order(engine, trainer):
    entry = engine.study("a", spec())
    assert entry.progress is None
    trainer.lines.put(results(entry, 0, "a", "b", progress=Progress(2, 3)))
    trainer.lines.put(results(entry, 1, "b", "c", ended=True))
    assert entry.wait(3, 60)
    assert entry.results == ["a", "b", "c"] and entry.progress == (2, 3)
    assert entry.ended and entry.over and not entry.stopped and engine.live_studies == 0
    assert engine.study("b", spec()) is entry and len(trainer.said) == 1


def test_a_viewer_watches_one_study_a_slot(engine, trainer):
    first, second = engine.study("a", spec(1)), engine.study("a", spec(2))
    assert [type(message) for message in trainer.said] == [Begin, Halt, Begin] and first.stopped
    third = engine.study("a", spec(3), slot="right")
    assert not second.stopped and not third.stopped
    assert engine.viewers == 1
    engine.release("a")
    assert second.stopped and third.stopped


def test_a_watch_that_is_not_renewed_lapses_and_what_is_there_is_kept(engine, trainer, monkeypatch):
    entry = engine.study("gone", spec())
    later = time.monotonic() + LOCAL.lease_seconds + 1
    monkeypatch.setattr(client, "time", SimpleNamespace(monotonic=lambda: later))
    assert engine.viewers == 0
    trainer.lines.put(results(entry, 0, "a"))
    eventually(lambda: trainer.said[-1] == Halt(entry.number))
    assert entry.stopped and entry.results == ["a"]
    assert engine.study("back", spec()) is entry
    assert trainer.said[-1] == Begin(entry.number, entry.spec, None, 1)


def test_a_fault_is_that_study_s_alone_until_nobody_watches_it(engine, trainer):
    entry, other = engine.study("a", spec(1)), engine.study("b", spec(2))
    trainer.lines.put(Fault(entry.number, "No."))
    assert entry.wait(1, 60)
    assert (entry.fault, other.fault) == ("No.", None)
    assert engine.study("a", spec(1)) is entry
    engine.leave_study("a", entry)
    assert engine.study("a", spec(1)) is not entry


def test_a_new_trainer_is_told_what_is_wanted_and_what_is_there(engine, trainer, born):
    watched, left, over = (engine.study(str(seed), spec(seed)) for seed in range(3))
    trainer.lines.put(results(watched, 0, "a"))
    trainer.lines.put(results(over, 0, ended=True))
    assert watched.wait(1, 60) and over.wait(1, 60)
    engine.leave_study("1", left)
    trainer.lines.put(None)
    successor = born.get(timeout=60)
    eventually(lambda: len(successor.said) == 2)
    assert isinstance(successor.said[0], Setup)
    assert successor.said[1] == Begin(watched.number, watched.spec, None, 1)
    assert watched.recovering and not over.recovering
    successor.lines.put(results(watched, 1, "b", ended=True))
    assert watched.wait(2, 60)
    assert watched.results == ["a", "b"] and not watched.recovering


def test_a_trainer_that_keeps_dying_ends_its_studies_in_a_sentence(engine, trainer, born):
    entry = engine.study("a", spec())
    trainer.lines.put(None)
    for _ in range(2):
        born.get(timeout=60).lines.put(None)
    assert entry.wait(1, 60)
    assert entry.fault is not None and entry.fault.startswith("Computing stopped: ")


def test_places_in_the_queue(engine, trainer):
    entries = [engine.study(str(seed), spec(seed)) for seed in range(3)]
    trainer.lines.put(StudiesWaiting((entries[2].number, entries[0].number)))
    eventually(lambda: engine.queued(entries[2]) == 1)
    assert [engine.queued(entry) for entry in entries] == [2, None, 1]


def test_an_adopted_study_is_what_the_next_viewer_finds(engine):
    entry = engine.adopt_study(spec(), ["a", (1, 2.0)])
    assert engine.study("a", spec()) is entry and entry.ended
    assert entry.results == ["a", (1, 2.0)]
    assert engine.trainer_pid is None


def test_finished_studies_are_kept_by_number_and_by_size(born):
    few = Engine(dataclasses.replace(LOCAL, studies=2))
    first = few.adopt_study(spec(1), ["a"])
    assert first.wait(1, 60)
    for seed in (2, 3):
        few.adopt_study(spec(seed), ["a"])
    assert few.study("a", spec(1)) is not first
    few.close()
    small = Engine(dataclasses.replace(LOCAL, study_bytes=100_000))
    held = small.study("a", spec(1))
    large = small.adopt_study(spec(2), ["x" * 200_000])
    small.adopt_study(spec(3), ["a"])
    assert small.study("b", spec(1)) is held and small.study("b", spec(2)) is not large
    small.close()


def test_own_data_and_limits(engine, trainer):
    content = b"x,y\n1,2\n"
    own = {"data.dataset": "csv", "data.csv_sha256": hashlib.sha256(content).hexdigest(), "data.csv_target": "y"}
    study = Runs(specs=(RunSpec(), RunSpec().replace(own)))
    with pytest.raises(ValueError, match="needs its own CSV file"):
        engine.study("a", study)
    engine.study("a", study, csv=content)
    engine.study("b", spec(), csv=content)
    assert [message.csv for message in trainer.said] == [content, None]
    with pytest.raises(ValueError, match="Width: 65"):
        Engine(HOSTED).study("a", Runs(specs=(RunSpec().replace({"model.width": 65}),)))
