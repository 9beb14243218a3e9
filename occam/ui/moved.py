"""Samples moved by hand: the commands of it, for callbacks, and what the sidebar says."""

from __future__ import annotations

import streamlit as st

from occam.datasets.moved import MOST_MOVED, Moves, read_moves, write_moves
from occam.spec import RunSpec
from occam.ui.desk import Desk
from occam.ui.text import section

FILE = "one_dimension"


def move(desk: Desk, index: int, x: float, y: float) -> None:
    """Put sample `index` to (x, y) and train again; a notice instead where too many are moved already."""
    moves = read_moves(desk.spec.data.moved) | {index: (x, y)}
    if len(moves) > MOST_MOVED:
        desk.notices = (section("move.most", FILE).fill(most=MOST_MOVED),)
    else:
        _turn(desk, moves)


def put_back(desk: Desk, index: int) -> None:
    """Put sample `index` where it was drawn."""
    _turn(desk, {i: to for i, to in read_moves(desk.spec.data.moved).items() if i != index})


def put_all_back(desk: Desk) -> None:
    """Put every sample where it was drawn."""
    _turn(desk, {})


def _turn(desk: Desk, moves: Moves) -> None:
    spec = desk.spec.replace({"data.moved": write_moves(moves)})
    if spec != desk.spec:
        desk.turn_to(spec)


def note(desk: Desk, shown: RunSpec) -> None:
    """How many samples of the run `shown` are moved, and the button that puts them back; nothing where none is."""
    count = len(read_moves(shown.data.moved))
    if not count:
        return
    words = section("move.note.one" if count == 1 else "move.note", FILE)
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="moved_note"
    ):
        st.caption(words.fill(count=count), width="content")
        label = section("move.all", FILE)
        st.button(
            label.title, key="moved.note.all", help=label.body, icon=":material/undo:", type="tertiary",
            on_click=put_all_back, args=(desk,),
        )  # fmt: skip
