"""A link is the lesson: every knob, the step on screen and the options live in the address, kept both ways."""

from __future__ import annotations

import time
from collections.abc import Mapping

import streamlit as st

from occam.link import from_query, to_query
from occam.ui import controls, options, planes
from occam.ui.desk import Desk, engine
from occam.ui.text import section

AT = "at"
OWN = frozenset({AT, *options.OPTIONS, *planes.AXES})
LATE = 3.0  # seconds in which a browser may still name the address that we have just replaced


def arrive(desk: Desk) -> None:
    """Follow the address, if it is not the one we wrote: a first visit, a link, the browser's back button."""
    params = st.query_params.to_dict()
    first = "links.written" not in st.session_state
    if not first and (params == st.session_state["links.written"] or _is_late(params)):
        return
    spec, notices = from_query(params, also=OWN)
    spec, clipped = engine().limits.clip(spec)
    step, misread = _step(params)
    chosen, wrong = options.read(params)
    controls.seed(spec)
    options.seed(chosen)
    planes.seed(params)
    desk.device = options.device()
    st.session_state["links.written"] = params
    if step is not None:
        desk.turn_to(spec, desk.to_step(step))
    elif params:
        desk.turn_to(spec)
    else:
        desk.turn_to(spec, desk.to_last)
    desk.notices = (*notices, *clipped, *misread, *wrong)


def leave(desk: Desk) -> None:
    """Write the address of what is on screen: all knobs, options, and the step unless it is moving."""
    wish = to_query(desk.spec) | {name: options.choice(name) for name in options.OPTIONS} | planes.query()
    if desk.fresh and not desk.head.moving and desk.look is not None:
        wish[AT] = str(desk.look.frame.step)
    before = st.session_state.get("links.written", {})
    if wish != st.query_params.to_dict():
        st.session_state["links.replaced"] = (before, time.monotonic())
        st.query_params.from_dict(wish)
    st.session_state["links.written"] = wish


def _is_late(params: Mapping[str, str]) -> bool:
    """Whether these are the parameters we replaced a moment ago, sent by a browser that had not heard of it."""
    before, when = st.session_state.get("links.replaced", (None, 0.0))
    return params == before and time.monotonic() - when < LATE


def _step(params: Mapping[str, str]) -> tuple[int | None, tuple[str, ...]]:
    """The step to show, None where the link names none or no whole number."""
    text = params.get(AT)
    if text is None:
        return None, ()
    if text.isdecimal() and len(text) <= 9:
        return int(text), ()
    return None, (section("link.at").fill(text=text[:40]),)
