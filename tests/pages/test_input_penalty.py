"""The input penalty's page in Streamlit's test harness: every tab, every knob in the address, every fault explained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from occam.studies.kinds.input_penalty import MOONS
from occam.ui import input_penalty_state as states

SHORT = {"n_train": 12, "n_test": 12, "width": 4, "depth": 1, "max_steps": 8, "seeds": 2, "steps": 4}
CHARTS = {"arms": 4, "orders": 2, "attacks": 2, "angles": 2, "seeds": 3}
Open = Callable[..., Any]


@pytest.fixture
def opened(visit: Open) -> Open:
    """Opens the page by way of the Playground, as a viewer does, and waits for the study of its tab."""

    def open_page(**query: object) -> Any:
        page = visit()
        page.app.query_params.clear()
        for name, value in query.items():
            page.app.query_params[name] = str(value)
        page.app.switch_page("pages/input_penalty.py")
        return computed(page.run())

    return open_page


def state(page: Any) -> states.State:
    return page.app.session_state[states.FILE]


def computed(page: Any) -> Any:
    entry = state(page).entries[state(page).tab]
    assert entry.wait(10**6, 60) and entry.fault is None
    return page.run()


@pytest.mark.parametrize("tab", CHARTS)
def test_the_defaults_are_there_at_once(visit: Open, tab: str) -> None:
    page = visit()
    page.app.query_params.clear()
    page.app.query_params["tab"] = tab
    page.app.switch_page("pages/input_penalty.py")
    page.run()
    assert state(page).run == MOONS and state(page).entries[tab].ended
    assert len(page.charts) == CHARTS[tab]
    assert "seed" in page.text


@pytest.mark.parametrize("tab", CHARTS)
def test_a_run_of_ones_own_is_computed(opened: Open, tab: str) -> None:
    page = opened(tab=tab, dataset="xor", **SHORT)
    assert state(page).run.data.dataset == "xor" and not page.warnings
    assert len(page.charts) == CHARTS[tab]


def test_every_knob_and_choice_is_in_the_address(opened: Open) -> None:
    page = opened(**SHORT, input_penalty=0.05, factor=1.0, compare="loss", norm="linf")
    again = opened(**page.query)
    assert state(again).run == state(page).run and again.query == page.query
    assert again.query["compare"] == "loss" and again.query["factor"] == "1.0"
    assert {*states.CHOICES, *states.OWN} <= again.query.keys()
    assert "All arms where their training loss first was" in again.text


def test_a_bad_link_gives_one_notice_and_the_nearest_setting(opened: Open) -> None:
    page = opened(**SHORT | {"seeds": 99}, tab="arm", colour="red", step_size="-1", dataset="csv")
    assert len(page.app.warning) == 1
    for word in ("tab", "colour", "Step size", "Paired seeds", "own CSV"):
        assert word in page.warnings, word
    assert state(page).own["seeds"] == 24 and state(page).tab == "arms"


def test_a_knob_starts_another_study_and_a_notice_goes(opened: Open) -> None:
    page = opened(**SHORT, colour="red")
    page.app.select_slider(key="input.training.input_penalty").set_value(0.2)
    computed(page.run())
    assert state(page).run.training.input_penalty == 0.2 and page.query["input_penalty"] == "0.2"
    assert not page.warnings


def test_stop_keeps_what_is_there_and_go_on_goes_on(opened: Open) -> None:
    page = opened(**SHORT)
    page.click("input.stop")
    assert state(page).stopped == {"arms"} and len(page.charts) == 4
    page.click("input.stop")
    assert not state(page).stopped


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
