"""The steps of a lesson from top to bottom: goal, prediction, run, what came out; and the way through the course."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from occam.spec import KNOBS
from occam.ui import lesson_live, lesson_reveal
from occam.ui.desk import Desk, engine
from occam.ui.lesson_reveal import text
from occam.ui.lesson_state import Attempt, State, course, draw_seed


def sidebar(page: State) -> None:
    """The course: what is done, what is on screen."""
    with st.container(key="lesson_course", gap=None):
        st.caption(text("course").title, help=text("course").body)
        for number, lesson in enumerate(page.lessons, start=1):
            here, done = lesson.name == page.lesson, page.done(lesson.name)
            icon = "check_circle" if done else "arrow_right" if here else "radio_button_unchecked"
            st.button(
                f"**{number} · {lesson.title}**" if here else f"{number} · {lesson.title}",
                key=f"lesson.go.{lesson.name}",
                icon=f":material/{icon}:",
                type="tertiary",
                width="stretch",
                on_click=_go,
                args=(page, lesson.name),
            )


def head(page: State) -> None:
    """Where in the course, what about; the facilitator's switch."""
    lesson = page.current
    with st.container(key="lesson_head", horizontal=True, horizontal_alignment="distribute", gap="small"):
        with st.container(width="stretch", gap=None):
            words = {"number": page.number, "count": len(page.lessons), "minutes": lesson.minutes}
            st.caption(text("header").title.format(**words))
            st.markdown(f"### {lesson.title}")
        st.session_state["lesson.facilitator"] = page.facilitator
        words = text("facilitator")
        st.toggle(words.title, key="lesson.facilitator", help=words.body, on_change=_facilitate, args=(page,))
    for notice in page.notices:
        st.warning(notice, icon=":material/info:")


def steps(desk: Desk, page: State) -> None:
    """The four steps; the last one once the runs have ended."""
    lesson = page.current
    with _step(1, "goal"):
        st.markdown(lesson.sections["goal"].body)
    with _step(2, "predict"):
        _predict(page)
    with _step(3, "run"):
        seen = _run(desk, page)
    if seen is None or seen.measured is None:
        return
    row = lesson_reveal.finish(page, seen.measured)
    with _step(4, "reveal"):
        lesson_reveal.verdict(lesson, row)
        lesson_reveal.seeds(lesson, row)
        st.markdown(f"**{text('numbers').title}**", help=text("numbers").body)
        lesson_reveal.numbers(lesson, seen)
        for name in ("means", "fails"):
            st.markdown(f"**{lesson.sections[name].title}.** {lesson_reveal.told(lesson, name, row)}")
        with st.container(horizontal=True, gap="medium"):
            lesson_reveal.playground(lesson, seen)


def way(page: State) -> None:
    """To the lesson before and the next one."""
    names, at = list(course().lessons), page.number - 1
    finished = page.done(page.lesson)
    with st.container(key="lesson_nav", horizontal=True, horizontal_alignment="distribute"):
        _turn(page, names[at - 1] if at > 0 else None, "previous", ":material/arrow_back:", primary=False)
        if at + 1 < len(names):
            _turn(page, names[at + 1], "next", ":material/arrow_forward:", primary=finished)
    if at + 1 == len(names) and finished:
        st.info(f"**{text('finish').title}** {text('finish').body}", icon=":material/flag:")


def _step(number: int, name: str) -> DeltaGenerator:
    place = st.container(key=f"lesson_step_{number}")
    place.markdown(f"##### {text(f'step.{name}').title}")
    return place


def _predict(page: State) -> None:
    lesson, attempt = page.current, page.attempt
    question = lesson.sections["predict"]
    names = [choice.name for choice in lesson.choices]
    key = f"lesson.predict.{lesson.name}"
    st.session_state[key] = attempt.prediction
    st.radio(
        question.title,
        names,
        index=None,
        key=key,
        format_func=lambda name: lesson.sections[f"choice.{name}"].title,
        disabled=attempt.started,
        on_change=_choose,
        args=(page, key),
    )
    st.caption(question.body)
    if attempt.started:
        said = text("locked" if attempt.prediction is not None else "locked.none").title
        st.caption(":material/lock: " + said.format(prediction=lesson_reveal.label(lesson, attempt.prediction)))


def _run(desk: Desk, page: State) -> lesson_live.Seen | None:
    attempt = page.attempt
    _knobs(page)
    unsure = attempt.prediction is None
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        if attempt.started:
            st.button(
                text("again").title, key="lesson.again", icon=":material/casino:", help=text("again").body,
                on_click=_again, args=(desk, page),
            )  # fmt: skip
        else:
            st.button(
                text("lock").title, key="lesson.run", type="primary", icon=":material/lock:",
                disabled=unsure, help=text("lock.first").title if unsure else None,
                on_click=_start, args=(page,),
            )  # fmt: skip
        st.caption(text("seed").title.format(seed=attempt.seed), help=text("seed").body, width="content")
    if not attempt.started:
        return None
    try:
        return lesson_live.run(desk, page)
    except ValueError as fault:  # what the engine refuses, in sentences for the viewer
        st.warning(str(fault), icon=":material/error:")
        return None


def _knobs(page: State) -> None:
    lesson, attempt = page.current, page.attempt
    if not lesson.knobs:
        return
    with st.container(horizontal=True, gap="large"):
        for path, values in lesson.knobs.items():
            knob, key = KNOBS[path], f"lesson.knob.{lesson.name}.{path}"
            st.session_state[key] = attempt.chosen[path]
            label = f"{knob.label} {knob.symbol}".strip()
            st.segmented_control(
                label, values, key=key, required=True, disabled=attempt.started, help=knob.help,
                on_change=_turn_knob, args=(page, path, key),
            )  # fmt: skip


def _go(page: State, name: str) -> None:
    page.lesson, page.notices = name, ()


def _turn(page: State, name: str | None, words: str, icon: str, *, primary: bool) -> None:
    st.button(
        text(words).title, key=f"lesson.{words}", icon=icon, disabled=name is None,
        type="primary" if primary else "secondary", on_click=_go, args=(page, name or page.lesson),
    )  # fmt: skip


def _facilitate(page: State) -> None:
    page.facilitator = st.session_state["lesson.facilitator"]


def _choose(page: State, key: str) -> None:
    if not page.attempt.started:
        page.attempt.prediction = st.session_state[key]


def _turn_knob(page: State, path: str, key: str) -> None:
    if not page.attempt.started:
        page.attempt.chosen[path] = st.session_state[key]


def _start(page: State) -> None:
    if page.attempt.prediction is not None:
        page.attempt.started = True


def _again(desk: Desk, page: State) -> None:
    if page.entry is not None and not page.entry.over:
        engine().leave_study(desk.viewer, page.entry)
    page.attempts[page.lesson] = Attempt(draw_seed(), page.usual())
