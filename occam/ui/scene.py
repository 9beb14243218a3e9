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
Places = Mapping[str, DeltaGenerator]
Draw = Callable[[Look | None], None]


def whole(desk: Desk) -> bool:
    """Whether this run draws the whole page: not the first of a session, if that has a picture to show.

    With thirty widgets and eight more charts at once a browser would show none of it for twice as long.  As soon as it
    has drawn the maps it asks for the second run.
    """
    first = timeline.WHOLE not in st.session_state and desk.look is not None
    st.session_state[timeline.WHOLE] = not first
    return not first


def quick(desk: Desk, places: Places) -> None:
    """Draw the maps and numbers of the Playground, and again at every poll while the run moves."""
    _follow_fast(desk, places, lambda look: _first(desk, look, places))


def late(desk: Desk, places: Places, units: bool) -> None:
    """Draw the curves of the Playground, more seldom; `units`: the hidden units, too."""
    _follow_slow(desk, lambda look: _rest(desk, look, places, units))


def follow(desk: Desk, places: Places, fast: Draw, slow: Draw) -> None:
    """Draw what `fast` and `slow` draw of the picture on screen, and again at every poll while the run moves.

    Both write to `places`, or where this is called: a chart that can be clicked must stand inside its fragment.
    """
    _follow_fast(desk, places, fast)
    _follow_slow(desk, slow)


def _follow_fast(desk: Desk, places: Places, draw: Draw) -> None:
    live = desk.waiting
    st.session_state.pop(timeline.MOVED, None)
    # Written once: polls bring its words by the timeline, because every element of a fragment is sent at every poll.
    with places["status"]:
        st.html(words.status(desk))
    st.fragment(_fast, run_every=pace.begin("fast", live))(desk, places, draw, live)


def _follow_slow(desk: Desk, draw: Draw) -> None:
    st.fragment(_slow, run_every=pace.begin("slow", desk.waiting))(desk, draw)


def _fast(desk: Desk, places: Places, draw: Draw, live: bool) -> None:
    moved = st.session_state.pop(timeline.MOVED, False)
    with pace.turn("fast"):
        look = desk.poll()
        with places["timeline"]:
            timeline.draw(desk, {words.STATUS: words.status_lines(desk)})
        draw(look)
    if moved or notices.due(desk) or (live and not desk.waiting):
        st.rerun()


def _slow(desk: Desk, draw: Draw) -> None:
    with pace.turn("slow"):
        draw(desk.look)


def _first(desk: Desk, look: Look | None, places: Places) -> None:
    if look is not None:
        _maps(desk, look, places)
        with places["headlines"]:
            st.html(_headlines(look))
        return
    for name in ("boundary", "slopes"):
        with places[name]:
            st.skeleton(height=MAP_HEIGHT)
    reserve(places, "headlines")


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


def _headlines(look: Look) -> str:
    """Plain HTML: four `st.metric` cost a quarter of the browser's time for a frame."""
    metrics = look.frame.metrics
    tiles = []
    for name, of in HEADLINES.items():
        if name == "error" and look.header.task == "regression":
            continue
        write = words.share if name == "error" else words.number
        value = " · ".join(write(metrics.get(metric, math.nan)) for metric in of)
        meaning = escape("\n\n".join(words.meaning(metric) for metric in of), quote=True)
        tiles.append(f'<div title="{meaning}"><dt>{section(f"number.{name}").title}</dt><dd>{value}</dd></div>')
    return f"<dl>{''.join(tiles)}</dl>"


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
