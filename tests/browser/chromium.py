"""A Chromium for the browser tests: `find` it, or run this file to find or install one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ADVICE = """No working Chromium, and none could be installed.  Any one of these helps:
  - install one: apt-get install chromium (Debian, as root), or the package of your system
  - {python} -m playwright install chromium
  - name one: OCCAM_CHROMIUM=/path/to/chromium make test"""


def find() -> str | None:
    """Path of the first Chromium that starts: OCCAM_CHROMIUM, then those on PATH, then Playwright's own."""
    return next((path for path in _candidates() if _starts(path)), None)


def _candidates() -> Iterator[str]:
    named = os.environ.get("OCCAM_CHROMIUM")
    if named:
        yield named  # and no other: whoever names one wants that one
        return
    yield from filter(None, map(shutil.which, ON_PATH))
    yield _playwrights_own()


def _playwrights_own() -> str:
    # In a process of its own: a started Playwright leaves an event loop running in this one.
    ask = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    return subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()


def _starts(path: str) -> bool:
    # Ubuntu's chromium-browser may be a script that only asks for a snap.
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _installers() -> Iterator[list[list[str]]]:
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root and shutil.which("apt-get"):
        # Chromium draws no text without a font.
        packages = ["chromium", "fonts-dejavu-core"]
        yield [["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", *packages]]
    own = [sys.executable, "-m", "playwright", "install", "chromium"]
    if root:
        yield [[*own, "--with-deps"]]
    yield [own]


def _install() -> str | None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for commands in _installers():
        print("Installing a Chromium:", " && ".join(map(" ".join, commands)), flush=True)
        if all(subprocess.run(command, env=environment).returncode == 0 for command in commands) and find():
            break
    return find()


def main() -> int:
    """Print the path of a Chromium, installed if need be; 1 where that is impossible."""
    path = find() or (None if os.environ.get("OCCAM_CHROMIUM") else _install())
    print(f"Chromium: {path}" if path else ADVICE.format(python=sys.executable), flush=True)
    return 0 if path else 1


if __name__ == "__main__":
    sys.exit(main())
