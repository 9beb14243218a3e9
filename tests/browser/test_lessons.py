"""A newcomer's walk through the course, following only what is on the screen."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from tests.browser.watch import Window, still

expect.set_options(timeout=30_000)  # milliseconds; patience, not a promise
STEP = ".st-key-lesson_step_{}"


def arrive(window: Window) -> Page:
    """From the first page by the sidebar's link."""
    page = window.open("/")
    page.locator("[data-testid=stPageLink-NavLink]", has_text="Lessons").click()
    expect(page.get_by_text("Lesson 1 of")).to_be_visible()
    still(page)
    return page


def take(page: Page, number: int, count: int) -> None:
    """Read, choose, lock, run, and see what came out."""
    expect(page.get_by_text(f"Lesson {number} of {count}")).to_be_visible()
    run = page.get_by_role("button", name="Lock my prediction and run")
    expect(run).to_be_disabled()
    page.locator(STEP.format(2)).locator("label", has=page.locator("input[type=radio]")).first.click()
    expect(run).to_be_enabled()
    run.click()
    expect(page.locator(STEP.format(4))).to_contain_text("fresh seeds")
    expect(page.locator(f"{STEP.format(4)} table.lesson")).to_be_visible()
    still(page)


def query(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def test_a_newcomer_walks_the_course_to_its_end(window: Window) -> None:
    page = arrive(window)
    count = int(page.get_by_text("Lesson 1 of").inner_text().split()[3])
    assert count >= 7
    for number in range(1, count + 1):
        take(page, number, count)
        if number < count:
            page.get_by_role("button", name="Next lesson").click()
    expect(page.get_by_text("That was the last lesson")).to_be_visible()
    page.wait_for_function(f"(new URLSearchParams(location.search).get('done') || '').split(',').length === {count}")
    with page.expect_download() as loading:
        page.locator("[data-testid=stDownloadButton] button").last.click()
    lines = loading.value.path().read_text(encoding="utf-8").splitlines()
    assert len(lines) == count + 1 and lines[0].startswith("lesson,seed,prediction,outcome,right,effect")


def test_a_link_opens_the_same_lesson_in_another_browser(window: Window) -> None:
    page = arrive(window)
    take(page, 1, int(page.get_by_text("Lesson 1 of").inner_text().split()[3]))
    page.wait_for_function("location.search.includes('done=')")
    other = window.open("/")
    still(other)
    other.evaluate("address => history.replaceState(null, '', address)", page.url)
    other.reload()
    expect(other.locator(STEP.format(4))).to_contain_text("fresh seeds")
    still(other)
    for step in (1, 2, 4):
        expect(other.locator(STEP.format(step))).to_have_text(
            page.locator(STEP.format(step)).inner_text(), use_inner_text=True
        )
    assert query(other) == query(page)


def test_the_facilitator_has_links_and_words(window: Window) -> None:
    page = arrive(window)
    page.locator("[data-testid=stCheckbox]", has_text="Facilitator").click()
    guide = page.locator(".st-key-lesson_guide")
    for words in ("To read out", "fresh seeds", "When a run disagrees"):
        expect(guide).to_contain_text(words)
    assert f"{window.server.url}/lessons?lesson=" in guide.locator("code").first.inner_text()
    page.wait_for_function("location.search.includes('facilitator=1')")
