from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.test_playground import PICTURE, settle
from tests.browser.watch import Window, still


def test_the_curve_trains_and_the_panels_open(window: Window) -> None:
    page = window.open("/one_dimension")
    page.wait_for_function("location.search.includes('tab=curve')")
    settle(page, 4000)
    for place in (".st-key-title", ".st-key-player_row", ".st-key-headlines"):
        box = page.locator(place).bounding_box()
        assert box and box["y"] >= 0 and box["y"] + box["height"] <= 720, place
    tiles = page.locator(".st-key-headlines")
    end = tiles.inner_text()
    page.keyboard.press("0")
    settle(page, 0)
    expect(tiles).not_to_have_text(end)
    page.get_by_text("Step size, paired").click()
    expect(page.get_by_text("consistent with a fall").first).to_be_visible()
    still(page)
    assert "tab=regimes" in page.url and page.locator(PICTURE).count() == 9
