from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter
from typing import get_args, get_type_hints

import pytest

from occam.engine.limits import HOSTED
from occam.spec import KNOBS
from occam.training.frames import Ending
from occam.ui import cards, controls, options, player
from occam.ui.presets import ICONS, presets
from occam.ui.text import FOLDER, Section, section, sections

ROOT = Path(__file__).parents[2]
SOURCES = [*(ROOT / "occam/ui").glob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "app.py"]


def _named() -> set[str]:
    """Every section that the code names in full."""
    calls = [node for path in SOURCES for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    named = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "section"]
    return {str(name.value) for name in named if isinstance(name, ast.Constant)}


def _composed() -> set[str]:
    """The sections whose names the code puts together."""
    return {
        *controls.GROUPS,
        *cards.TABLES,
        *(f"speed.{name}" for name in player.SPEEDS),
        *(f"option.{name}" for name in options.OPTIONS),
        *(f"{name}.{choice}" for name, choices in options.OPTIONS.items() for choice in choices),
        *(f"player.{name}" for name in ("reset", "back", "play", "pause", "step", "end", "seed")),
        *(f"ending.{reason}" for reason in get_args(get_type_hints(Ending)["reason"])),
    }


def test_every_text_that_the_code_asks_for_exists() -> None:
    known = {name for file in FOLDER.glob("*.md") for name in sections(file.stem)}
    assert _named() <= known
    assert _composed() <= sections("playground").keys()


def test_no_text_is_left_over() -> None:
    strings = {
        node.value
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    used = _named() | _composed() | strings | {f"number.{name}" for name in ("loss", "error", "complexity", "energy")}
    used |= {f"diverged.{why}" for why in ("measured", "other")} | {"option.plane_x", "option.plane_y"}
    assert sections("playground").keys() <= used


def test_sections_are_cut_at_their_headings(tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text("# Title\n\n## a.b: First: one\n\nText {n}\n\n### inside\n\n## c: Second\n")
    first, second = Section("First: one", "Text {n}\n\n### inside"), Section("Second", "")
    assert sections("x", tmp_path) == {"a.b": first, "c": second}
    assert sections("x", tmp_path)["a.b"].fill(n=3) == "Text 3\n\n### inside"
    with pytest.raises(KeyError):
        sections("x", tmp_path)["a.b"].fill(m=3)


def test_a_name_used_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "y.md").write_text("## a: One\n\n## a: Two\n")
    with pytest.raises(ValueError, match="'a' stands there twice"):
        sections("y", tmp_path)


def test_texts_are_well_formed_templates() -> None:
    for name, found in sections("playground").items():
        fields = {field for _, field, _, _ in Formatter().parse(found.body) if field}
        assert all(re.fullmatch(r"\w+", field) for field in fields), name


def test_every_knob_has_a_widget_but_the_own_file_and_what_is_moved_by_hand() -> None:
    drawn = [path for paths in controls.GROUPS.values() for path in paths]
    assert len(set(drawn)) == len(drawn)
    assert set(drawn) == KNOBS.keys() - {"data.csv_sha256", "data.csv_target", "data.moved"}


def test_presets_are_within_hosted_limits_and_tell_why() -> None:
    assert len(presets()) >= 8
    assert {preset.outcome for preset in presets().values()} == ICONS.keys()
    assert len({preset.spec.digest for preset in presets().values()}) == len(presets())
    for preset in presets().values():
        assert HOSTED.clip(preset.spec) == (preset.spec, ()), preset.name
        assert preset.why.endswith(".") and len(preset.why) < 130, preset.name


def test_section_takes_the_playground_by_default() -> None:
    assert section("presets") is sections("playground")["presets"]
