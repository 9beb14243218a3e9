"""What the runs say: rank correlation over all and within each knob's levels, paired seeds, in words and in tables."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from occam.charts import scatter
from occam.spec import KNOBS
from occam.sweeps.row import Level
from occam.ui import complexity_judge as judging
from occam.ui import complexity_words as words
from occam.ui import stops
from occam.ui.complexity_judge import GROWTH, Judgement
from occam.ui.complexity_state import State, text
from occam.ui.complexity_table import Table
from occam.ui.desk import Desk
from occam.ui.words import number


def draw(desk: Desk, page: State, table: Table, frame: pd.DataFrame, at: Level, growing: bool) -> bool:
    """The verdicts; whether they are still being computed.  A table that is `growing` is judged now and then."""
    if frame.empty:
        return False
    x, y = page["cx"], page["cy"]
    key = (table.key, at, x, y)
    latest = page.asked
    same = latest is not None and latest.key[1:] == key[1:] and latest.key[0].split("|")[0] == key[0].split("|")[0]
    fresh = not (same and growing and latest is not None and table.count < GROWTH * latest.runs)
    if latest is None or (latest.key != key and fresh):
        latest = page.asked = judging.judge(key, table, frame, x, y)
    waiting = judging.ask(desk, latest)
    if latest.whole is not None:
        page.judged = latest
    shown = page.judged
    if shown is None or shown.key[1:] != key[1:]:
        st.caption(text("judging").body)
        return waiting
    _told(shown, page, at)
    return waiting


def _told(found: Judgement, page: State, at: Level) -> None:
    x, y = scatter.label(page["cx"]), scatter.label(page["cy"])
    whole = found.whole
    assert whole is not None
    lines = [words.overall(whole, x, y, at)]
    seeds = found.answer("seeds")
    if seeds is not None and (told := words.between_knobs(seeds, whole)):
        lines.append(told)
    for path in found.knobs:
        levels = found.levels(path)
        if levels:
            lines.append(words.within(whole, list(levels.values()), stops.title(path)))
    with st.container(key="complexity_verdict"):
        st.info("  \n".join(lines), icon=":material/gavel:")
    columns = st.container(key="complexity_tables").columns([1.9, 1], gap="medium")
    with columns[0]:
        st.markdown(f"**{text('pairs.table').title}**", help=text("pairs.table").body)
        st.markdown(_pairs(found, x, y))
    with columns[1]:
        st.markdown(f"**{text('within.table').title}**", help=text("within.table").body)
        st.markdown(_within(found))
    st.caption(text("verdicts").body)


def _pairs(found: Judgement, x: str, y: str) -> str:
    """A Markdown table, a row a knob."""
    rows = [f"| {text('pairs.knob').title} | {x} | {y} | {text('pairs.reading').title} |", "|---|---|---|---|"]
    for path in found.knobs:
        both = found.pair(path)
        if both is not None:
            told = " | ".join(map(words.told, both))
            rows.append(f"| {stops.title(path)} | {told} | {words.effect(*both, x, y)} |")
    return "\n".join(rows)


def _within(found: Judgement) -> str:
    """A Markdown table, a row a level of a knob."""
    rows = ["| | ρ | 95 % | n |", "|---|---|---|---|"]
    for path in found.knobs:
        knob = KNOBS[path]
        for level, one in found.levels(path).items():
            rho = one.spearman
            span = f"[{number(rho.low)}, {number(rho.high)}]"
            rows.append(f"| {knob.symbol or knob.label} = {level} | {number(rho.value)} | {span} | {one.n} |")
    return "\n".join(rows)
