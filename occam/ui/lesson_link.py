"""Finished lessons as a text for a link: `name~seed~prediction~outcome~effect~knob;knob`, with commas between them.

A prediction or an outcome that does not exist is `-`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from occam.lessons.lesson import Lesson
from occam.spec import LARGEST_SEED

NONE = "-"
MOST = 200  # finished lessons that a link may name
Value = float | int | str
Done = tuple[str, int, str | None, str | None, float, tuple[Value, ...]]


def write_done(rows: Iterable[Done]) -> str:
    """The text of all rows."""
    return ",".join(
        "~".join(
            [name, str(seed), predicted or NONE, outcome or NONE, f"{effect:.4g}", ";".join(map(str, chosen))]
        ).rstrip("~")
        for name, seed, predicted, outcome, effect, chosen in rows
    )


def read_done(text: str, lessons: Mapping[str, Lesson]) -> tuple[list[Done], list[str]]:
    """The rows of a link, and the parts of it that are none."""
    rows: list[Done] = []
    wrong: list[str] = []
    for part in text.split(",")[:MOST] if text else []:
        row = _row(part, lessons)
        if row is None:
            wrong.append(part)
        else:
            rows.append(row)
    return rows, wrong


def _row(part: str, lessons: Mapping[str, Lesson]) -> Done | None:
    name, *rest = part.split("~")
    if name not in lessons or len(rest) not in (4, 5):
        return None
    lesson, (seed, predicted, outcome, effect) = lessons[name], rest[:4]
    known = {choice.name for choice in lesson.choices} | {NONE}
    if not (seed.isdecimal() and len(seed) <= 10 and int(seed) <= LARGEST_SEED and {predicted, outcome} <= known):
        return None
    try:
        number = float(effect)
    except ValueError:
        return None
    texts = rest[4].split(";") if len(rest) == 5 else []
    if len(texts) != len(lesson.knobs):
        return None
    chosen: list[Value] = []
    for wanted, values in zip(texts, lesson.knobs.values(), strict=True):
        fitting = [value for value in values if str(value) == wanted]
        if not fitting:
            return None
        chosen += fitting[:1]
    effect_found = number if math.isfinite(number) else math.nan
    none = {NONE: None}
    return name, int(seed), none.get(predicted, predicted), none.get(outcome, outcome), effect_found, tuple(chosen)
