from __future__ import annotations

from collections.abc import Callable
from typing import Any

from occam.ui import home
from occam.ui.words import number

Open = Callable[..., Any]


def _chain(page: Any) -> list[str]:
    return [html.proto.body for html in page.app.get("html") if 'class="measured"' in html.proto.body]


def _home(visit: Open, **query: object) -> Any:
    page = visit(**query)
    page.app.switch_page("pages/home.py").run()
    assert not page.app.exception
    return page


def test_every_arrow_shows_what_the_recorded_run_measures(visit: Open) -> None:
    page = _home(visit)
    frame = page.desk.look.frame
    penalised, bounded, simple, general = _chain(page)
    assert number(frame.metrics["implicit_penalty"]) in penalised
    assert number(frame.metrics["bound_ratio_max"]) in bounded
    assert number(page.desk.look.frames[0].metrics["dirichlet_energy"]) in simple
    assert number(frame.metrics["test_loss"]) in general


def test_the_numbers_are_those_of_the_record_on_screen(visit: Open) -> None:
    page = _home(visit)
    last = _chain(page)
    page.click("player.reset")
    assert _chain(page) != last
    assert number(page.desk.look.frames[0].metrics["test_loss"]) in _chain(page)[-1]


def test_the_regime_is_said_in_words() -> None:
    class _Frame:
        def __init__(self, stability: float) -> None:
            self.metrics = {"stability": stability, "implicit_penalty": 1.0, "train_loss": 1.0}

    class _Look:
        def __init__(self, stability: float) -> None:
            self.frame = _Frame(stability)

    measure: Any = home.ARROWS[0].measure
    assert measure(_Look(0.5))["regime"] == home.text("regime.inside").title
    assert measure(_Look(1.5))["regime"] == home.text("regime.outside").title


def test_every_arrow_and_every_start_leads_to_a_page(visit: Open) -> None:
    page = _home(visit)
    linked = {link.proto.page for link in page.app.get("page_link")}
    assert linked >= {name for arrow in home.ARROWS for name in arrow.pages} | {*home.STARTS.values()} - {"playground"}
