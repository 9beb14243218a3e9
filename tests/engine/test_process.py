import os
import signal
import subprocess
import sys

import pytest

from occam import pipes
from occam.engine.process import TrainerProcess
from occam.engine.protocol import Hello, News, Setup, Train
from tests.engine.fakes import train_spec

LONG = train_spec(last=1_000_000, every=1000)

PARENT = """
import time
from occam.engine.client import Engine
from occam.spec import RunSpec
engine = Engine()
spec = RunSpec().replace({"training.max_steps": 1_000_000, "record_every": 1000})
entry = engine.open(spec)
engine.lease("viewer", entry, None)
assert entry.wait(2, 60)
print(engine.trainer_pid, flush=True)
time.sleep(600)
"""

NOISY = """
import os
from occam.engine import scheduler, trainer
work = scheduler.Scheduler.work
def noisy(self):
    print("a stray print")
    os.write(1, b"and one from C")
    return work(self)
scheduler.Scheduler.work = noisy
trainer.main()
"""


def test_a_killed_app_leaves_no_trainer():
    # The trainer shares the app's stderr, so that its end of file says that both are gone.
    app = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert app.stdout is not None
    assert int(app.stdout.readline()) != app.pid
    app.kill()
    app.communicate(timeout=60)


def test_the_trainer_ends_with_its_input_in_the_middle_of_training():
    trainer = TrainerProcess()
    trainer.send(Setup(1, 1))
    trainer.send(Train(1, LONG, "auto", None, 0, None))
    messages = trainer.messages()
    assert isinstance(next(messages), Hello)
    assert isinstance(next(messages), News)
    trainer.end()
    assert not any(
        isinstance(message, News) and message.ending for message in messages
    )  # what was in the pipe; then it ends
    with pytest.raises(ProcessLookupError):
        os.kill(trainer.pid, 0)
    trainer.send(Setup(1, 1))  # to nobody: nothing happens


def test_a_trainer_that_does_not_listen_is_killed(monkeypatch):
    monkeypatch.setattr(pipes, "PATIENCE", 0.01)
    trainer = TrainerProcess()
    os.kill(trainer.pid, signal.SIGSTOP)  # SIGTERM waits, too, until it is continued
    trainer.end()
    assert list(trainer.messages()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(trainer.pid, 0)


def test_stray_prints_do_not_get_between_the_messages(monkeypatch):
    spawn = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda args, **how: spawn([sys.executable, "-c", NOISY], **how))
    trainer = TrainerProcess()
    trainer.send(Setup(1, 1))
    trainer.send(Train(1, train_spec(last=20), "auto", None, 0, None))
    messages = trainer.messages()
    steps: list[int] = []
    for message in messages:
        if isinstance(message, News):
            steps += [frame.step for frame in message.frames]
            if message.ending:
                break
    assert steps == [0, 10, 20]
    trainer.end()
    assert list(messages) == []
