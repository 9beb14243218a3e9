"""The page of runs: a table to tick rows in, and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from occam.charts.compare import MOST
from occam.glossary import METRICS
from occam.spec import KNOBS, RunSpec
from occam.sweeps.records import StoreFault
from occam.sweeps.store import default_path
from occam.ui import compare_bench, runs_files, runs_find, runs_kept
from occam.ui.desk import Desk, engine
from occam.ui.runs_state import State, text

HEIGHT = 440  # pixels of the table: it scrolls by itself, so that the commands above it stay
COMPARE, PLAYGROUND = "pages/compare.py", "pages/playground.py"


def draw(desk: Desk, page: State) -> None:
    """Counts, commands and the table."""
    if page.go is not None:
        target, page.go = page.go, None
        st.switch_page(target)
    every = page.runs(desk)
    found, wrong = runs_find.search(every, page.search)
    found = found.reset_index(drop=True)
    shown = st.session_state.get(page.table)
    ticked = [row for row in shown["selection"]["rows"] if row < len(found)] if shown else []
    keys = [str(key) for key in found["key"].iloc[ticked]] if ticked else []
    commands = st.container(horizontal=True, gap="small", vertical_alignment="center", key="runs_commands")
    with st.container(key="runs_count"):
        name = "count.ticked" if ticked else "count"
        st.caption(text(name).fill(shown=_whole(len(found)), total=_whole(len(every)), ticked=len(ticked)))
    if wrong:
        st.warning(text("search.wrong").fill(terms=", ".join(wrong)), icon=":material/info:")
    with commands:
        _commands(desk, page, keys, found)
    if not len(found):
        st.info(text("none.found" if len(every) else f"none.{page.list}").body, icon=":material/info:")
        return
    _table(page, found)
    if page.list == "store":
        st.caption(text("store.where").fill(path=default_path()))


def _whole(count: int) -> str:
    return f"{count:,}".replace(",", "\u202f")


# The table.


def _table(page: State, found: pd.DataFrame) -> None:
    knobs = runs_find.telling(found)
    when = [runs_kept.WHEN] if runs_kept.WHEN in found else []
    name = ["name"] if "".join(found["name"]) else []
    names = list(dict.fromkeys([*name, *when, "status", "data.dataset", *knobs, *runs_find.NUMBERS]))
    st.dataframe(
        found[names],
        key=page.table,
        on_select="rerun",
        selection_mode="multi-row",
        hide_index=True,
        height=min(HEIGHT, 40 + 35 * len(found)),
        column_config={name: _column(name) for name in names},
        alt=text("table").body,
    )


def _column(name: str) -> Any:
    if name == runs_kept.WHEN:
        return st.column_config.DatetimeColumn(text("when").title, format="HH:mm:ss")
    if name in KNOBS:
        knob = KNOBS[name]
        label = f"{knob.label} {knob.symbol}".strip()
        if knob.kind is str:
            return st.column_config.TextColumn(label, help=knob.help)
        return st.column_config.NumberColumn(label, help=knob.help, format="%d" if knob.kind is int else "%.4g")
    if name in METRICS:
        metric = METRICS[name]
        form = "%d" if name == "step" else "%.3g"
        return st.column_config.NumberColumn(metric.label, help=metric.definition, format=form)
    return st.column_config.TextColumn(text(name).title)


# The commands.


def _commands(desk: Desk, page: State, keys: list[str], found: pd.DataFrame) -> None:
    few = 1 <= len(keys) <= MOST
    _button("compare", "compare_arrows", not few, _compare, desk, page, keys, kind="primary")
    _button("open", "open_in_new", len(keys) != 1, _open, desk, page, keys)
    with _popover("rename", "edit", len(keys) != 1):
        held = str(found.loc[found["key"] == keys[0], "name"].iloc[0]) if len(keys) == 1 else ""
        field = f"runs.name.{''.join(keys)[:16]}.{page.round}"
        st.text_input(text("rename.name").title, value=held, max_chars=80, key=field)
        arguments = (desk, page, keys, field)
        st.button(text("rename.save").title, key="runs.rename.save", on_click=_rename, args=arguments)
    if page.list == "session" and not runs_kept.hosted():
        _button("keep", "save", not keys, _keep, desk, page, keys)
    _button("delete", "delete", not keys, _delete, desk, page, keys)
    with _popover("export", "ios_share", not len(found)):
        runs_files.exports_of(desk, page, keys, found)
    if desk.history.gone if page.list == "session" else page.gone:
        words = text("undo")
        st.button(
            words.title, key="runs.undo", icon=":material/undo:", type="tertiary", on_click=_undo, args=(desk, page)
        )


def _button(
    name: str, icon: str, disabled: bool, act: Callable[..., None], *args: object, kind: Any = "secondary"
) -> None:
    words = text(name)
    st.button(
        words.title,
        key=f"runs.{name}",
        icon=f":material/{icon}:",
        help=words.body,
        disabled=disabled,
        type=kind,
        on_click=_told,
        args=(args[1], act, args),
    )


def _popover(name: str, icon: str, disabled: bool) -> Any:
    words = text(name)
    return st.popover(
        words.title, icon=f":material/{icon}:", help=words.body, disabled=disabled, key=f"runs.{name}.popover"
    )


def _told(page: State, act: Callable[..., None], args: Sequence[Any]) -> None:
    """Do it, or say why the store does not allow it."""
    try:
        act(*args)
    except StoreFault as fault:
        page.done(faults=[f"{fault}."])


def _specs(desk: Desk, page: State, keys: Sequence[str]) -> list[RunSpec]:
    if page.list == "session":
        return [desk.history.opened[key].spec for key in keys]
    return [row.spec for row in runs_kept.reading(lambda store: list(store.rows(keys)))]


def _compare(desk: Desk, page: State, keys: list[str]) -> None:
    specs = _specs(desk, page, keys)
    if len(specs) == 1 and (refused := compare_bench.take(specs[0])) is not None:
        page.done(faults=[refused])
        return
    if len(specs) > 1:
        compare_bench.compare(specs)
    page.go = COMPARE


def _open(desk: Desk, page: State, keys: list[str]) -> None:
    page.go = PLAYGROUND
    if page.list == "session":
        desk.turn_to(desk.history.opened[keys[0]].spec, desk.to_last)
        return
    row = runs_kept.reading(lambda store: store.row(keys[0]))
    if row is None:
        page.done(faults=[text("missing").body])
        page.go = None
        return
    spec, clipped = engine().limits.clip(row.spec)
    recording = runs_kept.picture(desk, row) if spec == row.spec else None
    if recording is None:
        desk.turn_to(spec, desk.to_last)
    else:
        desk.reopen(recording)
    desk.notices = clipped


def _rename(desk: Desk, page: State, keys: list[str], field: str) -> None:
    name = st.session_state[field].strip()

    def rename() -> None:
        if page.list == "session":
            desk.history.opened[keys[0]].name = name
        else:
            runs_kept.writing(lambda store: store.rename(keys[0], name))
        page.done()

    _told(page, rename, ())


def _keep(desk: Desk, page: State, keys: list[str]) -> None:
    page.done(text("kept").fill(count=runs_kept.keep(desk, keys), ticked=len(keys)))


def _delete(desk: Desk, page: State, keys: list[str]) -> None:
    if page.list == "session":
        desk.history.delete(keys)
    else:
        runs_kept.writing(lambda store: store.delete(keys))
        page.gone = tuple(keys)
    page.done(text("deleted").fill(count=len(keys)))


def _undo(desk: Desk, page: State) -> None:
    def undo() -> None:
        if page.list == "session":
            desk.history.restore()
        else:
            runs_kept.writing(lambda store: store.restore(page.gone))
            page.gone = ()
        page.done()

    _told(page, undo, ())
