"""Every lesson as a participant runs it, on a few seeds, and against its stored frequency."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from occam.lessons.frequency import FIRST, load, measured, one
from occam.lessons.reading import read_course
from occam.spec import RunSpec
from occam.studies.kinds.lesson import Arm, ArmRecord, LessonRuns, Measured
from occam.studies.study import results
from occam.training.device import one_thread
from occam.training.run import train

COURSE = read_course().lessons
STORED = load(COURSE)
SHORT = RunSpec().replace(
    {"data.n_train": 20, "data.n_test": 20, "model.depth": 1, "model.width": 6, "training.max_steps": 30}
)


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    with one_thread():
        yield


@pytest.mark.parametrize("name", COURSE)
def test_stored_frequencies_are_confirmed(name: str) -> None:
    for index in (0, 21):
        outcome, effect = one(COURSE[name], FIRST + index)
        assert outcome == STORED[name].outcomes[index]
        assert effect == pytest.approx(STORED[name].effects[index], rel=0.05)


@pytest.mark.parametrize("name", COURSE)
def test_every_lesson_streams_its_arms_and_ends_with_a_verdict(name: str) -> None:
    lesson = COURSE[name]
    found = list(results(lesson.study(77)))
    records = [result for result in found if isinstance(result, ArmRecord)]
    last = found[-1]
    assert isinstance(last, Measured) and set(last.status.values()) <= {"finished", "diverged", "short"}
    assert {reading.key for reading in lesson.readings} <= last.values.keys()
    for arm in lesson.arms:
        mine = [record for record in records if record.arm == arm.name]
        steps = [record.frame.step for record in mine]
        assert steps == sorted(set(steps)) and steps[0] == 0 and 4 <= len(steps) <= 30
        assert mine[0].header is not None and all(record.header is None for record in mine[1:])
    if all(status == "finished" for status in last.status.values()):
        assert lesson.outcome(last.values) in [choice.name for choice in lesson.choices]


def runs(**arms: dict) -> LessonRuns:
    special = ("start_stability", "stop_like")
    return LessonRuns(
        arms=tuple(
            Arm(
                name=name,
                run=SHORT.replace({key: value for key, value in table.items() if key not in special}),
                **{key: table[key] for key in special if key in table},
            )
            for name, table in arms.items()
        ),
        pairs=(("a", "b"),) if "b" in arms else (),
        measures=("physical_time",),
    )


def end(spec: LessonRuns) -> Measured:
    *_, last = results(spec)
    assert isinstance(last, Measured)
    return last


def test_an_arm_is_the_run_itself_bit_for_bit() -> None:
    spec = runs(a={"training.step_size": 0.3}, b={})
    found, alone = end(spec), train(spec.arms[0].run, device="cpu")
    for name, value in alone.frames[-1].metrics.items():
        assert found.values[f"{name}[a]"] == pytest.approx(value, nan_ok=True, rel=0, abs=0)
    assert found.values["physical_time[a]"] == pytest.approx(9.0)
    assert found.values["parameter_distance[a, b]"] > 0


def test_equal_arms_are_at_distance_0() -> None:
    assert end(runs(a={}, b={})).values["parameter_distance[a, b]"] == 0


def test_an_arm_stops_at_the_loss_of_another() -> None:
    found = end(runs(a={}, b={"training.step_size": 0.01, "training.max_steps": 3000, "stop_like": "a"}))
    assert found.status == {"a": "finished", "b": "finished"}
    losses = [found.values[f"train_loss[{arm}]"] for arm in "ab"]
    assert losses[1] == pytest.approx(losses[0], rel=0.02) and losses[1] <= losses[0]


def test_gamma_is_set_by_the_sharpness_at_the_start() -> None:
    records = [record for record in results(runs(a={"start_stability": 0.5})) if isinstance(record, ArmRecord)]
    assert records[0].frame.metrics["stability"] == pytest.approx(0.5, rel=1e-3)


def test_diverged_and_short_arms_have_no_numbers() -> None:
    found = end(
        runs(
            a={"data.dataset": "sine", "training.step_size": 100.0, "training.max_steps": 300},
            b={"training.stop_loss": 1e-9},
        )
    )
    assert found.status == {"a": "diverged", "b": "short"}
    assert math.isnan(found.values["sharpness[a]"]) and math.isnan(found.values["parameter_distance[a, b]"])
    waiting = end(runs(a={"training.stop_loss": 1e-9}, b={"stop_like": "a"}))
    assert waiting.status["b"] == "short" and math.isnan(waiting.values["train_loss[b]"])


@pytest.mark.parametrize(
    ("arms", "said"),
    [({"a": {"stop_like": "b"}}, "stop_like"), ({"a": {}, "b": {"stop_like": "b"}}, "allowed: an arm without")],
)
def test_a_study_that_makes_no_sense_is_refused(arms: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        runs(**arms)


def test_measured_is_what_the_page_reads() -> None:
    lesson = next(iter(COURSE.values()))
    assert measured(lesson, 3).values.keys() == end(lesson.study(3)).values.keys()
