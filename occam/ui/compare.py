"""The live part of Compare: maps, difference and numbers of all runs at one tick; curves below, more seldom."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from occam.charts import boundary, difference, slopes
from occam.charts import compare as curves
from occam.charts.boundary import View
from occam.charts.chart import Chart
from occam.charts.compare import LETTERS, Trace
from occam.engine.book import Entry
from occam.glossary import METRICS
from occam.ui import cards, compare_choices, options, pace, scene, timeline, words
from occam.ui.compare_bench import Bench
from occam.ui.compare_clock import Ticks
from occam.ui.compare_words import map_table, numbers, numbers_table, state, state_name, status, strip, text, titles
from occam.ui.desk import Desk, Look
from occam.ui.steady import Steady
from occam.ui.text import Section

PLOT = {1: 265, 2: 240, 3: 200, 4: 165}  # pixels of a map, by how many stand in a row
MAPS = {"outputs": ("boundary",), "slopes": ("slopes",), "both": ("boundary", "slopes")}
TABLE = "compare_numbers"  # what the table's body is called towards the timeline, which brings it
Places = Mapping[str, DeltaGenerator]


# The frame of the page.


def lay_out(mine: Bench) -> dict[str, DeltaGenerator]:
    """Titled places: a column a run, the difference and the table, the two curves."""
    places: dict[str, DeltaGenerator] = {}
    named = titles(mine)
    with st.container(key="compare_maps" if len(mine.runs) < 3 else "compare_maps_narrow"):
        columns = st.columns(len(mine.runs), gap="medium")
    for run, column in enumerate(columns):
        with column:
            title = Section(named[run], f"{text('outputs').body}\n\n{text('slopes').body}")
            cards.heading(f"compare.{run}", title, lambda run=run: map_table(mine, run))
            st.html(strip(mine, run))
            for name in MAPS[mine.chosen["maps"]]:
                places[f"{name}.{run}"] = st.container()
    left, right = st.columns(2, gap="medium")
    with left:
        chosen = mine.pair
        if chosen is not None:
            first, second = (LETTERS[run] for run in chosen)
            guide = text("difference")
            title = Section(guide.title.format(first=first, second=second), guide.fill(first=first, second=second))
            cards.heading("compare.difference", title, lambda: _difference_table(mine))
        if len(mine.runs) > 2:
            compare_choices.segments(mine, "pair", mine.pairs)
        places["difference"] = st.container()
    with right:
        guide = text("numbers")
        title = Section(guide.title, f"{text('knobs').body}\n\n{guide.body}")
        cards.heading("compare.numbers", title, lambda: numbers_table(mine))
        st.html(f'<table class="compare"><tbody {words.live(TABLE)}>{numbers(mine)}</tbody></table>')
    for name, column in zip(("left", "right"), st.columns(2, gap="medium"), strict=True):
        with column:
            metric = METRICS[mine.chosen[name]]
            title = Section(text(name).title, f"{words.meaning(metric.name)}\n\n{text('curve').body}")
            cards.heading(f"compare.{name}", title, lambda: curves.table(_traces(mine)))
            compare_choices.metric(mine, name)
            places[name] = st.container()
    return places


def run(desk: Desk, mine: Bench, places: Places) -> None:
    """Draw all, and again at every poll while a run moves."""
    live = mine.waiting
    st.session_state.pop(timeline.MOVED, None)
    with places["status"]:
        st.html(f"<p {words.live(words.STATUS)}>{status(mine)}</p>")
    st.fragment(_fast, run_every=pace.begin("fast", live))(desk, mine, places, live)
    st.fragment(_slow, run_every=pace.begin("slow", live))(mine, places)


def _fast(desk: Desk, mine: Bench, places: Places, live: bool) -> None:
    moved = st.session_state.pop(timeline.MOVED, False)
    with pace.turn("fast"):
        ticks = mine.poll(desk)
        if ticks is not None:
            said = {words.STATUS: status(mine), TABLE: numbers(mine)}
            said |= {state_name(run): state(mine, run) for run in range(len(mine.runs))}
            with places["timeline"]:
                timeline.slide(mine.head, _scale(ticks), said)
        _maps(mine, places)
        with places["difference"]:
            _difference(mine)
    if moved or (live and not mine.waiting):
        st.rerun()


def _slow(mine: Bench, places: Places) -> None:
    with pace.turn("slow"):
        traces = _traces(mine)
        for name in ("left", "right"):
            with places[name]:
                chart = curves.draw(traces, mine.clock, mine.chosen[name], mine.now, style=options.style())
                scene.show(chart, f"compare.{name}")


def _traces(mine: Bench) -> list[Trace]:
    found = []
    for letter, look in zip(LETTERS, mine.looks(), strict=False):
        if look is not None:
            pace_of = look.header.spec.training.step_size
            found.append(Trace(letter, look.entry.key, tuple(look.frames), look.index, pace_of))
    return found


def _scale(ticks: Ticks) -> timeline.Scale:
    word = text(f"word.{ticks.clock}").title
    labels = tuple(words.number(value) for value in ticks.values) if ticks.clock == "loss" else ()
    every = float(ticks.values[1]) if len(ticks.values) > 1 else 1.0
    return timeline.Scale(len(ticks.values), every, float(ticks.values[-1]), word, labels)


# Pictures.


def _maps(mine: Bench, places: Places) -> None:
    shown = mine.looks()
    view = View.shared([look.header for look in shown if look is not None]) if any(shown) else None
    top = _steepest(shown) if view is not None and view.curve else None
    for name in MAPS[mine.chosen["maps"]]:
        for run, look in enumerate(shown):
            with places[f"{name}.{run}"]:
                if look is None:
                    fault = mine.faults.get(run) or _fault(mine.entries[run])
                    st.caption(fault) if fault else st.skeleton(height=PLOT[len(shown)] + 80)
                else:
                    steady = mine.steady.setdefault(f"{name}.{run}", Steady())
                    scene.show(
                        _map(name, look, view, len(shown) > 2, top), f"compare.{name}.{run}", PLOT[len(shown)], steady
                    )


def _steepest(shown: list[Look | None]) -> float | None:
    """The largest slope on screen: where slopes are heights, all runs share the axis."""
    highest = [
        np.nanmax(look.frame.slopes) for look in shown if look is not None and np.isfinite(look.frame.slopes).any()
    ]
    return float(max(highest)) if highest else None


def _fault(entry: Entry | None) -> str | None:
    return entry.fault if entry is not None else None


def _map(name: str, look: Look, view: View | None, narrow: bool, top: float | None) -> Chart:
    style, key = options.style(), look.entry.key
    if name == "slopes":
        return slopes.draw(key, look.header, look.frames, look.index, style=style, view=view, narrow=narrow, top=top)
    test = options.choice("points") == "both"
    return boundary.draw(key, look.header, look.frames, look.index, style=style, test=test, view=view)


def _sides(mine: Bench) -> tuple[difference.Side, difference.Side] | str:
    """The chosen pair, or a sentence why there is no map of it."""
    chosen = mine.pair
    assert chosen is not None, "asked only where a pair is chosen"
    shown = mine.looks()
    sides = [
        difference.Side(LETTERS[run], look.entry.key, look.header, look.frame)
        for run in chosen
        if (look := shown[run]) is not None
    ]
    if len(sides) < 2:
        return text("difference.waiting").body
    first, second = sides
    if not difference.comparable(first.header, second.header):
        return text("difference.why_not").fill(first=first.letter, second=second.letter)
    return first, second


def _difference(mine: Bench) -> None:
    if mine.pair is None:
        st.empty()
        return
    sides = _sides(mine)
    if isinstance(sides, str):
        st.caption(sides)
    else:
        chart = difference.draw(*sides, style=options.style())
        scene.show(chart, "compare.difference", PLOT[1], mine.steady.setdefault("difference", Steady()))


def _difference_table(mine: Bench) -> pd.DataFrame | None:
    sides = _sides(mine)
    return None if isinstance(sides, str) else difference.table(*sides)
