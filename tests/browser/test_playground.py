from __future__ import annotations

import hashlib
import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.watch import STILL, Window, still

expect.set_options(timeout=30_000)  # milliseconds; patience, not a promise
PICTURE = "[data-testid=stVegaLiteChart] svg"
STATUS = ".st-key-status"
SHORT = "dataset=xor&n_train=40&n_test=40&depth=2&width=8&max_steps=200&record_every=10"


def step(page: Page) -> int:
    """The step that the status line names."""
    words = page.locator(f"{STATUS} b").inner_text()
    return int("".join(filter(str.isdigit, words)))


def settle(page: Page, wanted: int) -> None:
    """Wait until this step is on screen, with the commands that come after it, and nothing moves."""
    page.wait_for_selector(".st-key-player button:visible")
    expect(page.locator(f"{STATUS} b")).to_have_text(f"Step {wanted:,}".replace(",", "\u202f"))
    page.wait_for_selector(STILL)


def picture(page: Page) -> str:
    """The map's PNG as drawn: of the two rows that keep it from blinking, the upper one."""
    page.wait_for_function(
        "selector => { const all = [...(document.querySelector(selector)?.querySelectorAll('image') ?? [])];"
        " return all.length && all.every(i => i.getAttribute('href') || i.getAttribute('xlink:href')) }",
        arg=PICTURE,
    )
    href = page.locator(PICTURE).first.locator("image").last
    url = href.get_attribute("href") or href.get_attribute("xlink:href")
    assert url and url.startswith("data:image/png;base64,")
    return hashlib.sha256(url.encode()).hexdigest()


def pixels(page: Page) -> np.ndarray:
    """The first chart as it is painted."""
    shot = page.locator("[data-testid=stVegaLiteChart]").first.screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)


def test_the_first_view_needs_no_click(page: Page) -> None:
    page.wait_for_selector(PICTURE)
    settle(page, 2000)
    assert len(np.unique(pixels(page).reshape(-1, 3), axis=0)) > 100, "an empty picture"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_play_changes_the_picture_and_pause_stops_it(window: Window) -> None:
    page = window.open(f"/?{SHORT}&max_steps=100000&at=0")
    settle(page, 0)
    first = picture(page)
    page.get_by_role("button", name="Play").click()
    expect(page.locator(f"{STATUS} b")).not_to_have_text("Step 0")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    expect(page.locator(STATUS)).to_contain_text("paused")
    still(page)
    paused_at, paused = step(page), picture(page)
    assert paused != first
    page.wait_for_timeout(700)  # several polls' time: nothing may move
    assert (step(page), picture(page)) == (paused_at, paused)


def test_step_moves_one_record_and_back_returns(window: Window) -> None:
    page = window.open(f"/?{SHORT}&at=0")
    settle(page, 0)
    first = picture(page)
    page.keyboard.press("n")
    settle(page, 10)
    assert picture(page) != first
    page.get_by_role("button", name="Step Shortcut N").click()
    settle(page, 20)
    page.keyboard.press("b")
    settle(page, 10)
    page.keyboard.press("b")
    settle(page, 0)
    assert picture(page) == first


def test_scrubbing_goes_back_and_reset_gives_the_first_frame_again(window: Window) -> None:
    page = window.open(f"/?{SHORT}&at=0")
    settle(page, 0)
    first = picture(page)
    page.keyboard.press("e")
    settle(page, 200)
    timeline = page.get_by_label("Timeline")
    timeline.focus()
    timeline.press("ArrowLeft")
    settle(page, 190)
    box = timeline.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    settle(page, 100)
    assert "at=100" in page.url
    page.keyboard.press("0")
    settle(page, 0)
    assert picture(page) == first


def test_a_link_shows_the_same_picture_in_another_browser(window: Window) -> None:
    page = window.open(f"/?{SHORT}&step_size=0.37&at=0")
    settle(page, 0)
    page.keyboard.press("n")
    settle(page, 10)
    page.wait_for_function("location.search.includes('at=10')")
    other = window.open(page.url)
    settle(other, 10)
    assert picture(other) == picture(page)
    difference = np.abs(pixels(other) - pixels(page))
    assert difference.max() == 0


def test_a_knob_trains_anew_and_the_address_follows(window: Window) -> None:
    page = window.open(f"/?{SHORT}&at=200")
    settle(page, 200)
    before = picture(page)
    page.get_by_role("spinbutton", name="Model seed").fill("7")
    page.get_by_role("spinbutton", name="Model seed").press("Enter")
    page.wait_for_function("location.search.includes('model_seed=7')")
    page.keyboard.press("Escape")
    page.locator(STATUS).click()
    page.keyboard.press("e")
    settle(page, 200)
    assert picture(page) != before
    page.go_back()
    page.wait_for_function("!location.search.includes('model_seed=7') || !location.search.includes('at=200')")


def test_a_diverging_preset_explains_itself(window: Window) -> None:
    page = window.open(f"/?{SHORT}&at=0")
    settle(page, 0)
    page.get_by_role("button", name="Presets").click()
    page.get_by_text("Too large a step").click()
    notice = page.locator(".st-key-diverged")
    expect(notice).to_contain_text("Training diverged at step")
    expect(notice).to_contain_text("γλ_max =")
    page.get_by_role("button", name="Halve the step size").click()
    page.wait_for_function("location.search.includes('step_size=0.9')")


def test_a_bad_link_is_mended_with_one_notice(window: Window) -> None:
    page = window.open(f"/?{SHORT}&activation=thanh&at=0&depth=99")
    settle(page, 0)
    notices = page.get_by_test_id("stAlert")
    expect(notices).to_have_count(1)
    expect(notices).to_contain_text("thanh")
    expect(notices).to_contain_text("99")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_one_column_without_overflow(window: Window, scheme: str) -> None:
    page = window.open("/", viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page.wait_for_selector(PICTURE)
    settle(page, 2000)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    charts = page.locator("[data-testid=stVegaLiteChart]")
    boxes = [box for box in (charts.nth(i).bounding_box() for i in range(2)) if box]
    assert boxes[0]["x"] == boxes[1]["x"] and boxes[0]["width"] > 300


def test_the_main_act_fits_a_projector(page: Page) -> None:
    page.wait_for_selector(PICTURE)
    settle(page, 2000)
    for place in (".st-key-title", ".st-key-player_row", ".st-key-headlines", ".st-key-gauge"):
        box = page.locator(place).bounding_box()
        assert box and box["y"] >= 0 and box["y"] + box["height"] <= 720, place


def test_every_command_has_a_name_and_every_chart_a_text(page: Page) -> None:
    page.wait_for_selector(PICTURE)
    settle(page, 2000)
    for name in ("Reset", "Back", "Play", "Step", "To the end", "New seed"):
        expect(page.get_by_role("button", name=name, exact=False).first).to_be_attached()
    charts = page.locator("[data-testid=stVegaLiteChart]")
    for i in range(charts.count()):
        assert charts.nth(i).get_attribute("aria-label")
