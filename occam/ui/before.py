"""What a server does before its first visitor: imports, the gallery, the charts of the first view.

A browser needs about a second to load Streamlit's own scripts; meanwhile the page process has nothing to do, and these
take as long.  Left to the first session they would come after that second instead of during it.

Nothing heavy is imported at the top: the server imports this module before it answers.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import sys
import threading
from collections.abc import AsyncIterator
from typing import Any

BRIEF = 5e-4  # seconds, a tenth of Python's own: after which the server's thread may go on answering

_lock, _done = threading.Lock(), threading.Event()


@contextlib.asynccontextmanager
async def prepared(_server: Any) -> AsyncIterator[None]:
    """The lifespan of the server: it prepares itself beside the loading of the first browser."""
    threading.Thread(target=_all, name="prepare", daemon=True).start()
    yield


def prepare() -> None:
    """Do, once, what every session needs, or wait until it is done.

    Sessions must not import on their own: a stampede of first sessions can meet a half-imported pandas.
    """
    with _lock:
        if _done.is_set():
            return
        gc.disable()
        for module in ("cards", "controls", "layout", "links", "scene"):  # what pages import, pandas among it
            importlib.import_module(f"occam.ui.{module}")
        from occam.ui import theme_message
        from occam.ui.desk import engine

        theme_message.keep()
        engine()
        gc.freeze()  # imports are garbage for nobody: frozen, they are not walked by collections
        gc.enable()
        _done.set()


def _all() -> None:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(BRIEF)
    try:
        prepare()
        _rehearse()
        _check()
    finally:
        sys.setswitchinterval(usual)


def _check() -> None:
    """Read the lessons, whose faults are told in the server's log now and not to the first participant."""
    from occam.ui.lesson_state import course

    course()


def _rehearse() -> None:
    from occam.charts.chart import Style
    from occam.spec import RunSpec
    from occam.ui import scene
    from occam.ui.desk import Look, engine

    entry = engine().open(RunSpec())
    if entry.header is not None:
        scene.rehearse(Look(entry, entry.header, len(entry.frames) - 1), Style())
