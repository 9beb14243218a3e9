"""The load driver sees what a browser would: frames, answers to knobs, no faults.  Correctness only, never speed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.browser.server import serving
from tests.load.drive import MOST_TABS, SCENARIOS, Scenario, checked, drive, logged_faults
from tests.load.processes import Usage
from tests.load.report import quantile, row
from tests.load.tab import Seen

SMALL: dict[str, object] = {
    "v": 1,
    "depth": 1,
    "width": 8,
    "n_train": 50,
    "n_test": 50,
    "max_steps": 20_000,
    "record_every": 5,
}


def test_three_sessions_see_frames_and_answers_without_a_fault(tmp_path: Path) -> None:
    scenario = Scenario("small", 3, lambda tab: SMALL | {"data_seed": 1000 * tab}, 3.0, (1.5, 2.0), 0.0)
    with serving(tmp_path) as server:
        found = asyncio.run(drive(scenario, server.url, server.process.pid))
        logged = logged_faults(server.log.read_text())
    assert found.faults == []
    assert logged == []
    assert len(found.tabs) == 3
    for seen in found.tabs:
        assert len(seen.pictures) >= 2
        assert seen.polls
    assert any(seen.knobs for seen in found.tabs)
    assert found.text.startswith("| small | 3 | ")


@pytest.mark.parametrize("url", ["http://127.0.0.1:8501", "http://localhost:8501/", "http://[::1]:8501"])
def test_loopback_addresses_are_driven(url: str) -> None:
    assert checked(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    ["http://192.168.0.1:8501", "http://example.org", "https://127.0.0.1", "http://0.0.0.0:8501", "127.0.0.1:8501",
     "http://127.0.0.1.example.org", "http://localhost.example.org"],
)  # fmt: skip
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        checked(url)


def test_a_scenario_is_bounded() -> None:
    for wrong in (Scenario("many", MOST_TABS + 1, lambda _: {}), Scenario("long", 1, lambda _: {}, 1e6)):
        with pytest.raises(ValueError, match="at most"):
            asyncio.run(drive(wrong, "http://127.0.0.1:1"))


def test_sixty_links_are_sixty_runs() -> None:
    for name, runs in (("link", 1), ("knobs", 60), ("shapes", 60)):
        scenario = SCENARIOS[name]
        links = {tuple(scenario.link(tab).items()) for tab in range(scenario.tabs)}
        assert len(links) == runs


def test_a_row_counts_what_happened_in_its_time() -> None:
    seen = Seen(
        pictures=[(when, (0, number)) for number, when in enumerate((0.5, 1.0, 1.5, 2.0, 3.5))],
        polls=[(0.9, 9.0), (1.0, 0.010), (2.0, 0.030), (3.0, 9.0)],
        knobs=[(1.2, 0.4)],
    )
    before, after = ({name: Usage(cpu, 2**20, when) for name in ("page", "driver")} for cpu, when in ((0, 1), (1, 3)))
    found = row("name", [seen], 1.0, 3.0, [0.25], before, after)
    assert list(found.frames) == [1.5]
    assert list(found.polls) == [0.010, 0.030]
    assert list(found.knobs) == [0.4]
    assert found.text == "| name | 1 | 0.25 | 1.5 (1.5) | 1 | 10/30 | 0 | 400/400 (1) | 50, 1 | – | 50 |"


def test_exceptions_are_found_in_a_log() -> None:
    log = "\x1b[31mTraceback\x1b[0m\n  here\n\x1b[1;91mValueError: \x1b[0mno such thing\nBrokenPipeError: [Errno 32]\n"
    assert logged_faults(log) == ["ValueError: no such thing", "BrokenPipeError: [Errno 32]"]
    assert logged_faults("Uvicorn server started\n  URL: http://localhost:8501\n") == []


def test_a_quantile_is_one_of_the_values() -> None:
    values = list(range(1, 21))
    assert [quantile(values, q) for q in (0, 0.5, 0.95, 1)] == [1, 10, 19, 20]
