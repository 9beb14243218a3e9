"""The live part of the page on the step size: what the tab on screen computes, and how it is drawn while it does."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st

from occam.charts import boundary, step_size, step_size_landscape
from occam.charts.chart import Style
from occam.studies.kinds import step_size_verdicts as verdicts
from occam.studies.kinds.step_size import ARMS, LandscapePaths, SwapTest
from occam.studies.kinds.step_size_verdicts import Verdict
from occam.ui import options, scene, study_panel
from occam.ui.desk import Desk
from occam.ui.step_size_layout import PLAY, momenta_of, points_of, splits_of, text
from occam.ui.step_size_state import AT_KEY, FILE, FULL, State, prefix, run_of
from occam.ui.study_panel import Places, Results
from occam.ui.words import number

CLICKED = "step.clicked"
LANDSCAPE = 264  # pixels of plot: the whole main act fits into 720 lines
MAPS = 190


def draw(desk: Desk, page: State, places: Places) -> None:
    """What the tab has found so far."""
    key, results = page.results(page.tab)
    with places["state"]:
        study_panel.progress(page, page.tab)
    DRAW[page.tab](page, key, results, places, options.style())


def said(verdict: Verdict) -> str:
    """A verdict in words, its numbers filled in."""
    return study_panel.said(verdict, FILE)


def _landscape(page: State, key: str, results: Results, places: Places, style: Style) -> None:
    if page.playing_since is not None:
        share = min(1.0, (time.monotonic() - page.playing_since) / PLAY)
        st.session_state[AT_KEY] = round(FULL * share)
        with places["time"]:
            st.progress(share, text("time.playing").body)
        if share >= 1:
            page.playing_since = None
    if not results:
        st.skeleton(height=LANDSCAPE)
        for name in ("ends", "imbalance", "verdict"):
            with places[name]:
                st.skeleton(height=60)
        return
    paths, spec = results[-1], page.shown["landscape"].spec
    assert isinstance(spec, LandscapePaths)
    until = spec.time * (st.session_state[AT_KEY] / FULL) ** 2
    window = st.session_state[options.key("window")]
    chart = step_size_landscape.draw(
        key, paths, spec.target, until, style=style, window="end" if window == "end" else "whole", height=LANDSCAPE
    )
    ends_key, ends = page.results("ends")
    scene.show(chart, "paths", on_select=_clicked)
    with places["ends"]:
        scene.show(step_size.draw_ends(ends_key, ends, paths, spec.target, style), "ends")
    with places["imbalance"]:
        scene.show(step_size.draw_imbalance(key, paths, style), "imbalance")
    _verdicts(places, verdicts.landscape(paths))
    if st.session_state.pop(CLICKED, False):
        st.rerun()


def _clicked() -> None:
    """Take the clicked place for the start: the sliders say so in the full run that follows."""
    points = st.session_state["chart.paths"]["selection"].get(step_size_landscape.START, [])
    if points:
        for name, at in (("a", "x"), ("b", "y")):
            st.session_state[f"{prefix('landscape')}{name}"] = round(float(points[0][at]), 6)
        st.session_state[CLICKED] = True


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
    points, splits, momenta = points_of(results), splits_of(results), momenta_of(results)
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
