"""The layer bound's page in Streamlit's test harness: every number from the engine, every choice in the address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from occam.ui import layer_bound_words
from occam.ui.layer_bound_state import OWN, key

SHORT = {"n_train": 12, "n_test": 12, "width": 4, "depth": 2, "max_steps": 4, "record_every": 2}
Open = Callable[..., Any]


@pytest.fixture
def opened(visit: Open) -> Open:
    """Opens the page, by way of the Playground as a viewer does, and waits for the proof."""

    def open_page(**query: object) -> Any:
        page = visit(**SHORT, at=0)
        page.app.query_params.clear()
        for name, value in query.items():
            page.app.query_params[name] = str(value)
        page.app.switch_page("pages/layer_bound.py")
        return proved(page.run().settled())

    return open_page


def proved(page: Any) -> Any:
    for future in page.desk.asked.values():
        future.result(60)
    page.run()
    for future in page.desk.asked.values():
        future.result(60)
    return page.run()


def test_the_default_run_opens_with_its_proof_at_once(visit: Open) -> None:
    page = visit()
    page.app.switch_page("pages/layer_bound.py")
    page.run()
    assert not page.desk.asked, "the trainer was asked for what the gallery holds"
    assert len(page.charts) == 7
    assert "The theorem holds for each of the 800 pairs" in page.text
    assert "38.9" in page.text and "∎" in page.text
    assert "false for 110 of 200 samples" in page.text


def test_a_run_is_brought_along_and_the_address_holds_every_choice(opened: Open) -> None:
    page = opened()
    assert page.desk.spec.data.n_train == SHORT["n_train"]
    assert page.app.select_slider(key="knob.data.n_train").value == SHORT["n_train"]
    assert page.query.keys() >= OWN.names
    assert (page.query["sample"], page.query["layer"], page.query["f"]) == ("1", "2", "1")


def test_another_sample_and_layer_have_other_numbers(opened: Open) -> None:
    page = opened()
    before = page.text
    page.app.number_input(key=key("sample")).set_value(7)
    page.app.number_input(key=key("layer")).set_value(3)
    page.run()
    assert page.text != before
    assert (page.query["sample"], page.query["layer"]) == ("7", "3")


def test_a_link_is_followed_and_a_bad_one_mended_with_one_notice(opened: Open) -> None:
    page = opened(**SHORT, at=4, sample=5, layer=1, claim="skip", skip=100.0, norm="frobenius", f="loss")
    assert not page.app.warning
    assert page.app.number_input(key=key("sample")).value == 5
    assert "Counter-example, not a failure of the theorem" in page.text
    bad = opened(**SHORT, at=4, sample="no", layer=99, claim="all", gap="wide", f="g")
    assert len(bad.app.warning) == 1
    for word in ("sample", "Layer", "all", "wide", "“g”"):
        assert word in bad.warnings
    assert bad.app.number_input(key=key("layer")).value == 3


@pytest.mark.parametrize("claim", ["batch", "skip", "shortcut"])
def test_every_switch_is_told_from_the_theorem(opened: Open, claim: str) -> None:
    page = opened(**SHORT, at=4, claim=claim)
    assert "The theorem holds for each of the" in page.text
    assert "not a failure of the theorem" in page.text or "does not cover this claim" in page.text


def test_several_outputs_and_the_loss_can_be_f(opened: Open) -> None:
    page = opened(**SHORT, dataset="iris", at=4)
    box = page.app.selectbox(key=key("f"))
    assert box.value == "loss" and len(box.options) == 4
    loss = page.text
    box.select("3")
    page.run()
    assert proved(page).text != loss and page.query["f"] == "3"


@pytest.mark.parametrize(
    "extreme",
    [
        {"depth": 0},
        {"depth": 8, "width": 1, "activation": "relu", "init": "he"},
        {"n_train": 1, "n_test": 1},
        {"gain": 0.05, "activation": "relu", "depth": 6, "width": 2},
        {"dataset": "sine", "step_size": 50, "max_steps": 20, "record_every": 1},
        {"dataset": "digits"},
        {"max_steps": 0},
    ],
    ids=str,
)
def test_every_extreme_is_explained(opened: Open, extreme: dict[str, object]) -> None:
    page = opened(**SHORT | extreme)
    page.desk.head.to_end()
    proved(page.settled())
    assert "theorem" in page.text or "says nothing" in page.text
    assert len(page.charts) == 7


def test_shared_weights_break_the_bound_and_a_dense_layer_mends_it(opened: Open) -> None:
    page = opened()
    assert "a counter-example for this kind of layer" in layer_text(page)
    page.app.session_state[key("trained")] = "dense"
    page.run()
    assert "here the inequality holds" in layer_text(page)


def layer_text(page: Any) -> str:
    return next(text.value for text in page.app.markdown if "against $" in text.value)


def test_shares_are_short() -> None:
    assert layer_bound_words.share(0.5) == "50\u202f%"
    assert layer_bound_words.share(float("nan")) == "–"
    assert "10" in layer_bound_words.share(1e-7)
