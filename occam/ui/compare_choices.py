"""How a comparison is shown: a choice each, kept on the bench."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from occam.charts.compare import METRIC_NAMES
from occam.glossary import METRICS
from occam.ui.compare_bench import CHOICES, FILE, Bench
from occam.ui.text import section


def key(name: str) -> str:
    """The widget key of a choice."""
    return f"compare.{name}"


def segments(
    mine: Bench, name: str, allowed: Sequence[str] = (), on_change: Callable[[str], None] | None = None
) -> None:
    """A row of buttons, one a choice; `on_change` is told a new one."""
    label = section(name, FILE)
    st.session_state[key(name)] = mine.chosen[name]

    def choose() -> None:
        chosen = st.session_state[key(name)]
        if on_change is not None:
            on_change(chosen)
        mine.chosen[name] = chosen

    st.segmented_control(
        label.title,
        allowed or CHOICES[name],
        key=key(name),
        required=True,
        format_func=lambda one: _title(name, one),
        help=label.body or None,
        label_visibility="visible" if name == "maps" else "collapsed",
        on_change=choose,
    )


def metric(mine: Bench, name: str) -> None:
    """The choice of a curve's quantity."""
    st.session_state[key(name)] = mine.chosen[name]
    st.selectbox(
        section(name, FILE).title,
        METRIC_NAMES,
        key=key(name),
        format_func=lambda one: METRICS[one].label,
        label_visibility="collapsed",
        on_change=lambda: mine.chosen.update({name: st.session_state[key(name)]}),
    )


def _title(name: str, one: str) -> str:
    if name == "pair" and one != "none":
        return " − ".join(one.upper())
    return section(f"{name}.{one}", FILE).title
