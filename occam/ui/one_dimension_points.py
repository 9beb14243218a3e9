"""Moving the samples of the curve: by two clicks in the chart, or by numbers in a row of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import streamlit as st

from occam.charts import one_dimension_points as chart
from occam.datasets import DATASETS, load
from occam.datasets.moved import DIGITS, REACH, read_moves
from occam.ui import moved, options, scene
from occam.ui.desk import Desk, Look
from occam.ui.one_dimension_state import FILE, State
from occam.ui.text import section

CSS = Path(__file__).with_name("one_dimension.css")
POINT, X, Y = "curve.point", "curve.x", "curve.y"
_CLICKED = "curve.clicked"
STEP = 0.05  # of an arrow key in a number


def row(desk: Desk, page: State) -> None:
    """The picked point, its place, and the buttons that put points back."""
    st.html(CSS)
    n, picked, moves = desk.spec.data.n_train, picked_of(desk, page), read_moves(desk.spec.data.moved)
    with st.container(key="curve_points", horizontal=True, vertical_alignment="center", gap="small"):
        held = st.session_state[POINT] = None if picked is None else picked + 1
        words = section("move.point", FILE)
        st.number_input(
            words.title, min_value=1, max_value=n, step=1, value=held, key=POINT, help=words.fill(count=n),
            placeholder=f"1–{n}", on_change=_pick, args=(page,), width=96,
        )  # fmt: skip
        if picked is None:
            st.caption(section("move.how", FILE).body, width="content")
        else:
            _place(desk, page, picked)
            _button("back", "undo", picked not in moves, _put_back, desk, page, picked)
        if moves:
            _button("all", "settings_backup_restore", False, moved.put_all_back, desk)


def _place(desk: Desk, page: State, picked: int) -> None:
    samples, data = load(desk.spec.data), DATASETS[desk.spec.data.dataset]
    assert data.low is not None and data.high is not None, "a curve says its domain"
    spans = {X: (data.low[0], data.high[0]), Y: (-REACH, REACH)}
    now = {X: samples.x_train[picked, 0], Y: samples.y_train[picked]}
    for name, (low, high) in spans.items():
        held = st.session_state[name] = round(float(np.clip(now[name], low, high)), DIGITS)
        words = section(name.replace("curve", "move"), FILE)
        st.number_input(
            words.title, min_value=low, max_value=high, step=STEP, value=held, format=f"%.{DIGITS}f", key=name,
            help=words.fill(low=f"{low:g}", high=f"{high:g}"), on_change=_retype, args=(desk, picked), width=104,
        )  # fmt: skip


def _button(name: str, icon: str, disabled: bool, act: Callable[..., None], *args: object) -> None:
    words = section(f"move.{name}", FILE)
    st.button(
        words.title, key=f"curve.{name}", help=words.body, icon=f":material/{icon}:", disabled=disabled, on_click=act,
        args=args,
    )  # fmt: skip


def picked_of(desk: Desk, page: State) -> int | None:
    """The picked sample, None where there is none or no longer."""
    return page.picked if page.picked is not None and page.picked < desk.spec.data.n_train else None


def draw(desk: Desk, page: State, look: Look, height: int) -> None:
    """The curve with its samples to click at; stands where this is called, inside the fragment of its clicks."""
    made = chart.draw(look.entry.key, look.header, look.frame, options.style(), height, picked_of(desk, page))
    scene.show(made, "curve", on_select=lambda: _clicked(desk, page))
    if st.session_state.pop(_CLICKED, False):
        st.rerun()


def _clicked(desk: Desk, page: State) -> None:
    """Pick the clicked sample; with one picked, put it to the clicked place where there is no other."""
    places = st.session_state["chart.curve"]["selection"].get(chart.PLACE, [])
    if not places or desk.look is None:
        return
    x, y = float(places[0]["x"]), float(places[0]["y"])
    nearest, meant = chart.aimed(desk.look.header, x, y)
    picked = picked_of(desk, page)
    if meant or picked is None:
        page.picked = nearest
    else:
        moved.move(desk, picked, x, float(np.clip(y, -REACH, REACH)))
    st.session_state[_CLICKED] = True


def _pick(page: State) -> None:
    typed = st.session_state[POINT]
    page.picked = None if typed is None else int(typed) - 1


def _retype(desk: Desk, picked: int) -> None:
    x, y = st.session_state[X], st.session_state[Y]
    if x is not None and y is not None:  # an emptied field says nothing, and shows the place again
        moved.move(desk, picked, x, y)


def _put_back(desk: Desk, page: State, picked: int) -> None:
    moved.put_back(desk, picked)
    page.picked = None
