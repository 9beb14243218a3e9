"""Verdicts follow the numbers, in both directions."""

import dataclasses

import numpy as np
import pytest

from occam.studies.kinds import step_size_verdicts as verdicts
from occam.studies.kinds.step_size import EdgePoint, SwapSeed
from occam.theory.tracks import Fit, OrderPoint
from occam.theory.two_parameter import TwoParameter
from occam.theory.two_parameter_paths import paths
from occam.ui.step_size import said


def swapped(ratios: list[float]) -> list[SwapSeed]:
    return [
        SwapSeed(
            i, np.array([1.0]), np.array([[1.0], [r], [0.0]]), np.array([[1.0], [r], [0.0]]), (0.5, 0.7), (), None, ()
        )
        for i, r in enumerate(ratios)
    ]


@pytest.mark.parametrize(
    ("ratios", "name"),
    [
        ([0.2] * 6, "swap.nearer"),
        ([0.9] * 6, "swap.slight"),
        ([3.0] * 6, "swap.farther"),
        ([0.2] * 5, "swap.no_effect"),  # five cannot be significant
        ([0.2, 3.0] * 5, "swap.no_effect"),
        ([0.2] * 9 + [3.0], "swap.nearer"),
        ([np.nan] * 3, "swap.unmeasured"),
        ([], "swap.unmeasured"),
    ],
)
def test_swap(ratios: list[float], name: str) -> None:
    verdict = verdicts.swap(swapped(ratios))
    assert verdict.name == name
    assert str(len(ratios)) in said(verdict)


def test_the_sign_test_is_two_sided() -> None:
    assert verdicts.sign_test(6, 6) == pytest.approx(2 / 64)
    assert verdicts.sign_test(0, 6) == verdicts.sign_test(6, 6)
    assert verdicts.sign_test(3, 6) == 1.0


def found(slopes: dict[str, float], used: int = 5) -> dict[str, Fit]:
    return {name: Fit(slope, 0.0, 0.1, 1.0, used, 0.0) for name, slope in slopes.items()}


def test_orders() -> None:
    expected = {"gradient": 2, "modified": 3}
    for slopes, name in (
        ({"gradient": 2.1, "modified": 2.9}, "agree"),
        ({"gradient": 2.1, "modified": 2.0}, "differ"),
        ({"gradient": 2.1, "modified": np.nan}, "differ"),
    ):
        verdict = verdicts.orders(found(slopes), expected)
        assert verdict.name == f"orders.{name}"
        assert said(verdict)
    assert verdicts.orders(found({"gradient": 2.0}, used=2), expected).name == "orders.unmeasured"
    assert verdicts.orders({}, expected).name == "orders.unmeasured"


def test_fits_leave_out_what_is_at_the_floor() -> None:
    points = [OrderPoint(g, g, 1, 1.0, {"gradient": g**2 + 1e-9}, {"gradient": g}, 1e-9, {}) for g in (1e-5, 0.1, 1.0)]
    assert verdicts.fits(points, "one_step")["gradient"].used == 2
    assert verdicts.fits([], "one_step") == {}


@pytest.mark.parametrize(
    ("start", "gamma", "name"),
    [
        ((2.8, 3.5), 0.02, "closer"),
        ((2.8, 3.5), 0.065, "fails"),
        ((0.4, 3.0), 0.01, "no_effect"),
        ((2.8, 3.5), 0.5, "diverged"),
        ((0.0, 0.0), 0.1, "no_effect"),
    ],
)
def test_landscape(start: tuple[float, float], gamma: float, name: str) -> None:
    verdict = verdicts.landscape(paths(TwoParameter(), start, gamma, 2.0, samples=20))
    assert verdict.name == f"landscape.{name}"
    assert said(verdict)


def test_a_flow_that_did_not_arrive_gives_no_verdict() -> None:
    whole = paths(TwoParameter(), (2.8, 3.5), 0.03, 1.0, samples=5)
    cut = dataclasses.replace(whole.tracks["modified"], points=np.full((5, 2), np.nan), ending="unresolved")
    verdict = verdicts.landscape(dataclasses.replace(whole, tracks={**whole.tracks, "modified": cut}))
    assert verdict.name == "landscape.unresolved"


def records(*stability: float) -> list[EdgePoint]:
    return [EdgePoint(10 * i, 0.1, s / 0.5) for i, s in enumerate(stability)]


@pytest.mark.parametrize(
    ("stability", "edge", "validity"),
    [
        ((0.5, 0.6, 0.7), "edge.below", "validity.holds"),
        ((0.5, 1.5, 2.02), "edge.hovers", "validity.until"),
        ((1.2, 2.0, 3.0), "edge.above", "validity.nowhere"),
        ((1.2, np.nan), "edge.unmeasured", "validity.nowhere"),
        ((), "edge.unmeasured", "edge.unmeasured"),
    ],
)
def test_edge_and_validity(stability: tuple[float, ...], edge: str, validity: str) -> None:
    assert verdicts.edge(records(*stability), 0.5).name == edge
    verdict = verdicts.validity(records(*stability), 0.5)
    assert verdict.name == validity
    assert said(verdict)
