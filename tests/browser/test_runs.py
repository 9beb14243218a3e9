from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.test_playground import SHORT, settle
from tests.browser.watch import Window, still

expect.set_options(timeout=30_000)  # milliseconds; patience, not a promise
TABLE = "[data-testid=stDataFrame]"


def tick(page: Page, row: int) -> None:
    """Tick a row of the table, which is one canvas: boxes stand at its left edge, 35 pixels apart."""
    box = page.locator(TABLE).bounding_box()
    assert box
    page.mouse.click(box["x"] + 16, box["y"] + 35 * (row + 1.5))
    still(page)


def test_two_runs_of_the_session_are_ticked_and_compared(window: Window) -> None:
    page = window.open(f"/?{SHORT}&at=200")
    settle(page, 200)
    page.get_by_role("spinbutton", name="Model seed").fill("7")
    page.get_by_role("spinbutton", name="Model seed").press("Enter")
    page.wait_for_function("location.search.includes('model_seed=7')")
    page.get_by_role("link", name="Runs", exact=True).click()
    expect(page.get_by_text("2 of 2 runs")).to_be_visible()
    page.wait_for_selector(f"{TABLE} canvas")
    still(page)
    expect(page.get_by_role("button", name="Compare")).to_be_disabled()
    tick(page, 0)
    tick(page, 1)
    expect(page.get_by_text("2 of 2 runs, 2 ticked")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("2 deleted.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("2 of 2 runs")).to_be_visible()
    page.wait_for_selector(f"{TABLE} canvas")
    still(page)
    tick(page, 0)
    tick(page, 1)
    page.get_by_role("button", name="Compare").click()
    page.wait_for_function("location.search.includes('run2=model_seed')")
    expect(page.locator("table.compare")).to_contain_text("Model seed")
