"""What a sweep is said to take: proportional to what decides it."""

from __future__ import annotations

import pytest

from occam.spec import RunSpec
from occam.sweeps.estimate import TILE, estimate
from occam.sweeps.spec import SweepSpec
from occam.sweeps.vary import Value

Vary = dict[str, tuple[Value, ...]]
SEEDS: Vary = {"model.seed": tuple(range(10))}


def test_runs_and_cohorts_are_counted():
    assert (estimate(SweepSpec(vary=SEEDS)).runs, estimate(SweepSpec(vary=SEEDS)).cohorts) == (10, 1)
    shapes: Vary = SEEDS | {"model.width": (4, 8), "training.param_penalty": (0.0, 0.1, 0.2)}
    assert estimate(SweepSpec(vary=shapes)).cohorts == 4
    many = SweepSpec(vary={"model.seed": tuple(range(2 * TILE + 1))})
    assert estimate(many).cohorts == 3


@pytest.mark.parametrize("step_size", [(0.1,), (0.1, 0.2, 0.4)])
def test_seconds_follow_the_runs_and_the_workers(step_size: tuple[float, ...]):
    vary: Vary = {"model.seed": tuple(range(2000)), "training.step_size": step_size}
    one, half = estimate(SweepSpec(vary=vary)), estimate(SweepSpec(vary=vary), workers=2)
    assert half.seconds == pytest.approx(one.seconds / 2)
    double = estimate(SweepSpec(vary=vary | {"model.seed": tuple(range(4000))}))
    assert double.seconds == pytest.approx(2 * one.seconds) and double.bytes == pytest.approx(2 * one.bytes)


def test_the_mean_over_some_runs_is_that_over_all():
    vary: Vary = {"model.seed": tuple(range(300)), "training.max_steps": (100, 10_000)}
    both = estimate(SweepSpec(vary=vary)).seconds
    each = [estimate(SweepSpec(vary=vary | {"training.max_steps": (steps,)})).seconds for steps in (100, 10_000)]
    assert both == pytest.approx(sum(each), rel=0.02)


def test_levels_take_time_and_room():
    plain, marked = estimate(SweepSpec(vary=SEEDS)), estimate(SweepSpec(vary=SEEDS, at_losses=(0.1, 0.2)))
    assert marked.seconds > plain.seconds and marked.bytes > plain.bytes


def test_an_own_table_counts_as_the_largest():
    data = {"dataset": "csv", "csv_sha256": "0" * 64, "csv_target": "y"}
    base = RunSpec().replace({f"data.{name}": value for name, value in data.items()})
    assert estimate(SweepSpec(base=base)).seconds > estimate(SweepSpec()).seconds
