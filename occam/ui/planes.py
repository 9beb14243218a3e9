"""Pictures of the frame on screen that the trainer computes on request: a plane of two features, the hidden units."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import wait
from dataclasses import replace
from typing import Any

import streamlit as st

from occam.charts import units as unit_chart
from occam.charts.chart import Chart
from occam.datasets import OWN_CSV
from occam.engine.protocol import AskKind
from occam.training.frames import Header
from occam.ui import options, pace
from occam.ui.desk import Desk, Look, View, engine
from occam.ui.text import section

PATIENCE = 0.2  # seconds a drawing waits for an answer under way
PLANE = "plane"
AXES = ("plane_x", "plane_y")  # their names in a link, too


def seed(params: Mapping[str, str]) -> None:
    """The features that a link names; a name that is no number is left out, one too large becomes the last feature."""
    for key in AXES:
        if params.get(key, "").isdecimal():
            st.session_state[key] = max(1, int(params[key][:6]))


def query() -> dict[str, str]:
    """The chosen features for a link, where a plane of features is chosen."""
    if options.choice(PLANE) != "features":
        return {}
    return {key: str(st.session_state[key]) for key in AXES if key in st.session_state}


def view(desk: Desk, look: Look) -> View:
    """What the maps draw: the recording, or its present frame on the chosen plane once the trainer has answered."""
    own = View(look.entry.key, look.header, look.frames, look.index)
    axes = chosen(look.header)
    if axes is None:
        return own
    answer = ask(desk, look, "plane_maps", axes=axes)
    if answer is not None:
        plane, values, winners, slopes, train, test = answer
        header = replace(look.header, plane=plane, train=train, test=test)
        frame = replace(look.frame, values=values, winners=winners, slopes=slopes)
        desk.plane_view = View(f"{look.entry.key}|{axes}|{look.index}", header, [frame], 0)
    shown = desk.plane_view
    return shown if shown is not None and shown.header.spec == look.header.spec else own


def chosen(header: Header) -> tuple[int, int] | None:
    """The two features (0-based) whose plane is chosen; None for the principal components or fewer than 3 inputs."""
    inputs = header.sizes[0]
    if inputs <= 2 or options.choice(PLANE) == "pca":
        return None
    first, second = (min(int(st.session_state.setdefault(key, i + 1)), inputs) - 1 for i, key in enumerate(AXES))
    return (first, second) if first != second else None


def chooser(header: Header) -> None:
    """The choice of the plane, for data of more than two inputs."""
    inputs = header.sizes[0]
    if inputs <= 2:
        return
    if options.segments(PLANE) == "features":
        columns = st.columns(2)
        for i, (column, key) in enumerate(zip(columns, AXES, strict=True)):
            st.session_state[key] = min(int(st.session_state.get(key, i + 1)), inputs)
            with column:
                st.selectbox(
                    section(f"option.{key}").title,
                    range(1, inputs + 1),
                    key=key,
                    format_func=lambda number: header.features[number - 1] if header.features else str(number),
                )


def units(desk: Desk, look: Look) -> Chart | None:
    """The responses of all hidden units, the last known until the trainer has answered."""
    maps = ask(desk, look, "unit_maps")
    if maps is not None:
        desk.unit_chart = unit_chart.draw(look.entry.key, look.header, maps, look.index, style=options.style())
    return desk.unit_chart


def ask(desk: Desk, look: Look, kind: AskKind, *, slot: str | None = None, **asked: Any) -> Any:
    """The trainer's answer about the frame on screen, None while it is under way; its fault is a notice.

    One question a `slot` (default: its kind) is under way at a time; those that differ in `asked` need one each.
    """
    slot = slot or kind
    pending = desk.asked.get(slot)
    if pending is not None and not pending.done():
        with pace.aside():
            wait([pending], PATIENCE)
        if not pending.done():
            return None
    if look.header.spec.data.dataset == OWN_CSV:
        if desk.table is None:
            return None
        asked["table"] = desk.table
    future = engine().ask(kind, look.entry, look.frame, **asked)
    desk.asked[slot] = future
    with pace.aside():
        wait([future], PATIENCE)
    if not future.done():
        return None
    fault = future.exception()
    if fault is not None:
        st.caption(str(fault))
        return None
    return future.result()
