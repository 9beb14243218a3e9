"""Each verdict in both directions, and where there is nothing to say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from occam.studies.kinds import input_penalty_verdicts as verdicts
from occam.studies.kinds.input_penalty import MEASURES, Angle, Distance, Order, Pull, SeedPair

SIZES = np.array([0.4, 0.2, 0.1])


def pairs(factors: list[float], *, shift: float = 0.0) -> list[SeedPair]:
    """Seeds whose penalty arm has GC times a factor and test loss plus `shift` times the seed's number plus one."""
    made = []
    for seed, factor in enumerate(factors):
        values = np.full((2, 3, len(MEASURES)), 0.5)
        values[:, 0, 0] = 100.0 + 10 * seed
        values[:, 1, 0] = values[:, 0, 0] * factor
        values[:, 1, 2] += shift * (1 + 0.1 * seed)
        made.append(SeedPair(seed, values, np.ones(3), 0.3))
    return made


@pytest.mark.parametrize(
    ("factors", "name"),
    [
        ([0.2, 0.25, 0.3], "pair.lower"),
        ([5.0, 4.0, 6.0], "pair.higher"),
        ([0.2, 5.0, 1.1], "pair.no_effect"),
        ([1.0, 1.0, 1.0], "pair.no_effect"),
        ([0.2], "pair.unmeasured"),
        ([], "pair.unmeasured"),
    ],
)
def test_complexity_is_compared_by_its_ratio(factors: list[float], name: str):
    assert verdicts.paired(pairs(factors), "penalty", "geometric_complexity", "time").name == name


@pytest.mark.parametrize(("shift", "name"), [(-0.1, "pair.lower"), (0.1, "pair.higher"), (0.0, "pair.no_effect")])
def test_test_loss_is_compared_by_its_difference(shift: float, name: str):
    verdict = verdicts.paired(pairs([1.0] * 4, shift=shift), "penalty", "test_loss", "loss")
    assert verdict.name == name
    assert verdict.values["mean"] == pytest.approx(1.15 * shift)


def test_the_interval_is_students():
    rng = np.random.default_rng(0)
    factors = np.exp(rng.normal(-0.5, 0.3, 6))
    found = verdicts.change(pairs(factors.tolist()), "penalty", "geometric_complexity", "time")
    logs = np.log(factors)
    half = 2.571 * logs.std(ddof=1) / math.sqrt(6)
    assert (found.low, found.high) == pytest.approx(tuple(np.exp([logs.mean() - half, logs.mean() + half])))


def test_seeds_without_a_number_are_left_out():
    found = pairs([0.2, 0.25, 0.3])
    found[0].values[0, 1, 0] = np.nan
    assert verdicts.change(found, "penalty", "geometric_complexity", "time").n == 2


def order(kind: str, slope: float, scale: float = 1.0) -> Order:
    return Order(kind, SIZES, scale * SIZES**2, slope, SIZES, slope)


def test_orders_agree_or_differ():
    good = [order("gradient", 2.05), order("unit", 1.9), order("noise", 4.1), order("noise_rough", 2.0, scale=9.0)]
    assert verdicts.slopes(good).name == "orders.agree"
    bad = verdicts.slopes([*good, order("sign", 1.0)])
    assert (bad.name, bad.values["wrong"], bad.values["count"]) == ("orders.differ", 1, 5)
    assert verdicts.slopes([order("gradient", math.nan)]).name == verdicts.slopes([]).name == "orders.unmeasured"


def test_a_laplacian_that_vanishes_leaves_one_noise_expansion():
    assert verdicts.slopes([order("noise", 4.0), order("noise_rough", 4.0)]).name == "orders.agree"


@pytest.mark.parametrize(
    ("same", "double", "name"),
    [(1.0, 2.0, "distance.agree"), (1.0, 1.0, "distance.differ"), (2.0, 2.0, "distance.differ")],
)
def test_twice_epsilon_is_what_matches(same: float, double: float, name: str):
    found = [Distance("same", SIZES, SIZES, same, 5), Distance("double", SIZES, SIZES, double, 5)]
    assert verdicts.distances(found).name == name


def test_distances_without_a_slope_say_nothing():
    assert verdicts.distances([]).name == "distance.unmeasured"


@pytest.mark.parametrize(
    ("cosines", "name"),
    [
        ([-0.4, 0.1, 0.9], "angle.with"),
        ([0.9, 0.1, -0.8], "angle.against"),
        ([0.9, 0.9, 0.1], "angle.partly"),
        ([math.nan, 0.7], "angle.with"),
        ([math.nan], "angle.unmeasured"),
        ([], "angle.unmeasured"),
    ],
)
def test_the_late_angle_decides(cosines: list[float], name: str):
    found = [Angle(step, cosine, 1.0, 1.0, 0.5) for step, cosine in enumerate(cosines)]
    assert verdicts.angles(found).name == name


@pytest.mark.parametrize(
    ("param", "given", "name"),
    [
        (0.5, 0.1, "pull.lower"),
        (2.0, 0.1, "pull.not_lower"),
        (1.0, 1.0, "pull.none"),
        (0.0, 0.1, "pull.unmeasured"),
        (math.nan, 0.1, "pull.unmeasured"),
    ],
)
def test_the_pull_of_lambda(param: float, given: float, name: str):
    ends = {"none": 1.0, "param": param, "input": given}
    found = [Pull(n, np.array([0, 1]), np.array([1.0, end]), np.ones(2)) for n, end in ends.items()]
    assert verdicts.pulls(found).name == name
