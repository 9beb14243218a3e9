"""A lesson: one claim, the runs that test it, the prediction, the verdict computed from what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Literal

from occam.lessons.expression import Expression, Reading
from occam.prose import Section
from occam.spec import RunSpec
from occam.studies.kinds.lesson import OWN, PAIRS, Arm, LessonRuns

Picture = Literal["maps", "curves", "bounds"]
Across = Literal["step", "physical_time", "train_loss"]
OTHERWISE = "otherwise"


@dataclass(frozen=True)
class Choice:
    """A prediction, and the outcome if `when` holds; None: if no other does."""

    name: str
    when: Expression | None


@dataclass(frozen=True)
class Lesson:
    """One file of data/lessons.

    `name`: the file's, without its number; `minutes`: to plan with; `arms`: as the file gives them, before seed and
    knobs; `seeds`: the knobs that take the participant's seed; `knobs`: knob path → values to choose from; `choices`:
    what can be predicted, the first whose condition holds being the outcome; `claim`: the outcome that the lesson is
    about; `effect`: the number that decides, `even` where it shows no difference; `pictures` of each arm; `history`:
    the measure that is drawn through training, against `across`; `table`: the measures of the arms in numbers.
    """

    name: str
    minutes: int
    arms: tuple[Arm, ...]
    seeds: tuple[str, ...]
    knobs: Mapping[str, tuple[float | int | str, ...]]
    choices: tuple[Choice, ...]
    claim: str
    effect: Expression
    even: float
    pictures: Picture
    history: str | None
    across: Across
    table: tuple[str, ...]
    sections: Mapping[str, Section]

    @property
    def title(self) -> str:
        """The lesson's name for readers."""
        return self.sections["title"].title

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Every measured number that it names in conditions and texts or shows in its table."""
        named = [reading for choice in self.choices if choice.when is not None for reading in choice.when.readings]
        shown = [Reading(measure, (arm.name,)) for measure in self.table for arm in self.arms]
        told = [reading for section in self.sections.values() for reading in mentioned(section.body)]
        return tuple(dict.fromkeys([*named, *self.effect.readings, *shown, *told]))

    def run_of(self, arm: Arm, seed: int, chosen: Mapping[str, float | int | str]) -> RunSpec:
        """The run of an arm for this seed and these values of the knobs."""
        return arm.run.replace({**chosen, **dict.fromkeys(self.seeds, seed)})

    def study(self, seed: int, chosen: Mapping[str, float | int | str] | None = None) -> LessonRuns:
        """What is trained and measured for one participant."""
        arms = tuple(arm.model_copy(update={"run": self.run_of(arm, seed, chosen or {})}) for arm in self.arms)
        readings = self.readings
        return LessonRuns(
            arms=arms,
            measures=tuple(name for name in OWN if any(reading.measure == name for reading in readings)),
            pairs=tuple((one.arms[0], one.arms[1]) for one in readings if one.measure in PAIRS),
        )

    def outcome(self, values: Mapping[str, float]) -> str | None:
        """The choice that came true; None where a number that decides it is not defined (a run diverged, say)."""
        for choice in self.choices:
            held = True if choice.when is None else choice.when.holds(values)
            if held is None:
                return None
            if held:
                return choice.name
        return None


def mentioned(text: str) -> list[Reading]:
    """The {measure[arm]} of a text.  Raises ValueError for braces that do not match or hold anything else."""
    found = []
    for _, field, form, conversion in Formatter().parse(text):
        if field is None:
            continue
        measure, bracket, arms = field.partition("[")
        if not (measure.isidentifier() and bracket and arms.endswith("]")) or form or conversion:
            raise ValueError(f"{{{field}}}")
        found.append(Reading(measure, tuple(arm.strip() for arm in arms[:-1].split(","))))
    return found


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with every {measure[arm]} replaced by what `values` say of it, a dash where they say nothing."""
    nested: dict[str, dict[str, str]] = {}
    for reading in mentioned(text):
        nested.setdefault(reading.measure, {})[", ".join(reading.arms)] = values.get(reading.key, "–")
    return text.format(**nested)
