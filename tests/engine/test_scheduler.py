import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from occam.engine.protocol import Leave, News, Replay, Until, Waiting
from occam.engine.scheduler import MOST_RECORDED, turn_seconds
from tests.engine.fakes import RECORD_SECONDS, STEP_SECONDS, World

FRAME_SECONDS = 10 * STEP_SECONDS + RECORD_SECONDS  # of one run alone
ALL = list(range(0, 101, 10))


@pytest.mark.parametrize(
    ("live", "seconds"), [(0, 0.02), (1, 0.02), (20, 0.0095), (30, 0.25 / 30 - 0.003), (64, 0.002)]
)
def test_turns_shorten_with_the_number_of_live_runs(live, seconds):
    assert turn_seconds(live) == pytest.approx(seconds)


def test_a_run_is_recorded_to_its_end():
    world = World()
    world.train(1)
    world.finish()
    assert world.frames == {1: ALL}
    last = world.heard[-1]
    assert isinstance(last, News) and last.ending is not None
    assert [message.header is not None for message in world.heard if isinstance(message, News)] == [True] + 10 * [False]


def test_a_newcomer_goes_before_everyone_else():
    world = World()
    world.train(1)
    world.work(3)
    world.train(2, width=8)
    heard = world.work()
    assert [(message.run, message.first) for message in heard if isinstance(message, News)] == [(2, 0)]


def test_newcomers_of_one_shape_record_together_in_order_of_arrival():
    world = World()
    for number, width in [(1, 8), (2, 16), (3, 8), (4, 8)]:
        world.train(number, width=width)
    world.work(2)
    assert world.recorded == [[1, 3, 4], [2]]


def test_many_due_at_once_are_recorded_a_few_at_a_time():
    world = World()
    for number in range(16):
        world.train(number)
    world.finish()
    assert max(map(len, world.recorded)) == MOST_RECORDED
    assert all(steps == ALL for steps in world.frames.values())


def test_the_least_served_goes_next_and_shapes_share_the_time():
    world = World()
    world.train(1, width=8, last=1000)
    for number in (2, 3, 4):
        world.train(number, width=16, last=1000)
    world.work(60)
    one, three = len(world.frames[1]) * FRAME_SECONDS, len(world.frames[2]) * (FRAME_SECONDS + 2 * RECORD_SECONDS)
    assert one == pytest.approx(three, abs=2 * turn_seconds(4) + 3 * RECORD_SECONDS)
    began = world.now
    world.train(5, width=4, last=1000)
    world.work(12)
    # Whoever comes late does not make up for the past: a third of the turns, at most one more.
    assert len(world.frames[5]) * FRAME_SECONDS < (world.now - began) / 2


def test_equal_shapes_train_as_one_cohort_that_is_built_once():
    world = World()
    for number in (1, 2, 3):
        world.train(number)
    world.finish()
    assert [len(runs) for runs in world.gathered] == [3, 3]  # first frames; training
    assert world.prepared == [1, 2, 3]


def test_a_run_stops_at_the_last_frame_that_is_wanted():
    world = World()
    world.train(1, until=3)
    world.finish()
    assert world.frames[1] == ALL[:4]
    world.scheduler.obey(Until(1, 2))
    assert world.scheduler.idle
    world.scheduler.obey(Until(1, 5))
    world.finish()
    assert world.frames[1] == ALL[:6]
    assert world.prepared == [1]


def test_who_leaves_keeps_its_state_for_a_while():
    world = World()
    world.train(1)
    world.work(3)
    before = len(world.frames[1])
    world.scheduler.obey(Leave(1))
    assert world.scheduler.idle
    world.train(1, held=before)
    world.finish()
    assert world.frames[1] == ALL
    assert world.prepared == [1]


def test_who_loses_its_state_is_retrained_silently():
    world = World(most_parked=1)
    for number in (1, 2):
        world.train(number, until=4)
    world.finish()
    world.scheduler.obey(Until(1, 6))
    world.finish()
    assert world.frames == {1: ALL[:7], 2: ALL[:5]}
    assert world.prepared == [1, 2, 1]
    assert [message for message in world.heard if isinstance(message, Replay)] == [Replay(1, False), Replay(1, True)]


@pytest.mark.parametrize("held", [1, 5, 10, 11])
def test_frames_that_the_page_holds_are_not_sent_again(held):
    world = World()
    world.train(1, held=held)
    world.finish()
    assert world.frames[1] == [*range(-held, 0), *ALL[held:]]
    replays = [message for message in world.heard if isinstance(message, Replay)]
    assert replays == [Replay(1, False), Replay(1, True)]
    assert isinstance(world.heard[-1], News) and world.heard[-1].ending is not None


def test_beyond_the_cap_runs_queue_without_a_frame():
    world = World(most_live=2)
    for number in (1, 2, 3, 4):
        world.train(number, until=1)
    assert Waiting((3, 4)) in world.work()
    world.finish()
    assert set(world.frames) == {1, 2, 3, 4}
    told = [message.runs for message in world.heard if isinstance(message, Waiting)]
    assert told[0] == (3, 4) and told[-1] == ()
    assert world.prepared == [1, 2, 3, 4]


def test_who_leaves_the_queue_is_forgotten():
    world = World(most_live=1)
    world.train(1)
    world.train(2)
    world.work()
    world.scheduler.obey(Leave(2))
    assert Waiting(()) in world.work()
    world.finish()
    assert set(world.frames) == {1}


def test_a_fault_while_preparing_concerns_that_run_alone():
    world = World()
    world.breaks = {2: -1}
    for number in (1, 2, 3):
        world.train(number)
    world.finish()
    assert world.faults == {2: "The file has no header."}
    assert world.frames == {1: ALL, 3: ALL}


def test_a_fault_while_training_concerns_that_run_alone():
    world = World()
    world.breaks = {2: 35}
    for number in (1, 2, 3):
        world.train(number)
    world.finish()
    assert list(world.faults) == [2]
    assert "RuntimeError: no such number" in world.faults[2]
    assert world.frames == {1: ALL, 2: ALL[:4], 3: ALL}


def test_messages_for_a_run_that_has_ended_are_ignored():
    world = World()
    world.train(1)
    world.finish()
    world.scheduler.obey(Until(1, 3))
    world.scheduler.obey(Leave(1))
    assert world.work() == []


acts = st.lists(
    st.tuples(
        st.sampled_from(["until", "until", "leave", "work", "work"]),
        st.integers(1, 6),
        st.one_of(st.none(), st.integers(0, 12)),
    ),
    max_size=40,
)


@settings(max_examples=200)
@given(acts, st.integers(1, 4), st.integers(0, 3), st.sampled_from([None, 3]))
def test_whatever_viewers_do_frames_come_once_and_in_order_and_all_runs_finish(script, live, parked, broken):
    world = World(most_live=live, most_parked=parked)
    world.breaks = {broken: 42} if broken else {}
    over: set[int] = set()
    wanted: dict[int, float] = {}

    def listen(turns=1):
        for message in world.work(turns):  # which checks that frames come once and in order
            if isinstance(message, News) and message.ending is not None:
                over.add(message.run)
        over.update(world.faults)

    def wish(number, until):
        known = number in wanted
        wanted[number] = max(wanted.get(number, -1), float("inf") if until is None else until)
        if known:
            world.scheduler.obey(Until(number, until))
        else:
            world.train(number, until=until, held=len(world.frames.get(number, [])), width=8 + number % 2)

    for act, number, until in script:
        if act == "work":
            listen(number)
        elif number in over:
            continue
        elif act == "until":
            wish(number, until)
        elif number in wanted:
            world.scheduler.obey(Leave(number))
            farthest = wanted.pop(number)
            assert len(world.frames.get(number, [])) <= farthest + 1
            world.scheduler.obey(Leave(number))
        assert len(world.scheduler._live) <= live
        assert len(world.scheduler._parked) <= parked
    for number in {1, 2, 3} - over:
        wanted.pop(number, None)
        world.scheduler.obey(Leave(number))
        wish(number, None)
    for _ in range(2000):
        listen()
    assert world.scheduler.idle
    assert {1, 2, 3} <= over
    assert all(steps == (ALL[:5] if number == broken else ALL) for number, steps in world.frames.items() if number < 4)
