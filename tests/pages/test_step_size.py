from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

import pytest

from occam.studies.kinds.step_size import EdgeOfStability, LandscapePaths
from occam.ui import step_size_state as states
from tests.pages.conftest import PATIENCE, Visit

SMALL = {"n_train": 8, "depth": 1, "width": 3}


class Steps(Visit):
    """A session that comes to this page by a link."""

    PAGE = "step_size"

    @property
    def page(self) -> states.State:
        return self.app.session_state["step_size"]

    def over(self) -> Steps:
        """Run until all that is asked for is there."""
        end = time.monotonic() + PATIENCE
        while not all(entry.over for entry in self.page.entries.values()):
            assert time.monotonic() < end, "no end"
            for entry in self.page.entries.values():
                entry.wait(10**9, 1.0)
            self.run()
        self.run()
        return self

    @property
    def verdict(self) -> str:
        return "\n".join(info.value for info in self.app.info)


@pytest.fixture(scope="module")
def visit(visit: Callable[..., Visit]) -> type[Steps]:
    """Sessions on this page; the trainer ends with the module."""
    return Steps


Open = Callable[..., Steps]


@pytest.mark.parametrize(("tab", "charts"), [("landscape", 3), ("orders", 2), ("batches", 4), ("swap", 6), ("edge", 2)])
def test_every_tab_opens_with_a_recorded_picture_and_a_verdict(visit: Open, tab: str, charts: int) -> None:
    page = visit(tab=tab)
    assert all(entry.ended for entry in page.page.entries.values()), "not in the gallery"
    assert len(page.charts) == charts
    assert "onsistent with" in page.verdict or "At the edge of stability" in page.verdict
    assert page.query["tab"] == tab
    assert not page.app.warning


def test_a_link_gives_the_same_page(visit: Open) -> None:
    first = visit(step_size=0.031, a=-1.5, b=2.5, at=40, window="end").over()
    again = visit(**first.query).over()
    assert again.page.spec == first.page.spec
    assert isinstance(again.page.spec, LandscapePaths) and again.page.spec.a == -1.5
    assert again.query == first.query and again.query["at"] == "40"
    assert [c.datasets[0].data.data for c in again.charts] == [c.datasets[0].data.data for c in first.charts]


def test_a_bad_link_gives_one_notice(visit: Open) -> None:
    page = visit(tab="swapp", step_size="-3", a="x", at="late", colour="red", window="wide")
    assert len(page.app.warning) == 1
    for word in ("swapp", "Step size", "Start", "late", "colour", "wide"):
        assert word in page.app.warning[0].value


def test_knobs_beyond_the_page_are_clipped_with_a_notice(visit: Open) -> None:
    page = visit(tab="edge", **SMALL | {"n_train": 5000, "max_steps": 4, "dataset": "csv"})
    assert "5000" in page.app.warning[0].value and "own file" in page.app.warning[0].value
    assert isinstance(page.page.spec, EdgeOfStability) and page.page.spec.run.data.n_train == 500


def test_a_knob_computes_anew_and_the_address_follows(visit: Open) -> None:
    page = visit()
    page.app.select_slider(key="step.landscape.step_size").set_value(0.05)
    page.run().over()
    assert page.query["step_size"] == "0.05"
    assert "does not explain descent" in page.verdict


def test_time_and_playing(visit: Open) -> None:
    page = visit(at=30)
    assert page.app.slider(key="step.at").value == 30
    page.app.button(key="step.play").click()
    page.run()
    assert page.page.playing_since is not None
    page.page.playing_since -= 100.0
    page.run()
    assert page.page.playing_since is None
    assert page.run().app.slider(key="step.at").value == 100


def test_stopping_keeps_what_is_there(visit: Open) -> None:
    page = visit(tab="orders", **SMALL | {"depth": 3, "width": 32, "n_train": 100, "halvings": 8})
    page.app.button(key="study.stop").click()
    page.run()
    assert "Stopped" in "".join(caption.value for caption in page.app.caption)
    assert page.app.button(key="study.stop").label == "Go on"


@pytest.mark.parametrize(
    "extreme",
    [
        {"tab": "landscape", "a": 0, "b": 0, "target": 0},
        {"tab": "landscape", "step_size": 1, "time": 20},
        {"tab": "orders", "depth": 0, "n_train": 1},
        {"tab": "orders", "depth": 8, "width": 1, "halvings": 1, "steps": 1},
        {"tab": "orders", "activation": "relu", "gain": 0.001, "halvings": 1, **SMALL},
        {"tab": "batches", "n_train": 1, "batches": 4, "halvings": 1, "depth": 1, "width": 2},
        {"tab": "swap", "large": 10, "ratio": 2, "steps": 10, "seeds": 1, **SMALL, "dataset": "sine", "gain": 10},
        {"tab": "swap", "n_train": 1, "steps": 2, "ratio": 2, "seeds": 1, "depth": 0},
        {"tab": "edge", "step_size": 100, "max_steps": 50, "record_every": 1, **SMALL},
        {"tab": "edge", "max_steps": 0, **SMALL},
    ],
    ids=str,
)
def test_extremes_are_explained_states(visit: Open, extreme: dict[str, object]) -> None:
    page = visit(**extreme).over()
    faults = [entry.fault for entry in page.page.entries.values() if entry.fault]
    assert page.verdict or faults
    assert all(fault.endswith(".") and "unexpected" not in fault for fault in faults)


CSV = b"a,b,y\n" + b"".join(b"%d.5,%d,%d.25\n" % (i, i * i % 7, i * 3 % 11) for i in range(24))
OWN = {"dataset": "csv", "csv_sha256": hashlib.sha256(CSV).hexdigest(), "csv_target": "y"}


def test_a_link_with_an_own_file_asks_for_it_and_then_shows_its_study(visit: Open) -> None:
    page = visit(tab="swap", **SMALL | OWN, steps=4, seeds=1, ratio=2)
    assert "own CSV file" in page.warnings and OWN["csv_sha256"][:8] in page.text and not page.charts
    page.app.file_uploader(key="own.file").upload("own.csv", CSV, "text/csv")
    page.run().over()
    assert len(page.charts) == 6 and not page.warnings
    assert {name: page.query[name] for name in OWN} == OWN
    page.app.selectbox(key="step.swap.data.dataset").set_value("moons")
    page.run().over()
    assert "csv_sha256" not in page.query and not page.warnings


def test_a_preset_on_screen_says_why_it_ends_as_it_does(visit: Open) -> None:
    page = visit(tab="landscape", step_size=0.1)
    assert "A leap" not in page.text and "lands where the valley is five times flatter" in page.text
