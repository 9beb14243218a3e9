"""The shared clock: which record each run shows at a tick, and how far ticks can be shown."""

from __future__ import annotations

import math

import numpy as np
import pytest

from occam.spec import RunSpec
from occam.ui.compare_clock import Ticks, Track


def track(step_size=0.1, steps=10, every=2, losses=(), over=False, ended_at=None) -> Track:
    spec = RunSpec().replace({"training.step_size": step_size, "training.max_steps": steps, "record_every": every})
    return Track(spec, np.array(losses, dtype=float), over, ended_at)


def test_by_step_every_run_shows_the_last_record_at_or_before():
    ticks = Ticks.of("step", [track(steps=10, every=2), track(steps=7, every=3)])
    assert ticks.values.tolist() == [0, 3, 6, 9, 10]
    assert ticks.places.tolist() == [[0, 1, 3, 4, 5], [0, 1, 2, 3, 3]]


def test_equal_time_is_equal_step_size_times_steps_whatever_rounding_does():
    slow, fast = track(0.05, 4000, 100), track(1.0, 200, 5)
    ticks = Ticks.of("time", [slow, fast])
    assert ticks.values[-1] == pytest.approx(200) and len(ticks.values) == 41
    assert ticks.places.tolist() == [list(range(41))] * 2


def test_by_loss_the_first_record_that_is_low_enough():
    ticks = Ticks.of("loss", [track(losses=[1.0, 0.5, 0.6, 0.1]), track(losses=[0.8, 0.3], over=True)])
    assert ticks.values[0] == 1.0 and ticks.values[-1] == pytest.approx(0.1)
    half = ticks.nearest(0.5)
    assert ticks.values[half] <= 0.5 < ticks.values[half - 1]
    assert ticks.places[:, half].tolist() == [3, 1]  # the tick after 0.5 is just below it
    assert ticks.places[1, -1] == math.inf and not ticks.tracks[1].reached("loss", 0.1)
    assert ticks.index(1, len(ticks.values) - 1) == 1, "a run that never came so far shows its last record"


def test_ticks_are_available_as_far_as_every_run_is():
    ahead, behind = track(losses=[1.0] * 6), track(losses=[1.0] * 2)
    assert Ticks.of("step", [ahead, behind]).available == 2
    over = track(losses=[1.0] * 2, over=True, ended_at=2)
    ticks = Ticks.of("step", [ahead, over])
    assert ticks.available == len(ticks.values) == 6 and not ticks.over
    assert Ticks.of("step", [track(), track()]).available == 0


def test_no_more_is_asked_of_a_run_than_the_playhead_wants():
    ticks = Ticks.of("step", [track(losses=[1.0]), track(every=5, losses=[1.0])])
    assert [ticks.until(run, 1) for run in (0, 1)] == [2, 1] and ticks.until(0, None) is None
    losses = Ticks.of("loss", [track(losses=[1.0]), track(losses=[0.5])])
    assert losses.until(1, 0) == 0 and losses.until(0, 500) == 16


def test_a_value_finds_its_tick_again():
    for clock in ("step", "time", "loss"):
        ticks = Ticks.of(clock, [track(losses=np.geomspace(2, 0.01, 6)), track(losses=np.geomspace(1, 0.1, 6))])
        for i, value in enumerate(ticks.values):
            assert ticks.nearest(value) == i
        assert ticks.nearest(1e9) in (0, len(ticks.values) - 1)


def test_losses_that_are_no_numbers_make_one_tick():
    assert len(Ticks.of("loss", [track(losses=[math.nan]), track()]).values) == 1
