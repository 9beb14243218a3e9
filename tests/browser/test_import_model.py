"""An imported model in a real browser: a file is uploaded, measured and drawn; a bad one is refused in a sentence."""

from __future__ import annotations

import io

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.watch import still

expect.set_options(timeout=30_000)  # milliseconds; patience, not a promise
CHART = "[data-testid=stVegaLiteChart] svg.marks"


def npz(**arrays: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    return content.getvalue()


def upload(page: Page, name: str, content: bytes) -> None:
    field = page.locator("[data-testid=stSidebar] [data-testid=stFileUploader] input[type=file]").first
    field.set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})


def test_a_model_is_measured_and_a_bad_file_refused(page: Page) -> None:
    page.wait_for_selector(CHART)
    still(page)
    page.get_by_role("link", name="Your model").click()
    expect(page.get_by_text("2 → 16 → 16 → 16 → 1, 609 parameters")).to_be_visible()
    expect(page.locator(CHART)).to_have_count(3)
    numbers = page.locator(".st-key-headlines dl")
    before = numbers.inner_text()
    rng = np.random.default_rng(0)
    upload(page, "model.npz", npz(W1=rng.normal(size=(3, 2)), b1=np.zeros(3), W2=rng.normal(size=(1, 3))))
    expect(page.get_by_text("Your file holds a network 2 → 3 → 1 with 12 parameters.")).to_be_visible()
    expect(numbers).not_to_have_text(before, use_inner_text=True)
    expect(page.get_by_text("The layer bound holds")).to_be_visible()
    bottom = numbers.bounding_box()
    assert bottom and bottom["y"] + bottom["height"] <= 720
    upload(page, "broken.npz", npz(W1=np.zeros((3, 2)), W2=np.zeros((1, 4))))
    expect(page.get_by_text("Layer 1 gives 3 numbers (shape (3, 2)), but layer 2 takes 4")).to_be_visible()
    upload(page, "three.npz", npz(W1=np.zeros((1, 3))))
    expect(page.get_by_text("The model takes 3 inputs, the data have 2")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    still(page)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
