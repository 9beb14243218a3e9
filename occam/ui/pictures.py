"""Every chart of the page as PNG, twice as large as on screen, and as SVG: made in the browser, which drew them."""

from __future__ import annotations

from pathlib import Path

from streamlit.components.v2 import component

from occam.ui.text import section

_component = component(
    "occam_pictures",
    html="<ul></ul>",
    css=Path(__file__).with_name("pictures.css").read_text(encoding="utf-8"),
    js=Path(__file__).with_name("pictures.js").read_text(encoding="utf-8"),
)


def draw() -> None:
    """The list of the charts that stand on the page when it opens, two buttons each."""
    _component(key="pictures", data={"none": section("pictures.none", "export").body})
