import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from occam.engine.playhead import LOOK_AHEAD, Playhead, record_index
from occam.spec import RunSpec


def test_playing_shows_so_many_records_a_second():
    head = Playhead(speed=10.0)
    head.play(now=5.0)
    assert [head.tick(5.0 + t, 100, False) for t in (0.0, 0.05, 0.1, 0.25, 1.0)] == [0, 0, 1, 2, 10]


def test_waiting_for_the_trainer_is_not_caught_up_in_a_jump():
    head = Playhead(speed=10.0)
    head.play(now=0.0)
    assert head.tick(9.0, 3, False) == 2
    assert head.tick(9.05, 50, False) == 3
    assert head.tick(9.15, 50, False) == 4


def test_as_fast_as_trained_follows_the_newest():
    head = Playhead(speed=None)
    head.play(now=0.0)
    assert head.tick(0.0, 41, False) == 40
    assert head.until() is None
    assert head.playing
    assert head.tick(0.1, 60, True) == 59
    assert not head.playing


def test_play_at_the_end_starts_over():
    head = Playhead(position=9)
    head.play(0.0, available=10, ended=True)
    assert head.tick(0.0, 10, True) == 0
    assert head.playing


def test_play_at_the_newest_of_an_unfinished_run_goes_on():
    head = Playhead(position=9)
    head.play(0.0, available=10, ended=False)
    assert head.tick(0.0, 10, False) == 9
    assert (head.until() or 0) >= 9 + LOOK_AHEAD


def test_step_waits_for_the_frame_that_is_trained_for_it():
    head = Playhead(position=3)
    head.step()
    assert head.until() == 4
    assert head.tick(0.0, 4, False) == 3
    assert head.moving
    assert head.tick(0.1, 5, False) == 4
    assert not head.moving
    assert head.until() == 4


def test_step_at_the_end_stays():
    head = Playhead(position=3)
    head.step()
    assert head.tick(0.0, 4, True) == 3
    assert not head.moving


def test_back_and_scrub_and_reset():
    head = Playhead(position=3, playing=True)
    head.back()
    assert head.tick(0.0, 10, False) == 2
    assert not head.playing
    head.scrub(7)
    assert head.tick(0.0, 10, False) == 7
    head.reset()
    assert head.tick(0.0, 10, False) == 0
    head.back()
    assert head.tick(0.0, 10, False) == 0


def test_to_the_end_shows_progress_and_stops_there():
    head = Playhead()
    head.to_end()
    assert head.until() is None
    assert head.tick(0.0, 30, False) == 29
    assert head.tick(0.1, 101, True) == 100
    assert not head.moving


def test_pause_drops_the_goal():
    head = Playhead()
    head.to_end()
    head.tick(0.0, 30, False)
    head.pause()
    assert head.until() == 29
    assert head.tick(5.0, 60, False) == 29


def test_the_wish_changes_once_a_block_while_playing():
    head = Playhead(speed=5.0)
    head.play(0.0)
    wishes = []
    for position in range(3 * LOOK_AHEAD):
        head.position = position
        wishes.append(head.until())
    assert sorted(set(wishes)) == [2 * LOOK_AHEAD - 1, 3 * LOOK_AHEAD - 1, 4 * LOOK_AHEAD - 1]
    assert all(wish >= position + LOOK_AHEAD for position, wish in enumerate(wishes))


@pytest.mark.parametrize(("step", "index"), [(0, 0), (1, 1), (20, 1), (21, 2), (2000, 100), (2005, 101), (9999, 101)])
def test_record_index_of_a_step(step, index):
    assert record_index(RunSpec().replace({"training.max_steps": 2005}), step) == index


class Viewer(RuleBasedStateMachine):
    """Any sequence of commands, ticks and new frames."""

    def __init__(self):
        super().__init__()
        self.head = Playhead()
        self.now, self.available, self.ended = 0.0, 0, False

    @rule(speed=st.sampled_from([None, 1.0, 12.0, 60.0]))
    def play(self, speed):
        self.head.speed = speed
        self.head.play(self.now, self.available, self.ended)

    @rule(command=st.sampled_from(["pause", "step", "back", "to_end", "reset"]))
    def press(self, command):
        getattr(self.head, command)()
        assert not self.head.playing

    @rule(index=st.integers(-3, 50))
    def scrub(self, index):
        self.head.scrub(index)

    @rule(frames=st.integers(0, 20), ended=st.booleans())
    def train(self, frames, ended):
        wanted = self.head.until()
        if not self.ended:
            room = frames if wanted is None else max(0, min(frames, wanted + 1 - self.available))
            self.available += room
            self.ended = ended and self.available > 0

    @rule(seconds=st.floats(0, 3))
    def tick(self, seconds):
        before, playing, goal = self.head.position, self.head.playing, self.head.goal
        self.now += seconds
        position = self.head.tick(self.now, self.available, self.ended)
        if not playing and goal is None:
            assert position == before
        if playing:
            assert position >= before
        if self.ended:
            assert self.head.goal is None
            assert not self.head.playing or position < self.available - 1

    @invariant()
    def looks_at_a_frame_that_exists(self):
        assert 0 <= self.head.position <= max(0, self.available - 1)

    @invariant()
    def wants_nothing_new_when_it_stands_still(self):
        if not self.head.moving:
            assert self.head.until() == self.head.position

    @invariant()
    def asks_for_what_it_needs_to_go_on(self):
        until = self.head.until()
        if self.head.playing and until is not None:
            assert until > self.head.position
        if self.head.goal is not None:
            assert (until is None) == math.isinf(self.head.goal)


TestViewer = Viewer.TestCase


@given(st.lists(st.floats(0.001, 0.5), min_size=1, max_size=30), st.floats(1.0, 60.0))
def test_the_pace_does_not_depend_on_how_often_it_is_polled(gaps, speed):
    head = Playhead(speed=speed)
    head.play(0.0)
    now = 0.0
    for gap in gaps:
        now += gap
        head.tick(now, 10_000, False)
    assert abs(head.position - now * speed) <= 1 + 1e-6
