"""The live part of the page on one dimension: the curve while it trains; the studies while they stream in."""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from occam.charts import one_dimension as curve
from occam.charts import one_dimension_studies as charts
from occam.charts import slopes, xy
from occam.charts.chart import Style
from occam.studies.kinds import one_dimension_verdicts as verdicts
from occam.studies.kinds.one_dimension import CurveArms
from occam.studies.kinds.step_size_verdicts import Verdict
from occam.ui import cards, one_dimension_points, options, scene, study_panel
from occam.ui.desk import Desk, Look
from occam.ui.one_dimension_state import FILE, SLOTS, State
from occam.ui.study_panel import Places
from occam.ui.text import Section, section
from occam.ui.words import number

PLOT, ARMS, SHARP = 232, 150, 88  # pixels of plot
TILES = {
    "arc": ("arc", "chord"),
    "bound": ("bound",),
    "energy": ("energy",),
    "polyline": ("polyline",),
    "excess": ("excess",),
}


def text(name: str) -> Section:
    """A section of this page's text."""
    return section(name, FILE)


def said(verdict: Verdict) -> str:
    """A verdict in words, its numbers filled in."""
    return study_panel.said(verdict, FILE)


def card(name: str, table: Callable[[], pd.DataFrame | None], title: str | None = None) -> DeltaGenerator:
    """A place for a chart below its heading: how to read it, its data as CSV."""
    words = text(title or name)
    cards.heading(f"curve.{name}", words, table)
    return st.container()


# The curve while it trains.


def lay_out_curve(desk: Desk) -> dict[str, DeltaGenerator]:
    """Containers of the main act."""

    def of(make: Callable[[Look], pd.DataFrame]) -> Callable[[], pd.DataFrame | None]:
        return lambda: make(desk.look) if desk.look is not None and curve.is_curve(desk.look.header) else None

    places: dict[str, DeltaGenerator] = {}
    tables = {
        "curve": of(lambda look: curve.table(look.entry.key, look.header, look.frame)),
        "steep": of(lambda look: slopes.table(look.header, look.frames, look.index)),
        "lengths": of(lambda look: curve.history(look.entry.key, look.header, look.frames)),
        "falls": of(lambda look: curve.history(look.entry.key, look.header, look.frames)),
    }
    for names in (("curve", "steep"), ("lengths", "falls")):
        for column, name in zip(st.columns(2, gap="medium"), names, strict=True):
            with column:
                places[name] = card(name, tables[name])
        if names[0] == "curve":
            places["headlines"] = st.container(key="headlines")
    return places


def draw_curve(desk: Desk, page: State, look: Look | None, places: Places) -> None:
    """The fast half: curve, where this is called, slopes, numbers."""
    if look is None or not curve.is_curve(look.header):
        st.skeleton(height=PLOT)
        scene.reserve(places, "steep", "headlines")
        return
    style = options.style()
    with places["steep"]:
        chart = slopes.draw(look.entry.key, look.header, look.frames, look.index, style=style)
        scene.show(chart, "steep", PLOT)
    found = vars(curve.look(look.entry.key, look.header, look.frame).measure)
    stability = look.frame.metrics.get("stability", math.nan)
    rows = [(text(f"tile.{name}"), " · ".join(number(found[one]) for one in of)) for name, of in TILES.items()]
    sign = "<" if stability < 1 else "≥"
    rows.append((text("tile.stability"), f"{number(stability)} {sign} 1" if math.isfinite(stability) else "–"))
    tiles = "".join(
        f'<div title="{escape(words.body, quote=True)}"><dt>{words.title}</dt><dd>{value}</dd></div>'
        for words, value in rows
    )
    with places["headlines"]:
        st.html(f"<dl>{tiles}</dl>")
    one_dimension_points.draw(desk, page, look, PLOT)  # last, because a click in it starts the page anew


def draw_history(look: Look | None, places: Places) -> None:
    """The slow half: lengths and complexity over training."""
    if look is None or not curve.is_curve(look.header):
        scene.reserve(places, "lengths", "falls")
        return
    frames = look.frames[:]
    for name in ("lengths", "falls"):
        with places[name]:
            chart = curve.draw_history(look.entry.key, look.header, frames, look.index, options.style(), name)
            scene.show(chart, name)


# The studies.


def lay_out_studies(page: State) -> dict[str, DeltaGenerator]:
    """The containers of the tab's studies, side by side where there are several."""
    slots = SLOTS[page.chosen["arms"]] if page.tab == "regimes" else (page.tab,)
    places: dict[str, DeltaGenerator] = {}
    for slot, column in zip(slots, st.columns(len(slots), gap="medium"), strict=True):
        with column:
            for name in LAYOUT[page.tab]:
                title = f"arms.{slot}" if name == "arms" else name
                places[f"{slot}.{name}"] = (
                    card(f"{slot}.{name}", _table(page, slot, name), title)
                    if name in HEADED
                    else st.container(key=f"{slot}_{name}")
                )
    return places


HEADED = ("arms", "functions", "energy", "chain")
LAYOUT = {
    "regimes": ("arms", "verdict", "sharpness", "functions", "state"),
    "control": ("verdict", "energy", "loss", "state"),
    "stable": ("verdict", "chain", "state"),
}


def _table(page: State, slot: str, name: str) -> Callable[[], pd.DataFrame | None]:
    def table() -> pd.DataFrame | None:
        _, results = page.results(slot)
        if not results:
            return None
        if slot == "control":
            parts = {what: charts.linear_series(results, what) for what in ("energy", "loss")}
            return pd.concat([xy.table(part, "step", "value").assign(quantity=what) for what, part in parts.items()])
        if name == "functions":
            return charts.functions_table(results)
        return charts.stable_table(results) if slot == "stable" else charts.arms_table(charts.arms_of(results))

    return table


def draw_studies(desk: Desk, page: State, places: Places) -> None:
    """What the tab's studies have found so far."""
    style = options.style()
    for slot, spec in page.studies(desk).items():
        with places[f"{slot}.state"]:
            study_panel.progress(page, slot)
        drawn = {name: places[f"{slot}.{name}"] for name in LAYOUT[page.tab]}
        key, results = page.results(slot)
        of = page.shown[slot].spec if slot in page.shown else spec
        if isinstance(of, CurveArms):
            _arms(page, slot, key, results, of, drawn, style)
        else:
            _one(slot, key, results, drawn, style)


def _arms(page: State, slot: str, key: str, results: list, spec: CurveArms, places: Places, style: Style) -> None:
    found, last = charts.arms_of(results), len(spec.stabilities) - 1
    measure: verdicts.Measure = next(name for name in verdicts.LENGTHS if name == page.chosen["measure"])
    with places["arms"]:
        scene.show(charts.draw_arms(key, found, spec, measure, style, ARMS), f"{slot}.arms")
    with places["sharpness"]:
        scene.show(charts.draw_arms(key, found, spec, "sharpness", style, SHARP), f"{slot}.sharpness")
    with places["functions"]:
        chart = charts.draw_functions(key, results, spec, spec.first_seed, style, ARMS)
        scene.show(chart, f"{slot}.functions")
    lost = verdicts.paired(found, measure, last).lost
    low, high = spec.stabilities[0], spec.stabilities[-1]
    training = spec.run.training
    if training.stop_time is None:
        where = text("arms.at_loss").fill(loss=number(training.stop_loss or math.nan))
    else:
        ends = (verdicts.median_loss(found, arm) for arm in (0, last))
        where = text("arms.at_time").fill(time=number(training.stop_time), losses=" and ".join(map(number, ends)))
    scope = text("arms.scope").fill(low=number(low), high=number(high), where=where, lost=lost)
    inside = text("arms.inside" if high < 1 else "arms.below" if high < 2 else "arms.beyond").body
    both: tuple[verdicts.Measure, ...] = (measure, "sharpness")
    lines = [f"{text(f'measure.{name}').title}: {said(verdicts.arms(found, name, last))}" for name in both]
    with places["verdict"]:
        st.info("  \n".join(lines), icon=":material/gavel:")
        st.caption(f"{scope} {inside}")


def _one(slot: str, key: str, results: list, places: Places, style: Style) -> None:
    if slot == "control":
        for name in ("energy", "loss"):
            with places[name]:
                scene.show(charts.draw_linear(key, results, name, style), f"control.{name}")
        words = said(verdicts.linear(results))
    else:
        with places["chain"]:
            scene.show(charts.draw_stable(key, results, style), "stable.chain")
        words = said(verdicts.stable(results))
    with places["verdict"]:
        st.info(words, icon=":material/gavel:")
