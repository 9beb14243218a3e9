from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from occam.engine.client import Engine
from occam.engine.limits import LOCAL
from occam.spec import RunSpec
from occam.training import archive
from occam.ui import desk as home
from occam.ui import timeline, words
from occam.ui.desk import GALLERY, Desk, Look


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine that knows the recorded default run and never starts its trainer."""
    made = Engine(LOCAL)
    monkeypatch.setattr(made, "start", lambda: None)
    made.adopt(archive.load(GALLERY / "default.npz"))
    monkeypatch.setattr(home, "engine", lambda: made)
    monkeypatch.setattr(words, "engine", lambda: made)
    monkeypatch.setattr(home, "FIRST_FRAME", 0.0)
    yield made
    made.close()


@pytest.fixture
def desk(engine: Engine) -> Desk:
    at_end = Desk("viewer")
    at_end.turn_to(RunSpec(), at_end.to_last)
    at_end.poll()
    return at_end


def shown(desk: Desk) -> Look:
    assert desk.look is not None
    return desk.look


def polled(desk: Desk) -> Look:
    look = desk.poll()
    assert look is not None
    return look


def test_the_gallery_holds_the_default_run(desk: Desk) -> None:
    assert desk.fresh and not desk.waiting
    assert shown(desk).frame.step == RunSpec().training.last_step
    assert np.isfinite(shown(desk).frame.metrics["test_loss"])
    assert "all steps done" in words.status(desk)


def test_play_at_the_end_begins_anew_and_pauses_by_itself(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(home.time, "monotonic", lambda: now[0])
    desk.play()
    assert polled(desk).index == 0 and desk.waiting
    now[0] += 1.0
    assert 0 < polled(desk).index < len(shown(desk).frames) - 1
    for _ in range(30):
        now[0] += 1.0
        desk.poll()
    assert shown(desk).index == len(shown(desk).frames) - 1 and not desk.waiting


def test_a_link_to_a_step_shows_its_record(desk: Desk) -> None:
    desk.turn_to(RunSpec(), desk.to_step(437))
    assert polled(desk).frame.step == 440
    assert not desk.head.moving


def test_the_last_picture_stays_until_the_new_run_has_one(desk: Desk) -> None:
    before = desk.look
    desk.turn_to(RunSpec().replace({"model.seed": 1}))
    assert desk.poll() is before
    assert not desk.fresh and desk.waiting
    assert "Training starts" in words.status(desk)


def test_following_the_same_knobs_keeps_the_playhead(desk: Desk) -> None:
    desk.head.scrub(3)
    desk.poll()
    desk.follow(RunSpec(), "auto")
    desk.follow(None, "auto")
    assert desk.head.position == 3 and desk.spec == RunSpec()
    desk.follow(RunSpec().replace({"model.seed": 2}), "auto")
    assert desk.head.position == 0 and desk.spec.model.seed == 2


def test_a_run_on_a_missing_file_is_a_fault_in_words(desk: Desk) -> None:
    spec = RunSpec().replace({"data.dataset": "csv", "data.csv_sha256": "ab" * 32, "data.csv_target": "y"})
    desk.turn_to(spec)
    assert desk.entry is None and "abab" in str(desk.fault)
    assert not desk.waiting


def test_the_timeline_counts_records_and_ends_where_the_run_does(desk: Desk) -> None:
    assert timeline.records(desk) == (101, 2000)
    desk.turn_to(RunSpec().replace({"training.max_steps": 50, "record_every": 20}))
    assert timeline.records(desk) == (4, 50)


def test_commands_before_the_first_frame_do_no_harm(engine: Engine) -> None:
    empty = Desk("other")
    empty.play()
    empty.reach()
    assert empty.poll() is None and not empty.waiting and not empty.fresh
    assert words.status(empty).startswith('<p data-live="status">Training starts')
