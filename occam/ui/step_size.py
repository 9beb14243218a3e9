"""The live part of the page on the step size: what the tab on screen computes, and how it is drawn while it does."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from occam.charts import boundary, step_size, step_size_landscape, xy
from occam.charts.chart import Style
from occam.engine.study_book import StudyEntry
from occam.studies.kinds import step_size_verdicts as verdicts
from occam.studies.kinds.step_size import (
    ARMS,
    BatchPoint,
    LandscapeEnds,
    LandscapePaths,
    MomentumPoint,
    SwapTest,
    VarianceSplit,
)
from occam.studies.kinds.step_size_verdicts import Verdict
from occam.studies.spec import StudySpec
from occam.ui import cards, options, pace, scene
from occam.ui.desk import Desk, engine
from occam.ui.step_size_state import AT_KEY, FILE, FULL, VIEW, State, run_of
from occam.ui.text import Section, section
from occam.ui.words import number

FIRST = 0.25  # seconds a full run waits for the first result: longer waits fade the page
PLAY = 5.0  # seconds from the start to the end of the paths
LANDSCAPE = 264  # pixels of plot: the whole main act fits into 720 lines
MAPS = 190
Results = list[Any]
Places = Mapping[str, DeltaGenerator]


def text(name: str) -> Section:
    """A section of this page's text."""
    return section(name, FILE)


def said(verdict: Verdict) -> str:
    """A verdict in words, its numbers filled in."""
    values = {k: number(v) if isinstance(v, float) else v for k, v in verdict.values.items()}
    return text(verdict.name).fill(**values)


def ask(desk: Desk, page: State) -> bool:
    """Ask for the studies of the tab; whether something on screen is to change without a further command."""
    spec = page.spec
    slots: dict[str, StudySpec] = {page.tab: spec}
    if page.tab == "landscape":
        fields = {name: getattr(spec, name) for name in ("a", "b", "target", "time")}
        slots["ends"] = LandscapeEnds(**fields)
    for slot, wanted in slots.items():
        if page.tab not in page.stopped:
            page.entries[slot] = engine().study(desk.viewer, wanted, slot=f"step.{slot}")
        entry = page.entries[slot]
        if entry.results:
            page.shown[slot] = entry
    return page.playing_since is not None or any(_moving(page, slot) for slot in slots)


def _moving(page: State, slot: str) -> bool:
    return page.tab not in page.stopped and not page.entries[slot].over


def run(desk: Desk, page: State, places: Places) -> None:
    """Draw the tab, and again at every poll while something moves."""
    if ask(desk, page):
        page.entries[page.tab].wait(1, FIRST)
    live = ask(desk, page)
    st.fragment(_draw, run_every=pace.begin("fast", live))(desk, page, places, live)


def _draw(desk: Desk, page: State, places: Places, live: bool) -> None:
    pace.keep("fast")
    moving = ask(desk, page)
    entry, shown = page.entries[page.tab], page.shown.get(page.tab)
    with places["state"]:
        _state(page, entry)
    results = shown.results[:] if shown is not None else []
    DRAW[page.tab](page, shown.key if shown is not None else "", results, places, options.style())
    if live and not moving:
        st.rerun()


def _state(page: State, entry: StudyEntry) -> None:
    """Progress, a fault, or nothing; always one element, so that nothing below it moves."""
    place = engine().queued(entry)
    if entry.fault:
        st.warning(entry.fault, icon=":material/error:")
    elif page.tab in page.stopped and not entry.over:
        st.caption(text("state.stopped").body)
    elif place:
        st.caption(section("status.queued").fill(place=place))
    elif not entry.over and page.tab != "landscape":
        done, total = entry.progress or (0, 1)
        st.progress(min(1.0, done / total), text("state.computing").body)
    else:
        st.empty()


@dataclass(frozen=True)
class Card:
    """A place for a chart: `name` is its section of the text, `table` its data, `width` its share of the row."""

    name: str
    table: Callable[[State, Results], pd.DataFrame]
    width: float = 1.0


def _of(kind: type) -> Callable[[Results], Results]:
    return lambda results: [result for result in results if isinstance(result, kind)]


_points, _splits, _momenta = _of(BatchPoint), _of(VarianceSplit), _of(MomentumPoint)


def _ends(page: State) -> Results:
    entry = page.shown.get("ends")
    return entry.results[:] if entry is not None else []


LAYOUT: dict[str, tuple[tuple[Card, ...], ...]] = {
    "landscape": (
        (
            Card("paths", lambda _, results: step_size_landscape.table(results[-1]), 1.25),
            Card("ends", lambda page, _: xy.table(step_size.end_series(_ends(page)), "gamma", "sharpness")),
        ),
    ),
    "orders": (
        tuple(
            Card(
                kind, lambda _, results, kind=kind: xy.table(step_size.order_series(results, kind), "gamma", "distance")
            )
            for kind in ("one_step", "fixed_time")
        ),
    ),
    "batches": (
        tuple(
            Card(
                name,
                lambda _, results, name=name: xy.table(
                    step_size.batch_series(_points(results), name), "gamma", "distance"
                ),
            )
            for name in ("reshuffle", "replacement")
        ),
        (
            Card("split", lambda _, results: xy.table(step_size.split_series(_splits(results)), "batch_size", "norm")),
            Card(
                "momentum",
                lambda _, results: xy.table(step_size.momentum_series(_momenta(results)), "momentum", "factor"),
            ),
        ),
    ),
    "swap": (
        tuple(
            Card(space, lambda _, results, space=space: xy.table(step_size.swap_series(results, space), "time", space))
            for space in ("parameters", "functions")
        ),
    ),
    "edge": (
        (
            Card(
                "sharpness", lambda _, results: xy.table(step_size.sharpness_series(results), "step", "sharpness"), 1.4
            ),
            Card("loss", lambda _, results: xy.table(step_size.loss_series(results), "step", "loss")),
        ),
    ),
}


def lay_out(page: State) -> dict[str, DeltaGenerator]:
    """The containers of the tab, each chart's with its heading."""
    places: dict[str, DeltaGenerator] = {}
    if page.tab != "landscape":
        places["state"] = st.container(key="step_state")
    else:
        with st.container(key="step_player", horizontal=True, vertical_alignment="center", gap="medium"):
            _play_button(page)
            places["time"] = st.container(width="stretch")
            with places["time"]:
                _time(page)
            st.segmented_control(
                text("window").title,
                VIEW["window"],
                key=options.key("window"),
                required=True,
                format_func=lambda name: text(f"window.{name}").title,
                label_visibility="collapsed",
            )
    for row in LAYOUT[page.tab]:
        columns = st.columns([card.width for card in row], gap="medium")
        for column, card in zip(columns, row, strict=True):
            with column:
                places[card.name] = _card(page, card)
                if card.name == "ends":
                    places["imbalance"] = _card(page, Card("imbalance", _imbalance_table))
    places["verdict"] = st.container(key="step_verdict")
    places.setdefault("state", st.container())  # where all is there in a moment, only a fault is told
    if page.tab == "swap":
        st.markdown(f"**{text('boundaries').title}**")
        for name, column in zip(ARMS, st.columns(4, gap="small"), strict=True):
            places[f"arm.{name}"] = column
    return places


def _imbalance_table(page: State, results: Results) -> pd.DataFrame:
    return xy.table(step_size.imbalance_series(results[-1]), "time", "Q")


def _card(page: State, card: Card) -> DeltaGenerator:
    def table() -> pd.DataFrame | None:
        shown = page.shown.get(page.tab)
        return card.table(page, shown.results[:]) if shown is not None else None

    cards.heading(f"step.{card.name}", text(card.name), table)
    return st.container()


def _time(page: State) -> None:
    """The slider of the time on screen; while time runs, the live part draws its progress there instead."""
    if page.playing_since is not None:
        st.empty()
        return
    st.session_state.setdefault(AT_KEY, FULL)
    st.slider(text("time").title, 0, FULL, key=AT_KEY, format="%d %%", label_visibility="collapsed")


def _play_button(page: State) -> None:
    playing = page.playing_since is not None
    words = section("player.pause" if playing else "player.play")
    icon = ":material/pause:" if playing else ":material/play_arrow:"
    st.button(words.title, key="step.play", icon=icon, shortcut="space", type="primary", on_click=_toggle, args=(page,))


def _toggle(page: State) -> None:
    if page.playing_since is not None:
        page.playing_since = None
        return
    at = st.session_state.get(AT_KEY, FULL)
    page.playing_since = time.monotonic() - (0 if at >= FULL else PLAY * at / FULL)


def _landscape(page: State, key: str, results: Results, places: Places, style: Style) -> None:
    if page.playing_since is not None:
        share = min(1.0, (time.monotonic() - page.playing_since) / PLAY)
        st.session_state[AT_KEY] = round(FULL * share)
        with places["time"]:
            st.progress(share, text("time.playing").body)
        if share >= 1:
            page.playing_since = None
    if not results:
        for name in ("paths", "ends", "imbalance", "verdict"):
            with places[name]:
                st.skeleton(height=120)
        return
    paths, spec = results[-1], page.shown["landscape"].spec
    assert isinstance(spec, LandscapePaths)
    until = spec.time * (st.session_state[AT_KEY] / FULL) ** 2
    window = st.session_state[options.key("window")]
    chart = step_size_landscape.draw(
        key, paths, spec.target, until, style=style, window="end" if window == "end" else "whole", height=LANDSCAPE
    )
    ends = page.shown.get("ends")
    with places["paths"]:
        scene.show(chart, "paths")
    with places["ends"]:
        points = ends.results[:] if ends is not None else []
        scene.show(step_size.draw_ends(ends.key if ends else "", points, paths, spec.target, style), "ends")
    with places["imbalance"]:
        scene.show(step_size.draw_imbalance(key, paths, style), "imbalance")
    _verdicts(places, verdicts.landscape(paths))


def _verdicts(places: Places, *found: Verdict, note: str = "") -> None:
    with places["verdict"]:
        st.info("  \n".join([*map(said, found), *([note] if note else [])]), icon=":material/gavel:")


def _orders(page: State, key: str, results: Results, places: Places, style: Style) -> None:
    for kind in ("one_step", "fixed_time"):
        with places[kind]:
            scene.show(step_size.draw_orders(key, results, kind, style), kind)
    one = verdicts.orders(verdicts.fits(results, "one_step"), verdicts.ONE_STEP)
    fixed = verdicts.orders(verdicts.fits(results, "fixed_time"), verdicts.FIXED_TIME)
    _verdicts(places, one, note=_both(one, fixed, results))


def _both(one: Verdict, fixed: Verdict, results: Results) -> str:
    second = f"{text('fixed_time').title}: {said(fixed)}"
    if not results:
        return second
    range_words = {"low": number(results[-1].stability), "high": number(results[0].stability), "n": len(results)}
    inside = "within" if results[0].stability < 1 else "beyond"
    return f"{second}  \n{text(f'orders.{inside}').fill(**range_words)}"


def _batches(page: State, key: str, results: Results, places: Places, style: Style) -> None:
    points, splits, momenta = _points(results), _splits(results), _momenta(results)
    found = []
    for sampling in ("reshuffle", "replacement"):
        with places[sampling]:
            scene.show(step_size.draw_batches(key, points, sampling, style), sampling)
        fits = verdicts.batch_fits(points, sampling)
        found.append((sampling, verdicts.orders(fits, verdicts.EPOCH[sampling], verdicts.BATCH_SLOPES)))
    with places["split"]:
        scene.show(step_size.draw_split(key, splits, style), "split")
    with places["momentum"]:
        scene.show(step_size.draw_momentum(key, momenta, style), "momentum")
    lines = [f"{text(sampling).title}: {said(verdict)}" for sampling, verdict in found]
    if points:
        first = points[0]
        counts = {"orders": first.reshuffle.sequences, "draws": first.replacement.sequences}
        lines.append(text("batches.scope").fill(**counts, stability=number(first.reshuffle.stability)))
    with places["verdict"]:
        st.info("  \n".join(lines), icon=":material/gavel:")


def _swap(page: State, key: str, results: Results, places: Places, style: Style) -> None:
    for space in ("parameters", "functions"):
        with places[space]:
            scene.show(step_size.draw_swap(key, results, space, style), space)
    shown = page.shown.get("swap")
    if shown is not None and isinstance(spec := shown.spec, SwapTest):
        scope = {"large": number(spec.large), "small": number(spec.small), "penalty": number(spec.penalty)}
        _verdicts(places, verdicts.swap(results), note=text("swap.scope").fill(**scope, seed=run_of(spec).model.seed))
    else:
        with places["verdict"]:
            st.skeleton(height=60)
    drawn = next((seed for seed in results if seed.header is not None), None)
    for i, name in enumerate(ARMS):
        with places[f"arm.{name}"]:
            if drawn is None:
                st.skeleton(height=MAPS)
                continue
            st.caption(text(f"arm.{name}").title)
            chart = boundary.draw(f"{key}.{name}", drawn.header, [drawn.frames[i]], 0, style=style, test=False)
            scene.show(chart, f"arm.{name}", MAPS)


def _edge(page: State, key: str, results: Results, places: Places, style: Style) -> None:
    shown = page.shown.get("edge")
    run = run_of((shown or page.entries["edge"]).spec)
    gamma = run.training.step_size
    with places["sharpness"]:
        scene.show(step_size.draw_edge(key, results, gamma, style), "sharpness")
    with places["loss"]:
        scene.show(step_size.draw_loss(key, results, style), "loss")
    found = [verdicts.edge(results, gamma), verdicts.validity(results, gamma)]
    note = ""
    if results and shown is not None and shown.ended and results[-1].step < run.training.last_step:
        note = text("edge.early").fill(step=results[-1].step)
    _verdicts(places, *found, note=note)


DRAW: dict[str, Callable[[State, str, Results, Places, Style], None]] = {
    "landscape": _landscape,
    "orders": _orders,
    "batches": _batches,
    "swap": _swap,
    "edge": _edge,
}
