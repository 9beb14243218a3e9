"""How long a viewer waits: the engine by itself, then the whole app in a real Chromium.

    python tests/benchmarks/live.py [--no-browser]

Times are wall clock on whatever else the machine does.  "First useful paint" is from starting the server to a decision
boundary on screen, the browser being open already.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Page, ViewportSize, sync_playwright

from occam.engine.client import Engine
from occam.spec import RunSpec
from tests.browser.chromium import ADVICE, find
from tests.browser.conftest import FLAGS
from tests.browser.server import ROOT, serving
from tests.load.processes import Usage, trainer_of
from tests.load.report import MB, quantile

FOUR_BY_32 = {"model.depth": 4, "model.width": 32, "training.max_steps": 100_000, "record_every": 20}
PROJECTOR = ViewportSize(width=1280, height=720)
KNOBS = 30
LIVE_SECONDS = 4.0
DRAWN_SECONDS = 6.0
BOUNDARY = "[data-testid=stVegaLiteChart] svg image"  # the first of these
# Distinct pictures that the browser had a chance to paint: looked at before each of its frames.
COUNT = """([selector, seconds]) => new Promise(done => {
    const end = performance.now() + 1000 * seconds
    const seen = new Set()
    const look = now => {
        for (const image of document.querySelector(selector).closest('svg').querySelectorAll('image'))
            seen.add(image.getAttribute('href') || image.getAttribute('xlink:href'))
        seen.delete('')  // not decoded yet
        now < end ? requestAnimationFrame(look) : done(seen.size)
    }
    requestAnimationFrame(look)
})"""
IMPORTS = "altair, pandas, pyarrow, streamlit, occam.ui.controls, occam.ui.layout, occam.ui.scene"


def say(what: str, value: str, target: str = "") -> None:
    """One row."""
    print(f"| {what} | {value} | {target} |", flush=True)


def both(seconds: Sequence[float]) -> str:
    """Median and 95th percentile in milliseconds."""
    return f"{1e3 * quantile(seconds, 0.5):.0f}/{1e3 * quantile(seconds, 0.95):.0f} ms"


def engine_alone() -> None:
    """The real trainer process, asked without a page."""
    engine, began = Engine(), time.perf_counter()
    try:
        engine.start()
        while engine.device is None:
            time.sleep(0.005)
        say("trainer: start to ready", f"{time.perf_counter() - began:.1f} s")

        waits = []
        for seed in range(KNOBS):
            spec = RunSpec().replace({"data.seed": seed, "model.seed": seed, "model.width": 8 + seed % 5 * 6})
            began = time.perf_counter()
            entry = engine.open(spec)
            engine.lease("viewer", entry, 15)
            entry.wait(1, 10.0)
            waits.append(time.perf_counter() - began)
        say(f"engine: knob → first frame, p50/p95 of {KNOBS} specs", both(waits), "< 300 ms")

        entry = engine.open(RunSpec().replace(FOUR_BY_32))
        engine.lease("viewer", entry, None)
        entry.wait(1, 10.0)
        began, first = time.perf_counter(), len(entry.frames)
        time.sleep(LIVE_SECONDS)
        rate = (len(entry.frames) - first) / (time.perf_counter() - began)
        steps = rate * entry.spec.record_every
        say("engine: live at 4 × 32, 200 samples", f"{rate:.0f} frames/s ({steps:.0f} steps/s)", "≥ 10")
    finally:
        engine.close()


def bare_page() -> None:
    """What the page process loads, before any session."""
    code = f"import {IMPORTS}, os; from tests.load.processes import Usage; print(Usage.of(os.getpid()).rss)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    say("page process: what it imports", f"{int(done.stdout.split()[-1]) / MB:.0f} MB")


def in_chromium() -> None:
    """The app as it is started, seen by one browser."""
    chromium = find()
    if not chromium:
        raise SystemExit(ADVICE.format(python=sys.executable))
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport=PROJECTOR)
        began = time.perf_counter()
        with serving(Path(folder)) as server:
            healthy = time.perf_counter() - began
            _visit(page, server.url)
            say("server start → health", f"{healthy:.2f} s")
            say("server start → first useful paint", f"{time.perf_counter() - began:.2f} s", "< 2 s")

            again = browser.new_page(viewport=PROJECTOR)
            began = time.perf_counter()
            _visit(again, server.url)
            say("a later visitor: address → first useful paint", f"{time.perf_counter() - began:.2f} s")
            again.close()

            query = {"v": 1} | {key.rpartition(".")[2]: value for key, value in FOUR_BY_32.items()}
            _visit(page, f"{server.url}/?{urlencode(query)}")
            page.evaluate(COUNT, [BOUNDARY, 2.0])  # the first seconds compile charts
            drawn = page.evaluate(COUNT, [BOUNDARY, DRAWN_SECONDS]) / DRAWN_SECONDS
            say("drawn in one Chromium, 4 × 32 playing", f"{drawn:.1f} frames/s", "≥ 10")
            pids = {"page process": server.process.pid, "trainer": trainer_of(server.process.pid)}
            for name, pid in pids.items():
                rss = Usage.of(pid).rss / MB if pid else math.nan
                say(f"{name}: resident, one viewer", f"{rss:.0f} MB", "< 220 MB" if name == "page process" else "")
            browser.close()


def _visit(page: Page, address: str) -> None:
    page.goto(address, wait_until="commit")
    page.wait_for_selector(BOUNDARY, state="visible", timeout=60_000)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-browser", action="store_true", help="the engine only")
    asked = parser.parse_args()
    print(f"load average at the start: {os.getloadavg()[0]:.1f}\n\n| | | target |\n| --- | --- | --- |", flush=True)
    engine_alone()
    bare_page()
    if not asked.no_browser:
        in_chromium()


if __name__ == "__main__":
    main()
