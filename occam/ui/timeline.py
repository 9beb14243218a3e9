"""The timeline: a slider over the records of a run that moves while the run plays, and the bearer of its words.

It is a component of its own because `st.slider` is state: what the page has moved and what the viewer has moved arrive
alike, so that at ten frames a second an old position is taken for a wish.  Here letting go is an event.

A poll costs by the element, so the short texts that change with every frame come along with the slider: it writes each
into the elements marked with `words.live(name)`, which a full run has drawn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.components.v2 import component

from occam.engine.playhead import Playhead
from occam.ui.desk import Desk
from occam.ui.text import section

KEY = "timeline.slider"
MOVED = "timeline.moved"  # set when the viewer has moved the playhead: the commands must be drawn anew
WHOLE = "timeline.whole"  # False while a page shows only what is looked at first, and waits until that is drawn

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


@dataclass(frozen=True)
class Scale:
    """What the places of the slider stand for: `count` places, `every` of `word` apart, the last at `last`; or, where
    they are not evenly spaced, `labels`, one a place.
    """

    count: int
    every: float
    last: float
    word: str
    labels: tuple[str, ...] = ()


def draw(desk: Desk, texts: Mapping[str, str]) -> None:
    """The slider at the record on screen, or at the one that is run forward to; `texts`: HTML by the name it is for."""
    count, last = records(desk)
    slide(desk.head, Scale(count, desk.spec.record_every, last, section("player.step_word").title), texts)


def slide(head: Playhead, scale: Scale, texts: Mapping[str, str]) -> None:
    """The slider of any playhead."""
    index = int(head.goal) if head.goal is not None and not math.isinf(head.goal) else head.position
    _component(
        key=KEY,
        data={
            "index": min(index, scale.count - 1),
            "records": scale.count,
            "every": scale.every,
            "last": scale.last,
            "labels": scale.labels,
            "label": section("player.timeline").title,
            "word": scale.word,
            "texts": texts,
            "awaits": not st.session_state.get(WHOLE, True),
        },
        on_scrub_change=lambda: scrub(head, st.session_state[KEY]["scrub"]),
        on_drawn_change=_go_on,
    )


def scrub(head: Playhead, index: int | None) -> None:
    """The viewer let go of the slider at this record."""
    if index is not None:
        head.scrub(int(index))
        st.session_state[MOVED] = True


def _go_on() -> None:
    """The browser has drawn the first picture, and the page may go on to the rest."""
    st.session_state[MOVED] = True
