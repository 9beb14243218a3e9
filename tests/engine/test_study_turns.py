"""Whose turn it is, told by a clock that only work moves."""

import pickle

import pytest

from occam.engine.protocol import Begin, Fault, Halt, Results, StudiesWaiting
from occam.engine.study_turns import MOST_PARKED, SHARE, TURN, StudyTurns
from occam.engine.trainer import turn
from occam.spec import RunSpec
from occam.studies.kinds.runs import Runs
from occam.studies.spec import Progress
from tests.engine import fakes

PIECE = 0.005  # seconds of work between two yields
SPEC = Runs(specs=(RunSpec(),))


class World:
    def __init__(self, most_live=4):
        self.now = 0.0
        self.spent = {}
        self.begun, self.closed, self.heard = [], [], []
        self.results = {}
        self.scripts = {}
        self.turns = StudyTurns(most_live, self.begin, lambda: self.now)

    def begin(self, order):
        number = order.study
        self.begun.append(number)
        script = self.scripts.get(number)
        try:
            for item in range(10**6) if script is None else script:
                self.now += PIECE
                self.spent[number] = self.spent.get(number, 0) + PIECE
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self.closed.append(number)

    def want(self, number, script=None, held=0):
        self.scripts[number] = script
        self.turns.obey(Begin(number, SPEC, None, held))
        self.results.setdefault(number, [None] * held)

    def work(self, turns=1, trained=None):
        for _ in range(turns):
            self.now += trained or 0
            for message in self.turns.work(trained):
                self.heard.append(message)
                if isinstance(message, Results):
                    assert len(self.results[message.study]) == message.first
                    self.results[message.study] += map(pickle.loads, message.results)

    def told(self, kind):
        return [message for message in self.heard if isinstance(message, kind)]


def test_results_stream_and_pauses_and_progress_are_none_of_them():
    world = World()
    world.want(1, [None, "a", Progress(1, 2), "b", None])
    world.work(2)
    assert world.results[1] == ["a", "b"]
    assert [(m.first, len(m.results), m.progress, m.ended) for m in world.told(Results)] == [
        (0, 2, Progress(1, 2), False),
        (2, 0, None, True),
    ]
    assert world.turns.idle


@pytest.mark.parametrize("trained", [0.002, 0.02, 0.1])
@pytest.mark.parametrize("studies", [1, 3])
def test_beside_live_runs_all_studies_together_take_their_share(trained, studies):
    world = World()
    for number in range(studies):
        world.want(number)
    world.work(int(10 / trained), trained)
    took = sum(world.spent.values())
    # A turn of 0.1 s earns more than may be saved up: then they take less.
    assert took <= world.now * SHARE + TURN + PIECE
    assert took >= 0.9 * min(world.now * SHARE, 10 / trained * TURN)


def test_a_turn_that_took_too_long_is_paid_back():
    world = World()
    world.want(1)
    world.work(1, trained=0.001)
    assert world.spent[1] == PIECE
    world.work(8, trained=0.001)
    assert world.spent[1] == PIECE  # 9 ms of training have earned 4.5 ms
    world.work(2, trained=0.001)
    assert world.spent[1] == 2 * PIECE


def test_studies_share_the_time_and_a_newcomer_has_no_claim_on_the_past():
    world = World()
    world.want(1)
    world.work(100)
    world.want(2)
    before = world.spent[1]
    world.work(100)
    assert world.spent[1] - before == pytest.approx(world.spent[2], abs=2 * TURN)


def test_beyond_the_cap_studies_wait_in_order_of_arrival():
    world = World(most_live=1)
    world.want(1, ["a"])
    for number in (2, 3):
        world.want(number)
    world.work(3)
    assert [message.studies for message in world.told(StudiesWaiting)] == [(3,)]  # 1 had ended before it was told
    assert world.results[1] == ["a"] and world.results[2] and not world.results[3]
    world.turns.obey(Halt(2))
    world.work()
    assert world.results[3] and world.told(StudiesWaiting)[-1].studies == ()


def test_a_fault_ends_its_study_alone_and_keeps_what_there_is():
    world = World()
    world.want(1, ["a", ValueError("The file has no header.")])
    world.want(2, ["a", ZeroDivisionError("no such number")])
    world.want(3, ["a", object()])
    world.want(4, ["a", "b"])
    world.work(8)
    assert world.results == {1: ["a"], 2: ["a"], 3: ["a"], 4: ["a", "b"]}
    faults = {message.run: message.sentence for message in world.told(Fault)}
    assert faults[1] == "The file has no header."
    assert faults[2] == "This study stopped because of an internal error (ZeroDivisionError: no such number)."
    assert "builtins.object" in faults[3] and 4 not in faults
    assert sorted(world.closed) == [1, 2, 3, 4]


def test_what_is_no_longer_wanted_waits_with_its_state():
    world = World()
    world.want(1)
    world.work(5)
    world.turns.obey(Halt(1))
    made = list(world.results[1])
    world.work(5)
    assert world.results[1] == made and world.turns.idle
    world.want(1, held=len(made))
    world.work()
    assert world.results[1] == list(range(len(world.results[1]))) and len(world.results[1]) > len(made)
    assert world.begun == [1]


def test_of_many_unwanted_the_longest_unwanted_is_closed_and_made_again_silently():
    world = World()
    for number in range(MOST_PARKED + 1):
        world.want(number)
        world.work()
        world.turns.obey(Halt(number))
    assert world.closed == [0]
    held = len(world.results[0])
    world.want(0, held=held)
    world.work(5)
    assert world.results[0] == list(range(len(world.results[0]))) and len(world.results[0]) > held
    assert world.begun.count(0) == 2


def test_the_page_hears_of_a_study_that_has_nothing_to_show():
    world = World()
    world.want(1, [None] * 1000)
    world.work(1000)
    empty = [message for message in world.told(Results) if not message.ended]
    assert 4 <= len(empty) <= 6 and not any(message.results for message in empty)


def test_a_study_that_does_not_close_harms_nobody():
    world = World()

    def stubborn(order):
        try:
            while True:
                world.now += PIECE
                yield None
        finally:
            if order.study == 0:
                raise RuntimeError("no")

    world.turns = StudyTurns(1, stubborn, lambda: world.now)
    for number in range(MOST_PARKED + 1):
        world.want(number)
        world.work()
        world.turns.obey(Halt(number))
    world.work()
    assert world.turns.idle and not world.told(Fault)


class Trainer:
    """Live runs and studies, told by one clock."""

    def __init__(self):
        self.runs, self.studies = fakes.World(), World()
        self.studies.turns = StudyTurns(4, self.studies.begin, self.clock)

    def clock(self):
        return self.runs.now + sum(self.studies.spent.values())

    def work(self, turns=1):
        return [message for _ in range(turns) for message in turn(self.runs.scheduler, self.studies.turns, self.clock)]


@pytest.mark.parametrize("live", [1, 30])
def test_live_runs_keep_their_share_whatever_is_computed(live):
    trainer = Trainer()
    for number in range(live):
        trainer.runs.train(number, last=100_000)
    for number in range(3):
        trainer.studies.want(number)
    trainer.work(1000)
    assert trainer.runs.now >= (1 - SHARE) * trainer.clock() - TURN - PIECE
    assert sum(trainer.studies.spent.values()) >= 0.9 * SHARE * trainer.clock()


def test_a_study_waits_for_first_frames():
    trainer = Trainer()
    trainer.studies.want(0)
    trainer.work()
    before = trainer.clock()
    for number in range(30):
        trainer.runs.train(number, width=number + 1)
    while trainer.runs.scheduler.urgent:
        trainer.work()
    assert sum(trainer.studies.spent.values()) <= before + TURN + PIECE
