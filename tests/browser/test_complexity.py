"""The page on complexity in a real browser: points, a click on one, its boundary, the way to the Playground."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.watch import Window

PLOT = "[data-testid=stVegaLiteChart] svg"
expect.set_options(timeout=30_000)  # milliseconds; patience, not a promise


def arrive(window: Window) -> Page:
    """The page as it opens from the sidebar, with its points."""
    page = window.open("/")
    page.locator("[data-testid=stPageLink-NavLink]", has_text="Complexity vs generalisation").click()
    page.wait_for_function(
        "selector => document.querySelector(selector)?.querySelectorAll('.mark-symbol path').length > 400", arg=PLOT
    )
    return page


def test_a_click_on_a_point_opens_its_run_and_the_playground_shows_it(window: Window) -> None:
    page = arrive(window)
    expect(page.get_by_text("never reached training loss")).to_be_visible()
    expect(page.locator(".st-key-complexity_verdict")).to_contain_text("simpler generalises better")
    point = page.locator(PLOT).first.locator(".mark-symbol path").nth(60).bounding_box()
    assert point
    page.mouse.click(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2)
    page.wait_for_function("location.search.includes('run=')")
    page.wait_for_selector(".st-key-chart-large svg image, [data-testid=stVegaLiteChart] svg image")
    page.get_by_role("link", name="Open in the Playground").click()
    page.wait_for_function("!location.pathname.includes('complexity') && location.search.includes('noise=0.35')")
    expect(page.locator(".st-key-status")).to_contain_text("Step")
