"""A server prepares itself before its first visitor, and answers before it is prepared."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def _fresh(code: str) -> Any:
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert not run.stderr, "a warning at the start"
    return json.loads(run.stdout)


def test_the_server_answers_before_the_heavy_imports() -> None:
    loaded = _fresh(
        "import json, sys\n"
        "import app\n"
        "from streamlit import App\n"
        "assert isinstance(app.app, App)\n"
        "print(json.dumps(sorted({'altair', 'pandas', 'pyarrow', 'pydantic'} & sys.modules.keys())))"
    )
    assert loaded == []


def test_the_first_view_is_drawn_before_the_first_visitor() -> None:
    held = _fresh(
        "import asyncio, json, threading\n"
        "from occam.ui import before\n"
        "async def life():\n"
        "    async with before.prepared(None):\n"
        "        [thread] = [one for one in threading.enumerate() if one.name == 'prepare']\n"
        "        thread.join()\n"
        "asyncio.run(life())\n"
        "import gc\n"
        "from occam.charts import chart\n"
        "print(json.dumps([len(chart._charts), gc.get_freeze_count() > 0, gc.isenabled()]))"
    )
    assert held == [10, True, True]


def test_preparing_twice_is_preparing_once() -> None:
    assert _fresh(
        "import gc, json\n"
        "from occam.ui import before\n"
        "before.prepare()\n"
        "frozen = gc.get_freeze_count()\n"
        "before.prepare()\n"
        "print(json.dumps(gc.get_freeze_count() == frozen))"
    )
