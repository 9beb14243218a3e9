"""What came out: the prediction against the run, the run among other seeds, the numbers, the table to take home."""

from __future__ import annotations

import math
from html import escape

import pandas as pd
import streamlit as st

from occam.charts import lesson as charts
from occam.lessons.lesson import Lesson, filled
from occam.link import to_query
from occam.studies.kinds.lesson import MEASURES, Measured, named
from occam.ui import cards, options, scene
from occam.ui.lesson_live import Seen
from occam.ui.lesson_state import FILE, Row, State, course, effect_of, frequencies
from occam.ui.text import Section, section
from occam.ui.words import number


def text(name: str) -> Section:
    """A section of this page's text."""
    return section(name, FILE)


def finish(page: State, measured: Measured) -> Row:
    """The row of the try that has just ended, entered into the log."""
    lesson, attempt = page.current, page.attempt
    outcome, effect = lesson.outcome(measured.values), effect_of(lesson, measured.values)
    chosen = tuple(attempt.chosen[path] for path in lesson.knobs)
    shown = {one.key: measured.values[one.key] for one in lesson.readings}
    row = Row(lesson.name, attempt.seed, attempt.prediction, outcome, effect, chosen, shown)
    if page.note(row):
        st.rerun()  # the course at the side has been drawn without it
    return row


def label(lesson: Lesson, choice: str | None) -> str:
    """A choice in words, a dash for none."""
    return "–" if choice is None else lesson.sections[f"choice.{choice}"].title


def verdict(lesson: Lesson, row: Row) -> None:
    """The prediction, right or wrong, and what the outcome means."""
    words = {"prediction": label(lesson, row.prediction), "outcome": label(lesson, row.outcome)}
    if row.outcome is None:
        st.info(f"**{text('undecided').title}.** {text('undecided').body}", icon=":material/help:")
        return
    right = row.prediction == row.outcome
    name = "unpredicted" if row.prediction is None else "right" if right else "wrong"
    icon = {"right": ":material/check_circle:", "wrong": ":material/lightbulb:"}.get(name, ":material/flag:")
    said = text(name)
    numbers = {key: number(value) for key, value in row.values.items()}
    explained = filled(lesson.sections[f"choice.{row.outcome}"].body, numbers)
    st.info(f"**{said.title.format(**words)}** {said.body}\n\n{explained}", icon=icon)


def seeds(lesson: Lesson, row: Row) -> None:
    """The run among the stored seeds."""
    found = frequencies().get(lesson.name)
    if found is None:
        st.caption(f"{text('share.unknown').title}. {text('share.unknown').body}")
        return
    effect = lesson.sections["effect"]
    body = text("share").fill(n=found.n, first=found.first, last=found.first + found.n - 1, even=number(lesson.even))

    def data() -> pd.DataFrame:
        return charts.seeds_table(found.first, found.outcomes, found.effects)

    cards.heading("lesson.seeds", Section(share(lesson), f"{effect.body}\n\n{body}"), data)
    others = [value for value in found.effects if value is not None]
    scene.show(charts.draw_seeds(others, row.effect, lesson.even, effect.title, options.style()), "lesson.seeds")
    rare = row.outcome is not None and row.outcome != lesson.claim
    st.caption(f"{effect.body} {text('share.rare').title if rare else ''}")


def share(lesson: Lesson) -> str:
    """The claim with its measured frequency."""
    found = frequencies().get(lesson.name)
    if found is None:
        return text("share.unknown").title
    claim = label(lesson, lesson.claim)
    return text("share").title.format(claim=claim, count=found.count(lesson.claim), n=found.n)


def numbers(lesson: Lesson, seen: Seen) -> None:
    """A row a measure, a column an arm; what a measure is, on pointing at it."""
    assert seen.measured is not None
    heads = "".join(f"<th>{escape(lesson.sections[f'arm.{arm.name}'].title)}</th>" for arm in lesson.arms)
    rows = []
    for name in lesson.table:
        metric = MEASURES[name]
        cells = [number(seen.measured.values.get(named(name, arm.name), math.nan)) for arm in lesson.arms]
        meaning = escape(f"{metric.definition} ({metric.unit}).", quote=True)
        head = f'<th scope="row" title="{meaning}">{escape(metric.label)} <i>{escape(metric.symbol)}</i></th>'
        rows.append(f"<tr>{head}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    st.html(f'<table class="lesson"><thead><tr><td></td>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>')


def playground(lesson: Lesson, seen: Seen) -> None:
    """Links that open each run in the Playground."""
    for arm in lesson.arms:
        header = seen.headers.get(arm.name)
        if header is not None:
            name = lesson.sections[f"arm.{arm.name}"].title
            st.page_link(
                "pages/playground.py",
                label=text("open").title.format(arm=name),
                icon=":material/open_in_new:",
                query_params=to_query(header.spec),
            )


def told(lesson: Lesson, name: str, row: Row) -> str:
    """A section of the lesson with the measured numbers filled in."""
    return filled(lesson.sections[name].body, {key: number(value) for key, value in row.values.items()})


def table(page: State) -> pd.DataFrame:
    """The participant's table, one row a finished try: what is shown, and behind it every number by name."""
    rows = []
    for row in page.log:
        lesson = course().lessons[row.lesson]
        right = "" if row.prediction is None or row.outcome is None else row.prediction == row.outcome
        knobs = {path: value for path, value in zip(lesson.knobs, row.chosen, strict=False)}
        said = {"prediction": label(lesson, row.prediction), "outcome": label(lesson, row.outcome)}
        rows.append({"lesson": lesson.title, "seed": row.seed, **said, "right": right, "effect": row.effect})
        rows[-1] |= {**knobs, **{f"{row.lesson}: {key}": value for key, value in row.values.items()}}
    return pd.DataFrame(rows)


SHOWN = ("lesson", "seed", "prediction", "outcome", "right", "effect")


def take_home(page: State) -> None:
    """The table on screen, and as CSV."""
    with st.container(key="lesson_table"):
        st.markdown(f"##### {text('table').title}")
        if not page.log:
            st.caption(text("table.empty").title)
            return
        found = table(page)
        signs = {True: "✓", False: "✗"}
        shown = found.loc[:, list(SHOWN)].assign(right=[signs.get(right, "–") for right in found["right"]])
        config = {name: st.column_config.Column(text(f"column.{name}").title) for name in SHOWN}
        config["effect"] = st.column_config.NumberColumn(text("column.effect").title, format="%.3g")
        st.dataframe(shown, hide_index=True, column_config=config, key="lesson.table")
        st.caption(text("table").body)
        st.download_button(
            text("table.csv").title,
            lambda: table(page).to_csv(index=False),
            file_name="occam-lessons.csv",
            mime="text/csv",
            key="lesson.csv",
            on_click="ignore",
            icon=":material/download:",
        )
