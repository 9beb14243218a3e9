"""The app as a user starts it: a process of its own, which must leave nothing behind."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MARK = "OCCAM_TEST_SERVER"  # in the environment of the server and so of every process that it starts
PATIENCE = 60.0  # seconds until waiting turns into a failure; far above what a loaded machine needs


@dataclass(frozen=True)
class Server:
    """A running app: its address, its process and the file that its output goes to."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    mark: str

    def family(self) -> list[int]:
        """Ids of all living processes that the server started, itself included (Linux: read from /proc)."""
        return _marked(f"{MARK}={self.mark}".encode())


@contextlib.contextmanager
def serving(
    folder: Path, *, app: Path = ROOT / "app.py", environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Serve the app on a free port of 127.0.0.1 with a home in `folder`; fails if a process survives the end."""
    home, log, mark = folder / "home", folder / "server.log", uuid.uuid4().hex
    home.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    inherited = {**os.environ, **(environment or {}), "HOME": str(home), MARK: mark}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=app.parent, env=inherited, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    server = Server(f"http://127.0.0.1:{port}", process, log, mark)
    try:
        healthy = until(lambda: process.poll() is not None or _healthy(server.url))
        if not healthy or process.poll() is not None:
            raise RuntimeError(f"the app did not start:\n{log.read_text()}")
        yield server
    finally:
        survivors = _stop(server)
    assert not survivors, f"processes {survivors} outlived the app"


def until(condition: Callable[[], object], patience: float = PATIENCE) -> bool:
    """Wait until the condition is true; False if it is not within `patience` seconds."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _stop(server: Server) -> list[int]:
    """End the server; ids of the processes that stayed on their own, ended too."""
    if server.process.poll() is None:
        server.process.terminate()
    try:
        server.process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait()
    if until(lambda: not server.family(), 10.0):
        return []
    survivors = server.family()
    for survivor in survivors:
        with contextlib.suppress(ProcessLookupError):
            os.kill(survivor, signal.SIGKILL)
    return survivors


def _marked(mark: bytes) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # the process has ended, or is another user's
            if mark in entry.read_bytes().split(b"\0"):
                found.append(int(entry.parent.name))
    return found
