"""The live part: the newest frame, drawn again at every poll; a fast half (maps, numbers) and a slower one (curves)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from occam.charts import boundary, slopes, stability
from occam.charts.chart import Chart
from occam.glossary import METRICS
from occam.ui import notices, options, planes, player, words
from occam.ui.cards import CARDS
from occam.ui.desk import Desk, Look

SLOW = 0.5  # seconds between two drawings of the curves, at least
HEADLINES = ("train_loss", "test_loss", "train_error", "test_error", "geometric_complexity", "dirichlet_energy")
MAP_HEIGHT = 440  # pixels, of what stands in for a map that does not exist yet
MEASURE = 150  # pixels of one number
Places = Mapping[str, DeltaGenerator]


def run(desk: Desk, places: Places, units: bool) -> None:
    """Draw everything once, and again at every poll while the run moves; `units`: the hidden units, too."""
    pace = desk.pace
    st.session_state.pop(player.MOVED, None)
    st.fragment(_fast, run_every=pace)(desk, places, pace is not None)
    slow = None if pace is None else max(SLOW, 2 * pace)
    st.fragment(_slow, run_every=slow)(desk, places, units)


def _fast(desk: Desk, places: Places, live: bool) -> None:
    moved = st.session_state.pop(player.MOVED, False)
    look = desk.poll()
    with places["status"]:
        st.markdown(words.status(desk))
    with places["timeline"]:
        player.timeline(desk, look)
    if look is None:
        _empty(desk, places)
    else:
        _maps(desk, look, places)
        _headlines(look, places)
    if moved or notices.due(desk) or (live and not desk.waiting):
        st.rerun()


def _empty(desk: Desk, places: Places) -> None:
    for name in ("boundary", "slopes"):
        with places[name]:
            st.skeleton(height=MAP_HEIGHT)


def _maps(desk: Desk, look: Look, places: Places) -> None:
    style, view = options.style(), planes.view(desk, look)
    test = options.choice("points") == "both"
    with places["boundary"]:
        show(boundary.draw(view.key, view.header, view.frames, view.index, style=style, test=test), "boundary")
    with places["slopes"]:
        show(slopes.draw(view.key, view.header, view.frames, view.index, style=style), "slopes")


def _headlines(look: Look, places: Places) -> None:
    metrics = look.frame.metrics
    with places["headlines"]:
        for name in HEADLINES:
            is_share = name.endswith("error")
            if not (is_share and look.header.task == "regression"):
                value = metrics.get(name, math.nan)
                text = words.share(value) if is_share else words.number(value)
                metric = METRICS[name]
                st.metric(f"{metric.label} {metric.symbol}", text, help=words.meaning(name), width=MEASURE)
    with places["gauge"]:
        show(stability.draw(look.entry.key, look.header, look.frames, look.index, style=options.style()), "gauge")


def _slow(desk: Desk, places: Places, units: bool) -> None:
    look = desk.look
    if look is None:
        return
    style = options.style()
    for card in CARDS:
        with places[card.name]:
            show(card.draw(look, style), card.name)
    if units:
        chart = planes.units(desk, look)
        with places["units"]:
            if chart is None:
                st.skeleton(height=MAP_HEIGHT)
            else:
                show(chart, "units")


def show(chart: Chart, name: str) -> None:
    """One chart as a page element of its own, named `name`."""
    st.vega_lite_chart(**chart.show, key=f"chart.{name}")
