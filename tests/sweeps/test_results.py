"""Words are chosen from the numbers alone, in every direction."""

from __future__ import annotations

import math

import pytest

from occam.sweeps.results import NOTHING, Correlation, Interval, Paired, correlation_words, paired_words


def found(low: float, high: float, groups: int = 8) -> Correlation:
    interval = Interval((low + high) / 2, low, high)
    return Correlation(40, groups, 0, interval, interval)


@pytest.mark.parametrize(
    ("correlation", "words"),
    [
        (found(0.1, 0.9), "rises"),
        (found(-0.9, -0.1), "falls"),
        (found(-0.1, 0.9), "open"),
        (found(-0.9, 0.1), "open"),
        (found(0.0, 0.5), "open"),
        (found(0.1, 0.9, groups=5), "few_seeds"),
        (found(math.nan, math.nan), "undefined"),
        (Correlation(9, 9, 0, Interval(0.5, math.nan, math.nan), NOTHING), "open"),
    ],
)
def test_words_of_a_correlation(correlation: Correlation, words: str):
    assert correlation_words(correlation) == words


def pairs(up: int, down: int, p: float, median: float) -> Paired:
    groups = up + down
    return Paired(groups, up, down, 0, groups, up, down, p, Interval(median, median, median), NOTHING, NOTHING, 0, 0)


@pytest.mark.parametrize(
    ("pairing", "words"),
    [
        (pairs(9, 1, 0.02, 0.1), "rises"),
        (pairs(1, 9, 0.02, -0.1), "falls"),
        (pairs(6, 4, 0.75, 0.1), "open"),
        (pairs(9, 1, 0.02, -0.1), "open"),  # the seeds and the pairs disagree
        (pairs(5, 0, 0.0625, 0.1), "few_seeds"),
        (pairs(0, 0, math.nan, math.nan), "undefined"),
    ],
)
def test_words_of_pairs(pairing: Paired, words: str):
    assert paired_words(pairing) == words
