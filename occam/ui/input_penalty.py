"""The live part of the page on the input penalty: what the tab on screen computes, drawn while it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from occam.charts import input_penalty, xy
from occam.engine.study_book import StudyEntry
from occam.studies.kinds.input_penalty import ARMS, Angle, Attacked, Distance, Margins, Order, Pull
from occam.ui import cards, options, pace
from occam.ui import input_penalty_state as states
from occam.ui.desk import Desk, engine
from occam.ui.input_penalty_state import State
from occam.ui.input_penalty_tabs import DRAW, MEASURES, Places, Results, arms_table, of, text
from occam.ui.text import section

CSS = Path(__file__).with_suffix(".css")
FIRST = 0.25  # seconds a full run waits for the first result: longer waits fade the page


def run(desk: Desk, page: State, places: Places) -> None:
    """Draw the tab, and again at every poll while its study goes on.  Raises ValueError for what the server refuses."""
    if _ask(desk, page):
        page.entries[page.tab].wait(1, FIRST)
    live = _ask(desk, page)
    st.fragment(_draw, run_every=pace.begin("fast", live))(desk, page, places, live)


def _ask(desk: Desk, page: State) -> bool:
    """Ask for the study of the tab; whether it goes on."""
    tab = page.tab
    if tab not in page.stopped or tab not in page.entries:
        page.entries[tab] = engine().study(desk.viewer, page.spec, slot=f"input.{tab}")
    entry = page.entries[tab]
    if entry.results and (entry.over or len(entry.results) >= ENOUGH[tab] or tab not in page.shown):
        page.shown[tab] = entry
    return tab not in page.stopped and not entry.over


ENOUGH = {"arms": len(ARMS), "orders": 1, "attacks": 3, "angles": 3, "seeds": 1}  # results that replace the old picture


def _draw(desk: Desk, page: State, places: Places, live: bool) -> None:
    pace.keep("fast")
    moving = _ask(desk, page)
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
    elif not entry.over:
        done, total = entry.progress or (0, 1)
        st.progress(min(1.0, done / total), text("state.computing").body)
    else:
        st.empty()


@dataclass(frozen=True)
class Card:
    """A place for a chart: `name` is its section of the text, `table` its data."""

    name: str
    table: Callable[[State, Results], pd.DataFrame]


def _seed_table(page: State, results: Results, measure: str) -> pd.DataFrame:
    return xy.table(input_penalty.seed_series(results, measure, page.chosen["compare"]), "seed", measure)


CARDS: dict[str, tuple[Card, ...]] = {
    "arms": (),
    "orders": (
        Card("orders", lambda _, r: xy.table(input_penalty.order_series(of(Order, r)), "size", "remainder")),
        Card("distances", lambda _, r: xy.table(input_penalty.distance_series(of(Distance, r)), "epsilon", "distance")),
    ),
    "attacks": (
        Card(
            "attacked",
            lambda page, r: xy.table(
                input_penalty.attack_series(of(Attacked, r), page.chosen["method"]), "radius", "accuracy_or_loss"
            ),
        ),
        Card("margins", lambda _, r: xy.table(input_penalty.margin_series(of(Margins, r)), "distance", "share")),
    ),
    "angles": (
        Card("angles", lambda _, r: xy.table(input_penalty.angle_series(of(Angle, r)), "step", "cosine")),
        Card("pulls", lambda _, r: xy.table(input_penalty.pull_series(of(Pull, r)), "step", "loss_input_grad_sq")),
    ),
    "seeds": tuple(Card(measure, partial(_seed_table, measure=measure)) for measure in MEASURES),
}
SEGMENTS = {"arms": ("compare", "map"), "attacks": ("method", "norm"), "seeds": ("compare", "norm")}


def lay_out(page: State) -> dict[str, DeltaGenerator]:
    """The containers of the tab, each chart's with its heading."""
    st.html(CSS)
    places = {"state": st.container(key="input_state")}
    if page.tab in SEGMENTS:
        with st.container(horizontal=True, gap="large", key="input_choices", vertical_alignment="bottom"):
            for name in SEGMENTS[page.tab]:
                states.segments(page, name, label_visibility="collapsed")
    if page.tab == "arms":
        _heading(page, Card("arms", arms_table))
        with st.container(key="input_arms"):
            for name, column in zip(ARMS, st.columns(4, gap="small"), strict=True):
                places[name] = column.container()
    else:
        tab_cards = CARDS[page.tab]
        for column, card in zip(st.columns(len(tab_cards), gap="medium"), tab_cards, strict=True):
            with column:
                _heading(page, card)
                places[card.name] = st.container()
    if page.tab == "attacks":
        places["bounds"] = st.container(key="input_table")
    places["verdict"] = st.container(key="input_verdict")
    return places


def _heading(page: State, card: Card) -> None:
    def table() -> pd.DataFrame | None:
        shown = page.shown.get(page.tab)
        return card.table(page, shown.results[:]) if shown is not None else None

    cards.heading(f"input.{card.name}", text(f"card.{card.name}"), table)
