"""Statistics against SciPy called naively, against cases worked by hand, and where there is nothing to say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from occam.sweeps.results import Paired, paired_words
from occam.sweeps.statistics import cohen, correlating, correlation, paired, rank_biserial
from occam.sweeps.table import frame
from tests.specs import tiny
from tests.sweeps.rows import row

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=60)
Y = X + GENERATOR.normal(size=60)
SEEDS = np.repeat(np.arange(12), 5)


def test_coefficients_and_p_are_those_of_scipy():
    found = correlation(X, Y, SEEDS.tolist())
    for interval, test in ((found.spearman, stats.spearmanr(X, Y)), (found.kendall, stats.kendalltau(X, Y))):
        expected: Any = test
        assert (interval.value, interval.p) == (expected.statistic, expected.pvalue)
        assert -1 <= interval.low < interval.value < interval.high <= 1 and interval.sign == 1
    assert (found.n, found.groups, found.n_missing, found.note) == (60, 12, 0, "")


def test_a_case_by_hand():
    found = correlation([1, 2, 3, 4], [1, 3, 2, 4], [0, 1, 2, 3])
    assert found.spearman.value == pytest.approx(1 - 6 * 2 / (4 * 15))  # 1 − 6Σd²/(n(n² − 1))
    assert found.kendall.value == pytest.approx((5 - 1) / 6)  # concordant − discordant pairs, of six


def spearman(x: np.ndarray, y: np.ndarray) -> float:
    naive: Any = stats.spearmanr(x, y)
    return naive.statistic


def test_the_interval_of_single_runs_is_scipys_bootstrap():
    ours = correlation(X, Y, list(range(60))).spearman
    theirs = stats.bootstrap(
        (X, Y), spearman, paired=True, vectorized=False, n_resamples=1000,
        method="percentile", rng=np.random.default_rng(1),
    ).confidence_interval  # fmt: skip
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.05)


def test_whole_seeds_are_resampled():
    """Copies of a run tell nothing new: with whole seeds they leave the interval as it is, without they narrow it."""
    once = correlation(X, Y, list(range(60))).spearman
    x, y, seeds = (np.repeat(values, 4) for values in (X, Y, np.arange(60)))
    whole, single = correlation(x, y, seeds.tolist()).spearman, correlation(x, y, list(range(240))).spearman
    assert (whole.low, whole.high) == pytest.approx((once.low, once.high), abs=0.02)
    assert single.high - single.low < 0.7 * (once.high - once.low)


def test_the_same_seed_gives_the_same_interval_and_a_study_pauses():
    first, again = correlation(X, Y, SEEDS.tolist()), correlation(X, Y, SEEDS.tolist())
    assert first == again != correlation(X, Y, SEEDS.tolist(), seed=1)
    *pauses, last = correlating(X, Y, SEEDS.tolist())
    assert last == first and len(pauses) >= 1000 and set(pauses) == {None}


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=8, unique=True))
def test_a_monotone_relation_is_whole(values: list[float]):
    ranks = np.argsort(np.argsort(values))
    for sign in (1, -1):
        found = correlation(values, sign * ranks, list(range(len(values))), resamples=2)
        assert (found.spearman.value, found.kendall.value) == (pytest.approx(sign), pytest.approx(sign))


@pytest.mark.parametrize(
    ("x", "y", "note"),
    [
        ([], [], "0 runs have both numbers; a rank correlation needs at least 3"),
        ([1, 2], [1, 2], "2 runs have both numbers"),
        ([math.nan] * 5, [1, 2, 3, 4, 5], "0 runs have both numbers"),
        ([1, 1, 1], [1, 2, 3], "the first quantity is the same in all 3 runs"),
        ([1, 2, 3], [math.inf] * 3, "the second quantity is the same in all 3 runs"),
    ],
)
def test_what_is_undefined_is_nan_and_explained(x: list[float], y: list[float], note: str):
    found = correlation(x, y, list(range(len(x))))
    assert math.isnan(found.spearman.value) and math.isnan(found.kendall.low) and found.note.startswith(note)


def test_missing_numbers_are_counted_and_infinite_ones_ranked():
    found = correlation([1, 2, math.nan, 3, math.inf], [1, 2, 3, math.nan, 9], [0, 0, 0, 1, 1])
    assert (found.n, found.groups, found.n_missing, found.spearman.value) == (3, 2, 2, pytest.approx(1))


def test_one_seed_has_no_interval():
    found = correlation(X, Y, [0] * 60)
    assert not math.isnan(found.spearman.value) and math.isnan(found.spearman.low) and found.spearman.sign == 0
    assert found.note.startswith("all runs are of one seed")


def runs(outcomes: dict[tuple[int, float], float], width: int = 4) -> pd.DataFrame:
    """A table of runs by (seed, step size) with these test losses; nan: the level was not reached."""
    table = frame(row(spec=tiny(model__seed=s, training__step_size=size, model__width=width)) for s, size in outcomes)
    table["test_loss"] = list(outcomes.values())
    return table


def pairs(*differences: float) -> Paired:
    outcomes = {(seed, 0.1): 1.0 for seed in range(len(differences))}
    outcomes |= {(seed, 0.4): 1.0 + change for seed, change in enumerate(differences)}
    return paired(runs(outcomes), "training.step_size", "test_loss", resamples=20)


def test_pairs_by_hand():
    found = pairs(-0.5, -0.25, 0.125, 0.0, -1.0)
    assert (found.n, found.up, found.down, found.ties, found.groups) == (5, 1, 3, 1, 5)
    assert (found.groups_up, found.groups_down, found.median.value) == (1, 3, -0.25)
    assert found.p == pytest.approx(2 * (1 + 4) / 16)  # of four untied seeds at most one is up, both sides
    assert found.rank_biserial.value == pytest.approx((1 - (2 + 3 + 4)) / 10)
    d = np.array([-0.5, -0.25, 0.125, 0.0, -1.0])
    assert found.effect.value == pytest.approx(d.mean() / d.std(ddof=1))


@given(st.lists(st.integers(-1000, 1000).map(lambda whole: whole / 64), min_size=1, max_size=9))
def test_pairs_are_those_of_scipy(differences: list[float]):
    found, d = pairs(*differences), np.array(differences)
    assert found.median.value == np.median(d) and found.n == len(d)
    untied = d[d != 0]
    if len(untied):
        assert found.p == stats.binomtest(int((untied > 0).sum()), len(untied)).pvalue
        naive: Any = stats.wilcoxon(untied, method="asymptotic") if len(untied) > 1 else None
        smaller = naive.statistic if naive else 0.0
        whole = len(untied) * (len(untied) + 1) / 2
        assert abs(found.rank_biserial.value) == pytest.approx(1 - 2 * smaller / whole)
    else:
        assert found.p == 1.0 and math.isnan(found.rank_biserial.value)


def test_runs_that_never_reached_the_level_are_counted():
    table = runs({(0, 0.1): 1.0, (0, 0.4): 0.5, (1, 0.1): 1.0, (1, 0.4): math.nan, (2, 0.1): 1.0})
    found = paired(table, "training.step_size", "test_loss")
    assert (found.n, found.n_missing, found.unpaired) == (1, 1, 1)
    nothing = paired(table, "training.step_size", "test_loss", (0.1, 7.0))
    assert (nothing.n, nothing.unpaired) == (0, 3) and math.isnan(nothing.p) and nothing.note.startswith("no pair")


def test_pairs_agree_in_all_else_and_count_by_seed():
    one = {(seed, size): size + 0.01 * seed for seed in range(6) for size in (0.1, 0.4)}
    table = pd.concat([runs(one, width=4), runs(one, width=8)], ignore_index=True)
    found = paired(table, "training.step_size", "test_loss")
    assert (found.n, found.groups, found.groups_up, found.up) == (12, 6, 6, 12)
    assert found.p == pytest.approx(2 / 2**6)  # six seeds, not twelve pairs
    assert paired_words(found) == "rises"


def test_a_knob_without_two_values_is_refused():
    with pytest.raises(ValueError, match=r"model.depth: 1 value in these runs; allowed: at least 2"):
        paired(runs({(0, 0.1): 1.0}), "model.depth", "test_loss")


def test_none_is_a_value_of_a_knob():
    rows = [row(spec=tiny(model__seed=seed, training__batch_size=size)) for seed in range(2) for size in (None, 4)]
    table = frame(rows).assign(test_loss=[1.0, 2.0, 1.0, 3.0])
    assert paired(table, "training.batch_size", "test_loss", (None, 4)).median.value == 1.5


@pytest.mark.parametrize(
    ("differences", "expected"),
    [([], math.nan), ([1.0], math.nan), ([1.0, 1.0], math.nan), ([1.0, math.inf], math.nan), ([0.0, 2.0], 2**-0.5)],
)
def test_cohens_effect_where_it_is_undefined(differences: list[float], expected: float):
    assert cohen(np.array(differences)) == pytest.approx(expected, nan_ok=True)


def test_rank_biserial_runs_from_minus_one_to_one():
    assert [rank_biserial(np.array(d)) for d in ([1.0, 2.0], [-1.0, -3.0], [1.0, -1.0])] == [1.0, -1.0, 0.0]
