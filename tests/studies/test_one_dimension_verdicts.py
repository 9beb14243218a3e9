"""Every verdict in both directions, from numbers made up."""

import dataclasses

import numpy as np
import pytest

from occam.studies.kinds.one_dimension import LinearPoint, SeedArm, StableEnd, Status
from occam.studies.kinds.one_dimension_verdicts import arms, broken, linear, paired, stable


def arm(seed: int, place: int, excess: float, status: Status = "reached") -> SeedArm:
    numbers = dict.fromkeys(("step_size", "stability", "start_sharpness", "sharpness", "loss", "arc", "polyline"), 1.0)
    return SeedArm(
        seed=seed,
        arm=place,
        **numbers,
        status=status,
        step=1,
        excess=excess,
        energy=1.0,
        values=np.zeros(2, np.float32),
    )


def pairs(changes: list[float]) -> list[SeedArm]:
    return [arm(s, k, 1.0 + k * change / 2) for s, change in enumerate(changes) for k in range(3)]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ([-0.5] * 8, "arms.consistent"),
        ([0.5] * 8, "arms.opposite"),
        ([0.5, -0.5] * 4, "arms.no_effect"),
        ([0.0] * 8, "arms.no_effect"),
        ([-0.5] * 5, "arms.unmeasured"),
        ([], "arms.unmeasured"),
    ],
)
def test_the_sign_decides(changes: list[float], name: str):
    assert arms(pairs(changes), "excess", 2).name == name


def test_seeds_without_both_ends_are_left_out_and_counted():
    found = pairs([-0.5] * 7)
    found[2] = dataclasses.replace(found[2], status="diverged")
    seen = paired(found, "excess", 2)
    assert (len(seen.changes), seen.lost, seen.falls) == (6, 1, 6)
    assert seen.ratio == pytest.approx(0.5) and (seen.rank, seen.low, seen.high) == (-1, -1, -1)
    assert arms(found, "excess", 2).values["lost"] == 1


def test_equal_values_have_no_rank():
    seen = paired(pairs([0.0] * 3), "excess", 2)
    assert np.isnan(seen.rank) and seen.moved == 0 and seen.chance == 1


def point(losses: list[float], energies: list[float]) -> LinearPoint:
    ones = np.ones(len(losses))
    return LinearPoint(9, ones, ones.astype(int), ones, ones, np.array(losses), np.array(energies), 2.0)


@pytest.mark.parametrize(
    ("losses", "energies", "name"),
    [
        ([1e-9, 1e-9], [2.0, 2.001], "linear.same"),
        ([1e-9, 1e-9], [2.0, 2.5], "linear.differ"),
        ([1e-9, 0.1], [2.0, 1.5], "linear.unsettled"),
        ([np.inf, 0.1], [np.inf, 1.5], "linear.diverged"),
    ],
)
def test_the_linear_control(losses: list[float], energies: list[float], name: str):
    assert linear([point([1.0, 1.0], [0.0, 0.0]), point(losses, energies)]).name == name
    assert linear([]).name == "linear.unmeasured"


def end(**changes: float) -> StableEnd:
    chain = {"transferred": 1.0, "mean_output_grad_sq": 2.0, "trace": 2.0, "sharpness": 1.0, "limit": 4.0}
    return StableEnd(0, 0.5, 1.0, "reached", 9, 1e-9, 4, **(chain | changes))


@pytest.mark.parametrize(
    ("changes", "links"),
    [
        ({}, ()),
        ({"transferred": 2.1}, ("transfer",)),
        ({"trace": 2.1}, ("trace",)),
        ({"sharpness": 0.4, "limit": 4.0}, ("sharpness",)),
        ({"limit": 3.9}, ("limit",)),
        ({"limit": 3.97}, ()),
        ({"trace": float("nan")}, ("trace", "sharpness")),
    ],
    ids=str,
)
def test_each_link_of_the_chain(changes: dict, links: tuple[str, ...]):
    found = end(**changes)
    assert broken(found) == links
    assert stable([found]).name == ("stable.broken" if links else "stable.holds")


def test_runs_short_of_their_loss_do_not_count():
    short = dataclasses.replace(end(limit=0.1), status="short")
    assert stable([short]).name == "stable.unmeasured"
    assert stable([short, end()]).values["lost"] == 1
