"""The timeline: a slider over the records of a run that moves while the run plays.

It is a component of its own because `st.slider` is state: what the page has moved and what the viewer has moved arrive
alike, so that at ten frames a second an old position is taken for a wish.  Here letting go is an event.
"""

from __future__ import annotations

import math
from pathlib import Path

import streamlit as st
from streamlit.components.v2 import component

from occam.ui.desk import Desk
from occam.ui.text import section

KEY = "timeline.slider"
MOVED = "timeline.moved"  # set when the viewer has moved the playhead: the commands must be drawn anew

_component = component(
    "occam_timeline",
    html='<div class="track"><output></output><input type="range" min="0" step="1" /></div>',
    css=Path(__file__).with_name("timeline.css").read_text(encoding="utf-8"),
    js=Path(__file__).with_name("timeline.js").read_text(encoding="utf-8"),
)


def records(desk: Desk) -> tuple[int, int]:
    """Number of records of the run and its last step: known once it has ended, else from the spec."""
    entry, spec = desk.entry, desk.spec
    if entry is not None and entry.over and entry.frames:
        return len(entry.frames), entry.frames[-1].step
    last = spec.training.last_step
    return math.ceil(last / spec.record_every) + 1, last


def draw(desk: Desk) -> None:
    """The slider at the record on screen, or at the one that is run forward to."""
    count, last = records(desk)
    goal = desk.head.goal
    index = int(goal) if goal is not None and not math.isinf(goal) else desk.head.position
    words = section("player.timeline")
    _component(
        key=KEY,
        data={
            "index": min(index, count - 1),
            "records": count,
            "every": desk.spec.record_every,
            "last": last,
            "label": words.title,
            "word": section("player.step_word").title,
        },
        on_scrub_change=lambda: scrub(desk, st.session_state[KEY]["scrub"]),
    )


def scrub(desk: Desk, index: int | None) -> None:
    """The viewer let go of the slider at this record."""
    if index is not None:
        desk.head.scrub(int(index))
        st.session_state[MOVED] = True
