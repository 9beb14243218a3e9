"""The theme in the message that opens every run of a script, filled in once.

Streamlit reads all options of [theme] and its sections anew, name by name, for each run of a page or fragment: a fifth
of what a poll costs the server (measured with sixty viewers).  The options do not change while the server runs.
`_populate_theme_msg` is an internal of the pinned Streamlit range; a test asserts that it exists and what it gives.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

Fill = Callable[..., None]


def keep() -> None:
    """Replace Streamlit's function by one that remembers what it gave."""
    app_session._populate_theme_msg = remembering(app_session._populate_theme_msg)


def remembering(fill: Fill) -> Fill:
    """A function that does to a fresh message what `fill` did to the first one of the same section."""

    @cache
    def filled(section: str) -> CustomThemeConfig:
        message = CustomThemeConfig()
        fill(message, section)
        return message

    def merge(message: CustomThemeConfig, section: str = "theme") -> None:
        message.MergeFrom(filled(section))

    return merge
