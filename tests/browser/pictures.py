"""The pictures of the README, taken from the real pages: `python -m tests.browser.pictures docs`."""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.browser.chromium import ADVICE, find
from tests.browser.conftest import FLAGS
from tests.browser.server import serving
from tests.browser.watch import still

# page → what is on screen once it can be shown
PAGES = {
    "playground": ".st-key-numbers dd",
    "home": ".measured",
    "step_size": ".st-key-step_verdict",
    "layer_bound": ".st-key-bound_main [data-testid=stVegaLiteChart]",
    "one_dimension": "[data-testid=stVegaLiteChart]",
    "complexity": "[data-testid=stVegaLiteChart]",
    "compare": "[data-testid=stVegaLiteChart]",
    "lessons": "[data-testid=stMarkdown]",
}
CALM = 2500  # milliseconds, in which everything has faded in


def take(page: Page, name: str) -> bytes:
    """A page as a PNG of at most 256 colours."""
    page.goto("/" if name == "playground" else f"/{name}")
    page.wait_for_selector(PAGES[name])
    page.wait_for_timeout(CALM)
    still(page)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    packed = io.BytesIO()
    picture.quantize(256, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
    return packed.getvalue()


def main(folder: Path) -> None:
    """Write a picture a page."""
    chromium = find()
    if not chromium:
        sys.exit(ADVICE.format(python="python"))
    with tempfile.TemporaryDirectory() as home, serving(Path(home)) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for name in PAGES:
            page = browser.new_page(base_url=server.url, viewport={"width": 1280, "height": 720}, color_scheme="light")
            page.set_default_timeout(60_000)
            (folder / f"{name}.png").write_bytes(take(page, name))
            page.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
