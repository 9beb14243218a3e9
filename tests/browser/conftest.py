"""Fixtures of the browser tests: the app in a process of its own, and a real Chromium that looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import ADVICE, find
from tests.browser.server import Server, serving
from tests.browser.watch import Window

FLAGS = (
    "--no-sandbox",  # the tests run as root in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # the app works offline
)
WINDOW = pytest.StashKey[Window]()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app, started once; no process of it survives the tests."""
    with serving(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")  # not longer: while it lives, no other test of this process can run an event loop
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    chromium = find()
    assert chromium, ADVICE.format(python="python")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def window(request: pytest.FixtureRequest, browser: Browser, server: Server, tmp_path: Path) -> Iterator[Window]:
    """Opens pages of the app, each in a browser context of its own; their errors and stray requests fail the test."""
    opened = Window(browser, server, tmp_path / "pages")
    request.node.stash[WINDOW] = opened
    yield opened
    kept = opened.keep() if opened.faults else ""
    opened.close()
    assert not opened.faults, "\n".join([*opened.faults, kept])


@pytest.fixture
def page(window: Window) -> Page:
    """The first page, opened without a click."""
    return window.open()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """Keep a picture and the text of the pages of a failed test, and say where they are."""
    report = yield
    window = item.stash.get(WINDOW, None)
    if window is not None and report.when == "call" and report.failed:
        report.sections.append(("Browser", window.keep()))
    return report
