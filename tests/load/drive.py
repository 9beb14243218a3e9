"""Many viewers at once: `python -m tests.load.drive` starts the app and prints a table, a row a scenario.

    one     1 tab plays a run of 4 hidden layers of 32
    link    60 tabs play the run of one link
    knobs   60 tabs, 60 runs of one shape; each viewer turns a knob every 5 to 10 seconds
    shapes  the same with runs of 12 shapes, of which only equal ones can train together

Bounded in tabs and time, loopback only; ends the server that it started, by its process id, and no other.
"""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.browser.server import serving
from tests.load.processes import usages
from tests.load.report import HEAD, Row, row
from tests.load.tab import Tab

MOST_TABS = 200
MOST_SECONDS = 120.0
KNOB = "knob.data.seed"  # new samples, hence new pictures: an answer to this knob cannot be mistaken
OPENED_A_SECOND = 4.0


@dataclass(frozen=True)
class Scenario:
    """`tabs` viewers; tab i opens `link(i)` and turns its knob every `knob` seconds (a range).

    They are watched for `seconds`, `rest` seconds after the last of them has a picture.
    """

    name: str
    tabs: int
    link: Callable[[int], Mapping[str, object]]
    seconds: float = 20.0
    knob: tuple[float, float] | None = None
    rest: float = 3.0


LONG: dict[str, object] = {"v": 1, "max_steps": 20_000, "record_every": 20}


def _runs(tab: int) -> Mapping[str, object]:
    return LONG | {"model_seed": tab, "data_seed": 1000 * tab, "step_size": round(0.05 + 0.001 * tab, 3)}


def _shapes(tab: int) -> Mapping[str, object]:
    return {**_runs(tab), "depth": 1 + tab % 4, "width": (8, 16, 24)[tab % 3]}


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("one", 1, lambda _: LONG | {"depth": 4, "width": 32}),
        Scenario("link", 60, lambda _: LONG),
        Scenario("knobs", 60, _runs, 30.0, (5.0, 10.0)),
        Scenario("shapes", 60, _shapes, 30.0, (5.0, 10.0)),
    )
}


def checked(url: str) -> str:
    """`url` without its last slash.  ValueError unless it is http on a loopback address."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if parts.scheme != "http" or not loopback:
        raise ValueError(f"{url}: only http on a loopback address, e.g. http://127.0.0.1:8501, is driven")
    return url.rstrip("/")


def logged_faults(log: str) -> list[str]:
    """The exceptions that a server has logged, a line each.

    One is no fault and left out: a full run drops the places of the fragment run that it interrupts, which then finds
    none to write to and dies; nothing of it reaches the browser.  Where it does reach one, the tab notes it.
    """
    plain = re.sub(r"\x1b\[[0-9;]*m", "", log)
    found = re.findall(r"^[\w.]*(?:Error|Exception|Fault|Warning): .*", plain, re.MULTILINE)
    return [line for line in found if "StreamlitInvalidLayoutContextError" not in line]


async def drive(scenario: Scenario, url: str, pid: int | None = None) -> Row:
    """Open the tabs one after another, let them settle, watch them for a while, close them."""
    url = checked(url)
    if not 0 < scenario.tabs <= MOST_TABS or not 0 < scenario.seconds <= MOST_SECONDS:
        raise ValueError(f"{scenario.name}: 1 to {MOST_TABS} tabs and at most {MOST_SECONDS:g} seconds")
    tabs = [Tab(url, urlencode(scenario.link(number))) for number in range(scenario.tabs)]
    stop = asyncio.Event()
    viewers = []
    for number, tab in enumerate(tabs):
        viewers.append(asyncio.create_task(_view(tab, scenario, random.Random(number), stop)))
        await asyncio.sleep(1 / OPENED_A_SECOND)
    try:
        async with asyncio.timeout(MOST_SECONDS):
            await asyncio.gather(*(tab.ready() for tab in tabs))
        await asyncio.sleep(scenario.rest)
        intervals = max((tab.intervals for tab in tabs), default=[])
        before, began = usages(pid), time.perf_counter()
        await asyncio.sleep(scenario.seconds)
        after, ended = usages(pid), time.perf_counter()
        stop.set()
        await asyncio.gather(*viewers)
    finally:
        for viewer in viewers:
            viewer.cancel()
    return row(scenario.name, [tab.seen for tab in tabs], began, ended, intervals, before, after)


async def _view(tab: Tab, scenario: Scenario, chance: random.Random, stop: asyncio.Event) -> None:
    """One viewer, from opening the tab to closing it; turns the data seed on and on, once there is a page to do so."""
    async with tab:
        await tab.ready()
        seed = int(str(scenario.link(0).get("data_seed", 0))) + chance.randrange(2**20) * 1000
        while not stop.is_set():
            pause = chance.uniform(*scenario.knob) if scenario.knob else None
            try:
                await asyncio.wait_for(stop.wait(), pause)
            except TimeoutError:
                seed += 1
                tab.turn(KNOB, seed)


def main() -> int:
    """Print the table; 1 if a session met a fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", metavar="scenario", help=f"of {', '.join(SCENARIOS)}; default: all")
    parser.add_argument("--url", help="a server that is running, on a loopback address; default: start one")
    parser.add_argument("--pid", type=int, help="process id of that server, to measure it")
    parser.add_argument("--tabs", type=int, help="another number of viewers")
    parser.add_argument("--seconds", type=float, help="another time")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a driver that is ended still ends its server
    unknown = set(asked.scenarios) - SCENARIOS.keys()
    if unknown:
        parser.error(f"unknown scenario {', '.join(sorted(unknown))}; there are {', '.join(SCENARIOS)}")
    changes = {name: value for name, value in (("tabs", asked.tabs), ("seconds", asked.seconds)) if value}
    chosen = [replace(SCENARIOS[name], **changes) for name in asked.scenarios or SCENARIOS]
    print(f"{os.cpu_count()} cores, load average at the start {os.getloadavg()[0]:.1f}\n{HEAD}", flush=True)
    faults = []
    for scenario in chosen:
        if asked.url:
            result = asyncio.run(drive(scenario, asked.url, asked.pid))
        else:
            with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:
                result = asyncio.run(drive(scenario, server.url, server.process.pid))
                faults += [f"{scenario.name}: server log: {fault}" for fault in logged_faults(server.log.read_text())]
        print(result.text, flush=True)
        faults += [f"{scenario.name}: {fault}" for fault in result.faults]
    print(*dict.fromkeys(faults), sep="\n", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
