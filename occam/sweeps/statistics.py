"""Rank correlation and paired comparison over runs.  Intervals resample whole seeds: runs of one seed are alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from occam.spec import KNOBS
from occam.sweeps.results import FEWEST, NOTHING, Correlation, Interval, Paired
from occam.sweeps.vary import SEEDS

RESAMPLES = 1000
WORK = 2_000_000  # values ranked in all: beyond, fewer resamples, but at least `FEWEST_RESAMPLES`
FEWEST_RESAMPLES = 200
PERCENT = (2.5, 97.5)

Floats = NDArray[np.float64]
Statistic = Callable[[NDArray[np.intp]], float]  # of the values at these places


def correlation(
    x: ArrayLike, y: ArrayLike, groups: Sequence[Hashable], *, seed: int = 0, resamples: int = RESAMPLES
) -> Correlation:
    """Spearman's ρ and Kendall's τ_b of x and y (n,), 95 % intervals by resampling whole `groups` (n,).

    Values that are nan are left out, in pairs, and counted.
    """
    *_, found = correlating(x, y, groups, seed=seed, resamples=resamples)
    assert found is not None
    return found


def correlating(
    x: ArrayLike, y: ArrayLike, groups: Sequence[Hashable], *, seed: int = 0, resamples: int = RESAMPLES
) -> Iterator[Correlation | None]:
    """`correlation` as a study computes it: None after every resample, the result last."""
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    here = ~(np.isnan(x) | np.isnan(y))
    x, y, codes = x[here], y[here], _codes(groups, here)
    n, kinds, missing = len(x), len(np.unique(codes)), int((~here).sum())
    if note := _undefined(x, y):
        yield Correlation(n, kinds, missing, NOTHING, NOTHING, note)
        return
    tests: tuple[Callable[..., Any], ...] = (stats.spearmanr, stats.kendalltau)
    naive: list[Any] = [test(x, y) for test in tests]
    statistics = [_unless_constant(test, x, y) for test in tests]
    intervals = []
    for ends in _intervals(statistics, codes, seed, resamples):
        if ends is not None:
            intervals = ends
        yield None
    spearman, kendall = (
        Interval(float(test.statistic), *ends, float(test.pvalue)) for test, ends in zip(naive, intervals, strict=True)
    )
    yield Correlation(n, kinds, missing, spearman, kendall, _one_group(kinds))


def paired(
    table: pd.DataFrame,
    knob: str,
    outcome: str,
    values: tuple[Any, Any] | None = None,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Paired:
    """How `outcome` changes from the first to the second of two values of `knob`, in pairs that agree in all else.

    `table`: as of `occam.sweeps.table.frame`, at the end or at an equal level; `values`: by default the smallest and
    the largest.  Intervals resample whole seeds.
    """
    rest = [path for path in KNOBS if path not in (knob, "record_every")]
    first, second = (
        table.loc[table[knob].isna() if value is None else table[knob].eq(value).fillna(False), [*rest, outcome]]
        for value in (_two_values(table, knob) if values is None else values)
    )
    both = first.merge(second, on=rest, suffixes=(".first", ".second"))  # a missing value equals a missing value
    with np.errstate(invalid="ignore"):
        difference = (both[f"{outcome}.second"] - both[f"{outcome}.first"]).to_numpy(dtype=np.float64)  # ∞ − ∞: nan
    here = ~np.isnan(difference)
    seeds = list(both[[path for path in SEEDS if path != knob]].itertuples(index=False, name=None))
    unpaired = len(first) + len(second) - 2 * len(both)
    return _paired(difference[here], _codes(seeds, here), int((~here).sum()), unpaired, seed, resamples)


def _paired(
    difference: Floats, codes: NDArray[np.intp], missing: int, unpaired: int, seed: int, resamples: int
) -> Paired:
    n, kinds = len(difference), len(np.unique(codes))
    if n == 0:
        note = "no pair of runs that differ in this knob alone and both have the number"
        return Paired(0, 0, 0, 0, 0, 0, 0, math.nan, NOTHING, NOTHING, NOTHING, missing, unpaired, note)
    up, down = int((difference > 0).sum()), int((difference < 0).sum())
    medians = pd.Series(difference).groupby(codes).median()
    groups_up, groups_down = int((medians > 0).sum()), int((medians < 0).sum())
    untied = groups_up + groups_down
    p = float(stats.binomtest(groups_up, untied).pvalue) if untied else 1.0
    statistics = [lambda at, of=of: of(difference[at]) for of in (_median, rank_biserial, cohen)]
    ends: list[tuple[float, float]] = []
    for found in _intervals(statistics, codes, seed, resamples):
        ends = found or ends
    everything = np.arange(n)
    median, ranks, effect = (Interval(of(everything), *end) for of, end in zip(statistics, ends, strict=True))
    about = (n, up, down, n - up - down, kinds, groups_up, groups_down, p)
    return Paired(*about, median, ranks, effect, missing, unpaired, _one_group(kinds))


def rank_biserial(difference: Floats) -> float:
    """(W₊ − W₋)/(W₊ + W₋), W± the sum of the ranks of |d| over d > 0 or d < 0; nan where every d is 0."""
    untied = difference[difference != 0]
    if not len(untied):
        return math.nan
    ranks = stats.rankdata(np.abs(untied))
    return float((ranks * np.sign(untied)).sum() / ranks.sum())


def cohen(difference: Floats) -> float:
    """d_z = mean(d)/s(d), s with n − 1; nan below two differences, without spread or with an infinite one."""
    if len(difference) < 2 or not np.isfinite(difference).all():
        return math.nan
    spread = float(difference.std(ddof=1))
    return float(difference.mean()) / spread if spread > 0 else math.nan


def _median(values: Floats) -> float:
    with np.errstate(invalid="ignore"):  # the middle between −∞ and ∞
        return float(np.median(values))


def _two_values(table: pd.DataFrame, knob: str) -> tuple[Any, Any]:
    values = sorted(table[knob].dropna().unique())
    if len(values) < 2:
        raise ValueError(f"{knob}: {len(values)} value in these runs; allowed: at least 2")
    return values[0], values[-1]


def _undefined(x: Floats, y: Floats) -> str:
    """Why x and y have no rank correlation; "" if they have one."""
    if len(x) < FEWEST:
        return f"{len(x)} runs have both numbers; a rank correlation needs at least {FEWEST}"
    constant = [name for name, values in (("first", x), ("second", y)) if (values == values[0]).all()]
    return f"the {constant[0]} quantity is the same in all {len(x)} runs" if constant else ""


def _one_group(kinds: int) -> str:
    return "" if kinds > 1 else "all runs are of one seed, so that there is no interval over seeds"


def _unless_constant(test: Callable[..., Any], x: Floats, y: Floats) -> Statistic:
    def statistic(at: NDArray[np.intp]) -> float:
        return math.nan if _undefined(x[at], y[at]) else float(test(x[at], y[at]).statistic)

    return statistic


def _codes(groups: Sequence[Hashable], here: NDArray[np.bool_]) -> NDArray[np.intp]:
    """0, 1, … for the groups of the values that are there, in the order in which they come."""
    known: dict[Hashable, int] = {}
    return np.array(
        [known.setdefault(group, len(known)) for group, kept in zip(groups, here, strict=True) if kept], dtype=np.intp
    )


def _intervals(
    statistics: Sequence[Statistic], codes: NDArray[np.intp], seed: int, resamples: int
) -> Iterator[list[tuple[float, float]] | None]:
    """None after every resample, then the ends of every statistic's interval.

    A resample draws as many groups as there are, with replacement, and takes all values of each.  Resamples in which a
    statistic is undefined are left out of its interval.
    """
    members = [np.flatnonzero(codes == code) for code in range(codes.max() + 1)]
    if len(members) < 2:
        yield [(math.nan, math.nan)] * len(statistics)
        return
    generator = np.random.default_rng(seed)
    count = min(resamples, max(FEWEST_RESAMPLES, WORK // len(codes)))
    drawn = np.empty((count, len(statistics)))
    for number in range(count):
        at = np.concatenate([members[code] for code in generator.integers(len(members), size=len(members))])
        drawn[number] = [statistic(at) for statistic in statistics]
        yield None
    defined = [column[~np.isnan(column)] for column in drawn.T]
    yield [
        tuple(np.percentile(values, PERCENT, method="nearest").tolist()) if len(values) else (math.nan, math.nan)
        for values in defined
    ]
