from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.watch import STILL, Window

expect.set_options(timeout=30_000)  # milliseconds; patience, not a promise
CHART = "[data-testid=stVegaLiteChart] svg"
VERDICT = ".st-key-step_verdict"


def arrive(window: Window, link: str = "") -> Page:
    """The page by a deep link, as a lecturer's participants open it, with its recorded paths drawn."""
    page = window.open(f"/step_size{link}")
    expect(page.locator(VERDICT)).to_contain_text("Consistent with the modified flow")
    page.wait_for_selector(CHART)
    page.wait_for_selector(STILL)
    return page


def marks(page: Page) -> int:
    """How many steps of descent are drawn."""
    return page.locator(CHART).first.locator(".mark-symbol path").count()


def test_the_main_act_fits_a_projector_and_plays(window: Window) -> None:
    page = arrive(window)
    box = page.locator(VERDICT).bounding_box()
    assert box and box["y"] + box["height"] <= 720
    whole = marks(page)
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.wait_for_function(
        "([selector, whole]) => document.querySelector(selector).querySelectorAll('.mark-symbol path').length < whole",
        arg=[CHART, whole],
    )
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.wait_for_selector(STILL)
    assert marks(page) == whole


def test_a_larger_step_is_followed_again_and_the_address_says_so(window: Window) -> None:
    page = arrive(window)
    slider = page.locator("[data-testid=stSidebar] [data-testid=stSlider] input[type=range]").first
    slider.focus()
    slider.press("ArrowRight")
    page.wait_for_function("location.search.includes('step_size=0.03')")
    expect(page.locator(VERDICT)).to_contain_text("γλ_max = 0.875")


def test_a_click_on_the_landscape_starts_there(window: Window) -> None:
    page = arrive(window)
    box = page.locator(CHART).first.bounding_box()
    assert box
    page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + 0.4 * box["height"])
    page.wait_for_function("location.search.includes('&a=') && !location.search.includes('&a=2.8&')")
    expect(page.locator(VERDICT)).not_to_contain_text("γλ_max = 0.384")
    page.wait_for_selector(STILL)
    slider = page.locator("[data-testid=stSidebar] [data-testid=stSlider]").nth(1)
    shown = slider.inner_text().replace("−", "-")
    assert f"a={float(shown.split()[2])}" in page.url, shown


def test_a_preset_opens_by_its_link_and_says_why(window: Window) -> None:
    page = arrive(window)
    page.get_by_role("button", name="Presets").click()
    page.get_by_text("Divergence").click()
    expect(page.locator(VERDICT)).to_contain_text("Descent diverges")
    expect(page.get_by_text("each step overshoots by more than it corrects, and")).to_be_visible()
    page.wait_for_function("location.search.includes('step_size=0.3')")
