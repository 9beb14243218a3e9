"""The input penalty's page in Streamlit's test harness: every tab, every knob in the address, every fault explained."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from occam.studies.kinds.input_penalty import MOONS
from occam.ui import input_penalty_state as states
from tests.pages.conftest import PATIENCE, Visit

SHORT = {"n_train": 12, "n_test": 12, "width": 4, "depth": 1, "max_steps": 8, "seeds": 2, "steps": 4}
CHARTS = {"arms": 4, "orders": 2, "attacks": 2, "angles": 2, "seeds": 3}
Open = Callable[..., Any]


class Inputs(Visit):
    """A session that comes to this page by a link."""

    PAGE = "input_penalty"

    @property
    def page(self) -> states.State:
        return self.app.session_state[states.FILE]

    def computed(self) -> Inputs:
        """Run when the study of the tab is there."""
        entry = self.page.entries[self.page.tab]
        assert entry.wait(10**6, PATIENCE) and entry.fault is None
        self.run()
        return self


@pytest.fixture(scope="module")
def opened(visit: Callable[..., Any]) -> Open:
    """Sessions on this page, the study of their tab there; the trainer ends with the module."""
    return lambda **query: Inputs(**query).computed()


@pytest.mark.parametrize("tab", CHARTS)
def test_the_defaults_are_there_at_once(visit: Open, tab: str) -> None:
    opened = Inputs(tab=tab)
    assert opened.page.run == MOONS and opened.page.entries[tab].ended
    assert len(opened.charts) == CHARTS[tab]
    assert "seed" in opened.text


@pytest.mark.parametrize("tab", CHARTS)
def test_a_run_of_ones_own_is_computed(opened: Open, tab: str) -> None:
    page = opened(tab=tab, dataset="xor", **SHORT)
    assert page.page.run.data.dataset == "xor" and not page.warnings
    assert len(page.charts) == CHARTS[tab]


def test_every_knob_and_choice_is_in_the_address(opened: Open) -> None:
    page = opened(**SHORT, input_penalty=0.05, factor=1.0, compare="loss", norm="linf")
    again = opened(**page.query)
    assert again.page.run == page.page.run and again.query == page.query
    assert again.query["compare"] == "loss" and again.query["factor"] == "1.0"
    assert {*states.CHOICES, *states.OWN} <= again.query.keys()
    assert "All arms where their training loss first was" in again.text


def test_a_bad_link_gives_one_notice_and_the_nearest_setting(opened: Open) -> None:
    page = opened(**SHORT | {"seeds": 99}, tab="arm", colour="red", step_size="-1", dataset="csv")
    assert len(page.app.warning) == 1
    for word in ("tab", "colour", "Step size", "Paired seeds", "own file"):
        assert word in page.warnings, word
    assert page.page.own["seeds"] == 24 and page.page.tab == "arms"


def test_a_knob_starts_another_study_and_a_notice_goes(opened: Open) -> None:
    page = opened(**SHORT, colour="red")
    page.app.select_slider(key="input.training.input_penalty").set_value(0.2)
    page.run().computed()
    assert page.page.run.training.input_penalty == 0.2 and page.query["input_penalty"] == "0.2"
    assert not page.warnings


def test_stop_keeps_what_is_there_and_go_on_goes_on(visit: Open) -> None:
    opened = Inputs(tab="seeds", seeds=24, max_steps=5000)
    opened.click("study.stop")
    assert opened.page.stopped == {"seeds"} and "Stopped" in opened.text and len(opened.charts) == 3
    opened.click("study.stop")
    assert not opened.page.stopped
    opened.click("study.stop")
    opened.app.number_input(key="input.model.seed").set_value(5)
    opened.run()
    assert not opened.page.stopped, "a stop holds for what was stopped"
    opened.click("study.stop")


@pytest.mark.parametrize(
    ("tab", "knobs", "words"),
    [
        ("arms", {"step_size": 100.0, "dataset": "sine", "max_steps": 50}, "Diverged at step"),
        ("arms", {"step_size": 100.0, "dataset": "sine", "max_steps": 50}, "At least one arm diverged"),
        ("orders", {"input_penalty": 0.0}, "ε is 0"),
        ("orders", {"dataset": "digits"}, "Noise is left out"),
        ("angles", {"activation": "relu", "width": 1, "gain": 0.001, "depth": 8}, "Angle"),
        ("seeds", {"seeds": 1}, "it takes two seeds"),
        ("attacks", {"dataset": "sine"}, "each arm at the end of its run"),
    ],
)
def test_extreme_settings_are_explained(opened: Open, tab: str, knobs: dict[str, object], words: str) -> None:
    assert words in opened(tab=tab, **{**SHORT, **knobs}).text


CSV = b"a,b,kind\n" + b"".join(b"%d.5,%d,%s\n" % (i, i * i % 7, b"left" if i % 3 else b"right") for i in range(24))


def test_an_own_file_is_asked_for_and_shown(visit: Open) -> None:
    own = {"dataset": "csv", "csv_sha256": hashlib.sha256(CSV).hexdigest(), "csv_target": "kind"}
    page = Inputs(tab="attacks", **SHORT | own)
    assert "own CSV file" in page.warnings and not page.charts
    page.app.file_uploader(key="own.file").upload("own.csv", CSV, "text/csv")
    page.run().computed()
    assert page.page.run.data.csv_target == "kind" and not page.warnings
    assert len(page.charts) == 2 and page.query.items() >= own.items()
