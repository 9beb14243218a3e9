"""Where the charts of the page on the step size stand: each with its heading and its data, and the player of time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from occam.charts import boundary, step_size, step_size_landscape, xy
from occam.studies.kinds.step_size import ARMS, BatchPoint, MomentumPoint, VarianceSplit
from occam.ui import cards, options
from occam.ui.step_size_state import AT_KEY, FILE, FULL, VIEW, State
from occam.ui.study_panel import Results
from occam.ui.text import Section, section

PLAY = 5.0  # seconds from the start to the end of the paths


def text(name: str) -> Section:
    """A section of this page's text."""
    return section(name, FILE)


@dataclass(frozen=True)
class Card:
    """A place for a chart: `name` is its section of the text, `table` its data, `width` its share of the row."""

    name: str
    table: Callable[[State, Results], pd.DataFrame]
    width: float = 1.0


def _of(kind: type) -> Callable[[Results], Results]:
    return lambda results: [result for result in results if isinstance(result, kind)]


points_of, splits_of, momenta_of = _of(BatchPoint), _of(VarianceSplit), _of(MomentumPoint)


def _ends(page: State) -> Results:
    return page.results("ends")[1]


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
                    step_size.batch_series(points_of(results), name), "gamma", "distance"
                ),
            )
            for name in ("reshuffle", "replacement")
        ),
        (
            Card(
                "split", lambda _, results: xy.table(step_size.split_series(splits_of(results)), "batch_size", "norm")
            ),
            Card(
                "momentum",
                lambda _, results: xy.table(step_size.momentum_series(momenta_of(results)), "momentum", "factor"),
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
                if card.name == "paths":
                    places["live"] = places["paths"]
                if card.name == "ends":
                    places["imbalance"] = _card(page, Card("imbalance", _imbalance_table))
    places["verdict"] = st.container(key="step_verdict")
    places.setdefault("state", st.container())  # where all is there in a moment, only a fault is told
    if page.tab == "swap":
        _heading(page, Card("boundaries", _maps_table))
        for name, column in zip(ARMS, st.columns(4, gap="small"), strict=True):
            places[f"arm.{name}"] = column
    return places


def _imbalance_table(page: State, results: Results) -> pd.DataFrame:
    return xy.table(step_size.imbalance_series(results[-1]), "time", "Q")


def _maps_table(_: State, results: Results) -> pd.DataFrame:
    drawn = next((seed for seed in results if seed.header is not None), None)
    if drawn is None:
        return pd.DataFrame()
    maps = [
        boundary.table(drawn.header, [frame], 0).assign(arm=arm) for arm, frame in zip(ARMS, drawn.frames, strict=True)
    ]
    return pd.concat(maps)


def _card(page: State, card: Card) -> DeltaGenerator:
    _heading(page, card)
    return st.container()


def _heading(page: State, card: Card) -> None:
    def table() -> pd.DataFrame | None:
        _, results = page.results(page.tab)
        return card.table(page, results) if results else None

    cards.heading(f"step.{card.name}", text(card.name), table)


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
