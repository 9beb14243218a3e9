"""Anyone can read every page: what axe-core finds wrong, in both themes."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.server import until
from tests.browser.watch import Window, still

PAGES = sorted(path.stem for path in (Path(__file__).parents[2] / "pages").glob("*.py"))
GRAVE = ("serious", "critical")
# The frame of a drag in a chart: Vega gives its two marks a role, no name, and no way to set either.
FRAMES = {"exclude": [[".brush_brush"], [".brush_brush_bg"]]}
SETTLED = 15.0  # seconds: what is still fading in has little contrast


def findings(page: Page) -> list[str]:
    """One line a serious or critical finding that stays: the rule and the first element that breaks it."""
    lines: list[str] = []

    def clean() -> bool:
        found = Axe().run(page, context=FRAMES).response["violations"]
        lines[:] = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] in GRAVE]
        return not lines

    until(clean, SETTLED)
    return lines


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_grave(window: Window, name: str) -> None:
    page = window.open("/" if name == "playground" else f"/{name}", color_scheme="light")
    page.locator(".stMainBlockContainer h4, .stMainBlockContainer canvas, .stMainBlockContainer svg").first.wait_for()
    still(page)
    light = findings(page)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("getComputedStyle(document.querySelector('.stApp')).colorScheme === 'dark'")
    still(page)
    assert (light, findings(page)) == ([], [])
