"""Markdown cut into named sections: texts of pages and of lessons, so that a translation is another folder."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HEADING = re.compile(r"^## (?P<name>[\w.-]+): (?P<title>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Section:
    """One `## name: Title` of a file and the Markdown below it; both may hold {fields}."""

    title: str
    body: str

    def fill(self, **fields: object) -> str:
        """The body with its {fields} filled in.  Raises KeyError for a field that is not given."""
        return self.body.format(**fields)


def cut(text: str) -> dict[str, Section]:
    """All sections of a text by name.  Raises ValueError for a name used twice."""
    found: dict[str, Section] = {}
    headings = list(_HEADING.finditer(text))
    ends = [*(heading.start() for heading in headings[1:]), len(text)]
    for heading, end in zip(headings, ends, strict=False):
        name = heading["name"]
        if name in found:
            raise ValueError(f"section {name!r} stands there twice")
        found[name] = Section(heading["title"].strip(), text[heading.end() : end].strip())
    return found
