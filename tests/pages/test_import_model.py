"""The page of an imported model, without a browser: what it opens with, what it measures, what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from occam.export.run_folder import write
from occam.model_file import read_model, write_npz
from occam.training.run import train
from occam.ui import model_page
from tests.specs import tiny

Open = Callable[..., Any]


def measured(page: Any) -> Any:
    """Run until the trainer has answered."""
    page.run()
    entry = page.app.session_state[model_page.FILE].shown
    for _ in range(100):
        if entry is not None and not page.app.caption[-1].value.startswith("The trainer"):
            break
        page.run()
        entry = page.app.session_state[model_page.FILE].shown
    return page


@pytest.fixture
def opened(visit: Open) -> Open:
    def open_page(**query: object) -> Any:
        page = visit()
        page.app.query_params.clear()
        for name, value in query.items():
            page.app.query_params[name] = str(value)
        page.app.switch_page("pages/import_model.py")
        return measured(page)

    return open_page


def test_it_opens_with_the_playgrounds_network(opened: Open) -> None:
    page = opened()
    assert len(page.charts) == 3 and not page.app.error
    assert "2 → 16 → 16 → 16 → 1, 609 parameters" in page.text
    assert "The layer bound holds" in page.text
    shown = page.app.session_state[model_page.FILE].shown.results[0]
    last = page.desk.look.frames[-1]
    assert shown.frames[0].metrics["train_loss"] == pytest.approx(last.metrics["train_loss"], rel=1e-9)
    assert shown.frames[0].metrics["sharpness"] == pytest.approx(last.metrics["sharpness"], rel=1e-6)


def test_the_address_holds_data_and_activation(opened: Open) -> None:
    page = opened(dataset="xor", n_train=50, activation="relu")
    assert (page.query["dataset"], page.query["n_train"], page.query["activation"]) == ("xor", "50", "relu")
    assert page.app.selectbox(key=model_page.ACTIVATION).value == "relu"
    assert len(page.charts) == 3


def test_data_that_do_not_fit_are_told(opened: Open) -> None:
    page = opened(dataset="iris", n_train=50)
    assert any("The model takes 2 inputs, the data have 4" in error.value for error in page.app.error)
    assert not page.charts


def test_the_numbers_are_a_table_with_definitions(opened: Open) -> None:
    shown = opened().app.session_state[model_page.FILE].shown.results[0]
    table = model_page.numbers(shown)
    assert {"Quantity", "Symbol", "Value", "Definition"} == set(table.columns)
    assert len(table) >= 10 and np.isfinite(table["Value"].to_numpy()).all()


def test_the_weights_of_a_run_go_round(tmp_path: Any) -> None:
    run = train(tiny(), device="cpu")
    assert run.samples is not None
    write(run, run.samples, tmp_path)
    model = read_model((tmp_path / "weights.npz").read_bytes())
    assert np.array_equal(read_model(write_npz(model)).params, run.frames[-1].params)
