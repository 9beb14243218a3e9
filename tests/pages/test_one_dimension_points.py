"""Samples moved by hand, by keyboard: the run, the link and the picture follow; the clicks are tried in a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from occam.charts import one_dimension_points
from occam.charts.arrow import decode
from occam.datasets import load
from occam.datasets.moved import MOST_MOVED, write_moves
from occam.ui import moved
from tests.pages.conftest import Visit

SHORT = {
    "dataset": "sine", "n_train": 60, "n_test": 5, "depth": 1, "width": 4, "max_steps": 4, "record_every": 2,
    "noise": 0.1,
}  # fmt: skip
TWO = "3:0.25:-0.4,7:0.1:0.9"


class Points(Visit):
    """A session that comes to this page by a link."""

    PAGE = "one_dimension"

    def type(self, key: str, value: float | None) -> Points:
        self.app.number_input(key=f"curve.{key}").set_value(value)
        return self.run()

    @property
    def moved(self) -> str | None:
        return self.desk.spec.data.moved

    @property
    def keys(self) -> set[str]:
        return {widget.key or "" for widget in (*self.app.number_input, *self.app.button)}

    def data(self, name: str) -> dict[str, Any]:
        """A dataset of the curve on screen."""
        page = self.settled()
        for chart in page.app.get("vega_lite_chart"):
            for dataset in chart.proto.datasets:
                if dataset.name == "picked":
                    found = next(one for one in chart.proto.datasets if one.name == name)
                    return decode(found.data.data)
        raise AssertionError("no such chart")


@pytest.fixture(scope="module")
def points(visit: Callable[..., Any]) -> type[Points]:
    """Sessions on this page; the trainer ends with the module."""
    return Points


def test_a_point_is_moved_by_numbers_and_put_back(points: type[Points]):
    page = points(**SHORT)
    drawn = load(page.desk.spec.data)
    assert page.moved is None and page.query["moved"] == "none" and "curve.x" not in page.keys
    page.type("point", 4)
    assert page.app.number_input(key="curve.x").value == round(float(drawn.x_train[3, 0]), 3)
    page.type("x", 0.25).type("y", -0.4)
    assert page.moved == "3:0.25:-0.4" == page.query["moved"]
    entry = page.settled().desk.entry
    assert entry is not None and entry.header is not None and entry.spec.data.moved == page.moved
    assert np.allclose((entry.header.train[3, 0], entry.header.y_train[3]), (0.25, -0.4))
    assert "1 point moved by hand" in page.text
    page.click("curve.back")
    assert page.moved is None and "curve.x" not in page.keys and "moved by hand" not in page.text


def test_a_link_restores_what_was_moved_and_shows_it(points: type[Points]):
    page = points(**SHORT, moved=TWO)
    assert page.moved == TWO == page.query["moved"] and not page.app.warning
    drawn = load(page.desk.spec.data.model_copy(update={"moved": None}))
    links = page.data("moved")
    assert np.allclose(links["x"], drawn.x_train[[3, 7], 0]) and np.allclose(links["y"], drawn.y_train[[3, 7]])
    assert np.allclose(links["to_x"], [0.25, 0.1]) and np.allclose(links["to_y"], [-0.4, 0.9])
    assert len(page.data("picked")["x"]) == 0
    page.type("point", 8)
    assert np.allclose(page.data("picked")["x"], [0.1])
    page.click("moved.note.all")
    assert page.moved is None and "curve.all" not in page.keys


def test_moves_go_with_their_samples_and_never_to_other_data(points: type[Points]):
    page = points(**SHORT, moved=TWO)
    page.app.number_input(key="knob.data.seed").set_value(5)
    assert page.run().moved == TWO
    page.type("point", 8)
    page.app.select_slider(key="knob.data.n_train").set_value(5)
    assert page.run().moved == "3:0.25:-0.4" and "curve.x" not in page.keys and not page.app.warning
    page.app.selectbox(key="knob.data.dataset").set_value("chebyshev")
    assert page.run().moved is None and not page.app.warning


def test_a_link_that_moves_what_is_not_there_says_so_once(points: type[Points]):
    page = points(**SHORT, moved="99:0:0,3:0:0")
    assert page.moved == "3:0:0" and len(page.app.warning) == 1 and "1 of 2" in page.warnings
    page = points(**SHORT, moved="nonsense")
    assert page.moved is None and len(page.app.warning) == 1 and "index:x:y" in page.warnings


def test_so_many_can_be_moved_and_no_more(points: type[Points]):
    page = points(**SHORT, moved=write_moves({i: (0.0, 0.0) for i in range(MOST_MOVED)}))
    before = page.moved
    page.type("point", MOST_MOVED + 1).type("x", 0.5)
    assert page.moved == before and f"At most {MOST_MOVED}" in page.warnings
    page.type("point", 1).type("x", 0.5)
    assert page.moved is not None and page.moved.startswith("0:0.5:0,")


def test_a_hidden_knob_stays_off_the_sidebar(points: type[Points]):
    assert "moved.note.all" not in points(**SHORT, moved=TWO, hide="data").keys


def test_a_click_means_the_sample_it_meets(points: type[Points]):
    page = points(**SHORT).settled()
    assert page.desk.look is not None
    header = page.desk.look.header
    for i in (0, 17, 59):
        x, y = float(header.train[i, 0]), float(header.y_train[i])
        assert one_dimension_points.aimed(header, x, y) == (i, True)
    assert one_dimension_points.aimed(header, 0.0, 9.0)[1] is False


def test_the_commands_need_no_change_to_be_harmless(points: type[Points]):
    page = points(**SHORT).settled()
    entry = page.desk.entry
    moved.put_back(page.desk, 3)
    moved.put_all_back(page.desk)
    assert page.desk.entry is entry
