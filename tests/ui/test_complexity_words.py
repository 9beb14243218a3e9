"""Verdicts follow from the numbers, in every direction."""

from __future__ import annotations

import math

import pytest

from occam.sweeps.results import FEWEST_GROUPS, NOTHING, Correlation, Interval, Paired
from occam.ui import complexity_words as words


def related(value: float, half: float = 0.1, *, groups: int = 10, n: int = 40) -> Correlation:
    rho = Interval(value, value - half, value + half, 0.01)
    return Correlation(n, groups, 0, rho, rho)


def turned(sign: int, *, groups: int = 10, n: int = 20) -> Paired:
    up, down = (groups, 0) if sign > 0 else (0, groups) if sign < 0 else (groups // 2, groups - groups // 2)
    size = Interval(float(sign), sign - 0.1, sign + 0.1)
    p = 0.002 if sign else 1.0
    return Paired(n, 2 * up, 2 * down, 0, groups, up, down, p, size, size, size, 3, 0)


@pytest.mark.parametrize(
    ("found", "word"),
    [
        (related(0.5), "**Consistent with"),
        (related(-0.5), "**Opposite to"),
        (related(0.05), "**Complexity does not track generalisation**"),
        (related(0.5, groups=FEWEST_GROUPS - 1), f"a verdict needs {FEWEST_GROUPS}"),
        (Correlation(2, 2, 5, NOTHING, NOTHING, "2 runs have both numbers"), "2 runs have both numbers"),
    ],
)
def test_the_whole_in_every_direction(found: Correlation, word: str):
    said = words.overall(found, "Sharpness", "Test loss", ("loss", 0.25))
    assert word in said and "at training loss 0.25" in said and "nan" not in said


@pytest.mark.parametrize(
    ("whole", "levels", "word"),
    [
        (related(0.5), [related(0.4), related(0.6)], "it is the same"),
        (related(-0.5), [related(-0.4), related(-0.6)], "it is the same"),
        (related(0.5), [related(0.0), related(0.05)], "Within no level"),
        (related(0.5), [related(-0.4), related(0.6)], "rises in 1, falls in 1"),
        (related(0.0), [related(0.0)], "nothing is seen either"),
        (related(0.5), [related(0.4, groups=2)], "too few"),
    ],
)
def test_within_a_knob_the_relation_stays_or_goes(whole: Correlation, levels: list[Correlation], word: str):
    assert word in words.within(whole, levels, "Step size γ")


def test_between_the_runs_of_a_seed():
    up, down = related(0.5), related(-0.5)
    assert (words.between_knobs(up, up) or "").endswith("within seeds.")
    assert "it rises" in (words.between_knobs(up, up) or "") and "between seeds" in (
        words.between_knobs(up, down) or ""
    )
    assert "**falls**" in (words.between_knobs(down, up) or "")
    assert "nothing is seen" in (words.between_knobs(related(0.0), up) or "")
    assert words.between_knobs(related(0.5, groups=2), up) is None


@pytest.mark.parametrize(
    ("complexity", "outcome", "word"),
    [
        (-1, -1, "consistent with the claim"),
        (1, 1, "consistent with the claim"),
        (-1, 1, "**opposite**"),
        (1, -1, "**opposite**"),
        (-1, 0, "does not follow"),
        (0, -1, "not by way of complexity"),
        (0, 0, "Neither"),
    ],
)
def test_what_a_knob_does_in_every_direction(complexity: int, outcome: int, word: str):
    assert word in words.effect(turned(complexity), turned(outcome), "Sharpness", "Test loss")


def test_few_seeds_and_no_pairs_are_no_verdict():
    few, none = turned(1, groups=3), Paired(0, 0, 0, 0, 0, 0, 0, math.nan, NOTHING, NOTHING, NOTHING, 4, 0, "none")
    assert "3 seeds" in words.effect(few, turned(1), "a", "b")
    assert "No pairs" in words.effect(none, none, "a", "b") and words.told(none) == "–"
    assert words.told(turned(-1)).startswith("**↓ 10 of 10 seeds**") and "3 lost" in words.told(turned(-1))
