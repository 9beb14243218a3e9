from __future__ import annotations

from collections.abc import Callable
from typing import Any

Open = Callable[..., Any]


def _lists(app: Any) -> str:
    return "".join(html.proto.body for html in app.get("html") if "<dl" in html.proto.body)


def _glossary(visit: Open, **query: object) -> Any:
    app = visit(**query).app
    app.switch_page("pages/glossary.py").run()
    assert not app.exception
    return app


def test_all_three_lists_stand_on_the_page(visit: Open) -> None:
    shown = _lists(_glossary(visit))
    for name in ("geometric_complexity", "training.step_size", "arXiv 2111.15090"):
        assert f'id="{name}"' in shown or name in shown


def test_finding_narrows_the_lists_and_says_when_nothing_is_left(visit: Open) -> None:
    app = _glossary(visit)
    app.text_input(key="find").set_value("dirichlet box").run()
    shown = _lists(app)
    assert 'id="dirichlet_energy"' in shown and 'id="sharpness"' not in shown
    app.text_input(key="find").set_value("no such thing").run()
    assert not _lists(app) and "no such thing" in app.info[0].value
