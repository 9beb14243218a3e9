"""What a test sees of the browser: pages that are waited for, watched and, when a test fails, kept."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page

from tests.browser.server import Server

STILL = '[data-testid="stApp"][data-test-script-state="notRunning"]'
PROJECTOR = {"width": 1280, "height": 720}
# Opened at /page, Streamlit's client cannot tell whether the app itself lives at /page or the page is one of the app's:
# it asks at both for these two (getPossibleBaseUris), longest first, and the browser logs each 404 of the wrong guess.
# Every deep link into every multipage app does so; nothing that an app can set prevents it.
GUESS = re.compile(r"/\w+/_stcore/(health|host-config)")


def still(page: Page) -> None:
    """Wait until the page's script has run to its end; a page that plays never stands still: wait for its content."""
    page.wait_for_selector(STILL)


@dataclass
class Window:
    """Opens pages of one server and notes what goes wrong in them: `faults`, one line each; `folder` keeps pages."""

    browser: Browser
    server: Server
    folder: Path
    contexts: list[BrowserContext] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def open(self, address: str = "/", **options) -> Page:
        """Open `address` in a browser context of its own, e.g. open("/?width=8", color_scheme="dark").

        `options` are those of Playwright's `new_context`.
        """
        context = self.browser.new_context(base_url=self.server.url, **{"viewport": PROJECTOR, **options})
        context.set_default_timeout(30_000)  # milliseconds; patience, not a promise
        self.contexts.append(context)
        context.on("request", lambda request: self._note_stranger(request.url))
        context.on("console", self._note_error)
        context.on("weberror", lambda error: self.faults.append(f"page error: {error.error}"))
        page = context.new_page()
        page.on("websocket", lambda socket: self._note_stranger(socket.url))
        page.goto(address)
        return page

    def keep(self) -> str:
        """Save a picture and the text of every open page; a line that says where."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lines = [f"server log: {self.server.log}"]
        for number, page in enumerate(page for context in self.contexts for page in context.pages):
            stem = self.folder / f"page{number}"
            try:
                stem.with_suffix(".txt").write_text(f"{page.url}\n\n{page.inner_text('body')}\n")
                page.screenshot(path=stem.with_suffix(".png"), full_page=True)
                lines.append(f"{page.url} kept as {stem}.png and .txt")
            except Error as error:  # a crashed page must not hide why the test failed
                lines.append(f"{page.url} could not be kept: {error.message}")
        return "\n".join(lines)

    def close(self) -> None:
        """Close every page."""
        for context in self.contexts:
            context.close()

    def _note_stranger(self, url: str) -> None:
        address = urlsplit(url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname != "127.0.0.1":
            self.faults.append(f"request to {url}")

    def _note_error(self, message: ConsoleMessage) -> None:
        address = str(message.location.get("url", ""))
        guessed = "status of 404" in message.text and GUESS.fullmatch(address.removeprefix(self.server.url))
        if message.type == "error" and not guessed:
            self.faults.append(f"console error: {message.text} ({address})")
