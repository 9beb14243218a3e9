import dataclasses

import numpy as np
import pytest

from occam.engine.client import Engine
from occam.engine.limits import LOCAL
from occam.engine.protocol import Answer, Ask
from occam.training.frames import Recording
from tests.engine.fakes import ENDING, eventually, frame, header, train_spec


def test_a_question_is_asked_once_and_its_answer_shared(engine, trainer):
    entry = engine.adopt(Recording(header(train_spec()), [frame(0), frame(10)], ENDING))
    first = engine.ask("plane_maps", entry, entry.frames[0], axes=(0, 1))
    assert engine.ask("plane_maps", entry, entry.frames[0], axes=(0, 1)) is first
    assert engine.ask("plane_maps", entry, entry.frames[0], axes=(0, 2)) is not first
    assert engine.ask("unit_maps", entry, entry.frames[1]) is not first
    assert [type(message) for message in trainer.said] == 3 * [Ask]
    trainer.lines.put(Answer(trainer.said[0].ticket, "a map"))
    assert first.result(60) == "a map"
    assert not first.cancel()


def test_a_failed_answer_is_one_sentence_and_may_be_asked_again(engine, trainer):
    entry = engine.adopt(Recording(header(train_spec()), [frame(0)], ENDING))
    first = engine.ask("unit_maps", entry, entry.frames[0])
    trainer.lines.put(Answer(trainer.said[0].ticket, fault="It cannot be."))
    with pytest.raises(RuntimeError, match="It cannot be"):
        first.result(60)
    assert engine.ask("unit_maps", entry, entry.frames[0]) is not first


def test_a_question_survives_one_death(engine, trainer, born):
    entry = engine.adopt(Recording(header(train_spec()), [frame(0)], ENDING))
    future = engine.ask("unit_maps", entry, entry.frames[0])
    trainer.lines.put(None)
    second = born.get(timeout=60)
    eventually(lambda: len(second.said) == 2)
    second.lines.put(None)
    with pytest.raises(RuntimeError, match="before it could answer"):
        future.result(60)


def test_answers_kept_are_bounded(born):
    engine = Engine(dataclasses.replace(LOCAL, answers=2))
    entry = engine.adopt(Recording(header(train_spec()), [frame(step) for step in range(3)], ENDING))
    futures = [engine.ask("unit_maps", entry, shown) for shown in entry.frames]
    assert engine.ask("unit_maps", entry, entry.frames[2]) is futures[2]
    assert engine.ask("unit_maps", entry, entry.frames[0]) is not futures[0]
    engine.close()


def test_a_stored_row_is_opened_once_by_its_weights(engine, trainer):
    spec, weights = train_spec(), np.zeros(3)
    first = engine.open_row(spec, weights, 20)
    assert engine.open_row(spec, weights.copy(), 20) is first
    assert engine.open_row(spec, weights, 40) is not first
    asked = trainer.said[0]
    assert (asked.kind, asked.subject, asked.options) == ("row_maps", spec, {"step": 20})
