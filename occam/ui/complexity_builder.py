"""Build a sweep: knobs over ranges or lists, seeds, levels; see its size; start it, stop it, go on."""

from __future__ import annotations

import os
from dataclasses import replace

import streamlit as st

from occam.spec import KNOBS, RunSpec, SpecFault
from occam.sweeps.estimate import estimate
from occam.sweeps.spec import SweepSpec
from occam.ui import complexity_wish as wishes
from occam.ui import stops
from occam.ui.complexity_state import State, text
from occam.ui.complexity_wish import FORMS, MOST_KNOBS, OFFERED, PREFIX, SEEDED, Varied
from occam.ui.desk import Desk, engine
from occam.ui.words import number

NOTHING = "–"  # of the menu of a third knob


def build(desk: Desk, page: State) -> SweepSpec | None:
    """Draw the builder; the sweep that it describes about the run of the sidebar, None where that is none."""
    # Another element once a sweep was started, so that it closes then and makes room for the runs.
    fresh = page.started is None
    with st.expander(text("build").title, expanded=fresh, key=f"sweep_builder.{fresh}"):
        knobs = [one for i in range(MOST_KNOBS) if (one := _knob(page, i)) is not None]
        columns = st.columns([1.2, 0.8, 2, 1.4], gap="small")
        with columns[0]:
            seeded = _kept("seeded", page.wish.seeded)
            st.selectbox(
                text("build.seeded").title,
                SEEDED,
                key=seeded,
                format_func=lambda part: KNOBS[f"{part}.seed"].label,
                help=text("build.seeded").body,
            )
        with columns[1]:
            seeds = _kept("seeds", page.wish.seeds)
            st.number_input(text("build.seeds").title, 1, 1000, key=seeds, help=text("build.seeds").body)
        for column, name in zip(columns[2:], ("losses", "times"), strict=True):
            with column:
                label = text(f"build.{name}")
                st.text_input(label.title, key=_kept(name, getattr(page.wish, name)), help=label.body, max_chars=200)
    session = st.session_state
    page.wish = replace(
        page.wish,
        knobs=tuple(knobs),
        seeded=session[seeded],
        seeds=int(session[seeds]),
        losses=session[f"{PREFIX}losses"],
        times=session[f"{PREFIX}times"],
    )
    return _checked(page, desk.spec)


def _kept(name: str, value: object) -> str:
    """The key of a widget that shows `value` unless it was touched."""
    st.session_state.setdefault(f"{PREFIX}{name}", value)
    return f"{PREFIX}{name}"


def _knob(page: State, place: int) -> Varied | None:
    held = page.wish.knobs[place] if place < len(page.wish.knobs) else None
    chosen = _kept(f"{place}.knob", held.path if held else NOTHING)
    path = st.session_state[chosen]
    one = held if held is not None and held.path == path else wishes.start(path) if path != NOTHING else None
    form = _kept(f"{place}.form", one.form) if one is not None else ""
    as_list = one is not None and st.session_state[form] == "list"
    widths = [2.2, 1.6, 2.8] if as_list else [2.2, 1.6, 1, 1, 0.8]
    columns = st.columns(widths, gap="small", vertical_alignment="bottom")
    with columns[0]:
        st.selectbox(
            text("build.knob").title,
            (NOTHING, *OFFERED) if place else OFFERED,
            key=chosen,
            format_func=lambda path: stops.title(path) if path in KNOBS else NOTHING,
            help=text("build.knob").body,
            on_change=_another,
            args=(place,),
            label_visibility="visible" if place == 0 else "collapsed",
        )
    if one is None:
        return None
    with columns[1]:
        st.segmented_control(
            text("build.form").title,
            FORMS if KNOBS[path].kind is not str else ("list",),
            key=form,
            required=True,
            format_func=lambda name: text(f"form.{name}").title,
            label_visibility="collapsed",
        )
    if as_list:
        with columns[2]:
            values = _kept(f"{place}.values", one.values)
            st.text_input(
                text("build.values").title,
                key=values,
                max_chars=400,
                help=KNOBS[path].allowed,
                label_visibility="collapsed",
            )
        return replace(one, form="list", values=st.session_state[values])
    whole = KNOBS[path].kind is int
    ends = []
    for column, name, at in ((columns[2], "low", one.low), (columns[3], "high", one.high)):
        with column:
            end = _kept(f"{place}.{name}", round(at) if whole else float(at))
            st.number_input(
                text(f"build.{name}").title,
                key=end,
                format=None if whole else "%.4g",
                step=1 if whole else 0.01,
                label_visibility="visible" if place == 0 else "collapsed",
            )
            ends.append(float(st.session_state[end]))
    with columns[4]:
        count = _kept(f"{place}.count", one.count)
        st.number_input(
            text("build.count").title,
            2,
            1000,
            key=count,
            label_visibility="visible" if place == 0 else "collapsed",
        )
    return replace(one, form=st.session_state[form], low=ends[0], high=ends[1], count=int(st.session_state[count]))


def _another(place: int) -> None:
    """Another knob was chosen: its widgets start anew."""
    for name in ("form", "low", "high", "count", "values"):
        st.session_state.pop(f"{PREFIX}{place}.{name}", None)


def _checked(page: State, base: RunSpec) -> SweepSpec | None:
    twice = {one.path for one in page.wish.knobs}
    if len(twice) < len(page.wish.knobs):
        st.warning(text("build.twice").body, icon=":material/error:")
        return None
    try:
        return page.wish.sweep(base)
    except SpecFault as fault:
        st.warning("  \n".join(fault.lines), icon=":material/error:")
        return None


def size(sweep: SweepSpec) -> str:
    """What the sweep will take, in words."""
    found = estimate(sweep, workers=workers())
    return text("build.size").fill(
        runs=count(found.runs), seconds=duration(found.seconds), megabytes=number(found.bytes / 1e6)
    )


def count(number: int) -> str:
    """A whole number, exact: "1 000 000"."""
    return f"{number:,}".replace(",", "\u202f")


def workers() -> int:
    """Cores that a sweep of this app uses."""
    return 1 if engine().limits.name == "hosted" else (os.cpu_count() or 1)


def duration(seconds: float) -> str:
    """A time as one reads it: "12 s", "3 min", "2.1 h"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
