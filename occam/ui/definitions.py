"""The glossary as a page: quantities, knobs and papers, from the registries that charts and widgets read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

from occam.glossary import LAYER_BOUND_RATIO, METRICS
from occam.references import REFERENCES
from occam.spec import KNOBS
from occam.ui.text import section

FILE = "glossary"
_SUBSCRIPT = re.compile(r"(?<=[∇])_(\w)|(?<=\w)_(\w+)")  # ∇_θL has one letter below the line, L_test a word


@dataclass(frozen=True)
class Entry:
    """One line of the page: `name` is its identifier in files and links, `notes` follow the definition."""

    symbol: str
    label: str
    name: str
    definition: str
    notes: tuple[str, ...] = ()

    def matches(self, words: Iterable[str]) -> bool:
        """Whether every word stands somewhere in the entry, whatever its case."""
        text = " ".join((self.symbol, self.label, self.name, self.definition, *self.notes)).casefold()
        return all(word.casefold() in text for word in words)


def quantities() -> Iterator[Entry]:
    """Every recorded quantity: normalisation and source after the definition."""
    for metric in (*METRICS.values(), LAYER_BOUND_RATIO):
        notes = [section("normalisation", FILE).fill(unit=metric.unit)]
        if metric.source:
            notes.append(section("source", FILE).fill(source=metric.source))
        yield Entry(metric.symbol, metric.label, metric.name, metric.definition, tuple(notes))


def knobs() -> Iterator[Entry]:
    """Every field of a spec: allowed values and default after the help text."""
    for knob in KNOBS.values():
        default = section("no_default", FILE).title if knob.default is None else knob.default
        note = section("range", FILE).fill(allowed=knob.allowed, default=default)
        yield Entry(knob.symbol, knob.label, knob.path, knob.help, (note,))


def papers() -> Iterator[Entry]:
    """Every paper that a definition comes from."""
    for reference in REFERENCES:
        yield Entry(str(reference.year), reference.title, reference.cite, reference.about)


def table(entries: Iterable[Entry]) -> str:
    """The entries as one HTML definition list, each with an anchor of its own name."""
    return f'<dl class="definitions">{"".join(map(_item, entries))}</dl>'


def _item(entry: Entry) -> str:
    notes = "".join(f"<small>{escape(note)}</small>" for note in entry.notes)
    return (
        f'<div id="{escape(entry.name, quote=True)}"><dt><b>{_set(entry.symbol)}</b> {escape(entry.label)}'
        f"<code>{escape(entry.name)}</code></dt><dd>{escape(entry.definition)}{notes}</dd></div>"
    )


def _set(symbol: str) -> str:
    """A symbol as HTML, with what follows an underscore set below the line."""
    return _SUBSCRIPT.sub(lambda found: f"<sub>{found[1] or found[2]}</sub>", escape(symbol))
