"""The runs of a lesson as they train: one picture an arm side by side, and a measure through training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from occam.charts import boundary, layers, one_dimension
from occam.charts import lesson as charts
from occam.charts.chart import Chart
from occam.engine.study_book import StudyEntry
from occam.lessons.lesson import Lesson
from occam.studies.kinds.lesson import ArmRecord, Measured
from occam.training.frames import Frame, Header
from occam.ui import options, pace, scene
from occam.ui.desk import Desk, engine
from occam.ui.lesson_state import FILE, State
from occam.ui.steady import Steady
from occam.ui.text import section
from occam.ui.words import number

FIRST = 0.25  # seconds a full run waits for the first result: longer waits fade the page
PLOT = 220  # pixels


@dataclass
class Seen:
    """What has come of a lesson's runs: header and frames by arm, and the measured numbers at the end."""

    headers: dict[str, Header] = field(default_factory=dict)
    frames: dict[str, list[Frame]] = field(default_factory=dict)
    measured: Measured | None = None

    @classmethod
    def of(cls, entry: StudyEntry) -> Seen:
        """All results so far."""
        seen = cls()
        for result in entry.results[:]:
            if isinstance(result, Measured):
                seen.measured = result
            elif isinstance(result, ArmRecord):
                if result.header is not None:
                    seen.headers[result.arm] = result.header
                seen.frames.setdefault(result.arm, []).append(result.frame)
        return seen

    @property
    def gammas(self) -> dict[str, float]:
        """γ of each arm."""
        return {arm: header.spec.training.step_size for arm, header in self.headers.items()}


def ask(desk: Desk, page: State) -> StudyEntry:
    """Ask for the runs of the lesson on screen.  Raises ValueError with a sentence for what the server refuses."""
    attempt = page.attempt
    page.entry = engine().study(desk.viewer, page.current.study(attempt.seed, attempt.chosen), slot="lesson")
    return page.entry


def run(desk: Desk, page: State) -> Seen | None:
    """Draw the runs, and again at every poll while they train; what has come once all are there, else None."""
    entry = ask(desk, page)
    if not entry.over:
        entry.wait(1, FIRST)
    live = not entry.over
    places = _lay_out(page.current, live or entry.fault is not None)
    st.fragment(_poll, run_every=pace.begin("fast", live))(desk, page, places, live)
    if not entry.ended:
        return None
    seen = Seen.of(entry)
    return seen if seen.measured is not None else None


def _poll(desk: Desk, page: State, places: Mapping[str, DeltaGenerator], live: bool) -> None:
    with pace.TURN:
        pace.keep("fast")
        entry = ask(desk, page)
        _draw(desk, page.current, entry, places)
    if live and entry.over:
        st.rerun()


def _lay_out(lesson: Lesson, told: bool) -> dict[str, DeltaGenerator]:
    """A place for progress, if it is `told`, one for each arm's picture with its name, one for the history."""
    places = {"state": st.container(key="lesson_state")} if told else {}
    alone = len(lesson.arms) == 1
    columns = st.columns(2 if alone else len(lesson.arms), gap="medium")
    for arm, column in zip(lesson.arms, columns, strict=False):
        with column:
            words = lesson.sections[f"arm.{arm.name}"]
            st.markdown(f"**{words.title}**", help=words.body)
            places[arm.name] = st.container()
            places[f"{arm.name}.at"] = st.container()
    if lesson.history is not None:
        with columns[1] if alone else st.container():
            places["history"] = st.container()
    return places


def _draw(desk: Desk, lesson: Lesson, entry: StudyEntry, places: Mapping[str, DeltaGenerator]) -> None:
    seen = Seen.of(entry)
    if "state" in places:
        with places["state"]:
            _state(lesson, entry)
    for arm in lesson.arms:
        frames = seen.frames.get(arm.name, [])
        with places[arm.name]:
            if frames:
                chart = _picture(lesson, f"{entry.key}.{arm.name}", seen.headers[arm.name], frames)
                still = desk.steady.setdefault(f"lesson.{arm.name}", Steady())
                scene.show(chart, f"lesson.{arm.name}", PLOT, still)
            else:
                st.skeleton(height=PLOT + 60)
        with places[f"{arm.name}.at"]:
            st.caption(_at(seen, arm.name))
    if lesson.history is not None:
        series = charts.history(seen.frames, seen.gammas, lesson.history, lesson.across)
        labels = {arm.name: lesson.sections[f"arm.{arm.name}"].title for arm in lesson.arms}
        with places["history"]:
            drawn = charts.draw_history(series, labels, lesson.history, lesson.across, options.style())
            scene.show(drawn, "lesson.history")


def _picture(lesson: Lesson, key: str, header: Header, frames: list[Frame]) -> Chart:
    style, last = options.style(), len(frames) - 1
    if lesson.pictures == "curves":
        return one_dimension.draw(key, header, frames[-1], style, PLOT)
    if lesson.pictures == "bounds":
        return layers.draw(key, header, frames, last, style=style, norms="operator")
    return boundary.draw(key, header, frames, last, style=style, test=False)


def _at(seen: Seen, arm: str) -> str:
    if arm not in seen.frames:
        return section("at.waiting", FILE).title
    frame = seen.frames[arm][-1]
    step = f"{frame.step:,}".replace(",", "\u202f")
    return section("at", FILE).title.format(step=step, loss=number(frame.metrics["train_loss"]))


def _state(lesson: Lesson, entry: StudyEntry) -> None:
    """Progress, a fault, or nothing; always one element, so that nothing below it moves."""
    if entry.fault:
        st.warning(entry.fault, icon=":material/error:")
    elif entry.over:
        st.empty()
    elif place := engine().queued(entry):
        st.caption(section("status.queued").fill(place=place))
    else:
        done, total = entry.progress or (0, 1)
        name = "computing" if len(lesson.arms) > 1 else "computing.one"
        st.progress(min(1.0, done / total), section(name, FILE).title.format(arms=len(lesson.arms)))
