from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from occam.lessons.reading import read_course
from occam.ui.lesson_state import State
from tests.pages.conftest import Visit

COURSE = read_course().lessons
FIRST, SECOND, *_, LAST = COURSE


class Participant(Visit):
    """A session that comes to the page by a link."""

    def __init__(self, **query: object) -> None:
        super().__init__()
        self.app.switch_page("pages/lessons.py")
        self.app.query_params.clear()  # as a link within the app does
        for name, value in query.items():
            self.app.query_params[name] = str(value)
        self.run()

    @property
    def page(self) -> State:
        return self.app.session_state["lessons"]

    def predict(self, choice: str) -> Participant:
        self.app.radio(key=f"lesson.predict.{self.page.lesson}").set_value(choice)
        self.run()
        return self

    def finished(self) -> Participant:
        """Wait for the runs of the lesson and look at them."""
        entry = self.page.entry
        assert entry is not None
        while not entry.over:
            assert entry.wait(len(entry.results) + 1, 60) or entry.over, "no result came"
        self.run()
        return self

    @property
    def revealed(self) -> bool:
        return "What came out" in self.text

    def button(self, key: str):
        return self.app.button(key=key)


@pytest.fixture(scope="module")
def participant(visit: Callable[..., Any]) -> type[Participant]:
    """Sessions on this page; the trainer ends with the module."""
    return Participant


def test_predict_lock_run_reveal_log(participant: type[Participant]) -> None:
    page = participant()
    assert page.page.lesson == FIRST and not page.app.warning and not page.charts
    assert page.button("lesson.run").disabled and not page.revealed
    lesson = COURSE[FIRST]
    page.predict(lesson.choices[1].name)
    assert page.query["predict"] == lesson.choices[1].name and "run" not in page.query
    page.click("lesson.run")
    assert page.app.radio[0].disabled and page.query["run"] == "1"
    page.finished()
    assert page.revealed and len(page.charts) == len(lesson.arms) + 2
    (row,) = page.page.log
    assert (row.lesson, row.prediction) == (FIRST, lesson.choices[1].name)
    said = lesson.sections[f"choice.{row.outcome}"].title
    assert any("You predicted" in info.value and said in info.value for info in page.app.info)
    shown = page.app.dataframe[0].value
    assert list(shown["seed"]) == [page.page.attempt.seed] and list(shown["right"]) == ["✗"]


def test_a_link_gives_the_same_state_in_another_session(participant: type[Participant]) -> None:
    seed, claim = 4321, COURSE[SECOND].claim
    one = participant(lesson=SECOND, seed=seed, predict=claim, run=1).finished()
    assert one.revealed and one.query["done"].startswith(f"{SECOND}~{seed}~{claim}~")
    other = participant(**one.query).finished()
    assert other.query == one.query and not other.app.warning
    assert other.page.log == one.page.log and other.page.log[0].values == one.page.log[0].values
    assert other.text == one.text
    assert [info.value for info in other.app.info] == [info.value for info in one.app.info]


def test_a_finished_lesson_of_a_link_opens_finished(participant: type[Participant]) -> None:
    lesson = COURSE[SECOND]
    done = f"{SECOND}~77~{lesson.claim}~{lesson.claim}~0.15,layer_bound~5~holds~holds~0.9~relu;3;2.0"
    page = participant(lesson=FIRST, done=done)
    assert [row.lesson for row in page.page.log] == [SECOND, "layer_bound"] and not page.app.warning
    assert len(page.app.dataframe[0].value) == 2 and page.query["done"] == done
    page.click(f"lesson.go.{SECOND}")
    page.finished()
    assert page.page.attempt.seed == 77 and page.revealed and len(page.page.log) == 2
    page.click("lesson.go.layer_bound")
    assert page.page.attempt.chosen == {"model.activation": "relu", "model.depth": 3, "model.gain": 2.0}
    assert page.query["activation"] == "relu" and page.query["depth"] == "3"


def test_another_seed_unlocks_and_adds_a_row(participant: type[Participant]) -> None:
    page = participant(lesson=FIRST, seed=9, predict=COURSE[FIRST].claim, run=1).finished()
    page.click("lesson.again")
    assert page.page.attempt.seed != 9 and not page.revealed and not page.app.radio[0].disabled
    page.predict(COURSE[FIRST].claim).click("lesson.run")
    page.finished()
    assert len(page.page.log) == 2 and len(page.app.dataframe[0].value) == 2


def test_every_session_draws_its_own_seed(participant: type[Participant]) -> None:
    seeds = {participant().page.own_seed for _ in range(3)}
    assert len(seeds) == 3 and all(10_000 <= seed <= 99_999 for seed in seeds)


def test_knobs_in_play_are_shown_and_locked(participant: type[Participant]) -> None:
    page = participant(lesson="layer_bound", activation="sine", depth=5)
    knobs = page.app.get("button_group")
    assert len(knobs) == 3 and page.page.attempt.chosen["model.activation"] == "sine"
    page.predict("holds").click("lesson.run")
    assert page.page.attempt.started and page.query["activation"] == "sine"
    page.finished()
    assert page.page.log[-1].outcome == "holds"


def test_the_course_is_walked_by_its_buttons(participant: type[Participant]) -> None:
    page = participant()
    assert page.button("lesson.previous").disabled
    for name in list(COURSE)[1:]:
        page.click("lesson.next")
        assert page.page.lesson == name and COURSE[name].title in page.text
    page.click("lesson.previous")
    assert page.page.number == len(COURSE) - 1


@pytest.mark.parametrize("name", COURSE)
def test_the_facilitator_sees_timing_frequency_links_and_words(participant: type[Participant], name: str) -> None:
    page = participant(lesson=name, facilitator=1, seed=123)
    codes = [code.value for code in page.app.code]
    assert f"?lesson={name}&v=1" in codes[0] and "seed" not in codes[0] and "seed=123" in codes[1]
    assert codes[2].count("lessons?lesson=") == len(COURSE)
    for word in ("fresh seeds", f"{COURSE[name].minutes} minutes", "To read out"):
        assert word in page.text
    assert "{" not in page.text and page.query["facilitator"] == "1"


def test_a_bad_link_is_read_as_far_as_it_goes(participant: type[Participant]) -> None:
    bad = {"lesson": "x", "seed": "many", "predict": "perhaps", "done": "a~b,c", "colour": "red", "size": "huge"}
    page = participant(**bad)
    for word in ("“x”", "“many”", "“perhaps”", "“a~b”", "colour", "huge"):
        assert word in page.warnings
    assert page.page.lesson == FIRST and page.page.attempt.prediction is None and not page.page.log
    wrong = participant(lesson="layer_bound", activation="step", seed=10**12)
    assert "“step”" in wrong.warnings and "relu" in wrong.warnings and str(10**12) in wrong.warnings


def test_a_run_without_a_prediction_says_what_came_out(participant: type[Participant]) -> None:
    page = participant(lesson=FIRST, seed=11, run=1).finished()
    assert any("Your run says" in info.value for info in page.app.info) and page.page.log[0].prediction is None


def test_the_last_lesson_closes_the_course(participant: type[Participant]) -> None:
    page = participant(lesson=LAST, seed=11, run=1).finished()
    assert any("last lesson" in info.value for info in page.app.info)
