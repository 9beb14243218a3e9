"""What statistics over runs say: numbers with their intervals, and the words for them.  No SciPy: a page reads it.

Words are chosen from the numbers alone, in every direction: an interval on one side of zero is "consistent with" a
relation, never more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

FEWEST = 3  # values from which there is a rank correlation
FEWEST_GROUPS = 6  # seeds: of fewer the sign test cannot say anything, since 2 · 2⁻⁵ > 0.05

Words = Literal["rises", "falls", "open", "few_seeds", "undefined"]


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % percentile bootstrap interval over whole groups; nan where it is undefined.

    `p`: SciPy's two-sided p-value, which takes the values for independent: runs of one seed are not, so read the
    interval.  nan where there is none.
    """

    value: float
    low: float
    high: float
    p: float = math.nan

    @property
    def sign(self) -> int:
        """1 or −1 where the whole interval lies above or below zero, else 0 (also where it is undefined)."""
        return int(self.low > 0) - int(self.high < 0)


NOTHING = Interval(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Correlation:
    """Rank correlation of two quantities over `n` runs of `groups` seeds; `n_missing` runs lack one of the two.

    `note`: why a number is nan, "" where none is.
    """

    n: int
    groups: int
    n_missing: int
    spearman: Interval
    kendall: Interval
    note: str = ""


@dataclass(frozen=True)
class Paired:
    """The change of an outcome from one value of a knob to another, over `n` pairs of runs that agree in all else.

    `up`, `down`, `ties`: pairs by the sign of second − first; `groups`: seeds; `groups_up`, `groups_down`: seeds by the
    sign of the median over their pairs; `p`: two-sided sign test over seeds, ties left out; `median`: of the
    differences over pairs; `rank_biserial`: (W₊ − W₋)/(W₊ + W₋), W the sums of the ranks of |difference| (Kerby 2014);
    `effect`: Cohen's d_z, mean/standard deviation of the differences; `n_missing`: pairs of which a run has no number,
    as where it never reached the level; `unpaired`: runs without a partner; `note`: why a number is nan, "" where none
    is.
    """

    n: int
    up: int
    down: int
    ties: int
    groups: int
    groups_up: int
    groups_down: int
    p: float
    median: Interval
    rank_biserial: Interval
    effect: Interval
    n_missing: int
    unpaired: int
    note: str = ""


def correlation_words(found: Correlation) -> Words:
    """Which sentence the correlation is consistent with: the second quantity rises or falls with the first, or open."""
    if math.isnan(found.spearman.value):
        return "undefined"
    if found.groups < FEWEST_GROUPS:
        return "few_seeds"
    return _direction(found.spearman.sign)


def paired_words(found: Paired, level: float = 0.05) -> Words:
    """Which sentence the pairs are consistent with: the outcome rises or falls, p below `level`, or open."""
    if found.n == 0:
        return "undefined"
    if found.groups < FEWEST_GROUPS:
        return "few_seeds"
    sign = (found.groups_up > found.groups_down) - (found.groups_up < found.groups_down)
    return _direction(sign if found.p < level and found.median.value * sign > 0 else 0)


def _direction(sign: int) -> Words:
    return "rises" if sign > 0 else "falls" if sign < 0 else "open"
