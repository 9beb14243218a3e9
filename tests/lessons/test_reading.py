from __future__ import annotations

from pathlib import Path

import pytest

from occam.engine.limits import HOSTED
from occam.lessons.frequency import FIRST, load
from occam.lessons.lesson import filled
from occam.lessons.reading import FOLDER, LessonFault, read_course, read_lesson
from occam.studies.kinds.lesson import OWN

GOOD = """+++
minutes = 5
claim = "less"
effect = "sharpness[large] / sharpness[small]"
pictures = "maps"
history = "sharpness"
table = ["train_loss", "sharpness"]
[run]
data.n_train = 20
model.depth = 1
training.max_steps = 40
[arms.small]
training.step_size = 0.05
[arms.large]
training.step_size = 0.1
[knobs]
model.depth = [1, 2]
[choices]
less = "sharpness[large] < sharpness[small]"
more = "otherwise"
+++
## title: T
## goal: G
## predict: P
## arm.small: Small
## arm.large: Large
## choice.less: Less
{sharpness[large]} is less than {sharpness[small]}.
## choice.more: More
## effect: E
## means: M
## fails: F
## expected: X
## disagrees: D
## read: R
"""
FAULTS = {
    "no front matter": ("+++\n", "", "front matter"),
    "TOML": ("minutes = 5", "minutes = = 5", "not valid TOML"),
    "type": ("minutes = 5", 'minutes = "5"', 'minutes: "5"; allowed: a whole number from 1 to 30'),
    "range": ("minutes = 5", "minutes = 500", "minutes: 500; allowed: a whole number from 1 to 30"),
    "missing": ('claim = "less"', "", "claim: missing; allowed: the name of a choice"),
    "unknown field": ("minutes = 5", "minutes = 5\nhours = 1", "hours: 1; allowed: no such field"),
    "claim": ('claim = "less"', 'claim = "fewer"', 'claim: "fewer"; allowed: one of the choices less, more'),
    "picture": ('pictures = "maps"', 'pictures = "photos"', "allowed: one of maps, curves, bounds"),
    "across": ("minutes = 5", 'minutes = 5\nacross = "time"', "allowed: one of step, physical_time, train_loss"),
    "knob path": ("model.depth = 1", "model.deepness = 1", "model.deepness; allowed: a knob, one of"),
    "knob value": ("model.depth = 1", "model.depth = 99", "model.depth: 99; allowed: a whole number"),
    "visible knob": ("model.depth = [1, 2]", "model.depth = [1, 99]", "knobs.model.depth: model.depth: 99"),
    "visible path": ("model.depth = [1, 2]", "model.deep = [1, 2]", 'knobs: "model.deep"; allowed: one of'),
    "one value": ("model.depth = [1, 2]", "model.depth = [1]", "knobs.model.depth"),
    "seed": ("minutes = 5", 'minutes = 5\nseeds = ["seed"]', 'seeds: "seed"; allowed: one of'),
    "measure": ('effect = "sharpness[large]', 'effect = "sharp[large]', "effect: sharp[large]; allowed: a measure"),
    "arm": ("sharpness[large] < s", "sharpness[huge] < s", "choices.less: sharpness[huge]; allowed: an arm"),
    "pair": ("sharpness[large] < s", "sharpness[large, small] < s", "allowed: a measure of a pair of arms"),
    "expression": ("sharpness[large] < s", "sharpness[large] == s", "choices.less: "),
    "kind": ("sharpness[large] / sharpness[small]", "1 < 2", "allowed: a number"),
    "otherwise": ('more = "otherwise"', 'more = "1 < 2"', "choices.more: \"1 < 2\"; allowed: otherwise for the last"),
    "table": ('["train_loss", ', '["loss", ', "loss"),
    "stop_like": ("step_size = 0.05", 'step_size = 0.05\nstop_like = "tiny"', "stop_like: \"tiny\"; allowed: an arm"),
    "stability": ("step_size = 0.05", "step_size = 0.05\nstart_stability = -1", "start_stability: -1"),
    "section": ("## goal: G\n", "", "section goal: missing"),
    "choice section": ("## choice.more: More\n", "", "section choice.more: missing"),
    "unused": ("## read: R", "## read: R\n## extra: E", "section extra: not used"),
    "twice": ("## read: R", "## read: R\n## read: R", "'read' stands there twice"),
    "template": ("{sharpness[large]} is", "{sharpness} is", "choice.less: {sharpness}; allowed: {measure[arm]}"),
    "template arm": ("{sharpness[large]} is", "{sharpness[x]} is", "choice.less: sharpness[x]; allowed: an arm"),
    "brace": ("{sharpness[large]} is", "{ is", "section choice.less: "),
}  # fmt: skip


def written(folder: Path, text: str, name: str = "03_example.md") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_is_a_lesson(tmp_path: Path) -> None:
    lesson = read_lesson(written(tmp_path, GOOD))
    assert (lesson.name, lesson.title, lesson.even) == ("example", "T", 1.0)
    assert [arm.run.training.step_size for arm in lesson.arms] == [0.05, 0.1]
    study = lesson.study(7, {"model.depth": 2})
    assert {arm.run.model.seed for arm in study.arms} == {7} and {arm.run.model.depth for arm in study.arms} == {2}
    assert lesson.outcome({"sharpness[large]": 1.0, "sharpness[small]": 2.0}) == "less"
    assert lesson.outcome({"sharpness[large]": 3.0, "sharpness[small]": 2.0}) == "more"
    assert lesson.outcome({"sharpness[large]": float("nan"), "sharpness[small]": 2.0}) is None
    told = filled(lesson.sections["choice.less"].body, {"sharpness[large]": "1"})
    assert told == "1 is less than –."


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_told_by_file_field_value_and_what_is_allowed(tmp_path: Path, fault: str) -> None:
    old, new, said = FAULTS[fault]
    assert old in GOOD
    with pytest.raises(LessonFault) as refused:
        read_lesson(written(tmp_path, GOOD.replace(old, new, 1)))
    assert all(line.startswith("03_example.md: ") and "allowed: " in line for line in refused.value.lines)
    assert said in str(refused.value)


def test_a_bad_file_leaves_the_others_in_the_course(tmp_path: Path) -> None:
    written(tmp_path, GOOD, "02_second.md")
    written(tmp_path, GOOD, "01_first.md")
    written(tmp_path, "x", "04_bad.md")
    written(tmp_path, GOOD, "05_first.md")
    written(tmp_path, GOOD, "Lesson.md")
    (tmp_path / "06_bytes.md").write_bytes(b"\xff")
    course = read_course(tmp_path)
    assert list(course.lessons) == ["first", "second"] and len(course.faults) == 4
    assert all("allowed: " in line for line in course.faults)
    assert load(course.lessons, tmp_path) == {}


def test_the_course_has_no_faults_and_every_claim_comes_true() -> None:
    course = read_course()
    assert not course.faults and len(course.lessons) >= 7
    found = load(course.lessons)
    assert found.keys() == course.lessons.keys(), "python -m occam lessons data/lessons"
    for name, lesson in course.lessons.items():
        frequency = found[name]
        assert frequency.n >= 20 and frequency.first == FIRST
        assert frequency.count(lesson.claim) >= 0.9 * frequency.n, name
        assert 5 <= lesson.minutes <= 8
        for spec in lesson.study(0).runs():
            assert HOSTED.clip(spec) == (spec, ()), name


def test_every_measure_of_lessons_is_used_somewhere() -> None:
    used = {reading.measure for lesson in read_course().lessons.values() for reading in lesson.readings}
    assert OWN.keys() <= used
    assert (FOLDER / "frequencies.json").exists()
