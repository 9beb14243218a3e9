"""A link is the lesson: every knob, the step on screen and the options live in the address, kept both ways."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from occam.link import HIDE, from_query, hidden_text, read_hidden, to_query
from occam.ui import controls, options, planes
from occam.ui.desk import Desk, engine
from occam.ui.text import section

AT = "at"
OWN = frozenset({AT, HIDE, *options.OPTIONS, *planes.AXES})
LATE = 3.0  # seconds in which a browser may still name the address that we have just replaced


@dataclass(frozen=True)
class Own:
    """What a page keeps in the address beside the run and the common options.

    `seed` makes its widgets show what the address says, or the nearest they can, with a sentence for each difference;
    `query` says what they show.
    """

    names: frozenset[str] = frozenset()
    seed: Callable[[Mapping[str, str]], tuple[str, ...]] = lambda params: ()
    query: Callable[[], dict[str, str]] = dict


def arrive(desk: Desk, page: str = "playground", own: Own = Own()) -> None:
    """Follow the address, if it is not the one we wrote: a first visit, a link, the browser's back button.

    Who comes from another page of the app, without an address, brings the run along.
    """
    params = st.query_params.to_dict()
    first = "links.written" not in st.session_state
    came = st.session_state.get("links.page", page) != page
    st.session_state["links.page"], st.session_state["links.own"] = page, own
    if came and not params:
        _bring(desk, own)
        return
    if not (first or came) and (params == st.session_state["links.written"] or _is_late(params)):
        return
    spec, notices = from_query(params, also=OWN | own.names)
    spec, clipped = engine().limits.clip(spec)
    step, misread = _step(params)
    chosen, wrong = options.read(params)
    st.session_state[controls.HIDDEN], unhidden = read_hidden(params.get(HIDE, ""))
    controls.seed(spec)
    options.seed(chosen)
    planes.seed(params)
    unfit = own.seed(params)
    desk.device = options.device()
    st.session_state["links.written"] = params
    if step is not None:
        desk.turn_to(spec, desk.to_step(step))
    elif params:
        desk.turn_to(spec)
    else:
        desk.turn_to(spec, desk.to_last)
    desk.notices = (*notices, *clipped, *misread, *wrong, *unhidden, *unfit)


def elsewhere(page: str) -> None:
    """The viewer is on a page with an address of its own: who goes from there to a page of a run brings it along."""
    st.session_state["links.page"] = page


def _bring(desk: Desk, own: Own) -> None:
    before = st.session_state.get("links.written", {})
    controls.seed(desk.spec)
    options.seed(options.read(before)[0])
    planes.seed(before)
    own.seed({})
    st.session_state["links.written"] = {}


def leave(desk: Desk, own: Own = Own()) -> None:
    """Write the address of what is on screen."""
    st.session_state["links.own"] = own
    wish = address(desk)
    before = st.session_state.get("links.written", {})
    if wish != st.query_params.to_dict():
        st.session_state["links.replaced"] = (before, time.monotonic())
        st.query_params.from_dict(wish)
    st.session_state["links.written"] = wish


def address(desk: Desk) -> dict[str, str]:
    """All knobs, defaults included, options, what the link hides, and the step unless it is moving."""
    own: Own = st.session_state["links.own"]  # as the page last said
    common = {name: options.choice(name) for name in options.OPTIONS} | planes.query()
    wish = to_query(desk.spec) | common | own.query()
    if desk.fresh and not desk.head.moving and desk.look is not None:
        wish[AT] = str(desk.look.frame.step)
    hidden = st.session_state.get(controls.HIDDEN)
    return wish | ({HIDE: hidden_text(hidden)} if hidden else {})


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
