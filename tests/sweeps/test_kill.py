"""SIGKILL at any moment, then the same command: every row once, equal to those of an undisturbed sweep."""

import json
import os
import subprocess
import sys
import time

import pytest

from occam.sweeps.executors.inline import Inline
from occam.sweeps.row import Row
from occam.sweeps.spec import read_sweep
from occam.sweeps.store import Store
from occam.sweeps.sweep import run

SWEEP = {
    "base": {
        "data": {"n_train": 20, "n_test": 20},
        "model": {"depth": 1, "width": 4},
        "training": {"max_steps": 60},
    },
    "vary": {"training.step_size": [0.1, 0.3], "model.width": [3, 4], "model.seed": {"from": 0, "to": 9, "count": 10}},
    "at_losses": [0.6],
}
KILLS = 30

# Loads torch once and forks, so that a kill costs as long as the sweep ran and no more.
ZYGOTE = """
import os, random, signal, sys, time
import torch
torch.set_num_threads(1)
import occam.__main__ as command
from occam.sweeps import console, sweep
from occam.sweeps.executors.inline import Inline
from occam.sweeps.store import Store
path, store, kills = sys.argv[1], sys.argv[2], int(sys.argv[3])
command._executor = lambda *_: Inline()
draw = random.Random(7)
for _ in range(kills):
    child = os.fork()
    if child == 0:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1), os.dup2(nowhere, 2)
        os._exit(command.main(["sweep", path, "--store", store]))
    time.sleep(draw.uniform(0.0, 0.2))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if os.path.exists(store):
        with Store.open(store) as kept:
            print(kept.count())
"""


@pytest.fixture(scope="module")
def expected():
    sweep = read_sweep(json.dumps(SWEEP).encode())
    return {row.key: row.fingerprint for row in run(sweep, None, Inline()) if isinstance(row, Row)}


def prints(path):
    with Store.open(path) as store:
        found = [(row.key, row.fingerprint) for row in store.rows()]
    assert len(dict(found)) == len(found)
    return dict(found)


def finish(path, store):
    command = [sys.executable, "-m", "occam", "sweep", str(path), "--store", str(store), "--workers", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr


@pytest.fixture
def sweep_file(tmp_path):
    path = tmp_path / "sweep.json"
    path.write_text(json.dumps(SWEEP))
    return path


def test_a_sweep_killed_at_random_moments_ends_like_an_undisturbed_one(sweep_file, tmp_path, expected):
    store = tmp_path / "runs.sqlite"
    zygote = subprocess.run(
        [sys.executable, "-c", ZYGOTE, sweep_file, store, str(KILLS)], capture_output=True, text=True, timeout=240
    )
    assert zygote.returncode == 0, zygote.stderr
    counts = [int(line) for line in zygote.stdout.split()]
    assert counts == sorted(counts)  # nothing that was stored is lost
    held = prints(store)
    assert held.items() <= expected.items()
    finish(sweep_file, store)
    assert prints(store) == expected


def test_workers_of_a_killed_sweep_end_by_themselves_and_it_goes_on(sweep_file, tmp_path, expected):
    slow = SWEEP | {"vary": SWEEP["vary"] | {"training.max_steps": [60, 4000]}}
    sweep_file.write_text(json.dumps(slow))
    store = tmp_path / "runs.sqlite"
    command = [sys.executable, "-m", "occam", "sweep", str(sweep_file), "--store", str(store), "--workers", "2"]
    # The workers share its stderr, so that its end of file says that all are gone.
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as sweep:
        end = time.monotonic() + 100
        while time.monotonic() < end and sweep.poll() is None:
            if os.path.exists(store):
                with Store.open(store) as kept:
                    if kept.count():
                        break
            time.sleep(0.02)
        sweep.kill()
        sweep.communicate(timeout=60)
    assert sweep.returncode == -9 and 0 < len(prints(store)) < 80
    sweep_file.write_text(json.dumps(SWEEP))
    finish(sweep_file, store)
    assert expected.items() <= prints(store).items()
