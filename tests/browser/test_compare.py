from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.test_playground import PICTURE
from tests.browser.watch import still

expect.set_options(timeout=30_000)  # milliseconds; patience, not a promise
STATUS = ".st-key-status b"
TABLE = "table.compare tbody"


def test_one_timeline_moves_both_runs_and_a_third_joins(page: Page) -> None:
    page.wait_for_selector(PICTURE)
    still(page)
    page.get_by_role("link", name="Compare", exact=True).click()
    page.wait_for_function("location.search.includes('run2=step_size')")
    expect(page.locator(STATUS)).to_have_text("γ·step 200")
    still(page)
    for place in (".st-key-title", ".st-key-player_row", ".st-key-compare_maps"):
        box = page.locator(place).first.bounding_box()
        assert box and box["y"] >= 0 and box["y"] + box["height"] <= 720, place
    end = page.locator(TABLE).inner_text()
    maps = page.locator(PICTURE)
    tops = [box["y"] for box in (maps.nth(i).bounding_box() for i in range(2)) if box]
    assert len(tops) == 2 and abs(tops[0] - tops[1]) < 1, "maps side by side are level"
    timeline = page.get_by_label("Timeline")
    timeline.focus()
    timeline.press("ArrowLeft")
    expect(page.locator(STATUS)).to_have_text("γ·step 195")
    expect(page.locator(TABLE)).not_to_have_text(end)
    expect(page.locator("[data-live=compare_run_0]")).to_have_text("step 195")
    expect(page.locator("[data-live=compare_run_1]")).to_have_text("step 3\u202f900")
    page.get_by_text("training loss", exact=True).first.click()
    page.wait_for_function("location.search.includes('clock=loss')")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("This run is already here, as A")).to_be_visible()
    still(page)
    page.get_by_role("button", name="From the Playground").click()
    page.wait_for_function("location.search.includes('run3=')")
    expect(page.locator("[data-live=compare_run_2]")).to_contain_text("step")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollWidth <= 390")
