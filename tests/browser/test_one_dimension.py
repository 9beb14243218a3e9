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


def test_two_clicks_move_a_sample_and_the_curve_trains_again(window: Window) -> None:
    page = window.open("/one_dimension?dataset=sine&n_train=9&n_test=9&noise=0&max_steps=400&record_every=100")
    settle(page, 400)
    tiles = page.locator(".st-key-headlines")
    before = tiles.inner_text()
    plot = '[class*="st-key-chart-curve"] svg.marks'
    dot = page.locator(f"{plot} .layer_1_marks path").nth(2).bounding_box()
    area = page.locator(f"{plot} .background").first.bounding_box()
    assert dot and area
    x, y = dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2
    page.mouse.click(x, y)
    expect(page.get_by_label("Point", exact=True)).to_have_value("3")
    left = x - area["x"] > area["width"] / 2
    page.mouse.click(x + (-60 if left else 60), area["y"] + area["height"] / 2)
    page.wait_for_function("/[?&]moved=2%3A/.test(location.search)")
    settle(page, 400)
    expect(tiles).not_to_have_text(before)
    expect(page.locator("section[data-testid=stSidebar]").get_by_text("1 point moved by hand")).to_be_visible()
    page.get_by_role("button", name="Put back", exact=True).click()
    page.wait_for_function("location.search.includes('moved=none')")
    settle(page, 400)
    assert tiles.inner_text() == before
