from queue import SimpleQueue

import pytest

from occam.engine import supervisor
from occam.engine.client import Engine
from occam.engine.limits import LOCAL
from occam.engine.protocol import Hello, Setup
from tests.engine.fakes import FakeTrainer, eventually


@pytest.fixture
def born(monkeypatch):
    FakeTrainer.born = SimpleQueue()
    monkeypatch.setattr(supervisor, "TrainerProcess", FakeTrainer)
    monkeypatch.setattr(supervisor, "BACK_OFF", 0.0)
    return FakeTrainer.born


@pytest.fixture
def engine(born):
    engine = Engine(LOCAL)
    yield engine
    engine.close()


@pytest.fixture
def trainer(engine, born):
    engine.start()
    trainer = born.get(timeout=60)
    trainer.lines.put(Hello("CPU"))
    eventually(lambda: engine.device == "CPU")
    assert trainer.said == [Setup(LOCAL.live_runs, LOCAL.parked_runs, LOCAL.live_studies)]
    trainer.said.clear()
    return trainer
