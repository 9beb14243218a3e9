"""The layer bound's main act in a real browser: a click on the plot chooses the sample whose proof is shown."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.watch import PROJECTOR, Window, still

PLOT = "[data-testid=stVegaLiteChart] svg"


def test_a_click_chooses_the_sample_of_the_proof(window: Window) -> None:
    page = window.open("/layer_bound")
    page.wait_for_function("location.search.includes('sample=')")
    expect(page.locator("table").first).to_contain_text("∎")
    still(page)
    proof = page.locator("table").first
    before = proof.inner_text()
    assert "sample=1&" in page.url
    box = page.locator(PLOT).first.bounding_box()
    assert box
    page.mouse.click(box["x"] + 0.4 * box["width"], box["y"] + 0.5 * box["height"])
    expect(proof).not_to_have_text(before)
    page.wait_for_function("!location.search.includes('sample=1&')")
    still(page)
    chosen = page.get_by_role("spinbutton", name="Sample")
    assert f"sample={chosen.input_value()}&" in page.url
    bottom = page.locator(".st-key-headlines").bounding_box()
    assert bottom and bottom["y"] + bottom["height"] <= PROJECTOR["height"]
    page.get_by_role("radio", name="Batch mean").or_(page.get_by_role("button", name="Batch mean")).click()
    expect(page.get_by_text("Counter-example, not a failure of the theorem")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    still(page)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
