"""The Export button without a browser: what the files hold, what opening a run does, what a link hides."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest

from occam.export.record import read_record, read_run
from occam.glossary import METRICS
from occam.link import from_query
from occam.model_file import read_model
from occam.spec import RunSpec
from occam.ui import exports

SHORT = {"n_train": 20, "n_test": 20, "width": 4, "depth": 1, "max_steps": 4, "record_every": 2}
Open = Callable[..., Any]
OWN = {"at", "curve", "axis", "norm", "points", "size", "device", "plane", "hide"}


def test_the_link_is_full_and_its_version_said(visit: Open) -> None:
    page = visit(**SHORT, at=2, dataset="xor").settled()
    link = page.app.code[0].value
    query = dict(parse_qsl(urlsplit(link).query))
    assert query == page.query and query["v"] == "1" and query["at"] == "2"
    assert from_query(query, also=OWN) == (page.desk.spec, ())


def test_the_files_hold_the_run_on_screen(visit: Open) -> None:
    page = visit(**SHORT, at=4).settled()
    look = page.desk.look
    files = {name: make(look) for name, (make, *_) in exports.FILES.items()}
    made = {name: content for name, content in files.items() if isinstance(content, str)}
    record = read_record(made["run"].encode())
    assert (record.spec, record.step, record.ending) == (page.desk.spec, 4, look.entry.ending)
    assert record.machine is not None
    assert made["metrics"].splitlines()[0] == ",".join(METRICS) and len(made["metrics"].splitlines()) == 4
    assert len(made["bounds"].splitlines()) == 1 + 3 * 2 * 2
    assert np.array_equal(read_model(exports.weights(look)).params, look.frame.params)
    assert record.weights in made["script"] and record.weights in made["notebook"]


def test_a_run_of_the_gallery_claims_no_machine(visit: Open) -> None:
    assert exports.taken(visit().desk.look).machine is None


def test_an_exported_run_is_opened_again(visit: Open) -> None:
    page = visit(**SHORT, at=4).settled()
    text = exports.taken(page.desk.look).json()
    other = visit(**SHORT, at=0, model_seed=9)
    other.app.text_input(key=exports.PASTED).input(text)
    other.run()
    assert other.desk.spec == page.desk.spec == read_run(text.encode())
    assert other.app.number_input(key="knob.model.seed").value == 0
    assert other.query["model_seed"] == "0" and not other.app.warning


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "not valid JSON"), (json.dumps({"model": {"depth": 99}}), "model.depth: 99; allowed: a whole number")],
)
def test_what_is_no_run_is_told_and_nothing_turns(visit: Open, text: str, said: str) -> None:
    page = visit(**SHORT, at=0)
    before = page.desk.spec
    page.app.text_input(key=exports.PASTED).input(text)
    page.run()
    assert page.desk.spec == before
    assert said in page.warnings


def test_a_study_page_has_its_link_and_its_pictures(visit: Open) -> None:
    page = visit()
    page.app.switch_page("pages/step_size.py")
    page.run()
    assert dict(parse_qsl(urlsplit(page.app.code[0].value).query)) == page.query


def test_a_link_hides_knobs_until_they_are_asked_for(visit: Open) -> None:
    page = visit(**SHORT, at=0, hide="model,training.momentum,lr", size="large")
    shown = {widget.key for widget in (*page.app.select_slider, *page.app.selectbox, *page.app.number_input)}
    assert "knob.training.step_size" in shown
    assert not {"knob.model.depth", "knob.model.seed", "knob.training.momentum"} & shown
    assert "7 settings are set by the link" in page.text
    assert "lr" in page.warnings and page.desk.spec.model.depth == 1
    assert page.query["hide"] == "model,training.momentum" and page.query["size"] == "large"
    page.click("player.seed")
    assert page.desk.spec.model.seed == 1
    page.click("hidden.show")
    assert page.app.number_input(key="knob.model.seed").value == 1
    assert "hide" not in page.query and page.desk.spec == RunSpec().replace(page.desk.spec.model_dump())
