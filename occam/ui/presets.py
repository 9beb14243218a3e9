"""Presets: runs worth seeing, good and failing ones, each with a sentence on why; data/presets holds them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from occam.spec import RunSpec

FOLDER = Path(__file__).parents[2] / "data" / "presets"
ICONS = {"works": ":material/check_circle:", "fails": ":material/error:", "compare": ":material/compare_arrows:"}


@dataclass(frozen=True)
class Preset:
    """A spec with a name, an outcome and the reason for it."""

    name: str
    label: str
    outcome: Literal["works", "fails", "compare"]
    why: str
    spec: RunSpec

    @property
    def entry(self) -> str:
        """The preset's line in a menu: a sign for its outcome, its label."""
        return f"{ICONS[self.outcome]} {self.label}"


@cache
def presets(page: str = "playground", folder: Path = FOLDER) -> dict[str, Preset]:
    """The presets of one page by name, in the order of the file.  Raises pydantic.ValidationError for a bad spec."""
    content = tomllib.loads((folder / f"{page}.toml").read_text(encoding="utf-8"))
    return {
        name: Preset(name, entry["label"], entry["outcome"], entry["why"], RunSpec().replace(entry["run"]))
        for name, entry in content.items()
    }
