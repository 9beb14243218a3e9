"""Timers follow the crowd: a fragment tells its browser a new interval when, and only when, it has changed."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner_utils.script_run_context import FragmentThreadState, ScriptRunContext, ThreadState

from occam.engine.limits import curve_seconds, poll_seconds
from occam.ui import pace


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """A session whose messages to the browser are kept in `sent`, on a server with `viewers`."""
    monkeypatch.setattr(pace, "_took", dict.fromkeys(pace.DUE, 0.0))
    here = SimpleNamespace(viewers=1, sent=[], state={})
    monkeypatch.setattr(pace, "engine", lambda: here)
    monkeypatch.setattr(st, "session_state", here.state)
    monkeypatch.setattr(pace, "get_script_run_ctx", lambda: SimpleNamespace(enqueue=here.sent.append))
    monkeypatch.setattr(pace, "ThreadState", SimpleNamespace(get=lambda: SimpleNamespace(fragment_id="f")))
    yield here


def test_a_full_run_reads_the_interval_of_the_moment(crowd: SimpleNamespace) -> None:
    crowd.viewers = 60
    assert pace.begin("fast", live=True) == poll_seconds(60)
    assert pace.begin("slow", live=True) == curve_seconds(60)
    assert pace.begin("fast", live=False) is None


def test_a_crowd_slows_the_timers_that_are_already_running(crowd: SimpleNamespace) -> None:
    pace.begin("fast", live=True)
    pace.keep("fast")
    assert crowd.sent == []
    crowd.viewers = 60
    pace.keep("fast")
    pace.keep("fast")
    assert [(m.auto_rerun.fragment_id, m.auto_rerun.interval) for m in crowd.sent] == [
        ("f", pytest.approx(poll_seconds(60)))
    ]
    crowd.viewers = 1
    pace.keep("fast")
    assert crowd.sent[-1].auto_rerun.interval == pytest.approx(poll_seconds(1))


def test_small_changes_are_not_worth_a_message(crowd: SimpleNamespace) -> None:
    crowd.viewers = 60
    pace.begin("fast", live=True)
    crowd.viewers = 66
    pace.keep("fast")
    assert crowd.sent == []


def test_a_page_that_stands_still_gets_no_timer(crowd: SimpleNamespace) -> None:
    pace.begin("fast", live=False)
    crowd.viewers = 60
    pace.keep("fast")
    assert crowd.sent == []


def test_who_waits_lets_others_draw() -> None:
    with pace.TURN:
        assert not pace.TURN.acquire(blocking=False)
        with pace.aside():
            assert pace.TURN.acquire(blocking=False)
            pace.TURN.release()
        assert not pace.TURN.acquire(blocking=False)
    assert pace.TURN.acquire(blocking=False)
    pace.TURN.release()


def test_the_internals_in_use_exist() -> None:
    assert {"interval", "fragment_id"} <= set(ForwardMsg().auto_rerun.DESCRIPTOR.fields_by_name)
    assert callable(ThreadState.get)
    assert "fragment_id" in FragmentThreadState.__annotations__
    assert callable(ScriptRunContext.enqueue)


def test_a_busy_host_slows_the_timers(crowd: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    pace.begin("fast", live=True)
    monkeypatch.setitem(pace._took, "fast", 0.4)
    pace.keep("fast")
    assert crowd.sent[-1].auto_rerun.interval == pytest.approx(poll_seconds(1, 0.4))


def test_a_drawing_is_timed_even_when_it_is_stopped(crowd: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter((10.0, 12.0))
    monkeypatch.setattr(pace, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setitem(pace._took, "fast", 0.0)
    pace.begin("fast", live=True)
    with pytest.raises(KeyboardInterrupt), pace.turn("fast"):
        raise KeyboardInterrupt
    assert pace._took["fast"] == pytest.approx(2.0 * pace.SHARE)
    assert pace.TURN.acquire(blocking=False)
    pace.TURN.release()
