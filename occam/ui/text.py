"""Prose on screen: Markdown files in data/text, cut into named sections, so that a translation is another folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "data" / "text"
_HEADING = re.compile(r"^## (?P<name>[\w.-]+): (?P<title>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Section:
    """One `## name: Title` of a file and the Markdown below it; both may hold {fields}."""

    title: str
    body: str

    def fill(self, **fields: object) -> str:
        """The body with its {fields} filled in.  Raises KeyError for a field that is not given."""
        return self.body.format(**fields)


@cache
def sections(file: str, folder: Path = FOLDER) -> dict[str, Section]:
    """All sections of `folder`/`file`.md by name.  Raises ValueError for a file with a name used twice."""
    text = (folder / f"{file}.md").read_text(encoding="utf-8")
    found: dict[str, Section] = {}
    headings = list(_HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    for heading, end in zip(headings, ends, strict=True):
        name = heading["name"]
        if name in found:
            raise ValueError(f"{file}.md: section {name!r} stands there twice")
        found[name] = Section(heading["title"].strip(), text[heading.end() : end].strip())
    return found


def section(name: str, file: str = "playground") -> Section:
    """One section.  Raises KeyError for a name that the file does not have."""
    return sections(file)[name]
