"""How often a page asks again: timers in the browser, set anew as the crowd grows or shrinks.

`run_every` is read in full runs only: whoever came first would go on asking as often as one viewer alone may, and a
crowd that comes one by one would ask the server to a standstill.  But a browser that is told another interval for a
fragment replaces its timer, so the fragment itself says what is due now: for the number of viewers, and for how long
drawings take at present.  A poll that comes before its predecessor is done stops that, so on a host that is busy with
other things a fixed interval would show nothing at all.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState, get_script_run_ctx

from occam.engine.limits import curve_seconds, poll_seconds
from occam.ui.desk import engine

# Drawing takes turns.  It is all Python, so more threads at it get nothing done sooner, but each of them takes the
# interpreter from the event loop that sends the results: with 15 viewers that loop starved and pages froze for seconds.
TURN = threading.Semaphore()

SLACK = 1.2  # factor between what the browser was told and what is due that is not worth a message
DUE = {"fast": poll_seconds, "slow": curve_seconds}
SHARE = 0.1  # of the newest drawing in the mean
_TOLD = "pace.told"
_took = dict.fromkeys(DUE, 0.0)  # seconds of a drawing of all viewers, waiting for its turn included: a moving mean


@contextlib.contextmanager
def turn(name: str) -> Iterator[None]:
    """This thread's turn at drawing the fragment `name`, which says first how often that is due."""
    began = time.monotonic()
    try:
        with TURN:
            keep(name)
            yield
    finally:
        _took[name] += SHARE * (time.monotonic() - began - _took[name])


def due(name: str) -> float:
    """Seconds between two drawings of the fragment `name` on one page."""
    return DUE[name](engine().viewers, _took[name])


@contextlib.contextmanager
def aside() -> Iterator[None]:
    """Let others draw while this thread, whose turn it is, waits for something."""
    TURN.release()
    try:
        yield
    finally:
        TURN.acquire()


def begin(name: str, live: bool) -> float | None:
    """`run_every` of the fragment `name` ("fast" or "slow") in a full run: None unless the page is live."""
    seconds = due(name) if live else None
    st.session_state.setdefault(_TOLD, {})[name] = seconds
    return seconds


def keep(name: str) -> None:
    """Tell the browser the interval that is due now, if it has changed; call inside the fragment `name`.

    The message and the fragment's id are internals of the pinned Streamlit range; a test asserts that they exist.
    """
    told, now = st.session_state[_TOLD][name], due(name)
    if told is None or 1 / SLACK <= now / told <= SLACK:
        return
    context, fragment = get_script_run_ctx(), ThreadState.get().fragment_id
    if context is None or fragment is None:
        return
    message = ForwardMsg()
    message.auto_rerun.interval, message.auto_rerun.fragment_id = now, fragment
    context.enqueue(message)
    st.session_state[_TOLD][name] = now
