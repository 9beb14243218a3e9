"""The runs of Compare in the sidebar: their names, to open or to take off the page, and ways to add one."""

from __future__ import annotations

from typing import Any

import streamlit as st

from occam.charts.compare import LETTERS, MOST
from occam.link import to_query
from occam.spec import KNOBS
from occam.studies.defaults import COMPARED
from occam.ui import compare_bench, controls
from occam.ui.compare_bench import Bench
from occam.ui.compare_words import sample, text, titles
from occam.ui.desk import Desk, engine

KNOB, VALUE = "compare.knob", "compare.value"
SHOWN = [path for paths in controls.GROUPS.values() for path in paths]


def runs(mine: Bench) -> None:
    """One row a run."""
    for run, (letter, title) in enumerate(zip(LETTERS, titles(mine), strict=False)):
        with st.container(key=f"compare_side_{run}", gap=None):
            st.html(f'<p class="compare">{sample(letter)} {title}</p>')
            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                st.page_link(
                    "pages/playground.py",
                    label=text("open").title,
                    icon=":material/open_in_new:",
                    help=text("open").body,
                    query_params=to_query(mine.runs[run]),
                )
                st.button(
                    text("remove").title,
                    key=f"compare.remove.{run}",
                    help=text("remove").body,
                    icon=":material/close:",
                    type="tertiary",
                    on_click=_remove,
                    args=(mine, run),
                    disabled=len(mine.runs) < 2,
                )
    if mine.gone is not None:
        words = text("undo")
        st.button(
            words.title, key="compare.undo", icon=":material/undo:", help=words.body, on_click=_undo, args=(mine,)
        )


def add(mine: Bench, desk: Desk) -> None:
    """Ways to put one more run beside the others."""
    with st.expander(text("add").title, expanded=len(mine.runs) < MOST, icon=":material/add:"):
        full = len(mine.runs) >= MOST
        words = text("add.present")
        st.button(
            words.title,
            key="compare.present",
            help=words.body,
            on_click=_add,
            args=(mine, {}, desk),
            disabled=full or desk.spec in mine.runs,
            width="stretch",
        )
        st.caption(text("add.changed").title, help=text("add.changed").body)
        path = st.selectbox(
            text("add.knob").title,
            SHOWN,
            index=SHOWN.index("training.step_size"),
            format_func=lambda path: f"{KNOBS[path].label} {KNOBS[path].symbol}".strip(),
            key=KNOB,
            label_visibility="collapsed",
            disabled=full,
        )
        first = mine.runs[0]
        most = first.data.n_train if path == "training.batch_size" else float("inf")
        name = f"{VALUE}.{path}"
        held = st.session_state.setdefault(name, first.value(path))
        value = controls.widget(KNOBS[path], name, held, most=most)
        words = text("add.do")
        st.button(
            words.title,
            key="compare.add",
            on_click=_add,
            args=(mine, {path: value}, None),
            disabled=full,
            width="stretch",
        )
        if tuple(mine.runs) != COMPARED:
            words = text("add.recorded")
            st.button(words.title, key="compare.recorded", help=words.body, on_click=_recorded, width="stretch")


def _add(mine: Bench, changes: dict[str, Any], desk: Desk | None) -> None:
    """Add the Playground's run, or the first one with `changes`."""
    base = mine.runs[0] if desk is None else desk.spec
    spec, notices = controls.settle(base, changes)
    spec, clipped = engine().limits.clip(spec)
    refused = compare_bench.add(spec)
    mine.notices = (*notices, *clipped, *([refused] if refused else []))
    mine.start = mine.now


def _remove(mine: Bench, run: int) -> None:
    mine.gone = (run, mine.runs.pop(run))
    mine.notices, mine.start = (), mine.now
    if mine.pair is None:
        mine.chosen["pair"] = "ab"


def _undo(mine: Bench) -> None:
    assert mine.gone is not None, "the button is there only then"
    run, spec = mine.gone
    mine.gone = None
    if len(mine.runs) < MOST and spec not in mine.runs:
        mine.runs.insert(run, spec)
        mine.start = mine.now


def _recorded() -> None:
    compare_bench.compare(COMPARED)
