"""The frame of the page: what stands where, how tightly."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from occam.ui import cards, compare_bench, exports, links, options, planes, player
from occam.ui.desk import Desk, engine
from occam.ui.presets import ICONS, presets
from occam.ui.text import section

CSS = Path(__file__).with_name("page.css")
PRESET = "preset"
TAKE, TAKEN = "compare.take", "compare.taken"
ROWS = (("losses", "complexity"), ("layers", "layer_history"), ("pressure", "stability"))


def dress() -> None:
    """Spacing and sizes; larger type when presenting."""
    st.html(CSS)
    if options.choice("size") == "large":
        st.html(CSS.with_name("large.css"))


def title(desk: Desk, page: str = "playground") -> None:
    """Name of the page, presets, view options, device; below, one line on what is being shown."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="title"):
        st.markdown(f"#### {section('page', page).title}", width="content")
        with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small"):
            _presets(desk, page)
            _view(desk)
            _compare(desk)
            exports.of_run(desk, links.address(desk))
            _device(desk)
    shown = next((preset for preset in presets(page).values() if preset.spec == desk.spec), None)
    sign = f"{ICONS[shown.outcome]} " if shown else ""
    with st.container(key="why"):
        st.caption(sign + (shown.why if shown else section("own_run", page).body))


def _compare(desk: Desk) -> None:
    """Bring the run to the page that shows runs side by side."""
    words = section("take", compare_bench.FILE)
    st.button(
        words.title, key=TAKE, icon=":material/compare_arrows:", help=words.body, on_click=_take, args=(desk,)
    )  # fmt: skip
    if st.session_state.pop(TAKEN, False):
        st.switch_page("pages/compare.py")


def _take(desk: Desk) -> None:
    refused = compare_bench.take(desk.spec)
    st.session_state[TAKEN] = refused is None
    if refused is not None:
        desk.notices = (refused,)


def _presets(desk: Desk, page: str) -> None:
    words = section("presets")
    st.menu_button(
        words.title,
        list(presets(page)),
        key=PRESET,
        format_func=lambda name: presets(page)[name].entry,
        icon=":material/auto_awesome:",
        help=words.body,
        on_click=_open_preset,
        args=(desk, page),
    )


def _open_preset(desk: Desk, page: str) -> None:
    name = st.session_state[PRESET]
    player.turn(desk, presets(page)[name].spec)


def _view(desk: Desk) -> None:
    words = section("view")
    with st.popover(words.title, icon=":material/tune:", key="view"):
        options.segments("points")
        options.segments("size")
        options.segments("device")
        if desk.look is not None:
            planes.chooser(desk.look.header)


def _device(desk: Desk) -> None:
    header = desk.look.header if desk.look is not None else None
    name = header.device if header is not None else engine().device
    if name:
        st.badge(name, icon=":material/memory:", color="gray")


def main_act() -> dict[str, DeltaGenerator]:
    """Maps side by side and the numbers below; the containers that the live part fills."""
    places: dict[str, DeltaGenerator] = {}
    columns = st.columns(2, gap="medium")
    for column, name in zip(columns, ("boundary", "slopes"), strict=True):
        places[name] = column
    return places


def card(desk: Desk, name: str, column: DeltaGenerator) -> DeltaGenerator:
    """A titled place for one chart."""
    with column:
        cards.head(desk, name)
        return st.container()
