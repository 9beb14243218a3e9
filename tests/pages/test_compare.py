from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from occam.studies.defaults import COMPARED
from occam.ui.compare_bench import Bench
from occam.ui.desk import engine
from tests.pages.conftest import PATIENCE, Visit

SHORT = {"dataset": "xor", "n_train": 20, "n_test": 20, "depth": 1, "width": 4, "max_steps": 8, "record_every": 2}


class Compared(Visit):
    """A session that comes to this page by a link."""

    def __init__(self, **query: object) -> None:
        super().__init__()
        self.app.switch_page("pages/compare.py")
        self.app.query_params.clear()  # as a link within the app does
        for name, value in query.items():
            self.app.query_params[name] = str(value)
        self.run()

    @property
    def bench(self) -> Bench:
        return self.app.session_state["compare"]

    def settled(self) -> Compared:
        """Run until what is asked for is on screen."""
        end = time.monotonic() + PATIENCE
        while self.bench.waiting:
            assert time.monotonic() < end, "a run did not come so far"
            for entry in self.bench.entries:
                assert entry is not None
                entry.wait(len(entry.frames) + 1, 0.1)
            self.run()
        return self

    @property
    def steps(self) -> list[int]:
        return [look.frame.step for look in self.bench.looks() if look is not None]


@pytest.fixture(scope="module")
def compared(visit: Callable[..., Visit]) -> type[Compared]:
    """Sessions on this page; the trainer ends with the module."""
    return Compared


def test_the_first_view_is_the_recorded_pair_at_equal_time(compared: type[Compared]):
    page = compared()
    assert tuple(page.bench.runs) == COMPARED and page.steps == [200, 4000]
    assert len(page.charts) == 5 and not page.app.warning
    assert page.query["run2"].startswith("step_size:0.05") and page.query["at"] == "200"
    page.app.segmented_control(key="compare.clock").set_value("step")
    page.run()
    assert page.query["clock"] == "step" and page.steps == [200, 4000]
    assert page.bench.ticks is not None
    page.bench.head.scrub(page.bench.ticks.nearest(100))
    page.run()
    assert page.steps == [100, 100] and page.query["at"] == "100"


def test_by_loss_each_run_shows_its_first_record_that_low(compared: type[Compared]):
    page = compared()
    page.app.segmented_control(key="compare.clock").set_value("loss")
    page.run()
    assert page.bench.ticks is not None
    page.bench.head.scrub(page.bench.ticks.nearest(0.2))
    page.run()
    now = page.bench.now
    for look in page.bench.looks():
        assert look is not None
        losses = [frame.metrics["train_loss"] for frame in look.frames[: look.index + 1]]
        assert losses[-1] <= now < min(losses[:-1])


def test_a_link_brings_all_runs_and_the_position(compared: type[Compared]):
    page = compared(**SHORT, run2="step_size:0.5", run3="depth:0,record_every:1", clock="step", at=4, maps="both")
    page.settled()
    assert page.steps == [4, 4, 4] and len(page.charts) == 3 * 2 + 1 + 2
    assert page.bench.runs[1].training.step_size == 0.5 and page.bench.runs[2].model.depth == 0
    again = compared(**page.query).settled()
    assert again.bench.runs == page.bench.runs and again.query == page.query
    assert engine().viewers == 1, "the leases of a session, here of both, are one viewer"


def test_a_bad_link_gives_the_nearest_and_one_notice(compared: type[Compared]):
    page = compared(**SHORT, run2="step_size:1e9,colour:red", clock="noon", maps="x", pair="aa", at="soon", left="luck")
    assert len(page.app.warning) == 1
    for word in ("run2", "colour", "noon", "maps", "pair", "soon", "luck"):
        assert word in page.warnings
    assert page.bench.runs[1].training.step_size == 100 and page.bench.clock == "time"


def test_a_run_that_ends_before_the_others_says_so(compared: type[Compared]):
    page = compared(**SHORT, run2="max_steps:4", run3="step_size:100", clock="step").settled()
    page.bench.head.to_end()
    page.settled()
    strips = "".join(html.proto.body for html in page.app.get("html") if "compare_run_" in html.proto.body)
    assert "ended at step 4" in strips
    last = page.bench.entries[2]
    assert last is not None and last.ending is not None
    assert ("diverged at step" in strips) == (last.ending.status == "diverged")


def test_runs_of_other_data_have_no_difference_map(compared: type[Compared]):
    page = compared(**SHORT, run2="dataset:wine").settled()
    assert "no difference map" in page.text and len(page.charts) == 4


def test_a_run_is_added_removed_and_brought_back(compared: type[Compared]):
    page = compared(**SHORT, run2="step_size:0.2")
    page.app.select_slider(key="compare.value.training.step_size").set_value(0.5)
    page.run()
    page.click("compare.add")
    assert [run.training.step_size for run in page.bench.runs] == [0.1, 0.2, 0.5]
    page.click("compare.add")
    assert "already here, as C" in page.warnings
    page.click("compare.present")
    assert page.bench.runs[3] == page.desk.spec and page.app.button(key="compare.add").disabled
    page.click("compare.remove.1")
    assert len(page.bench.runs) == 3 and "run4" not in page.query
    page.click("compare.undo")
    assert page.bench.runs[1].training.step_size == 0.2


def test_play_moves_all_runs_together(compared: type[Compared]):
    page = compared(**SHORT, run2="step_size:0.2", clock="step").settled()
    page.click("player.reset")
    assert page.steps == [0, 0]
    page.click("player.step")
    assert page.steps == [2, 2]
    page.click("player.end").settled()
    assert page.steps == [8, 8] and page.app.button(key="player.end").disabled
    assert not [button for button in page.app.button if button.key == "player.seed"]


def test_maps_share_axes_and_colours(compared: type[Compared]):
    page = compared(**SHORT, run2="noise:0.4,data_seed:3", clock="step").settled()
    maps = [chart for chart in page.charts if any(one.name == "map" for one in chart.datasets)]
    assert len(maps) == 3 and maps[0].spec == maps[1].spec


def test_the_playground_s_run_begins_a_comparison(compared: type[Compared]):
    page = Visit(**SHORT, at=0)
    page.click("compare.take")
    assert [run.data.dataset for run in page.app.session_state["compare"].runs] == ["xor"]
    assert "Add a second run" in page.text and "run2" not in page.query
