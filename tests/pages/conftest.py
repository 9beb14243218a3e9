"""Pages without a browser: the app in Streamlit's own test harness, with a real engine that ends with the module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from occam.ui import timeline
from occam.ui.desk import Desk, engine

APP = Path(__file__).parents[2] / "app.py"
PATIENCE = 60.0  # seconds until waiting for a frame turns into a failure


class Visit:
    """One session of the app: on the home page, or by way of it on `PAGE`, as a link within the app leads there."""

    PAGE = ""

    def __init__(self, **query: object) -> None:
        self.app = AppTest.from_file(str(APP), default_timeout=PATIENCE)
        if self.PAGE:
            self.run()
            self.app.switch_page(f"pages/{self.PAGE}.py")
            self.app.query_params.clear()
        for name, value in query.items():
            self.app.query_params[name] = str(value)
        self.app.session_state[timeline.WHOLE] = True  # nobody here draws maps and then asks for the rest
        self.run()

    def run(self) -> Self:
        """One run of the page, which must not fail."""
        self.app.run()
        assert not self.app.exception, self.app.exception[0].message
        return self

    @property
    def desk(self) -> Desk:
        return self.app.session_state["desk"]

    def settled(self) -> Self:
        """Run until the frame that is asked for is on screen."""
        goal = self.desk.head.until()
        entry = self.desk.entry
        assert entry is not None, self.desk.fault
        assert entry.wait(10**9 if goal is None else goal + 1, PATIENCE), "no frame came"
        return self.run()

    def click(self, key: str) -> Self:
        self.app.button(key=key).click()
        return self.run()

    @property
    def query(self) -> dict[str, str]:
        return {name: v if isinstance(v, str) else v[0] for name, v in self.app.query_params.items()}

    @property
    def warnings(self) -> str:
        return "\n".join(warning.value for warning in self.app.warning)

    @property
    def text(self) -> str:
        return "\n".join(str(element.value) for element in (*self.app.markdown, *self.app.caption, *self.app.info))

    @property
    def charts(self) -> list:
        return [element.proto for element in self.app.get("vega_lite_chart")]

    @property
    def status(self) -> str:
        return "".join(html.proto.body for html in self.app.get("html") if "<b>Step" in html.proto.body)


@pytest.fixture(scope="module")
def visit() -> Iterator[Callable[..., Visit]]:
    """Opens sessions of one app process; its trainer ends with the module."""
    yield Visit
    engine().close()
    st.cache_resource.clear()
