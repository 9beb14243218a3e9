"""The live part: the newest frame, drawn again at every poll; a fast half (maps, numbers) and a slower one (curves)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from occam.charts import boundary, slopes, stability
from occam.charts.chart import Chart, Style
from occam.ui import cards, notices, options, pace, planes, steady, timeline, words
from occam.ui.cards import CARDS
from occam.ui.desk import Desk, Look, View
from occam.ui.steady import Steady
from occam.ui.text import section

HEADLINES = {
    "loss": ("train_loss", "test_loss"),
    "error": ("train_error", "test_error"),
    "complexity": ("geometric_complexity",),
    "energy": ("dirichlet_energy",),
}
PLOT = 265  # pixels: two maps, player and numbers fit into 720 lines
MAP_HEIGHT = 400  # pixels, of what stands in for a map that does not exist yet
AFTER_MAPS = 0.3  # seconds until the first curves of a session
CURVES = "scene.curves"  # whether this session has seen any
Places = Mapping[str, DeltaGenerator]
Draw = Callable[[Look | None], None]
Numbers = Callable[[Look | None], Mapping[str, str]]


def quick(desk: Desk, places: Places) -> None:
    """Draw the maps and numbers of the Playground, and again at every poll while the run moves."""
    with places["headlines"]:
        st.html(_headlines(desk.poll()))
    _follow_fast(desk, places, lambda look: _first(desk, look, places), _numbers)


def late(desk: Desk, places: Places, units: bool) -> None:
    """Draw the curves of the Playground, more seldom; `units`: the hidden units, too.

    The first curves of a session come by a poll of their own, so that its first maps need not share the browser.
    """
    if st.session_state.setdefault(CURVES, False):
        _follow_slow(desk, lambda look: _rest(desk, look, places, units))
        return
    seconds = pace.begin("slow", desk.waiting) or pace.once_more("slow", AFTER_MAPS)
    st.fragment(_slow_first, run_every=seconds)(desk, places, units)


def _slow_first(desk: Desk, places: Places, units: bool) -> None:
    with pace.turn("slow"):
        if st.session_state[CURVES]:
            _rest(desk, desk.look, places, units)
            if not desk.waiting:
                pace.enough()
        else:
            _rest(desk, None, places, units)
            st.session_state[CURVES] = True


def follow(desk: Desk, places: Places, fast: Draw, slow: Draw) -> None:
    """Draw what `fast` and `slow` draw of the picture on screen, and again at every poll while the run moves.

    Both write to `places`, or where this is called: a chart that can be clicked must stand inside its fragment.
    """
    _follow_fast(desk, places, fast, lambda look: {})
    _follow_slow(desk, slow)


def _follow_fast(desk: Desk, places: Places, draw: Draw, numbers: Numbers) -> None:
    live = desk.waiting
    st.session_state.pop(timeline.MOVED, None)
    # Written once: polls bring its words by the timeline, because every element of a fragment is sent at every poll.
    with places["status"]:
        st.html(words.status(desk))
    st.fragment(_fast, run_every=pace.begin("fast", live))(desk, places, draw, numbers, live)


def _follow_slow(desk: Desk, draw: Draw) -> None:
    st.fragment(_slow, run_every=pace.begin("slow", desk.waiting))(desk, draw)


def _fast(desk: Desk, places: Places, draw: Draw, numbers: Numbers, live: bool) -> None:
    moved = st.session_state.pop(timeline.MOVED, False)
    with pace.turn("fast"):
        look = desk.poll()
        with places["timeline"]:
            timeline.draw(desk, {words.STATUS: words.status_lines(desk), **numbers(look)})
        draw(look)
    if moved or notices.due(desk) or (live and not desk.waiting):
        st.rerun()


def _slow(desk: Desk, draw: Draw) -> None:
    with pace.turn("slow"):
        draw(desk.look)


def _first(desk: Desk, look: Look | None, places: Places) -> None:
    if look is not None:
        _maps(desk, look, places)
        return
    for name in ("boundary", "slopes"):
        with places[name]:
            st.skeleton(height=MAP_HEIGHT)


def reserve(places: Places, *names: str) -> None:
    """Write nothing to these places: a fragment may later fill only those that it wrote to in the last full run."""
    for name in names:
        with places[name]:
            st.empty()


def rehearse(look: Look, style: Style) -> None:
    """Make the charts of a first view, so that the first viewer finds them made."""
    _pictures(View(look.entry.key, look.header, look.frames, look.index), style, test=True)
    stability.draw(look.entry.key, look.header, look.frames, look.index, style=style)
    cards.rehearse(look, style)


def _pictures(view: View, style: Style, *, test: bool) -> dict[str, Chart]:
    return {
        "boundary": boundary.draw(view.key, view.header, view.frames, view.index, style=style, test=test),
        "slopes": slopes.draw(view.key, view.header, view.frames, view.index, style=style),
    }


def _maps(desk: Desk, look: Look, places: Places) -> None:
    charts = _pictures(planes.view(desk, look), options.style(), test=options.choice("points") == "both")
    for name, chart in charts.items():
        with places[name]:
            show(chart, name, PLOT, desk.steady.setdefault(name, Steady()))


def _headlines(look: Look | None) -> str:
    """Plain HTML: four `st.metric` cost a quarter of the browser's time for a frame.  An empty figure is not shown."""
    tiles = []
    for name, value in _numbers(look).items():
        meaning = escape("\n\n".join(words.meaning(metric) for metric in HEADLINES[name]), quote=True)
        title = section(f"number.{name}").title
        tiles.append(f'<div title="{meaning}"><dt>{title}</dt><dd {words.live(name)}>{value}</dd></div>')
    return f"<dl>{''.join(tiles)}</dl>"


def _numbers(look: Look | None) -> dict[str, str]:
    """The headline figures by name, "" for what the run does not have."""
    written = dict.fromkeys(HEADLINES, "")
    for name, of in HEADLINES.items():
        if look is not None and (name != "error" or look.header.task != "regression"):
            write = words.share if name == "error" else words.number
            written[name] = " · ".join(write(look.frame.metrics.get(metric, math.nan)) for metric in of)
    return written


def _rest(desk: Desk, look: Look | None, places: Places, units: bool) -> None:
    if look is None:
        reserve(places, "gauge", "units", *(card.name for card in CARDS))
        return
    style = options.style()
    with places["gauge"]:
        show(stability.draw(look.entry.key, look.header, look.frames, look.index, style=style), "gauge")
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


def show(
    chart: Chart,
    name: str,
    height: int | None = None,
    map_rows: Steady | None = None,
    on_select: Callable[[], None] | None = None,
) -> None:
    """One chart as a page element of its own, named `name`.

    `height`: pixels of plot, where the chart's own does not fit; `map_rows`: keeps a map from blinking; `on_select`:
    what a selection in it calls.
    """
    shown = chart.show
    spec = shown["spec"] if height is None else {**shown["spec"], "height": height}
    if map_rows is not None and steady.MAP in chart.datasets:
        spec = {**steady.spec(spec), "datasets": map_rows.datasets(chart.datasets)}
    shown = {**shown, "spec": spec, "key": f"chart.{name}"}
    if on_select is None:
        st.vega_lite_chart(**shown)
    else:
        st.vega_lite_chart(**shown, on_select=on_select)
