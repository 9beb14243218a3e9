from occam.engine import supervisor
from occam.engine.client import Engine
from occam.engine.leases import GIVEN_UP
from occam.engine.limits import LOCAL
from occam.engine.protocol import Replay, Train
from tests.engine.fakes import ENDING, eventually, news, train_spec


def test_a_new_trainer_is_told_what_is_still_wanted(engine, trainer, born):
    playing, paused, ended = (engine.open(train_spec(seed)) for seed in range(3))
    for entry in (playing, paused, ended):
        engine.lease(str(entry.number), entry, None)
    trainer.lines.put(news(playing, 0, 1, 2))
    trainer.lines.put(news(paused, 0))
    trainer.lines.put(news(ended, 0, ending=ENDING))
    assert playing.wait(3, 60) and paused.wait(1, 60) and ended.wait(2, 60)
    engine.lease(str(paused.number), paused, 0)
    trainer.lines.put(None)
    second = born.get(timeout=60)
    eventually(lambda: len(second.said) == 2)
    assert second.said[1] == Train(playing.number, playing.spec, "auto", None, 3, None)
    assert playing.recovering and not paused.recovering and not ended.recovering
    assert engine.restarts == 1
    second.lines.put(Replay(playing.number, done=True))
    eventually(lambda: not playing.recovering)


def test_a_run_without_a_frame_has_recovered_when_it_has_one(engine, trainer, born):
    entry = engine.open(train_spec())
    engine.lease("a", entry, None)
    trainer.lines.put(None)
    second = born.get(timeout=60)
    assert entry.recovering
    second.lines.put(news(entry, 0))
    assert entry.wait(1, 60)
    assert not entry.recovering


def test_three_rapid_deaths_in_a_row_give_the_live_runs_up(engine, born):
    live, idle = engine.open(train_spec(1)), engine.open(train_spec(2))
    engine.lease("a", live, None)
    for _ in range(3):
        born.get(timeout=60).lines.put(None)
    assert live.wait(1, 60)
    assert live.fault == GIVEN_UP and idle.fault is None
    assert engine.trainer_pid is None and engine.restarts == 2
    engine.lease("a", live, None)
    assert born.empty()
    engine.lease("b", idle, None)
    fourth = born.get(timeout=60)
    eventually(lambda: len(fourth.said) == 2)
    assert fourth.said[1].run == idle.number
    engine.release("a")
    assert engine.open(train_spec(1)) is not live


def test_a_trainer_that_cannot_be_started_is_given_up(engine, monkeypatch):
    def no_process():
        raise OSError("Cannot allocate memory")

    monkeypatch.setattr(supervisor, "TrainerProcess", no_process)
    entry = engine.open(train_spec())
    engine.lease("a", entry, None)
    assert entry.wait(1, 60)
    assert entry.fault == GIVEN_UP


def test_a_closed_engine_starts_no_trainer(born):
    engine = Engine(LOCAL)
    engine.close()
    engine.lease("a", engine.open(train_spec()), None)
    assert born.empty()
