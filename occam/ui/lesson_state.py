"""Where one participant is in the course: lesson, seed, prediction, what is done; all of it in the link."""

from __future__ import annotations

import math
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import streamlit as st

from occam.engine.study_book import StudyEntry
from occam.lessons import frequency
from occam.lessons.frequency import Frequency
from occam.lessons.lesson import Lesson
from occam.lessons.reading import Course, read_course
from occam.spec import KNOBS, LARGEST_SEED
from occam.ui import lesson_link, options
from occam.ui.study_link import Address
from occam.ui.text import section

FILE = "lessons"
Chosen = dict[str, float | int | str]


@cache
def course() -> Course:
    """All lessons, read once; faults go to the server's log, too."""
    found = read_course()
    for fault in found.faults:
        print(f"lessons: {fault}", file=sys.stderr)
    return found


@cache
def frequencies() -> Mapping[str, Frequency]:
    """How often each claim came true."""
    return frequency.load(course().lessons)


@dataclass
class Attempt:
    """One try at a lesson: nothing of it changes once it is `started`."""

    seed: int
    chosen: Chosen
    prediction: str | None = None
    started: bool = False


@dataclass(frozen=True)
class Row:
    """A finished try: `outcome` None without a verdict; `values` empty where it comes from a link."""

    lesson: str
    seed: int
    prediction: str | None
    outcome: str | None
    effect: float
    chosen: tuple[float | int | str, ...] = ()
    values: Mapping[str, float] = field(default_factory=dict, compare=False)

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal for tries that are the same runs."""
        return self.lesson, self.seed, self.chosen


@dataclass
class State:
    """One participant's page; `own_seed` is drawn once a session."""

    lesson: str
    own_seed: int
    facilitator: bool = False
    attempts: dict[str, Attempt] = field(default_factory=dict)
    log: list[Row] = field(default_factory=list)
    entry: StudyEntry | None = None
    notices: tuple[str, ...] = ()
    address: Address = field(default_factory=Address)

    @property
    def lessons(self) -> list[Lesson]:
        """The course in order."""
        return list(course().lessons.values())

    @property
    def current(self) -> Lesson:
        """The lesson on screen."""
        return course().lessons[self.lesson]

    @property
    def number(self) -> int:
        """Its place in the course, from 1."""
        return list(course().lessons).index(self.lesson) + 1

    @property
    def attempt(self) -> Attempt:
        """The try at it: a new one, or the last that was logged."""
        if self.lesson not in self.attempts:
            row = next((row for row in reversed(self.log) if row.lesson == self.lesson), None)
            self.attempts[self.lesson] = self._resumed(row) if row is not None else Attempt(self.own_seed, self.usual())
        return self.attempts[self.lesson]

    def _resumed(self, row: Row) -> Attempt:
        chosen = self.usual() | dict(zip(self.current.knobs, row.chosen, strict=False))
        return Attempt(row.seed, chosen, row.prediction, started=True)

    def usual(self) -> Chosen:
        """The values of the visible knobs before anybody turns them."""
        first = self.current.arms[0].run
        return {
            path: first.value(path) if first.value(path) in values else values[0]
            for path, values in self.current.knobs.items()
        }

    def note(self, row: Row) -> bool:
        """Enter a finished try into the log, in place of the same runs from a link; whether it was not there before."""
        same = [index for index, known in enumerate(self.log) if known.key == row.key]
        if same:
            self.log[same[0]] = row
        else:
            self.log.append(row)
        return not same

    def done(self, name: str) -> bool:
        """Whether a lesson has been finished at least once."""
        return any(row.lesson == name for row in self.log)


def draw_seed() -> int:
    """A seed that no frequency was measured with."""
    low, high = frequency.OWN
    return low + secrets.randbelow(high - low + 1)


def state() -> State:
    """This session's state of the page."""
    if "lessons" not in st.session_state:
        st.session_state["lessons"] = State(next(iter(course().lessons), ""), draw_seed())
    return st.session_state["lessons"]


def arrive(page: State) -> None:
    """Follow the address, if it is not the one we wrote; who comes without one finds the page as it was left."""
    first = page.address.written is None
    params = page.address.news()
    if params is None or not (params or first):
        return
    notices: list[str] = []
    page.lesson = _lesson(params, page.lesson if not first else next(iter(course().lessons)), notices)
    page.facilitator = params.get("facilitator") == "1"
    rows, wrong = lesson_link.read_done(params.get("done", ""), course().lessons)
    notices += [section("link.done", FILE).title.format(text=text[:40]) for text in wrong]
    for name, seed, prediction, outcome, effect, chosen in rows:
        row = Row(name, seed, prediction, outcome, effect, chosen)
        if all(known.key != row.key for known in page.log):
            page.log.append(row)
    named = {"seed", "predict", "run"} | {KNOBS[path].query for path in page.current.knobs}
    if named & params.keys():
        page.attempts[page.lesson] = _attempt(page, params, notices)
    said, unfit = options.read({name: text for name, text in params.items() if name == "size"})
    st.session_state[options.key("size")] = said["size"]
    known = {"lesson", "done", "facilitator", "size", "v", *named}
    notices += [section("link.unknown", FILE).title.format(name=name[:40]) for name in params if name not in known]
    page.notices = (*notices, *unfit)


def _lesson(params: Mapping[str, str], otherwise: str, notices: list[str]) -> str:
    text = params.get("lesson", otherwise)
    if text in course().lessons:
        return text
    notices.append(section("link.lesson", FILE).title.format(text=text[:40]))
    return next(iter(course().lessons))


def _attempt(page: State, params: Mapping[str, str], notices: list[str]) -> Attempt:
    lesson, found = page.current, Attempt(page.own_seed, page.usual())
    text = params.get("seed")
    if text is not None:
        if text.isdecimal() and len(text) <= 10 and int(text) <= LARGEST_SEED:
            found.seed = int(text)
        else:
            notices.append(section("link.seed", FILE).title.format(text=text[:40], most=LARGEST_SEED))
    for path, values in lesson.knobs.items():
        name = KNOBS[path].query
        if name in params:
            fitting = [value for value in values if str(value) == params[name]]
            if fitting:
                found.chosen[path] = fitting[0]
            else:
                allowed, used = ", ".join(map(str, values)), found.chosen[path]
                words = {"name": name, "text": params[name][:40], "allowed": allowed, "used": used}
                notices.append(section("link.knob", FILE).title.format(**words))
    predict = params.get("predict")
    if predict in [choice.name for choice in lesson.choices]:
        found.prediction = predict
    elif predict is not None:
        notices.append(section("link.predict", FILE).title.format(text=predict[:40]))
    found.started = params.get("run") == "1"
    return found


def query(page: State, lesson: str | None = None, *, bare: bool = False) -> dict[str, str]:
    """The address of what is on screen; `bare`: only the lesson, so that everybody draws an own seed."""
    wanted = {"lesson": lesson or page.lesson, "v": "1"}
    if bare:
        return wanted
    attempt = page.attempt
    wanted["seed"] = str(attempt.seed)
    wanted |= {KNOBS[path].query: str(value) for path, value in attempt.chosen.items()}
    if attempt.prediction is not None:
        wanted["predict"] = attempt.prediction
    if attempt.started:
        wanted["run"] = "1"
    if page.log:
        rows = [(r.lesson, r.seed, r.prediction, r.outcome, r.effect, r.chosen) for r in page.log]
        wanted["done"] = lesson_link.write_done(rows)
    if page.facilitator:
        wanted["facilitator"] = "1"
    return wanted | {"size": options.choice("size")}


def leave(page: State) -> None:
    """Write the address."""
    page.address.write(query(page))


def effect_of(lesson: Lesson, values: Mapping[str, float]) -> float:
    """The number on the axis of the dots; nan where it is not defined."""
    found = lesson.effect.number(values)
    return found if math.isfinite(found) else math.nan
