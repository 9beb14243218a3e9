from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from occam.studies.kinds.one_dimension import CURVE, CurveArms
from occam.ui.one_dimension_state import CHOICES, State
from tests.pages.conftest import Visit

SHORT = {"dataset": "sine", "n_train": 6, "n_test": 5, "depth": 1, "width": 4, "max_steps": 4, "record_every": 2}


class Curve(Visit):
    """A session that comes to this page by a link."""

    PAGE = "one_dimension"

    @property
    def page(self) -> State:
        return self.app.session_state["one_dimension"]

    def computed(self) -> Curve:
        """Run until every study of the tab is there."""
        for entry in self.page.entries.values():
            while not entry.over:
                assert entry.wait(len(entry.results) + 1, 60) or entry.over, "no result came"
        self.run()
        return self

    @property
    def verdicts(self) -> list[str]:
        return [info.value for info in self.app.info]


@pytest.fixture(scope="module")
def curve(visit: Callable[..., Any]) -> type[Curve]:
    """Sessions on this page; the trainer ends with the module."""
    return Curve


def test_the_first_view_is_the_recorded_curve(curve: type[Curve]):
    page = curve()
    assert page.desk.spec == CURVE and page.desk.entry is not None and page.desk.entry.over
    assert "<b>Step 4\u202f000</b>" in page.status and len(page.charts) == 4
    assert not page.app.warning
    assert page.query.keys() >= CHOICES.keys() | {"seeds", "first_seed", "dataset", "at"}


def test_data_of_other_kinds_give_way_with_a_notice(curve: type[Curve]):
    page = curve(dataset="xor", depth=1)
    assert page.desk.spec == CURVE and "XOR" in page.warnings


@pytest.mark.parametrize(
    ("tab", "charts", "words"),
    [
        ("regimes", 9, ["consistent with a fall", "no effect", "opposite"]),
        ("control", 2, ["No effect"]),
        ("stable", 1, ["every link holds"]),
    ],
)
def test_every_panel_opens_with_its_stored_verdict(curve: type[Curve], tab: str, charts: int, words: list[str]):
    page = curve(tab=tab)
    assert all(entry.ended for entry in page.page.entries.values()), "not in the gallery"
    assert len(page.charts) == charts and len(page.verdicts) == len(words)
    for verdict, word in zip(page.verdicts, words, strict=True):
        assert word in verdict
    assert page.query["tab"] == tab


def test_a_bad_link_gives_one_notice(curve: type[Curve]):
    page = curve(**SHORT, tab="plot", measure="x", seeds="many", at=0)
    assert len(page.app.warning) == 1
    for word in ("tab", "measure", "many"):
        assert word in page.warnings
    assert page.page.tab == "curve" and page.page.own["seeds"] == 16


def test_a_run_of_ones_own_is_computed_and_a_few_seeds_are_no_verdict(curve: type[Curve]):
    page = curve(**SHORT, tab="regimes", arms="more", seeds=2, stop_loss=1.0).computed()
    assert len(page.charts) == 6 and all("a verdict needs 6" in verdict for verdict in page.verdicts)
    page.app.segmented_control(key="curve.measure").set_value("arc")
    page.run()
    assert "Arc length" in page.verdicts[0] and page.query["measure"] == "arc"


@pytest.mark.parametrize(
    "extreme",
    [{"n_train": 1}, {"depth": 0}, {"depth": 8, "width": 1, "activation": "relu"}, {"step_size": 100}, {"gain": 10}],
    ids=str,
)
def test_extremes_are_drawn_or_explained(curve: type[Curve], extreme: dict[str, object]):
    page = curve(**SHORT | extreme)
    page.desk.head.to_end()
    page.settled()
    assert len(page.charts) == 4
    for tab in ("control", "stable"):
        page.app.segmented_control(key="curve.tab").set_value(tab)
        page.run()
        page.computed()
        assert page.charts and (page.verdicts or page.warnings)


def test_stop_keeps_what_is_there_and_goes_on(curve: type[Curve]):
    page = curve(**SHORT | {"data_seed": 3, "activation": "gelu"}, tab="regimes", arms="more", seeds=32)
    page.click("study.stop")
    assert "regimes" in page.page.stopped and "What was computed stays" in page.text
    page.click("study.stop")
    assert not page.page.stopped


def test_arms_are_compared_at_equal_physical_time_too(curve: type[Curve]):
    page = curve(**SHORT, tab="regimes", arms="more", seeds=2, compare="time", stop_time=2.0)
    spec = page.page.entries["own"].spec
    assert isinstance(spec, CurveArms)
    own = spec.run.training
    assert (own.stop_time, own.stop_loss) == (2.0, None)
    page.click("study.stop")
    assert page.query["compare"] == "time"
    assert "At physical time γ·steps = 2, where" in page.text
