"""What the viewer must be told: adjustments, faults, divergence with advice, a restarted trainer."""

from __future__ import annotations

import streamlit as st

from occam.ui import player, words
from occam.ui.desk import Desk, engine
from occam.ui.text import section


def due(desk: Desk) -> bool:
    """Whether the trainer was restarted since this viewer last heard of it; then it is one more notice."""
    restarts = engine().restarts
    if restarts == desk.restarts:
        return False
    desk.restarts = restarts
    desk.notices = (*desk.notices, section("trainer.restarted").body)
    return True


def show(desk: Desk, *, file_missing: bool) -> None:
    """One box per kind of notice; nothing where there is nothing to say."""
    if desk.notices:
        with st.container(key="notice"):
            st.warning("  \n".join(desk.notices), icon=":material/info:")
    if file_missing or desk.fault:
        st.info(desk.fault or section("own.need").body, icon=":material/upload_file:")
    entry = desk.entry
    if entry is None:
        return
    if entry.fault:
        st.error(entry.fault, icon=":material/error:")
    end = entry.ending
    if end is not None and end.status == "diverged" and not desk.head.moving:
        _diverged(desk)


def _diverged(desk: Desk) -> None:
    assert desk.entry is not None and desk.entry.ending is not None
    half = section("diverged.halve")
    with st.container(border=True, key="diverged"):
        told, advice = st.columns([4, 1], vertical_alignment="center")
        told.markdown(f":material/error: {words.ending(desk.entry.ending)}")
        advice.button(
            half.title,
            key="diverged.halve",
            help=half.body,
            type="primary",
            width="stretch",
            on_click=player.change,
            args=(desk, {"training.step_size": desk.spec.training.step_size / 2}),
        )
