from __future__ import annotations

import pytest
from streamlit import config
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from occam.ui.theme_message import keep, remembering

SECTIONS = ("theme", *(f"theme.{category.value}" for category in config.CustomThemeCategories))


@pytest.mark.parametrize("section", SECTIONS)
def test_the_remembered_message_is_streamlits_own(section: str) -> None:
    fill = app_session._populate_theme_msg
    merge = remembering(fill)
    for _ in range(2):
        own, remembered = CustomThemeConfig(), CustomThemeConfig()
        fill(own, section)
        merge(remembered, section)
        assert remembered == own
    assert section != "theme" or own.primary_color or own.chart_diverging_colors or own.base_radius


def test_options_are_read_once() -> None:
    asked: list[str] = []

    def fill(message: CustomThemeConfig, section: str) -> None:
        asked.append(section)
        message.primary_color = "#00639c"

    merge = remembering(fill)
    for _ in range(3):
        message = CustomThemeConfig()
        merge(message)
        assert message.primary_color == "#00639c"
    assert asked == ["theme"]


def test_streamlit_uses_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    before = app_session._populate_theme_msg
    monkeypatch.setattr(app_session, "_populate_theme_msg", before)
    keep()
    assert app_session._populate_theme_msg is not before
    assert "_populate_theme_msg" in app_session.AppSession._create_new_session_message.__code__.co_names
