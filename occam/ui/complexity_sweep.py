"""The viewer's own sweep: start it, stop it, go on; how far it is; the tables that the page can show."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st

from occam.spec import RunSpec
from occam.sweeps.failed import Failed
from occam.sweeps.row import Row
from occam.sweeps.spec import SweepSpec
from occam.sweeps.study import SweepStudy
from occam.ui import complexity_builder as builder
from occam.ui import complexity_table as tables
from occam.ui import controls
from occam.ui.complexity_state import CHOICES, State, key, text
from occam.ui.complexity_table import Table
from occam.ui.desk import Desk, engine
from occam.ui.text import section

SLOT = "complexity.sweep"


def arrive(desk: Desk) -> None:
    """Turn from the app's default run, which nobody has touched, to the base of the shipped sweep."""
    page: State = st.session_state["complexity"]
    if page["table"] not in offered():  # a link from an app of one's own to a server of many
        page.chosen["table"] = st.session_state[key("table")] = CHOICES["table"][0]
    if page.arrived:
        return
    page.arrived = True
    if desk.spec == RunSpec() and not st.query_params.to_dict():
        base = tables.shipped_sweep().base
        controls.seed(base)
        desk.turn_to(base)


def offered() -> tuple[str, ...]:
    """The kinds of tables that there are: a store only where the app serves one viewer."""
    return CHOICES["table"] if engine().limits.name != "hosted" else CHOICES["table"][:2]


def table(page: State) -> Table | None:
    """What is on screen: the shipped sweep, the viewer's own rows so far, the store's; None where there is none."""
    if page["table"] == "shipped":
        return tables.shipped()
    if page["table"] == "stored":
        return tables.stored()
    if page.started is None or page.entry is None:
        return None
    found = page.own
    results = page.entry.results[:]
    growing = not page.entry.over and not page.stopped
    name = f"{page.entry.key}|{len(results)}|{growing}"
    if found is None or found[0] != name:
        page.own = found = (name, tables.own(page.started, [one for one in results if isinstance(one, Row)], growing))
    return found[1]


def failed(page: State) -> list[Failed]:
    """What could not be computed."""
    return [item for item in page.entry.results[:] if isinstance(item, Failed)] if page.entry is not None else []


def ask(desk: Desk, page: State) -> bool:
    """Ask for the runs of the started sweep, unless it is stopped; whether more are to come."""
    if page["table"] != "own" or page.started is None or page.stopped:
        return False
    page.entry = engine().study(desk.viewer, SweepStudy(sweep=page.started), slot=SLOT, csv=desk.csv)
    return not page.entry.over


def command(desk: Desk, page: State, sweep: SweepSpec | None) -> None:
    """The size of the sweep that is built, and the buttons that start it, stop it or go on with it."""
    if page.wanted and page.started is None and sweep is not None:  # a link to a sweep that somebody has started
        start(page, sweep)
    ask(desk, page)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="sweep_command"):
        most = engine().limits.sweep_runs
        allowed = sweep is not None and sweep.count <= most
        other = sweep != page.started
        name = "restart" if page.started is not None and other else "start"
        running = page.entry is not None and not page.entry.over and not page.stopped
        if not running or other:
            st.button(
                text(f"sweep.{name}").title,
                key="sweep.start",
                icon=":material/play_arrow:",
                type="primary",
                disabled=not allowed or not other,
                on_click=start,
                args=(page, sweep),
            )
        if running:
            _button("stop", "stop", stop, desk, page)
        elif page.entry is not None and page.stopped and not page.entry.over:
            _button("go", "play_arrow", go, page)
        if sweep is not None:
            counted = {"runs": builder.count(sweep.count), "most": builder.count(most)}
            words = builder.size(sweep) if allowed else text("build.cap").fill(**counted)
            st.markdown(words, width="content")


def _button(name: str, icon: str, act: Callable[..., None], *args: object) -> None:
    st.button(text(f"sweep.{name}").title, key=f"sweep.{name}", icon=f":material/{icon}:", on_click=act, args=args)


def start(page: State, sweep: SweepSpec) -> None:
    """Compute this sweep from now on; for a callback."""
    page.started, page.wanted, page.stopped, page.entry, page.own = sweep, True, False, None, None
    page.began = time.monotonic()
    page.run = page.brush = page.linked = page.level = None


def stop(desk: Desk, page: State) -> None:
    """Stop; what is finished stays; for a callback."""
    page.stopped = True
    if page.entry is not None:
        engine().leave_study(desk.viewer, page.entry)


def go(page: State) -> None:
    """Go on with what was stopped; for a callback."""
    page.stopped, page.began = False, time.monotonic()


def progress(page: State) -> None:
    """How far the viewer's sweep is, and what could not be computed; always the same elements."""
    entry, sweep = page.entry, page.started
    if page["table"] != "own" or entry is None or sweep is None:
        return
    done = sum(len(item.specs) if isinstance(item, Failed) else 1 for item in entry.results[:])
    counted = {"done": builder.count(done), "total": builder.count(sweep.count)}
    if entry.fault:
        st.warning(entry.fault, icon=":material/error:")
    elif page.stopped and not entry.over:
        st.caption(text("sweep.stopped").fill(**counted))
    elif place := engine().queued(entry):
        st.caption(section("status.queued").fill(place=place))
    elif entry.over:
        st.caption(text("sweep.done").fill(**counted))
    else:
        st.progress(min(1.0, done / sweep.count), _left(page, done, sweep.count, counted))
    lost = failed(page)
    if lost:
        count = sum(len(one.specs) for one in lost)
        st.warning(text("sweep.failed").fill(n=count, why=lost[0].sentence), icon=":material/error:")


def _left(page: State, done: int, total: int, counted: dict[str, str]) -> str:
    """How many are done, and, from the pace since the start, how long the rest takes."""
    if page.pace is None or page.pace[0] != page.began:
        page.pace = (page.began, done)
    fresh, spent = done - page.pace[1], time.monotonic() - page.began
    if fresh < 3:
        return text("sweep.begun").fill(**counted)
    return text("sweep.running").fill(**counted, left=builder.duration((total - done) * spent / fresh))
