"""The live part of the page on complexity: the scatter, what is missing from it, the runs behind it, the verdicts."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import streamlit as st

from occam.charts import scatter, scatter_points
from occam.charts.scatter import Axis, Key, Plot
from occam.charts.scatter_points import Points, level_texts
from occam.spec import KNOBS
from occam.sweeps.row import END, Level
from occam.ui import complexity_runs, complexity_verdicts, links, options, pace, scene, stops
from occam.ui import complexity_sweep as sweeps
from occam.ui.complexity_state import CHOICES, NONE, OWN, State, key, segments, select, text
from occam.ui.complexity_table import Table
from occam.ui.desk import Desk
from occam.ui.text import section
from occam.ui.words import number

CSS = Path(__file__).with_suffix(".css")
PANEL = 170  # pixels of plot of a facet
PANELS = 3  # facets in a row
FACETS = 12  # levels of a knob that is offered for facets


def level_of(page: State, table: Table) -> Level:
    """The level compared: the viewer's, if the table has it, else the table's own; the end where it has none."""
    levels = table.levels(page["compare"])
    if not levels:
        return END
    wish = page.level
    level = table.first_level(page["compare"]) if wish is None else min(levels, key=lambda one: abs(one - wish))
    return ("loss" if page["compare"] == "loss" else "time"), level


def choose(page: State, table: Table) -> None:
    """What is compared with what, at which level, in which colours."""
    with st.container(key="complexity_axes"):
        columns = st.columns([1.5, 1.1, 1.1, 1.1], gap="small")
        with columns[0]:
            select("cx", {name: scatter.label(name) for name in CHOICES["cx"]})
        with columns[1]:
            select("cy", {name: scatter.label(name) for name in CHOICES["cy"]})
        for column, name in zip(columns[2:], ("colour", "facet"), strict=True):
            with column:
                _knob_menu(page, table, name)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="complexity_compare"):
        segments("compare", width="content", label_visibility="collapsed")
        with st.container(width="stretch", key="complexity_level"):
            _level(page, table)
        with st.popover(text("scales").title, icon=":material/straighten:", key="complexity_scales"):
            segments("xscale")
            segments("yscale")
        with st.popover(section("read").title, icon=":material/help:", type="tertiary", key="read.complexity"):
            st.markdown(text("scatter").body)
            _files(page, table)


def _files(page: State, table: Table) -> None:
    """All runs of the table at the level compared, as files; made when they are asked for."""
    words = text("export")
    st.markdown(f"**{words.title}**", help=words.body)

    def frame() -> pd.DataFrame:
        return (sweeps.table(page) or table).at(level_of(page, table))

    def parquet() -> bytes:
        buffer = io.BytesIO()
        frame().to_parquet(buffer, index=False)
        return buffer.getvalue()

    made: dict[str, tuple[Callable[[], str | bytes], str]] = {
        "csv": (lambda: frame().to_csv(index=False), "text/csv"),
        "parquet": (parquet, "application/vnd.apache.parquet"),
    }
    with st.container(horizontal=True, gap="xsmall"):
        for form, (content, media) in made.items():
            st.download_button(
                text(f"export.{form}").title,
                content,
                file_name=f"occam-runs.{form}",
                mime=media,
                key=f"{form}.complexity",
                on_click="ignore",
                icon=":material/download:",
            )


def _knob_menu(page: State, table: Table, name: str) -> None:
    few = [path for path in table.knobs if name == "colour" or len(_levels(table, path)) <= FACETS]
    offered = [NONE, *few] if name == "facet" or not few else few
    label = text(f"choice.{name}")
    held = getattr(page, name)
    shown = held if held in offered else offered[0]
    st.session_state[key(name)] = shown
    st.selectbox(
        label.title,
        offered,
        key=key(name),
        format_func=lambda path: text("no_knob").title if path == NONE else stops.title(path),
        help=label.body or None,
        on_change=_chosen,
        args=(page, name),
    )


def _chosen(page: State, name: str) -> None:
    path = st.session_state[key(name)]
    setattr(page, name, None if path == NONE else path)
    page.brush = page.linked = None


def _level(page: State, table: Table) -> None:
    levels = table.levels(page["compare"])
    if page["compare"] == "end":
        st.caption(text("level.end").body)
    elif not levels:
        st.caption(text("level.none").body)
    elif len(levels) == 1:
        st.caption(text(f"level.{page['compare']}").title + f" {number(levels[0])}")
    else:
        st.session_state[key("level")] = level_of(page, table)[1]
        st.select_slider(
            text(f"level.{page['compare']}").title,
            levels,
            key=key("level"),
            format_func=number,
            label_visibility="collapsed",
            on_change=_leveled,
            args=(page,),
        )


def _leveled(page: State) -> None:
    page.level = float(st.session_state[key("level")])
    page.brush = page.linked = None


def _levels(table: Table, path: str) -> tuple[object, ...]:
    if path in table.varied:
        return table.varied[path]
    values = table.at(END)[path].unique() if table.count else []
    return tuple(sorted(value.item() if hasattr(value, "item") else value for value in values))


def colour_of(page: State, table: Table) -> str | None:
    """The knob that colour and shape show."""
    return page.colour if page.colour in table.knobs else next(iter(table.knobs), None)


def points_of(page: State, table: Table, frame: pd.DataFrame) -> Points:
    """The points of the scatter as it is chosen."""
    facet = page.facet if page.facet in table.knobs else None
    varied = {path: _levels(table, path) for path in table.knobs}
    return scatter_points.points(
        frame,
        varied,
        page["cx"],
        page["cy"],
        log=(page["xscale"] == "log", page["yscale"] == "log"),
        colour=colour_of(page, table),
        facet=facet,
        note={name: text(f"note.{name}").body for name in ("empty", "unreached", "undefined")},
    )


def run(desk: Desk, page: State, table: Table) -> None:
    """Draw the table, and again at every poll while a sweep or a picture is under way."""
    live = sweeps.ask(desk, page) or page.moving
    st.fragment(_draw, run_every=pace.begin("fast", live))(desk, page, table, live)


def _draw(desk: Desk, page: State, table: Table, live: bool) -> None:
    """All of it stands in the fragment: a chart can be clicked only where it was made."""
    with pace.TURN:
        pace.keep("fast")
        moving = sweeps.ask(desk, page)
        sweeps.progress(page)
        table = sweeps.table(page) or table
        at = level_of(page, table)
        frame = table.at(at)
        points = points_of(page, table, frame)
        left, right = st.columns([1.45, 1], gap="medium")
        with left:
            _scatter(page, table, frame, points)
            st.caption(counts(page, points, at))
        with right:
            if page.run is not None:
                pictures = complexity_runs.draw_large(desk, page, table, frame)
            else:
                pictures = complexity_runs.draw_small(desk, page, table, frame, points)
        judging = complexity_verdicts.draw(desk, page, table, frame, at, moving)
        page.moving = moving or pictures or judging
    if page.moving != live:
        st.rerun()  # what a fragment wrote to the address just before would be lost
    links.leave(desk, OWN)


def _scatter(page: State, table: Table, frame: pd.DataFrame, points: Points) -> None:
    colour = colour_of(page, table)
    levels = level_texts(colour, _levels(table, colour)) if colour else ("run",)
    facets = len(points.panels) > 1
    brush = page.linked
    linked = ((brush[0], brush[1]), (brush[2], brush[3])) if brush else None
    plot = Plot(
        Axis(page["cx"], _scale(page, "xscale")),
        Axis(page["cy"], _scale(page, "yscale")),
        Key(stops.title(colour) if colour else "", levels, colour is None or KNOBS[colour].kind is not str),
        height=PANEL if facets else scatter.HEIGHT,
        columns=3 if facets else 6,
        narrow=facets,
        many=points.runs > scatter.SMOOTH,
    )
    keys = frame["key"].tolist()
    chosen = keys.index(page.run) if page.run in keys else None
    for start in range(0, len(points.panels), PANELS):
        row = points.panels[start : start + PANELS]
        columns = st.columns(PANELS, gap="small") if facets else [st.container()]
        for i, (column, panel) in enumerate(zip(columns, row, strict=False), start):
            with column:
                if panel.title:
                    st.caption(panel.title)
                chart = scatter.draw(plot, points, panel, options.style(), chosen, linked)
                scene.show(chart, f"scatter.{i}", on_select=lambda i=i: _selected(page, f"scatter.{i}", keys))


def _scale(page: State, name: str) -> scatter.Scale:
    return "log" if page[name] == "log" else "linear"


def _selected(page: State, name: str, keys: list[str]) -> None:
    """A click opens a run; a drag brushes several."""
    selection = st.session_state[f"chart.{name}"].selection
    picked = selection.get(scatter.PICK) or []
    brush = selection.get(scatter.BRUSH) or {}
    before = page.brush
    if "x" in brush and "y" in brush:
        page.linked = None
        (left, right), (low, high) = sorted(brush["x"]), sorted(brush["y"])
        page.brush = (left, right, low, high)
    elif page.linked is None or not picked:  # a click on a point leaves what a link brushed
        page.brush = page.linked = None
    if page.brush != before:
        page.run = None if page.brush is not None else page.run
    run = int(picked[0][scatter.RUN]) if picked else None
    if run is not None and (name, run) != page.picked and run < len(keys):
        page.run = keys[run]
    page.picked = (name, run)


def counts(page: State, points: Points, at: Level) -> str:
    """How many runs are points and how many are not, and why."""
    drawn = len(points.all)
    parts = [text("counts.drawn").fill(drawn=number(drawn), runs=number(points.runs))]
    if points.unreached:
        name = f"counts.{at[0]}"
        fields = {"n": number(points.unreached), "level": number(at[1] if at[1] is not None else math.nan)}
        parts.append(text(name).fill(**fields, diverged=number(points.diverged)))
    if points.undefined:
        parts.append(text("counts.undefined").fill(n=number(points.undefined)))
    if points.outside:
        parts.append(text("counts.outside").fill(n=number(points.outside)))
    if points.thinned:
        parts.append(text("counts.thinned").fill(n=number(points.thinned)))
    return " ".join(parts)
