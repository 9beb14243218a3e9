"""Prose on screen: Markdown files in data/text, cut into named sections, so that a translation is another folder."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from occam.prose import Section, cut

FOLDER = Path(__file__).parents[2] / "data" / "text"


@cache
def sections(file: str, folder: Path = FOLDER) -> dict[str, Section]:
    """All sections of `folder`/`file`.md by name.  Raises ValueError for a file with a name used twice."""
    try:
        return cut((folder / f"{file}.md").read_text(encoding="utf-8"))
    except ValueError as fault:
        raise ValueError(f"{file}.md: {fault}") from None


def section(name: str, file: str = "playground") -> Section:
    """One section.  Raises KeyError for a name that the file does not have."""
    return sections(file)[name]
