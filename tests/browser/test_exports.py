"""What a visitor takes home: pictures of a chart, and a run that another page opens again."""

from __future__ import annotations

import io
import json
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.watch import Window, still

expect.set_options(timeout=30_000)  # milliseconds; patience, not a promise
CHART = "[data-testid=stVegaLiteChart] svg.marks"
SVG = "{http://www.w3.org/2000/svg}"
SHORT = "dataset=xor&n_train=40&n_test=40&depth=2&width=8&max_steps=40&record_every=10&at=40"


def opened(window: Window, address: str) -> Page:
    page = window.open(address)
    page.wait_for_selector(CHART)
    still(page)
    page.get_by_role("button", name="Export").click()
    expect(page.locator("li button").first).to_be_visible()
    return page


def saved(page: Page, name: str, index: int = 0) -> tuple[str, bytes]:
    with page.expect_download() as download:
        page.locator("li button", has_text=name).nth(index).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_every_chart_is_saved_as_png_twice_as_large_and_as_svg(window: Window) -> None:
    page = opened(window, f"/?{SHORT}")
    count = page.locator(CHART).count()
    assert count == page.locator("li").count() >= 10
    for index in (0, 3):
        box = page.locator(CHART).nth(index).bounding_box()
        assert box
        name, content = saved(page, "PNG", index)
        image = Image.open(io.BytesIO(content))
        assert name.endswith(".png") and image.size == (round(2 * box["width"]), round(2 * box["height"]))
        assert len(set(image.convert("RGB").resize((60, 60)).get_flattened_data())) > 20, "an empty picture"
        name, content = saved(page, "SVG", index)
        root = ElementTree.fromstring(content)
        assert name.endswith(".svg") and root.tag == f"{SVG}svg"
        assert [text for text in root.iter(f"{SVG}text") if text.text]
    assert b"data:image/png;base64," in saved(page, "SVG")[1]


def test_a_run_goes_out_and_comes_in(window: Window) -> None:
    page = opened(window, f"/?{SHORT}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Run", exact=True).click()
    path = Path(download.value.path())
    assert json.loads(path.read_text())["step"] == 40
    other = opened(window, "/")
    other.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(
        {"name": "run.json", "mimeType": "application/json", "buffer": path.read_bytes()}
    )
    other.wait_for_function("location.search.includes('dataset=xor')")
    expect(other.locator(".st-key-status")).to_contain_text("of 40")


def test_another_browser_reads_the_same_numbers_behind_a_link_with_hidden_knobs(window: Window) -> None:
    page = opened(window, f"/?{SHORT}&hide=model,training.momentum&size=large")
    link = page.locator("[data-testid=stCode] code").inner_text().replace("\n", "")
    other = window.open(link)
    other.wait_for_selector(CHART)
    still(other)
    expect(other.get_by_text("7 settings are set by the link")).to_be_attached()
    numbers = ".st-key-headlines dl"
    expect(other.locator(numbers)).to_have_text(page.locator(numbers).inner_text(), use_inner_text=True)
    maps = [p.locator(CHART).first.locator("image").last for p in (page, other)]
    pictures = [m.get_attribute("href") or m.get_attribute("xlink:href") for m in maps]
    assert pictures[0] and pictures[0] == pictures[1]
