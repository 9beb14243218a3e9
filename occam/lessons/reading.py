"""Lessons from their files: TOML between two lines `+++`, then sections of Markdown; every fault in a line of its own.

A fault names file, field, value and what is allowed.  A file with a fault is left out of the course, the others stay.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from occam.lessons.expression import Expression, ExpressionFault, Kind, Reading, parse
from occam.lessons.front import Front, flat
from occam.lessons.lesson import OTHERWISE, Across, Choice, Lesson, Picture, mentioned
from occam.prose import Section, cut
from occam.spec import KNOBS, RunSpec
from occam.spec.reading import faults as spec_faults
from occam.spec.reading import shown
from occam.studies.kinds.lesson import MEASURES, PAIRS, Arm

FOLDER = Path(__file__).parents[2] / "data" / "lessons"
FILE = re.compile(r"(?P<order>\d\d)_(?P<name>[a-z][a-z0-9_]*)\.md")
FENCE = "+++\n"
RECORDS = 100  # of an arm's run where it is opened elsewhere; the lesson itself records as its study does
SECTIONS = ("title", "goal", "predict", "effect", "means", "fails", "expected", "disagrees", "read")


class LessonFault(ValueError):
    """A lesson file that is refused; `lines` holds one sentence per fault."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True)
class Course:
    """All lessons in order, by name, and a line for each fault of the files that are none."""

    lessons: Mapping[str, Lesson]
    faults: tuple[str, ...]


def read_course(folder: Path = FOLDER) -> Course:
    """Read every .md file of the folder, in the order of their numbers."""
    lessons: dict[str, Lesson] = {}
    wrong: list[str] = []
    for path in sorted(folder.glob("*.md")):
        try:
            lesson = read_lesson(path)
        except LessonFault as fault:
            wrong += fault.lines
            continue
        if lesson.name in lessons:
            wrong.append(f"{path.name}: name: {lesson.name}; allowed: a name that no other file has")
        else:
            lessons[lesson.name] = lesson
    return Course(lessons, tuple(wrong))


def read_lesson(path: Path) -> Lesson:
    """Read one file.  Raises `LessonFault`."""
    named = FILE.fullmatch(path.name)
    if named is None:
        raise LessonFault(f"{path.name}: name; allowed: two digits, _, small letters, digits and _, .md")
    try:
        text = path.read_text(encoding="utf-8")
        fence, front, prose = text.split(FENCE, 2)
        if fence.strip():
            raise ValueError
    except UnicodeDecodeError:
        raise LessonFault(f"{path.name}: not UTF-8; allowed: a text file") from None
    except ValueError:
        raise LessonFault(f"{path.name}: no front matter; allowed: TOML between two lines +++ at the start") from None
    try:
        return _made(named["name"], _front(front), cut(prose))
    except LessonFault as fault:
        raise LessonFault(*(f"{path.name}: {line}" for line in fault.lines)) from None
    except ValueError as fault:  # of `cut`
        raise LessonFault(f"{path.name}: {fault}; allowed: once") from None


def _front(text: str) -> Front:
    try:
        return Front.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as fault:
        raise LessonFault(f"front matter: not valid TOML ({fault}); allowed: name = value, [table]") from None
    except ValidationError as error:
        raise LessonFault(*(_front_fault(entry) for entry in error.errors())) from None


def _front_fault(entry: Any) -> str:
    path = ".".join(str(step) for step in entry["loc"])
    first = str(entry["loc"][0]) if entry["loc"] else ""
    if entry["type"] == "extra_forbidden":
        return f"{path}: {shown(entry['input'])}; allowed: no such field, only {', '.join(Front.model_fields)}"
    allowed = Front.model_fields[first].description if first in Front.model_fields else "see data/lessons"
    value = "missing" if entry["type"] == "missing" else shown(entry["input"])
    return f"{path}: {value}; allowed: {allowed}"


def _made(name: str, front: Front, sections: Mapping[str, Section]) -> Lesson:
    arms = tuple(_arms(front))
    names = tuple(arm.name for arm in arms)
    choices = tuple(_choices(front, names))
    wrong = [*_wrong_front(front, names), *_wrong_sections(front, names, sections)]
    if wrong:
        raise LessonFault(*wrong)
    effect = _expression("effect", front.effect, "number", names)
    lesson = Lesson(
        name=name,
        minutes=front.minutes,
        arms=arms,
        seeds=front.seeds,
        knobs=front.knobs,
        choices=choices,
        claim=front.claim,
        effect=effect,
        even=front.even,
        pictures=_one_of("pictures", front.pictures, get_args(Picture)),
        history=front.history,
        across=_one_of("across", front.across, get_args(Across)),
        table=front.table,
        sections=sections,
    )
    _try_knobs(lesson)
    return lesson


def _one_of(field: str, value: str, allowed: tuple[str, ...]) -> Any:
    if value not in allowed:
        raise LessonFault(f"{field}: {shown(value)}; allowed: one of {', '.join(allowed)}")
    return value


def _arms(front: Front) -> Iterator[Arm]:
    for name, table in front.arms.items():
        changes = {key: value for key, value in table.items() if key not in ("start_stability", "stop_like")}
        run = _run(f"arms.{name}", {**flat(front.run), **flat(changes)})
        run = run.replace({"record_every": math.ceil(max(1, run.training.last_step) / RECORDS)})
        extra = {key: table[key] for key in ("start_stability", "stop_like") if key in table}
        if "start_stability" in extra and isinstance(extra["start_stability"], int):
            extra["start_stability"] = float(extra["start_stability"])
        try:
            yield Arm(name=name, run=run, **extra)
        except ValidationError as error:
            raise LessonFault(
                *(
                    f"arms.{name}.{entry['loc'][-1]}: {shown(entry['input'])}; "
                    "allowed: start_stability, a number above 0, at most 100; stop_like, a name of an arm"
                    for entry in error.errors()
                )
            ) from None
    waiting = {name for name, table in front.arms.items() if "stop_like" in table}
    free = [name for name in front.arms if name not in waiting]
    for name in waiting:
        if front.arms[name]["stop_like"] not in free:
            value = shown(front.arms[name]["stop_like"])
            raise LessonFault(f"arms.{name}.stop_like: {value}; allowed: an arm without stop_like ({', '.join(free)})")


def _run(field: str, changes: Mapping[str, Any]) -> RunSpec:
    unknown = [path for path in changes if path not in KNOBS]
    if unknown:
        raise LessonFault(*(f"{field}: {path}; allowed: a knob, one of {', '.join(KNOBS)}" for path in unknown))
    try:
        return RunSpec().replace({path: _fitting(path, value) for path, value in changes.items()})
    except ValidationError as error:
        raise LessonFault(*(f"{field}: {line}" for line in spec_faults(error))) from None


def _fitting(path: str, value: Any) -> Any:
    """TOML's 1 for a knob that takes 1.0."""
    return float(value) if KNOBS[path].kind is float and type(value) is int else value


def _choices(front: Front, arms: tuple[str, ...]) -> Iterator[Choice]:
    names = list(front.choices)
    for name, text in front.choices.items():
        last = name == names[-1]
        if (text == OTHERWISE) != last:
            raise LessonFault(f"choices.{name}: {shown(text)}; allowed: {OTHERWISE} for the last choice and no other")
        yield Choice(name, None if last else _expression(f"choices.{name}", text, "condition", arms))


def _expression(field: str, text: str, kind: Kind, arms: tuple[str, ...]) -> Expression:
    try:
        found = parse(text, kind)
    except ExpressionFault as fault:
        raise LessonFault(f"{field}: {shown(text)}: {fault}") from None
    wrong = [line for reading in found.readings for line in _wrong_reading(reading, arms)]
    if wrong:
        raise LessonFault(*(f"{field}: {line}" for line in wrong))
    return found


def _wrong_reading(reading: Reading, arms: tuple[str, ...]) -> Iterator[str]:
    known = MEASURES if len(reading.arms) == 1 else PAIRS
    if reading.measure not in known:
        many = "an arm" if len(reading.arms) == 1 else "a pair of arms"
        yield f"{reading.key}; allowed: a measure of {many}, one of {', '.join(known)}"
    for arm in reading.arms:
        if arm not in arms:
            yield f"{reading.key}; allowed: an arm, one of {', '.join(arms)}"


def _wrong_front(front: Front, arms: tuple[str, ...]) -> Iterator[str]:
    if front.claim not in front.choices:
        yield f"claim: {shown(front.claim)}; allowed: one of the choices {', '.join(front.choices)}"
    for path in (*front.seeds, *front.knobs):
        if path not in KNOBS:
            yield f"{'seeds' if path in front.seeds else 'knobs'}: {shown(path)}; allowed: one of {', '.join(KNOBS)}"
    for measure in (*front.table, *((front.history,) if front.history is not None else ())):
        if measure not in MEASURES:
            yield f"table, history: {shown(measure)}; allowed: one of {', '.join(MEASURES)}"


def _wrong_sections(front: Front, arms: tuple[str, ...], sections: Mapping[str, Section]) -> Iterator[str]:
    wanted = [*SECTIONS, *(f"arm.{name}" for name in arms), *(f"choice.{name}" for name in front.choices)]
    for name in wanted:
        if name not in sections:
            yield f"section {name}: missing; allowed: a heading '## {name}: Title' and a text"
    for name in sections:
        if name not in wanted:
            yield f"section {name}: not used; allowed: {', '.join(wanted)}"
    for name, section in sections.items():
        try:
            readings = mentioned(section.body)
        except ValueError as fault:
            yield f"section {name}: {fault}; allowed: {{measure[arm]}}"
            continue
        for reading in readings:
            yield from (f"section {name}: {line}" for line in _wrong_reading(reading, arms))


def _try_knobs(lesson: Lesson) -> None:
    """Every value of every knob must give a run."""
    for path, values in lesson.knobs.items():
        for value in values:
            for arm in lesson.arms:
                try:
                    arm.run.replace({path: value})
                except ValidationError as error:
                    raise LessonFault(*(f"knobs.{path}: {line}" for line in spec_faults(error))) from None
