"""The input penalty's main act in a real browser: four maps at once, compared at equal time and at equal loss."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.watch import PROJECTOR, Window, still

PLOT = "[data-testid=stVegaLiteChart] svg"
ARM = ".st-key-input_arms dl"


def test_four_arms_are_there_and_change_with_the_comparison(window: Window) -> None:
    page = window.open("/input_penalty")
    page.wait_for_function("location.search.includes('compare=time')")
    expect(page.locator(ARM)).to_have_count(4)
    expect(page.locator(PLOT)).to_have_count(4)
    still(page)
    bottom = page.locator(ARM).last.bounding_box()
    assert bottom and bottom["y"] + bottom["height"] <= PROJECTOR["height"]
    before = page.locator(ARM).first.inner_text()
    page.get_by_role("radio", name="Equal training loss").or_(
        page.get_by_role("button", name="Equal training loss")
    ).click()
    expect(page.locator(ARM).first).not_to_have_text(before, use_inner_text=True)
    expect(page.get_by_text("All arms where their training loss first was")).to_be_visible()
    page.wait_for_function("location.search.includes('compare=loss')")
    page.set_viewport_size({"width": 390, "height": 844})
    still(page)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
