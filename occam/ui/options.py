"""How a run is shown: options of the page that are no part of the spec, each a choice, each in the link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import streamlit as st

from occam.charts.chart import Style
from occam.engine.protocol import Device
from occam.ui.text import section

DEVICES: tuple[Device, ...] = get_args(Device)
OPTIONS: dict[str, tuple[str, ...]] = {  # the first is the default
    "curve": ("loss", "error"),
    "axis": ("log", "linear"),
    "norm": ("operator", "frobenius"),
    "points": ("both", "train"),
    "size": ("normal", "large"),
    "device": DEVICES,
    "plane": ("pca", "features"),
}


def key(name: str) -> str:
    """The widget key of an option."""
    return f"option.{name}"


def choice(name: str) -> str:
    """What is chosen now."""
    return st.session_state.setdefault(key(name), OPTIONS[name][0])


def read(params: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The options of a link, the default where it names none or an unknown one, and a sentence for each of these."""
    chosen = {name: params.get(name, choices[0]) for name, choices in OPTIONS.items()}
    wrong = {name: text for name, text in chosen.items() if text not in OPTIONS[name]}
    notices = tuple(
        section("link.option").fill(name=name, text=text[:40], allowed=", ".join(OPTIONS[name]), used=OPTIONS[name][0])
        for name, text in wrong.items()
    )
    return {name: text if name not in wrong else OPTIONS[name][0] for name, text in chosen.items()}, notices


def seed(chosen: Mapping[str, str]) -> None:
    """Make the widgets show `chosen`; call before they are made."""
    for name, text in chosen.items():
        st.session_state[key(name)] = text


def segments(name: str, **layout: Any) -> str:
    """A row of buttons, one a choice."""
    # Set anew in every run: what lies in a popover is made by the browser when that opens, and takes its value then.
    st.session_state[key(name)] = choice(name)
    label = section(f"option.{name}")
    picked = st.segmented_control(
        label.title,
        OPTIONS[name],
        key=key(name),
        required=True,
        format_func=lambda choice: section(f"{name}.{choice}").title,
        help=label.body or None,
        **layout,
    )
    return str(picked)


def device() -> Device:
    """Where the viewer wants the run to be trained."""
    return next(name for name in DEVICES if name == choice("device"))


def style() -> Style:
    """The look of charts: the viewer's theme, and large type when presenting."""
    theme = "dark" if st.context.theme.type == "dark" else "light"
    return Style(theme=theme, presentation=choice("size") == "large")
