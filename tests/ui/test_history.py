"""The runs of a session: the latest last, bounded, renamed, deleted and brought back."""

from __future__ import annotations

import pytest

from occam.spec import RunSpec
from occam.ui import history
from occam.ui.history import History


def spec(seed: int) -> RunSpec:
    return RunSpec().replace({"model.seed": seed})


def seeds(runs: History) -> list[int]:
    return [run.spec.model.seed for run in runs.opened.values()]


def test_a_run_opened_again_is_the_latest_and_keeps_its_name():
    runs = History()
    for seed in (1, 2, 3):
        runs.add(spec(seed), name="first" if seed == 1 else "")
    runs.add(spec(1))
    assert seeds(runs) == [2, 3, 1] and runs.opened[spec(1).digest].name == "first"


def test_the_oldest_without_a_name_is_forgotten(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(history, "MOST", 2)
    runs = History()
    runs.add(spec(1), name="kept")
    for seed in (2, 3, 4):
        runs.add(spec(seed))
    assert seeds(runs) == [1, 4]


def test_what_was_deleted_comes_back_in_its_place():
    runs = History()
    for seed in (1, 2, 3):
        runs.add(spec(seed))
    runs.delete([spec(2).digest, "unknown"])
    assert seeds(runs) == [1, 3]
    runs.restore()
    assert sorted(seeds(runs)) == [1, 2, 3] and not runs.gone
