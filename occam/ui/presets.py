"""Presets: runs worth seeing, good and failing ones, each with a sentence on why; data/presets holds them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from occam.spec import RunSpec

FOLDER = Path(__file__).parents[2] / "data" / "presets"
ICONS = {"works": ":material/check_circle:", "fails": ":material/error:", "compare": ":material/compare_arrows:"}


@dataclass(frozen=True)
class Told:
    """A name, an outcome and the reason for it."""

    name: str
    label: str
    outcome: Literal["works", "fails", "compare"]
    why: str

    @property
    def entry(self) -> str:
        """Its line in a menu: a sign for its outcome, its label."""
        return f"{ICONS[self.outcome]} {self.label}"


@dataclass(frozen=True)
class Preset(Told):
    """A run."""

    spec: RunSpec


@dataclass(frozen=True)
class LinkPreset(Told):
    """What a page opens by a link: `link` are its parameters, the rest being the page's defaults."""

    link: Mapping[str, str]


@cache
def presets(page: str = "playground", folder: Path = FOLDER) -> dict[str, Preset]:
    """The presets of one page by name, in the order of the file.  Raises pydantic.ValidationError for a bad spec."""
    return {
        name: Preset(name, entry["label"], entry["outcome"], entry["why"], RunSpec().replace(entry["run"]))
        for name, entry in _entries(page, folder).items()
    }


@cache
def link_presets(page: str, folder: Path = FOLDER) -> dict[str, LinkPreset]:
    """The presets of a page of studies by name, in the order of the file."""
    return {
        name: LinkPreset(name, entry["label"], entry["outcome"], entry["why"], MappingProxyType(entry["link"]))
        for name, entry in _entries(page, folder).items()
    }


def _entries(page: str, folder: Path) -> dict[str, dict[str, Any]]:
    return tomllib.loads((folder / f"{page}.toml").read_text(encoding="utf-8"))
