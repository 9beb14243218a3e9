"""The panel of the page on the input penalty: where its charts stand, each with its heading and its data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from occam.charts import input_penalty, xy
from occam.studies.kinds.input_penalty import ARMS, Angle, Attacked, Distance, Margins, Order, Pull
from occam.ui import cards, options, study_panel
from occam.ui import input_penalty_state as states
from occam.ui.desk import Desk
from occam.ui.input_penalty_state import State
from occam.ui.input_penalty_tabs import DRAW, MEASURES, arms_table, of, text
from occam.ui.study_panel import Places, Results

CSS = Path(__file__).with_suffix(".css")


def draw(desk: Desk, page: State, places: Places) -> None:
    """What the tab has found so far."""
    key, results = page.results(page.tab)
    with places["state"]:
        study_panel.progress(page, page.tab)
    DRAW[page.tab](page, key, results, places, options.style())


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
        _, results = page.results(page.tab)
        return card.table(page, results) if results else None

    cards.heading(f"input.{card.name}", text(f"card.{card.name}"), table)
