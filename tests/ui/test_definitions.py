from __future__ import annotations

from html.parser import HTMLParser

import pytest

from occam.glossary import METRICS
from occam.spec import KNOBS
from occam.ui import definitions
from occam.ui.definitions import Entry


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value for name, value in attrs if name == "id" and value]

    def handle_data(self, data: str) -> None:
        self.text += data + " "


def _read(html: str) -> _Text:
    reader = _Text()
    reader.feed(html)
    return reader


def test_every_metric_and_knob_stands_there_with_its_definition() -> None:
    found = {entry.name: entry for entry in (*definitions.quantities(), *definitions.knobs())}
    assert found.keys() >= {*METRICS, *KNOBS}
    page = _read(definitions.table(found.values()))
    assert page.ids == list(found)
    for metric in METRICS.values():
        assert metric.definition in page.text and metric.unit in page.text and metric.source in page.text
    for knob in KNOBS.values():
        assert knob.help in page.text and knob.allowed in page.text


def test_every_cited_paper_is_listed() -> None:
    cites = {entry.name for entry in definitions.papers()}
    assert {reference.cite for metric in METRICS.values() for reference in metric.sources} <= cites


@pytest.mark.parametrize(
    ("words", "found"), [("", True), ("GEOMETRIC mean", True), ("geometric nothing", False), ("‖∇_x", True)]
)
def test_an_entry_matches_when_every_word_stands_in_it(words: str, found: bool) -> None:
    entry = Entry("GC", "Geometric complexity", "geometric_complexity", "Mean over samples of ‖∇_x f‖².")
    assert entry.matches(words.split()) is found


@pytest.mark.parametrize(
    ("symbol", "shown"), [("L_test", "L<sub>test</sub>"), ("‖∇_θL‖²", "‖∇<sub>θ</sub>L‖²"), ("a<b", "a&lt;b")]
)
def test_symbols_are_set_as_html(symbol: str, shown: str) -> None:
    assert f"<b>{shown}</b>" in definitions.table([Entry(symbol, "", "", "")])
