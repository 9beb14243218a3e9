"""The set-up as the app meets it: Streamlit's settings, the theme's contrast, the requirements, what a page loads."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SETTINGS = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "type",
    "client.toolbarMode": "viewer",
    "global.disableWidgetStateDuplicationWarning": True,
    "runner.magicEnabled": False,
    "runner.postScriptGC": False,
    "server.disconnectedSessionTTL": 30,
    "server.enableCORS": True,
    "server.enableXsrfProtection": True,
    "server.fileWatcherType": "none",
    "server.maxMessageSize": 20,
    "server.maxUploadSize": 2,
    "server.showEmailPrompt": False,
}
GROUNDS = ("", "sidebar.")
REQUIREMENT = re.compile(r"(?P<name>[\w-]+)>=[\d.]+,<[\d.]+  # \S.+")


def _fresh(code: str) -> Any:
    """What `code` prints as JSON in a new interpreter started in the repository."""
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert not run.stderr, "a warning at the start"
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def options() -> dict[str, Any]:
    """Every option as `streamlit run app.py` sees it; an unknown one would have been warned of."""
    return _fresh(
        "import json\n"
        "from streamlit import config\n"
        "options = config.get_config_options()\n"
        "print(json.dumps({name: option.value for name, option in options.items()}))"
    )


@pytest.mark.parametrize("name", SETTINGS)
def test_streamlit_is_set_up_for_a_live_app(options: dict[str, Any], name: str) -> None:
    assert options[name] == SETTINGS[name]


def test_the_start_asks_nobody_for_the_external_address() -> None:
    named = "config.get_config_options() and config.is_manually_set('browser.serverAddress')"
    assert _fresh(f"import json; from streamlit import config; print(json.dumps({named}))")


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_can_be_read(options: dict[str, Any], theme: str, ground: str) -> None:
    colour = {name: options[f"theme.{theme}.{name}"] for name in ("primaryColor", "textColor", "linkColor")}
    for surface in ("backgroundColor", "secondaryBackgroundColor"):
        below = options[f"theme.{theme}.{ground}{surface}"]
        assert _contrast(colour["textColor"], below) >= 7
        assert _contrast(colour["linkColor"], below) >= 4.5
    assert _contrast(colour["primaryColor"], options[f"theme.{theme}.{ground}backgroundColor"]) >= 4.5
    assert _contrast("#ffffff", colour["primaryColor"]) >= 3  # Streamlit writes white on it, in both themes


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_run_colour_stands_out_from_the_ground(options: dict[str, Any], theme: str) -> None:
    ground = options[f"theme.{theme}.backgroundColor"]
    colours = options[f"theme.{theme}.chartCategoricalColors"]
    assert len(set(colours)) == len(colours) >= 6
    assert min(_contrast(colour, ground) for colour in colours) >= 2  # lines and shapes, told apart by dash too


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_diverging_colours_run_from_blue_to_orange(options: dict[str, Any], theme: str) -> None:
    colours = options[f"theme.{theme}.chartDivergingColors"]
    assert len(colours) == 10  # Streamlit takes its own palette for any other number
    for index, colour in enumerate(colours):
        red, _, blue = _channels(colour)
        assert (blue > red) == (index < 5)


def test_every_requirement_has_a_range_and_a_reason() -> None:
    for line in _requirements():
        assert REQUIREMENT.fullmatch(line), line


def test_every_import_is_required() -> None:
    required = {line.partition(">")[0] for line in _requirements()} | _cluster()
    homes = packages_distributions()
    own = {"occam", *sys.stdlib_module_names}
    for file, module in _imports():
        if module not in own:
            assert required & {name.lower() for name in homes.get(module, [])}, f"{file} imports {module}"


def test_the_page_process_loads_no_torch() -> None:
    loaded = _fresh(
        "import json, pkgutil, sys\n"
        "import occam.charts, occam.ui\n"
        "for package in (occam.charts, occam.ui):\n"
        "    for module in pkgutil.iter_modules(package.__path__, package.__name__ + '.'):\n"
        "        __import__(module.name)\n"
        "import occam.engine.client, occam.engine.playhead, occam.link\n"
        "print(json.dumps(sorted({'torch', 'sklearn', 'scipy'} & sys.modules.keys())))"
    )
    assert loaded == []


def _requirements() -> list[str]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _cluster() -> set[str]:
    """What the extra for sweeps on a cluster installs: {"dask", "distributed"} of dask[distributed]."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    return {name for line in extras["cluster"] for name in re.findall(r"[\w-]+", line.partition(">")[0])}


def _imports() -> Iterator[tuple[str, str]]:
    """File and top-level module of every absolute import of the app, functions included."""
    for file in (ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "occam").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from ((file.name, alias.name.partition(".")[0]) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                yield file.name, node.module.partition(".")[0]


def _contrast(one: str, other: str) -> float:
    """(L₁ + 0.05)/(L₂ + 0.05) of the lighter and the darker relative luminance (WCAG 2.2)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
