"""What runs of the table have learned: small boundaries of those brushed, and one run large, open to the Playground."""

from __future__ import annotations

from concurrent.futures import wait
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from occam.charts import boundary, scatter_maps
from occam.charts.scatter import RUN
from occam.charts.scatter_maps import MOST, Small
from occam.charts.scatter_points import Panel, Points, text
from occam.datasets import OWN_CSV
from occam.link import to_query
from occam.spec import KNOBS
from occam.sweeps.row import Row
from occam.training.frames import Recording
from occam.ui import options, pace, scene
from occam.ui.complexity_state import State, key
from occam.ui.complexity_state import text as words
from occam.ui.complexity_table import Table
from occam.ui.desk import Desk, engine
from occam.ui.words import number, share

SPREAD = 6  # runs drawn small where none are brushed: from the simplest to the most complex
PATIENCE = 0.3  # seconds a drawing waits for pictures under way
LARGE = 300  # pixels of plot
TOLD = ("train_loss", "test_loss", "test_error", "geometric_complexity", "sharpness")


def brushed(page: State, points: Points) -> pd.DataFrame:
    """The points within the brush, at most `MOST` of them, evenly chosen by x; without a brush a spread over all."""
    data = points.all.sort_values("x")
    count = MOST
    if page.brush is None:
        count = SPREAD
    else:
        left, right, low, high = page.brush
        data = data[data["x"].between(left, right) & data["y"].between(low, high)]
    return data.iloc[np.unique(np.linspace(0, len(data) - 1, min(count, len(data))).round().astype(int))]


def within(page: State, panels: tuple[Panel, ...]) -> int:
    """How many points the brush holds."""
    if page.brush is None:
        return 0
    left, right, low, high = page.brush
    inside = [panel.all["x"].between(left, right) & panel.all["y"].between(low, high) for panel in panels]
    return int(sum(one.sum() for one in inside))


def recordings(desk: Desk, table: Table, keys: list[str]) -> tuple[dict[str, tuple[Row, Recording]], bool]:
    """Rows and their maps by key, as far as the trainer has drawn them, and whether more are to come."""
    asked: dict[str, tuple[Row, Any]] = {}
    for one in keys:
        row = table.row(one)
        if row is None or (row.spec.data.dataset == OWN_CSV and desk.csv is None):
            continue
        csv = desk.csv if row.spec.data.dataset == OWN_CSV else None
        asked[one] = (row, engine().open_row(row.spec, row.weights, row.step, csv=csv))
    with pace.aside():
        wait([future for _, future in asked.values()], PATIENCE)
    done = {one: (row, future) for one, (row, future) in asked.items() if future.done()}
    fine = {one: (row, future.result()) for one, (row, future) in done.items() if future.exception() is None}
    return fine, len(done) < len(asked)


def draw_small(desk: Desk, page: State, table: Table, frame: pd.DataFrame, points: Points) -> bool:
    """The grid of small boundaries; whether pictures are still to come."""
    chosen = brushed(page, points)
    found = within(page, points.panels)
    name = "small.spread" if page.brush is None else "small.brushed" if found else "small.none"
    st.caption(words(name).fill(shown=len(chosen), found=found))
    places = {str(frame["key"].iloc[run]): int(run) for run in chosen["run"]}
    opened, waiting = recordings(desk, table, list(places))
    small = [
        Small(places[one], one, _short(table, frame, places[one]), recording) for one, (_, recording) in opened.items()
    ]
    if small:
        page.small = {one.run: one.key for one in small}
        run = places.get(page.run) if page.run else None
        scene.show(scatter_maps.draw(small, options.style(), run), "small", on_select=_open_small)
        st.caption(words("small.end").body)
    elif waiting:
        st.skeleton(height=300)
    return waiting


def _open_small() -> None:
    picked = st.session_state["chart.small"].selection.get("pick") or []
    page = st.session_state["complexity"]
    if picked and (run := page.small.get(int(picked[0][RUN]))):
        page.run = run


def _short(table: Table, frame: pd.DataFrame, place: int) -> str:
    """The knobs of a run in a few letters: "γ 0.1  λ 0.2"."""
    row = frame.iloc[place]
    return ", ".join(f"{KNOBS[path].symbol or KNOBS[path].label} {text(path, row[path])}" for path in table.varied)


def close() -> None:
    """Back to the small pictures; for a callback."""
    st.session_state["complexity"].run = None


def draw_large(desk: Desk, page: State, table: Table, frame: pd.DataFrame) -> bool:
    """The chosen run: its boundary, its knobs and numbers, the way to the Playground; whether it is still to come."""
    assert page.run is not None
    opened, waiting = recordings(desk, table, [page.run])
    keys = frame["key"].tolist()
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        st.button(
            words("run.close").title, key=key("close"), icon=":material/grid_view:", on_click=close, type="tertiary"
        )
        row = opened[page.run][0] if page.run in opened else table.row(page.run)
        if row is not None:
            st.page_link(
                "pages/playground.py",
                label=words("run.open").title,
                icon=":material/open_in_new:",
                query_params=to_query(row.spec) | {"at": str(row.step)},
            )
    if page.run in opened:
        row, recording = opened[page.run]
        chart = boundary.draw(page.run, recording.header, recording.frames, 0, style=options.style(), test=True)
        scene.show(chart, "large", LARGE)
    elif waiting:
        st.skeleton(height=LARGE)
    elif row is None:
        st.caption(words("run.missing").body)
    else:
        st.caption(words("run.no_file").body)
    if row is not None:
        _numbers(table, row, frame.iloc[keys.index(page.run)] if page.run in keys else None)
    return waiting


def _numbers(table: Table, row: Row, here: pd.Series | None) -> None:
    knobs = ", ".join(
        f"{KNOBS[path].symbol or KNOBS[path].label} = {text(path, row.spec.value(path))}" for path in table.knobs
    )
    lines = [f"**{knobs}**"]
    if row.status == "diverged":
        lines.append(words("run.diverged").fill(step=row.step, stability=number(row.stability)))
    numbers: dict[Any, Any] = {} if here is None else here.to_dict()
    if numbers.get("reached"):
        told = [
            f"{words(f'told.{name}').title} {(share if name == 'test_error' else number)(numbers[name])}"
            for name in TOLD
        ]
        lines.append(words("run.here").fill(told=" · ".join(told)))
    elif numbers:
        lines.append(words("run.unreached").body)
    st.caption("  \n".join(lines))
