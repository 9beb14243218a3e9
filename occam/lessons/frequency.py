"""How often each lesson's claim came true: measured on fresh seeds, stored in data/lessons/frequencies.json.

Settings were chosen on seeds below `FIRST`; a participant's own seed is drawn from `OWN`, so that it is in neither.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from occam.lessons.lesson import Lesson
from occam.lessons.reading import FOLDER
from occam.studies.kinds.lesson import Measured
from occam.studies.study import results

FILE = "frequencies.json"
FIRST, COUNT = 6000, 40
OWN = (10_000, 99_999)


@dataclass(frozen=True)
class Frequency:
    """Outcomes and effects of a lesson for `seeds` from `first` on; None where a run gave no verdict.

    `key`: digest of the study of the first seed, which tells whether the lesson has changed since.
    """

    key: str
    first: int
    outcomes: tuple[str | None, ...]
    effects: tuple[float | None, ...]

    @property
    def n(self) -> int:
        """The number of seeds."""
        return len(self.outcomes)

    def count(self, outcome: str) -> int:
        """The number of seeds with this outcome."""
        return self.outcomes.count(outcome)


def measure(lesson: Lesson, first: int = FIRST, count: int = COUNT) -> Frequency:
    """Run the lesson for `count` seeds."""
    outcomes, effects = zip(*(one(lesson, seed) for seed in range(first, first + count)), strict=True)
    return Frequency(lesson.study(first).digest, first, outcomes, effects)


def one(lesson: Lesson, seed: int) -> tuple[str | None, float | None]:
    """Outcome and effect of one seed."""
    values = measured(lesson, seed).values
    effect = lesson.effect.number(values)
    return lesson.outcome(values), None if effect != effect else round(effect, 6)


def measured(lesson: Lesson, seed: int) -> Measured:
    """What one seed's runs end with."""
    return next(result for result in results(lesson.study(seed)) if isinstance(result, Measured))


def save(found: Mapping[str, Frequency], folder: Path) -> Path:
    """Write the frequencies of all lessons by name."""
    path = folder / FILE
    path.write_text(json.dumps({name: asdict(one) for name, one in found.items()}, indent=1) + "\n", encoding="utf-8")
    return path


def load(lessons: Mapping[str, Lesson], folder: Path = FOLDER) -> dict[str, Frequency]:
    """The stored frequencies of lessons that are still as they were; others are not known."""
    path = folder / FILE
    if not path.exists():
        return {}
    stored: dict[str, Frequency] = {}
    for name, entry in json.loads(path.read_text(encoding="utf-8")).items():
        found = Frequency(entry["key"], entry["first"], tuple(entry["outcomes"]), tuple(entry["effects"]))
        if name in lessons and lessons[name].study(found.first).digest == found.key:
            stored[name] = found
    return stored
