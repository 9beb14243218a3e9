from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from occam.engine.limits import HOSTED
from occam.ui import complexity_table as tables
from occam.ui.complexity_state import CHOICES, State
from occam.ui.desk import engine
from tests.pages.conftest import PATIENCE, Visit

TINY = {  # a base run that takes no time
    **{"dataset": "moons", "n_train": 10, "n_test": 5, "depth": 1, "width": 2, "max_steps": 4, "record_every": 2},
    **{"table": "own", "vary1": "step_size:list:0.1, 0.2", "seeds": 2, "losses": "", "times": "", "compare": "end"},
}


class Evidence(Visit):
    """A session that comes to this page by a link."""

    def __init__(self, **query: object) -> None:
        super().__init__()
        self.app.switch_page("pages/complexity.py")
        self.app.query_params.clear()  # as a link within the app does
        for name, value in query.items():
            self.app.query_params[name] = str(value)
        self.run()

    @property
    def page(self) -> State:
        return self.app.session_state["complexity"]

    def calm(self) -> Evidence:
        """Run until nothing is under way."""
        end = time.monotonic() + PATIENCE
        while self.page.moving:
            assert time.monotonic() < end, "it never ended"
            time.sleep(0.05)
            self.run()
        return self

    @property
    def verdict(self) -> str:
        return "\n".join(info.value for info in self.app.info)

    @property
    def captions(self) -> str:
        return "\n".join(caption.value for caption in self.app.caption)


@pytest.fixture(scope="module")
def evidence(visit: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[type[Evidence]]:
    """Sessions on this page with a store of their own; the trainer ends with the module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OCCAM_STORE", str(tmp_path_factory.mktemp("store") / "runs.sqlite"))
        yield Evidence


def test_the_first_view_is_the_shipped_sweep_with_its_verdicts(evidence: type[Evidence]):
    page = evidence().calm()
    assert "420 runs are drawn" in page.captions and "never reached training loss" in page.captions
    for word in (
        "Opposite to “simpler generalises better”",
        "ρ =",
        "τ =",
        "21 seeds",
        "Within the levels of Step size",
    ):
        assert word in page.verdict
    assert "| Step size γ |" in page.text and len(page.charts) == 2
    assert page.query.keys() >= {*CHOICES, "dataset", "noise"} and page.query["noise"] == "0.35"
    assert not page.app.warning


def test_at_the_end_the_verdict_is_another_and_the_link_opens_it_again(evidence: type[Evidence]):
    page = evidence(compare="end", cy="gap", facet="param_penalty", colour="data_seed", brush="20,60,0.1,0.5").calm()
    assert "**Consistent with “simpler generalises better”**, at the end" in page.verdict
    assert len(page.charts) == 5 and "brushed runs" in page.captions
    assert page.page.facet == "training.param_penalty" and page.query["yscale"] == "linear"
    again = evidence(**page.query)
    assert again.query == page.query and not again.app.warning


def test_a_run_opens_large_with_its_way_to_the_playground(evidence: type[Evidence]):
    runs = tables.shipped().at(("end", None))
    key = runs.loc[runs["training.step_size"] == 0.2, "key"].tolist()[7]
    page = evidence(run=key).calm()
    assert page.query["run"] == key and "γ = 0.2" in page.captions
    (link,) = [link for link in page.app.get("page_link") if link.proto.label == "Open in the Playground"]
    assert "step_size=0.2" in link.proto.query_string and "at=1000" in link.proto.query_string
    page.click("complexity.close")
    assert page.page.run is None and "run" not in page.query


def test_a_sweep_of_ones_own_starts_fills_its_table_and_is_kept(evidence: type[Evidence]):
    page = evidence(**TINY)
    assert "**4 runs**" in page.text and "Nothing computed yet" in page.captions
    page.click("sweep.start").calm()
    assert "All 4 runs are done" in page.captions and "4 of 4 runs are drawn" in page.captions
    assert "a verdict needs" in page.verdict
    assert page.query["sweep"] == "on"
    assert evidence(**page.query).calm().page.started == page.page.started
    stored = evidence(table="stored", compare="end").calm()
    assert "4 of 4 runs are drawn" in stored.captions


def test_stop_keeps_what_is_done_and_goes_on(evidence: type[Evidence]):
    page = evidence(**TINY | {"vary1": "step_size:list:0.3, 0.4", "seeds": 20, "max_steps": 2000})
    page.click("sweep.start")
    if page.page.moving:
        page.click("sweep.stop")
        assert "What is finished stays" in page.captions and page.page.stopped
        page.click("sweep.go")
    page.calm()
    assert "All 40 runs are done" in page.captions


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"vary1": "step_size:list:0.1, tall"}, ["training.step_size", "tall"]),
        ({"vary1": "step_size:log:0:1:3"}, ["from", "above 0"]),
        ({"vary1": "step_size:linear:0.1:1:1000", "seeds": 1000}, ["1\u202f000\u202f000", "at once"]),
        ({"vary1": "depth:list:"}, ["at least one value"]),
        ({"vary1": "depth:list:1", "vary2": "depth:list:2"}, ["vary2"]),
        ({"losses": "low"}, ["at_losses"]),
    ],
    ids=str,
)
def test_what_is_no_sweep_is_told_in_a_sentence(evidence: type[Evidence], given: dict, words: list[str]):
    page = evidence(**TINY | given)
    told = page.warnings + page.text
    assert all(word in told for word in words), told
    if "vary2" not in given:
        assert page.app.button(key="sweep.start").disabled


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"dataset": "sine", "activation": "relu", "vary1": "gain:list:10", "step_size": 100, "max_steps": 50},
            "diverged",
        ),
        ({"losses": "0.000001", "compare": "loss"}, "never reached training loss"),
        ({"seeds": 1, "vary1": "step_size:list:0.1"}, "needs"),
        ({"dataset": "sine", "cy": "test_error"}, "undefined"),
    ],
    ids=["all diverge", "none reaches the level", "one run", "no error of a regression"],
)
def test_degenerate_tables_are_explained(evidence: type[Evidence], given: dict, words: str):
    page = evidence(**TINY | given | {"sweep": "on"}).calm()
    if words == "diverged":
        page.page.run = next(row.key for row in page.page.entry.results if row.status == "diverged")  # type: ignore[union-attr]
        page.run().calm()
    assert words.lower() in (page.captions + page.verdict).lower()


def test_a_bad_link_gives_one_notice(evidence: type[Evidence]):
    page = evidence(cx="beauty", colour="hat", level="low", brush="1,2", seeds="many", vary1="x:y")
    assert len(page.app.warning) == 1
    for word in ("beauty", "hat", "low", "brush", "many", "vary1"):
        assert word in page.warnings


def test_a_missing_sweep_is_told(evidence: type[Evidence], monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(tables, "SHIPPED", tmp_path / "sweep.sqlite")
    assert "missing" in evidence(noise=0.3).warnings


def test_a_server_of_many_offers_no_store(evidence: type[Evidence], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(engine(), "limits", HOSTED)
    page = evidence(table="stored")
    assert page.page["table"] == "shipped" and "420 runs" in page.captions
