from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from occam.engine.limits import HOSTED
from occam.export.record import read_record
from occam.spec import RunSpec
from occam.sweeps.store import Store
from occam.ui import runs_files, runs_kept
from occam.ui.desk import GALLERY, engine
from occam.ui.runs_state import State
from tests.pages.conftest import Visit

SHORT = {"dataset": "xor", "n_train": 20, "n_test": 20, "depth": 1, "width": 4, "max_steps": 8, "record_every": 2}


class Listed(Visit):
    """A session that opened a run in the Playground and comes to this page."""

    def __init__(self, **query: object) -> None:
        super().__init__(**SHORT, at=8)
        self.settled().turn(**query)

    def turn(self, **query: object) -> Listed:
        self.app.switch_page("pages/runs.py")
        self.app.query_params.clear()  # as a link within the app does
        for name, value in query.items():
            self.app.query_params[name] = str(value)
        self.run()
        return self

    @property
    def page(self) -> State:
        return self.app.session_state["runs"]

    @property
    def table(self):
        return self.app.dataframe[0].value

    def tick(self, *rows: int) -> Listed:
        """Tick these rows, which by hand only a browser can do, for the next run of the page."""
        self.app.session_state[self.page.table] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
        return self

    def act(self, key: str, *rows: int) -> Listed:
        """Tick these rows and give a command."""
        self.tick(*rows).run()  # enables it
        self.tick(*rows).click(key)
        return self

    def take(self, name: str, content: bytes) -> Listed:
        runs_files.take(self.desk, self.page, name, content)
        self.run()
        return self

    @property
    def said(self) -> str:
        return "\n".join(box.value for box in self.app.success)


@pytest.fixture
def listed(visit: Callable[..., Visit], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Listed]:
    """Sessions on this page with a store of their own; the trainer ends with the module."""
    monkeypatch.setenv("OCCAM_STORE", str(tmp_path / "runs.sqlite"))
    return Listed


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """A store that holds the shipped sweep."""
    path = tmp_path / "runs.sqlite"
    path.write_bytes((GALLERY / "sweep.sqlite").read_bytes())
    return path


def test_the_session_s_runs_are_listed_kept_and_opened_again(listed: type[Listed]):
    page = listed()
    assert page.query["list"] == "session" and next(iter(page.table["data.dataset"])) == "xor"
    page.act("runs.keep", 0)
    assert "1 of 1 kept" in page.said
    page.app.segmented_control(key="runs.list").set_value("store")
    page.run()
    assert list(page.table["status"]) == ["finished"] and page.query["list"] == "store"
    with Store.open(runs_kept.default_path(), read_only=True) as store:
        (row,) = store.rows()
    entry = page.desk.entry
    assert entry is not None and row.spec == entry.spec and (row.weights == entry.frames[-1].params).all()


def test_search_finds_by_words_and_numbers(listed: type[Listed], shipped: Path):
    page = listed(list="store", search="moons test_loss<0.3 colour=red")
    assert 0 < len(page.table) < 20 and max(page.table["test_loss"]) < 0.3
    assert "colour=red" in page.warnings and page.query["search"].startswith("moons")
    page.app.text_input(key="runs.search").set_value("nothing has this name")
    page.run()
    assert not page.app.dataframe and "No run fits" in page.text


def test_a_stored_run_opens_at_its_end_at_once(listed: type[Listed], shipped: Path):
    page = listed(list="store")
    key = page.page.runs(page.desk)["key"].iloc[3]
    page.act("runs.open", 3)
    with Store.open(shipped, read_only=True) as store:
        row = store.row(key)
    assert row is not None and page.desk.spec == row.spec
    look = page.desk.look
    assert look is not None and look.frame.step == row.step, "the end is not on screen"
    assert len(page.charts) >= 9
    page.app.switch_page("pages/playground.py")  # where the command has led
    look = page.settled().desk.look
    assert look is not None and look.entry is page.desk.entry and page.desk.stored is None
    assert look.frame.step == row.step


def test_two_ticked_runs_are_compared(listed: type[Listed], shipped: Path):
    page = listed(list="store").act("runs.compare", 0, 1)
    assert len(page.app.session_state["compare"].runs) == 2 and "run2" in page.query


def test_delete_can_be_undone_and_a_name_stays(listed: type[Listed], shipped: Path):
    page = listed(list="store")
    before = len(page.table)
    page.act("runs.delete", 0, 1)
    assert len(page.table) == before - 2 and "2 deleted" in page.said
    page.click("runs.undo")
    assert len(page.table) == before
    page.tick(2).run()
    page.app.text_input[1].set_value("the wide one")
    page.act("runs.rename.save", 2)
    assert list(page.table["name"])[2] == "the wide one"
    page.app.text_input(key="runs.search").set_value("wide")
    page.run()
    assert len(page.table) == 1


def test_a_run_s_json_comes_in_and_goes_out(listed: type[Listed]):
    page = listed()
    spec = RunSpec().replace({"training.step_size": 0.3, "training.max_steps": 5})
    page.take("mine.json", spec.model_dump_json().encode())
    assert next(iter(page.table["name"])) == "mine" and page.desk.history.opened[spec.digest].spec == spec
    page.take("bad.json", b'{"model": {"depth": 99}}')
    assert "bad.json: model.depth: 99" in page.warnings
    for name in ("sweep.csv", "sweep.parquet", "notes.txt"):
        page.take(name, b"a,b\n1,2\n")
        assert name in page.warnings
    key = next(iter(page.desk.history.opened))
    assert read_record(runs_files.json_of(page.desk, page.page, key).encode()).step == 8
    assert json.loads(runs_files.json_of(page.desk, page.page, spec.digest))["training"]["step_size"] == 0.3


def test_a_store_comes_in_once(listed: type[Listed]):
    content = (GALLERY / "sweep.sqlite").read_bytes()
    page = listed().take("sweep.sqlite", content)
    count = len(page.table)
    assert f"{count} runs added" in page.said and page.page.list == "store" and count >= 400
    page.take("sweep.sqlite", content)
    assert "0 runs added" in page.said and len(page.table) == count
    key = page.page.runs(page.desk)["key"].iloc[0]
    assert read_record(runs_files.json_of(page.desk, page.page, key).encode()).metrics["test_loss"] > 0
    page.take("broken.sqlite", content[:5000])
    assert "broken.sqlite" in page.warnings and len(page.table) == count


@pytest.mark.parametrize("content", [b"no store at all", b"SQLite format 3\0" + b"\0" * 200])
def test_a_store_that_is_none_is_told_and_the_page_works(listed: type[Listed], content: bytes):
    runs_kept.default_path().write_bytes(content)
    page = listed(list="store")
    assert str(runs_kept.default_path()) in page.warnings and runs_kept.default_path().read_bytes() == content
    page.app.segmented_control(key="runs.list").set_value("session")
    page.run()
    assert len(page.table) >= 1
    page.act("runs.keep", 0)
    assert str(runs_kept.default_path()) in page.warnings


def test_a_shared_server_keeps_no_store(listed: type[Listed], shipped: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(engine(), "limits", HOSTED)
    page = listed(list="store")
    assert page.page.list == "session" and "keeps no store" in page.text
    assert "list" in page.warnings
    page.take("sweep.sqlite", shipped.read_bytes())
    assert "keeps no store" in page.warnings


def test_the_one_run_joins_the_comparison(listed: type[Listed]):
    page = listed().act("runs.compare", 0)
    assert [run.data.dataset for run in page.app.session_state["compare"].runs] == ["xor"]
    assert "Add a second run" in page.text
